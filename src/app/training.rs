//! A challenger: trained on the older sessions, judged on the newest beside the champion.

use std::collections::BTreeMap;
use std::path::Path;

use crate::decide::{DeployGateFacts, ShownSkill};
use crate::domain::{Date, Timestamp};
use crate::learn::{
    Dataset, EMBARGO, FitError, Manifest, Model, ModelFile, Params, Profile, Quality, Rows, Source, Split,
    Table, Trained as Fit, Training, Validation, accuracy, log_loss, one_session_ahead, paired, split,
    suspects, train,
};
use crate::stats::evidence::{Forecast, ForecastTest, SessionSkill, SkillSession};
use crate::store::StoreError;

/// Days of rows that `retrain` learns from, unless it is told otherwise.
pub const RETRAIN_DAYS: u16 = 30;

/// The seed of everything that is drawn in training.
const SEED: u64 = 1;

/// The most held-out sessions that one fit is judged on. A model is in use about as long before the next attempt, and where
/// a relation turns round, one that is older is not what anybody would use: of ten worlds in which half of the relations turn
/// round half way, 16 sessions before a retrain, none passed the gate when one fit was judged on all eleven sessions held out.
pub(super) const STRETCH_SESSIONS: usize = 5;

/// With more rows than this the sessions of the walk-forward say enough of skill, and a fit a session would cost more than it
/// tells.
const AHEAD_ROWS_MAX: usize = 20_000;

/// A trained model with how it did.
pub(super) struct Trained {
    /// The fit that was judged.
    pub file: ModelFile,
    pub facts: DeployGateFacts,
}

pub(super) fn date(session: i64) -> String {
    i32::try_from(session).ok().and_then(Date::from_num_days_from_ce_opt).unwrap_or_default().to_string()
}

/// Rows of a dataset as they are learned from.
struct Lesson {
    table: Table,
    labels: Vec<bool>,
    sessions: Vec<i64>,
    side: Option<usize>,
    encoded: Vec<usize>,
}

impl Lesson {
    /// Rows, and what they have in the columns of a manifest.
    fn new(dataset: &Dataset, rows: &[usize], manifest: &Manifest, table: Table) -> Self {
        let examples = || rows.iter().map(|row| &dataset.examples[*row]);
        let labels = examples().map(|example| example.label).collect();
        let sessions = examples().map(|example| example.session).collect();
        Self { table, labels, sessions, side: manifest.side(), encoded: manifest.encoded() }
    }

    /// Rows with the columns that they are worth.
    fn of(dataset: &Dataset, rows: &[usize]) -> (Self, Manifest) {
        let manifest = Manifest::of(dataset, rows);
        let table = manifest.training_table(dataset, rows);
        (Self::new(dataset, rows, &manifest, table), manifest)
    }

    fn rows(&self) -> Rows<'_> {
        let Self { table, labels, sessions, side, encoded } = self;
        Rows { table, labels, weights: None, sessions, side: *side, encoded }
    }

    /// The share of good outcomes.
    fn base_rate(&self) -> f64 {
        self.labels.iter().filter(|label| **label).count() as f64 / self.labels.len().max(1) as f64
    }

    /// What a model learned from, which are the `rows` of the dataset, and how it did on them.
    fn training(&self, dataset: &Dataset, rows: &[usize], model: &Model) -> Training {
        let date_of = |session: Option<&i64>| session.map(|session| date(*session)).unwrap_or_default();
        let of_source =
            |source| rows.iter().filter(|row| dataset.examples[**row].source == source).count() as u64;
        Training {
            from: date_of(self.sessions.first()),
            until: date_of(self.sessions.last()),
            rows: rows.len() as u64,
            sessions: self.sessions.chunk_by(|a, b| a == b).count() as u64,
            sources: [Source::Trade, Source::Missed, Source::Pick].map(of_source),
            base_rate: self.base_rate(),
            accuracy: accuracy(&model.predict_all(&self.table), &self.labels).unwrap_or(0.0),
            seed: SEED,
        }
    }
}

/// What a row held out was given.
#[derive(Clone, Copy)]
struct Given {
    /// By a fit on what came before the row's stretch of sessions.
    probability: f64,
    /// The share of good outcomes among what that fit knew.
    base_rate: f64,
}

