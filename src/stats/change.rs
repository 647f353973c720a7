//! Has something become worse? Two detectors that look at every result and say how long they run without a false alarm.

use serde::{Deserialize, Serialize};

/// A cumulative sum of wins and losses (Page 1954, *Biometrika* 41(1/2), 100–115): how much better the win rate that is
/// feared explains the last results than the one that is expected, in logarithms, never below 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WinRateCusum {
    win: f64,
    loss: f64,
}

impl WinRateCusum {
    /// Weighs a win rate of `feared` against one of `expected`, both in (0, 1), the feared one the lower.
    ///
    /// `None` for rates that are none, or in another order.
    pub fn new(expected: f64, feared: f64) -> Option<Self> {
        let inside = |rate: f64| rate > 0.0 && rate < 1.0;
        (inside(expected) && inside(feared) && feared < expected)
            .then(|| Self { win: (feared / expected).ln(), loss: ((1.0 - feared) / (1.0 - expected)).ln() })
    }

    /// What the sum becomes with the next result.
    pub fn step(&self, sum: f64, is_win: bool) -> f64 {
        (sum + if is_win { self.win } else { self.loss }).max(0.0)
    }
}

/// Shares of the largest bet that is allowed; the detector is the mean over them, so that neither a small drop nor a
/// large one has to be named beforehand.
const BETS: [f64; 5] = [0.1, 0.25, 0.5, 0.75, 0.95];

/// Results are counted in standard deviations, and cut to this range: a large bet against the mean is then never ruined
/// by one large win.
pub const CLIP: (f64, f64) = (-3.0, 1.0);

/// A Shiryaev–Roberts e-detector of a drop of the mean (Shin, Ramdas and Rinaldo 2024, *New England Journal of
/// Statistics in Data Science* 2(2), 229–260): `M ← (1 + M) · (1 + λ (m₀ − x))` for results `x ≤ 1` and bets
/// `0 < λ < 1 / (1 − m₀)`.
///
/// As long as no result is expected to lie below `m₀`, `M − n` after `n` results is a supermartingale. So the first
/// alarm at `M ≥ A` comes after `A` results or more in the mean, whatever their distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DropDetector([f64; BETS.len()]);

impl DropDetector {
    /// The next result in standard deviations, and the mean that it is expected to have at least, both as cut by
    /// [`clipped`].
    pub fn push(&mut self, result: f64, expected: f64) {
        let most = 1.0 / (CLIP.1 - expected).max(f64::MIN_POSITIVE);
        for (sum, share) in self.0.iter_mut().zip(BETS) {
            let grown = (1.0 + *sum) * (1.0 + share * most * (expected - result));
            // A sum that has no end would be one that nothing brings back.
            *sum = grown.clamp(0.0, 1e12);
        }
    }

    /// The evidence for a drop, to be compared with the wanted number of results between false alarms.
    pub fn value(&self) -> f64 {
        self.0.iter().sum::<f64>() / BETS.len() as f64
    }
}

/// A result in standard deviations, cut to [`CLIP`].
pub fn clipped(result: f64, deviation: f64) -> f64 {
    (result / deviation).clamp(CLIP.0, CLIP.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cumulative_sum_is_that_of_the_hand_calculation() {
        let cusum = WinRateCusum::new(0.52, 0.37).unwrap();
        let mut sum = 0.0;
        let sums: Vec<f64> = [false, false, true, false, false, false]
            .iter()
            .map(|win| {
                sum = cusum.step(sum, *win);
                (sum * 1e3).round() / 1e3
            })
            .collect();
        assert_eq!(sums, [0.272, 0.544, 0.204, 0.475, 0.747, 1.019]);
        assert_eq!(cusum.step(0.0, true), 0.0);
        assert!(WinRateCusum::new(0.37, 0.52).is_none() && WinRateCusum::new(1.0, 0.5).is_none());
    }

    #[test]
    fn a_result_as_expected_adds_one_and_a_worse_one_more() {
        // With x = m₀ every bet gives 1 + M: after n results M is n.
        let mut detector = DropDetector::default();
        (0..7).for_each(|_| detector.push(0.1, 0.1));
        assert!((detector.value() - 7.0).abs() < 1e-12);
        // m₀ 0: λ = share; x = −1 gives 1 + share, the mean of the shares being .51.
        let mut detector = DropDetector::default();
        detector.push(-1.0, 0.0);
        assert!((detector.value() - 1.51).abs() < 1e-12);
        detector.push(1.0, 0.0);
        assert!(detector.value() < 1.51 && detector.value() > 0.0);
        // m₀ ½: λ = share · 2, and x = 0 gives 1 + share again.
        let mut detector = DropDetector::default();
        detector.push(0.0, 0.5);
        assert!((detector.value() - 1.51).abs() < 1e-12);
        assert_eq!([(0.5, 2.0), (-9.0, 2.0), (4.0, 2.0)].map(|(x, sd)| clipped(x, sd)), [0.25, -3.0, 1.0]);
    }
}
