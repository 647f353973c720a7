//! The interval of a mean over missed signals.

use super::{ExactSum, Undefined};
use crate::stats::student;

/// Returns mean and 95 % interval of `count` values from their sum and sum of squares: mean ± t·s/√n with
/// Student's t.
///
/// # Errors
/// [`Undefined::TooFewSignals`] below 5 values.
pub(super) fn mean_interval(
    sum: ExactSum,
    squares: ExactSum,
    count: u64,
) -> Result<(f64, f64, f64), Undefined> {
    if count < 5 {
        return Err(Undefined::TooFewSignals { need: 5, have: count });
    }
    let n = count as f64;
    let mean = sum.value()? / n;
    let variance = ((squares.value()? - n * mean * mean) / (n - 1.0)).max(0.0);
    let half = student(n - 1.0) * (variance / n).sqrt();
    Ok((mean - half, mean, mean + half))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_to_five_have_the_interval_of_the_hand_calculation() {
        // Σ 15 and Σ² 55: s² = (55 − 45)/4, t₄ = 2.776445.
        let of = |sum: f64, squares: f64, n| mean_interval(ExactSum::of(sum), ExactSum::of(squares), n);
        let (low, mean, high) = of(15.0, 55.0, 5).unwrap();
        let half = 2.776_445 * 0.5f64.sqrt();
        assert!((low - (3.0 - half)).abs() < 1e-9 && (high - (3.0 + half)).abs() < 1e-9, "{low} {high}");
        assert_eq!(mean, 3.0);
        assert_eq!(of(10.0, 30.0, 4), Err(Undefined::TooFewSignals { need: 5, have: 4 }));
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_mean(values in proptest::collection::vec(-0.1f64..0.1, 5..50)) {
            let (mut sum, mut squares) = (ExactSum::default(), ExactSum::default());
            for value in &values {
                sum.add(*value);
                squares.add(value * value);
            }
            let (low, mean, high) = mean_interval(sum, squares, values.len() as u64).unwrap();
            let plain = values.iter().sum::<f64>() / values.len() as f64;
            prop_assert!((mean - plain).abs() < 1e-12 && low <= mean && mean <= high);
        }
    }
}
