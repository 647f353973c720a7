//! `record-fill`: executions into their log, and the trades that they close.

use super::Context;
use super::record::{RecordError, Recorded, record};
use crate::store::Log;

/// Stores the executions of `input`, one JSON object or JSON Lines, each once, and the trades that they close.
///
/// # Errors
/// [`RecordError`]; refused and spooled records are no error.
pub fn record_fills(context: &Context<'_>, input: &[u8]) -> Result<Recorded, RecordError> {
    record(context, Log::Fills, "record-fill", input)
}
