//! Whether the model is as good as it says.

use super::Undefined;

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
    use super::*;

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
