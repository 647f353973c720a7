//! A line of `model_shadow.jsonl`: what the model in use and the challenger gave a row that neither had seen.

use serde::{Deserialize, Serialize};

use super::json_lines::read_json_lines;
use crate::stats::evidence::Forecast;

/// A row that closed while a challenger was in shadow, as both models scored what was known at its entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShadowRow {
    /// The session's date.
    pub date: String,
    /// The trade or the signal.
    pub id: String,
    /// When it was, or could have been, entered, UTC.
    pub timestamp: String,
    /// The version in use.
    pub champion: String,
    /// What that gave it, 0 to 1.
    pub champion_probability: f64,
    /// The version in shadow.
    pub challenger: String,
    /// What that gave it, 0 to 1.
    pub challenger_probability: f64,
    /// Whether the result after costs was good.
    pub won: bool,
    /// When both were scored, UTC.
    pub scored_at: String,
    /// Version of this form.
    pub schema: u32,
}

impl ShadowRow {
    /// The form that is written.
    pub const SCHEMA: u32 = 1;

    /// The model in use on trial against the challenger.
    pub const fn forecast(&self) -> Forecast {
        Forecast { tried: self.champion_probability, rival: self.challenger_probability, won: self.won }
    }
}

/// Reads the lines of `model_shadow.jsonl`, and says how many cannot be read.
pub fn read_shadow_rows(text: &[u8]) -> (Vec<ShadowRow>, u64) {
    let is_probability = |p: f64| (0.0..=1.0).contains(&p);
    let (found, bad) = read_json_lines(text, |row: &ShadowRow| {
        row.schema <= ShadowRow::SCHEMA
            && !row.champion.is_empty()
            && !row.id.is_empty()
            && is_probability(row.champion_probability)
            && is_probability(row.challenger_probability)
    });
    (found, bad.len() as u64)
}
