//! Chooses parameters by expanding walk-forward: fit on the sessions so far, score on the next ones.

use rayon::prelude::*;

use crate::learn::boost::fit;
use crate::learn::ensemble::Ensemble;
use crate::learn::error::FitError;
use crate::learn::params::Params;
use crate::learn::scores::log_odds_loss;
use crate::learn::table::Table;

/// The share of the sessions before the first fold is scored.
const FIRST_SHARE: f64 = 0.4;

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
/// mean log loss over all scored rows; of equals the earlier candidate and the fewer rounds. `None`
/// without candidates or folds.
pub fn choose(
    table: &Table,
    labels: &[bool],
    weights: Option<&[f64]>,
    folds: &[Fold],
    candidates: &[Params],
    seed: u64,
) -> Result<Option<Choice>, FitError> {
    let parts: Vec<Part> = folds.iter().map(|fold| Part::of(table, labels, weights, fold)).collect();
    let runs: Vec<(usize, &Part)> =
        (0..candidates.len()).flat_map(|at| parts.iter().map(move |part| (at, part))).collect();
    let fitted: Vec<Run> =
        runs.into_par_iter().map(|(at, part)| part.run(&candidates[at], seed)).collect::<Result<_, _>>()?;
    let mut best: Option<(f64, usize, usize)> = None;
    for (at, runs) in fitted.chunks(folds.len().max(1)).enumerate() {
        for (rounds, loss) in mean_losses(runs).into_iter().enumerate() {
            if best.is_none_or(|(least, _, _)| loss < least) {
                best = Some((loss, at, rounds));
            }
        }
    }
    let Some((log_loss, at, rounds)) = best else { return Ok(None) };
    let params = Params { rounds, ..candidates[at].clone() };
    let mut held_out = Vec::new();
    let (mut base, mut rows) = (0.0, 0.0);
    for ((part, fold), run) in parts.iter().zip(folds).zip(&fitted[at * folds.len()..]) {
        let mut ensemble = run.ensemble.clone();
        ensemble.keep_rounds(rounds);
        held_out.extend(fold.test.iter().copied().zip(ensemble.predict_all(&part.test)));
        base += part.base_loss;
        rows += run.weight;
    }
    held_out.sort_by_key(|(row, _)| *row);
    Ok(Some(Choice { params, log_loss, base_loss: base / rows, held_out }))
}

/// The rows of a fold.
struct Part {
    train: Table,
    test: Table,
    train_labels: Vec<bool>,
    test_labels: Vec<bool>,
    train_weights: Option<Vec<f64>>,
    test_weights: Option<Vec<f64>>,
    /// The summed log loss of the scored rows when all get the base rate of the others.
    base_loss: f64,
}

/// A fit on a fold.
struct Run {
    ensemble: Ensemble,
    losses: Vec<f64>,
    weight: f64,
}

impl Part {
    fn of(table: &Table, labels: &[bool], weights: Option<&[f64]>, fold: &Fold) -> Self {
        let label = |rows: &[usize]| -> Vec<bool> {
            rows.iter().map(|&row| labels.get(row).copied().unwrap_or(false)).collect()
        };
        let weight = |rows: &[usize]| -> Option<Vec<f64>> {
            weights.map(|all| rows.iter().map(|&row| all.get(row).copied().unwrap_or(0.0)).collect())
        };
        let mut part = Self {
            train: table.select(&fold.train),
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

    fn run(&self, params: &Params, seed: u64) -> Result<Run, FitError> {
        let ensemble = fit(&self.train, &self.train_labels, self.train_weights.as_deref(), params, seed)?;
        let losses = ensemble.losses(&self.test, &self.test_labels, self.test_weights.as_deref());
        let weight = self.test_weights.as_ref().map_or(self.test.rows as f64, |weights| weights.iter().sum());
        Ok(Run { ensemble, losses, weight })
    }
}

/// The mean loss over the rows of all folds after 0, 1, … rounds.
fn mean_losses(runs: &[Run]) -> Vec<f64> {
    let total: f64 = runs.iter().map(|run| run.weight).sum();
    let rounds = runs.iter().map(|run| run.losses.len()).min().unwrap_or(0);
    (0..rounds).map(|at| runs.iter().map(|run| run.weight * run.losses[at]).sum::<f64>() / total).collect()
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
        assert_eq!(choose(&table, &signal, None, &[], &[Params::default()], 1).unwrap(), None);
        assert_eq!(choose(&table, &signal, None, &folds, &[], 1).unwrap(), None);
    }
}
