//! Turns log-odds into probabilities that come true as often as they say.

use serde::{Deserialize, Serialize};

use crate::learn::damage::Damaged;
use crate::learn::scores::sigmoid;
use crate::learn::stack::{Belief, Stack};

/// The least slope: a calibration never turns the order of two rows round nor makes all rows equal.
const SLOPE_MIN: f64 = 0.05;

/// The greatest slope that is read.
const SLOPE_MAX: f64 = 30.0;

/// The identity weighs as much as 200 rows.
const IDENTITY: Belief = Belief { rows: 200.0, sum: 1.0 };

/// Platt scaling: the probability is the sigmoid of `slope` × log-odds + `shift`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// What the log-odds are multiplied with, 0.05 to 30.
    pub slope: f64,
    /// What is added to them.
    pub shift: f64,
}

impl Default for Calibration {
    /// The calibration that changes nothing.
    fn default() -> Self {
        Self { slope: 1.0, shift: 0.0 }
    }
}

impl Calibration {
    /// Fits it to log-odds that were predicted for rows the model had not seen, by penalised maximum likelihood
    /// (Platt 1999): few rows say little about a slope, so that 1 weighs as much as 200 rows; the level is free.
    /// Rows whose log-odds are not a number do not count.
    pub fn fit(log_odds: &[f64], labels: &[bool]) -> Self {
        let rows: Vec<f64> = log_odds.iter().map(|x| if x.is_nan() { 0.0 } else { 1.0 }).collect();
        if rows.iter().all(|row| *row == 0.0) || labels.is_empty() {
            return Self::default();
        }
        let stack = Stack::fit(&[log_odds.to_vec()], labels, &rows, &[true], IDENTITY);
        Self { slope: stack.weights[0].max(SLOPE_MIN), shift: stack.shift }
    }

    /// The probability of log-odds, above 0 and below 1 unless these are out of all range.
    pub fn probability(&self, log_odds: f64) -> f64 {
        sigmoid(self.log_odds(log_odds))
    }

    /// The calibrated log-odds.
    pub fn log_odds(&self, log_odds: f64) -> f64 {
        self.slope * log_odds + self.shift
    }

    /// Whether both numbers, read from outside, are usable.
    ///
    /// # Errors
    /// [`Damaged::Number`].
    pub fn check(&self) -> Result<(), Damaged> {
        let usable = self.slope > 0.0 && self.slope <= SLOPE_MAX && self.shift.abs() <= 1e6;
        if usable { Ok(()) } else { Err(Damaged::Number) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::learn::rng::Rng;

    /// Rows whose label is true with the sigmoid of `slope` × log-odds + `shift`.
    fn rows(count: usize, slope: f64, shift: f64) -> (Vec<f64>, Vec<bool>) {
        let mut rng = Rng::new(3, 0);
        let mut unit = || (rng.bits() >> 11) as f64 / (1u64 << 53) as f64;
        let draw = |_| {
            let x = unit() * 4.0 - 2.0;
            (x, unit() < sigmoid(slope * x + shift))
        };
        (0..count).map(draw).unzip()
    }

    #[test]
    fn many_rows_find_the_slope() {
        let (log_odds, labels) = rows(40_000, 0.5, -0.7);
        let found = Calibration::fit(&log_odds, &labels);
        assert!((found.slope - 0.5).abs() < 0.05 && (found.shift + 0.7).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn without_skill_many_rows_get_nearly_the_base_rate() {
        let (log_odds, mut labels) = rows(3000, 0.0, -0.6);
        // As many of either label at any log-odds.
        labels.iter_mut().enumerate().for_each(|(at, label)| *label = at % 3 == 0);
        let found = Calibration::fit(&log_odds, &labels);
        assert!(found.slope <= 0.2 && (found.probability(0.0) - 1.0 / 3.0).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn wrong_way_round_stays_in_order() {
        let (log_odds, labels) = rows(5000, -1.0, 0.0);
        assert_eq!(Calibration::fit(&log_odds, &labels).slope, SLOPE_MIN);
    }

    proptest! {
        #[test]
        fn any_rows_give_a_usable_calibration(
            rows in prop::collection::vec((prop::num::f64::ANY, any::<bool>()), 0..60),
        ) {
            let (log_odds, labels): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            let found = Calibration::fit(&log_odds, &labels);
            prop_assert!(found.check().is_ok(), "{found:?}");
        }

        #[test]
        fn ordinary_rows_give_probabilities_in_order(
            rows in prop::collection::vec((-20.0f64..20.0, any::<bool>()), 0..60), a in -9.0f64..9.0, b in -9.0f64..9.0,
        ) {
            let (log_odds, labels): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            let found = Calibration::fit(&log_odds, &labels);
            prop_assert!((0.0..=1.0).contains(&found.probability(a)));
            prop_assert!(a <= b || found.probability(a) >= found.probability(b));
        }
    }
}
