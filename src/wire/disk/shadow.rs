//! A line of `model_shadow.jsonl`: what the model in use and the challenger gave a row that neither had seen.

use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;
use crate::stats::evidence::Forecast;

/// The form that is written.
const SCHEMA: u32 = 1;

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
    schema: u32,
}

/// What two models gave a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Given<'a> {
    /// The versions in use and in shadow.
    pub versions: [&'a str; 2],
    /// What they gave, 0 to 1.
    pub probabilities: [f64; 2],
}

impl ShadowRow {
    /// A row of a `date`, known by its `id`, that was entered at a moment and came out; scored at another one.
    pub fn new(
        (date, id): (String, String),
        (at, won): (Timestamp, bool),
        given: Given<'_>,
        scored_at: Timestamp,
    ) -> Self {
        let [champion, challenger] = given.versions.map(str::to_owned);
        let [champion_probability, challenger_probability] = given.probabilities;
        Self {
            date,
            id,
            timestamp: at.to_string(),
            champion,
            champion_probability,
            challenger,
            challenger_probability,
            won,
            scored_at: scored_at.to_string(),
            schema: SCHEMA,
        }
    }

    /// The model in use on trial against the challenger.
    pub const fn forecast(&self) -> Forecast {
        Forecast { tried: self.champion_probability, rival: self.challenger_probability, won: self.won }
    }
}

/// Reads the lines of `model_shadow.jsonl`, and says how many cannot be read.
pub fn read_shadow_rows(text: &[u8]) -> (Vec<ShadowRow>, u64) {
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace));
    let is_probability = |p: f64| (0.0..=1.0).contains(&p);
    let (mut found, mut bad) = (Vec::new(), 0);
    for line in lines {
        match serde_json::from_slice::<ShadowRow>(line) {
            Ok(row)
                if row.schema <= SCHEMA
                    && !row.champion.is_empty()
                    && !row.id.is_empty()
                    && is_probability(row.champion_probability)
                    && is_probability(row.challenger_probability) =>
            {
                found.push(row);
            }
            _ => bad += 1,
        }
    }
    (found, bad)
}
