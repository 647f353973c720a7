//! A challenger: trained on the older sessions, judged on the newest beside the champion.

use std::path::Path;

use super::Context;
use crate::decide::DeployGateFacts;
use crate::domain::{Date, Timestamp};
use crate::learn::{
    Dataset, FitError, Manifest, Model, ModelFile, Params, Quality, Rows, Source, Split, Table, Training,
    Validation, accuracy, log_loss, paired, split, suspects, train,
};
use crate::store::StoreError;

/// The seed of everything that is drawn in training.
const SEED: u64 = 1;

/// A trained model with how it did.
pub(super) struct Trained {
    pub file: ModelFile,
    pub facts: DeployGateFacts,
    held_out: Table,
    given: Vec<f64>,
}

fn date(session: i64) -> String {
    i32::try_from(session).ok().and_then(Date::from_num_days_from_ce_opt).unwrap_or_default().to_string()
}

/// A model that was trained and not judged yet.
pub(super) struct Fitted {
    split: Split,
    manifest: Manifest,
    model: Model,
    training: Training,
    suspects: Vec<(String, f64)>,
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
    let examples = &dataset.examples;
    let labels: Vec<bool> = split.train.iter().map(|row| examples[*row].label).collect();
    let sessions: Vec<i64> = split.train.iter().map(|row| examples[*row].session).collect();
    let manifest = Manifest::of(dataset, &split.train);
    let table = manifest.training_table(dataset, &split.train);
    let rows =
        Rows { table: &table, labels: &labels, weights: None, sessions: &sessions, side: manifest.side() };
    let model = train(&rows, &Params::candidates(split.train.len()), SEED)?.model;
    let of_source = |source| split.train.iter().filter(|row| examples[**row].source == source).count() as u64;
    let training = Training {
        from: date(examples[split.train[0]].session),
        until: date(examples[split.train[split.train.len() - 1]].session),
        rows: split.train.len() as u64,
        sessions: split.sessions.0 as u64,
        sources: [Source::Trade, Source::Missed, Source::Pick].map(of_source),
        base_rate: labels.iter().filter(|label| **label).count() as f64 / labels.len() as f64,
        accuracy: accuracy(&model.predict_all(&table), &labels).unwrap_or(0.0),
        seed: SEED,
    };
    let suspects = suspects(&table.columns, &labels)
        .into_iter()
        .map(|(column, auc)| (manifest.columns[column].title(), auc))
        .collect();
    Ok(Some(Fitted { split, manifest, model, training, suspects }))
}

impl Fitted {
    /// Judges it on the rows held out, beside the champion. `dataset` is the one that it was trained on.
    pub(super) fn judge(
        &self,
        now: Timestamp,
        dataset: &Dataset,
        champion: Option<&ModelFile>,
        threshold: f64,
    ) -> Trained {
        let examples = &dataset.examples;
        // What the champion learned from cannot judge it.
        let learned_until = champion.map(|file| file.training.until.clone()).unwrap_or_default();
        let held: Vec<usize> = (self.split.held_out.iter().copied())
            .filter(|row| date(examples[*row].session) > learned_until)
            .collect();
        let labels: Vec<bool> = held.iter().map(|row| examples[*row].label).collect();
        let sessions: Vec<i64> = held.iter().map(|row| examples[*row].session).collect();
        let net: Vec<f64> = held.iter().map(|row| examples[*row].net_frac).collect();
        let held_out = self.manifest.table(dataset, &held);
        let given = self.model.predict_all(&held_out);
        let judge = |given: &[f64]| Quality::of(given, &labels, &net, threshold);
        let old = champion.map(|file| file.model.predict_all(&file.manifest.table(dataset, &held)));
        let base_rate = self.training.base_rate;
        let base = vec![base_rate; held.len()];
        let majority = vec![if base_rate >= 0.5 { 1.0 } else { 0.0 }; held.len()];
        let of_held = |row: Option<&usize>| row.map(|row| date(examples[*row].session)).unwrap_or_default();
        let validation = Validation {
            from: of_held(held.first()),
            until: of_held(held.last()),
            sessions: self.split.sessions.1 as u64,
            held_out: judge(&given),
            champion: old.as_ref().map(|old| judge(old)),
            base_log_loss: log_loss(&base, &labels),
            majority_accuracy: accuracy(&majority, &labels),
            paired: paired(&given, old.as_ref().unwrap_or(&base), &labels, &sessions),
            walk_log_loss: self.model.walk_loss,
            walk_base_log_loss: self.model.walk_base_loss,
            threshold,
            expectancy: (!net.is_empty()).then(|| net.iter().sum::<f64>() / net.len() as f64),
        };
        let facts = DeployGateFacts {
            rows: held.len() as u64,
            both_outcomes: labels.contains(&true) && labels.contains(&false),
            accuracy: validation.held_out.accuracy,
            reference_accuracy: match &validation.champion {
                Some(champion) => champion.accuracy,
                None => validation.majority_accuracy,
            },
            has_champion: champion.is_some(),
            train_accuracy: self.training.accuracy,
            log_loss: validation.held_out.log_loss,
            base_log_loss: validation.base_log_loss,
            auc: validation.held_out.auc,
            improvement: validation.paired.map(|paired| (paired.mean, paired.low, paired.high)),
            suspects: self.suspects.clone(),
        };
        let mut file = ModelFile {
            version: String::new(),
            created_at: now.to_string(),
            importances: self.model.importances(),
            profiles: Vec::new(),
            training: self.training.clone(),
            validation,
            manifest: self.manifest.clone(),
            model: self.model.clone(),
        };
        file.version = version_of(now, &file);
        Trained { file, facts, held_out, given }
    }
}

/// Trains and judges; `None` with fewer than three sessions.
///
/// # Errors
/// [`FitError`] when the rows cannot be learned from.
pub(super) fn train_challenger(
    context: &Context<'_>,
    dataset: &Dataset,
    champion: Option<&ModelFile>,
    threshold: f64,
) -> Result<Option<Trained>, FitError> {
    context.progress.begin("training", None);
    let fitted = fit_challenger(dataset);
    context.progress.end();
    Ok(fitted?.map(|fitted| fitted.judge(context.now, dataset, champion, threshold)))
}

/// The moment and a hash of what is in it: two models of one moment differ in name where they differ at all.
fn version_of(now: Timestamp, file: &ModelFile) -> String {
    let moment: String = now.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    let hash = serde_json::to_vec(file).map_or(0, |bytes| xxhash_rust::xxh3::xxh3_64(&bytes));
    format!("{moment}-{:08x}", hash >> 32)
}

impl Trained {
    /// Fails unless a model from disk gives the held-out rows what this one gave them, to the last bit.
    pub(super) fn verify(&self, stored: &ModelFile, path: &Path) -> Result<(), StoreError> {
        let again = stored.model.predict_all(&self.held_out);
        if again.iter().zip(&self.given).all(|(a, b)| a.to_bits() == b.to_bits()) {
            return Ok(());
        }
        let why = "it does not give the held-out rows what it gave them before".into();
        Err(StoreError::Corrupt { path: path.to_owned(), why })
    }
}
