//! How much weight the engine's models deserve: by themselves, for signals without a score, and beside this program's.

use super::Context;
use super::training::RETRAIN_DAYS;
use crate::files::base_blend::read_blend;
use crate::files::models::{judged, live};
use crate::files::training_rows::{RowsFor, labelled_rows};
use crate::learn::{BaseBlend, Blend, Dataset, ENGINE_MODELS, blend};
use crate::report::EnsembleData;
use crate::store::StoreError;

/// This program's model among the engine's.
const OWN: &str = "this_model";

/// Models that were weighed, and on what.
struct Weighed {
    names: Vec<&'static str>,
    found: Option<Blend>,
    rows: u64,
    sessions: u64,
}

/// Weighs models by what each gave the rows of a dataset, on those rows on which all that ever speak gave a
/// probability and which are taken.
fn weigh(
    dataset: &Dataset,
    mut columns: Vec<(&'static str, Vec<f64>)>,
    is_taken: impl Fn(usize) -> bool,
) -> Weighed {
    let is_probability = |p: &f64| (0.0..=1.0).contains(p);
    columns.retain(|(_, column)| column.iter().any(is_probability));
    let is_usable =
        |row: &usize| is_taken(*row) && columns.iter().all(|(_, column)| is_probability(&column[*row]));
    let used: Vec<usize> = (0..dataset.examples.len()).filter(is_usable).collect();
    let given: Vec<Vec<f64>> =
        used.iter().map(|row| columns.iter().map(|(_, column)| column[*row]).collect()).collect();
    let labels: Vec<bool> = used.iter().map(|row| dataset.examples[*row].label).collect();
    let mut sessions: Vec<i64> = used.iter().map(|row| dataset.examples[*row].session).collect();
    let names: Vec<&'static str> = columns.iter().map(|(name, _)| *name).collect();
    let found = if names.len() < 2 { None } else { blend(&given, &labels, &sessions) };
    sessions.dedup();
    Weighed { names, found, rows: used.len() as u64, sessions: sessions.len() as u64 }
}

/// What each of the engine's models gave each row.
fn given_by_engine(dataset: &Dataset) -> Vec<(&'static str, Vec<f64>)> {
    let rows: Vec<usize> = (0..dataset.examples.len()).collect();
    ENGINE_MODELS.into_iter().zip(dataset.numbers_of(&ENGINE_MODELS, &rows)).collect()
}

/// The engine's models by themselves; `None` where fewer than two speak, or too little is known of them.
pub(super) fn engine_blend(dataset: &Dataset) -> Option<BaseBlend> {
    let weighed = weigh(dataset, given_by_engine(dataset), |_| true);
    Some(BaseBlend::new(&weighed.names, &weighed.found?, weighed.sessions))
}

/// Weighs the engine's models and this program's on the rows of the last 30 days that the latter did not learn
/// from, and says which of the engine's stand for its score.
///
/// # Errors
/// [`StoreError`] when a log, the model or `ensemble.json` cannot be read.
pub(super) fn ensemble_data(context: &Context<'_>) -> Result<EnsembleData, StoreError> {
    // The deployed fit has learned from nearly all there is; the judged one of the same settings has not.
    let model = live(context)?.map(|file| judged(context, &file.version)).transpose()?;
    let (dataset, _) = labelled_rows(context, RETRAIN_DAYS, RowsFor::Learning)?;
    let rows: Vec<usize> = (0..dataset.examples.len()).collect();
    let mut columns = given_by_engine(&dataset);
    columns.extend(model.as_ref().map(|file| {
        let table = file.manifest.table(&dataset, &rows);
        (OWN, rows.iter().map(|row| file.model.predict(&table.row(*row))).collect())
    }));
    let learned_until = model.as_ref().map(|file| file.training.until.clone()).unwrap_or_default();
    let weighed = weigh(&dataset, columns, |row| {
        context.market().trading_date(dataset.examples[row].at).to_string() > learned_until
    });
    Ok(EnsembleData {
        names: weighed.names,
        found: weighed.found,
        rows: weighed.rows,
        sessions: weighed.sessions,
        base: read_blend(context)?,
    })
}
