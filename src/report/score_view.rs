//! What signals are worth: a line of JSON each for the engine, a table for people.

use serde::{Serialize, Serializer};
use serde_json::json;

use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::learn::{Moved, Score};

/// A signal that was scored, or why it could not be; as JSON the answer to the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum ScoreAnswer {
    /// Scored.
    Scored(Box<ScoredSignal>),
    /// The line is no record.
    Refused(String),
}

/// The size of a signal.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredSize {
    /// By what the base size is multiplied, 0.5 to 1.5.
    pub multiplier: f64,
    /// The chance with which it was drawn; 1 where it was not.
    pub propensity: f64,
    /// Where it comes from, in a few words.
    pub policy: String,
}

/// What the challenger says of a signal; nothing is decided by it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InShadow {
    /// Its version.
    pub version: String,
    /// The probability that it gives.
    pub probability: f64,
    /// The share of the last 500 signals before it was made to which it gave less, in percent.
    pub percentile: Option<f64>,
}

/// A signal with its score.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredSignal {
    /// The signal's symbol.
    pub symbol: Option<String>,
    /// The signal's id.
    pub signal_id: Option<String>,
    /// The arm of the signal in each experiment that runs.
    pub variants: Vec<(String, String)>,
    /// What it is worth.
    pub score: Score,
    /// What the challenger says, where there is one.
    pub challenger: Option<InShadow>,
    /// Where its own score comes from: the signal, `blend` or the name of one of the engine's models, or the mean of the
    /// probabilities that it carries.
    pub base_of: String,
    /// By what its size is multiplied.
    pub size: ScoredSize,
    /// Whether the model in use is older than the settings allow.
    pub expired: bool,
    /// What in the record could not be read and was taken as missing.
    pub warnings: Vec<String>,
}

/// The answer to the engine.
#[derive(Serialize)]
struct Answer<'a> {
    symbol: &'a Option<String>,
    signal_id: &'a Option<String>,
    score: f64,
    percentile: Option<f64>,
    probability: Option<f64>,
    base: f64,
    base_of: &'a str,
    model_part: Option<f64>,
    model_version: &'a Option<String>,
    challenger: &'a Option<InShadow>,
    expired: bool,
    fallback: bool,
    fallback_reason: &'a Option<String>,
    moved: &'a [Moved],
    #[serde(serialize_with = "as_object")]
    variants: &'a [(String, String)],
    size_multiplier: f64,
    size_propensity: f64,
    size_policy: &'a str,
    out_of_domain: &'a [String],
    warnings: &'a [String],
}

/// The answer to a line that is no record.
#[derive(Serialize)]
struct Refusal<'a> {
    score: (),
    fallback: bool,
    error: &'a str,
}

fn as_object<S: Serializer>(variants: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(variants.iter().map(|(name, arm)| (name, arm)))
}

impl Serialize for ScoreAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let found = match self {
            Self::Scored(found) => found,
            Self::Refused(error) => {
                return Refusal { score: (), fallback: true, error }.serialize(serializer);
            }
        };
        let score = &found.score;
        let answer = Answer {
            symbol: &found.symbol,
            signal_id: &found.signal_id,
            score: score.score,
            percentile: score.percentile,
            probability: score.probability,
            base: score.base,
            base_of: &found.base_of,
            model_part: score.probability.map(|p| p * 10.0),
            model_version: &score.version,
            challenger: &found.challenger,
            expired: found.expired,
            fallback: score.fallback.is_some(),
            fallback_reason: &score.fallback,
            moved: &score.moved,
            variants: &found.variants,
            size_multiplier: found.size.multiplier,
            size_propensity: found.size.propensity,
            size_policy: &found.size.policy,
            out_of_domain: &score.outside,
            warnings: &found.warnings,
        };
        answer.serialize(serializer)
    }
}

/// What the challenger says.
fn in_shadow(answer: &ScoreAnswer) -> Option<&InShadow> {
    match answer {
        ScoreAnswer::Scored(found) => found.challenger.as_ref(),
        ScoreAnswer::Refused(_) => None,
    }
}

/// The answers as a table.
pub fn score_view(answers: &[ScoreAnswer]) -> View {
    let grid = Grid {
        title: None,
        columns: vec![
            Column::text("symbol", "Symbol", 0),
            Column::text("signal_id", "Signal", 2),
            Column::number("score", "Score", 0),
            Column::number("percentile", "Above %", 1),
            Column::number("probability", "Probability", 0),
            Column::number("base", "Own", 1),
            Column::number("size_multiplier", "Size", 1),
            Column::text("why", "Moved by", 0),
            Column::number("challenger_probability", "Challenger", 1),
        ],
        rows: answers.iter().map(row).collect(),
        empty: String::new(),
    };
    let mut shown = grid.clone();
    if answers.iter().all(|answer| in_shadow(answer).is_none()) {
        shown.columns.pop();
        shown.rows.iter_mut().for_each(|row| drop(row.pop()));
    }
    let mut view = View { name: "score", records: grid, ..View::default() };
    view.lead.push(format!("{} scored", plural(answers.len() as u64, "signal")));
    view.grids.push(shown);
    view.payload.insert("scores".into(), json!(answers));
    view
}

fn row(answer: &ScoreAnswer) -> Vec<Cell> {
    let found = match answer {
        ScoreAnswer::Scored(found) => found,
        ScoreAnswer::Refused(why) => {
            let mut row = vec![Cell::Absent; 7];
            row.extend([Cell::Text(why.clone()), Cell::Absent]);
            return row;
        }
    };
    let score = &found.score;
    let moved = score.moved.iter().map(|moved| format!("{} {:+.2}", moved.feature, moved.by));
    let why = score.fallback.clone().unwrap_or_else(|| moved.collect::<Vec<_>>().join(", "));
    vec![
        Cell::text(found.symbol.as_deref()),
        Cell::text(found.signal_id.as_deref()),
        Cell::Ratio(score.score),
        score.percentile.map_or(Cell::Absent, Cell::Ratio),
        score.probability.map_or(Cell::Absent, Cell::Share),
        Cell::Ratio(score.base),
        Cell::Ratio(found.size.multiplier),
        Cell::Text(why),
        found.challenger.as_ref().map_or(Cell::Absent, |given| Cell::Share(given.probability)),
    ]
}
