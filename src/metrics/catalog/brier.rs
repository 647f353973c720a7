//! How far confidences were from what happened.

use super::expectancy::mean;
use crate::stats::{ExactSum, Undefined};

/// Trades that a probability score needs.
pub(super) const NEEDED: u32 = 50;

/// Returns the mean of (confidence − success)², in `[0, 1]`, 0 being perfect. Brier (1950), *Monthly
/// Weather Review* 78(1), 1–3, in its form for two outcomes.
///
/// # Errors
/// [`Undefined::TooFewConfidences`] below 50 trades with a confidence.
pub(super) fn brier(squared_errors: ExactSum, count: u64) -> Result<f64, Undefined> {
    if count < u64::from(NEEDED) {
        return Err(Undefined::TooFewConfidences { need: NEEDED, have: count });
    }
    mean(squared_errors, count, Undefined::NoConfidence)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lies_between_perfect_and_always_wrong(rows in proptest::collection::vec((0.0f64..=1.0, any::<bool>()), 50..200)) {
            let mut errors = ExactSum::default();
            let mut plain = 0.0;
            for (confidence, won) in &rows {
                let error = (confidence - f64::from(u8::from(*won))).powi(2);
                errors.add(error);
                plain += error;
            }
            let score = brier(errors, rows.len() as u64).unwrap();
            prop_assert!((0.0..=1.0).contains(&score));
            prop_assert!((score - plain / rows.len() as f64).abs() < 1e-12);
        }
    }

    #[test]
    fn a_coin_scores_a_quarter() {
        let mut errors = ExactSum::default();
        (0..50).for_each(|_| errors.add(0.25));
        assert_eq!(brier(errors, 50), Ok(0.25));
        assert_eq!(brier(errors, 49), Err(Undefined::TooFewConfidences { need: 50, have: 49 }));
    }
}
