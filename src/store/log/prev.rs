//! The file before the last rewrite: kept until nobody can append to it any more, and what a program that ignores
//! the lock appended to it is brought over.

use std::path::PathBuf;

use super::chunk::Chunk;
use super::scan::{ScanOptions, scan};
use crate::store::error::StoreError;
use crate::store::file_system::{Disk, Entry};
use crate::store::free_path::free_path;
use crate::store::layout::{Layout, Log};

/// Microseconds after which no program can still have the old file open to append one record.
const SETTLED_US: i64 = 3_600_000_000;

/// Where the old file goes that had `size` bytes when it was replaced; a number behind the moment tells two of one
/// moment apart.
pub(super) fn prev_path(layout: &Layout, log: Log, size: u64, now_us: i64) -> PathBuf {
    layout.hidden().join(format!("{}{size}.{now_us}", layout.prev_prefix(log)))
}

/// Lines that a program which ignores the lock appended to a log's old file after it was replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateAppend {
    /// The lines, in their order.
    pub lines: Vec<Vec<u8>>,
    path: PathBuf,
    seen: PathBuf,
}

/// The files of the hidden folder, among them what logs were before they were rewritten.
pub fn hidden_files(disk: &dyn Disk, layout: &Layout) -> Vec<Entry> {
    // Without the folder there is no old file.
    disk.list(&layout.hidden()).unwrap_or_default()
}

/// Looks for late appends among the files of [`hidden_files`], and removes old files to which nobody can append any
/// more.
///
/// # Errors
/// [`StoreError`]; the old file then stays for the next attempt.
pub fn late_appends(
    disk: &dyn Disk,
    layout: &Layout,
    log: Log,
    hidden_files: &[Entry],
    now_us: i64,
) -> Result<Vec<LateAppend>, StoreError> {
    let hidden = layout.hidden();
    let prefix = layout.prev_prefix(log);
    let mut late = Vec::new();
    for entry in hidden_files {
        let Some(rest) = entry.name.strip_prefix(&prefix) else { continue };
        let mut numbers = rest.split('.').map(str::parse::<i64>);
        let (Some(Ok(size)), Some(Ok(since_us))) = (numbers.next(), numbers.next()) else { continue };
        let path = hidden.join(&entry.name);
        let failed = |e| StoreError::writing(&path, e);
        let current = disk.stat(&layout.log(log)).map_err(failed)?;
        if current.is_some_and(|current| current.inode == entry.stat.inode) {
            // Killed between the two names: the log was never replaced.
            disk.remove(&path).map_err(failed)?;
            continue;
        }
        let size = size.unsigned_abs();
        if entry.stat.len > size {
            let mut options = ScanOptions::default();
            options.from.len = size;
            let mut lines = Vec::new();
            let all = |chunk: Chunk<'_>| chunk.to_lines();
            let report = scan(disk, &path, options, all, |_, found| lines.extend(found))?;
            if !lines.is_empty() {
                let lines = lines.into_iter().map(|line| [&line[..], b"\n"].concat()).collect();
                let seen = prev_path(layout, log, report.end.len, since_us);
                late.push(LateAppend { lines, path, seen });
                continue;
            }
        }
        if now_us.saturating_sub(since_us) > SETTLED_US {
            disk.remove(&path).map_err(failed)?;
        }
    }
    Ok(late)
}

impl LateAppend {
    /// Notes that the lines are in the log now.
    ///
    /// # Errors
    /// [`StoreError`]; they are then found, and passed over as known, once more.
    pub fn settle(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        let seen = free_path(disk, &self.seen)?;
        disk.rename(&self.path, &seen).map_err(|e| StoreError::writing(&self.path, e))
    }
}
