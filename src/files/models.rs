//! The model versions on disk, and which of them is in use.

use std::path::{Path, PathBuf};

use super::Context;
use super::retrain_files::attempts;
use crate::domain::Timestamp;
use crate::learn::{MODEL_SCHEMA, ModelError, ModelFile};
use crate::store::{Durability, StoreError, read_state, replace_state};

/// The longest name of a version.
const NAME_MAX: usize = 128;

/// What `models/current` names where no model is in use because the last one was retired.
pub(crate) const FALLBACK: &str = "fallback";

/// What `models/current` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pointer {
    /// The version in use, or [`FALLBACK`].
    pub current: String,
    /// The one before it, to which a rollback goes.
    pub previous: Option<String>,
}

/// File names come from here and never from a record: letters, digits, dot, dash, underscore.
fn is_name(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    !text.is_empty() && text.len() <= NAME_MAX && !text.starts_with('.') && text.bytes().all(fits)
}

/// Which version is in use, or was at the moment that is asked for; `None` when none ever was.
///
/// # Errors
/// [`StoreError::Corrupt`] when the file says something else than names.
pub(crate) fn pointer(context: &Context<'_>) -> Result<Option<Pointer>, StoreError> {
    if context.as_of.is_some() {
        let (attempts, _) = attempts(context)?;
        let mut used = attempts
            .into_iter()
            .filter(|attempt| matches!(attempt.status.as_str(), "deployed" | "rolled_back" | "retired"));
        let last = used.next_back().and_then(|attempt| match attempt.status.as_str() {
            "retired" => Some(FALLBACK.to_owned()),
            _ => attempt.version,
        });
        return Ok(last.filter(|name| is_name(name)).map(|current| Pointer { current, previous: None }));
    }
    let path = context.layout.current_model();
    let Some(bytes) = read_state(context.disk, &path)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let current = lines.next().unwrap_or_default();
    let previous = lines.next().and_then(|line| line.strip_prefix("previous "));
    if !is_name(current) || previous.is_some_and(|name| !is_name(name)) {
        return Err(StoreError::Corrupt { path, why: "it does not name a version".into() });
    }
    Ok(Some(Pointer { current: current.into(), previous: previous.map(str::to_owned) }))
}

/// Puts a version into use. Call it under the lock.
///
/// # Errors
/// [`StoreError::Write`]; the old one is then still in use.
pub(crate) fn point_to(context: &Context<'_>, to: &Pointer) -> Result<(), StoreError> {
    let previous = to.previous.as_ref().map(|name| format!("previous {name}\n")).unwrap_or_default();
    let text = format!("{}\n{previous}", to.current);
    replace_state(context.disk, &context.layout.current_model(), text.as_bytes(), Durability::Durable)
}

fn damaged(path: PathBuf, error: &ModelError) -> StoreError {
    match error {
        ModelError::Newer(found) => StoreError::Newer { path, found: *found, supported: MODEL_SCHEMA },
        ModelError::Damaged(why) => StoreError::Corrupt { path, why: why.clone() },
    }
}

fn missing(path: &Path) -> StoreError {
    StoreError::Read { path: path.into(), source: std::io::ErrorKind::NotFound.into() }
}

fn read_model(context: &Context<'_>, path: &Path) -> Result<Option<ModelFile>, StoreError> {
    let Some(bytes) = read_state(context.disk, path)? else { return Ok(None) };
    ModelFile::from_bytes(&bytes).map(Some).map_err(|error| damaged(path.into(), &error))
}

/// Reads a version.
///
/// # Errors
/// [`StoreError::Read`] when it is not there, [`StoreError::Corrupt`] or [`StoreError::Newer`] when it cannot
/// be used.
pub(crate) fn load(context: &Context<'_>, version: &str) -> Result<ModelFile, StoreError> {
    let path = context.layout.model(version);
    read_model(context, &path)?.ok_or_else(|| missing(&path))
}

/// Whether no model is in use because the last one was retired.
pub(crate) fn is_retired(context: &Context<'_>) -> bool {
    pointer(context).ok().flatten().is_some_and(|pointer| pointer.current == FALLBACK)
}

/// The version in use, read and checked; `None` when none ever was, or the last one was retired.
///
/// # Errors
/// As [`pointer`] and [`load`].
pub(crate) fn live(context: &Context<'_>) -> Result<Option<ModelFile>, StoreError> {
    let pointer = pointer(context)?.filter(|pointer| pointer.current != FALLBACK);
    pointer.map(|pointer| load(context, &pointer.current)).transpose()
}

