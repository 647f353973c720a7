//! Which rows an import brought, so that it can be taken back: a file a batch, with a hash of each row. It is written
//! before the rows are in the log, so that a batch that was stopped can be taken back too.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::file_system::Disk;
use super::layout::Layout;
use super::state::state_file::read_state;

/// What an import says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BatchHeader {
    /// Its name.
    pub batch: String,
    /// When it was, RFC 3339.
    pub at: String,
    /// The files.
    pub files: Vec<String>,
}

/// The rows of an import.
#[derive(Debug)]
pub struct BatchFile {
    id: String,
    path: PathBuf,
}

impl BatchFile {
    /// Begins a batch; its name is made of the moment.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub fn begin(disk: &dyn Disk, layout: &Layout, at: &str, files: &[String]) -> Result<Self, StoreError> {
        let dir = layout.batches();
        disk.create_dir_all(&dir).map_err(|source| StoreError::writing(&dir, source))?;
        let stem: String = at.chars().filter(char::is_ascii_digit).take(14).collect();
        let mut number = 1;
        let (id, path) = loop {
            let id = if number == 1 { stem.clone() } else { format!("{stem}-{number}") };
            let path = dir.join(&id);
            if disk.stat(&path).map_err(|source| StoreError::reading(&path, source))?.is_none() {
                break (id, path);
            }
            number += 1;
        };
        let batch = Self { id, path };
        let header = BatchHeader { batch: batch.id.clone(), at: at.to_owned(), files: files.to_vec() };
        let mut line = serde_json::to_vec(&header).unwrap_or_default();
        line.push(b'\n');
        batch.append(disk, &line)?;
        Ok(batch)
    }

    /// The name of the batch.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Names rows before they are in the log.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub fn add<'l>(&self, disk: &dyn Disk, lines: impl Iterator<Item = &'l [u8]>) -> Result<(), StoreError> {
        let hashes: Vec<[u8; 8]> = lines.map(|line| row_hash(line).to_le_bytes()).collect();
        self.append(disk, hashes.as_flattened())
    }

    /// Names new readings of rows that are there, before they take the place of the old ones: each by the old row's hash and
    /// its own. Whoever brought a row brought its readings too, and what is taken back of this batch is put back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn add_readings(
        &self,
        disk: &dyn Disk,
        layout: &Layout,
        readings: &[(u64, u64)],
    ) -> Result<(), StoreError> {
        let dir = layout.batches();
        let entries = disk.list(&dir).map_err(|source| StoreError::reading(&dir, source))?;
        for entry in &entries {
            let Some((_, rows)) = read_batch(disk, layout, &entry.name)? else { continue };
            let heirs = readings.iter().filter(|(old, new)| rows.contains(old) && !rows.contains(new));
            append_hashes(disk, &dir.join(&entry.name), heirs.map(|(_, new)| *new))?;
        }
        let path = dir.join(format!("{}{READINGS}", self.id));
        if disk.stat(&path).map_err(|source| StoreError::reading(&path, source))?.is_none() {
            append(disk, &path, b"{}\n")?;
        }
        append_hashes(disk, &path, readings.iter().map(|(_, new)| *new))
    }

    fn append(&self, disk: &dyn Disk, bytes: &[u8]) -> Result<(), StoreError> {
        append(disk, &self.path, bytes)
    }
}

/// What stands behind the name of a batch in that of the file of its readings.
const READINGS: &str = "-0";

fn append_hashes(disk: &dyn Disk, path: &Path, hashes: impl Iterator<Item = u64>) -> Result<(), StoreError> {
    let hashes: Vec<[u8; 8]> = hashes.map(u64::to_le_bytes).collect();
    if hashes.is_empty() { Ok(()) } else { append(disk, path, hashes.as_flattened()) }
}

fn append(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let failed = |source| StoreError::writing(path, source);
    let mut file = disk.open_append(path).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.sync().map_err(failed)
}

/// The new readings that a batch gave of rows that were there.
///
/// # Errors
/// [`StoreError`] when they cannot be read.
pub fn read_readings(disk: &dyn Disk, layout: &Layout, id: &str) -> Result<HashSet<u64>, StoreError> {
    let readings = read_rows(disk, layout, &format!("{id}{READINGS}"))?;
    Ok(readings.map(|(_, rows)| rows).unwrap_or_default())
}

/// A row as a batch names it.
pub fn row_hash(line: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(line.trim_ascii())
}

/// The rows of a batch; `None` when there is no batch of that name.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub fn read_batch(
    disk: &dyn Disk,
    layout: &Layout,
    id: &str,
) -> Result<Option<(BatchHeader, HashSet<u64>)>, StoreError> {
    if id.ends_with(READINGS) { Ok(None) } else { read_rows(disk, layout, id) }
}

fn read_rows(
    disk: &dyn Disk,
    layout: &Layout,
    id: &str,
) -> Result<Option<(BatchHeader, HashSet<u64>)>, StoreError> {
    let is_name = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let path = layout.batches().join(id);
    let Some(bytes) = is_name.then(|| read_state(disk, &path)).transpose()?.flatten() else {
        return Ok(None);
    };
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let header = serde_json::from_slice(&bytes[..end]).unwrap_or_default();
    // A last hash that was cut short names a row that never came.
    let (hashes, _) = bytes.get(end + 1..).unwrap_or_default().as_chunks::<8>();
    Ok(Some((header, hashes.iter().map(|hash| u64::from_le_bytes(*hash)).collect())))
}
