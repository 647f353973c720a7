//! What signals are worth: a line of JSON each for the engine, a table for people.

use serde_json::{Map, Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::learn::Score;

/// A signal that was scored, or why it could not be.
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
pub fn score_json(answer: &ScoreAnswer) -> Map<String, Json> {
    let mut out = Map::new();
    let found = match answer {
        ScoreAnswer::Scored(found) => found,
        ScoreAnswer::Refused(why) => {
            out.insert("score".into(), Json::Null);
            out.insert("fallback".into(), true.into());
            out.insert("error".into(), why.as_str().into());
            return out;
        }
    };
    let score = &found.score;
    out.insert("symbol".into(), found.symbol.as_deref().into());
    out.insert("signal_id".into(), found.signal_id.as_deref().into());
    out.insert("score".into(), score.score.into());
    out.insert("percentile".into(), score.percentile.into());
    out.insert("probability".into(), score.probability.into());
    out.insert("base".into(), score.base.into());
    out.insert("base_of".into(), found.base_of.as_str().into());
    out.insert("model_part".into(), score.probability.map(|p| p * 10.0).into());
    out.insert("model_version".into(), score.version.as_deref().into());
    out.insert("expired".into(), found.expired.into());
    out.insert("fallback".into(), score.fallback.is_some().into());
    out.insert("fallback_reason".into(), score.fallback.as_deref().into());
    let moved = score.moved.iter().map(|m| json!({"feature": m.feature, "value": m.value, "by": m.by}));
    out.insert("moved".into(), moved.collect::<Vec<_>>().into());
    let variants: Map<String, Json> =
        found.variants.iter().map(|(name, arm)| (name.clone(), arm.as_str().into())).collect();
    out.insert("variants".into(), Json::Object(variants));
    out.insert("size_multiplier".into(), found.size.multiplier.into());
    out.insert("size_propensity".into(), found.size.propensity.into());
    out.insert("size_policy".into(), found.size.policy.as_str().into());
    out.insert("out_of_domain".into(), score.outside.as_slice().into());
    out.insert("warnings".into(), found.warnings.as_slice().into());
    out
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
        ],
        rows: answers.iter().map(row).collect(),
        empty: String::new(),
    };
    let mut view = View { name: "score", records: grid.clone(), ..View::default() };
    view.lead.push(format!("{} scored", plural(answers.len() as u64, "signal")));
    view.grids.push(grid);
    let all: Vec<Map<String, Json>> = answers.iter().map(score_json).collect();
    view.payload.insert("scores".into(), json!(all));
    view
}

fn row(answer: &ScoreAnswer) -> Vec<Cell> {
    let found = match answer {
        ScoreAnswer::Scored(found) => found,
        ScoreAnswer::Refused(why) => {
            let mut row = vec![Cell::Absent; 7];
            row.push(Cell::Text(why.clone()));
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
    ]
}
