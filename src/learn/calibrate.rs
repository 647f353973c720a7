//! Turns log-odds into probabilities that come true as often as they say.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::learn::ensemble::Damaged;
use crate::learn::scores::{log_odds_loss, sigmoid};

/// The least slope: a calibration never turns the order of two rows round nor makes all rows equal.
const SLOPE_MIN: f64 = 0.05;

/// The greatest slope.
const SLOPE_MAX: f64 = 20.0;

/// Log-odds beyond this are as sure as can be; bounds the shift too.
const LOG_ODDS_MAX: f64 = 100.0;

/// How many rows' worth of belief the identity has against the held-out rows.
const PRIOR_ROWS: f64 = 100.0;

/// How many free choices the held-out rows had a say in: the slope, the number of rounds, the candidate.
const CHOICES: f64 = 3.0;

/// The most Newton steps.
const STEPS_MAX: usize = 50;

/// A step that moves neither number by more than this is the last.
const STEP_MIN: f64 = 1e-10;

/// Platt scaling: the probability is the sigmoid of `slope` × log-odds + `shift`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// What the log-odds are multiplied with, 0.05 to 20 as fitted.
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
    /// Fits it to log-odds that were predicted for rows the model had not seen.
    ///
    /// The targets are not 1 and 0 but (n₁ + 1)/(n₁ + 2) and 1/(n₀ + 2), as Platt (1999) proposes against
    /// overconfidence on few rows; n₁ and n₀ count the rows of either label. As few rows say little about a
    /// slope, it is drawn to the identity by a penalty that weighs as much as 100 rows. The minimum is found
    /// by Newton steps with backtracking (Lin, Lin and Weng 2007).
    ///
    /// The same rows chose the number of rounds, which flatters the log-odds. So the slope is shrunk by
    /// 1 − 3/χ² (James and Stein 1961, positive part), χ² being twice the log likelihood that the log-odds
    /// win over the best constant: without proven skill, all rows get nearly the same probability.
    ///
    /// `weights` say how much each row counts, 1 without; n₁ and n₀ are then sums of weights.
    pub fn fit(log_odds: &[f64], labels: &[bool], weights: Option<&[f64]>) -> Self {
        let bounded = log_odds.iter().map(|x| x.clamp(-LOG_ODDS_MAX, LOG_ODDS_MAX));
        let weight = |row: usize| weights.map_or(1.0, |weights| weights.get(row).copied().unwrap_or(0.0));
        let counts = |&(x, _, weight): &(f64, bool, f64)| !x.is_nan() && weight > 0.0 && weight.is_finite();
        let rows: Vec<(f64, bool, f64)> = bounded
            .zip(labels.iter().copied())
            .enumerate()
            .map(|(row, (x, label))| (x, label, weight(row)))
            .filter(counts)
            .collect();
        if rows.is_empty() {
            return Self::default();
        }
        let count = |of: bool| rows.iter().filter(|row| row.1 == of).map(|row| row.2).sum::<f64>();
        let (trues, falses) = (count(true), count(false));
        let mut fit = PlattFit {
            rows: &rows,
            high: (trues + 1.0) / (trues + 2.0),
            low: 1.0 / (falses + 2.0),
            pull: [0.0; 2],
            bound: SLOPE_MIN..=SLOPE_MAX,
        };
        let constant = PlattFit { bound: 0.0..=0.0, ..fit.clone() }.minimum();
        let constant_loss = fit.loss(&constant);
        // The curvature that the identity has on these rows, per row, times the rows of belief.
        let (_, curvature) = fit.derivatives(&Self::default());
        let belief = PRIOR_ROWS / (trues + falses);
        fit.pull = [curvature[0] * belief, curvature[2] * belief];
        let best = fit.minimum();
        fit.pull = [0.0; 2];
        let won = 2.0 * (constant_loss - fit.loss(&best));
        let kept = if won > CHOICES { 1.0 - CHOICES / won } else { 0.0 };
        let slope = (best.slope * kept).max(SLOPE_MIN);
        fit.bound = slope..=slope;
        fit.minimum()
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
    pub fn check(&self) -> Result<(), Damaged> {
        let usable = self.slope > 0.0 && self.slope <= SLOPE_MAX && self.shift.abs() <= 1e6;
        if usable { Ok(()) } else { Err(Damaged::Number) }
    }
}

/// The penalised loss of a calibration on its rows.
#[derive(Clone)]
struct PlattFit<'a> {
    rows: &'a [(f64, bool, f64)],
    high: f64,
    low: f64,
    /// Penalties on (slope − 1)² / 2 and shift² / 2.
    pull: [f64; 2],
    /// The slopes that are allowed.
    bound: RangeInclusive<f64>,
}

