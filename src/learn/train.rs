//! Training: members walk forward, a stack weighs them, and the settings that won are fitted once more on all rows.

use rayon::prelude::*;

use crate::learn::bins::{Binned, Bins};
use crate::learn::boost::{Booster, checked, distinct_columns};
use crate::learn::calibrate::Calibration;
use crate::learn::cross::Crosses;
use crate::learn::ensemble::Ensemble;
use crate::learn::error::FitError;
use crate::learn::linear::level_of;
use crate::learn::merge::merged;
use crate::learn::model::{Member, Model, REFERENCE_MAX};
use crate::learn::ordered::{Ordered, faded};
use crate::learn::params::Params;
use crate::learn::scores::{log_odds_loss, logit, sigmoid};
use crate::learn::stack::{MEMBERS, Stack};
use crate::learn::starts::Starts;
use crate::learn::table::Table;
use crate::learn::validate::EMBARGO;
use crate::learn::walk::{Fold, Walked, walk, walk_folds};

/// A member with less weight than this is left out.
const WEIGHT_MIN: f64 = 0.02;

/// The most rows of a walk-forward that the weights are fitted to: the newest.
const STACK_ROWS_MAX: usize = 20_000;

/// Rows to train on, in the order of time.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The columns; NaN is a missing value.
    pub table: &'a Table,
    /// Whether each row turned out well.
    pub labels: &'a [bool],
    /// How much each row counts; `None`: all the same.
    pub weights: Option<&'a [f64]>,
    /// The session of each row, a number that never falls from row to row.
    pub sessions: &'a [i64],
    /// The column of 0 and 1 that tells long trades from short ones.
    pub side: Option<usize>,
    /// The columns that say how words did before, in log-odds.
    pub encoded: &'a [usize],
}

impl Rows<'_> {
    /// The weights, scaled to a mean of 1, or what is wrong with the rows.
    fn checked(&self) -> Result<Vec<f64>, FitError> {
        let weights = checked(self.table, self.labels, self.weights)?;
        if self.sessions.len() != self.table.rows {
            return Err(FitError::Length {
                what: "sessions",
                got: self.sessions.len(),
                rows: self.table.rows,
            });
        }
        if self.sessions.windows(2).any(|pair| pair[0] > pair[1]) {
            return Err(FitError::Order);
        }
        Ok(weights)
    }
}

/// Rows in bins, ready to be learned from.
pub(super) struct Prepared {
    pub(super) weights: Vec<f64>,
    crosses: Crosses,
    pub(super) bins: Bins,
    pub(super) codes: Vec<Vec<u8>>,
}

impl Prepared {
    pub(super) fn new(rows: Rows<'_>) -> Result<Self, FitError> {
        let weights = rows.checked()?;
        let crosses = Crosses::signed(rows.table, rows.side);
        let own_scale = |column| crosses.source(column).is_some_and(|source| rows.encoded.contains(&source));
        let (bins, codes) = Bins::of_columns(
            rows.table.rows,
            crosses.width(),
            |at| crosses.column(rows.table, at),
            own_scale,
        );
        Ok(Self { weights, crosses, bins, codes })
    }
}

/// Rows in bins with the columns of them that are worth looking at: those that vary and differ.
pub(super) struct Sifted<'a> {
    binned: Binned<'a>,
    /// Without those turned by the side, and with them.
    columns: [Vec<u32>; 2],
}

impl<'a> Sifted<'a> {
    /// Of columns of which the first `own` are not turned by the side.
    pub(super) fn of(bins: &'a Bins, codes: Vec<Vec<u8>>, own: usize) -> Self {
        let all = distinct_columns(&codes);
        let columns = [all.iter().copied().filter(|&column| (column as usize) < own).collect(), all];
        Self { binned: Binned { bins, codes }, columns }
    }

    /// The rows in their order, weighed.
    pub(super) fn ordered<'r>(&'r self, rows: &Rows<'r>, weights: &'r [f64]) -> Ordered<'r> {
        let (labels, sessions) = (rows.labels, rows.sessions);
        let columns = self.columns.each_ref().map(Vec::as_slice);
        Ordered { binned: &self.binned, labels, weights, sessions, columns }
    }
}

/// A model with what is needed to judge it, and to fit its settings once more on more rows.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// Rows and the log-odds that they were given by what was fitted, chosen and weighed on sessions before theirs
    /// alone; of the sessions of the walk-forward but those of its first fold.
    pub sequential: Vec<(usize, f64)>,
    /// The members, fitted on all rows, before they are joined.
    members: Vec<Ensemble>,
    settings: Settings,
}

/// What was chosen, and what it rests on.
#[derive(Clone, Debug, Default)]
struct Settings {
    candidates: Vec<Params>,
    stack: Stack,
    /// What each member gave rows that it had not seen.
    unseen: Vec<Vec<f64>>,
    labels: Vec<bool>,
    weights: Vec<f64>,
    rows: usize,
    seed: u64,
    walk_loss: Option<f64>,
    walk_base_loss: Option<f64>,
}

