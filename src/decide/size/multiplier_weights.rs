//! Weights over multipliers of one context: the result at every other size is known, so all of them learn from each trade.

/// The multipliers of a position's size that are compared.
pub(super) const MULTIPLIERS: [f64; 5] = [0.5, 0.75, 1.0, 1.25, 1.5];

/// What a multiplier of a size may be.
pub const MULTIPLIER_RANGE: (f64, f64) = (0.5, 1.5);

/// How far from 1 a multiplier is before anything is known, as a normal deviation.
const PRIOR_SD: f64 = 0.25;

/// The size that results are weighed at, as a share of the account.
pub const FLAT_FRAC: f64 = 0.1;

/// The log-weights of [`MULTIPLIERS`]: they start at −((m − 1)/.25)²/2, and gain η·ln(1 + f·m·r) for each trade (the Hedge
/// algorithm of Freund and Schapire 1997, *Journal of Computer and System Sciences* 55(1), 119–139, with growth as gain).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hedge([f64; MULTIPLIERS.len()]);

impl Default for Hedge {
    fn default() -> Self {
        Self(MULTIPLIERS.map(|m| -0.5 * ((m - 1.0) / PRIOR_SD).powi(2)))
    }
}

impl Hedge {
    /// Learns from a trade that made `result` of its position; `rate` is half the reciprocal of the deviation of a session's
    /// growth at the flat size.
    pub(super) fn learn(&mut self, result: f64, rate: f64) {
        for (log, m) in self.0.iter_mut().zip(MULTIPLIERS) {
            // A loss of more than there is cannot be weighed.
            *log += rate * (FLAT_FRAC * m * result).max(-0.99).ln_1p();
        }
    }

    /// The weights: they sum to 1.
    pub(super) fn weights(&self) -> [f64; MULTIPLIERS.len()] {
        let top = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let raw = self.0.map(|log| (log - top).exp());
        let sum: f64 = raw.iter().sum();
        raw.map(|weight| weight / sum)
    }

    /// The weighted mean of the multipliers.
    pub(super) fn multiplier(&self) -> f64 {
        self.weights().iter().zip(MULTIPLIERS).map(|(weight, m)| weight * m).sum()
    }
}

/// Halvings of the search for the scale.
const HALVINGS: usize = 100;

/// The scales among which the search looks.
const SCALES: (f64, f64) = (0.1, 10.0);

/// Multipliers in the proportions of `wanted`, each within its own bounds, whose mean weighted by `shares` is 1: the same
/// gross exposure as with 1 everywhere. Where the bounds allow no such mean, the nearest. What has no share is left as it is;
/// what wants next to nothing counts as a tenth of the most that it may have, so that it can make up for the others' bounds.
pub(super) fn at_equal_exposure(wanted: &[f64], shares: &[f64], bounds: &[(f64, f64)]) -> Vec<f64> {
    let scaled = |scale: f64| -> Vec<f64> {
        let one = |((m, (low, high)), share): ((&f64, &(f64, f64)), &f64)| {
            // At either end of the search every multiplier is at its bound.
            let reached = m.max(high / SCALES.1).min(low / SCALES.0);
            let wanted = if *share > 0.0 { reached * scale } else { *m };
            wanted.clamp(*low, *high)
        };
        wanted.iter().zip(bounds).zip(shares).map(one).collect()
    };
    let total: f64 = shares.iter().sum();
    let mean = |of: &[f64]| of.iter().zip(shares).map(|(m, share)| m * share).sum::<f64>() / total;
    let (mut low, mut high) = SCALES;
    if total.is_nan() || total <= 0.0 {
        return scaled(1.0);
    }
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if mean(&scaled(middle)) < 1.0 { low = middle } else { high = middle }
    }
    scaled(0.5 * (low + high))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_hand() {
        let mut hedge = Hedge::default();
        let close = |found: [f64; 5], wanted: [f64; 5]| {
            found.iter().zip(wanted).for_each(|(f, w)| assert!((f - w).abs() < 5e-5, "{found:?}"));
        };
        close(hedge.weights(), [0.0545, 0.2442, 0.4026, 0.2442, 0.0545]);
        assert!((hedge.multiplier() - 1.0).abs() < 1e-12);
        // Sessions of +2 %, −1 %, +3 % whose growth deviates by .003.
        [0.02, -0.01, 0.03].iter().for_each(|r| hedge.learn(*r, 0.5 / 0.003));
        close(hedge.weights(), [0.0386, 0.2042, 0.3976, 0.2847, 0.0750]);
        assert!((hedge.multiplier() - 1.0383).abs() < 5e-5, "{}", hedge.multiplier());
    }

    #[test]
    fn nobody_takes_more_by_taking_more_everywhere() {
        let bounds = [(0.5, 1.5); 3];
        let found = at_equal_exposure(&[1.3, 1.3, 1.3], &[0.2, 0.3, 0.5], &bounds);
        found.iter().for_each(|m| assert!((m - 1.0).abs() < 1e-12, "{found:?}"));
        // 1 : 2 with shares one half each is ⅔ and 4/3.
        let found = at_equal_exposure(&[0.5, 1.0], &[1.0, 1.0], &bounds[..2]);
        assert!((found[0] - 2.0 / 3.0).abs() < 1e-9 && (found[1] - 4.0 / 3.0).abs() < 1e-9, "{found:?}");
        // Bounds hold, and a mean that they do not allow is not had.
        let found = at_equal_exposure(&[1.0, 1.0], &[1.0, 1.0], &[(0.5, 0.8), (0.5, 0.9)]);
        assert_eq!(found, [0.8, 0.9]);
        assert_eq!(at_equal_exposure(&[1.2], &[0.0], &[(0.5, 1.5)]), [1.2]);
        let found = at_equal_exposure(&[0.9, 1.4], &[0.0, 1.0], &bounds[..2]);
        assert!(found[0] == 0.9 && (found[1] - 1.0).abs() < 1e-12, "{found:?}");
        // One of four is wanted alone: it gets its most, and the others what is left, (4 − 1.5)/3 each.
        let found = at_equal_exposure(&[4.0, 0.0, 0.0, 0.0], &[1.0; 4], &[(0.5, 1.5); 4]);
        assert_eq!(found[0], 1.5);
        found[1..].iter().for_each(|m| assert!((m - 2.5 / 3.0).abs() < 1e-9, "{found:?}"));
    }

    proptest! {
        #[test]
        fn exposure_is_that_of_one_size(
            rows in proptest::collection::vec((prop_oneof![Just(0.0), 0.0f64..12.0], 0.01f64..1.0), 1..7),
        ) {
            let (wanted, shares): (Vec<f64>, Vec<f64>) = rows.into_iter().unzip();
            let found = at_equal_exposure(&wanted, &shares, &vec![(0.5, 1.5); wanted.len()]);
            let mean = found.iter().zip(&shares).map(|(m, s)| m * s).sum::<f64>() / shares.iter().sum::<f64>();
            prop_assert!((mean - 1.0).abs() < 1e-9 && found.iter().all(|m| (0.5..=1.5).contains(m)));
        }
    }
}
