//! The forms in which records travel: JSON on stdin, lines on disk, and other programs' files.
//!
//! Lenient towards what Python writes (`NaN`, `Infinity`, a byte-order mark, CRLF), strict about what
//! cannot be known. Nothing here opens a file.

mod bounded;
mod digits;
mod disk;
mod entry_features;
mod feature_key;
mod feature_names;
mod import;
mod input;
mod lean_json;
mod missed_fields;
mod outcome_derived;
mod parquet;
mod prices;
mod recorded_features;
mod signal_line;
mod sqlite;
mod trade_fields;

pub use bounded::{MAX_LINE_BYTES, read_line_within};
pub use disk::{
    ADJUSTMENT_SCHEMA, Adjustment, ArmRecord, Attempt, BaseSizeLine, BaselineFile, Because, ContextLine,
    Correction, DaySession, DayStatus, DayStep, DaySteps, EXPERIMENT_SCHEMA, ExperimentLine, GUARD_SCHEMA,
    GuardEvent, GuardFile, GuardRuleLine, LastReplay, LastRetrain, LockLine, OUTCOME_KEYS, OverfitPoint,
    POST_MARKET_SCHEMA, PlanRecord, PostMarketFile, RawObject, SIZING_SCHEMA, SKILL_SCHEMA, ScoredSession,
    ShadowRow, SizingFile, SkillLedger, StepStatus, StopRecord, StoredMissed, StoredOutcome, StoredSize,
    SymbolSession, UnreadRecord, content_of, fill_content, fill_identity, fill_line, fill_made, guard_events,
    guard_events_of, is_same_exit, made_id, moment_of_news, news_content, read_adjustments, read_attempts,
    read_experiments, read_json_lines, read_shadow_rows, read_stored_fill, read_stored_missed,
    read_stored_news, read_stored_outcome, signal_content, signal_content_of, signal_id_of, size_of,
    with_currency,
};
pub use entry_features::{
    EntryFeatures, Resolution, TrainingRecord, WORD_KEYS, learn_from_outcome, learn_from_signal,
    outcome_with, signal_with,
};
pub use feature_key::feature_key;
pub use feature_names::FeatureNames;
pub use import::{
    ColumnUse, Container, FORMATS, FormatError, ImportFormat, ImportNames, Piece, Row, RowReader,
    SettledRows, Splitter, StatementRows, container_of, database_lines, decode_utf16, open_rows, records_of,
    settled_rows, statement_rows, unwrap_json, unzip, without_rows,
};
pub(crate) use input::is_of_news;
pub use input::{
    Commas, Conventions, DateOrder, ExitRecord, ExitRules, Field, Fields, FillInput, FillMade, FillRecord,
    JsonObject, Kind, MAX_RECORD_BYTES, MapError, MissedRecord, Names, NewsRecord, OpenRow, OutcomeRecord,
    ReadExit, ReadFill, ResultChoice, SignalRecord, Survey, TimeRules, VOCABULARY, WireError, Word, folded,
    likeness_of, normalized, parse_object, read_exit, read_exit_event, read_fill, read_missed, read_news,
    read_open, read_signal, split_records,
};
pub use missed_fields::{MISSED_FIELDS, MissedFields, MissedGet, MissedSeen};
pub use outcome_derived::{OUTCOME_DERIVED, OUTCOME_PREFIXES, is_outcome_derived};
pub use parquet::{HAS_PARQUET, ParquetColumn, ParquetKind, ParquetTable, parquet_file, unknown_to_extra};
pub use prices::{BadPrice, Price, PriceRules, read_prices};
pub use recorded_features::{KnownField, RecordField, RecordedFeatures};
pub use signal_line::SignalLine;
pub use trade_fields::{TRADE_FIELDS, TradeFields, TradeGet, TradeRecord};

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
