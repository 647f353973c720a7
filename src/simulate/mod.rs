//! The engine under other knobs, on its own records: which trades it would have taken, and what they would have
//! made. Pure: records in, what becomes of each out.
//!
//! What is assumed, and what cannot be known from records, stands in dtlearn-whatif(7).

mod bootstrap;
mod bound;
mod compare;
mod comparison;
mod contradiction;
mod decision;
mod engine;
mod knob_timeline;
mod levels;
mod log_walk;
mod record;
mod replay_facts;
mod risk_checks;
mod session_fan;
mod what_if_facts;

pub use crate::learn::{BOOTSTRAP_SEED, RESAMPLES};
pub use bound::bound_counts;
pub use compare::{NEEDED_DIFFERENT, NEEDED_ONE_WAY, NEEDED_SESSIONS, compare};
pub use comparison::{Comparison, DayTotals, Difference, Interval, Verdict};
pub use decision::{
    Contradiction, DecisionRecord, Hit, LeftOut, LoggedEntry, Offered, RefusedSignal, TakenTrade,
};
pub use engine::{Cycle, Engine};
pub use knob_timeline::KnobTimeline;
pub use levels::{Closed, Closing, Inconclusive, Resolutions, ResolvedExit, Unresolved};
pub use log_walk::{LogWalk, put_in_order};
pub use record::{
    Asked, Conditions, DecisionLog, Disposition, DispositionKind, GuardAsked, Mismatch, ReplayedEntry,
};
pub use replay_facts::{KnobMove, ModelEvent, ReplayFacts, ScenarioFacts};
pub use session_fan::{
    FAN_FALLS, FAN_GAINS, FAN_NEEDED, FAN_PATHS, FAN_POINTS, FAN_SESSIONS, Goal, RUIN, SessionFan,
    session_fan, session_fan_to,
};
pub use what_if_facts::{RunFacts, VariantFacts, WhatIfFacts, inconclusive_counts};
