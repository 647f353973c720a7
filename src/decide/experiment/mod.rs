//! Experiments: what a session says of two arms, which word that is worth, and how many sessions it takes.

mod plan;
mod scored;
mod word;

pub use plan::{frozen_scale, reach, sessions_needed, shadow_sessions_needed};
pub use scored::{ArmTotals, Observation, Scored, ScoredSession, Shadow, TradeResult, score_sessions};
pub use word::{Compared, HARMFUL, PathPoint, Word, compare, required_e};
