//! `report model` and `report retrains`.

use super::Context;
use super::model_drift::model_drift;
use super::score::is_expired;
use crate::domain::Timestamp;
use crate::files::model_shadow::{own_and_record, rows_under, shadow_rows};
use crate::files::models::{challenger, live, load, pointer, versions};
use crate::files::retrain_files::{attempts, in_use_since};
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
    let (challenger, challenger_trouble) = match found.as_ref().map(|_| challenger(context)) {
        None | Some(Ok(None)) => (None, None),
        Some(Ok(challenger)) => (challenger, None),
        Some(Err(error)) => (None, Some(error.to_string())),
    };
    let mut versions: Vec<(String, Result<ModelFile, String>)> =
        versions.filter(|(_, file)| not_later(file)).collect();
    if let Some(file) =
        challenger.as_ref().filter(|file| versions.iter().all(|(name, _)| *name != file.version))
    {
        versions.push((file.version.clone(), Ok(file.clone())));
    }
    let both = found.as_ref().zip(challenger.as_ref());
    let shadow = both.and_then(|(champion, challenger)| shadow_data(context, champion, challenger));
    let previous = pointer(context).ok().flatten().and_then(|pointer| pointer.previous);
    let drift = found.as_ref().map(|file| model_drift(context, file)).transpose()?.flatten();
    let expired = found.as_ref().is_some_and(|file| is_expired(context, file));
    Ok(ModelData {
        live: found,
        trouble,
        is_newer,
        versions,
        previous,
        challenger,
        challenger_trouble,
        shadow,
        drift,
        expired,
    })
}

/// The model in use against the challenger, on the rows that are kept; `None` without any of the challenger, or where they cannot
/// be read, which doctor says.
fn shadow_data(context: &Context<'_>, champion: &ModelFile, challenger: &ModelFile) -> Option<ShadowData> {
    let (rows, _) = shadow_rows(context).ok()?;
    let since = in_use_since(context, champion).ok()??;
    let (own, record) = own_and_record(&rows_under(&rows, &champion.version, since), &challenger.version);
    let brier = |of: fn(&ShadowRow) -> f64| {
        let square = |row: &&ShadowRow| (of(row) - f64::from(u8::from(row.won))).powi(2);
        own.iter().map(square).sum::<f64>() / own.len() as f64
    };
    (!own.is_empty()).then(|| ShadowData {
        record,
        champion_brier: brier(|row| row.champion_probability),
        challenger_brier: brier(|row| row.challenger_probability),
    })
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
