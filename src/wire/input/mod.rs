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
pub use fields::{Conventions, Fields, Raw};
pub use json::{JsonObject, MAX_RECORD_BYTES, WireError, normalized, parse_object, split_records};
pub(super) use json::{end_of_string, null_non_finite};
pub use missed::{MissedRecord, read_missed};
pub use names::{Found, MapError, Names};
pub use numbers::{Commas, read_number};
pub use signal::{SignalRecord, read_signal};
pub use survey::Survey;
pub use times::{DateOrder, TimeRules};
pub use vocabulary::{Field, Kind, Meaning, Rank, Smell, VOCABULARY, Word, folded, meaning_of, smell_of};
