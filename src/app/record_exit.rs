//! `record-exit`: closed trades into the log, metrics one step on.

use super::Desk;
use super::record::{RecordError, Recorded, record};
use crate::store::Log;

/// Stores the closed trades of `input`, one JSON object or JSON Lines, each once.
///
/// # Errors
/// [`RecordError`]; refused and spooled records are no error.
pub fn record_exits(desk: &Desk<'_>, input: &[u8]) -> Result<Recorded, RecordError> {
    record(desk, Log::Outcomes, "record-exit", input)
}
