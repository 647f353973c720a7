//! Changing lines of a log in place: the whole log is written anew, in blocks, and replaced in one rename.

use super::append::Row;
use super::chunk::Chunk;
use super::line_kind::LineKind;
use super::prev::prev_path;
use super::rewrite::{Rewrite, read_range};
use super::scan::{ScanOptions, scan};
use crate::store::error::StoreError;
use crate::store::file_system::Disk;
use crate::store::layout::{Layout, Log};
use crate::store::lock::StoreLock;

/// Hands every line of a log to `change`, in order, and writes those anew for which it returns another; an
/// empty one takes the line out. A line that is not changed keeps its bytes.
///
/// # Errors
/// [`StoreError`]; the log is then as it was. A damaged log is [`StoreError::Corrupt`]: repair it first.
pub fn rewrite_lines(
    disk: &dyn Disk,
    layout: &Layout,
    log: Log,
    lock: &StoreLock,
    now_us: i64,
    kind_of: impl Fn(&[u8]) -> LineKind,
    mut change: impl FnMut(&[u8]) -> Option<Vec<u8>>,
) -> Result<(), StoreError> {
    let path = layout.log(log);
    let mut rewrite = Rewrite::begin(disk, &path, lock)?;
    let mut outcome = Ok(());
    let mut last_us = 0;
    let lines = |chunk: Chunk<'_>| chunk.to_lines();
    let scanned = scan(disk, &path, ScanOptions::default(), lines, |_, lines| {
        for line in lines {
            let changed = change(&line).unwrap_or(line);
            // Of the new line: windows pass over blocks by the times of what is in them.
            if let LineKind::At(event_us) = kind_of(&changed) {
                last_us = event_us;
            }
            if outcome.is_ok() && !changed.is_empty() {
                outcome = rewrite.push(Row { line: [&changed[..], b"\n"].concat(), event_us: last_us });
            }
        }
    });
    let publish = |rewrite: &mut Rewrite<'_>| -> Result<u64, StoreError> {
        let report = scanned?;
        outcome?;
        if !report.is_whole() {
            let why =
                "it must be repaired before its records can be filled: run `dtlearn doctor --repair`".into();
            return Err(StoreError::Corrupt { path: path.clone(), why });
        }
        rewrite.finish(0)?;
        // A program that ignores the lock may have appended meanwhile: its bytes go along as they are.
        let size = disk.stat(&path).map_err(|e| StoreError::reading(&path, e))?.map_or(0, |stat| stat.len);
        if size > report.size {
            rewrite.copy(&read_range(disk, &path, report.size, size)?)?;
            rewrite.sync()?;
        }
        Ok(size)
    };
    match publish(&mut rewrite) {
        Ok(size) => rewrite.publish(&prev_path(layout, log, size, now_us)).map(drop),
        Err(error) => {
            rewrite.abandon();
            Err(error)
        }
    }
}
