//! Expanding walk-forward: fit on the sessions so far, predict the next ones, and see after how many rounds the loss is
//! least.

use std::ops::Range;

use rayon::prelude::*;

use crate::learn::boost::Booster;
use crate::learn::error::FitError;
use crate::learn::linear::LinearFit;
use crate::learn::ordered::{Ordered, faded};
use crate::learn::params::Params;
use crate::learn::scores::log_odds_loss;
use crate::learn::starts::Starts;

/// The share of the sessions before the first fold is scored.
const FIRST_SHARE: f64 = 0.4;

/// How many folds the walk-forward has at least, and at most.
const FOLDS: [usize; 2] = [4, 8];

/// More folds are made before one has more sessions than this: what members deserve is measured on fits that are about as
/// fresh as the one that will be used. In worlds that turned round 16 sessions before four folds of nine sessions gave .004
/// less AUC than eight, and log-odds too timid by .60 instead of .36.
const FOLD_SESSIONS: usize = 4;

/// More rows walk forward in the fewest folds.
const MANY_FOLDS_ROWS: usize = 20_000;

/// Rounds without a new least loss after which more are not looked at. A replay with 95 trainings on some 2,000
/// rows of noise each came to the same figures with and without it: averaged chains fall smoothly.
const PATIENCE: usize = 30;

/// With more rows one chain walks forward: on 60,000 planted rows the model has .0003 less AUC for a seventh of the time.
const ONE_CHAIN_ROWS: usize = 20_000;

/// Rounds between two looks at whether to go on.
const STRIDE: usize = 15;

/// Rows to fit on, which are the first ones, and later rows to score.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fold {
    /// How many rows, from the first one on, are fitted on.
    pub(crate) train: usize,
    /// The rows that are scored.
    pub(crate) test: Range<usize>,
}

/// The folds in which the rows of these sessions walk forward.
pub(crate) fn walk_folds(sessions: &[i64], embargo: usize) -> Vec<Fold> {
    session_folds(sessions, folds_of(sessions, embargo), embargo)
}

fn folds_of(sessions: &[i64], embargo: usize) -> usize {
    let [fewest, most] = FOLDS;
    let count = sessions.chunk_by(|a, b| a == b).count();
    let scored = count.saturating_sub(first_scored(count, embargo));
    if sessions.len() > MANY_FOLDS_ROWS { fewest } else { scored.div_ceil(FOLD_SESSIONS).clamp(fewest, most) }
}

/// How many of so many sessions are before the first fold is scored.
fn first_scored(sessions: usize, embargo: usize) -> usize {
    ((sessions as f64 * FIRST_SHARE) as usize).max(1 + embargo)
}

/// Splits rows, which stand in the order of their sessions (any number that grows with time), into folds that train on
/// all earlier sessions but the last `embargo` ones. Folds without rows to train on or to score are left out.
fn session_folds(sessions: &[i64], folds: usize, embargo: usize) -> Vec<Fold> {
    let mut starts: Vec<usize> =
        (0..sessions.len()).filter(|&row| row == 0 || sessions[row] != sessions[row - 1]).collect();
    let count = starts.len();
    starts.push(sessions.len());
    let first = first_scored(count, embargo);
    let later = count.saturating_sub(first);
    let fold = |fold: usize| {
        let begin = (first + later * fold / folds).min(count);
        let end = (first + later * (fold + 1) / folds).min(count);
        Fold { train: starts[begin.saturating_sub(embargo)], test: starts[begin]..starts[end] }
    };
    (0..folds).map(fold).filter(|fold| fold.train > 0 && !fold.test.is_empty()).collect()
}

/// What came of a candidate.
#[derive(Clone, Debug)]
pub(crate) struct Walked {
    /// The parameters, with the number of rounds that had the least loss.
    pub(crate) params: Params,
    /// The log-odds of the scored rows, fold by fold.
    pub(crate) log_odds: Vec<f64>,
    /// The same by fold, after the rounds that the folds before it would have chosen; the first after its own choice.
    pub(crate) sequential: Vec<Vec<f64>>,
}

