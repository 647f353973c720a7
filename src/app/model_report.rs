//! `report model` and `report retrains`.

use super::Context;
use super::model_drift::model_drift;
use super::score::is_expired;
use crate::domain::Timestamp;
use crate::files::model_shadow::{shadow_rows, test_of_shadow};
use crate::files::models::{challenger, live, load, pointer, versions};
use crate::files::retrain_files::attempts;
use crate::learn::ModelFile;
use crate::report::{ModelData, RetrainsData, ShadowData};
use crate::store::{StoreError, StoreErrorKind};
use crate::wire::ShadowRow;

/// The models.
pub(super) fn model_data(context: &Context<'_>) -> Result<ModelData, StoreError> {
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
    let challenger = challenger(context).ok().flatten().filter(|_| found.is_some());
    let in_shadow = challenger.iter().map(|file| (file.version.clone(), Ok(file.clone())));
    let versions = versions.filter(|(_, file)| not_later(file)).chain(in_shadow);
    let shadow = found.as_ref().map(|file| shadow_data(context, &file.version)).transpose()?.flatten();
    let previous = pointer(context).ok().flatten().and_then(|pointer| pointer.previous);
    let drift = found.as_ref().map(|file| model_drift(context, file)).transpose()?.flatten();
    let expired = found.as_ref().is_some_and(|file| is_expired(context, file));
    Ok(ModelData {
        live: found,
        trouble,
        is_newer,
        versions: versions.collect(),
        previous,
        challenger,
        shadow,
        drift,
        expired,
    })
}

/// The model in use against what was in shadow beside it, on the rows that are kept; `None` without any.
fn shadow_data(context: &Context<'_>, champion: &str) -> Result<Option<ShadowData>, StoreError> {
    let (mut rows, _) = shadow_rows(context)?;
    rows.retain(|row| row.champion == champion);
    let brier = |of: fn(&ShadowRow) -> f64| {
        let square = |row: &ShadowRow| (of(row) - f64::from(u8::from(row.won))).powi(2);
        rows.iter().map(square).sum::<f64>() / rows.len() as f64
    };
    let mut challengers: Vec<&str> = rows.iter().map(|row| row.challenger.as_str()).collect();
    challengers.dedup();
    Ok((!rows.is_empty()).then(|| ShadowData {
        test: test_of_shadow(&rows, champion),
        champion_brier: brier(|row| row.champion_probability),
        challenger_brier: brier(|row| row.challenger_probability),
        challengers: challengers.len() as u64,
    }))
}

/// Every attempt to retrain that is on record, and how many lines of it cannot be read.
///
/// # Errors
/// [`StoreError`] when the log of retraining cannot be read at all.
pub fn retrains_data(context: &Context<'_>) -> Result<RetrainsData, StoreError> {
    let (attempts, bad) = attempts(context)?;
    let unreadable = (bad > 0).then(|| (context.layout.retrain_log(), bad));
    Ok(RetrainsData { attempts, unreadable })
}
