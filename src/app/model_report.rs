//! `report model` and `report retrains`.

use serde_json::{Map, Value as Json, json};

use super::Context;
use super::model_drift::model_drift;
use super::score::is_expired;
use crate::decide::RETRAIN_AGE_DAYS;
use crate::domain::Timestamp;
use crate::files::models::{live, load, pointer, versions};
use crate::files::retrain_files::attempts;
use crate::learn::ModelFile;
use crate::metrics::{Metric, Performance};
use crate::report::{ModelData, View, plural, retrains_view};
use crate::store::{StoreError, StoreErrorKind};
use crate::wire::BaselineFile;

/// The models.
pub(super) fn model_sheet(context: &Context<'_>) -> Result<ModelData, StoreError> {
    let (found, trouble, is_newer) = match live(context) {
        Ok(found) => (found, None, false),
        Err(error) => (None, Some(error.to_string()), error.kind() == StoreErrorKind::Newer),
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
    Ok(ModelData { live: found, trouble, is_newer, versions: versions.collect(), previous, drift, expired })
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
