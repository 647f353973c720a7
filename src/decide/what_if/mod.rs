//! The engine under other knobs, on its own tape: which trades it would have taken, and what they would have
//! brought. Pure: records in, the fate of each out.
//!
//! What is assumed, and what cannot be known from a tape, stands in dtlearn-whatif(7).

mod contradictions;
mod compare;
mod engine;
mod levels;
mod decision_log;
mod timeline;

pub use contradictions::Contradiction;
pub use compare::{
    BOOTSTRAP_SEED, Comparison, DayTotals, Difference, Interval, NEEDED_DIFFERENT, NEEDED_ONE_WAY,
    NEEDED_SESSIONS, RESAMPLES, Verdict, compare,
};
pub use engine::{Cycle, Engine, DeployGate};
pub use levels::{Inconclusive, Closed, Closing, ResolvedExit, Resolutions, Unresolved};
pub use decision_log::{
    Disposition, ReplayedEntry, Hit, Mismatch, Offered, RefusedSignal, LoggedEntry, TakenTrade, DecisionLog, DecisionRecord, risk_check_of_reason,
};
pub use timeline::KnobTimeline;
