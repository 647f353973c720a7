//! The expected calibration error.

use serde::{Deserialize, Serialize};

use super::brier::NEEDED;
use crate::stats::Undefined;

/// Confidences are told apart to a ten-thousandth.
const STEPS: f64 = 10_000.0;

const BINS: usize = 10;

/// How often each confidence was given, and how often it won: by its place, so that a count costs no search. Four
/// thousand million of one confidence are more than a log holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u16, u32, u32)>", into = "Vec<(u16, u32, u32)>")]
pub(in crate::metrics) struct ConfidenceSpread(Vec<(u32, u32)>);

impl From<ConfidenceSpread> for Vec<(u16, u32, u32)> {
    fn from(spread: ConfidenceSpread) -> Self {
        spread.cells().collect()
    }
}

impl From<Vec<(u16, u32, u32)>> for ConfidenceSpread {
    fn from(cells: Vec<(u16, u32, u32)>) -> Self {
        let mut spread = Self(vec![(0, 0); cells.last().map_or(0, |(last, ..)| usize::from(*last) + 1)]);
        cells.into_iter().for_each(|(step, count, wins)| spread.count(step, count, wins));
        spread
    }
}

impl ConfidenceSpread {
    pub(in crate::metrics) fn add(&mut self, confidence: f64, won: bool) {
        self.count((confidence * STEPS).round() as u16, 1, u32::from(won));
    }

    fn count(&mut self, step: u16, count: u32, wins: u32) {
        let at = usize::from(step);
        if at >= self.0.len() {
            self.0.resize(at + 1, (0, 0));
        }
        let (counted, won) = self.0[at];
        self.0[at] = (counted.saturating_add(count), won.saturating_add(wins));
    }

    /// The confidences that occurred, in their order, how often they did and how often they won.
    fn cells(&self) -> impl Iterator<Item = (u16, u32, u32)> {
        let cells = self.0.iter().enumerate().map(|(step, (count, wins))| (step as u16, *count, *wins));
        cells.filter(|(_, count, _)| *count > 0)
    }

    pub(in crate::metrics) fn merge(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), (0, 0));
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = (mine.0.saturating_add(theirs.0), mine.1.saturating_add(theirs.1));
        }
    }

    /// Returns Σ over 10 bins of equal count of (share of trades × |mean confidence − win rate|), in
    /// `[0, 1]`. Naeini, Cooper and Hauskrecht (2015), *AAAI*, 2901–2907. Confidences are rounded to four
    /// decimals; trades of one confidence that fall on the edge of a bin are divided between both in
    /// proportion, so that their order cannot matter.
    ///
    /// # Errors
    /// [`Undefined::TooFewConfidences`] below 50 trades with a confidence.
    pub(in crate::metrics) fn ece(&self) -> Result<f64, Undefined> {
        let total: u64 = self.cells().map(|(_, count, _)| u64::from(count)).sum();
        if total < u64::from(NEEDED) {
            return Err(Undefined::TooFewConfidences { need: NEEDED, have: total });
        }
        let size = total as f64 / BINS as f64;
        let (mut error, mut filled, mut bins) = (0.0, 0.0, 1);
        let (mut confidence_sum, mut wins_sum) = (0.0, 0.0);
        for (step, count, wins) in self.cells() {
            let mut left = f64::from(count);
            let (confidence, rate) = (f64::from(step) / STEPS, f64::from(wins) / left);
            while left > 0.0 {
                let room = if bins == BINS { f64::INFINITY } else { size * bins as f64 - filled };
                let part = left.min(room);
                confidence_sum += part * confidence;
                wins_sum += part * rate;
                (left, filled) = (left - part, filled + part);
                if part == room {
                    error += f64::abs(confidence_sum - wins_sum);
                    (confidence_sum, wins_sum, bins) = (0.0, 0.0, bins + 1);
                }
            }
        }
        Ok((error + f64::abs(confidence_sum - wins_sum)) / total as f64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_values() {
        let mut honest = ConfidenceSpread::default();
        let mut boastful = ConfidenceSpread::default();
        for trade in 0..100 {
            honest.add(0.6, trade % 10 < 6);
            boastful.add(0.9, trade % 10 < 6);
        }
        assert!(honest.ece().unwrap() < 1e-12);
        assert!((boastful.ece().unwrap() - 0.3).abs() < 1e-12);
        assert!(ConfidenceSpread::default().ece().is_err());
    }

    proptest! {
        #[test]
        fn equals_sorting_and_cutting(rows in proptest::collection::btree_map(0u16..=10_000, any::<bool>(), 50..300)) {
            // Distinct confidences, cut to a multiple of ten: bins are then whole.
            let rows: Vec<(u16, bool)> = rows.into_iter().collect();
            let rows = &rows[..rows.len() / 10 * 10];
            let mut spread = ConfidenceSpread::default();
            rows.iter().for_each(|(step, won)| spread.add(f64::from(*step) / STEPS, *won));
            let plain: f64 = rows.chunks(rows.len() / 10).map(|bin| {
                let confidence: f64 = bin.iter().map(|(step, _)| f64::from(*step) / STEPS).sum();
                let wins = bin.iter().filter(|(_, won)| *won).count() as f64;
                (confidence - wins).abs()
            }).sum::<f64>() / rows.len() as f64;
            let ours = spread.ece().unwrap();
            prop_assert!((ours - plain).abs() < 1e-9, "{} {}", ours, plain);
            prop_assert!((0.0..=1.0).contains(&ours));
        }
    }
}
