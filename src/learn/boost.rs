//! Boosting: trees on the gradient of the log loss (Friedman 2001), several chains side by side.

use std::ops::Range;

use rayon::prelude::*;

use crate::learn::bins::{BINS_MAX, Binned, Bins};
use crate::learn::ensemble::{Ensemble, Tree};
use crate::learn::error::FitError;
use crate::learn::grow::Ground;
use crate::learn::linear::{LinearFit, LinearRows, level_of};
use crate::learn::params::Params;
use crate::learn::rng::Rng;
use crate::learn::scores::sigmoid;
use crate::learn::table::Table;

/// The least curvature of a row: it keeps a leaf of sure rows from a step without bounds.
const CURVATURE_MIN: f64 = 1e-6;

/// Fits an ensemble to labelled rows; `weights` say how much each row counts, equally without, and only
/// their ratios matter. The same input gives the same ensemble to the last bit, on any number of threads.
///
/// # Errors
/// [`FitError`] when the input does not fit together or a parameter is out of its range.
pub fn fit(
    table: &Table,
    labels: &[bool],
    weights: Option<&[f64]>,
    params: &Params,
    seed: u64,
) -> Result<Ensemble, FitError> {
    let weights = checked(table, labels, weights)?;
    let bins = Bins::of(table);
    let binned = bins.encode(table);
    let columns = distinct_columns(&binned.codes);
    let learned =
        Learned { binned: &binned, labels, weights: &weights, columns: &columns, from: 0, reach: table.rows };
    let mut booster = Booster::new(learned, params, seed)?;
    booster.grow(params.rounds)?;
    Ok(booster.into_ensemble())
}

/// What a fit learns from: the first `labels.len()` rows of a binned table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Learned<'a> {
    /// The bins of every value.
    pub(crate) binned: &'a Binned<'a>,
    /// Of the rows that are learned from.
    pub(crate) labels: &'a [bool],
    /// Likewise; their mean is 1.
    pub(crate) weights: &'a [f64],
    /// The columns worth looking at.
    pub(crate) columns: &'a [u32],
    /// Trees are grown on the rows from here on: those before hardly count.
    pub(crate) from: usize,
    /// The first so many rows of the table get log-odds, those after the learned ones included.
    pub(crate) reach: usize,
}

/// A fit that can be carried on, round by round.
pub(crate) struct Booster<'a> {
    on: Learned<'a>,
    params: &'a Params,
    /// The ensemble without its trees.
    start: Ensemble,
    chains: Vec<Chain>,
}

/// One of the boosters that run side by side.
struct Chain {
    rng: Rng,
    /// What its own trees alone give each row.
    log_odds: Vec<f64>,
    trees: Vec<Tree>,
}

impl<'a> Booster<'a> {
    /// A fit before its first round, on a linear start of its own.
    pub(crate) fn new(on: Learned<'a>, params: &'a Params, seed: u64) -> Result<Self, FitError> {
        let penalty = params.penalty(on.labels.len());
        let linear = if penalty.is_any() {
            let distances = if params.distances { on.columns } else { &[] };
            let seen = LinearRows::new(on.binned, on.columns, distances, on.weights);
            seen.fit(on.columns, params.distances, on.labels, penalty)
        } else {
            (level_of(on.labels, on.weights), Vec::new())
        };
        Self::on_start(on, linear, params, seed)
    }

    /// A fit before its first round, on a linear start that was made on the same rows.
    pub(crate) fn on_start(
        on: Learned<'a>,
        (start, additive): LinearFit,
        params: &'a Params,
        seed: u64,
    ) -> Result<Self, FitError> {
        params.check()?;
        let start = Ensemble {
            columns: on.binned.codes.len() as u32,
            chains: params.chains as u32,
            start,
            additive,
            trees: Vec::new(),
        };
        let log_odds = start.binned_starts(on.binned, on.reach);
        let chain = |chain: usize| Chain {
            rng: Rng::new(seed, chain as u64),
            log_odds: log_odds.clone(),
            trees: Vec::with_capacity(params.rounds),
        };
        let chains = (0..params.chains).map(chain).collect();
        Ok(Self { on, params, start, chains })
    }

    /// Grows the trees of so many more rounds.
    pub(crate) fn grow(&mut self, rounds: usize) -> Result<(), FitError> {
        let (on, params) = (self.on, self.params);
        self.chains.par_iter_mut().try_for_each(|chain| chain.grow(on, params, rounds))
    }

