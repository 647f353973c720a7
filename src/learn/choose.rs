//! Chooses parameters by expanding walk-forward: fit on the sessions so far, score on the next ones.

use rayon::prelude::*;

use crate::learn::bins::{Binned, Bins};
use crate::learn::boost::Booster;
use crate::learn::curve::LossCurve;
use crate::learn::error::FitError;
use crate::learn::params::Params;
use crate::learn::scores::log_odds_loss;
use crate::learn::table::Table;

/// The share of the sessions before the first fold is scored.
const FIRST_SHARE: f64 = 0.4;

/// Rounds without a new least loss after which more are not looked at. A replay with 95 trainings on some 2,000
/// rows of noise each came to the same figures with and without it: at a rate of a twentieth, averaged chains fall smoothly.
const PATIENCE: usize = 50;

/// Rounds between two looks at whether to go on.
const STRIDE: usize = 25;

/// Rows to fit on and later rows to score.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fold {
    /// Rows to fit on.
    pub train: Vec<usize>,
    /// Rows to score.
    pub test: Vec<usize>,
}

/// Parameters that were chosen and what speaks for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The parameters, with the number of rounds at which training stops.
    pub params: Params,
    /// Their mean log loss over all scored rows.
    pub log_loss: f64,
    /// The mean log loss of the same rows when each fold predicts its base rate.
    pub base_loss: f64,
    /// Every scored row and the log-odds it was given by the fit of its fold, in row order.
    pub held_out: Vec<(usize, f64)>,
}

/// Splits rows by their session (any number that grows with time) into folds that train on all earlier
/// sessions but the last `embargo` ones. Folds without rows to train on or to score are left out.
pub fn session_folds(sessions: &[i64], folds: usize, embargo: usize) -> Vec<Fold> {
    let mut known: Vec<i64> = sessions.to_vec();
    known.sort_unstable();
    known.dedup();
    let first = ((known.len() as f64 * FIRST_SHARE) as usize).max(1 + embargo);
    let later = known.len().saturating_sub(first);
    let fold = |fold: usize| {
        let begin = first + later * fold / folds;
        let end = first + later * (fold + 1) / folds;
        let tested = known.get(begin..end).unwrap_or_default();
        let trained = known.get(..begin.saturating_sub(embargo)).unwrap_or_default();
        let rows = |of: &[i64]| match (of.first(), of.last()) {
            (Some(low), Some(high)) => {
                (0..sessions.len()).filter(|&row| (*low..=*high).contains(&sessions[row])).collect()
            }
            _ => Vec::new(),
        };
        Fold { train: rows(trained), test: rows(tested) }
    };
    (0..folds).map(fold).filter(|fold| !fold.train.is_empty() && !fold.test.is_empty()).collect()
}

