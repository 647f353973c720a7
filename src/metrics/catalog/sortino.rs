//! The Sortino ratio of the daily P&L.

use crate::stats::Undefined;

/// Returns mean / √(Σ min(r, 0)² / N) × √`sessions_per_year` of a daily P&L series, against a target of 0. Sortino and
/// Price (1994), *Journal of Investing* 3(3), 59–64; the downside is taken over all N days.
///
/// # Errors
/// [`Undefined::TooFewDays`] below 2 days, [`Undefined::NoLosingDays`] without a losing day.
pub(super) fn sortino_ratio(series: &[f64], sessions_per_year: f64) -> Result<f64, Undefined> {
    let have = series.len() as u64;
    if have < 2 {
        return Err(Undefined::TooFewDays { need: 2, have });
    }
    let n = have as f64;
    let downside = (series.iter().map(|day| day.min(0.0).powi(2)).sum::<f64>() / n).sqrt();
    if downside == 0.0 {
        return Err(Undefined::NoLosingDays);
    }
    Ok(series.iter().sum::<f64>() / n / downside * sessions_per_year.sqrt())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_values() {
        // Mean 1, downside √(4/4) = 1.
        assert!((sortino_ratio(&[3.0, -2.0, 3.0, 0.0], 252.0).unwrap() - 252f64.sqrt()).abs() < 1e-12);
        assert_eq!(sortino_ratio(&[3.0, 2.0], 252.0), Err(Undefined::NoLosingDays));
    }

    proptest! {
        #[test]
        fn has_the_sign_of_the_sum(days in proptest::collection::vec(-1e3f64..1e3, 2..40)) {
            if let Ok(ratio) = sortino_ratio(&days, 252.0) {
                prop_assert!(ratio.is_finite());
                prop_assert_eq!(ratio > 0.0, days.iter().sum::<f64>() > 0.0);
            }
        }
    }
}
