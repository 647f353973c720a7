//! The probabilistic Sharpe ratio.

use crate::metrics::daily::mean_and_deviation;
use crate::stats::Undefined;
use crate::stats::Z95;

/// Days that the standard error of a Sharpe ratio needs.
const NEEDED: u64 = 10;

/// Returns the probability that the true Sharpe ratio is above 0, given the daily series: with SR per day
/// (ddof 1), skewness γ₃ and raw kurtosis γ₄ (3 for a normal distribution) from central moments,
/// Φ(SR·√(n − 1) / √(1 − γ₃·SR + (γ₄ − 1)/4·SR²)). Bailey and López de Prado (2012), *Journal of Risk*
/// 15(2), 3–44, equation 11.
///
/// # Errors
/// [`Undefined::TooFewDays`] below 10 days, [`Undefined::NoVariation`].
pub(in crate::metrics) fn psr(series: &[f64]) -> Result<f64, Undefined> {
    let (sharpe, error) = sharpe_with_error(series)?;
    Ok(0.5 * libm::erfc(-sharpe / error / std::f64::consts::SQRT_2))
}

/// The Sharpe ratio per day and its standard error √((1 − γ₃·SR + (γ₄ − 1)/4·SR²) / (n − 1)).
fn sharpe_with_error(series: &[f64]) -> Result<(f64, f64), Undefined> {
    let have = series.len() as u64;
    if have < NEEDED {
        return Err(Undefined::TooFewDays { need: NEEDED as u32, have });
    }
    let (mean, deviation) = mean_and_deviation(series)?;
    let n = have as f64;
    let moment = |power: i32| series.iter().map(|day| (day - mean).powi(power)).sum::<f64>() / n;
    let spread = moment(2).sqrt();
    let (skewness, kurtosis) = (moment(3) / spread.powi(3), moment(4) / spread.powi(4));
    let sharpe = mean / deviation;
    let error = 1.0 - skewness * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe;
    if error <= 0.0 {
        return Err(Undefined::NoVariation);
    }
    Ok((sharpe, (error / (n - 1.0)).sqrt()))
}

/// Returns the 95 % interval of the Sharpe ratio of a year from the standard error above.
///
/// # Errors
/// As [`psr`].
pub(in crate::metrics) fn sharpe_interval(
    series: &[f64],
    sessions_per_year: f64,
) -> Result<(f64, f64), Undefined> {
    let (sharpe, error) = sharpe_with_error(series)?;
    let year = sessions_per_year.sqrt();
    Ok(((sharpe - Z95 * error) * year, (sharpe + Z95 * error) * year))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_values() {
        // Mean, skewness and with them the ratio are zero: as likely above as below.
        let even = [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0];
        assert!((psr(&even).unwrap() - 0.5).abs() < 1e-12);
        // Worked with a pocket calculator: SR 0.34050261, γ₃ −0.00000000, γ₄ 1.78 for 1..10 less 3.6.
        let days: Vec<f64> = (1..=10).map(|d| f64::from(d) - 4.5).collect();
        let sharpe = 1.0 / (55.0f64 / 6.0).sqrt();
        let kurtosis = 1.775_757_575_757_575_7;
        let z = sharpe * 3.0 / (1.0 + (kurtosis - 1.0) / 4.0 * sharpe * sharpe).sqrt();
        assert!((psr(&days).unwrap() - 0.5 * libm::erfc(-z / 2f64.sqrt())).abs() < 1e-9);
        assert_eq!(psr(&[1.0; 9]), Err(Undefined::TooFewDays { need: 10, have: 9 }));
        assert_eq!(psr(&[1.0; 10]), Err(Undefined::NoVariation));
    }

    #[test]
    fn days_of_which_one_carries_all_are_judged_by_their_skewness() {
        // Nine of 0 and one of 10: SR 1/√10, γ₃ = 72/27, γ₄ = 657/81, so 1 − .843274 + .177778 = .334504.
        let days = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0];
        // .948683/√.334504 = 1.640288: 94.95 % of a normal distribution lie below it.
        assert!((psr(&days).unwrap() - 0.949_528).abs() < 1e-5, "{:?}", psr(&days));
        let half = 1.959_964 * (0.334_504f64 / 9.0).sqrt();
        let (low, high) = sharpe_interval(&days, 4.0).unwrap();
        let sharpe = 0.1f64.sqrt();
        assert!((low - 2.0 * (sharpe - half)).abs() < 1e-5 && (high - 2.0 * (sharpe + half)).abs() < 1e-5);
    }

    proptest! {
        #[test]
        fn is_a_probability_and_turns_with_the_sign(days in proptest::collection::vec(-1e3f64..1e3, 10..60)) {
            let turned: Vec<f64> = days.iter().map(|d| -d).collect();
            if let (Ok(up), Ok(down)) = (psr(&days), psr(&turned)) {
                prop_assert!((0.0..=1.0).contains(&up));
                prop_assert!((up + down - 1.0).abs() < 1e-9);
            }
        }
    }
}
