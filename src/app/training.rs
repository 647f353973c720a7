//! A challenger: trained on the older sessions, judged on the newest beside the champion.

use std::path::Path;

use super::Desk;
use crate::decide::GateFacts;
use crate::domain::Date;
use crate::learn::{
    Dataset, Manifest, ModelFile, Params, Quality, Rows, Source, Table, Training, Validation, accuracy,
    log_loss, paired, split, suspects, train,
};
use crate::store::StoreError;

/// The seed of everything that is drawn in training.
const SEED: u64 = 1;

/// A trained model with how it did.
pub(super) struct Trained {
    pub file: ModelFile,
    pub facts: GateFacts,
    held_out: Table,
    given: Vec<f64>,
}

fn date(session: i64) -> String {
    i32::try_from(session).ok().and_then(Date::from_num_days_from_ce_opt).unwrap_or_default().to_string()
}

fn predictions(file: &ModelFile, table: &Table) -> Vec<f64> {
    (0..table.rows).map(|row| file.model.predict(&table.row(row))).collect()
}

/// Trains and judges; `None` with fewer than three sessions.
///
/// # Errors
/// [`crate::learn::FitError`] when the rows cannot be learned from.
pub(super) fn train_challenger(
    desk: &Desk<'_>,
    dataset: &Dataset,
    champion: Option<&ModelFile>,
    threshold: f64,
) -> Result<Option<Trained>, crate::learn::FitError> {
    let split = split(dataset);
    if split.train.is_empty() {
        return Ok(None);
    }
    let examples = &dataset.examples;
    let labels = |rows: &[usize]| -> Vec<bool> { rows.iter().map(|row| examples[*row].label).collect() };
    let sessions = |rows: &[usize]| -> Vec<i64> { rows.iter().map(|row| examples[*row].session).collect() };
    // What the champion learned from cannot judge it.
    let learned_until = champion.map(|file| file.training.until.clone()).unwrap_or_default();
    let held: Vec<usize> =
        split.held_out.iter().copied().filter(|row| date(examples[*row].session) > learned_until).collect();
    let manifest = Manifest::of(dataset, &split.train);
    let table = manifest.table(dataset, &split.train);
    let train_labels = labels(&split.train);
    desk.progress.begin("training", None);
    let rows = Rows {
        table: &table,
        labels: &train_labels,
        weights: None,
        sessions: &sessions(&split.train),
        side: manifest.side(),
    };
    let model = train(&rows, &Params::candidates(split.train.len()), SEED);
    desk.progress.end();
    let model = model?;
    let base_rate = train_labels.iter().filter(|label| **label).count() as f64 / train_labels.len() as f64;
    let of_source = |source| split.train.iter().filter(|row| examples[**row].source == source).count() as u64;
    let mut file = ModelFile {
        version: String::new(),
        created_at: desk.now.to_string(),
        importances: model.importances(),
        training: Training {
            from: date(examples[split.train[0]].session),
            until: date(examples[split.train[split.train.len() - 1]].session),
            rows: split.train.len() as u64,
            sessions: split.sessions.0 as u64,
            sources: [Source::Trade, Source::Missed, Source::Pick].map(of_source),
            base_rate,
            accuracy: 0.0,
            seed: SEED,
        },
        validation: Validation::default(),
        manifest,
        model,
    };
    let in_training = predictions(&file, &table);
    file.training.accuracy = accuracy(&in_training, &train_labels).unwrap_or(0.0);
    let held_labels = labels(&held);
    let held_out = file.manifest.table(dataset, &held);
    let given = predictions(&file, &held_out);
    let net: Vec<f64> = held.iter().map(|row| examples[*row].net_frac).collect();
    let judge = |given: &[f64]| Quality::of(given, &held_labels, &net, threshold);
    let old = champion.map(|file| predictions(file, &file.manifest.table(dataset, &held)));
    let base = vec![base_rate; held.len()];
    let majority = vec![if base_rate >= 0.5 { 1.0 } else { 0.0 }; held.len()];
    let of_held = |row: Option<&usize>| row.map(|row| date(examples[*row].session)).unwrap_or_default();
    file.validation = Validation {
        from: of_held(held.first()),
        until: of_held(held.last()),
        sessions: split.sessions.1 as u64,
        held_out: judge(&given),
        champion: old.as_ref().map(|old| judge(old)),
        base_log_loss: log_loss(&base, &held_labels),
        majority_accuracy: accuracy(&majority, &held_labels),
        paired: paired(&given, old.as_ref().unwrap_or(&base), &held_labels, &sessions(&held)),
        walk_log_loss: file.model.walk_loss,
        walk_base_log_loss: file.model.walk_base_loss,
        threshold,
        expectancy: (!net.is_empty()).then(|| net.iter().sum::<f64>() / net.len() as f64),
    };
    file.version = version_of(desk, &file);
    let validation = &file.validation;
    let facts = GateFacts {
        rows: held.len() as u64,
        both_outcomes: held_labels.contains(&true) && held_labels.contains(&false),
        accuracy: validation.held_out.accuracy,
        reference_accuracy: match &validation.champion {
            Some(champion) => champion.accuracy,
            None => validation.majority_accuracy,
        },
        has_champion: champion.is_some(),
        train_accuracy: file.training.accuracy,
        log_loss: validation.held_out.log_loss,
        base_log_loss: validation.base_log_loss,
        auc: validation.held_out.auc,
        improvement: validation.paired.map(|paired| (paired.mean, paired.low, paired.high)),
        suspects: suspects(&table.columns, &train_labels)
            .into_iter()
            .map(|(column, auc)| (file.manifest.columns[column].title(), auc))
            .collect(),
    };
    Ok(Some(Trained { file, facts, held_out, given }))
}

/// The moment and a hash of what is in it: two models of one moment differ in name where they differ at all.
fn version_of(desk: &Desk<'_>, file: &ModelFile) -> String {
    let moment: String = desk.now.to_string().chars().filter(char::is_ascii_alphanumeric).collect();
    let hash = serde_json::to_vec(file).map_or(0, |bytes| xxhash_rust::xxh3::xxh3_64(&bytes));
    format!("{moment}-{:08x}", hash >> 32)
}

impl Trained {
    /// Fails unless a model from disk gives the held-out rows what this one gave them, to the last bit.
    pub(super) fn verify(&self, stored: &ModelFile, path: &Path) -> Result<(), StoreError> {
        let again = predictions(stored, &self.held_out);
        if again.iter().zip(&self.given).all(|(a, b)| a.to_bits() == b.to_bits()) {
            return Ok(());
        }
        let why = "it does not give the held-out rows what it gave them before".into();
        Err(StoreError::Corrupt { path: path.to_owned(), why })
    }
}