/// Fits a candidate on every fold, and takes the number of rounds with the least summed loss over all scored rows, of
/// equals the fewest. One whose loss has long stopped falling is not carried on. `starts` has the linear starts of each fold.
pub(crate) fn walk(
    on: Ordered<'_>,
    folds: &[Fold],
    starts: &[Starts],
    params: &Params,
    seed: u64,
) -> Result<Walked, FitError> {
    let chains = if on.labels.len() > ONE_CHAIN_ROWS { 1 } else { params.chains };
    let (asked, params) = (params, &Params { chains, ..params.clone() });
    let weights: Vec<Vec<f64>> = folds
        .iter()
        .map(|fold| faded(&on.weights[..fold.train], &on.sessions[..fold.train], params.half_life))
        .collect();
    let begun = folds.par_iter().zip(&weights).zip(starts);
    let mut runs: Vec<Run<'_>> = begun
        .map(|((fold, weights), starts)| Run::new(on, fold, starts.of(params), params, weights, seed))
        .collect::<Result<_, _>>()?;
    let mut losses: Vec<f64> = vec![runs.iter().map(|run| run.losses[0]).sum()];
    let mut least = 0;
    while losses.len() <= params.rounds && losses.len() - 1 - least < PATIENCE {
        let rounds = STRIDE.min(params.rounds + 1 - losses.len());
        runs.par_iter_mut().try_for_each(|run| run.carry_on(rounds))?;
        for at in losses.len()..losses.len() + rounds {
            losses.push(runs.iter().map(|run| run.losses[at]).sum());
            if losses[at] < losses[least] {
                least = at;
            }
        }
    }
    let log_odds: Vec<Vec<f64>> = runs.par_iter().map(|run| run.log_odds(least)).collect();
    let chosen: Vec<usize> = (0..runs.len()).map(|fold| least_of(&runs[..fold.max(1)])).collect();
    let sequential = runs.par_iter().zip(chosen).map(|(run, rounds)| run.log_odds(rounds)).collect();
    let params = Params { rounds: least, ..asked.clone() };
    Ok(Walked { params, log_odds: log_odds.concat(), sequential })
}

/// The fewest rounds with the least summed loss.
fn least_of(runs: &[Run<'_>]) -> usize {
    let grown = runs.iter().map(|run| run.losses.len()).min().unwrap_or(0);
    let loss = |rounds: &usize| runs.iter().map(|run| run.losses[*rounds]).sum::<f64>();
    (0..grown).min_by(|a, b| loss(a).total_cmp(&loss(b))).unwrap_or(0)
}

/// A candidate on one fold.
struct Run<'a> {
    booster: Booster<'a>,
    test: Range<usize>,
    labels: &'a [bool],
    weights: &'a [f64],
    /// Of the scored rows after the rounds so far.
    log_odds: Vec<f64>,
    /// Their summed loss after 0, 1, … rounds.
    losses: Vec<f64>,
}

impl<'a> Run<'a> {
    fn new(
        on: Ordered<'a>,
        fold: &Fold,
        start: LinearFit,
        params: &'a Params,
        weights: &'a [f64],
        seed: u64,
    ) -> Result<Self, FitError> {
        let learned = on.first(fold.train, fold.train, params, weights);
        let booster = Booster::on_start(learned, start, params, seed)?;
        let test = fold.test.clone();
        let log_odds = booster.log_odds(test.clone(), 0);
        let (labels, weights) = (&on.labels[test.clone()], &on.weights[test.clone()]);
        let mut run = Self { booster, test, labels, weights, log_odds, losses: Vec::new() };
        run.note();
        Ok(run)
    }

    fn log_odds(&self, rounds: usize) -> Vec<f64> {
        self.booster.log_odds(self.test.clone(), rounds)
    }

    fn note(&mut self) {
        let rows = self.log_odds.iter().zip(self.labels).zip(self.weights);
        self.losses
            .push(rows.map(|((&log_odds, &label), weight)| weight * log_odds_loss(log_odds, label)).sum());
    }

    fn carry_on(&mut self, rounds: usize) -> Result<(), FitError> {
        self.booster.grow(rounds)?;
        let grown = self.losses.len() - 1;
        for round in grown..grown + rounds {
            self.booster.add_round(&mut self.log_odds, self.test.clone(), round);
            self.note();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_train_on_earlier_sessions_only() {
        let sessions: Vec<i64> = (0..100).map(|row| 20 + row / 5).collect();
        let folds = session_folds(&sessions, 4, 1);
        assert_eq!(folds.len(), 4);
        for fold in &folds {
            assert_eq!(sessions[fold.train - 1] + 2, sessions[fold.test.start]);
            assert_ne!(sessions[fold.train - 1], sessions[fold.train]);
        }
        assert_eq!(folds.iter().map(|fold| fold.test.len()).sum::<usize>(), 60);
        assert!(session_folds(&[1, 1, 1], 4, 1).is_empty());
        assert!(session_folds(&[], 4, 1).is_empty() && session_folds(&sessions, 0, 1).is_empty());
    }

    #[test]
    fn folds_are_short_where_there_are_sessions_enough() {
        let sessions = |count: i64, rows: usize| -> Vec<i64> {
            (0..rows).map(|row| row as i64 * count / rows as i64).collect()
        };
        // A month, a quarter, a year; and many rows.
        let of = |count, rows| folds_of(&sessions(count, rows), 1);
        assert_eq!(
            [of(21, 800), of(40, 800), of(63, 5_000), of(250, 5_000), of(63, 20_001)],
            [4, 6, 8, 8, 4]
        );
        assert_eq!([of(1, 5), folds_of(&[], 1)], [4, 4]);
        let folds = walk_folds(&sessions(40, 800), 1);
        assert!(folds.iter().all(|fold| fold.test.len() <= FOLD_SESSIONS * 20));
    }
}
