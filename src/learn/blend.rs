//! How much weight each of several models deserves, by log loss.

use std::collections::BTreeMap;

use super::calibrate::Calibration;
use super::scores::{log_loss, logit};
use super::validate::{EMBARGO, Paired, paired};
use crate::stats::evidence::{Forecast, ForecastTest};

/// Steps of the fit; it has converged long before.
const STEPS: usize = 500;

/// Sessions that are only learned from before the first one is judged.
const FIRST: usize = 2;

/// What the blend came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Blend {
    /// Weight of each model over all rows; they add up to 1.
    pub weights: Vec<f64>,
    /// What each model's log-odds are multiplied with and what is added to them before they are weighed.
    pub calibrations: Vec<Calibration>,
    /// Log loss of each model on the judged rows, recalibrated on the sessions before.
    pub single: Vec<f64>,
    /// Log loss of the blend on the same rows, each session under the weights of the sessions before.
    pub blended: f64,
    /// The model with the least log loss there.
    pub best: usize,
    /// By how much the blend is better than that one.
    pub against_best: Option<Paired>,
    /// The e-value against that one being no worse than the blend.
    pub evidence: f64,
    /// Judged rows.
    pub n: u64,
}

/// The weights, none below 0 and 1 in sum, under which the weighted mean of the probabilities has the least
/// log loss: the maximum-likelihood weights of a mixture, found by expectation-maximisation (Dempster, Laird
/// and Rubin 1977, *Journal of the Royal Statistical Society B* 39(1), 1–38), whose every step lowers the
/// loss; the loss is convex, so that there is one best answer.
pub fn blend_weights(rows: &[&[f64]], labels: &[bool]) -> Vec<f64> {
    let models = rows.first().map_or(0, |row| row.len());
    let mut weights = vec![1.0 / models.max(1) as f64; models];
    for _ in 0..STEPS {
        let mut share = vec![0.0; models];
        for (row, label) in rows.iter().zip(labels) {
            let given = |p: f64| (if *label { p } else { 1.0 - p }).max(1e-15);
            let whole: f64 = weights.iter().zip(*row).map(|(w, p)| w * given(*p)).sum();
            for ((share, w), p) in share.iter_mut().zip(&weights).zip(*row) {
                *share += w * given(*p) / whole;
            }
        }
        let total: f64 = share.iter().sum();
        if total <= 0.0 {
            break;
        }
        weights = share.into_iter().map(|share| share / total).collect();
    }
    weights
}

fn mixed(weights: &[f64], row: &[f64]) -> f64 {
    weights.iter().zip(row).map(|(w, p)| w * p).sum()
}

/// Each model's level and slope by [`Calibration`], from rows that are over: a model that tells good from bad, but whose
/// probabilities are all too low, deserves its weight.
fn calibrations(rows: &[&[f64]], labels: &[bool]) -> Vec<Calibration> {
    let models = rows.first().map_or(0, |row| row.len());
    let of = |model: usize| {
        let log_odds: Vec<f64> = rows.iter().map(|row| logit(row[model])).collect();
        Calibration::fit(&log_odds, labels)
    };
    (0..models).map(of).collect()
}

fn calibrated(by: &[Calibration], row: &[f64]) -> Vec<f64> {
    by.iter().zip(row).map(|(by, p)| by.probability(logit(*p))).collect()
}

