//! The score of a signal: what the engine thought of it, and what the model makes of it.

use std::collections::HashMap;

use serde::Serialize;
use smol_str::SmolStr;

use super::dataset::{Dataset, time_numbers};
use super::file::ModelFile;
use super::manifest::SYMBOL;
use crate::domain::Market;
use crate::wire::{EntryFeatures, WORD_KEYS};

/// The weight of the signal's own score in the final one.
const BASE_WEIGHT: f64 = 0.4;

/// The score of a signal that says nothing of its chance.
const NO_OPINION: f64 = 5.0;

/// Features that are named with a score.
const NAMED: usize = 5;

/// A signal with less than this share of the usual features was made by another engine than the model's.
const ENOUGH: f64 = 0.5;

/// A feature with what it did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// The column.
    pub feature: String,
    /// Its value; none when it is missing.
    pub value: Option<f64>,
    /// By how much it moved the log-odds.
    pub by: f64,
}

/// What a signal is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// From 0 to 10.
    pub score: f64,
    /// The signal's own, from 0 to 10.
    pub base: f64,
    /// The model's probability of a good outcome; none when there was no usable model.
    pub probability: Option<f64>,
    /// The share of the last 500 signals before the model was deployed that had a lower probability, in percent; none
    /// without a model, and with one that has seen fewer than 20.
    pub percentile: Option<f64>,
    /// The model.
    pub version: Option<String>,
    /// Why the model was not used.
    pub fallback: Option<String>,
    /// The five features that moved it most, the strongest first.
    pub moved: Vec<Moved>,
    /// Features whose value lies far outside the range that the model learned from.
    pub outside: Vec<String>,
}

/// The score of a signal that brings none of its own: ten times the mean of the probabilities that it carries, `None`
/// without any.
pub fn mean_score(known: &EntryFeatures) -> Option<f64> {
    let names = ["confidence", "lgb_prob", "lstm_prob", "transformer_prob"];
    let given: Vec<f64> =
        names.iter().filter_map(|name| known.number(name)).filter(|p| (0.0..=1.0).contains(p)).collect();
    (!given.is_empty()).then(|| 10.0 * given.iter().sum::<f64>() / given.len() as f64)
}

/// A model made ready to score one signal after another: names are looked up once.
#[derive(Clone, Debug)]
pub struct ReadyModel {
    file: ModelFile,
    /// By which calendars the times of signals are told.
    market: Market,
    /// The column of each number.
    numbers: HashMap<String, usize>,
    /// For each key of [`WORD_KEYS`], and last for the symbol, the columns that its word decides.
    words: [Vec<usize>; WORD_KEYS.len() + 1],
}

impl ReadyModel {
    /// Makes a model ready, for a market whose calendars say what the times of signals mean.
    pub fn new(file: ModelFile, market: &Market) -> Self {
        let mut numbers = HashMap::new();
        let mut words: [Vec<usize>; WORD_KEYS.len() + 1] = Default::default();
        for (at, column) in file.manifest.columns.iter().enumerate() {
            if column.is_number() {
                numbers.insert(column.name.clone(), at);
            } else {
                let key = WORD_KEYS.iter().position(|(key, _)| *key == column.name);
                words[key.unwrap_or(WORD_KEYS.len())].push(at);
            }
        }
        Self { file, market: market.clone(), numbers, words }
    }

    /// The model.
    pub fn file(&self) -> &ModelFile {
        &self.file
    }

    /// Whether it learned from a number of this name.
    pub fn knows(&self, name: &str) -> bool {
        self.numbers.contains_key(name)
    }

    /// Words of a signal that the model has no column for, such as `setup=fade`, under keys for which it has some.
    pub fn unfamiliar(&self, known: &EntryFeatures) -> Vec<String> {
        let names = WORD_KEYS.iter().map(|(name, _)| *name).chain([SYMBOL]);
        let words = known.words.iter().chain([&known.symbol]);
        let columns = &self.file.manifest.columns;
        let unknown = |(word, deciding): (&Option<SmolStr>, &Vec<usize>)| {
            let word = word.as_deref()?;
            let new = !deciding.is_empty() && deciding.iter().all(|at| !columns[*at].knows(word));
            new.then(|| word.to_owned())
        };
        let found = names.zip(words.zip(&self.words)).filter(|(name, _)| *name != "side");
        found.filter_map(|(name, pair)| unknown(pair).map(|word| format!("{name}={word}"))).collect()
    }