/// A model that was trained and not judged yet.
pub(super) struct Fitted {
    split: Split,
    manifest: Manifest,
    fit: Fit,
    training: Training,
    suspects: Vec<(String, f64)>,
    given: Vec<Given>,
}

/// Trains; `None` with fewer than three sessions.
///
/// # Errors
/// [`FitError`] when the rows cannot be learned from.
pub(super) fn fit_challenger(dataset: &Dataset) -> Result<Option<Fitted>, FitError> {
    let split = split(dataset);
    if split.train.is_empty() {
        return Ok(None);
    }
    let (lesson, manifest) = Lesson::of(dataset, &split.train);
    let fit = train(&lesson.rows(), &Params::candidates(split.train.len()), SEED)?;
    let training = lesson.training(dataset, &split.train, &fit.model);
    let suspects = suspects(&lesson.table.columns, &lesson.labels)
        .into_iter()
        .map(|(column, auc)| (manifest.columns[column].title(), auc))
        .collect();
    let mut fitted = Fitted { split, manifest, fit, training, suspects, given: Vec::new() };
    fitted.given = fitted.walk_held_out(dataset)?;
    Ok(Some(fitted))
}

impl Fitted {
    /// The probabilities of the rows held out, stretch by stretch: the first by the fit, each later one by the same settings
    /// fitted once more on what came before it, its last session left out.
    fn walk_held_out(&self, dataset: &Dataset) -> Result<Vec<Given>, FitError> {
        let held = &self.split.held_out;
        let session = |row: &usize| dataset.examples[*row].session;
        let sessions: Vec<&[usize]> = held.chunk_by(|a, b| session(a) == session(b)).collect();
        // Of about the same length.
        let stretches = sessions.len().div_ceil(STRETCH_SESSIONS).max(1);
        let length = sessions.len().div_ceil(stretches).max(1);
        let mut given = Vec::with_capacity(held.len());
        for (at, stretch) in sessions.chunks(length).enumerate() {
            let rows = stretch.concat();
            let (probabilities, base_rate) = if at == 0 {
                (self.fit.model.predict_all(&self.manifest.table(dataset, &rows)), self.training.base_rate)
            } else {
                let left_out = sessions[at * length - EMBARGO][0];
                let seen: Vec<usize> = held.iter().copied().take_while(|row| *row < left_out).collect();
                let known: Vec<usize> = (0..left_out).collect();
                let (model, manifest, lesson) = self.fit_again(dataset, &seen, &known)?;
                (model.predict_all(&manifest.table(dataset, &rows)), lesson.base_rate())
            };
            given.extend(probabilities.into_iter().map(|probability| Given { probability, base_rate }));
        }
        Ok(given)
    }

    /// The settings that were chosen, fitted on other `rows`; `held` are those among them that the members had not seen, and
    /// which have their say about the weights.
    fn fit_again(
        &self,
        dataset: &Dataset,
        held: &[usize],
        rows: &[usize],
    ) -> Result<(Model, Manifest, Lesson), FitError> {
        let held = Lesson::new(dataset, held, &self.manifest, self.manifest.table(dataset, held));
        let (lesson, manifest) = Lesson::of(dataset, rows);
        let model = self.fit.refit(&held.rows(), &lesson.rows())?;
        Ok((model, manifest, lesson))
    }