/// Fits and judges a blend of recalibrated models, walking forward by session. `None` with fewer than four sessions or without rows.
pub fn blend(rows: &[Vec<f64>], labels: &[bool], sessions: &[i64]) -> Option<Blend> {
    let mut by_session: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (at, session) in sessions.iter().enumerate() {
        by_session.entry(*session).or_default().push(at);
    }
    let days: Vec<Vec<usize>> = by_session.into_values().collect();
    let take = |of: &[usize]| -> (Vec<&[f64]>, Vec<bool>) {
        of.iter().map(|at| (rows[*at].as_slice(), labels[*at])).unzip()
    };
    let (mut judged, mut given) = (Vec::new(), Vec::new());
    let mut recalibrated: Vec<Vec<f64>> = Vec::new();
    for day in FIRST + EMBARGO..days.len() {
        let earlier: Vec<usize> = days[..day - EMBARGO].concat();
        let (known, outcomes) = take(&earlier);
        let by = calibrations(&known, &outcomes);
        let known: Vec<Vec<f64>> = known.iter().map(|row| calibrated(&by, row)).collect();
        let known: Vec<&[f64]> = known.iter().map(Vec::as_slice).collect();
        let weights = blend_weights(&known, &outcomes);
        for at in &days[day] {
            let row = calibrated(&by, &rows[*at]);
            given.push(mixed(&weights, &row));
            recalibrated.push(row);
            judged.push(*at);
        }
    }
    let known: Vec<&[f64]> = recalibrated.iter().map(Vec::as_slice).collect();
    let outcomes: Vec<bool> = judged.iter().map(|at| labels[*at]).collect();
    let of_sessions: Vec<i64> = judged.iter().map(|at| sessions[*at]).collect();
    let models = known.first()?.len();
    let column = |model: usize| -> Vec<f64> { known.iter().map(|row| row[model]).collect() };
    let single: Option<Vec<f64>> = (0..models).map(|model| log_loss(&column(model), &outcomes)).collect();
    let single = single?;
    let best = (0..models).min_by(|a, b| single[*a].total_cmp(&single[*b]))?;
    let all: Vec<usize> = (0..rows.len()).collect();
    let (every, labels) = take(&all);
    let by = calibrations(&every, &labels);
    let every: Vec<Vec<f64>> = every.iter().map(|row| calibrated(&by, row)).collect();
    let every: Vec<&[f64]> = every.iter().map(Vec::as_slice).collect();
    let mut worse = ForecastTest::default();
    let mut start = 0;
    for session in of_sessions.chunk_by(|a, b| a == b) {
        let rows = start..start + session.len();
        start = rows.end;
        let against = |at: usize| Forecast { tried: known[at][best], rival: given[at], won: outcomes[at] };
        worse.push(&rows.map(against).collect::<Vec<_>>());
    }
    Some(Blend {
        evidence: worse.e(),
        weights: blend_weights(&every, &labels),
        calibrations: by,
        blended: log_loss(&given, &outcomes)?,
        against_best: paired(&given, &column(best), &outcomes, &of_sessions),
        best,
        single,
        n: judged.len() as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::Rng;

    /// Rows of a model that knows the chance, one that only guesses, and one that says the opposite.
    fn rows(seed: u64) -> (Vec<Vec<f64>>, Vec<bool>, Vec<i64>) {
        let mut rng = Rng::new(seed, 0);
        let mut draw = || rng.below(1_000_000) as f64 / 1e6;
        let (mut rows, mut labels, mut sessions) = (Vec::new(), Vec::new(), Vec::new());
        for at in 0..1200 {
            let chance = 0.1 + 0.8 * draw();
            rows.push(vec![chance, 0.5, 1.0 - chance]);
            labels.push(draw() < chance);
            sessions.push(at / 100);
        }
        (rows, labels, sessions)
    }

    #[test]
    fn the_one_that_knows_gets_the_weight() {
        let (rows, labels, sessions) = rows(1);
        let found = blend(&rows, &labels, &sessions).unwrap();
        assert!(found.weights[0] > 0.9, "{found:?}");
        assert!((found.weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!((found.best, found.n), (0, 900));
        let against = found.against_best.unwrap();
        assert!(against.low <= 0.0, "a blend with noise is not better than what it is made of: {against:?}");
        assert!(found.evidence < 20.0, "{found:?}");
        assert_eq!(blend(&rows[..300], &labels[..300], &sessions[..300]), None);
        assert_eq!(blend(&[], &[], &[]), None);
    }

    #[test]
    fn a_model_whose_level_is_off_keeps_its_weight() {
        let (mut rows, labels, sessions) = rows(3);
        for row in &mut rows {
            let log_odds = 0.5 * logit(row[0]) - 2.0;
            *row = vec![1.0 / (1.0 + (-log_odds).exp()), 0.5];
        }
        let found = blend(&rows, &labels, &sessions).unwrap();
        assert!(found.weights[0] > 0.9 && found.single[0] < 0.6, "{found:?}");
        assert!((found.calibrations[0].slope - 2.0).abs() < 0.5, "{found:?}");
    }

    #[test]
    fn two_halves_of_the_truth_are_better_together() {
        let mut rng = Rng::new(7, 0);
        let mut draw = || rng.below(1_000_000) as f64 / 1e6;
        let (mut rows, mut labels, mut sessions) = (Vec::new(), Vec::new(), Vec::new());
        for at in 0..4000 {
            let (a, b) = (draw() - 0.5, draw() - 0.5);
            rows.push(vec![0.5 + a * 0.9, 0.5 + b * 0.9]);
            labels.push(draw() < 0.5 + 0.45 * (a + b));
            sessions.push(at / 100);
        }
        let found = blend(&rows, &labels, &sessions).unwrap();
        assert!(found.weights.iter().all(|w| *w > 0.3), "{found:?}");
        assert!(found.against_best.unwrap().low > 0.0 && found.evidence > 20.0, "{found:?}");
    }
}
