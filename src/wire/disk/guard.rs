//! The forms of the guard: a lock, a line of `guard_log.jsonl`, `guard.json`, and what of a trade few ask.

use serde::{Deserialize, Serialize};

use super::stored::StoredOutcome;
use crate::domain::risk_frac;

/// The version of the forms that this program writes.
pub const GUARD_SCHEMA: u32 = 1;

/// A lock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LockLine {
    /// The rule that fired.
    pub rule: String,
    /// `halt` or `reduce`.
    pub action: String,
    /// `all`, `side`, `symbol` or `strategy`.
    pub per: String,
    /// The side, symbol or strategy; empty for all.
    pub group: String,
    /// When it fired, UTC.
    pub at: String,
    /// When it ends by itself, UTC.
    pub until: String,
    /// When it was released by hand.
    pub released: Option<String>,
    /// What the rule measured.
    pub value: f64,
    /// The limit that it passed.
    pub limit: f64,
    /// `exits`, or `open` for what was handed over of open positions.
    pub source: String,
}

/// A line of `guard_log.jsonl`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GuardEvent {
    /// When it was written, UTC.
    pub timestamp: String,
    /// The session's date.
    pub session: String,
    /// `lock` or `release`.
    pub event: String,
    /// The lock, of a `lock`.
    pub lock: Option<LockLine>,
    /// The rule whose locks are released; none for all.
    pub rule: Option<String>,
    /// Why they are released.
    pub why: Option<String>,
    /// Version of this form.
    pub schema: u32,
}

/// A rule in `guard.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GuardRuleLine {
    /// Its name.
    pub rule: String,
    /// The side, symbol or strategy that is nearest to the limit; empty for all.
    pub group: String,
    /// What it measures.
    pub value: Option<f64>,
    /// Its limit.
    pub limit: Option<f64>,
    /// Why it has no limit.
    pub no_limit: Option<String>,
    /// Whether a lock of it holds.
    pub fired: bool,
}

/// `guard.json`, and below `guard` in the brain file what of it an engine needs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GuardFile {
    /// Version of the form.
    pub schema: String,
    /// `ACTIVE`, `REDUCING` or `HALTED`.
    pub state: String,
    /// Since when, UTC.
    pub since: Option<String>,
    /// Until when at the latest, UTC.
    pub until: Option<String>,
    /// Why, in a sentence.
    pub why: Option<String>,
    /// The session's date.
    pub session: String,
    /// The moment that it speaks of, UTC.
    pub as_of: String,
    /// When nothing of it holds any more, UTC: the end of the last lock.
    pub expires_at: Option<String>,
    /// The knobs that it lowers, as an engine is given them.
    pub knobs: serde_json::Map<String, serde_json::Value>,
    /// The locks that hold.
    pub locks: Vec<LockLine>,
    /// How far every rule is from its limit; not in the brain file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<GuardRuleLine>,
}

impl StoredOutcome<'_> {
    /// What was lost at the recorded stop, as a fraction of the position ([`risk_frac`]), and the engine's word that it was
    /// hit.
    pub fn risked(&self) -> (Option<f64>, Option<bool>) {
        let stop = self.levels().0;
        let risked = |entry: f64| risk_frac(self.facts().side, entry, stop?, self.is_inverse());
        (self.prices().0.and_then(risked), self.hits().0)
    }
}

/// The lines of `guard_log.jsonl` of a session, in their order, and how many lines of it cannot be read. The log is
/// read from its end up to the first line of another session.
pub fn guard_events_of(text: &[u8], session: &str) -> (Vec<GuardEvent>, u64) {
    let (mut found, mut unreadable) = (Vec::new(), 0);
    for line in text.split(|byte| *byte == b'\n').rev() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice::<GuardEvent>(line) {
            Ok(event) if event.session == session => found.push(event),
            Ok(_) => break,
            Err(_) => unreadable += 1,
        }
    }
    found.reverse();
    (found, unreadable)
}

/// Every line of `guard_log.jsonl` that can be read.
pub fn guard_events(text: &[u8]) -> Vec<GuardEvent> {
    text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}
