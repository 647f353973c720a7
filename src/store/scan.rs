//! Reads a log of gzip members from a position on: whole members only, in order, past any damage.
//!
//! Members that carry their length are unpacked on all cores; others one after the other. Damage never ends
//! a read: it goes on at the next member whose header, checksum and size hold.

use std::path::Path;
use std::sync::{Arc, Mutex};

use rayon::Scope;

use super::chunk::{Chunk, lines_of};
use super::disk::{Disk, DiskFile};
use super::error::StoreError;
use super::flow::{AHEAD, Flow};
use super::frames::{Batch, Done, Frame, Member, Stop, Tools, frames_of, is_old};
use super::gzip::{Header, MAX_FOREIGN_TEXT, UnpackError, Unpacker, parse_header};

/// The longest line that is read, in bytes; longer ones are passed over and counted.
pub(super) const MAX_LINE_BYTES: usize = 1 << 20;

/// Compressed bytes that are looked at together.
const BATCH: usize = 2 << 20;

/// Bytes that one thread reads alone.
const ALONE: u64 = 128 << 10;

/// More bytes than a sealed block's header and the checksum and size of the member before it have.
const HEADER_ROOM: usize = 64;

/// Text of a member without a length of its own that is held until its checksum is known.
const HELD_TEXT: usize = 4 << 20;

/// A place in a log up to which everything has been seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// Bytes from the start of the file.
    pub len: u64,
    /// Rows before that place.
    pub rows: u64,
    /// The eight bytes before that place: checksum and size of the last member.
    pub trailer: [u8; 8],
}

/// What is wrong with a stretch of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DamageKind {
    /// Bytes that are no whole member, between whole members.
    Broken,
    /// Bytes after the last whole member: a write that was cut short, or garbage.
    Tail,
    /// A line too long to be a record.
    LongLine,
}

/// A stretch of a file that was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Offset in the file.
    pub at: u64,
    /// Bytes.
    pub len: u64,
    /// What is wrong.
    pub kind: DamageKind,
}

/// What a read found, besides the rows.
#[derive(Clone, Debug, Default)]
pub struct ScanReport {
    /// The end of the last whole member.
    pub end: Position,
    /// Bytes in the file when the read began.
    pub size: u64,
    /// What was passed over.
    pub damage: Vec<Damage>,
    /// Whole members read or skipped.
    pub members: u64,
    /// Rows in sealed blocks that were skipped because they are too old.
    pub skipped_rows: u64,
}

impl ScanReport {
    /// Bytes after the last whole member.
    pub fn tail(&self) -> Option<Damage> {
        self.damage.last().copied().filter(|damage| damage.kind == DamageKind::Tail)
    }
}

/// What to read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScanOptions {
    /// Where to begin.
    pub from: Position,
    /// Sealed blocks whose largest event time is not after this are passed over, microseconds since 1970.
    pub after_us: Option<i64>,
}

/// Reads the log at `path`: `map` is called for each chunk, on any core, and `sink` with each result, in
/// the order of the file, with the number of rows before the chunk. A file that is not there has no rows.
///
/// # Errors
/// [`StoreError::Read`] when the system cannot read, [`StoreError::NotAFile`], and
/// [`StoreError::NotGzip`] when nothing in the file is a gzip member.
pub fn scan<R: Send>(
    disk: &dyn Disk,
    path: &Path,
    options: ScanOptions,
    map: impl Fn(Chunk<'_>) -> R + Sync,
    mut sink: impl FnMut(u64, R),
) -> Result<ScanReport, StoreError> {
    let file = match disk.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ScanReport::default()),
        Err(error) => return Err(StoreError::reading(path, error)),
    };
    let size = file.len().map_err(|e| StoreError::reading(path, e))?;
    let mut scanner = Scanner {
        file: &*file,
        path,
        options,
        unpacker: Unpacker::new(),
        buffer: Vec::new(),
        report: ScanReport { end: options.from, size, ..ScanReport::default() },
    };
    let spare = Mutex::new(Vec::new());
    // Little is read sooner than threads are begun.
    if size.saturating_sub(options.from.len) < ALONE || rayon::current_thread_index().is_some() {
        scanner.read_all(None, &spare, &map, &mut sink)?;
    } else {
        rayon::in_place_scope(|scope| scanner.read_all(Some(scope), &spare, &map, &mut sink))?;
    }
    scanner.finish()
}

struct Scanner<'a> {
    file: &'a dyn DiskFile,
    path: &'a Path,
    options: ScanOptions,
    unpacker: Unpacker,
    /// Room for the next batch.
    buffer: Vec<u8>,
    report: ScanReport,
}