/// The fit by which a version was judged; the version itself where there is no other, as before there were two.
///
/// # Errors
/// As [`load`].
pub(crate) fn judged(context: &Context<'_>, version: &str) -> Result<ModelFile, StoreError> {
    match read_model(context, &context.layout.judged_model(version))? {
        Some(file) => Ok(file),
        None => load(context, version),
    }
}

/// The model in shadow of the one in use; `None` where there is none, or not yet at the moment that is asked for, or where it
/// was just put into use.
///
/// # Errors
/// [`StoreError::Corrupt`] or [`StoreError::Newer`] when it cannot be used.
pub(crate) fn challenger(context: &Context<'_>) -> Result<Option<ModelFile>, StoreError> {
    let Some(found) = read_model(context, &context.layout.challenger())? else { return Ok(None) };
    let in_use = pointer(context).ok().flatten().map(|pointer| pointer.current);
    let made = Timestamp::parse(&found.created_at);
    let is_known = context.as_of.is_none_or(|as_of| made.is_ok_and(|made| made <= as_of));
    Ok(Some(found).filter(|found| is_known && in_use.as_ref() != Some(&found.version)))
}

/// Puts a model in shadow, with the fit by which it was judged; the one before it goes. Call it under the lock.
///
/// # Errors
/// [`StoreError::Write`].
pub(crate) fn save_challenger(
    context: &Context<'_>,
    file: &ModelFile,
    judged: &ModelFile,
) -> Result<(), StoreError> {
    // A challenger whose judged fit is another's would be promoted with it.
    remove(context, &context.layout.challenger())?;
    write_model(context, &context.layout.judged_challenger(), judged)?;
    write_model(context, &context.layout.challenger(), file)
}

/// Takes the challenger out of the shadow. Call it under the lock.
///
/// # Errors
/// [`StoreError::Write`].
pub(crate) fn drop_challenger(context: &Context<'_>) -> Result<(), StoreError> {
    remove(context, &context.layout.challenger())?;
    remove(context, &context.layout.judged_challenger())
}

/// Makes a version of the challenger, with the fit by which it was judged where that can be read; the files in shadow stay.
/// Call it under the lock.
///
/// # Errors
/// As [`save`].
pub(crate) fn save_as_version(context: &Context<'_>, challenger: &ModelFile) -> Result<(), StoreError> {
    save(context, challenger)?;
    match read_model(context, &context.layout.judged_challenger()) {
        Ok(Some(judged)) if judged.version == challenger.version => save_judged(context, &judged),
        _ => Ok(()),
    }
}

/// The fit by which the challenger was judged.
///
/// # Errors
/// [`StoreError::Corrupt`] or [`StoreError::Newer`] when it cannot be used.
pub(crate) fn judged_challenger(context: &Context<'_>) -> Result<Option<ModelFile>, StoreError> {
    read_model(context, &context.layout.judged_challenger())
}

fn remove(context: &Context<'_>, path: &Path) -> Result<(), StoreError> {
    match context.disk.remove(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(StoreError::Write { path: path.into(), source })
        }
        _ => Ok(()),
    }
}

fn write_model(context: &Context<'_>, path: &Path, file: &ModelFile) -> Result<(), StoreError> {
    let (bytes, _) = file.to_bytes().map_err(|error| damaged(path.into(), &error))?;
    if let Some(dir) = path.parent() {
        let failed = |source| StoreError::Write { path: path.into(), source };
        context.disk.create_dir_all(dir).map_err(failed)?;
    }
    replace_state(context.disk, path, &bytes, Durability::Durable)
}

/// Writes the fit by which a version was judged. Call it under the lock.
///
/// # Errors
/// [`StoreError::Write`].
pub(crate) fn save_judged(context: &Context<'_>, file: &ModelFile) -> Result<(), StoreError> {
    write_model(context, &context.layout.judged_model(&file.version), file)
}

/// Writes a version, reads it back, and fails unless it is the same to the last bit.
///
/// # Errors
/// [`StoreError`]; the version in use is then as it was.
pub(crate) fn save(context: &Context<'_>, file: &ModelFile) -> Result<(), StoreError> {
    let path = context.layout.model(&file.version);
    write_model(context, &path, file)?;
    if load(context, &file.version)? == *file {
        Ok(())
    } else {
        Err(StoreError::Corrupt { path, why: "it does not read back as it was written".into() })
    }
}

/// The names of all versions, oldest first.
///
/// # Errors
/// [`StoreError::Read`].
pub(crate) fn versions(context: &Context<'_>) -> Result<Vec<String>, StoreError> {
    let dir = context.layout.models();
    match context.disk.list(&dir) {
        Ok(entries) => {
            let names = entries.into_iter().filter(|entry| !entry.stat.is_file).map(|entry| entry.name);
            Ok(names.filter(|name| is_name(name)).collect())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(StoreError::Read { path: dir, source }),
    }
}
