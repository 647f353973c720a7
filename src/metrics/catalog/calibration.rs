//! Whether the model is as good as it says.

use crate::stats::Undefined;

/// Returns win rate / average confidence, 1 being honest, below 1 overconfident. Both are taken over the
/// trades of the group, the average over those that carry a confidence.
///
/// # Errors
/// Whatever makes either undefined, [`Undefined::ZeroConfidence`].
pub(super) fn confidence_calibration(
    win_rate: Result<f64, Undefined>,
    avg_confidence: Result<f64, Undefined>,
) -> Result<f64, Undefined> {
    match avg_confidence? {
        0.0 => Err(Undefined::ZeroConfidence),
        confidence => Ok(win_rate? / confidence),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_below_one_exactly_when_overconfident(rate in 0.0f64..=1.0, confidence in 0.001f64..=1.0) {
            let calibration = confidence_calibration(Ok(rate), Ok(confidence)).unwrap();
            prop_assert!(calibration >= 0.0 && calibration.is_finite());
            prop_assert_eq!(calibration < 1.0, rate / confidence < 1.0);
        }
    }

    #[test]
    fn known_values() {
        assert_eq!(confidence_calibration(Ok(0.3), Ok(0.6)), Ok(0.5));
        assert_eq!(confidence_calibration(Ok(0.3), Ok(0.0)), Err(Undefined::ZeroConfidence));
        assert_eq!(
            confidence_calibration(Ok(0.3), Err(Undefined::NoConfidence)),
            Err(Undefined::NoConfidence)
        );
    }
}
