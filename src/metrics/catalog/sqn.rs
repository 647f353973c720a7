//! The system quality number.

use crate::stats::{ExactSum, Undefined};

/// Returns √n × mean / standard deviation (ddof 1) of the results as fractions of the position; the
/// system quality number of Tharp (2008), *Definitive Guide to Position Sizing*.
///
/// The variance comes from the exact sums of the results and of their squares; the difference between the
/// two is taken in twice the working precision, so that a mean far larger than the spread does not spoil it.
///
/// # Errors
/// [`Undefined::TooFewTrades`] below 2, [`Undefined::NoVariation`] when all are the same.
pub(super) fn sqn(sum: ExactSum, squares: ExactSum, count: u64) -> Result<f64, Undefined> {
    if count < 2 {
        return Err(Undefined::TooFewTrades { need: 2, have: count });
    }
    let n = count as f64;
    let (sum, squares) = (sum.value()?, squares.value()?);
    // n·Σx² − (Σx)², each product with its rounding error.
    let (a, b) = (n * squares, sum * sum);
    let (a_rest, b_rest) = (n.mul_add(squares, -a), sum.mul_add(sum, -b));
    let spread = (a - b) + (a_rest - b_rest);
    // Each square was rounded once, by up to 1.1e-16 of itself: what is no larger is rounding and no spread.
    if spread <= 1e-15 * a {
        return Err(Undefined::NoVariation);
    }
    let deviation = (spread / (n * (n - 1.0))).sqrt();
    Ok(n.sqrt() * (sum / n) / deviation)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Result<f64, Undefined> {
        let (mut sum, mut squares) = (ExactSum::default(), ExactSum::default());
        for value in values {
            sum.add(*value);
            squares.add(value * value);
        }
        sqn(sum, squares, values.len() as u64)
    }

    #[test]
    fn the_same_everywhere_has_none() {
        for n in 2..200 {
            for value in [0.01, -0.0025, 0.0033, 1.0 / 3.0, 7e-5] {
                assert_eq!(of(&vec![value; n]), Err(Undefined::NoVariation), "{n} of {value}");
            }
        }
        assert_eq!(of(&[0.01]), Err(Undefined::TooFewTrades { need: 2, have: 1 }));
    }

    proptest! {
        #[test]
        fn equals_the_two_pass_computation(values in proptest::collection::vec(-0.5f64..0.5, 3..60)) {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
            prop_assume!(variance > 1e-12);
            let plain = n.sqrt() * mean / variance.sqrt();
            prop_assert!((of(&values).unwrap() - plain).abs() < 1e-7 * (1.0 + plain.abs()));
        }
    }
}
