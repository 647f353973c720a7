//! Where refused input is kept, with the reason, so that nothing that an engine said is lost.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::store::error::StoreError;
use crate::store::file_system::Disk;
use crate::store::layout::Layout;

/// The most of a refused input that is kept, in bytes.
const KEPT_BYTES: usize = 1 << 20;

/// The most that the refused inputs of a command and a day may take together, in bytes: an engine that sends nothing
/// else for hours must not fill the disk.
const MAX_FILE_BYTES: u64 = 32 << 20;

/// A refused input.
#[derive(Clone, Debug, Serialize)]
pub struct Rejected<'a> {
    /// When, RFC 3339.
    pub at: String,
    /// The command that refused it.
    pub command: &'a str,
    /// Line of the input, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
    /// What was sent; bytes that are no text are replaced.
    pub input: String,
    /// Whether only the beginning is kept.
    pub cut: bool,
}

impl<'a> Rejected<'a> {
    /// Describes a refused input.
    pub fn new(at: String, command: &'a str, line: u64, reason: String, input: &[u8]) -> Self {
        let kept = &input[..input.len().min(KEPT_BYTES)];
        let cut = kept.len() < input.len();
        Self { at, command, line, reason, input: String::from_utf8_lossy(kept).into_owned(), cut }
    }
}

/// The reason in a line that [`keep_rejected`] wrote; none where it has none that can be read.
pub fn rejected_reason(line: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Kept {
        reason: String,
    }
    serde_json::from_slice::<Kept>(line).ok().map(|kept| kept.reason)
}

/// Appends refused inputs to `rejected/COMMAND-DATE.jsonl` and returns that file. Needs no lock: it is one
/// append.
///
/// # Errors
/// [`StoreError::Write`].
pub fn keep_rejected(
    disk: &dyn Disk,
    layout: &Layout,
    date: &str,
    rejected: &[Rejected<'_>],
) -> Result<Option<PathBuf>, StoreError> {
    let Some(first) = rejected.first() else { return Ok(None) };
    let dir = layout.rejected();
    let path = dir.join(format!("{}-{date}.jsonl", first.command));
    let failed = |source| StoreError::writing(&path, source);
    disk.create_dir_all(&dir).map_err(failed)?;
    let mut bytes = Vec::new();
    for one in rejected {
        bytes.extend(serde_json::to_vec(one).map_err(|error| failed(error.into()))?);
        bytes.push(b'\n');
    }
    let mut file = disk.open_append(&path).map_err(failed)?;
    if file.len().map_err(failed)?.saturating_add(bytes.len() as u64) > MAX_FILE_BYTES {
        let why = format!("{} holds all that it may", path.display());
        return Err(failed(std::io::Error::other(why)));
    }
    file.write_all(&bytes).map_err(failed)?;
    file.sync().map_err(failed)?;
    Ok(Some(path))
}
