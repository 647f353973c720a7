//! What an engine or a file hands over: fields by all their names, numbers and times as people write them, and
//! the records that are made of them.

mod exit;
mod fields;
mod fill;
mod json;
mod later_news;
mod missed;
mod money;
mod names;
mod news;
mod numbers;
mod open;
mod raw;
mod rules;
mod signal;
mod smell;
mod survey;
mod time_parts;
mod times;
mod vocabulary;

pub use exit::{ExitRecord, OutcomeRecord, ReadExit, read_exit, read_exit_event};
pub use fields::Fields;
pub use fill::{FillInput, FillRecord, ReadFill, read_fill};
pub(super) use fill::{effect_of, is_buy};
pub use json::{JsonObject, MAX_RECORD_BYTES, WireError, normalized, parse_object, split_records};
pub(super) use json::{end_of_string, null_non_finite};
pub(super) use later_news::NewsTimes;
pub(crate) use later_news::is_of_news;
pub use missed::{MissedRecord, read_missed};
pub(super) use names::Found;
pub use names::{MapError, Names};
pub(super) use news::hash_of_extra;
pub use news::{NewsRecord, read_news};
pub use numbers::Commas;
pub(super) use numbers::read_number;
pub use open::{OpenRow, read_open};
pub use raw::Conventions;
pub(super) use raw::Raw;
pub use rules::{ExitRules, FillMade, ResultChoice};
pub use signal::{SignalRecord, read_signal};
pub(super) use smell::Smell;
pub use smell::smell_of;
pub use survey::Survey;
pub use time_parts::{DateOrder, TimeRules};
pub use vocabulary::{Field, Kind, VOCABULARY, Word, folded};
pub(super) use vocabulary::{Meaning, Rank, meaning_of};