    /// A signal as a row, to the bit that of [`super::Manifest::row`].
    pub fn row(&self, known: &EntryFeatures) -> Vec<f64> {
        let columns = &self.file.manifest.columns;
        let mut row = vec![f64::NAN; columns.len()];
        let mut put = |name: &str, number: f64| {
            if let Some(&at) = self.numbers.get(name) {
                row[at] = number;
            }
        };
        let calendar = self.market.of_symbol(known.symbol.as_deref().unwrap_or_default());
        for (name, number) in known.at.map(|at| time_numbers(calendar, at)).into_iter().flatten() {
            put(name, number);
        }
        for (name, number) in &known.numbers {
            put(name, *number);
        }
        let words = known.words.iter().chain([&known.symbol]);
        for (word, deciding) in words.zip(&self.words) {
            let Some(word) = word else { continue };
            for &at in deciding {
                row[at] = columns[at].of_word(word);
            }
        }
        row
    }
}

/// Scores a signal: 10 × (0.4 × base / 10 + 0.6 × probability), where the base is the signal's `own` score, else
/// the [`mean_score`], else 5. Without a model, or where the model does not know the signal's features, the base alone.
pub fn score(known: &EntryFeatures, own: Option<f64>, model: Result<&ReadyModel, &str>) -> Score {
    let base = own.filter(|own| (0.0..=10.0).contains(own));
    let base = base.or_else(|| mean_score(known)).unwrap_or(NO_OPINION);
    let fallback = |why: String| Score {
        score: base,
        base,
        probability: None,
        percentile: None,
        version: None,
        fallback: Some(why),
        moved: Vec::new(),
        outside: Vec::new(),
    };
    let ready = match model {
        Ok(ready) => ready,
        Err(why) => return fallback(why.to_owned()),
    };
    let (file, row) = (&ready.file, ready.row(known));
    let share = file.manifest.share_present(&row);
    if share < ENOUGH {
        return fallback(format!(
            "unfamiliar features: only {:.0} % of the model's usual ones are present",
            share * 100.0
        ));
    }
    let (probability, by) = file.model.explain(&row);
    if !probability.is_finite() {
        return fallback("the model returned no probability".into());
    }
    let outside = file
        .profiles
        .iter()
        .zip(&row)
        .enumerate()
        .filter(|(_, (profile, value))| profile.is_outside(**value));
    Score {
        score: 10.0 * (BASE_WEIGHT * base / 10.0 + (1.0 - BASE_WEIGHT) * probability),
        base,
        probability: Some(probability),
        percentile: file.model.percentile(probability),
        version: Some(file.version.clone()),
        fallback: None,
        moved: strongest(file, &row, &by),
        outside: outside.map(|(at, _)| file.manifest.columns[at].title()).collect(),
    }
}

impl ReadyModel {
    /// The probability that it gives a signal, and its place among those before, as [`Score`] has them; `None` where the
    /// signal has too few of the usual features.
    pub fn in_shadow(&self, known: &EntryFeatures) -> Option<(f64, Option<f64>)> {
        let row = self.row(known);
        let model = &self.file.model;
        let is_known = self.file.manifest.share_present(&row) >= ENOUGH;
        let given = is_known.then(|| model.predict(&row)).filter(|given| given.is_finite())?;
        Some((given, model.percentile(given)))
    }
}

/// What a model gives rows of a dataset, by their places in it; none to one with too few of the usual features.
pub fn probabilities(file: &ModelFile, dataset: &Dataset, rows: &[usize]) -> Vec<Option<f64>> {
    let table = file.manifest.table(dataset, rows);
    let of_row = |row: usize| {
        let row = table.row(row);
        let is_known = file.manifest.share_present(&row) >= ENOUGH;
        is_known.then(|| file.model.predict(&row)).filter(|given| given.is_finite())
    };
    (0..rows.len()).map(of_row).collect()
}

/// The columns that moved the log-odds most; of equals the first by title.
fn strongest(file: &ModelFile, row: &[f64], by: &[f64]) -> Vec<Moved> {
    let columns = &file.manifest.columns;
    let mut order: Vec<usize> = (0..by.len().min(columns.len())).filter(|&at| by[at] != 0.0).collect();
    // Columns stand in the order of their names.
    order.sort_by(|&a, &b| by[b].abs().total_cmp(&by[a].abs()).then(a.cmp(&b)));
    order.truncate(NAMED);
    let moved = |at: usize| Moved {
        feature: columns[at].title(),
        value: row.get(at).copied().filter(|value| !value.is_nan()),
        by: by[at],
    };
    order.into_iter().map(moved).collect()
}
