//! Every file of the store: its form and its version.

mod adjustment;
mod brain;
mod canonical_json;
mod content;
mod contradiction;
mod correction;
mod experiment;
mod fill;
mod guard;
mod json_lines;
mod last_replay;
mod line;
mod made;
mod missed;
mod news;
mod outcome;
mod post_market;
mod retrain;
mod shadow;
mod signal;
mod sizing;
mod skill;
mod stored;
mod symbol_session;
mod text;
mod unread;

pub use adjustment::{ADJUSTMENT_SCHEMA, Adjustment, Because, read_adjustments};
pub use brain::RawObject;
pub use content::{content_of, is_same_exit, signal_content, signal_content_of, signal_id_of};
pub use correction::Correction;
pub use experiment::{
    ArmRecord, EXPERIMENT_SCHEMA, ExperimentLine, PlanRecord, StopRecord, read_experiments,
};
pub use fill::{fill_content, fill_identity, fill_line, read_stored_fill};
pub use guard::{
    GUARD_SCHEMA, GuardEvent, GuardFile, GuardRuleLine, LockLine, guard_events, guard_events_of,
};
pub use json_lines::read_json_lines;
pub use last_replay::LastReplay;
use line::{AsText, json_line};
pub use made::{fill_made, made_id};
pub use missed::{StoredMissed, read_stored_missed};
pub use news::{moment_of_news, news_content, read_stored_news};
pub use outcome::{OUTCOME_KEYS, read_stored_outcome, with_currency};
pub use post_market::{
    DaySession, DayStatus, DayStep, DaySteps, POST_MARKET_SCHEMA, PostMarketFile, StepStatus,
};
pub use retrain::{Attempt, BaselineFile, LastRetrain, OverfitPoint, read_attempts};
pub use shadow::{ShadowRow, read_shadow_rows};
pub use sizing::{BaseSizeLine, ContextLine, SIZING_SCHEMA, SizingFile, StoredSize, size_of};
pub use skill::{SKILL_SCHEMA, ScoredSession, SkillLedger};
pub use stored::StoredOutcome;
pub use symbol_session::SymbolSession;
pub use unread::UnreadRecord;
