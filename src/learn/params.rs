//! What can be set about a fit.

use serde::{Deserialize, Serialize};

use crate::learn::error::FitError;
use crate::learn::linear::Penalty;

/// The most trees an ensemble may have: chains times rounds.
pub(crate) const TREES_MAX: usize = 100_000;

/// The deepest a tree may grow, in splits from the root.
pub(crate) const DEPTH_MAX: usize = 8;

/// The most rows that a tree is shown, about. On 70,000 planted rows 14,000 a tree gave .680 AUC where 42,000 gave
/// .679, in half the time: trees that differ more average better. On 7,000 rows fewer than 0.6 of them only lost.
const TREE_ROWS_MAX: f64 = 15_000.0;

/// With more rows than this one chain of trees that are shown half as many again each stands for two, and the deep ones take
/// steps twice as long. Of 28,000 rows one chain lost .0004 of AUC, and .003 where three columns have to come together.
const MANY_ROWS: usize = 50_000;

/// The share of the rows that each of the deep trees is shown, if these are no more than the others may see: three columns
/// that only say something together are found sooner.
const DEEP_SHARE: f64 = 0.8;

/// The half-life of the members that leave the past behind, in sessions. In worlds that turned round 16 sessions before 8
/// gave .007 less AUC than 5, and 4 and 3 .001.
const HALF_LIFE: f64 = 5.0;

/// The penalty of the plain linear member. In four worlds of 1,000 rows and three of 3,000, four seeds each, 150 gave the
/// model up to .005 more AUC than 1,000, and never less; with 10,000 planted rows .0006 less.
const PLAIN_RIDGE: f64 = 150.0;

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
    /// The most leaves of a tree; 0: as many as its depth allows.
    pub leaves: usize,
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
    /// Penalty on the squares of the linear start's coefficients; with neither penalty there is no linear start.
    pub ridge: f64,
    /// Penalty on their absolute values, for each root of the rows: chance alone gives a column about half of it.
    pub lasso: f64,
    /// Whether the columns turned by the side are learned from too.
    pub turned: bool,
    /// Whether the linear start also sees how far the values of a column are from its middle, so that both ends may be good
    /// or bad.
    pub distances: bool,
    /// Sessions after which a row counts half; 0: all count the same for ever.
    pub half_life: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            chains: 4,
            rounds: 200,
            depth: 2,
            leaves: 0,
            rate: 0.05,
            min_leaf_rows: 20,
            row_share: 0.6,
            column_share: 0.5,
            lambda: 10.0,
            min_gain: 0.0,
            ridge: 0.0,
            lasso: 0.0,
            turned: true,
            distances: false,
            half_life: 0.0,
        }
    }
}

impl Params {
    /// A linear fit with all columns and a penalty that is mild: alone it is at its best on some hundreds of rows.
    pub(super) fn plain() -> Self {
        Self { chains: 1, rounds: 0, ridge: PLAIN_RIDGE, ..Self::default() }
    }

    /// The members that a walk-forward weighs: linear ones, ridge and sparse, with the turned columns and distances and without;
    /// stumps; pairs on a sparse start; trees of five levels, which find what only three columns together say; and two that
    /// leave the past behind, which have no weight until they have shown that they deserve it.
    ///
    /// The deep trees may split on any column: one that says nothing alone is found beside the right others or not at all.
    /// Where the product of three of 47 tells the outcome five levels on four fifths of the rows had .012 more AUC than four on
    /// three fifths (16 seeds of 8,000 rows; the mean squared distance from the true chances fell by a tenth); with four fifths
    /// of the columns, the turned ones among them, and six leaves it had been .02 less. Elsewhere they cost .0003 at most.
    ///
    /// Distances gave the model .001 AUC where some relations bend, of 3,000 planted rows and of 10,000, and took .0003 where
    /// all are straight; a second sparse member for them instead gave as much.
    pub fn candidates(rows: usize) -> Vec<Self> {
        let (chains, more, longer) = if rows > MANY_ROWS { (1, 1.5, 2) } else { (2, 1.0, 1) };
        let share = |most: f64| (TREE_ROWS_MAX * more / rows.max(1) as f64).min(most);
        let trees = Self { chains, rounds: 150, rate: 0.08, row_share: share(0.6), ..Self::default() };
        let linear = Self { chains: 1, rounds: 0, ..trees.clone() };
        let sparse = Self { ridge: 20.0, lasso: 0.7, ..linear.clone() };
        vec![
            Self { ridge: PLAIN_RIDGE, ..linear },
            Self { distances: true, ..sparse.clone() },
            Self { lasso: 0.5, turned: false, ..sparse.clone() },
            Self { depth: 1, rate: 0.12, ..trees.clone() },
            Self { ridge: sparse.ridge, lasso: sparse.lasso, distances: true, ..trees.clone() },
            Self {
                depth: 5,
                rounds: 300 / longer,
                rate: 0.05 * longer as f64,
                row_share: share(DEEP_SHARE),
                column_share: 1.0,
                lambda: 4.0,
                turned: false,
                ..trees.clone()
            },
            Self { half_life: HALF_LIFE, ..sparse },
            Self { half_life: HALF_LIFE, ..trees },
        ]
    }

    /// The penalties of the linear start on so many rows.
    pub(super) fn penalty(&self, rows: usize) -> Penalty {
        Penalty { ridge: self.ridge, lasso: self.lasso * (rows as f64).sqrt() }
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
            ("lasso", self.lasso.is_finite() && self.lasso >= 0.0, "at least 0 and finite"),
            ("half_life", self.half_life.is_finite() && self.half_life >= 0.0, "at least 0 and finite"),
            ("ridge", self.ridge.is_finite() && self.ridge >= 0.0, "at least 0 and finite"),
        ];
        match ranges.into_iter().find(|(_, inside, _)| !inside) {
            Some((name, _, range)) => Err(FitError::Parameter { name, range }),
            None => Ok(()),
        }
    }
}
