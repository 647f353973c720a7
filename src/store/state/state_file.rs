//! State files: replaced whole or not at all, never seen half written.

use std::path::{Path, PathBuf};

use crate::store::error::StoreError;
use crate::store::file_system::Disk;

/// The largest state file that is read, in bytes.
const MAX_STATE_BYTES: u64 = 64 << 20;

/// Whether a state file can be rebuilt from something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The only copy: on the disk before the old one is gone.
    Durable,
    /// A cache: a power cut may leave it empty, and it is then rebuilt.
    Cache,
}

/// Replaces the file at `path` by one with `bytes`, keeping mode and owner. Call it under the lock.
///
/// # Errors
/// [`StoreError::Write`]; the old file is then still there, unchanged.
pub fn replace_state(
    disk: &dyn Disk,
    path: &Path,
    bytes: &[u8],
    durability: Durability,
) -> Result<(), StoreError> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let temporary = temporary_name(path);
    let failed = |source| StoreError::writing(path, source);
    if let Some(stat) = disk.stat(path).map_err(failed)?
        && !stat.is_file
    {
        return Err(StoreError::NotAFile { path: path.to_owned(), what: "something else" });
    }
    let write = || -> std::io::Result<()> {
        let mut file = match disk.create_new(&temporary, Some(path)) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                // Left behind by a writer that was killed: we hold the lock, so nobody else is at it.
                disk.remove(&temporary)?;
                disk.create_new(&temporary, Some(path))?
            }
            other => other?,
        };
        file.write_all(bytes)?;
        if durability == Durability::Durable {
            file.sync()?;
        }
        drop(file);
        disk.rename(&temporary, path)?;
        if durability == Durability::Durable {
            disk.sync_dir(dir)?;
        }
        Ok(())
    };
    write().map_err(|source| {
        // Whatever of the temporary file is there is of no use to anybody.
        let _ = disk.remove(&temporary);
        StoreError::writing(path, source)
    })
}

/// Replaces a file of the user's, outside of any store, that other programs may be reading: whole or not at all, with the
/// rights that the user's files have.
///
/// # Errors
/// As the system says; the old file is then still there, unchanged.
pub fn replace_user_file(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.new"));
    let mut file = disk.create_user_output(&beside)?;
    let written = file.write_all(bytes).and_then(|()| file.flush());
    drop(file);
    let done = written.and_then(|()| disk.rename(&beside, path));
    if done.is_err() {
        // What is half there is of no use to anybody.
        let _ = disk.remove(&beside);
    }
    done
}

/// Adds lines to a state file of lines, and ends the last one if somebody left it open. The whole file is
/// replaced, so that no line is ever half there. Call it under the lock.
///
/// # Errors
/// As [`replace_state`] and [`read_state`].
pub fn append_lines(disk: &dyn Disk, path: &Path, lines: &[Vec<u8>]) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut text = read_state(disk, path)?.unwrap_or_default();
    if text.last().is_some_and(|byte| *byte != b'\n') {
        text.push(b'\n');
    }
    for line in lines {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    replace_state(disk, path, &text, Durability::Durable)
}

/// Replaces a state file by a value as JSON that people can read.
///
/// # Errors
/// As [`replace_state`].
pub fn replace_json(
    disk: &dyn Disk,
    path: &Path,
    value: &impl serde::Serialize,
    durability: Durability,
) -> Result<(), StoreError> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|error| StoreError::Write { path: path.to_owned(), source: error.into() })?;
    text.push(b'\n');
    replace_state(disk, path, &text, durability)
}

fn temporary_name(path: &Path) -> PathBuf {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.tmp"))
}

/// Reads a state file; `None` when there is none.
///
/// # Errors
/// [`StoreError::Read`], [`StoreError::NotAFile`], or [`StoreError::Corrupt`] when it is too large.
pub fn read_state(disk: &dyn Disk, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let file = match disk.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::reading(path, error)),
    };
    let failed = |source| StoreError::reading(path, source);
    let len = file.len().map_err(failed)?;
    if len > MAX_STATE_BYTES {
        let why = format!("{len} bytes, such a file has at most {MAX_STATE_BYTES}");
        return Err(StoreError::Corrupt { path: path.to_owned(), why });
    }
    let mut bytes = vec![0; len as usize];
    let got = file.read_at(&mut bytes, 0).map_err(failed)?;
    bytes.truncate(got);
    Ok(Some(bytes))
}
