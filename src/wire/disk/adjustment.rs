//! A line of `knob_adjustments.jsonl`: a change of a knob with what it rested on.

use serde::{Deserialize, Serialize};

use super::json_lines::read_json_lines;

/// A change of a knob.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Adjustment {
    /// Number of the update that it was part of; counts up.
    pub update: u64,
    /// When, UTC.
    pub timestamp: String,
    /// The session's date.
    pub date: String,
    /// The knob.
    pub knob: String,
    /// The symbol whose own value changed; none for the common one.
    pub symbol: Option<String>,
    /// `rule`, `set`, `size`, `reset` or `rollback`.
    pub source: String,
    /// The rule behind it.
    pub rule: Option<String>,
    /// What the rule rested on.
    pub because: Vec<Because>,
    /// The regime of the moment.
    pub regime: Option<String>,
    /// `point` or `strict`.
    pub evidence: Option<String>,
    /// Trades that it rested on.
    pub trades: Option<u64>,
    /// The newest of those trades, UTC.
    pub trades_until: Option<String>,
    /// Smoothed value before; none when a symbol had no value of its own.
    pub old: Option<f64>,
    /// Where the rule wanted it.
    pub target: Option<f64>,
    /// Smoothed value after; none when a symbol loses its own value.
    pub new: Option<f64>,
    /// Whether the range cut the step short.
    pub clamped: bool,
    /// What the engine was given before.
    pub old_effective: Option<f64>,
    /// What the engine is given now.
    pub new_effective: Option<f64>,
    /// The update that a rollback takes back.
    pub undoes: Option<u64>,
    /// The whole in a sentence.
    pub reason: String,
    /// Version of this form.
    pub schema: u32,
}

/// A condition that held.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Because {
    /// Name of the measure.
    pub metric: String,
    /// Its value; a word for a regime.
    pub value: serde_json::Value,
    /// Trades that have a part in it.
    pub n: Option<u64>,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// The sign between value and line.
    pub is: String,
    /// The line.
    pub line: Option<f64>,
}

/// The version that is written.
pub const ADJUSTMENT_SCHEMA: u32 = 1;

/// Reads the lines of the file: the changes, and the numbers of lines that cannot be read.
pub fn read_adjustments(text: &[u8]) -> (Vec<Adjustment>, Vec<u64>) {
    read_json_lines(text, |change: &Adjustment| !change.knob.is_empty())
}
