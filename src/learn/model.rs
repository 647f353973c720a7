//! A whole model: derived columns, boosted trees and calibration, and how it is trained.

use serde::{Deserialize, Serialize};

use crate::learn::boost::fit;
use crate::learn::calibrate::Calibration;
use crate::learn::choose::{choose, session_folds};
use crate::learn::cross::Crosses;
use crate::learn::ensemble::{Damaged, Ensemble};
use crate::learn::error::FitError;
use crate::learn::params::Params;
use crate::learn::table::Table;

/// How many folds the walk-forward has.
const FOLDS: usize = 4;

/// How many sessions before a scored one are left out of training.
const EMBARGO: usize = 1;

/// A trained model as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The derived columns.
    pub crosses: Crosses,
    /// Start and trees.
    pub ensemble: Ensemble,
    /// From log-odds to probability.
    pub calibration: Calibration,
    /// What it was fitted with.
    pub params: Params,
    /// The mean log loss of the walk-forward, not calibrated; `None` if there were too few sessions.
    pub walk_loss: Option<f64>,
    /// The mean log loss on the same rows when each fold predicts its base rate.
    pub walk_base_loss: Option<f64>,
}

/// Rows to train on.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The columns; NaN is a missing value.
    pub table: &'a Table,
    /// Whether each row turned out well.
    pub labels: &'a [bool],
    /// How much each row counts; `None`: all the same.
    pub weights: Option<&'a [f64]>,
    /// The session of each row, a number that grows with time.
    pub sessions: &'a [i64],
    /// The column of 0 and 1 that tells long trades from short ones.
    pub side: Option<usize>,
}

/// Chooses among the candidates by walk-forward, fits the chosen one on all rows and calibrates it on what
/// the walk-forward predicted. With too few sessions for a walk-forward the model predicts the base rate.
pub fn train(rows: &Rows<'_>, candidates: &[Params], seed: u64) -> Result<Model, FitError> {
    let Rows { table, labels, weights, sessions, side } = *rows;
    table.check()?;
    if labels.len() != table.rows {
        return Err(FitError::Length { what: "labels", got: labels.len(), rows: table.rows });
    }
    if sessions.len() != table.rows {
        return Err(FitError::Length { what: "sessions", got: sessions.len(), rows: table.rows });
    }
    let crosses = Crosses::signed(table, side);
    let wide = crosses.widen(table);
    let folds = session_folds(sessions, FOLDS, EMBARGO);
    let choice = choose(&wide, labels, weights, &folds, candidates, seed)?;
    let params = match &choice {
        Some(choice) => choice.params.clone(),
        None => Params { rounds: 0, ridge: 0.0, ..Params::default() },
    };
    let ensemble = fit(&wide, labels, weights, &params, seed)?;
    let calibration = choice.as_ref().map_or_else(Calibration::default, |choice| {
        let (held_out, log_odds): (Vec<usize>, Vec<f64>) = choice.held_out.iter().copied().unzip();
        let labels: Vec<bool> = held_out.iter().map(|&row| labels[row]).collect();
        let weights: Option<Vec<f64>> =
            weights.map(|all| held_out.iter().map(|&row| all.get(row).copied().unwrap_or(0.0)).collect());
        Calibration::fit(&log_odds, &labels, weights.as_deref())
    });
    let walk_loss = choice.as_ref().map(|choice| choice.log_loss);
    let walk_base_loss = choice.as_ref().map(|choice| choice.base_loss);
    Ok(Model { crosses, ensemble, calibration, params, walk_loss, walk_base_loss })
}

impl Model {
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
        let moved = self.ensemble.contributions(&self.crosses.widen_row(row));
        let mut moved = self.crosses.narrow(&moved);
        moved.iter_mut().for_each(|value| *value *= self.calibration.slope);
        moved
    }

    /// The share of each column, with what is derived from it, in the gain of all splits.
    pub fn importances(&self) -> Vec<f64> {
        self.crosses.narrow(&self.ensemble.importances())
    }

    /// Whether a model from outside is whole and made for this many columns.
    pub fn check(&self, columns: usize) -> Result<(), Damaged> {
        self.crosses.check(columns)?;
        self.ensemble.check(self.crosses.width())?;
        self.calibration.check()
    }
}
