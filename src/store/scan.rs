//! Reads a log of gzip members from a position on: whole members only, in order, past any damage.
//!
//! Members that carry their length are unpacked on all cores; others one after the other. Damage never ends
//! a read: it goes on at the next member whose header, checksum and size hold.

use std::path::Path;
use std::sync::Mutex;

use rayon::prelude::*;

use super::disk::{Disk, DiskFile};
use super::error::StoreError;
use super::gzip::{
    Header, HeaderError, MAX_FOREIGN_TEXT, UnpackError, Unpacker, parse_header, stated_len,
};

/// The longest line that is read, in bytes; longer ones are passed over and counted.
pub(super) const MAX_LINE_BYTES: usize = 1 << 20;

/// Compressed bytes that are looked at together.
const BATCH: usize = 2 << 20;

/// Bytes of text that one core takes at a time.
const GROUP_TEXT: usize = 1 << 20;

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

/// The text of one or several whole members that follow each other.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    /// Offset of the first of them in the file.
    pub at: u64,
    text: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// The lines that are not empty.
    pub fn lines(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        lines(self.text)
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut from = 0;
    let ends = memchr::memchr_iter(b'\n', text).chain(std::iter::once(text.len()));
    ends.map(move |end| text[std::mem::replace(&mut from, end + 1)..end].trim_ascii())
        .filter(|line| !line.is_empty())
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

struct Frame {
    start: usize,
    len: usize,
    header: Header,
    /// What it says that it unpacks to.
    text_len: usize,
}

/// What a core needs to unpack members.
struct Tools {
    unpacker: Unpacker,
    text: Vec<u8>,
}

impl Tools {
    fn new() -> Self {
        Self { unpacker: Unpacker::new(), text: Vec::new() }
    }
}

enum Stop {
    MoreBytes,
    Foreign(Header),
    Unreadable,
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
        unpacker: Unpacker::new(),
        tools: Mutex::new(Vec::new()),
        report: ScanReport { end: options.from, size, ..ScanReport::default() },
    };
    let mut at = options.from.len;
    let mut buffer = Vec::new();
    while at < size {
        scanner.read(at, BATCH, &mut buffer)?;
        let (frames, stop) = frames_of(&buffer, at + buffer.len() as u64 == size);
        let failed = scanner.framed(at, &buffer, &frames, options.after_us, &map, &mut sink)?;
        if let Some(bad) = failed {
            at = scanner.resync(at + frames[bad].start as u64)?;
            continue;
        }
        at += frames.last().map_or(0, |frame| (frame.start + frame.len) as u64);
        at = match stop {
            Stop::MoreBytes => at,
            Stop::Unreadable => scanner.resync(at)?,
            Stop::Foreign(header) => match scanner.foreign(at, header, &map, &mut sink)? {
                Some(end) => end,
                None => scanner.resync(at)?,
            },
        };
    }
    scanner.finish()
}

/// The members with a length that lie whole in `bytes`, and why there are no more.
fn frames_of(bytes: &[u8], at_end: bool) -> (Vec<Frame>, Stop) {
    let mut frames = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let header = match parse_header(&bytes[start..]) {
            Ok(header) => header,
            // Cut by the end of the batch; a header that fills a whole batch is none.
            Err(HeaderError::Cut) if !at_end && start > 0 => return (frames, Stop::MoreBytes),
            Err(_) => return (frames, Stop::Unreadable),
        };
        let Some(len) = header.member_len else { return (frames, Stop::Foreign(header)) };
        if start + len > bytes.len() {
            let stop = if at_end { Stop::Unreadable } else { Stop::MoreBytes };
            return (frames, stop);
        }
        frames.push(Frame { start, len, header, text_len: stated_len(&bytes[start..start + len]) });
        start += len;
    }
    (frames, Stop::MoreBytes)
}

struct Scanner<'a> {
    file: &'a dyn DiskFile,
    path: &'a Path,
    unpacker: Unpacker,
    /// Those that no core holds at the moment.
    tools: Mutex<Vec<Tools>>,
    report: ScanReport,
}

impl Scanner<'_> {
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

    /// Unpacks frames, on all cores when there are many; returns the index of the first that is damaged.
    fn framed<R: Send>(
        &mut self,
        at: u64,
        bytes: &[u8],
        frames: &[Frame],
        after_us: Option<i64>,
        map: &(impl Fn(Chunk<'_>) -> R + Sync),
        sink: &mut impl FnMut(u64, R),
    ) -> Result<Option<usize>, StoreError> {
        let old = |frame: &Frame| {
            after_us.is_some_and(|after| frame.header.seal.is_some_and(|seal| seal.last_us <= after))
        };
        let mut groups: Vec<(usize, usize)> = Vec::new();
        let mut first = 0;
        let mut len = 0;
        for (index, frame) in frames.iter().enumerate() {
            len += if old(frame) { 0 } else { frame.text_len };
            if len >= GROUP_TEXT || index + 1 == frames.len() {
                groups.push((first, index + 1));
                (first, len) = (index + 1, 0);
            }
        }
        let unpack = |&(from, to): &(usize, usize)| {
            let free = self.tools.lock().ok().and_then(|mut tools| tools.pop());
            let mut tools = free.unwrap_or_else(Tools::new);
            let Tools { unpacker, text } = &mut tools;
            text.clear();
            let mut skipped = 0;
            let mut bad = None;
            for (index, frame) in frames.iter().enumerate().take(to).skip(from) {
                if old(frame) {
                    skipped += u64::from(frame.header.seal.map_or(0, |seal| seal.rows));
                    continue;
                }
                // A line ends with its member.
                if text.last().is_some_and(|byte| *byte != b'\n') {
                    text.push(b'\n');
                }
                let member = &bytes[frame.start..frame.start + frame.len];
                if unpacker.framed(member, frame.header.len, text).is_err() {
                    bad = Some(index);
                    break;
                }
            }
            let chunk = Chunk { at: at + frames[from].start as u64, text };
            let done = (chunk.lines().count() as u64, skipped, bad, map(chunk));
            if let Ok(mut free) = self.tools.lock() {
                free.push(tools);
            }
            done
        };
        let done: Vec<_> = if groups.len() > 1 {
            groups.par_iter().map(unpack).collect()
        } else {
            groups.iter().map(unpack).collect()
        };
        for ((from, to), (rows, skipped, bad, result)) in groups.into_iter().zip(done) {
            sink(self.report.end.rows, result);
            self.report.end.rows += rows + skipped;
            self.report.skipped_rows += skipped;
            let whole = bad.unwrap_or(to);
            self.report.members += (whole - from) as u64;
            if whole > from {
                let last = &frames[whole - 1];
                let end = last.start + last.len;
                self.report.end.len = at + end as u64;
                self.report.end.trailer.copy_from_slice(&bytes[end - 8..end]);
            }
            if bad.is_some() {
                return Ok(bad);
            }
        }
        Ok(None)
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
            let chunk = Chunk { at, text };
            sink(rows, map(chunk));
            rows += chunk.lines().count() as u64;
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
            return Ok(member.is_some_and(|m| self.unpacker.framed(m, header.len, &mut Vec::new()).is_ok()));
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
    bytes.windows(3).enumerate().filter(|(_, three)| *three == [0x1f, 0x8b, 8]).map(|(at, _)| at)
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
