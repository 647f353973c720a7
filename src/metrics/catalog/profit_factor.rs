//! What was won for each unit lost.

use crate::stats::Undefined;

/// Returns Σ winning P&L / |Σ losing P&L|, both in the account's currency: 0 without wins, undefined
/// without losses. At a benchmark of zero the gain–loss ratio of Bernardo and Ledoit (2000), *Journal of
/// Political Economy* 108(1), 144–172.
///
/// # Errors
/// [`Undefined::NoTrades`], [`Undefined::NoLosses`], or [`Undefined::NoLosingTrades`] where nothing was won either.
pub(super) fn profit_factor(won: f64, lost: f64, trades: u64) -> Result<f64, Undefined> {
    match trades {
        0 => Err(Undefined::NoTrades),
        // Nothing won for nothing lost is no endless ratio.
        _ if lost >= 0.0 && won <= 0.0 => Err(Undefined::NoLosingTrades),
        _ if lost >= 0.0 => Err(Undefined::NoLosses),
        _ => Ok(won / -lost),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_values() {
        assert!((profit_factor(440.0, -265.0, 10).unwrap() - 1.66038).abs() < 5e-6);
        assert_eq!(profit_factor(0.0, -50.0, 5), Ok(0.0));
        assert_eq!(profit_factor(50.0, 0.0, 5), Err(Undefined::NoLosses));
        assert_eq!(profit_factor(0.0, 0.0, 0), Err(Undefined::NoTrades));
    }

    proptest! {
        #[test]
        fn above_one_exactly_when_more_was_won_than_lost(won in 0.0f64..1e9, lost in -1e9f64..-1e-9) {
            let factor = profit_factor(won, lost, 2).unwrap();
            prop_assert!(factor >= 0.0 && factor.is_finite());
            prop_assert_eq!(factor > 1.0, won / -lost > 1.0);
        }
    }
}
