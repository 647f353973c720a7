//! A line of `corrections.jsonl`.

use serde::{Deserialize, Serialize};

/// What was corrected: a line of `corrections.jsonl`, and the head of the file that keeps the lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Correction {
    /// Its name, and that of the file in `.dtlearn/voided/`.
    pub correction: String,
    /// When, RFC 3339.
    pub at: String,
    /// `void`, `undo` or `replace`.
    pub action: String,
    /// Why, in the words of who asked for it.
    pub why: Option<String>,
    /// The import that was taken back.
    pub batch: Option<String>,
    /// Ids of the records, as many as are named one by one.
    pub trade_ids: Vec<String>,
    /// How many records.
    pub records: u64,
    /// Of the records, those in whose place an earlier reading was put back.
    #[serde(skip_serializing_if = "is_none")]
    pub restored: u64,
    /// The log, where it is not that of the trades: `fills` or `news`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// Version of this form.
    pub schema: u32,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}
