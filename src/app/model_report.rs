//! `report model`, `report retrains`, and the weights of an ensemble.

use serde_json::{Map, Value as Json, json};

use super::model_drift::model_drift;
use super::score::is_expired;
use super::{Context, RETRAIN_DAYS};
use crate::decide::RETRAIN_AGE_DAYS;
use crate::domain::Timestamp;
use crate::files::models::{judged, live, load, pointer, versions};
use crate::files::retrain_files::attempts;
use crate::files::training_rows::{RowsFor, labelled_rows};
use crate::learn::{Blend, ModelFile, blend};
use crate::metrics::{Metric, Performance};
use crate::report::{ModelData, View, ensemble_view, plural, retrains_view};
use crate::store::StoreError;
use crate::wire::BaselineFile;

/// The models that are weighed, this program's own last.
const WEIGHED: [&str; 4] = ["lgb_prob", "lstm_prob", "transformer_prob", "this_model"];

/// The models.
pub(super) fn model_sheet(context: &Context<'_>) -> Result<ModelData, StoreError> {
    let (found, trouble) = match live(context) {
        Ok(found) => (found, None),
        Err(error) => (None, Some(error.to_string())),
    };
    let seen = context.seen_from();
    let not_later = |file: &Result<ModelFile, String>| {
        let made = file.as_ref().ok().and_then(|file| Timestamp::parse(&file.created_at).ok());
        context.as_of.is_none() || made.is_some_and(|made| made <= seen)
    };
    let versions = versions(context)?.into_iter().map(|name| {
        let file = load(context, &name).map_err(|error| error.to_string());
        (name, file)
    });
    let versions = versions.filter(|(_, file)| not_later(file));
    let previous = pointer(context).ok().flatten().and_then(|pointer| pointer.previous);
    let drift = found.as_ref().map(|file| model_drift(context, file)).transpose()?.flatten();
    let expired = found.as_ref().is_some_and(|file| is_expired(context, file));
    Ok(ModelData { live: found, trouble, versions: versions.collect(), previous, drift, expired })
}

/// How old the model in use is, when the next retrain comes by age alone, and whether confidences still fit.
pub(super) fn health(context: &Context<'_>, model: Option<&ModelFile>, week: Option<&Performance>) -> Json {
    let deployed = model.and_then(|file| Timestamp::parse(&file.created_at).ok());
    let days = deployed.map(|then| context.days_since(then) as f64);
    let calibration = week.and_then(|week| week.get(Metric::ConfidenceCalibration).ok());
    json!({
        "days_since_retrain": days,
        "confidence_calibration": calibration,
        // What was never trained is due too.
        "next_retrain_estimate": match (deployed, days) {
            (Some(then), Some(days)) if days < RETRAIN_AGE_DAYS as f64 => then.plus_days(RETRAIN_AGE_DAYS).to_string(),
            _ => "now".to_owned(),
        },
    })
}

/// The figures at the last deployed retrain; null when there was none.
pub(super) fn baseline_payload(file: Option<BaselineFile>) -> Json {
    let Some(file) = file else { return Json::Null };
    let mut out = Map::new();
    out.insert("timestamp".into(), file.timestamp.into());
    out.insert("version".into(), file.version.into());
    out.extend(file.metrics);
    out.into()
}

/// Every attempt to retrain.
pub(super) fn retrains_report(context: &Context<'_>) -> Result<View, StoreError> {
    let (attempts, bad) = attempts(context)?;
    let mut view = retrains_view(&attempts);
    if bad > 0 {
        let path = context.layout.retrain_log();
        view.notes.push(format!("{}: {} cannot be read.", path.display(), plural(bad, "line")));
    }
    Ok(view)
}

/// Weighs the engine's models and this program's on the rows of the last 30 days that the latter did not learn
/// from. A model that never speaks is left out.
pub(super) fn ensemble_report(context: &Context<'_>) -> Result<View, StoreError> {
    // The deployed fit has learned from nearly all there is; the judged one of the same settings has not.
    let model = live(context)?.map(|file| judged(context, &file.version)).transpose()?;
    let (dataset, _) = labelled_rows(context, RETRAIN_DAYS, RowsFor::Learning)?;
    let rows: Vec<usize> = (0..dataset.examples.len()).collect();
    let engine = dataset.numbers_of(&WEIGHED[..3], &rows);
    let own: Option<Vec<f64>> = model.as_ref().map(|file| {
        let table = file.manifest.table(&dataset, &rows);
        rows.iter().map(|row| file.model.predict(&table.row(*row))).collect()
    });
    let mut columns: Vec<(&str, &Vec<f64>)> = WEIGHED.into_iter().zip(&engine).collect();
    columns.extend(own.as_ref().map(|own| (WEIGHED[3], own)));
    columns.retain(|(_, column)| column.iter().any(|p| (0.0..=1.0).contains(p)));
    let learned_until = model.as_ref().map(|file| file.training.until.clone()).unwrap_or_default();
    let usable = |row: &usize| {
        let date = context.market().trading_date(dataset.examples[*row].at).to_string();
        date > learned_until && columns.iter().all(|(_, column)| (0.0..=1.0).contains(&column[*row]))
    };
    let used: Vec<usize> = rows.into_iter().filter(usable).collect();
    let given: Vec<Vec<f64>> =
        used.iter().map(|row| columns.iter().map(|(_, column)| column[*row]).collect()).collect();
    let labels: Vec<bool> = used.iter().map(|row| dataset.examples[*row].label).collect();
    let sessions: Vec<i64> = used.iter().map(|row| dataset.examples[*row].session).collect();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let found: Option<Blend> = if names.len() < 2 { None } else { blend(&given, &labels, &sessions) };
    let mut different = sessions;
    different.dedup();
    Ok(ensemble_view(&names, found.as_ref(), used.len() as u64, different.len() as u64))
}
