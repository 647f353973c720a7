//! Experiments: what a session says of two arms, which word that is worth, and how many sessions it takes.

mod plan;
mod scored;
mod verdict;

pub use plan::{frozen_scale, reach, sessions_needed, shadow_sessions_needed};
pub use scored::{ArmTotals, Observation, Scored, ScoredSession, Shadow, TradeResult, score_sessions};
pub use verdict::{ArmVerdict, Compared, HARMFUL, PathPoint, compare, required_e};
