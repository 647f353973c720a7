//! The engine under other knobs, on its own tape: which trades it would have taken, and what they would have
//! brought. Pure: records in, the fate of each out.
//!
//! What is assumed, and what cannot be known from a tape, stands in dtlearn-whatif(7).

mod compare;
mod contradiction;
mod engine;
mod knob_timeline;
mod levels;
mod record;

pub use compare::{
    BOOTSTRAP_SEED, Comparison, DayTotals, Difference, Interval, NEEDED_DIFFERENT, NEEDED_ONE_WAY,
    NEEDED_SESSIONS, RESAMPLES, Verdict, compare,
};
pub use contradiction::Contradiction;
pub use engine::{Cycle, Engine, RiskCheck};
pub use knob_timeline::KnobTimeline;
pub use levels::{Closed, Closing, Inconclusive, Resolutions, ResolvedExit, Unresolved};
pub use record::{
    DecisionLog, DecisionRecord, Disposition, Hit, LoggedEntry, Mismatch, Offered, RefusedSignal,
    ReplayedEntry, TakenTrade, risk_check_of_reason,
};
