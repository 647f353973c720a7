//! Is a new model any good, and is it better than the one in use? On the same rows, which neither has seen.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::dataset::Dataset;
use super::rng::{BOOTSTRAP_SEED, RESAMPLES, Rng};
use super::scores::{Band, accuracy, auc, bands, brier, log_loss};

/// The share of the sessions, the newest ones, on which models are judged.
const HELD_OUT_SHARE: f64 = 0.2;

/// Sessions between those that are learned from and those that are judged on.
pub const EMBARGO: usize = 1;

/// Which rows are learned from, and which are judged on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Rows to learn from, in order of time.
    pub train: Vec<usize>,
    /// Rows to judge on.
    pub held_out: Vec<usize>,
    /// Sessions of either.
    pub sessions: (usize, usize),
}

/// Holds out the newest fifth of the sessions, with an embargo before them; nothing where there are too few
/// sessions.
pub fn split(dataset: &Dataset) -> Split {
    let sessions = dataset.sessions();
    let held = ((sessions.len() as f64 * HELD_OUT_SHARE).ceil() as usize).max(1);
    let learned = sessions.len().saturating_sub(held + EMBARGO);
    if learned == 0 {
        return Split::default();
    }
    let (last_train, first_held) = (sessions[learned - 1], sessions[sessions.len() - held]);
    let rows = |inside: &dyn Fn(i64) -> bool| -> Vec<usize> {
        let all = dataset.examples.iter().enumerate();
        all.filter(|(_, example)| inside(example.session)).map(|(at, _)| at).collect()
    };
    Split {
        train: rows(&|session| session <= last_train),
        held_out: rows(&|session| session >= first_held),
        sessions: (learned, held),
    }
}

/// How good predicted probabilities are on a set of rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Rows.
    pub n: u64,
    /// Share of rows on the right side of one half.
    pub accuracy: Option<f64>,
    /// Area under the ROC curve.
    pub auc: Option<f64>,
    /// Mean negative log-likelihood.
    pub log_loss: Option<f64>,
    /// Mean squared error.
    pub brier: Option<f64>,
    /// Predicted against observed.
    pub bands: Vec<Band>,
    /// Rows at or above the engine's confidence threshold, and their mean result after costs.
    pub kept: u64,
    /// The mean result of those rows, a fraction of the position.
    pub kept_expectancy: Option<f64>,
}

impl Quality {
    /// Judges probabilities; `net` are the rows' results after costs, `threshold` the engine's.
    pub fn of(probabilities: &[f64], labels: &[bool], net: &[f64], threshold: f64) -> Self {
        let kept: Vec<f64> =
            probabilities.iter().zip(net).filter(|(p, _)| **p >= threshold).map(|(_, net)| *net).collect();
        Self {
            n: labels.len() as u64,
            accuracy: accuracy(probabilities, labels),
            auc: auc(probabilities, labels),
            log_loss: log_loss(probabilities, labels),
            brier: brier(probabilities, labels),
            bands: bands(probabilities, labels).to_vec(),
            kept: kept.len() as u64,
            kept_expectancy: (!kept.is_empty()).then(|| kept.iter().sum::<f64>() / kept.len() as f64),
        }
    }
}

/// By how much one set of probabilities is better than another on the same rows, in log loss a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paired {
    /// Mean improvement; above 0 where the first is better.
    pub mean: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Rows.
    pub n: u64,
    /// Sessions, which are what is drawn.
    pub sessions: u64,
}

/// A paired bootstrap by session (Efron and Tibshirani 1993, *An Introduction to the Bootstrap*, chapters 8
/// and 13): sessions are drawn with replacement, 2,000 times from a fixed seed, and the 2.5 % and 97.5 %
/// points of the mean difference taken. `None` below 2 sessions.
pub fn paired(first: &[f64], second: &[f64], labels: &[bool], sessions: &[i64]) -> Option<Paired> {
    let loss = |p: f64, label: bool| log_loss(&[p], &[label]).unwrap_or(0.0);
    let mut days: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for (at, label) in labels.iter().enumerate() {
        let better = loss(*second.get(at)?, *label) - loss(*first.get(at)?, *label);
        let day = days.entry(*sessions.get(at)?).or_default();
        *day = (day.0 + better, day.1 + 1.0);
    }
    let days: Vec<(f64, f64)> = days.into_values().collect();
    if days.len() < 2 {
        return None;
    }
    let total = |sum: (f64, f64), day: &(f64, f64)| (sum.0 + day.0, sum.1 + day.1);
    let whole = days.iter().fold((0.0, 0.0), total);
    let mut rng = Rng::new(BOOTSTRAP_SEED, 0);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let drawn = (0..days.len()).fold((0.0, 0.0), |sum, _| total(sum, &days[rng.below(days.len())]));
            drawn.0 / drawn.1
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[((RESAMPLES - 1) as f64 * share).round() as usize];
    Some(Paired {
        mean: whole.0 / whole.1,
        low: at(0.025),
        high: at(0.975),
        n: labels.len() as u64,
        sessions: days.len() as u64,
    })
}

/// A feature that knows the label by itself is no feature: above this AUC, or below one less it…
const TOO_GOOD_AUC: f64 = 0.9;

/// …on at least so many rows of either kind.
const TOO_GOOD_ROWS: usize = 10;

/// Columns that give the outcome away all by themselves, with their AUC: a leak under a name that no list knows.
pub fn suspects(columns: &[Vec<f64>], labels: &[bool]) -> Vec<(usize, f64)> {
    let of = |(at, column): (usize, &Vec<f64>)| {
        let (values, known): (Vec<f64>, Vec<bool>) =
            column.iter().zip(labels).filter(|(value, _)| !value.is_nan()).map(|(v, l)| (*v, *l)).unzip();
        let trues = known.iter().filter(|label| **label).count();
        let enough = trues >= TOO_GOOD_ROWS && known.len() - trues >= TOO_GOOD_ROWS;
        let auc = auc(&values, &known).filter(|_| enough)?;
        let either = auc.max(1.0 - auc);
        (either > TOO_GOOD_AUC).then_some((at, either))
    };
    columns.par_iter().enumerate().filter_map(of).collect()
}
