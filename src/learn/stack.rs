//! How much of each member goes into the model: weights and level by penalised maximum likelihood on rows that no member
//! had seen.

use crate::learn::scores::{log_odds_loss, logit, sigmoid};

/// What is believed before any row is seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Belief {
    /// How many rows it weighs as much as.
    pub(crate) rows: f64,
    /// What the weights add up to.
    pub(crate) sum: f64,
}

/// About members of a model. In worlds of 1,000 to 10,000 rows 150 to 1,000 rows came to the same within .001 of AUC.
/// Each member is drawn to the base rate by its own penalties, and their mean even more, so that its log-odds are too
/// timid by about a third.
pub(crate) const MEMBERS: Belief = Belief { rows: 500.0, sum: 1.3 };

/// The largest weight of a member.
const WEIGHT_MAX: f64 = 3.0;

/// The most Newton steps.
const STEPS_MAX: usize = 40;

/// Sweeps over the weights within a step.
const SWEEPS: usize = 30;

/// A step that moves nothing by more than this is the last.
const STEP_MIN: f64 = 1e-7;

/// Log-odds beyond this are as sure as can be.
const LOG_ODDS_MAX: f64 = 30.0;

/// The log-odds of a row are `shift` + the sum of weight × log-odds of each member.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stack {
    /// From 0 to 3, in the order of the members.
    pub(crate) weights: Vec<f64>,
    pub(crate) shift: f64,
}

/// The weights that are assumed before any row is seen: equal for those that are `assumed`, 0 for the others.
fn assumed_weights(assumed: &[bool], sum: f64) -> Vec<f64> {
    let count = assumed.iter().filter(|assumed| **assumed).count().max(1);
    assumed.iter().map(|&assumed| if assumed { sum / count as f64 } else { 0.0 }).collect()
}

impl Stack {
    /// Fits it to the log-odds that each member gave rows that it had not seen, each counting as `rows` says. The penalty
    /// on the weights' distance from the assumed ones weighs as much as the believed rows of members of middling spread:
    /// on few rows the weights are the assumed ones, and of members that are alike none is preferred by luck (stacking:
    /// Wolpert 1992, *Neural Networks* 5(2); weights not below 0: Breiman 1996, *Machine Learning* 24).
    pub(crate) fn fit(
        members: &[Vec<f64>],
        labels: &[bool],
        rows: &[f64],
        assumed: &[bool],
        belief: Belief,
    ) -> Self {
        let prior = assumed_weights(assumed, belief.sum);
        let total: f64 = rows.iter().sum();
        let positive: f64 = rows.iter().zip(labels).filter(|(_, label)| **label).map(|(row, _)| row).sum();
        let base = (positive + 0.5) / (total + 1.0);
        let bounded = |x: &f64| if x.is_nan() { 0.0 } else { x.clamp(-LOG_ODDS_MAX, LOG_ODDS_MAX) };
        let mean = |own: &Vec<f64>| {
            own.iter().zip(rows).map(|(x, row)| bounded(x) * row).sum::<f64>() / total.max(1e-9)
        };
        let means: Vec<f64> = members.iter().map(mean).collect();
        let centred: Vec<Vec<f64>> = members
            .iter()
            .zip(&means)
            .map(|(own, mean)| own.iter().map(|x| bounded(x) - mean).collect())
            .collect();
        let spread = |own: &Vec<f64>| {
            (own.iter().zip(rows).map(|(x, row)| x * x * row).sum::<f64>() / total.max(1e-9)).sqrt()
        };
        let typical = centred.iter().map(spread).sum::<f64>() / members.len().max(1) as f64;
        let pull = belief.rows * base * (1.0 - base) * (typical * typical).max(1e-9);
        let fit = StackFit { centred: &centred, labels, rows, prior: &prior, pull };
        let (weights, level) = fit.minimum(logit(base));
        let shift = level - weights.iter().zip(&means).map(|(weight, mean)| weight * mean).sum::<f64>();
        Self { weights, shift }
    }

    /// The log-odds of each row, from those of the members.
    pub(crate) fn apply(&self, members: &[Vec<f64>]) -> Vec<f64> {
        let rows = members.first().map_or(0, Vec::len);
        let mut log_odds = vec![self.shift; rows];
        for (weight, own) in self.weights.iter().zip(members).filter(|(weight, _)| **weight > 0.0) {
            log_odds.iter_mut().zip(own).for_each(|(sum, x)| *sum += weight * x);
        }
        log_odds
    }
}

struct StackFit<'a> {
    centred: &'a [Vec<f64>],
    labels: &'a [bool],
    rows: &'a [f64],
    prior: &'a [f64],
    pull: f64,
}

