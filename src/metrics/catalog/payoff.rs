//! The average win against the average loss.

use crate::stats::Undefined;

/// Returns average win / |average loss|.
///
/// # Errors
/// Whatever makes either average undefined.
pub(super) fn payoff_ratio(
    avg_win: Result<f64, Undefined>,
    avg_loss: Result<f64, Undefined>,
) -> Result<f64, Undefined> {
    let endless = |why| if why == Undefined::NoLosingTrades { Undefined::NoLosses } else { why };
    Ok(avg_win? / -avg_loss.map_err(endless)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_values() {
        assert!((payoff_ratio(Ok(88.0), Ok(-66.25)).unwrap() - 1.32830).abs() < 5e-6);
        assert_eq!(payoff_ratio(Ok(88.0), Err(Undefined::NoLosses)), Err(Undefined::NoLosses));
        assert_eq!(payoff_ratio(Err(Undefined::NoWins), Ok(-1.0)), Err(Undefined::NoWins));
    }

    proptest! {
        #[test]
        fn does_not_depend_on_the_unit(win in 1e-6f64..1e6, loss in -1e6f64..-1e-6, unit in 0.01f64..100.0) {
            let (a, b) = (payoff_ratio(Ok(win), Ok(loss)).unwrap(), payoff_ratio(Ok(win * unit), Ok(loss * unit)).unwrap());
            prop_assert!(a > 0.0 && (a - b).abs() <= 1e-12 * a);
        }
    }
}
