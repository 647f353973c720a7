//! What the bins of a column count as in a linear fit.

use crate::learn::bins::{BINS_MAX, MISSING_BIN};

/// A column whose scores deviate by less than this does not vary.
const SPREAD_MIN: f64 = 1e-6;

/// Of a column with fewer values a linear fit sees no distances from the middle: they say what the values say.
const VALUES_MIN: usize = 5;

type Scores = [f64; BINS_MAX];

/// What the rows of each bin of a column weigh, 0 for missing values; and all rows.
pub(crate) struct Masses {
    bins: Scores,
    total: f64,
}

impl Masses {
    /// Of rows with these bins and weights.
    pub(crate) fn of(codes: &[u8], weights: &[f64]) -> Self {
        let mut bins = [0.0; BINS_MAX];
        for (&code, weight) in codes.iter().zip(weights) {
            bins[usize::from(code) % BINS_MAX] += weight;
        }
        let total = bins.iter().sum();
        bins[usize::from(MISSING_BIN)] = 0.0;
        Self { bins, total }
    }

    /// What each bin counts as, scaled to mean 0 and variance 1, 0 for missing values: its mean value where there is one, else
    /// the normal score of the middle of the ranks it covers. `None` for a column that does not vary.
    pub(crate) fn scores(&self, means: Option<&Scores>) -> Option<Scores> {
        let present = self.present();
        let mut below = 0.0;
        let scores = std::array::from_fn(|bin| {
            let rank = (below + self.bins[bin] / 2.0) / present;
            below += self.bins[bin];
            means.map_or_else(|| normal_score(rank), |means| means[bin])
        });
        self.scaled(scores)
    }

    /// How far the scores of each bin are from the middle, scaled likewise. `None` for a column with few values.
    pub(crate) fn distances(&self, scores: &Scores) -> Option<Scores> {
        let values = self.bins.iter().filter(|mass| **mass > 0.0).count();
        if values < VALUES_MIN { None } else { self.scaled(scores.map(f64::abs)) }
    }

    fn present(&self) -> f64 {
        self.bins.iter().sum()
    }

    fn sum_of(&self, values: &Scores) -> f64 {
        values.iter().zip(&self.bins).map(|(value, mass)| value * mass).sum()
    }

    fn scaled(&self, mut scores: Scores) -> Option<Scores> {
        let mean = self.sum_of(&scores) / self.present();
        scores.iter_mut().for_each(|score| *score -= mean);
        scores[usize::from(MISSING_BIN)] = 0.0;
        let squares = scores.map(|score| score * score);
        let deviation = (self.sum_of(&squares) / self.total).sqrt();
        scores.iter_mut().for_each(|score| *score /= deviation);
        (deviation > SPREAD_MIN).then_some(scores)
    }
}

/// Where in a normal distribution a rank from 0 to 1 lies, but for the scale: Tukey's lambda of shape 0.14 (Joiner and
/// Rosenblatt 1971, *Journal of the American Statistical Association* 66), within a hundredth of it.
fn normal_score(rank: f64) -> f64 {
    rank.powf(0.14) - (1.0 - rank).powf(0.14)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_have_mean_0_and_variance_1() {
        let codes = [1, 1, 2, 3, 0];
        let means = std::array::from_fn(|bin| [9.0, -2.0, 0.5, 0.75][bin.min(3)]);
        for means in [None, Some(&means)] {
            let scores = Masses::of(&codes, &[1.0; 5]).scores(means).unwrap();
            let values = codes.map(|code| scores[usize::from(code)]);
            assert!(values.iter().sum::<f64>().abs() < 1e-12 && scores[0] == 0.0);
            assert!((values.iter().map(|v| v * v).sum::<f64>() / 5.0 - 1.0).abs() < 1e-12);
            // A bin's own scale keeps its distances: ten times as far from 1 to 2 as from 2 to 3.
            let far = (scores[2] - scores[1]) / (scores[3] - scores[2]);
            assert!(if means.is_some() { (far - 10.0).abs() < 1e-9 } else { far < 2.0 }, "{far}");
        }
        assert_eq!(Masses::of(&[2, 2, 2], &[1.0; 3]).scores(None), None);
        assert_eq!(Masses::of(&[0, 0], &[1.0; 2]).scores(None), None);
    }

    #[test]
    fn distances_tell_the_ends_from_the_middle() {
        let codes: Vec<u8> = (0..=9).collect();
        let weights = [1.0; 10];
        let masses = Masses::of(&codes, &weights);
        let scores = masses.scores(None).unwrap();
        let distances = masses.distances(&scores).unwrap();
        let sum = |of: &dyn Fn(usize) -> f64| codes.iter().map(|code| of(usize::from(*code))).sum::<f64>();
        assert!(sum(&|bin| distances[bin]).abs() < 1e-12 && distances[0] == 0.0);
        assert!((sum(&|bin| distances[bin].powi(2)) / 10.0 - 1.0).abs() < 1e-12);
        assert!(sum(&|bin| distances[bin] * scores[bin]).abs() < 1e-9, "they say what the scores do not");
        assert!(distances[1] > 1.0 && distances[5] < -1.0 && (distances[1] - distances[9]).abs() < 1e-9);
        assert_eq!(Masses::of(&[1, 2, 3, 4], &weights).distances(&scores), None);
    }

    #[test]
    fn a_normal_column_keeps_its_distances() {
        // The normal quantiles of the middles of ten equal bins.
        let quantiles = [-1.644_85, -1.036_43, -0.674_49, -0.385_32, -0.125_66];
        let codes: Vec<u8> = (1..=10).collect();
        let scores = Masses::of(&codes, &[1.0; 10]).scores(None).unwrap();
        let scale = scores[1] / quantiles[0];
        for (score, quantile) in scores[1..].iter().zip(quantiles) {
            assert!((score / scale - quantile).abs() < 0.02, "{score} {quantile}");
        }
    }
}