    /// The log-odds of rows after the first so many rounds, which were grown.
    pub(crate) fn log_odds(&self, rows: Range<usize>, rounds: usize) -> Vec<f64> {
        let mut log_odds = self.start.binned_starts(self.on.binned, rows.end).split_off(rows.start);
        for round in 0..rounds {
            self.add_round(&mut log_odds, rows.clone(), round);
        }
        log_odds
    }

    /// Adds the trees of a round that was grown to the log-odds of rows.
    pub(crate) fn add_round(&self, log_odds: &mut [f64], rows: Range<usize>, round: usize) {
        for tree in self.chains.iter().filter_map(|chain| chain.trees.get(round)) {
            tree.add_to_binned(log_odds, self.on.binned, rows.clone());
        }
    }

    /// What was grown.
    pub(crate) fn into_ensemble(self) -> Ensemble {
        let mut ensemble = self.start;
        let rounds = self.chains.first().map_or(0, |chain| chain.trees.len());
        // In the order of the chains, whichever ended first.
        let mut chains: Vec<_> = self.chains.into_iter().map(|chain| chain.trees.into_iter()).collect();
        for _ in 0..rounds {
            ensemble.trees.extend(chains.iter_mut().filter_map(Iterator::next));
        }
        ensemble
    }
}

/// The row weights, scaled to a mean of 1 so that penalties mean the same whatever the unit of the weights,
/// or what is wrong with the input.
pub(crate) fn checked(table: &Table, labels: &[bool], weights: Option<&[f64]>) -> Result<Vec<f64>, FitError> {
    table.check()?;
    if table.rows == 0 {
        return Err(FitError::NoRows);
    }
    if labels.len() != table.rows {
        return Err(FitError::Length { what: "labels", got: labels.len(), rows: table.rows });
    }
    let weights = weights.map_or_else(|| vec![1.0; table.rows], <[f64]>::to_vec);
    if weights.len() != table.rows {
        return Err(FitError::Length { what: "weights", got: weights.len(), rows: table.rows });
    }
    let sound = weights.iter().all(|weight| *weight >= 0.0) && weights.iter().any(|weight| *weight > 0.0);
    // By the largest one first: the sum of huge or tiny weights may not be a usable number.
    let largest = weights.iter().copied().fold(0.0, f64::max);
    if !(sound && largest.is_finite()) {
        return Err(FitError::Weights);
    }
    let mean = weights.iter().map(|weight| weight / largest).sum::<f64>() / table.rows as f64;
    Ok(weights.into_iter().map(|weight| weight / largest / mean).collect())
}

/// The columns that vary and are not the same as an earlier one, nor its mirror image: a column that is there twice
/// would count twice in the linear start, and cost a split search for nothing.
pub(crate) fn distinct_columns(codes: &[Vec<u8>]) -> Vec<u32> {
    let mut kept: Vec<u32> = Vec::new();
    for (at, column) in codes.iter().enumerate() {
        let varies = column.windows(2).any(|pair| pair[0] != pair[1]);
        let known = kept.iter().any(|&other| same_order(&codes[other as usize], column));
        if varies && !known {
            kept.push(at as u32);
        }
    }
    kept
}

/// Whether one column's codes follow from the other's and the other way round, in the same or reverse order.
fn same_order(left: &[u8], right: &[u8]) -> bool {
    let mut to = [None; BINS_MAX];
    for (&from, &code) in left.iter().zip(right) {
        match &mut to[usize::from(from) % BINS_MAX] {
            Some(known) if *known != code => return false,
            place => *place = Some(code),
        }
    }
    let missing = to[0].unwrap_or(0) == 0;
    let present: Vec<u8> = to.iter().skip(1).flatten().copied().collect();
    let ordered = present.windows(2).all(|pair| pair[0] < pair[1]);
    let reversed = present.windows(2).all(|pair| pair[0] > pair[1]);
    missing && !present.contains(&0) && (ordered || reversed)
}

