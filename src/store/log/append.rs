//! Appending to a log: one write at the end of a file that ends at a whole member, checked and synced.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rayon::prelude::*;

use super::member::{MAX_MEMBER_TEXT, Seal, encode_member, encode_plain_member, trailer_of};
use super::position::Position;
use crate::store::error::StoreError;
use crate::store::file_system::{Disk, DiskFile};
use crate::store::layout::Layout;
use crate::store::lock::StoreLock;
use crate::store::threads::start_threads;
use crate::wire::MAX_LINE_BYTES;

/// How long bytes behind the last whole member are given to become one: Python's gzip writes twice.
const TAIL_PATIENCE: Duration = Duration::from_millis(200);

/// A line to append.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The whole line with its newline.
    pub line: Vec<u8>,
    /// When what it tells of happened, microseconds since 1970.
    pub event_us: i64,
}

/// How lines are packed into members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// A few records of an engine: small members, sealed into blocks later.
    Loose,
    /// Many records at once: blocks that say which times they hold.
    Sealed,
}

/// What became of an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The end of the log now.
    pub end: Position,
    /// Whether the disk confirmed the bytes; if not they are in the file, but a power cut may take them.
    pub durable: bool,
    /// Whether another program wrote at the same moment: what it wrote lies before ours and was not read.
    pub interrupted: bool,
}

/// A log that is open to append, under the lock.
pub struct Writer<'a> {
    disk: &'a dyn Disk,
    path: PathBuf,
    file: Box<dyn DiskFile>,
    created: bool,
}

impl std::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("path", &self.path).finish_non_exhaustive()
    }
}

impl<'a> Writer<'a> {
    /// Opens the log at `path`, creating it when it is not there.
    ///
    /// # Errors
    /// [`StoreError::Write`] or [`StoreError::NotAFile`].
    pub fn open(disk: &'a dyn Disk, path: &Path, _lock: &StoreLock) -> Result<Self, StoreError> {
        let created = disk.stat(path).map_err(|e| StoreError::writing(path, e))?.is_none();
        let file = disk.open_append(path).map_err(|e| StoreError::writing(path, e))?;
        Ok(Self { disk, path: path.to_owned(), file, created })
    }

    /// Bytes in the file now.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub fn len(&self) -> Result<u64, StoreError> {
        self.file.len().map_err(|e| StoreError::reading(&self.path, e))
    }

    /// Whether the file has no bytes.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.len()? == 0)
    }

    /// Waits until the file has grown beyond `size` bytes, or until another writer's patience is over.
    ///
    /// # Errors
    /// [`StoreError::Read`].
    pub fn wait_for_growth(&self, size: u64) -> Result<bool, StoreError> {
        let step = Duration::from_millis(10);
        let mut waited = Duration::ZERO;
        while waited < TAIL_PATIENCE {
            if self.len()? != size {
                return Ok(true);
            }
            waited += self.disk.pause(step);
        }
        Ok(self.len()? != size)
    }

    /// Moves the bytes from `end` on to the quarantine folder and cuts them off; returns the file that now
    /// holds them.
    ///
    /// # Errors
    /// [`StoreError::Write`]; the log is cut only after the copy is on the disk.
    pub fn quarantine_tail(&mut self, end: u64, layout: &Layout) -> Result<PathBuf, StoreError> {
        let dir = layout.quarantine();
        self.disk.create_dir_all(&dir).map_err(|e| StoreError::writing(&dir, e))?;
        let name = self.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mut number = 0;
        let (to, mut copy) = loop {
            let to = dir.join(format!("{name}.{end}.{number}"));
            match self.disk.create_new(&to, None) {
                Ok(copy) => break (to, copy),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(StoreError::writing(&to, error)),
            }
        };
        let size = self.len()?;
        let mut at = end;
        let mut buffer = vec![0; 1 << 20];
        while at < size {
            let got = self.file.read_at(&mut buffer, at).map_err(|e| StoreError::reading(&self.path, e))?;
            if got == 0 {
                break;
            }
            copy.write_all(&buffer[..got]).map_err(|e| StoreError::writing(&to, e))?;
            at += got as u64;
        }
        copy.sync().map_err(|e| StoreError::writing(&to, e))?;
        self.disk.sync_dir(&dir).map_err(|e| StoreError::writing(&dir, e))?;
        self.file.set_len(end).map_err(|e| StoreError::writing(&self.path, e))?;
        Ok(to)
    }

    /// Packs whole lines and appends them, as [`Writer::append_packed`] does.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub fn append(&mut self, end: Position, rows: &[Row], packing: Packing) -> Result<Appended, StoreError> {
        self.append_packed(end, &Packed::of(rows, packing))
    }

    /// Appends whole lines behind `end`, which must be the end of the file. On an error nothing of them is
    /// in the file. A line longer than [`MAX_LINE_BYTES`] is an error: it could not be read back.
    ///
    /// # Errors
    /// [`StoreError::Write`].
    pub fn append_packed(&mut self, end: Position, packed: &Packed) -> Result<Appended, StoreError> {
        let Packed { members, rows, too_long } = packed;
        if let Some(len) = too_long {
            let why = format!("a line of {len} bytes could not be read back");
            return Err(StoreError::writing(&self.path, std::io::Error::other(why)));
        }
        let failed = |source| StoreError::writing(&self.path, source);
        let before = self.file.len().map_err(failed)?;
        let written = self.file.write(members);
        let len = match written {
            Ok(written) if written == members.len() => members.len() as u64,
            other => {
                // A short write, or none: whatever of it is there goes again, before anybody reads it.
                if self.file.len().map_err(failed)? > before {
                    self.file.set_len(before).map_err(failed)?;
                }
                let short = || std::io::Error::other("the disk took only part of it");
                return Err(failed(other.err().unwrap_or_else(short)));
            }
        };
        let after = self.file.len().map_err(failed)?;
        // Where did it land? A writer that ignores the lock may have come between.
        let start = after.checked_sub(len).filter(|start| *start >= before);
        let landed = start.is_some_and(|start| self.holds(start, members));
        let start = match (landed, start) {
            (true, Some(start)) => start,
            _ => self.find(before, after, members).ok_or_else(|| {
                failed(std::io::Error::other("another program wrote over it: it ignores the lock"))
            })?,
        };
        let mut durable = self.file.sync().is_ok();
        if self.created && durable {
            durable = self.path.parent().is_none_or(|dir| self.disk.sync_dir(dir).is_ok());
        }
        self.created = false;
        Ok(Appended {
            end: Position { len: start + len, rows: end.rows + rows, trailer: trailer_of(members) },
            durable,
            interrupted: start != end.len || after != start + len,
        })
    }

    /// Makes durable what stands in the log, whoever wrote it; whether the disk confirmed it.
    pub fn sync(&mut self) -> bool {
        self.file.sync().is_ok()
    }

    fn holds(&self, start: u64, bytes: &[u8]) -> bool {
        let mut found = vec![0; bytes.len()];
        self.file.read_at(&mut found, start).is_ok_and(|got| got == bytes.len()) && found == bytes
    }

    /// Where between `from` and `to` the bytes lie.
    fn find(&self, from: u64, to: u64, bytes: &[u8]) -> Option<u64> {
        let mut region = vec![0; usize::try_from(to.checked_sub(from)?).ok()?];
        let got = self.file.read_at(&mut region, from).ok()?;
        region[..got].windows(bytes.len()).position(|window| window == bytes).map(|at| from + at as u64)
    }
}

