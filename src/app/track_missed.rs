//! `track-missed`: strong signals that were not traded into their log.

use serde_json::Value as Json;

use super::Context;
use super::record::{RecordError, Recorded, record};
use crate::store::Log;
use crate::wire::{parse_object, split_records};

/// Stores the missed signals of `input`, one JSON object or JSON Lines, each once; those below the
/// configured confidence are counted and not kept. `reason` stands for a reason that the input lacks.
///
/// # Errors
/// [`RecordError`]; refused and spooled records are no error.
pub fn track_missed(
    context: &Context<'_>,
    input: &[u8],
    reason: Option<&str>,
) -> Result<Recorded, RecordError> {
    match reason {
        None => record(context, Log::Missed, "track-missed", input),
        Some(reason) => record(context, Log::Missed, "track-missed", &with_reason(input, reason)),
    }
}

/// The input with the reason put in where there is none; what is no object stays as it is, to be refused.
pub(super) fn with_reason(input: &[u8], reason: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut line = 1;
    for (number, text) in split_records(input) {
        // Line numbers stay those of the input.
        out.extend(std::iter::repeat_n(b'\n', number - line));
        line = number;
        match parse_object(text) {
            Ok(map) if map.get("reason").or(map.get("reason_not_traded")).is_none_or(Json::is_null) => {
                let text = String::from_utf8_lossy(text);
                let (before, end) = text.split_at(text.rfind('}').unwrap_or(text.len()));
                let comma = if map.is_empty() { "" } else { "," };
                let word = Json::from(reason);
                out.extend(
                    format!("{before}{comma}\"reason_not_traded\":{word}{end}")
                        .replace('\n', " ")
                        .into_bytes(),
                );
            }
            _ => out.extend_from_slice(text),
        }
    }
    out
}
