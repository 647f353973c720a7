//! What an engine or a file hands over: fields by all their names, numbers and times as people write them, and
//! the records that are made of them.

mod exit;
mod fields;
mod json;
mod missed;
mod names;
mod numbers;
mod signal;
mod survey;
mod times;
mod vocabulary;

pub use exit::{ExitRecord, ExitRules, OutcomeRecord, ReadExit, ResultChoice, read_exit};
pub(super) use fields::Raw;
pub use fields::{Conventions, Fields};
pub use json::{JsonObject, MAX_RECORD_BYTES, WireError, normalized, parse_object, split_records};
pub(super) use json::{end_of_string, null_non_finite};
pub use missed::{MissedRecord, read_missed};
pub(super) use names::Found;
pub use names::{MapError, Names};
pub use numbers::Commas;
pub(super) use numbers::read_number;
pub use signal::{SignalRecord, read_signal};
pub use survey::Survey;
pub use times::{DateOrder, TimeRules};
pub use vocabulary::{Field, Kind, VOCABULARY, Word, folded, smell_of};
pub(super) use vocabulary::{Meaning, Rank, Smell, meaning_of};
