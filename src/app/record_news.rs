//! `record-news`: news into their log.

use super::Context;
use super::record::{RecordError, Recorded, record};
use crate::store::Log;

/// Stores the news items of `input`, one JSON object or JSON Lines, each once.
///
/// # Errors
/// [`RecordError`]; refused and spooled records are no error.
pub fn record_news(context: &Context<'_>, input: &[u8]) -> Result<Recorded, RecordError> {
    record(context, Log::News, "record-news", input)
}