impl Settings {
    fn assumed(&self) -> Vec<bool> {
        self.candidates.iter().map(|params| params.half_life == 0.0).collect()
    }

    fn weigh(&mut self) {
        let skipped = self.labels.len().saturating_sub(STACK_ROWS_MAX);
        let unseen: Vec<Vec<f64>> = self.unseen.iter().map(|own| own[skipped..].to_vec()).collect();
        self.stack =
            Stack::fit(&unseen, &self.labels[skipped..], &self.weights[skipped..], &self.assumed(), MEMBERS);
    }
}

/// Walks every candidate forward by session, weighs them on what they gave the sessions to come, and fits them on all
/// rows. With too few sessions for a walk-forward the model predicts the base rate. The same rows give the same model to
/// the last bit, on any number of threads.
///
/// # Errors
/// [`FitError`] when the rows do not fit together or a parameter is out of its range.
pub fn train(rows: &Rows<'_>, candidates: &[Params], seed: u64) -> Result<Trained, FitError> {
    let prepared = Prepared::new(*rows)?;
    candidates.iter().try_for_each(Params::check)?;
    let folds = walk_folds(rows.sessions, EMBARGO);
    let mut settings = Settings { rows: rows.table.rows, seed, ..Settings::default() };
    let sifted = Sifted::of(&prepared.bins, prepared.codes, rows.table.columns.len());
    let ordered = sifted.ordered(rows, &prepared.weights);
    let mut sequential = Vec::new();
    if !folds.is_empty() {
        let starts: Vec<Starts> =
            folds.par_iter().map(|fold| Starts::new(ordered, fold.train, candidates)).collect();
        let walked: Vec<Walked> = candidates
            .par_iter()
            .map(|params| walk(ordered, &folds, &starts, params, seed))
            .collect::<Result<_, _>>()?;
        let scored: Vec<usize> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
        settings.labels = scored.iter().map(|&row| rows.labels[row]).collect();
        settings.weights = scored.iter().map(|&row| prepared.weights[row]).collect();
        settings.candidates = walked.iter().map(|walked| walked.params.clone()).collect();
        settings.unseen = walked.iter().map(|walked| walked.log_odds.clone()).collect();
        settings.weigh();
        let given = settings.stack.apply(&settings.unseen);
        settings.walk_loss = mean_loss(&given, &settings.labels, &settings.weights);
        settings.walk_base_loss = base_loss(ordered, &folds);
        sequential = in_sequence(&walked, &folds, ordered, &settings.assumed());
    }
    let members = fit_members(ordered, &settings.candidates, seed)?;
    let model = settings.model(&prepared.crosses, &prepared.bins, members.clone(), ordered);
    Ok(Trained { model, sequential, members, settings })
}

fn fit_members(on: Ordered<'_>, candidates: &[Params], seed: u64) -> Result<Vec<Ensemble>, FitError> {
    let rows = on.labels.len();
    let starts = Starts::new(on, rows, candidates);
    let fit = |params: &Params| {
        let weights = faded(on.weights, on.sessions, params.half_life);
        let learned = on.first(rows, rows, params, &weights);
        let mut booster = Booster::on_start(learned, starts.of(params), params, seed)?;
        booster.grow(params.rounds)?;
        Ok(booster.into_ensemble())
    };
    candidates.par_iter().map(fit).collect()
}

impl Settings {
    /// The probabilities of the last rows that no member had seen, ascending, to four places.
    fn reference(&self) -> Vec<f64> {
        if self.stack.weights.iter().all(|weight| *weight == 0.0) {
            return Vec::new();
        }
        let skipped = self.labels.len().saturating_sub(REFERENCE_MAX);
        let unseen: Vec<Vec<f64>> = self.unseen.iter().map(|own| own[skipped..].to_vec()).collect();
        let given = self.stack.apply(&unseen).into_iter().map(|x| (sigmoid(x) * 1e4).round() / 1e4);
        let mut reference: Vec<f64> = given.collect();
        reference.sort_unstable_by(f64::total_cmp);
        reference
    }

