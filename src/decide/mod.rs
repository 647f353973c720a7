//! Data in, decision with its reasons out. Pure.

mod adjust;
mod gate;
mod gate_verdict;
mod rulebook;
mod suggest;
mod symbols;
#[cfg(test)]
mod tests;
mod triggers;

pub use adjust::{Decision, Facts, Judged, Question, Step, Tried, Verdict, decide};
pub use gate::{DeployGate, DeployGateFacts, WATCHED_TRADES, gate, goes_back};
pub use gate_verdict::{GateVerdict, gate_verdict};
pub use rulebook::{Is, Line, RegimeRules, Rule, Rulebook, RulebookError, SYMBOL_KNOBS, Test};
pub use suggest::{Direction, Suggestion, suggestions};
pub use symbols::{Override, SymbolStep, shrunk, symbol_steps};
pub use triggers::{Baseline, RETRAIN_AGE_DAYS, Trigger, triggers};