impl Chain {
    fn grow(&mut self, on: Learned<'_>, params: &Params, rounds: usize) -> Result<(), FitError> {
        let looked_at = on.labels.len() - on.from;
        let rows = share_of(looked_at, params.row_share);
        let columns = share_of(on.columns.len(), params.column_share);
        let mut gradients = vec![0.0; on.labels.len()];
        let mut curvatures = vec![0.0; on.labels.len()];
        let share = 1.0 / params.chains as f64;
        // A split's gain is that of the whole step on the sampled rows; the loss falls by rate × (2 − rate) of it.
        let gain_share = share * params.rate * (2.0 - params.rate) / params.row_share;
        for _ in 0..rounds {
            let mut sampled = self.rng.sample(looked_at, rows);
            sampled.iter_mut().for_each(|row| *row += on.from as u32);
            // What is not in the sample is not looked at.
            for &row in &sampled {
                let row = row as usize;
                let probability = sigmoid(self.log_odds[row]);
                let label = f64::from(u8::from(on.labels[row]));
                gradients[row] = on.weights[row] * (label - probability);
                curvatures[row] = on.weights[row] * (probability * (1.0 - probability)).max(CURVATURE_MIN);
            }
            let chosen = self.rng.sample(on.columns.len(), columns);
            let chosen: Vec<u32> = chosen.into_iter().map(|at| on.columns[at as usize]).collect();
            let ground = Ground { binned: on.binned, gradients: &gradients, curvatures: &curvatures };
            let mut tree = ground.grow(sampled, &chosen, params)?;
            tree.add_to_binned(&mut self.log_odds[on.from..], on.binned, on.from..on.reach);
            for node in &mut tree.nodes {
                node.value *= share;
                node.gain *= gain_share;
            }
            self.trees.push(tree);
        }
        Ok(())
    }
}

/// A share of a count, rounded up, at least 1 where there is any.
fn share_of(count: usize, share: f64) -> usize {
    ((count as f64 * share).ceil() as usize).clamp(count.min(1), count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn columns_that_tell_the_same_are_kept_once() {
        let codes = vec![
            vec![1, 2, 3, 1],
            vec![1, 1, 1, 1],
            vec![3, 2, 1, 3],
            vec![1, 5, 9, 1],
            vec![1, 2, 1, 1],
            vec![2, 3, 1, 2],
            vec![0, 1, 2, 0],
        ];
        // The third is the first in reverse, the fourth the first in other numbers; the sixth has another
        // order, and a missing value is never the same as a number.
        assert_eq!(distinct_columns(&codes), [0, 4, 5, 6]);
    }

    /// A value as a walk has to tell it apart: near others, missing, infinite.
    fn any_value() -> impl Strategy<Value = f64> {
        let odd = prop_oneof![
            Just(f64::NAN),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
            Just(f64::MAX),
            Just(-0.0)
        ];
        prop_oneof![8 => (0u8..20).prop_map(f64::from), 1 => odd]
    }

    proptest! {
        #[test]
        fn the_walk_by_bins_is_that_by_values(
            rows in prop::collection::vec(([any_value(), any_value(), any_value()], any::<bool>()), 2..120),
            others in prop::collection::vec([any_value(), any_value(), any_value()], 0..40),
            depth in 1usize..5,
        ) {
            let table = |rows: Vec<[f64; 3]>| Table {
                rows: rows.len(),
                columns: (0..3).map(|column| rows.iter().map(|row| row[column]).collect()).collect(),
            };
            let (values, labels): (Vec<[f64; 3]>, Vec<bool>) = rows.into_iter().unzip();
            let (learned, others) = (table(values), table(others));
            let params = Params {
                chains: 2, rounds: 4, depth, min_leaf_rows: 1, lambda: 0.1, rate: 1.0, ..Params::default()
            };
            let bins = Bins::of(&learned);
            let binned = bins.encode(&learned);
            let weights = vec![1.0; labels.len()];
            let on = Learned { binned: &binned, labels: &labels, weights: &weights, columns: &[0, 1, 2], from: 0, reach: labels.len() };
            let mut booster = Booster::new(on, &params, 1).unwrap();
            booster.grow(4).unwrap();
            for tree in booster.chains.iter().flat_map(|chain| &chain.trees) {
                for table in [&learned, &others] {
                    let (mut by_values, mut by_bins) = (vec![0.25; table.rows], vec![0.25; table.rows]);
                    tree.add_to(&mut by_values, table);
                    tree.add_to_binned(&mut by_bins, &bins.encode(table), 0..table.rows);
                    prop_assert_eq!(by_values, by_bins);
                }
            }
            // Grown in two parts it is the same.
            let mut again = Booster::new(on, &params, 1).unwrap();
            again.grow(1).unwrap();
            again.grow(3).unwrap();
            prop_assert_eq!(again.into_ensemble(), booster.into_ensemble());
        }
    }

    #[test]
    fn only_the_ratios_of_weights_count() {
        let table = Table { columns: vec![(0..90).map(|row| f64::from(row % 10)).collect()], rows: 90 };
        let labels: Vec<bool> = (0..90).map(|row| row % 10 > 6 || row % 4 == 0).collect();
        let params = Params { rounds: 3, ridge: 5.0, ..Params::default() };
        let of = |weight: f64| fit(&table, &labels, Some(&vec![weight; 90]), &params, 1).unwrap();
        assert_eq!(of(1.0), of(4.0));
        assert_eq!(of(1.0), fit(&table, &labels, None, &params, 1).unwrap());
    }
}