    /// Judges it on the rows held out, beside the champion. `dataset` is the one that it was trained on.
    pub(super) fn judge(
        &self,
        now: Timestamp,
        dataset: &Dataset,
        champion: Option<&ModelFile>,
        threshold: f64,
        skill: ShownSkill,
    ) -> Trained {
        let examples = &dataset.examples;
        // What the champion learned from cannot judge it.
        let learned_until = champion.map(|file| file.training.until.clone()).unwrap_or_default();
        let (held, walked): (Vec<usize>, Vec<Given>) = (self.split.held_out.iter().zip(&self.given))
            .filter(|(row, _)| date(examples[**row].session) > learned_until)
            .unzip();
        let labels: Vec<bool> = held.iter().map(|row| examples[*row].label).collect();
        let sessions: Vec<i64> = held.iter().map(|row| examples[*row].session).collect();
        let net: Vec<f64> = held.iter().map(|row| examples[*row].net_frac).collect();
        let given: Vec<f64> = walked.iter().map(|given| given.probability).collect();
        let judge = |given: &[f64]| Quality::of(given, &labels, &net, threshold);
        let old = champion.map(|file| file.model.predict_all(&file.manifest.table(dataset, &held)));
        // The champion was made once. So is what it is compared with.
        let alike = old.as_ref().map(|_| self.fit.model.predict_all(&self.manifest.table(dataset, &held)));
        let alike = alike.as_ref().unwrap_or(&given);
        let base: Vec<f64> = walked.iter().map(|given| given.base_rate).collect();
        let majority: Vec<f64> = base.iter().map(|base| if *base >= 0.5 { 1.0 } else { 0.0 }).collect();
        let of_held = |row: Option<&usize>| row.map(|row| date(examples[*row].session)).unwrap_or_default();
        let validation = Validation {
            from: of_held(held.first()),
            until: of_held(held.last()),
            sessions: sessions.chunk_by(|a, b| a == b).count() as u64,
            held_out: judge(&given),
            champion: old.as_ref().map(|old| judge(old)),
            base_log_loss: log_loss(&base, &labels),
            majority_accuracy: accuracy(&majority, &labels),
            paired: paired(alike, old.as_ref().unwrap_or(&base), &labels, &sessions),
            walk_log_loss: self.fit.model.walk_loss,
            walk_base_log_loss: self.fit.model.walk_base_loss,
            threshold,
            expectancy: (!net.is_empty()).then(|| net.iter().sum::<f64>() / net.len() as f64),
        };
        let better_e = old.as_ref().map(|old| better(old, alike, &labels, &sessions).e());
        let facts = self.facts(&validation, &labels, better_e, skill);
        let mut file = ModelFile {
            version: String::new(),
            created_at: now.to_string(),
            importances: self.fit.model.importances(),
            profiles: Vec::new(),
            training: self.training.clone(),
            validation,
            manifest: self.manifest.clone(),
            model: self.fit.model.clone(),
        };
        file.version = version_of(now, &file);
        Trained { file, facts }
    }

    /// What the gate asks about. `labels` are of the rows held out, `better_e` against a champion, where there is one.
    fn facts(
        &self,
        validation: &Validation,
        labels: &[bool],
        better_e: Option<f64>,
        skill: ShownSkill,
    ) -> DeployGateFacts {
        let right = |accuracy: Option<f64>| (accuracy.unwrap_or(0.0) * labels.len() as f64).round() as u64;
        let base_rate = self.training.base_rate;
        DeployGateFacts {
            rows: labels.len() as u64,
            both_outcomes: labels.contains(&true) && labels.contains(&false),
            right: right(validation.held_out.accuracy),
            reference_right: right(match &validation.champion {
                Some(champion) => champion.accuracy,
                None => validation.majority_accuracy,
            }),
            has_champion: validation.champion.is_some(),
            train_accuracy: self.training.accuracy,
            majority_drift: base_rate.max(1.0 - base_rate) - validation.majority_accuracy.unwrap_or(0.0),
            log_loss: validation.held_out.log_loss,
            base_log_loss: validation.base_log_loss,
            auc: validation.held_out.auc,
            improvement: validation.paired.map(|paired| (paired.mean, paired.low, paired.high)),
            better_e,
            skill,
            suspects: self.suspects.clone(),
        }
    }

    /// What the sessions after `last` say of skill, each scored by what was trained on sessions before it alone: those of
    /// the walk-forward by its folds, those held out by the fit that is judged, and all by a plain fit of their own.
    ///
    /// # Errors
    /// [`FitError`] when the rows cannot be learned from.
    pub(super) fn scored(
        &self,
        dataset: &Dataset,
        last: i64,
    ) -> Result<BTreeMap<i64, SessionSkill>, FitError> {
        let mut found: BTreeMap<i64, SessionSkill> = BTreeMap::new();
        for (session, said) in said_by(dataset, ahead(dataset, last)?) {
            let nothing = SkillSession { rows: said.rows, wins: said.wins, ..SkillSession::default() };
            found.insert(session, SessionSkill { walked: nothing, ahead: Some(said) });
        }
        let mut walked = self.walked();
        walked.retain(|(row, _)| dataset.examples[*row].session > last);
        for (session, said) in said_by(dataset, walked) {
            found.entry(session).or_default().walked = said;
        }
        Ok(found)
    }

