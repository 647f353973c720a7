//! `record-signal`: picks into their log.

use super::Context;
use super::record::{RecordError, Recorded, record};
use crate::store::Log;

/// Stores the picks of `input`, one JSON object or JSON Lines, each once.
///
/// # Errors
/// [`RecordError`]; refused and spooled records are no error.
pub fn record_signals(context: &Context<'_>, input: &[u8]) -> Result<Recorded, RecordError> {
    record(context, Log::Signals, "record-signal", input)
}
