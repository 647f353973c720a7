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

/// What it says; `None` where it is not there, or was made after the moment that is asked for.
///
/// # Errors
/// [`StoreError`] when it cannot be read, or says what cannot be.
pub(crate) fn read_blend(context: &Context<'_>) -> Result<Option<BaseBlend>, StoreError> {
    let path = blend_path(context);
    let Some(text) = read_state(context.disk, &path)? else { return Ok(None) };
    let corrupt = |why: String| StoreError::Corrupt { path: path.clone(), why };
    let file: BlendFile = serde_json::from_slice(&text).map_err(|why| corrupt(why.to_string()))?;
    if file.schema != SCHEMA {
        return Err(corrupt(format!("its schema is {}, and this program reads {SCHEMA}", file.schema)));
    }
    file.blend.check().map_err(|why| corrupt(why.to_string()))?;
    let made = Timestamp::parse(&file.as_of).map_err(|why| corrupt(format!("as_of: {why}")))?;
    Ok(Some(file.blend).filter(|_| made <= context.seen_from()))
}