/// Fits every candidate on every fold and takes the candidate and the number of rounds with the least
/// mean log loss over all scored rows; of equals the earlier candidate and the fewer rounds. A candidate
/// whose loss has long stopped falling is not carried on. `None` without candidates or folds.
pub fn choose(
    table: &Table,
    labels: &[bool],
    weights: Option<&[f64]>,
    folds: &[Fold],
    candidates: &[Params],
    seed: u64,
) -> Result<Option<Choice>, FitError> {
    if folds.is_empty() {
        return Ok(None);
    }
    let parts: Vec<Part> = folds.par_iter().map(|fold| Part::of(table, labels, weights, fold)).collect();
    let told: Vec<Told<'_>> = parts.par_iter().map(Told::of).collect();
    let walks: Vec<Walk<'_>> =
        candidates.par_iter().map(|params| Walk::of(&told, params, seed)).collect::<Result<_, _>>()?;
    let mut best: Option<(Walk<'_>, usize, f64)> = None;
    for walk in walks {
        let (rounds, loss) = walk.least();
        if best.as_ref().is_none_or(|(.., least)| loss < *least) {
            best = Some((walk, rounds, loss));
        }
    }
    let Some((walk, rounds, log_loss)) = best else { return Ok(None) };
    let params = Params { rounds, ..walk.params.clone() };
    let mut held_out = Vec::new();
    let (mut base, mut rows) = (0.0, 0.0);
    for ((part, fold), run) in parts.iter().zip(folds).zip(walk.runs) {
        let mut ensemble = run.booster.into_ensemble();
        ensemble.keep_rounds(rounds);
        held_out.extend(fold.test.iter().copied().zip(ensemble.predict_all(&part.test)));
        base += part.base_loss;
        rows += part.test_weight();
    }
    held_out.sort_by_key(|(row, _)| *row);
    Ok(Some(Choice { params, log_loss, base_loss: base / rows, held_out }))
}

/// The rows of a fold.
struct Part {
    train: Table,
    test: Table,
    /// Those of the rows to fit on.
    bins: Bins,
    train_labels: Vec<bool>,
    test_labels: Vec<bool>,
    train_weights: Option<Vec<f64>>,
    test_weights: Option<Vec<f64>>,
    /// The summed log loss of the scored rows when all get the base rate of the others.
    base_loss: f64,
}

impl Part {
    fn of(table: &Table, labels: &[bool], weights: Option<&[f64]>, fold: &Fold) -> Self {
        let label = |rows: &[usize]| -> Vec<bool> {
            rows.iter().map(|&row| labels.get(row).copied().unwrap_or(false)).collect()
        };
        let weight = |rows: &[usize]| -> Option<Vec<f64>> {
            weights.map(|all| rows.iter().map(|&row| all.get(row).copied().unwrap_or(0.0)).collect())
        };
        let train = table.select(&fold.train);
        let mut part = Self {
            bins: Bins::of(&train),
            train,
            test: table.select(&fold.test),
            train_labels: label(&fold.train),
            test_labels: label(&fold.test),
            train_weights: weight(&fold.train),
            test_weights: weight(&fold.test),
            base_loss: 0.0,
        };
        part.base_loss = part.loss_of_base_rate();
        part
    }

    fn loss_of_base_rate(&self) -> f64 {
        let of =
            |weights: &Option<Vec<f64>>, row: usize| weights.as_ref().map_or(1.0, |weights| weights[row]);
        let (mut positive, mut total) = (0.5, 1.0);
        for (row, &label) in self.train_labels.iter().enumerate() {
            total += of(&self.train_weights, row);
            positive += if label { of(&self.train_weights, row) } else { 0.0 };
        }
        let log_odds = (positive / (total - positive)).ln();
        let rows = self.test_labels.iter().enumerate();
        rows.map(|(row, &label)| of(&self.test_weights, row) * log_odds_loss(log_odds, label)).sum()
    }

    /// How much its scored rows count together.
    fn test_weight(&self) -> f64 {
        self.test_weights.as_ref().map_or(self.test.rows as f64, |weights| weights.iter().sum())
    }
}

/// The rows of a fold, told in bins.
struct Told<'a> {
    part: &'a Part,
    train: Binned<'a>,
    test: Binned<'a>,
}

impl<'a> Told<'a> {
    fn of(part: &'a Part) -> Self {
        Self { part, train: part.bins.tell(&part.train), test: part.bins.tell(&part.test) }
    }
}

/// A candidate on every fold.
struct Walk<'a> {
    params: &'a Params,
    runs: Vec<Run<'a>>,
    /// The mean loss over the rows of all folds after 0, 1, … rounds.
    losses: Vec<f64>,
}

/// A candidate on one fold.
struct Run<'a> {
    booster: Booster<'a>,
    curve: LossCurve<'a>,
    weight: f64,
}

impl<'a> Walk<'a> {
    fn of(folds: &'a [Told<'a>], params: &'a Params, seed: u64) -> Result<Self, FitError> {
        let runs = folds.par_iter().map(|fold| Run::of(fold, params, seed)).collect::<Result<_, _>>()?;
        let mut walk = Self { params, runs, losses: Vec::new() };
        walk.note();
        while walk.rounds() < params.rounds && walk.rounds() - walk.least().0 < PATIENCE {
            let rounds = STRIDE.min(params.rounds - walk.rounds());
            walk.runs.par_iter_mut().try_for_each(|run| run.carry_on(rounds))?;
            walk.note();
        }
        Ok(walk)
    }

    /// Notes the losses of the rounds that were grown.
    fn note(&mut self) {
        let total: f64 = self.runs.iter().map(|run| run.weight).sum();
        let rounds = self.runs.iter().map(|run| run.curve.losses.len()).min().unwrap_or(0);
        let mean =
            |at: usize| self.runs.iter().map(|run| run.weight * run.curve.losses[at]).sum::<f64>() / total;
        self.losses.extend((self.losses.len()..rounds).map(mean).collect::<Vec<_>>());
    }

    /// How many rounds were grown.
    fn rounds(&self) -> usize {
        self.losses.len().saturating_sub(1)
    }

    /// The fewest rounds with the least loss, and that loss.
    fn least(&self) -> (usize, f64) {
        let mut least = (0, f64::INFINITY);
        for (rounds, loss) in self.losses.iter().enumerate() {
            if *loss < least.1 {
                least = (rounds, *loss);
            }
        }
        least
    }
}

