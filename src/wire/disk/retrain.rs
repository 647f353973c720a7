//! A line of `retrain_log.jsonl`, and the other state files of retraining.

use serde::{Deserialize, Serialize};

use super::json_lines::read_json_lines;

/// An attempt to retrain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attempt {
    /// When, UTC.
    pub timestamp: String,
    /// The session's date.
    pub date: String,
    /// `deployed`, `rejected`, `failed` or `rolled_back`.
    pub status: String,
    /// Names of what called for it.
    pub triggers: Vec<String>,
    /// The version that was made, or that is in use after a rollback.
    pub version: Option<String>,
    /// Labelled rows.
    pub rows: u64,
    /// Sessions of them.
    pub sessions: u64,
    /// Held-out rows.
    pub held_out: u64,
    /// Accuracy of the new model on the held-out rows.
    pub accuracy_new: Option<f64>,
    /// Of the model in use; without one of always guessing the majority.
    pub accuracy_old: Option<f64>,
    /// Accuracy on the rows that it learned from.
    pub accuracy_train: Option<f64>,
    /// Area under the ROC curve, held out.
    pub auc: Option<f64>,
    /// Log loss of the new model, held out.
    pub log_loss: Option<f64>,
    /// That of the base rate.
    pub base_log_loss: Option<f64>,
    /// What decided.
    pub reason: String,
    /// Version of this form.
    pub schema: u32,
}

/// Performance at the last deployed retrain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BaselineFile {
    /// When, UTC.
    pub timestamp: String,
    /// The version that was deployed.
    pub version: String,
    /// The metrics of the 7 days before.
    pub metrics: serde_json::Map<String, serde_json::Value>,
}

/// The last deployed retrain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LastRetrain {
    /// When, UTC.
    pub timestamp: String,
    /// The version.
    pub version: String,
    /// The one before it.
    pub previous: Option<String>,
}

/// The gap between training and held-out accuracy at one attempt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OverfitPoint {
    /// When, UTC.
    pub timestamp: String,
    /// Training accuracy.
    pub train: f64,
    /// Held-out accuracy.
    pub held_out: f64,
    /// The first less the second.
    pub gap: f64,
}

/// Reads the lines of `retrain_log.jsonl`, and says how many cannot be read.
pub fn read_attempts(text: &[u8]) -> (Vec<Attempt>, u64) {
    let (found, bad) = read_json_lines(text, |attempt: &Attempt| !attempt.status.is_empty());
    (found, bad.len() as u64)
}
