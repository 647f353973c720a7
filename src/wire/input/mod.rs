//! What an engine hands over: JSON objects with the fields of an exit, a signal or a missed signal.

mod exit;
mod fields;
mod json;
mod missed;
mod signal;

pub use exit::{OutcomeRecord, read_exit};
pub use fields::{Fields, TimeForm};
pub use json::{JsonObject, MAX_RECORD_BYTES, WireError, normalized, parse_object, split_records};
pub(super) use json::{end_of_string, kind, null_non_finite};
pub use missed::{MissedRecord, read_missed};
pub use signal::{SignalRecord, read_signal};