impl Scanner<'_> {
    /// Reads up to the end of the file. The cores of `scope` unpack groups ahead while this thread reads and
    /// hands on what they made.
    fn read_all<'s, R: Send + 's>(
        &mut self,
        scope: Option<&Scope<'s>>,
        spare: &'s Mutex<Vec<Tools>>,
        map: &'s (impl Fn(Chunk<'_>) -> R + Sync),
        sink: &mut impl FnMut(u64, R),
    ) -> Result<(), StoreError> {
        let options = self.options;
        let size = self.report.size;
        let mut flow = Flow::new();
        let mut at = options.from.len;
        loop {
            let hopped = if options.after_us.is_some() && at < size { self.hop(at, options)? } else { None };
            if at >= size || hopped.is_some() {
                if let Some(resumed) = self.hand_on(&mut flow, 0, sink)? {
                    at = resumed;
                } else if let Some(hopped) = hopped {
                    self.take_end(hopped);
                    at = self.report.end.len;
                } else {
                    return Ok(());
                }
                continue;
            }
            let mut bytes = std::mem::take(&mut self.buffer);
            self.read(at, BATCH, &mut bytes)?;
            let ends_file = at + bytes.len() as u64 == size;
            let (frames, stop) = frames_of(&bytes, ends_file);
            let behind = frames.last().map_or(0, Frame::end);
            let batch = Arc::new(Batch { at, bytes, frames, options });
            let mut resumed = None;
            for group in batch.groups() {
                flow.send(scope, &batch, group, spare, map);
                resumed = self.hand_on(&mut flow, AHEAD, sink)?;
                if resumed.is_some() {
                    break;
                }
            }
            // What was made of foreign members is handed on while the next ones are unpacked.
            let goes_on = match stop {
                Stop::MoreBytes => true,
                Stop::Foreign(_) => flow.len() == 0,
                Stop::Unreadable => false,
            };
            if resumed.is_none() && !goes_on {
                resumed = self.hand_on(&mut flow, 0, sink)?;
            }
            let stopped = at + behind as u64;
            at = match (resumed, stop) {
                (Some(resumed), _) => resumed,
                (None, Stop::MoreBytes) => stopped,
                (None, Stop::Unreadable) => self.resync(stopped)?,
                (None, Stop::Foreign(header)) => {
                    let unpack = || batch.unpack_foreign(behind, ends_file, spare, map);
                    let before = std::mem::take(&mut flow.made);
                    let hand_on = || before.into_iter().for_each(|done| self.hand_on_one(done, sink));
                    if scope.is_some() {
                        rayon::in_place_scope(|cores| {
                            cores.spawn(|_| flow.made = unpack());
                            hand_on();
                        });
                    } else {
                        hand_on();
                        flow.made = unpack();
                    }
                    match flow.made.last().and_then(|done| done.end) {
                        Some((end, _)) => end,
                        // Those before have been handed on, and none was made here.
                        None => match self.foreign(stopped, header, map, sink)? {
                            Some(end) => end,
                            None => self.resync(stopped)?,
                        },
                    }
                }
            };
            if let Some(batch) = Arc::into_inner(batch) {
                self.buffer = batch.bytes;
            }
        }
    }

    fn read(&self, at: u64, len: usize, buffer: &mut Vec<u8>) -> Result<(), StoreError> {
        let len = len.min(usize::try_from(self.report.size - at).unwrap_or(usize::MAX));
        buffer.resize(len, 0);
        let got = self.file.read_at(buffer, at).map_err(|e| StoreError::reading(self.path, e))?;
        if got < len {
            let error = std::io::Error::other("the file became shorter while it was read");
            return Err(StoreError::reading(self.path, error));
        }
        Ok(())
    }

    /// Passes over sealed blocks that are too old by their headers alone; `None` when the next member is none.
    fn hop(&self, from: u64, options: ScanOptions) -> Result<Option<Done<()>>, StoreError> {
        let mut done = Done { rows: 0, skipped_rows: 0, members: 0, end: None, bad: None, result: () };
        let mut at = from;
        // Each read begins with the checksum and size of the member before.
        let mut head = [0; HEADER_ROOM];
        while at < self.report.size {
            let before = at.min(8);
            let got = self.file.read_at(&mut head, at - before);
            let got = got.map_err(|e| StoreError::reading(self.path, e))?;
            let Some(bytes) = head[..got].get(before as usize..) else { break };
            if at > from {
                let mut trailer = [0; 8];
                trailer.copy_from_slice(&head[..8]);
                done.end = Some((at, trailer));
            }
            let Ok(header) = parse_header(bytes) else { break };
            let (Some(len), Some(seal), true) = (header.member_len, header.seal, is_old(&header, options))
            else {
                break;
            };
            if at + len as u64 >= self.report.size {
                // The last member is read in the usual way, which sees whether it is whole.
                break;
            }
            done.skipped_rows += u64::from(seal.rows);
            done.members += 1;
            at += len as u64;
        }
        Ok(Some(done).filter(|done| done.end.is_some()))
    }

    /// Hands on what was made of groups until no more than `left` are on their way. Where one is damaged,
    /// those behind it are dropped, and it is told where the next whole member begins.
    fn hand_on<R: Send>(
        &mut self,
        flow: &mut Flow<R>,
        left: usize,
        sink: &mut impl FnMut(u64, R),
    ) -> Result<Option<u64>, StoreError> {
        for done in std::mem::take(&mut flow.made) {
            self.hand_on_one(done, sink);
        }
        while flow.len() > left {
            let Some((done, batch)) = flow.next() else { break };
            let bad = done.bad.map(|frame| batch.at + batch.frames[frame].start() as u64);
            self.hand_on_one(done, sink);
            if let Some(batch) = Arc::into_inner(batch) {
                self.buffer = batch.bytes;
            }
            if let Some(bad) = bad {
                flow.clear();
                return self.resync(bad).map(Some);
            }
        }
        Ok(None)
    }

    fn hand_on_one<R>(&mut self, done: Done<R>, sink: &mut impl FnMut(u64, R)) {
        let rows_before = self.report.end.rows;
        sink(rows_before, self.take_end(done));
    }

    fn take_end<R>(&mut self, done: Done<R>) -> R {
        self.report.end.rows += done.rows + done.skipped_rows;
        self.report.skipped_rows += done.skipped_rows;
        self.report.members += done.members;
        if let Some((len, trailer)) = done.end {
            (self.report.end.len, self.report.end.trailer) = (len, trailer);
        }
        done.result
    }

    /// Unpacks a member of unknown length; `None` when it is not whole.
    fn foreign<R>(
        &mut self,
        at: u64,
        header: Header,
        map: &impl Fn(Chunk<'_>) -> R,
        sink: &mut impl FnMut(u64, R),
    ) -> Result<Option<u64>, StoreError> {
        let mut text = Vec::new();
        let mut large = false;
        let whole = self.unpack_foreign(at, header, |piece| {
            if large || text.len() + piece.len() > HELD_TEXT {
                (large, text) = (true, Vec::new());
            } else {
                text.extend_from_slice(piece);
            }
            true
        })?;
        let Ok(len) = whole else { return Ok(None) };
        let end = at + len;
        let mut rows = self.report.end.rows;
        let mut emit = |text: &[u8]| {
            let members = [Member { at, end: text.len(), seal: header.seal }];
            let lines: Vec<_> = lines_of(text).collect();
            sink(rows, map(Chunk { at, text, members: &members, lines: &lines }));
            rows += lines.len() as u64;
        };
        if large {
            // The checksum held: now the lines, a piece at a time.
            let mut splitter = Splitter::default();
            let again = self.unpack_foreign(at, header, |piece| {
                splitter.push(piece, &mut emit);
                true
            })?;
            splitter.finish(&mut emit);
            let long = splitter.passed_over.into_iter();
            self.report.damage.extend(long.map(|len| Damage { at, len, kind: DamageKind::LongLine }));
            if again.is_err() {
                let why = std::io::Error::other("the file changed while it was read");
                return Err(StoreError::reading(self.path, why));
            }
        } else {
            emit(&text);
        }
        self.report.end.rows = rows;
        let mut trailer = Vec::new();
        self.read(end - 8, 8, &mut trailer)?;
        self.report.end.trailer.copy_from_slice(&trailer);
        self.report.end.len = end;
        self.report.members += 1;
        Ok(Some(end))
    }

    fn unpack_foreign(
        &mut self,
        at: u64,
        header: Header,
        sink: impl FnMut(&[u8]) -> bool,
    ) -> Result<Result<u64, UnpackError>, StoreError> {
        let (file, size, path) = (self.file, self.report.size, self.path);
        let next = |offset: u64| -> Result<Vec<u8>, StoreError> {
            let from = at + offset;
            let mut piece = vec![0; size.saturating_sub(from).min(256 << 10) as usize];
            let got = file.read_at(&mut piece, from).map_err(|e| StoreError::reading(path, e))?;
            piece.truncate(got);
            Ok(piece)
        };
        self.unpacker.foreign(header.len, next, sink)
    }

    /// Notes the damage at `at` and returns where the next whole member begins, or the end of the file.
    fn resync(&mut self, at: u64) -> Result<u64, StoreError> {
        let size = self.report.size;
        let mut from = at + 1;
        let mut buffer = Vec::new();
        while from < size {
            self.read(from, BATCH, &mut buffer)?;
            for start in magics(&buffer) {
                let found = from + start as u64;
                if self.is_whole(found)? {
                    self.report.damage.push(Damage { at, len: found - at, kind: DamageKind::Broken });
                    return Ok(found);
                }
            }
            if from + buffer.len() as u64 == size {
                break;
            }
            from += buffer.len() as u64 - 2;
        }
        self.report.damage.push(Damage { at, len: size - at, kind: DamageKind::Tail });
        Ok(size)
    }

    /// Whether a whole member begins at `at`.
    fn is_whole(&mut self, at: u64) -> Result<bool, StoreError> {
        let mut bytes = Vec::new();
        self.read(at, 128 << 10, &mut bytes)?;
        let Ok(header) = parse_header(&bytes) else { return Ok(false) };
        if let Some(len) = header.member_len {
            let member = bytes.get(..len);
            return Ok(
                member.is_some_and(|m| self.unpacker.framed(m, header.len, &mut Vec::new(), 0).is_ok())
            );
        }
        let mut seen = 0;
        let whole = self.unpack_foreign(at, header, |piece| {
            seen += piece.len();
            seen <= MAX_FOREIGN_TEXT
        })?;
        Ok(whole.is_ok())
    }

    fn finish(self) -> Result<ScanReport, StoreError> {
        let report = self.report;
        if report.members == 0 && report.end.len == 0 && report.size > 0 {
            let mut start = [0; 16];
            let got = self.file.read_at(&mut start, 0).map_err(|e| StoreError::reading(self.path, e))?;
            if let Some(found) = other_format(&start[..got]) {
                return Err(StoreError::NotGzip { path: self.path.to_owned(), found });
            }
        }
        Ok(report)
    }
}

