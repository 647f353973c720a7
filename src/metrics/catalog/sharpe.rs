//! The Sharpe ratio of the daily P&L.

use crate::metrics::daily::mean_and_deviation;
use crate::stats::Undefined;

/// Returns mean / standard deviation (ddof 1) × √`sessions_per_year` of a daily P&L series, without a risk-free rate.
/// Sharpe (1994), *Journal of Portfolio Management* 21(1), 49–58. Below 20 days it is flagged as resting on
/// a low sample.
///
/// # Errors
/// [`Undefined::TooFewDays`] below 2 days, [`Undefined::NoVariation`].
pub(in crate::metrics) fn sharpe_ratio(series: &[f64], sessions_per_year: f64) -> Result<f64, Undefined> {
    let (mean, deviation) = mean_and_deviation(series)?;
    Ok(mean / deviation * sessions_per_year.sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_values() {
        // Days 0, 1, 2 have mean 1 and deviation 1.
        assert!((sharpe_ratio(&[0.0, 1.0, 2.0], 252.0).unwrap() - 252f64.sqrt()).abs() < 1e-12);
        assert!((sharpe_ratio(&[0.0, 1.0, 2.0], 365.0).unwrap() - 365f64.sqrt()).abs() < 1e-12);
        assert_eq!(sharpe_ratio(&[10.0, 10.0, 10.0], 252.0), Err(Undefined::NoVariation));
        assert_eq!(sharpe_ratio(&[0.3, 0.1 + 0.2], 252.0), Err(Undefined::NoVariation));
        assert_eq!(sharpe_ratio(&[10.0], 252.0), Err(Undefined::TooFewDays { need: 2, have: 1 }));
    }

    proptest! {
        #[test]
        fn does_not_depend_on_the_unit_and_turns_with_the_sign(
            days in proptest::collection::vec(-1e3f64..1e3, 2..40), unit in 0.01f64..100.0,
        ) {
            prop_assume!(days.iter().any(|d| (d - days[0]).abs() > 1e-3));
            let plain = sharpe_ratio(&days, 252.0).unwrap();
            let scaled: Vec<f64> = days.iter().map(|d| -d * unit).collect();
            prop_assert!((sharpe_ratio(&scaled, 252.0).unwrap() + plain).abs() <= 1e-9 * (1.0 + plain.abs()));
        }
    }
}
