//! The forms in which records travel: JSON on stdin, lines on disk, and other programs' files.
//!
//! Lenient towards what Python writes (`NaN`, `Infinity`, a byte-order mark, CRLF), strict about what
//! cannot be known. Nothing here opens a file.

mod adjustment;
mod brain;
mod exit_event;
mod fields;
mod freqtrade;
mod json;
mod known;
mod missed;
mod outcome;
mod own_order;
mod prices;
mod retrain;
mod sheet;
mod signal;
mod skill;
mod text;

pub use adjustment::{ADJUSTMENT_SCHEMA, Adjustment, Because, read_adjustments};
pub use brain::RawObject;
pub use exit_event::read_exit;
pub use fields::{Fields, TimeForm};
pub use freqtrade::{FreqtradeTrades, freqtrade_event, looks_like_freqtrade, read_freqtrade, unzip_result};
pub use json::{JsonObject, MAX_RECORD_BYTES, WireError, normalized, parse_object, split_records};
pub use known::{
    EntryFeatures, OUTCOME_DERIVED, OUTCOME_PREFIXES, Resolution, TrainingRecord, WORD_KEYS, feature_key,
    is_outcome_derived, learn_from_outcome, learn_from_signal,
};
pub use missed::{MissedRecord, StoredMissed, read_missed, read_stored_missed};
pub use outcome::{OUTCOME_KEYS, OutcomeRecord, StoredOutcome, read_stored_outcome};
pub use prices::{BadPrice, Price, PriceColumns, price_columns, read_prices};
pub use retrain::{Attempt, BaselineFile, LastRetrain, OverfitPoint, read_attempts};
pub use sheet::{ColumnMap, MapError, read_sheet};
pub use skill::{SKILL_SCHEMA, ScoredSession, SkillLedger};
pub use signal::{SignalRecord, read_signal};

/// The version of the record forms that this program writes.
pub const SCHEMA: u32 = 1;

/// A record that was read, with what its sender should know about it.
#[derive(Clone, Debug)]
pub struct Read<T> {
    /// The record.
    pub record: T,
    /// What was left out or taken otherwise than it was sent, one sentence each.
    pub warnings: Vec<String>,
}
