//! A whole model as plain data: derived columns, start and trees, calibration; and how it is read.

use serde::{Deserialize, Serialize};

use crate::learn::calibrate::Calibration;
use crate::learn::cross::Crosses;
use crate::learn::damage::Damaged;
use crate::learn::ensemble::Ensemble;
use crate::learn::params::Params;
use crate::learn::table::Table;

/// A trained model as plain data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The derived columns.
    pub crosses: Crosses,
    /// Start and trees.
    pub ensemble: Ensemble,
    /// From log-odds to probability.
    pub calibration: Calibration,
    /// What the member with the most weight was fitted with.
    pub params: Params,
    /// The fits that were joined; none in a model of schema 1.
    #[serde(default)]
    pub members: Vec<Member>,
    /// The probabilities that the members, weighed as they are, gave the last 500 rows that none of them had seen,
    /// ascending; none in a model of schema 1.
    #[serde(default)]
    pub reference: Vec<f64>,
    /// The mean log loss of the walk-forward; `None` if there were too few sessions.
    pub walk_loss: Option<f64>,
    /// The mean log loss on the same rows when each fold predicts its base rate.
    pub walk_base_loss: Option<f64>,
}

/// One of the fits that a model is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// What it was fitted with.
    pub params: Params,
    /// How much of its log-odds go into the model's.
    pub weight: f64,
}

/// The most probabilities that a new one is placed among.
pub(crate) const REFERENCE_MAX: usize = 500;

/// With fewer of them there is no percentile.
const REFERENCE_MIN: usize = 20;

impl Model {
    /// The share of the [`Self::reference`] below a probability, in percent to a tenth, equal ones counting half. A model
    /// that is bolder or more timid than the one before gives other probabilities to the same signals; their places
    /// among those before stay.
    pub fn percentile(&self, probability: f64) -> Option<f64> {
        let below = self.reference.partition_point(|known| *known < probability);
        let not_above = self.reference.partition_point(|known| *known <= probability);
        let share = (below + not_above) as f64 / 2.0 / self.reference.len() as f64;
        (self.reference.len() >= REFERENCE_MIN).then(|| (share * 1000.0).round() / 10.0)
    }

    /// The log-odds of a row without derived columns, calibrated.
    pub fn log_odds(&self, row: &[f64]) -> f64 {
        self.calibration.log_odds(self.ensemble.predict(&self.crosses.widen_row(row)))
    }

    /// The probability of a row without derived columns.
    pub fn predict(&self, row: &[f64]) -> f64 {
        self.calibration.probability(self.ensemble.predict(&self.crosses.widen_row(row)))
    }

    /// The probability of each row of a table without derived columns, to the bit that of [`Self::predict`].
    pub fn predict_all(&self, table: &Table) -> Vec<f64> {
        let log_odds = self.ensemble.predict_all(&self.crosses.widen(table));
        log_odds.into_iter().map(|log_odds| self.calibration.probability(log_odds)).collect()
    }

    /// The calibrated log-odds expected before a row is seen.
    pub fn base(&self) -> f64 {
        self.calibration.log_odds(self.ensemble.base())
    }

    /// By how much each column, with what is derived from it, moved the calibrated log-odds of a row.
    pub fn contributions(&self, row: &[f64]) -> Vec<f64> {
        self.explain(row).1
    }

    /// The probability of a row, to the bit that of [`Self::predict`], and [`Self::contributions`], in one walk.
    pub fn explain(&self, row: &[f64]) -> (f64, Vec<f64>) {
        let (log_odds, moved) = self.ensemble.explain(&self.crosses.widen_row(row));
        let mut moved = self.crosses.narrow(&moved);
        moved.iter_mut().for_each(|value| *value *= self.calibration.slope);
        (self.calibration.probability(log_odds), moved)
    }

    /// The share of each column, with what is derived from it, in the gain of all splits.
    pub fn importances(&self) -> Vec<f64> {
        self.crosses.narrow(&self.ensemble.importances())
    }

    /// Whether a model from outside is whole and made for this many columns.
    pub fn check(&self, columns: usize) -> Result<(), Damaged> {
        let ascending = self.reference.windows(2).all(|pair| pair[0] <= pair[1]);
        let probabilities = self.reference.iter().all(|p| (0.0..=1.0).contains(p));
        if !(ascending && probabilities) || self.reference.len() > REFERENCE_MAX {
            return Err(Damaged::Number);
        }
        self.crosses.check(columns)?;
        self.ensemble.check(self.crosses.width())?;
        self.calibration.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_place_among_the_reference() {
        let reference: Vec<f64> = (0..20).map(|at| f64::from(at) / 20.0).collect();
        let model = Model { reference, ..Model::default() };
        let of = |probability| model.percentile(probability);
        assert_eq!((of(-0.1), of(0.25), of(0.26), of(1.0)), (Some(0.0), Some(27.5), Some(30.0), Some(100.0)));
        let few = Model { reference: vec![0.5; 19], ..Model::default() };
        assert_eq!(few.percentile(0.5), None);
        let wrong = Model { reference: vec![0.5, 0.4], ..Model::default() };
        assert_eq!(wrong.check(0), Err(Damaged::Number));
    }
}
