//! The share of trades that won, with an interval. Rates are fractions in `[0, 1]`, never percent.

use crate::stats::Undefined;
use crate::stats::Z95;

/// A rate with its 95 % score interval, all fractions in `[0, 1]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WinRate {
    /// Lower end of the 95 % interval, in `[0, 1]`.
    pub low: f64,
    /// Wins over trades, in `[0, 1]`; a scratch counts among the trades.
    pub point: f64,
    /// Upper end of the 95 % interval, in `[0, 1]`.
    pub high: f64,
}

/// Returns the win rate of `wins` out of `trades` closed trades; a scratch counts in `trades`.
///
/// Score interval of Wilson (1927), *Journal of the American Statistical Association* 22(158), 209–212,
/// two-sided 95 %.
///
/// # Errors
/// [`Undefined::NoTrades`] without trades.
pub fn win_rate(wins: u64, trades: u64) -> Result<WinRate, Undefined> {
    if trades == 0 {
        return Err(Undefined::NoTrades);
    }
    let n = trades as f64;
    let point = wins.min(trades) as f64 / n;
    let centre = (point + Z95 * Z95 / (2.0 * n)) / (1.0 + Z95 * Z95 / n);
    let half = Z95 / (1.0 + Z95 * Z95 / n) * (point * (1.0 - point) / n + Z95 * Z95 / (4.0 * n * n)).sqrt();
    // Rounding can push a bound past the point by an ulp when wins is 0 or all.
    Ok(WinRate { low: (centre - half).clamp(0.0, point), point, high: (centre + half).clamp(point, 1.0) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn five_of_ten() {
        let rate = win_rate(5, 10).unwrap();
        assert!((rate.low - 0.2366).abs() < 5e-5 && (rate.high - 0.7634).abs() < 5e-5, "{rate:?}");
        assert_eq!(rate.point, 0.5);
        assert_eq!(win_rate(0, 0), Err(Undefined::NoTrades));
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_point_and_narrows(n in 1u64..5_000, k in 2u64..50) {
            let (few, many) = (win_rate(n / 2, n).unwrap(), win_rate(n / 2 * k, n * k).unwrap());
            prop_assert!(0.0 <= few.low && few.low <= few.point && few.point <= few.high && few.high <= 1.0);
            prop_assert!(many.high - many.low < few.high - few.low);
        }
    }
}
