//! `last_replay.json`: what the last replay said.

use serde::{Deserialize, Serialize};

/// What the last replay said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastReplay {
    /// Version of the form.
    pub schema: String,
    /// When it was run, UTC.
    pub timestamp: String,
    /// After which session.
    pub date: String,
    /// The first session.
    pub from: String,
    /// The last session.
    pub to: String,
    /// Sessions.
    pub sessions: u64,
    /// Whether the rules' knobs did better, worse, or it is unclear.
    pub verdict: String,
    /// What follows, in a sentence.
    pub sentence: String,
}

impl LastReplay {
    /// `2026-03-02, 2026-01-05 to 2026-02-27`: when it was run, and of which sessions.
    pub fn when(&self) -> String {
        format!("{}, {} to {}", self.date, self.from, self.to)
    }
}