    /// The log-odds of the rows that the walk-forward or the fit that is judged had not seen.
    fn walked(&self) -> Vec<(usize, f64)> {
        let walked = self.fit.sequential.iter().map(|(row, score)| (self.split.train[*row], *score));
        let log_odds = self.given.iter().map(|given| (given.probability / (1.0 - given.probability)).ln());
        let held = self.split.held_out.iter().copied().zip(log_odds);
        walked.chain(held).collect()
    }

    /// The settings that were judged, fitted once more on every row: tomorrow's signals are informed by today. What
    /// was judged keeps its figures.
    ///
    /// # Errors
    /// [`FitError`] when the rows cannot be learned from.
    pub(super) fn refit(&self, judged: &ModelFile, dataset: &Dataset) -> Result<ModelFile, FitError> {
        let rows: Vec<usize> = (0..dataset.examples.len()).collect();
        let (model, manifest, lesson) = self.fit_again(dataset, &self.split.held_out, &rows)?;
        let training = lesson.training(dataset, &rows, &model);
        // What signals to come are held against is what the deployed fit has seen.
        let profiles = lesson.table.columns.iter().map(|column| Profile::of(column)).collect();
        let importances = model.importances();
        Ok(ModelFile { importances, profiles, training, manifest, model, ..judged.clone() })
    }
}

/// The log-odds of the rows of the sessions after `last`, each by a plain fit on what came before; none where there are more
/// than 20,000 rows.
fn ahead(dataset: &Dataset, last: i64) -> Result<Vec<(usize, f64)>, FitError> {
    let rows: Vec<usize> = (0..dataset.examples.len()).collect();
    if rows.len() > AHEAD_ROWS_MAX {
        return Ok(Vec::new());
    }
    one_session_ahead(&Lesson::of(dataset, &rows).0.rows(), last.saturating_add(1))
}

/// What scores of rows say of each session.
fn said_by(dataset: &Dataset, scored: Vec<(usize, f64)>) -> impl Iterator<Item = (i64, SkillSession)> {
    let mut sessions: BTreeMap<i64, (Vec<f64>, Vec<bool>)> = BTreeMap::new();
    for (row, score) in scored {
        let session = sessions.entry(dataset.examples[row].session).or_default();
        session.0.push(score);
        session.1.push(dataset.examples[row].label);
    }
    sessions.into_iter().map(|(session, (scores, won))| (session, SkillSession::new(&scores, &won)))
}

/// Whether `given` is better than `old`, session by session.
fn better(old: &[f64], given: &[f64], labels: &[bool], sessions: &[i64]) -> ForecastTest {
    let mut test = ForecastTest::default();
    let rows: Vec<usize> = (0..labels.len()).collect();
    for session in rows.chunk_by(|a, b| sessions[*a] == sessions[*b]) {
        let forecast = |row: &usize| Forecast { tried: old[*row], rival: given[*row], won: labels[*row] };
        test.push(&session.iter().map(forecast).collect::<Vec<_>>());
    }
    test
}

/// The moment and a hash of what is in it: two models of one moment differ in name where they differ at all.
fn version_of(now: Timestamp, file: &ModelFile) -> String {
    let moment: String = now.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    let hash = serde_json::to_vec(file).map_or(0, |bytes| xxhash_rust::xxh3::xxh3_64(&bytes));
    format!("{moment}-{:08x}", hash >> 32)
}

/// Fails unless a model from disk gives every row what it gave before it was written, to the last bit.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub(super) fn verify(
    made: &ModelFile,
    stored: &ModelFile,
    dataset: &Dataset,
    path: &Path,
) -> Result<(), StoreError> {
    let rows: Vec<usize> = (0..dataset.examples.len()).collect();
    let given = |file: &ModelFile| file.model.predict_all(&file.manifest.table(dataset, &rows));
    if given(made).iter().zip(given(stored)).all(|(a, b)| a.to_bits() == b.to_bits()) {
        return Ok(());
    }
    let why = "it does not give the rows what it gave them before".into();
    Err(StoreError::Corrupt { path: path.to_owned(), why })
}

#[cfg(test)]
mod tests;