impl PlattFit<'_> {
    fn target(&self, label: bool) -> f64 {
        if label { self.high } else { self.low }
    }

    fn loss(&self, at: &Calibration) -> f64 {
        let loss = |&(x, label, weight): &(f64, bool, f64)| {
            let (target, x) = (self.target(label), at.log_odds(x));
            weight * (target * log_odds_loss(x, true) + (1.0 - target) * log_odds_loss(x, false))
        };
        let penalty = self.pull[0] * (at.slope - 1.0).powi(2) + self.pull[1] * at.shift.powi(2);
        self.rows.iter().map(loss).sum::<f64>() + penalty / 2.0
    }

    /// The gradient by slope and shift, and the curvature: slope twice, both, shift twice.
    fn derivatives(&self, at: &Calibration) -> ([f64; 2], [f64; 3]) {
        let mut gradient = [self.pull[0] * (at.slope - 1.0), self.pull[1] * at.shift];
        let mut curvature = [self.pull[0], 0.0, self.pull[1]];
        for &(x, label, weight) in self.rows {
            let probability = at.probability(x);
            let residual = weight * (probability - self.target(label));
            let bend = weight * (probability * (1.0 - probability)).max(1e-12);
            gradient[0] += residual * x;
            gradient[1] += residual;
            curvature[0] += bend * x * x;
            curvature[1] += bend * x;
            curvature[2] += bend;
        }
        (gradient, curvature)
    }

    fn minimum(&self) -> Calibration {
        let within = |slope: f64| slope.clamp(*self.bound.start(), *self.bound.end());
        let mut at = Calibration { slope: within(1.0), shift: 0.0 };
        for _ in 0..STEPS_MAX {
            let ([mut down, along], [slope, mut both, shift]) = self.derivatives(&at);
            if self.bound.start() == self.bound.end() {
                (down, both) = (0.0, 0.0);
            }
            // Rows that all have the same log-odds do not determine the slope; this keeps the step finite.
            let determinant = slope.mul_add(shift, -both * both).max(f64::MIN_POSITIVE) + 1e-12;
            let step =
                [(shift * down - both * along) / determinant, (slope * along - both * down) / determinant];
            let before = self.loss(&at);
            let mut share = 1.0;
            let next = loop {
                let slope = within(at.slope - share * step[0]);
                let next = Calibration { slope, shift: at.shift - share * step[1] };
                if self.loss(&next) <= before {
                    break next;
                }
                share /= 2.0;
                if share < 1e-10 {
                    return at;
                }
            };
            let moved = (next.slope - at.slope).abs().max((next.shift - at.shift).abs());
            at = next;
            if moved < STEP_MIN {
                break;
            }
        }
        at
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
        let found = Calibration::fit(&log_odds, &labels, None);
        assert!((found.slope - 0.5).abs() < 0.05 && (found.shift + 0.7).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn without_skill_all_rows_get_nearly_the_base_rate() {
        let (log_odds, mut labels) = rows(300, 0.0, -0.6);
        // As many of either label at any log-odds.
        labels.iter_mut().enumerate().for_each(|(at, label)| *label = at % 3 == 0);
        let found = Calibration::fit(&log_odds, &labels, None);
        assert!(found.slope <= 0.2 && (found.probability(0.0) - 1.0 / 3.0).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn wrong_way_round_stays_in_order() {
        let (log_odds, labels) = rows(5000, -1.0, 0.0);
        assert_eq!(Calibration::fit(&log_odds, &labels, None).slope, SLOPE_MIN);
    }

    proptest! {
        #[test]
        fn any_rows_give_a_usable_calibration(
            rows in prop::collection::vec((prop::num::f64::ANY, any::<bool>()), 0..60),
        ) {
            let (log_odds, labels): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            let found = Calibration::fit(&log_odds, &labels, None);
            prop_assert!(found.check().is_ok(), "{found:?}");
        }

        #[test]
        fn ordinary_rows_give_probabilities_in_order(
            rows in prop::collection::vec((-20.0f64..20.0, any::<bool>()), 0..60), a in -9.0f64..9.0, b in -9.0f64..9.0,
        ) {
            let (log_odds, labels): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            let found = Calibration::fit(&log_odds, &labels, None);
            prop_assert!((0.0..=1.0).contains(&found.probability(a)));
            prop_assert!(a <= b || found.probability(a) >= found.probability(b));
        }
    }
}
