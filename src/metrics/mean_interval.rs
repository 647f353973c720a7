//! The interval of a mean.

use super::{ExactSum, Undefined};

/// The two-sided 95 % point of the standard normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Returns mean and 95 % interval of `count` values from their sum and sum of squares: mean ± t·s/√n with
/// Student's t (Student 1908, *Biometrika* 6(1), 1–25), whose quantile is the expansion of Fisher and
/// Cornish (1960, *Technometrics* 2(2), 209–225) to the third order, within 0.3 % from 5 values on.
///
/// # Errors
/// [`Undefined::TooFewTrades`] below 5 values.
pub(super) fn mean_interval(
    sum: ExactSum,
    squares: ExactSum,
    count: u64,
) -> Result<(f64, f64, f64), Undefined> {
    if count < 5 {
        return Err(Undefined::TooFewTrades { need: 5, have: count });
    }
    let n = count as f64;
    let mean = sum.value()? / n;
    let variance = ((squares.value()? - n * mean * mean) / (n - 1.0)).max(0.0);
    let half = student(n - 1.0) * (variance / n).sqrt();
    Ok((mean - half, mean, mean + half))
}

fn student(freedom: f64) -> f64 {
    let z2 = Z * Z;
    let first = (z2 + 1.0) / 4.0;
    let second = (5.0 * z2 * z2 + 16.0 * z2 + 3.0) / 96.0;
    let third = (3.0 * z2 * z2 * z2 + 19.0 * z2 * z2 + 17.0 * z2 - 15.0) / 384.0;
    Z * (1.0 + first / freedom + second / freedom.powi(2) + third / freedom.powi(3))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_quantile_is_that_of_the_tables() {
        for (freedom, table, within) in
            [(4.0, 2.776_445, 0.003), (9.0, 2.262_157, 2e-4), (29.0, 2.045_230, 1e-5)]
        {
            assert!((student(freedom) - table).abs() < within * table, "{freedom}: {}", student(freedom));
        }
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
