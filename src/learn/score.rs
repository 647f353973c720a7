//! The score of a pick: what the engine thought of it, and what the model makes of it.

use super::file::ModelFile;
use crate::domain::Market;
use crate::wire::EntryFeatures;

/// The weight of the pick's own score in the final one.
const BASE_WEIGHT: f64 = 0.4;

/// Features that are named with a score.
const NAMED: usize = 5;

/// A pick with less than this share of the usual features was made by another engine than the model's.
const ENOUGH: f64 = 0.5;

/// A feature with what it did.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// The column.
    pub feature: String,
    /// Its value; none when it is missing.
    pub value: Option<f64>,
    /// By how much it moved the log-odds.
    pub by: f64,
}

/// What a pick is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// From 0 to 10.
    pub score: f64,
    /// The pick's own, from 0 to 10.
    pub base: f64,
    /// The model's probability of a good outcome; none when there was no usable model.
    pub probability: Option<f64>,
    /// The model.
    pub version: Option<String>,
    /// Why the model was not used.
    pub fallback: Option<String>,
    /// The five features that moved it most, the strongest first.
    pub moved: Vec<Moved>,
}

/// The score of a pick that brings none of its own: ten times the mean of the probabilities that it carries,
/// 5 without any.
pub fn rule_score(known: &EntryFeatures) -> f64 {
    let names = ["confidence", "lgb_prob", "lstm_prob", "transformer_prob"];
    let said: Vec<f64> =
        names.iter().filter_map(|name| known.number(name)).filter(|p| (0.0..=1.0).contains(p)).collect();
    if said.is_empty() { 5.0 } else { 10.0 * said.iter().sum::<f64>() / said.len() as f64 }
}

/// Scores a pick: 10 × (0.4 × base / 10 + 0.6 × probability), where the base is the pick's `own` score, else
/// the [`rule_score`]. Without a model, or where the model does not know the pick's features, the base alone.
pub fn score(
    market: &Market,
    known: &EntryFeatures,
    own: Option<f64>,
    model: Result<&ModelFile, &str>,
) -> Score {
    let base = own.filter(|own| (0.0..=10.0).contains(own)).unwrap_or_else(|| rule_score(known));
    let fallback = |why: String| Score {
        score: base,
        base,
        probability: None,
        version: None,
        fallback: Some(why),
        moved: Vec::new(),
    };
    let file = match model {
        Ok(file) => file,
        Err(why) => return fallback(why.to_owned()),
    };
    let row = file.manifest.row(market, known);
    let share = file.manifest.share_present(&row);
    if share < ENOUGH {
        return fallback(format!(
            "unknown feature set: {:.0} % of the model's usual features are there",
            share * 100.0
        ));
    }
    let probability = file.model.predict(&row);
    if !probability.is_finite() {
        return fallback("the model gives no probability".into());
    }
    let mut moved: Vec<Moved> = file
        .manifest
        .columns
        .iter()
        .zip(file.model.contributions(&row))
        .zip(&row)
        .filter(|((_, by), _)| *by != 0.0)
        .map(|((column, by), value)| Moved {
            feature: column.title(),
            value: Some(*value).filter(|value| !value.is_nan()),
            by,
        })
        .collect();
    moved.sort_by(|a, b| b.by.abs().total_cmp(&a.by.abs()).then(a.feature.cmp(&b.feature)));
    moved.truncate(NAMED);
    Score {
        score: 10.0 * (BASE_WEIGHT * base / 10.0 + (1.0 - BASE_WEIGHT) * probability),
        base,
        probability: Some(probability),
        version: Some(file.version.clone()),
        fallback: None,
        moved,
    }
}
