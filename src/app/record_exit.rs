//! `record-exit`: closed trades into the log, metrics one step on.

use super::Context;
use super::record::{RecordError, Recorded, record};
use crate::store::Log;

/// Stores the closed trades of `input`, one JSON object or JSON Lines, each once.
///
/// # Errors
/// [`RecordError`]; refused and spooled records are no error.
pub fn record_exits(context: &Context<'_>, input: &[u8]) -> Result<Recorded, RecordError> {
    record(context, Log::Outcomes, "record-exit", input)
}
