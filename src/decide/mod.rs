//! Data in, decision with its reasons out. Pure.

mod adjust;
mod challenger;
mod effects;
mod experiment;
mod gate;
mod gate_verdict;
mod guard;
mod heat;
mod opinions;
mod review;
mod rulebook;
mod size;
mod suggest;
mod symbols;
#[cfg(test)]
mod tests;
mod triggers;

pub use adjust::{Beside, Decision, Facts, Judged, Question, REGIME_OVER, Step, Tried, Verdict, decide};
pub use challenger::ShadowRecord;
pub use effects::RuleEffect;
pub use experiment::{
    ArmTotals, ArmVerdict, Compared, HARMFUL, Observation, PathPoint, Scored, ScoredSession, Shadow,
    TradeResult, compare, frozen_scale, reach, required_e, score_sessions, sessions_needed,
    shadow_sessions_needed,
};
pub use gate::{DeployGate, DeployGateFacts, GateMode, HELD_OUT_ROWS, ShownSkill, gate};
pub use gate_verdict::{GateVerdict, gate_verdict};
pub use guard::{
    Entry, GuardAction, GuardCourse, GuardDay, GuardExit, GuardExitFacts, GuardKind, GuardRule, GuardRules,
    GuardState, GuardWord, Lock, LockLength, LockScope, LockSource, Observed, PAST_DAYS, Past, PastSession,
    Per, Reducing, Release, RuleRate, RuleReading, SessionSum, handed_over_locks, judge, merged,
    readings_with_open, reduced_knobs, resampled_rates, session_locks,
};
pub use heat::{
    Admission, BarReturns, BookTrade, Correlations, GroupCorrelation, Heat, HeatCap, HeatLimits, HeatPoint,
    HeatPosition, NameId, Names, OwnPast, PairTrade, Portfolio, RiskShare, SessionResults, Shortfall,
    SymbolCorrelations, WhatGoesTogether, admit, bar_correlations, correlations, heat, portfolio, shortfall,
    shortfall_with,
};
pub use opinions::{Accord, BetterValue, Opinion, Voice, accord, of_missed, of_rules, of_size, of_what_if};
pub(crate) use review::sessions_since;
pub use review::{EachTrade, KnobPast, POINT_MOVES_ON_NOISE, REVERT, Review, Reviewed, review};
pub use rulebook::{
    AskedUnder, Is, Line, NEUTRAL_REGIMES, RegimeRules, Rule, Rulebook, RulebookError, SYMBOL_KNOBS, Test,
};
pub use size::{
    ALLOCATION_GROUPS, Allocation, BASE_NEEDED, BaseFacts, BaseSize, Binding, CONTEXTS, CONTEXTS_NEEDED,
    ContextPolicy, ContextSizes, DRAWN, DrawnSize, DrawnTrade, EDGE_T, FLAT_FRAC, GroupSession, Kelly,
    LossLimit, MULTIPLIER_RANGE, NotDrawn, OffPolicy, PolicyPoint, PolicyState, RecentShadow, SIZE_TAIL,
    Share, SizeHistory, SizeKey, SizeRow, SizeTarget, SizedTrade, TailBound, TooFew, allocate, base_size,
    context_at, drawn_size, kelly, off_policy, tail_backtest,
};
pub use suggest::{Direction, Suggestion, suggestions};
pub use symbols::{Override, SymbolStep, shrunk, symbol_steps};
pub use triggers::{Baseline, RETRAIN_AGE_DAYS, Trigger, triggers};
