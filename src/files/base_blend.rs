//! `ensemble.json`: which of the engine's own models stand for the score of a signal that brings none.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Context;
use crate::domain::Timestamp;
use crate::learn::BaseBlend;
use crate::store::{Durability, StoreError, read_state, replace_json};

const SCHEMA: &str = "dtlearn.ensemble/1";

/// The file.
#[derive(Debug, Serialize, Deserialize)]
struct BlendFile {
    schema: String,
    as_of: String,
    #[serde(flatten)]
    blend: BaseBlend,
}

/// Its place.
pub(crate) fn blend_path(context: &Context<'_>) -> PathBuf {
    context.layout.file("ensemble.json")
}

/// Writes it. Call it under the lock.
///
/// # Errors
/// [`StoreError`] when it cannot be written.
pub(crate) fn write_blend(context: &Context<'_>, blend: &BaseBlend) -> Result<(), StoreError> {
    let file = BlendFile { schema: SCHEMA.into(), as_of: context.now.to_string(), blend: blend.clone() };
    replace_json(context.disk, &blend_path(context), &file, Durability::Durable)
}

/// Takes it away. Call it under the lock.
///
/// # Errors
/// [`StoreError`] when it cannot be removed.
pub(crate) fn remove_blend(context: &Context<'_>) -> Result<(), StoreError> {
    let path = blend_path(context);
    context.disk.remove(&path).map_err(|error| StoreError::writing(&path, error))
}

/// What the file says, as far as it counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct BaseWeights {
    /// The models and their weights; `None` where there are none, or they are too old.
    pub blend: Option<BaseBlend>,
    /// That they are too old to be used.
    pub too_old: Option<String>,
}

/// What it says; nothing where it is not there, or was made after the moment that is asked for. As a model, it is too old
/// once more sessions began since it was made than the settings let a model stand.
///
/// # Errors
/// [`StoreError`] when it cannot be read, or says what cannot be.
pub(crate) fn read_blend(context: &Context<'_>) -> Result<BaseWeights, StoreError> {
    let path = blend_path(context);
    let Some(text) = read_state(context.disk, &path)? else { return Ok(BaseWeights::default()) };
    let corrupt = |why: String| StoreError::Corrupt { path: path.clone(), why };
    let file: BlendFile = serde_json::from_slice(&text).map_err(|why| corrupt(why.to_string()))?;
    if file.schema != SCHEMA {
        return Err(corrupt(format!("its schema is {}, and this program reads {SCHEMA}", file.schema)));
    }
    file.blend.check().map_err(|why| corrupt(why.to_string()))?;
    let made = Timestamp::parse(&file.as_of).map_err(|why| corrupt(format!("as_of: {why}")))?;
    if made > context.seen_from() {
        return Ok(BaseWeights::default());
    }
    let made = context.market().trading_date(made);
    if context.begun_since(made) <= context.settings.expires_sessions {
        return Ok(BaseWeights { blend: Some(file.blend), too_old: None });
    }
    let limit = context.settings.expires_sessions;
    let sessions = if limit == 1 { "session" } else { "sessions" };
    let too_old = format!(
        "the weights of the engine's models are of {made}, more than {limit} {sessions} ago, and no longer used: `dtlearn retrain --force`"
    );
    Ok(BaseWeights { blend: None, too_old: Some(too_old) })
}