    fn model(&self, crosses: &Crosses, bins: &Bins, members: Vec<Ensemble>, on: Ordered<'_>) -> Model {
        let sum: f64 = self.stack.weights.iter().sum();
        let (ensemble, calibration) = if sum > 0.0 {
            let shares = self.stack.weights.iter().map(|weight| weight / sum);
            let whole = merged(shares.zip(members).collect(), bins, crosses.width());
            (whole, Calibration { slope: sum, shift: self.stack.shift })
        } else {
            let start = level_of(on.labels, on.weights);
            let flat = Ensemble { columns: crosses.width() as u32, chains: 1, start, ..Ensemble::default() };
            (flat, Calibration::default())
        };
        let member = |(params, weight): (&Params, &f64)| Member { params: params.clone(), weight: *weight };
        let members: Vec<Member> = self.candidates.iter().zip(&self.stack.weights).map(member).collect();
        let heaviest = members.iter().max_by(|a, b| a.weight.total_cmp(&b.weight));
        Model {
            crosses: crosses.clone(),
            ensemble,
            calibration,
            reference: self.reference(),
            params: heaviest.map(|member| member.params.clone()).unwrap_or_default(),
            members,
            walk_loss: self.walk_loss,
            walk_base_loss: self.walk_base_loss,
        }
    }
}

impl Trained {
    /// The model that its settings give on more rows, as it is deployed: `held_out` are the rows on which it was judged,
    /// which have their say about the weights; `all` are the rows up to now. The number of rounds grows with the root of
    /// the rows.
    ///
    /// # Errors
    /// [`FitError`] when the rows do not fit together.
    pub fn refit(&self, held_out: &Rows<'_>, all: &Rows<'_>) -> Result<Model, FitError> {
        let mut settings = self.settings.clone();
        if !self.members.is_empty() && held_out.table.rows > 0 {
            let wide = self.model.crosses.widen(held_out.table);
            let given = self.members.par_iter().map(|member| member.predict_all(&wide)).collect::<Vec<_>>();
            settings.unseen.iter_mut().zip(given).for_each(|(own, given)| own.extend(given));
            settings.labels.extend_from_slice(held_out.labels);
            settings.weights.extend(held_out.checked()?);
            settings.weigh();
        }
        let kept: Vec<bool> = settings.stack.weights.iter().map(|weight| *weight >= WEIGHT_MIN).collect();
        let mut keep = kept.iter();
        settings.candidates.retain(|_| keep.next() == Some(&true));
        let mut keep = kept.iter();
        settings.unseen.retain(|_| keep.next() == Some(&true));
        settings.stack.weights.retain(|weight| *weight >= WEIGHT_MIN);
        let growth = (all.table.rows as f64 / settings.rows.max(1) as f64).sqrt().max(1.0);
        for params in &mut settings.candidates {
            params.rounds = (params.rounds as f64 * growth).round() as usize;
        }
        let prepared = Prepared::new(*all)?;
        let sifted = Sifted::of(&prepared.bins, prepared.codes, all.table.columns.len());
        let ordered = sifted.ordered(all, &prepared.weights);
        let members = fit_members(ordered, &settings.candidates, settings.seed)?;
        Ok(settings.model(&prepared.crosses, &prepared.bins, members, ordered))
    }
}

fn mean_loss(given: &[f64], labels: &[bool], weights: &[f64]) -> Option<f64> {
    let total: f64 = weights.iter().sum();
    let rows = given.iter().zip(labels).zip(weights);
    let sum: f64 = rows.map(|((&x, &label), weight)| weight * log_odds_loss(x, label)).sum();
    (total > 0.0).then(|| sum / total)
}

/// The mean loss of the scored rows when each fold predicts the base rate of what it is fitted on.
fn base_loss(on: Ordered<'_>, folds: &[Fold]) -> Option<f64> {
    let mut given = Vec::new();
    let (mut labels, mut weights) = (Vec::new(), Vec::new());
    for fold in folds {
        let (mut good, mut total) = (0.5, 1.0);
        for (label, weight) in on.labels[..fold.train].iter().zip(on.weights) {
            total += weight;
            good += if *label { *weight } else { 0.0 };
        }
        given.extend(fold.test.clone().map(|_| logit(good / total)));
        labels.extend_from_slice(&on.labels[fold.test.clone()]);
        weights.extend_from_slice(&on.weights[fold.test.clone()]);
    }
    mean_loss(&given, &labels, &weights)
}

/// What a stack gives each fold that was fitted on the folds before it alone.
fn in_sequence(walked: &[Walked], folds: &[Fold], on: Ordered<'_>, assumed: &[bool]) -> Vec<(usize, f64)> {
    let mut sequential = Vec::new();
    let mut unseen: Vec<Vec<f64>> = vec![Vec::new(); walked.len()];
    let (mut labels, mut weights) = (Vec::new(), Vec::new());
    for (at, fold) in folds.iter().enumerate() {
        let own: Vec<Vec<f64>> = walked.iter().map(|walked| walked.sequential[at].clone()).collect();
        if at > 0 {
            let given = Stack::fit(&unseen, &labels, &weights, assumed, MEMBERS).apply(&own);
            sequential.extend(fold.test.clone().zip(given));
        }
        unseen.iter_mut().zip(own).for_each(|(all, own)| all.extend(own));
        labels.extend_from_slice(&on.labels[fold.test.clone()]);
        weights.extend_from_slice(&on.weights[fold.test.clone()]);
    }
    sequential
}