/// Lines as the members that they will be in a log.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    members: Vec<u8>,
    rows: u64,
    /// Bytes of a line that could not be read back.
    too_long: Option<usize>,
}

impl Packed {
    /// Packs lines, as many to a member as fit.
    pub fn of(rows: &[Row], packing: Packing) -> Self {
        let is_too_long = |row: &&Row| row.line.trim_ascii_end().len() > MAX_LINE_BYTES;
        let too_long = rows.iter().find(is_too_long).map(|row| row.line.len());
        Self { members: pack(rows, packing), rows: rows.len() as u64, too_long }
    }

    /// How many lines they are.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

/// Fewer blocks than this are packed by the thread that asks: an engine's record begins no others.
const BLOCKS_WORTH_THREADS: usize = 4;

/// Rows as members, as many to a member as fit.
fn pack(rows: &[Row], packing: Packing) -> Vec<u8> {
    let mut blocks = Vec::new();
    let mut rest = rows;
    while !rest.is_empty() {
        let (block, behind) = rest.split_at(fitting(rest).max(1));
        blocks.push(block);
        rest = behind;
    }
    pack_blocks(&blocks, packing)
}

/// How many of the first rows fit into one member.
fn fitting(rows: &[Row]) -> usize {
    let mut bytes = 0;
    let fits = |row: &&Row| {
        bytes += row.line.len();
        bytes <= MAX_MEMBER_TEXT
    };
    rows.iter().take_while(fits).count()
}

/// Each block as one member, packed on all cores where there are many.
pub(super) fn pack_blocks<B: AsRef<[Row]> + Sync>(blocks: &[B], packing: Packing) -> Vec<u8> {
    let encode = |block: &B| encode_block(block.as_ref(), packing);
    if blocks.len() < BLOCKS_WORTH_THREADS || start_threads() < 2 {
        blocks.iter().flat_map(encode).collect()
    } else {
        blocks.par_iter().map(encode).collect::<Vec<_>>().concat()
    }
}

fn encode_block(block: &[Row], packing: Packing) -> Vec<u8> {
    if let [row] = block
        && row.line.len() > MAX_MEMBER_TEXT
    {
        // A line too long for a framed member.
        return encode_plain_member(&row.line);
    }
    let mut text = Vec::with_capacity(block.iter().map(|row| row.line.len()).sum());
    block.iter().for_each(|row| text.extend_from_slice(&row.line));
    let seal = (packing == Packing::Sealed).then(|| seal_of(block));
    encode_member(&text, seal, 6)
}

/// What a block says of its rows.
pub(super) fn seal_of(block: &[Row]) -> Seal {
    let first = block.iter().map(|row| row.event_us).min().unwrap_or(i64::MAX);
    let last = block.iter().map(|row| row.event_us).max().unwrap_or(i64::MIN);
    Seal { rows: block.len() as u32, first_us: first, last_us: last }
}
