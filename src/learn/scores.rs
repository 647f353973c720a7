//! How good predicted probabilities are.

use serde::{Deserialize, Serialize};

/// How far from 0 and 1 a probability is kept where its logarithm is taken.
const CLIP: f64 = 1e-15;

/// The probability of a log-odds: 1 / (1 + e^−x).
pub fn sigmoid(log_odds: f64) -> f64 {
    // The form for either sign keeps the exponential from overflowing.
    let tail = (-log_odds.abs()).exp();
    // One division for both signs: which of them it is cannot be foreseen.
    (if log_odds >= 0.0 { 1.0 } else { tail }) / (1.0 + tail)
}

/// The log-odds of a probability, finite for 0 and 1 too.
pub(crate) fn logit(probability: f64) -> f64 {
    let p = probability.clamp(CLIP, 1.0 - CLIP);
    (p / (1.0 - p)).ln()
}

/// −ln of the probability that a log-odds gives to a label, without rounding to infinity.
pub(crate) fn log_odds_loss(log_odds: f64, label: bool) -> f64 {
    let towards = if label { log_odds } else { -log_odds };
    (-towards.abs()).exp().ln_1p() + (-towards).max(0.0)
}

/// The share of (true, false) pairs in which the true row has the larger score, ties counting half: the
/// area under the ROC curve as the Mann–Whitney statistic (Hanley and McNeil 1982). `None` without both.
pub fn auc(scores: &[f64], labels: &[bool]) -> Option<f64> {
    let mut rows: Vec<(f64, bool)> = scores.iter().copied().zip(labels.iter().copied()).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut wins, mut falses, mut trues) = (0.0, 0.0, 0.0);
    for tied in rows.chunk_by(|a, b| a.0 == b.0) {
        let hits = tied.iter().filter(|(_, label)| *label).count() as f64;
        let misses = tied.len() as f64 - hits;
        wins += hits * (falses + misses / 2.0);
        falses += misses;
        trues += hits;
    }
    (falses > 0.0 && trues > 0.0).then(|| wins / (falses * trues))
}

/// The mean of −ln of the probability given to what happened, probabilities clipped to 1e-15 from 0 and 1
/// (Good 1952). `None` without rows.
pub fn log_loss(probabilities: &[f64], labels: &[bool]) -> Option<f64> {
    mean(probabilities, labels, |p, label| {
        let p = p.clamp(CLIP, 1.0 - CLIP);
        if label { -p.ln() } else { -(1.0 - p).ln() }
    })
}

/// The mean squared difference of probability and outcome (Brier 1950), 0 is best. `None` without rows.
pub fn brier(probabilities: &[f64], labels: &[bool]) -> Option<f64> {
    mean(probabilities, labels, |p, label| (p - f64::from(u8::from(label))).powi(2))
}

/// The share of rows whose label is `probability >= 0.5`. `None` without rows.
pub fn accuracy(probabilities: &[f64], labels: &[bool]) -> Option<f64> {
    mean(probabilities, labels, |p, label| f64::from(u8::from((p >= 0.5) == label)))
}

/// One tenth of the range of probabilities, as in a reliability diagram (Murphy and Winkler 1977).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// How many rows were predicted in it.
    pub rows: u64,
    /// Their mean predicted probability, 0 without rows.
    pub predicted: f64,
    /// The share of them that came true, 0 without rows.
    pub observed: f64,
}

/// Predicted against observed in ten bands of equal width: [0, 0.1), …, [0.9, 1].
pub fn bands(probabilities: &[f64], labels: &[bool]) -> [Band; 10] {
    let mut bands = [Band::default(); 10];
    for (&p, &label) in probabilities.iter().zip(labels) {
        let band = &mut bands[((p * 10.0) as usize).min(9)];
        band.rows += 1;
        band.predicted += p;
        band.observed += f64::from(u8::from(label));
    }
    for band in bands.iter_mut().filter(|band| band.rows > 0) {
        band.predicted /= band.rows as f64;
        band.observed /= band.rows as f64;
    }
    bands
}

fn mean(probabilities: &[f64], labels: &[bool], of: impl Fn(f64, bool) -> f64) -> Option<f64> {
    let rows = probabilities.len().min(labels.len());
    let sum: f64 = probabilities.iter().zip(labels).map(|(&p, &label)| of(p, label)).sum();
    (rows > 0).then(|| sum / rows as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn auc_counts_pairs_and_halves_ties() {
        assert_eq!(auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), Some(0.75));
        assert_eq!(auc(&[0.5, 0.5, 0.5], &[false, true, true]), Some(0.5));
        assert_eq!(auc(&[0.0, -0.0], &[false, true]), Some(0.5));
        assert_eq!(auc(&[0.1, 0.2], &[true, true]), None);
        assert_eq!(auc(&[], &[]), None);
    }

    #[test]
    fn losses_of_known_predictions() {
        let (p, y) = ([0.9, 0.2, 0.5], [true, false, false]);
        let expected = -(0.9f64.ln() + 0.8f64.ln() + 0.5f64.ln()) / 3.0;
        assert!((log_loss(&p, &y).unwrap() - expected).abs() < 1e-12);
        assert!((brier(&p, &y).unwrap() - (0.01 + 0.04 + 0.25) / 3.0).abs() < 1e-12);
        assert!((accuracy(&p, &y).unwrap() - 2.0 / 3.0).abs() < 1e-12);
        assert!(log_loss(&[0.0], &[true]).unwrap() < 35.0);
        assert_eq!(log_loss(&[], &[]), None);
    }

    #[test]
    fn bands_hold_every_row() {
        let bands = bands(&[0.0, 0.05, 0.1, 1.0, f64::NAN], &[false, true, true, true, false]);
        assert_eq!(bands.iter().map(|band| band.rows).sum::<u64>(), 5);
        assert_eq!((bands[9].rows, bands[9].observed), (1, 1.0));
        assert_eq!((bands[1].rows, bands[1].predicted), (1, 0.1));
    }

    proptest! {
        #[test]
        fn auc_is_the_share_of_pairs(rows in prop::collection::vec((0u8..6, any::<bool>()), 0..40)) {
            let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let labels: Vec<bool> = rows.iter().map(|row| row.1).collect();
            let (mut pairs, mut won) = (0.0, 0.0);
            for a in rows.iter().filter(|row| row.1) {
                for b in rows.iter().filter(|row| !row.1) {
                    pairs += 1.0;
                    won += if a.0 > b.0 { 1.0 } else if a.0 == b.0 { 0.5 } else { 0.0 };
                }
            }
            prop_assert_eq!(auc(&scores, &labels), (pairs > 0.0).then(|| won / pairs));
        }

        #[test]
        fn log_odds_and_probabilities_agree(x in -30.0f64..30.0, label: bool) {
            prop_assert!((logit(sigmoid(x)) - x).abs() < 1e-2);
            let direct = log_loss(&[sigmoid(x)], &[label]).unwrap();
            prop_assert!((log_odds_loss(x, label) - direct).abs() < 1e-2);
        }
    }
}