/// The offsets at which a gzip member could begin.
pub(super) fn magics(bytes: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(bytes, &[0x1f, 0x8b, 8])
}

/// What a file is that does not begin like gzip; `None` for the start of a gzip member.
fn other_format(start: &[u8]) -> Option<&'static str> {
    match start {
        [0x1f, 0x8b, ..] | [0x1f] | [] => None,
        [b'P', b'K', ..] => Some("a zip archive"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        [0xfd, b'7', b'z', ..] => Some("xz"),
        [b'B', b'Z', b'h', ..] => Some("bzip2"),
        _ if start.iter().all(|b| *b == 0) => Some("a run of zero bytes"),
        _ if start.iter().all(|b| (0x20..0x7f).contains(b) || b.is_ascii_whitespace()) => Some("plain text"),
        _ => Some("an unknown kind of file"),
    }
}

/// Cuts a stream of text into pieces of whole lines, passing over lines that are too long.
#[derive(Default)]
struct Splitter {
    carry: Vec<u8>,
    dropping: u64,
    passed_over: Vec<u64>,
}

impl Splitter {
    fn push(&mut self, piece: &[u8], emit: &mut impl FnMut(&[u8])) {
        let Some(last) = piece.iter().rposition(|byte| *byte == b'\n') else {
            self.keep(piece);
            return;
        };
        let (whole, rest) = piece.split_at(last + 1);
        let whole = if self.dropping > 0 {
            let end = whole.iter().position(|byte| *byte == b'\n').map_or(whole.len(), |at| at + 1);
            self.passed_over.push(self.dropping + end as u64);
            self.dropping = 0;
            &whole[end..]
        } else {
            whole
        };
        self.carry.extend_from_slice(whole);
        emit(&self.carry);
        self.carry.clear();
        self.keep(rest);
    }

    fn keep(&mut self, rest: &[u8]) {
        if self.dropping > 0 || self.carry.len() + rest.len() > MAX_LINE_BYTES {
            self.dropping += (self.carry.len() + rest.len()) as u64;
            self.carry.clear();
        } else {
            self.carry.extend_from_slice(rest);
        }
    }

    fn finish(&mut self, emit: &mut impl FnMut(&[u8])) {
        if self.dropping > 0 {
            self.passed_over.push(self.dropping);
        } else if !self.carry.is_empty() {
            emit(&self.carry);
        }
    }
}