impl<'a> Run<'a> {
    fn of(fold: &'a Told<'a>, params: &'a Params, seed: u64) -> Result<Self, FitError> {
        let part = fold.part;
        let weights = part.train_weights.as_deref();
        let booster = Booster::new(&part.train, &fold.train, &part.train_labels, weights, params, seed)?;
        let starts = booster.starts(&part.test);
        let curve = LossCurve::new(starts, &fold.test, &part.test_labels, part.test_weights.as_deref());
        Ok(Self { booster, curve, weight: part.test_weight() })
    }

    fn carry_on(&mut self, rounds: usize) -> Result<(), FitError> {
        self.booster.grow(rounds)?;
        let grown = self.curve.losses.len() - 1;
        for round in grown..grown + rounds {
            self.curve.add_round(self.booster.round(round));
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
            let last = fold.train.iter().map(|&row| sessions[row]).max().unwrap();
            let first = fold.test.iter().map(|&row| sessions[row]).min().unwrap();
            assert_eq!(last + 2, first);
        }
        let scored: usize = folds.iter().map(|fold| fold.test.len()).sum();
        assert_eq!(scored, 60);
        assert!(session_folds(&[1, 1, 1], 4, 1).is_empty());
        assert!(session_folds(&[], 4, 1).is_empty() && session_folds(&sessions, 0, 1).is_empty());
    }

    #[test]
    fn noise_stops_early_and_signal_does_not() {
        let mut rng = crate::learn::rng::Rng::new(5, 0);
        let mut unit = || (rng.bits() >> 11) as f64 / (1u64 << 53) as f64;
        let column: Vec<f64> = (0..1200).map(|_| unit()).collect();
        let signal: Vec<bool> = column.iter().map(|x| unit() < 0.2 + 0.6 * x).collect();
        let sessions: Vec<i64> = (0..1200).map(|row| row / 60).collect();
        let table = Table::new(vec![column]).unwrap();
        let folds = session_folds(&sessions, 3, 0);
        let params = Params { chains: 2, rounds: 40, ..Params::default() };
        let choice = choose(&table, &signal, None, &folds, &[params], 1).unwrap().unwrap();
        assert!(choice.log_loss < choice.base_loss - 0.02 && choice.params.rounds > 10, "{choice:?}");
        // What has not moved for long is not carried on, and that changes nothing.
        let noise: Vec<bool> = (0..1200).map(|_| unit() < 0.5).collect();
        let params = Params { chains: 2, rounds: 150, ..Params::default() };
        let parts: Vec<Part> = folds.iter().map(|fold| Part::of(&table, &noise, None, fold)).collect();
        let told: Vec<Told<'_>> = parts.iter().map(Told::of).collect();
        let walk = Walk::of(&told, &params, 1).unwrap();
        let (least, loss) = walk.least();
        assert!(
            (PATIENCE..PATIENCE + STRIDE).contains(&(walk.rounds() - least)),
            "{least} of {}",
            walk.rounds()
        );
        let mut whole: Vec<Run<'_>> = told.iter().map(|fold| Run::of(fold, &params, 1).unwrap()).collect();
        whole.iter_mut().for_each(|run| run.carry_on(150).unwrap());
        let mut whole = Walk { params: &params, runs: whole, losses: Vec::new() };
        whole.note();
        assert_eq!((whole.rounds(), whole.least()), (150, (least, loss)));
        assert_eq!(choose(&table, &signal, None, &[], &[Params::default()], 1).unwrap(), None);
        assert_eq!(choose(&table, &signal, None, &folds, &[], 1).unwrap(), None);
    }
}
