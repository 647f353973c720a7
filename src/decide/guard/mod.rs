//! The guard: less risk for the rest of a session, when a limit is passed. Only ever less, never past the session's end,
//! and entries alone: exits, stops and whatever trails are the engine's business.
//!
//! Everything is a function of the session's exits, of what was recorded before the session, and of the releases: a
//! restart, another order of calls or a call that never came changes nothing.

mod day;
mod day_course;
mod firing;
mod past;
mod resample;
mod rules;
mod state;

pub use day::{GuardCourse, GuardDay, GuardExit, GuardExitFacts};
pub use firing::{
    Lock, LockScope, LockSource, Observed, Release, RuleReading, handed_over_locks, readings_with_open,
    session_locks,
};
pub use past::{PAST_DAYS, Past, SessionSum};
pub use resample::{PastSession, RuleRate, resampled_rates};
pub use rules::{GuardAction, GuardKind, GuardRule, GuardRules, LockLength, Per, Reducing};
pub use state::{Entry, GuardState, GuardWord, judge, merged, reduced_knobs};
