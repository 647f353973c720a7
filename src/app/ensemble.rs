//! How much weight the engine's models deserve: by themselves, for signals without a score, and beside this program's.

use super::Context;
use super::training::{RETRAIN_DAYS, date};
use crate::files::base_blend::{BaseWeights, read_blend, remove_blend, write_blend};
use crate::files::models::{judged, live};
use crate::files::training_rows::{RowsFor, labelled_rows};
use crate::learn::{BaseBlend, Blend, Dataset, ENGINE_MODELS, SILENT_SESSIONS, Speech, blend, speech};
use crate::report::{EnsembleData, plural};
use crate::store::StoreError;

/// This program's model among the engine's.
const OWN: &str = "this_model";

/// Models that were weighed, and on what.
struct Weighed {
    names: Vec<&'static str>,
    /// Those that spoke too little, or no longer.
    left_out: Vec<(&'static str, Speech)>,
    found: Option<Blend>,
    rows: u64,
    sessions: u64,
}

/// Weighs models by what each gave the rows of a dataset, on those rows that are taken and on which all gave a probability that
/// speak often enough to be weighed.
fn weigh(
    dataset: &Dataset,
    columns: Vec<(&'static str, Vec<f64>)>,
    is_taken: impl Fn(usize) -> bool,
) -> Weighed {
    let taken: Vec<(usize, i64)> = (0..dataset.examples.len())
        .filter(|row| is_taken(*row))
        .map(|row| (row, dataset.examples[row].session))
        .collect();
    let said: Vec<&[f64]> = columns.iter().map(|(_, column)| column.as_slice()).collect();
    let speech = speech(&said, &taken);
    let (mut weighed, mut left_out) = (Vec::new(), Vec::new());
    for ((name, column), speech) in columns.iter().zip(speech) {
        match speech {
            Speech::Often => weighed.push((*name, column)),
            _ => left_out.push((*name, speech)),
        }
    }
    let is_probability = |p: &f64| (0.0..=1.0).contains(p);
    let is_usable = |(row, _): &(usize, i64)| weighed.iter().all(|(_, column)| is_probability(&column[*row]));
    let used: Vec<(usize, i64)> = taken.into_iter().filter(is_usable).collect();
    let given: Vec<Vec<f64>> =
        used.iter().map(|(row, _)| weighed.iter().map(|(_, column)| column[*row]).collect()).collect();
    let labels: Vec<bool> = used.iter().map(|(row, _)| dataset.examples[*row].label).collect();
    let mut sessions: Vec<i64> = used.iter().map(|(_, session)| *session).collect();
    let names: Vec<&'static str> = weighed.iter().map(|(name, _)| *name).collect();
    let found = if names.is_empty() { None } else { blend(&given, &labels, &sessions) };
    sessions.dedup();
    Weighed { names, left_out, found, rows: used.len() as u64, sessions: sessions.len() as u64 }
}

/// What each of the engine's models gave each row.
fn given_by_engine(dataset: &Dataset) -> Vec<(&'static str, Vec<f64>)> {
    let rows: Vec<usize> = (0..dataset.examples.len()).collect();
    ENGINE_MODELS.into_iter().zip(dataset.numbers_of(&ENGINE_MODELS, &rows)).collect()
}

/// Why a model is not weighed, in a sentence; `None` where it is, or never spoke.
fn why_left_out(name: &str, speech: Speech) -> Option<String> {
    match speech {
        Speech::Never | Speech::Often => None,
        Speech::Gone { last } => {
            Some(format!("{name} is not weighed: it gave no probability after the session of {}", date(last)))
        }
        Speech::Rare { rows, of_rows, sessions, of_sessions } => Some(format!(
            "{name} is not weighed yet: it gave a probability to {rows} of {}, in {sessions} of {}, where half the \
             sessions are needed",
            plural(of_rows, "row"),
            plural(of_sessions, "session"),
        )),
    }
}

/// The engine's models by themselves.
pub(super) struct EngineModels {
    /// Their weights; `None` where too little is known of them.
    blend: Option<BaseBlend>,
    /// Those that have no part in it.
    left_out: Vec<(&'static str, Speech)>,
    /// Sessions of all rows.
    sessions: usize,
}

/// Weighs the engine's models on rows. A single one is a blend of one.
pub(super) fn engine_models(dataset: &Dataset) -> EngineModels {
    let weighed = weigh(dataset, given_by_engine(dataset), |_| true);
    let sessions = weighed.sessions;
    let blend = weighed.found.map(|found| BaseBlend::new(&weighed.names, &found, sessions));
    EngineModels { blend, left_out: weighed.left_out, sessions: dataset.sessions().len() }
}

/// Members of `old` with a weight that rows no longer speak of, each in a sentence.
fn gone_members(old: &BaseBlend, left_out: &[(&'static str, Speech)]) -> Vec<String> {
    let is_gone = |speech: &Speech| matches!(speech, Speech::Never | Speech::Gone { .. });
    let counted = old.members.iter().filter(|member| member.weight > 0.0);
    let gone = counted.filter_map(|member| {
        let (name, speech) =
            left_out.iter().find(|(name, speech)| *name == member.name && is_gone(speech))?;
        let since = match speech {
            Speech::Gone { last } => format!("after the session of {}", date(*last)),
            _ => format!("in {RETRAIN_DAYS} days"),
        };
        Some(format!("{name} gave no probability {since}"))
    });
    gone.collect()
}

/// Puts the weights into use, or takes them out of it where a member is gone and the others cannot be weighed. What became
/// of the members is said. Call it under the lock.
///
/// # Errors
/// [`StoreError`] when the file cannot be written.
pub(super) fn keep_weights(context: &Context<'_>, models: &EngineModels) -> Result<Vec<String>, StoreError> {
    let read = read_blend(context);
    let is_damaged = read.is_err();
    let old = read.ok().and_then(|weights| weights.blend);
    // Few sessions do not show that a model is gone.
    let is_known = models.sessions >= SILENT_SESSIONS;
    let gone = old.filter(|_| is_known).map(|old| gone_members(&old, &models.left_out)).unwrap_or_default();
    let mut said = Vec::new();
    match &models.blend {
        Some(blend) => {
            write_blend(context, blend)?;
            said.extend(gone.iter().map(|gone| format!("{gone} and is taken out of the ensemble")));
        }
        None if is_damaged => {
            remove_blend(context)?;
            said.push("the ensemble could not be read and is gone: too little is known to weigh the engine's models anew".into());
        }
        None if gone.is_empty() => {}
        None => {
            remove_blend(context)?;
            said.extend(gone.iter().map(|gone| format!("{gone}, and too little is known of the others to weigh them: the ensemble is no longer used")));
        }
    }
    let is_new = |speech: &Speech| matches!(speech, Speech::Rare { .. });
    let new = models.left_out.iter().filter(|(_, speech)| is_new(speech));
    said.extend(new.filter_map(|(name, speech)| why_left_out(name, *speech)));
    Ok(said)
}

/// Members of the weights in use that the rows of the last 30 days no longer speak of, each in a sentence.
///
/// # Errors
/// [`StoreError`] when a log or `ensemble.json` cannot be read.
pub(super) fn silent_members(context: &Context<'_>) -> Result<Vec<String>, StoreError> {
    let Some(base) = read_blend(context)?.blend else { return Ok(Vec::new()) };
    let (dataset, _) = labelled_rows(context, RETRAIN_DAYS, RowsFor::Learning)?;
    Ok(silent_in(&base, &dataset, &engine_speech(&dataset)))
}

fn silent_in(base: &BaseBlend, dataset: &Dataset, spoke: &[(&'static str, Speech)]) -> Vec<String> {
    if dataset.sessions().len() < SILENT_SESSIONS {
        return Vec::new();
    }
    gone_members(base, spoke)
}

/// How often the engine's models spoke on all rows.
fn engine_speech(dataset: &Dataset) -> Vec<(&'static str, Speech)> {
    let columns = given_by_engine(dataset);
    let said: Vec<&[f64]> = columns.iter().map(|(_, column)| column.as_slice()).collect();
    let rows: Vec<(usize, i64)> =
        dataset.examples.iter().enumerate().map(|(row, example)| (row, example.session)).collect();
    ENGINE_MODELS.into_iter().zip(speech(&said, &rows)).collect()
}

/// Weighs the engine's models and this program's on the rows of the last 30 days that the latter did not learn
/// from, and says which of the engine's stand for its score; and whether their weights cannot be read.
///
/// # Errors
/// [`StoreError`] when a log or the model cannot be read.
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
    let (weights, is_damaged) = match read_blend(context) {
        Ok(weights) => (weights, false),
        Err(error) => {
            let why = format!("{error}: `dtlearn retrain --force` weighs them anew");
            (BaseWeights { blend: None, too_old: Some(why) }, true)
        }
    };
    let spoke = engine_speech(&dataset);
    let mut left_out: Vec<String> =
        spoke.iter().filter_map(|(name, speech)| why_left_out(name, *speech)).collect();
    left_out.extend(weights.blend.iter().flat_map(|base| silent_in(base, &dataset, &spoke)).map(|gone| {
        format!("{gone} and is still in the weights that signals are scored with: `dtlearn retrain --force`")
    }));
    Ok(EnsembleData {
        names: weighed.names,
        left_out,
        found: weighed.found,
        rows: weighed.rows,
        sessions: weighed.sessions,
        base: weights.blend,
        too_old: weights.too_old,
        is_damaged,
    })
}
