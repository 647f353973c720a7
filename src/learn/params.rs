//! What can be set about a fit.

use serde::{Deserialize, Serialize};

use crate::learn::error::FitError;

/// The most trees an ensemble may have: chains times rounds.
pub(crate) const TREES_MAX: usize = 100_000;

/// The deepest a tree may grow, in splits from the root.
pub(crate) const DEPTH_MAX: usize = 8;

/// From so many rows on a linear start is not tried: in walk-forwards of 7,000 rows it lost, .642 to .639 AUC.
const FEW_ROWS: usize = 5_000;

/// The most rows that a tree is shown, about. On 70,000 planted rows 14,000 a tree gave .680 AUC where 42,000 gave
/// .679, in half the time: trees that differ more average better. On 7,000 rows fewer than 0.6 of them only lost.
const TREE_ROWS_MAX: f64 = 15_000.0;

/// Parameters of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Params {
    /// Boosters that run side by side on different row samples and are averaged; from 1.
    pub chains: usize,
    /// Trees of each chain; 0 leaves only the linear start.
    pub rounds: usize,
    /// Splits from the root to a leaf, 1 to 8.
    pub depth: usize,
    /// How much of each leaf's step is taken, above 0, at most 1.
    pub rate: f64,
    /// Rows a leaf must have at least, from 1.
    pub min_leaf_rows: usize,
    /// Share of the rows each tree sees, above 0, at most 1.
    pub row_share: f64,
    /// Share of the columns each tree may split on, above 0, at most 1.
    pub column_share: f64,
    /// Penalty on the square of a leaf's value, at least 0.001.
    pub lambda: f64,
    /// The least fall of the summed log loss a split must bring, from 0.
    pub min_gain: f64,
    /// Penalty on the squares of the linear start's coefficients; 0 means no linear start.
    pub ridge: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            chains: 4,
            rounds: 200,
            depth: 2,
            rate: 0.05,
            min_leaf_rows: 20,
            row_share: 0.6,
            column_share: 0.5,
            lambda: 10.0,
            min_gain: 0.0,
            ridge: 0.0,
        }
    }
}

impl Params {
    /// The parameters to choose among by walk-forward: without and with a linear start while rows are few,
    /// where the linear start wins and then by much; with thousands of rows trees alone do better, and with tens of
    /// thousands each of them is shown a smaller share.
    pub fn candidates(rows: usize) -> Vec<Self> {
        let trees = Self::default();
        let trees = Self { row_share: trees.row_share.min(TREE_ROWS_MAX / rows.max(1) as f64), ..trees };
        let linear = Self { ridge: 1000.0, ..trees.clone() };
        if rows < FEW_ROWS { vec![trees, linear] } else { vec![trees] }
    }

    /// Whether every parameter is inside its range.
    pub fn check(&self) -> Result<(), FitError> {
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let ranges = [
            ("chains", self.chains >= 1, "at least 1"),
            ("rounds", self.chains.saturating_mul(self.rounds) <= TREES_MAX, "at most 100000 / chains"),
            ("depth", (1..=DEPTH_MAX).contains(&self.depth), "1 to 8"),
            ("rate", share(self.rate), "above 0 and at most 1"),
            ("min_leaf_rows", self.min_leaf_rows >= 1, "at least 1"),
            ("row_share", share(self.row_share), "above 0 and at most 1"),
            ("column_share", share(self.column_share), "above 0 and at most 1"),
            ("lambda", self.lambda.is_finite() && self.lambda >= 1e-3, "at least 0.001 and finite"),
            ("min_gain", self.min_gain.is_finite() && self.min_gain >= 0.0, "at least 0 and finite"),
            ("ridge", self.ridge.is_finite() && self.ridge >= 0.0, "at least 0 and finite"),
        ];
        match ranges.into_iter().find(|(_, inside, _)| !inside) {
            Some((name, _, range)) => Err(FitError::Parameter { name, range }),
            None => Ok(()),
        }
    }
}