impl StackFit<'_> {
    fn log_odds(&self, weights: &[f64], level: f64) -> Vec<f64> {
        Stack { weights: weights.to_vec(), shift: level }.apply(self.centred)
    }

    fn loss(&self, weights: &[f64], level: f64) -> f64 {
        let given = if self.centred.is_empty() {
            vec![level; self.rows.len()]
        } else {
            self.log_odds(weights, level)
        };
        let rows = given.iter().zip(self.labels).zip(self.rows);
        let loss: f64 = rows.map(|((&x, &label), row)| row * log_odds_loss(x, label)).sum();
        let penalty: f64 = weights.iter().zip(self.prior).map(|(w, p)| (w - p).powi(2)).sum();
        loss + self.pull * penalty / 2.0
    }

    /// Newton steps, each solved coordinate by coordinate within the bounds, and halved until the loss falls.
    fn minimum(&self, mut level: f64) -> (Vec<f64>, f64) {
        let mut weights = self.prior.to_vec();
        let mut loss = self.loss(&weights, level);
        for _ in 0..STEPS_MAX {
            let step = self.step(&weights, level);
            let mut share = 1.0;
            loop {
                let next: Vec<f64> = weights
                    .iter()
                    .zip(&step)
                    .map(|(weight, change)| (weight + share * change).clamp(0.0, WEIGHT_MAX))
                    .collect();
                // Where every row is as sure as can be the loss is flat, and a step would lead anywhere.
                let next_level = (level + share * step[weights.len()]).clamp(-LOG_ODDS_MAX, LOG_ODDS_MAX);
                let next_loss = self.loss(&next, next_level);
                if next_loss <= loss {
                    (weights, level, loss) = (next, next_level, next_loss);
                    break;
                }
                share /= 2.0;
                if share < 1e-8 {
                    return (weights, level);
                }
            }
            if step.iter().all(|change| (share * change).abs() < STEP_MIN) {
                break;
            }
        }
        (weights, level)
    }

    /// The step of each weight and, last, of the level.
    fn step(&self, weights: &[f64], level: f64) -> Vec<f64> {
        let count = weights.len();
        let probabilities: Vec<f64> = self.log_odds(weights, level).into_iter().map(sigmoid).collect();
        let ones = vec![1.0; self.rows.len()];
        let columns: Vec<&[f64]> = self.centred.iter().map(Vec::as_slice).chain([&ones[..]]).collect();
        let mut slope = vec![0.0; count + 1];
        let mut curvature = vec![vec![0.0; count + 1]; count + 1];
        let bends: Vec<f64> =
            probabilities.iter().zip(self.rows).map(|(p, row)| row * p * (1.0 - p)).collect();
        for at in 0..=count {
            let residual =
                |row: usize| self.rows[row] * (probabilities[row] - f64::from(u8::from(self.labels[row])));
            slope[at] = (0..ones.len()).map(|row| residual(row) * columns[at][row]).sum();
            for other in 0..=at {
                let sum: f64 =
                    (0..ones.len()).map(|row| bends[row] * columns[at][row] * columns[other][row]).sum();
                (curvature[at][other], curvature[other][at]) = (sum, sum);
            }
            curvature[at][at] += if at < count { self.pull } else { 1e-9 };
            slope[at] += if at < count { self.pull * (weights[at] - self.prior[at]) } else { 0.0 };
        }
        let mut step = vec![0.0; count + 1];
        for _ in 0..SWEEPS {
            for at in 0..=count {
                let along: f64 = curvature[at].iter().zip(&step).map(|(c, s)| c * s).sum();
                let free = step[at] - (slope[at] + along) / curvature[at][at].max(1e-12);
                let bound = |weight: f64| free.clamp(-weight, WEIGHT_MAX - weight);
                step[at] = weights.get(at).map_or(free, |weight| bound(*weight));
            }
        }
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::rng::Rng;

    /// Log-odds that are true, the same with noise, and only noise; and outcomes.
    fn made(rows: usize, seed: u64) -> (Vec<Vec<f64>>, Vec<bool>) {
        let mut rng = Rng::new(seed, 0);
        let mut unit = || (rng.bits() >> 11) as f64 / (1u64 << 53) as f64;
        let mut members = vec![Vec::new(), Vec::new(), Vec::new()];
        let mut labels = Vec::new();
        for _ in 0..rows {
            let truth = unit() * 3.0 - 1.5;
            for (member, x) in members.iter_mut().zip([truth, truth + unit() * 4.0 - 2.0, unit() * 3.0 - 1.5])
            {
                member.push(x);
            }
            labels.push(unit() < sigmoid(truth - 0.5));
        }
        (members, labels)
    }

    #[test]
    fn many_rows_find_the_true_member_and_the_level() {
        let (members, labels) = made(40_000, 1);
        let stack = Stack::fit(&members, &labels, &vec![1.0; labels.len()], &[true; 3], MEMBERS);
        assert!((stack.weights[0] - 1.0).abs() < 0.1, "{stack:?}");
        assert!(
            stack.weights[1] < 0.06 && stack.weights[2] < 0.06 && (stack.shift + 0.5).abs() < 0.06,
            "{stack:?}"
        );
    }

    #[test]
    fn few_rows_leave_the_assumed_weights() {
        let (members, labels) = made(20, 2);
        let stack = Stack::fit(&members, &labels, &[1.0; 20], &[true, true, false], MEMBERS);
        assert!((stack.weights[0] - 0.65).abs() < 0.1 && stack.weights[2] < 0.1, "{stack:?}");
        let none = Stack::fit(&members, &[], &[], &[true, true, false], MEMBERS);
        assert!(none.shift.is_finite() && none.weights.iter().all(|weight| weight.is_finite()), "{none:?}");
    }
}
