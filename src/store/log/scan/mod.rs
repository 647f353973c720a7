//! Reads a log of gzip members from a position on: whole members only, in order, past any damage.
//!
//! Members that carry their length are unpacked on all cores; others one after the other. Damage never ends
//! a read: it goes on at the next member whose header, checksum and size hold.

mod foreign;
mod hop;
mod report;
mod resync;
mod source;
mod splitter;

use std::path::Path;
use std::sync::{Arc, Mutex};

use rayon::Scope;

pub use report::{Damage, DamageKind, ScanOptions, ScanReport};

use super::chunk::{Chunk, Member, lines_of};
use super::flow::{AHEAD, Flow};
use super::frames::{Batch, Done, Frame, Stop, Tools, frames_of};
use super::member::Header;
use super::unpack::Unpacker;
use crate::store::error::StoreError;
use crate::store::file_system::Disk;
use foreign::read_foreign;
use hop::hop;
use resync::resync;
use source::Source;

/// Compressed bytes that are looked at together.
const BATCH: usize = 2 << 20;

/// Bytes that one thread reads alone.
const ALONE: u64 = 128 << 10;

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
    sink: impl FnMut(u64, R),
) -> Result<ScanReport, StoreError> {
    let file = match disk.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ScanReport::default()),
        Err(error) => return Err(StoreError::reading(path, error)),
    };
    let size = file.len().map_err(|e| StoreError::reading(path, e))?;
    let source = Source { file: &*file, path, size };
    let spare = Mutex::new(Vec::new());
    // Little is read sooner than threads are begun.
    if size.saturating_sub(options.from.len) < ALONE || rayon::current_thread_index().is_some() {
        Scanner::new(source, options, None, &spare, &map, sink).read_all()
    } else {
        rayon::in_place_scope(|scope| {
            Scanner::new(source, options, Some(scope), &spare, &map, sink).read_all()
        })
    }
}

/// What the scanner does next, and at which offset.
enum State {
    /// Passes over sealed blocks that are too old, where a window is read.
    Hop(u64),
    /// Reads a batch and sends its members to the cores.
    Read(u64),
    /// Unpacks members that do not say how long they are, on all cores, as far as they lie in the batch.
    Foreign { batch: Arc<Batch>, from: usize, header: Header },
    /// Unpacks one of them that the cores could not: it is large, or not whole.
    Alone(u64, Header),
    /// No whole member begins here: looks for the next one.
    Search(u64),
    /// Waits for what is on its way; the file ends.
    Drain,
    /// Everything was handed on.
    Done,
}

struct Scanner<'a, 'b, 's, R, M, S> {
    source: Source<'a>,
    options: ScanOptions,
    /// The cores that unpack groups ahead while this thread reads and hands on what they made.
    scope: Option<&'b Scope<'s>>,
    spare: &'s Mutex<Vec<Tools>>,
    map: &'s M,
    sink: S,
    flow: Flow<R>,
    unpacker: Unpacker,
    /// Room for the next batch.
    buffer: Vec<u8>,
    report: ScanReport,
}

impl<'a, 'b, 's, R, M, S> Scanner<'a, 'b, 's, R, M, S>
where
    R: Send + 's,
    M: Fn(Chunk<'_>) -> R + Sync,
    S: FnMut(u64, R),
{
    fn new(
        source: Source<'a>,
        options: ScanOptions,
        scope: Option<&'b Scope<'s>>,
        spare: &'s Mutex<Vec<Tools>>,
        map: &'s M,
        sink: S,
    ) -> Self {
        let report = ScanReport { end: options.from, size: source.size, ..ScanReport::default() };
        let (flow, unpacker, buffer) = (Flow::new(), Unpacker::new(), Vec::new());
        Self { source, options, scope, spare, map, sink, flow, unpacker, buffer, report }
    }

    /// Reads up to the end of the file.
    fn read_all(mut self) -> Result<ScanReport, StoreError> {
        let mut state = State::Hop(self.options.from.len);
        while !matches!(state, State::Done) {
            state = self.step(state)?;
        }
        self.finish()
    }

    fn step(&mut self, state: State) -> Result<State, StoreError> {
        match state {
            State::Hop(at) if at >= self.source.size => Ok(State::Drain),
            State::Hop(at) => match self.options.after_us {
                Some(after_us) => self.hop(at, after_us),
                None => Ok(State::Read(at)),
            },
            State::Read(at) => self.read(at),
            State::Foreign { batch, from, header } => Ok(self.foreign(batch, from, header)),
            State::Alone(at, header) => self.alone(at, header),
            State::Search(at) => {
                let damage = resync(&self.source, &mut self.unpacker, at)?;
                self.report.damage.push(damage);
                Ok(State::Hop(at + damage.len))
            }
            State::Drain => Ok(self.hand_on(0).map_or(State::Done, State::Search)),
            State::Done => Ok(State::Done),
        }
    }

    fn hop(&mut self, at: u64, after_us: i64) -> Result<State, StoreError> {
        let Some(hopped) = hop(&self.source, at, after_us)? else { return Ok(State::Read(at)) };
        if let Some(bad) = self.hand_on(0) {
            return Ok(State::Search(bad));
        }
        self.take_end(hopped);
        Ok(State::Read(self.report.end.len))
    }

    fn read(&mut self, at: u64) -> Result<State, StoreError> {
        let mut bytes = std::mem::take(&mut self.buffer);
        self.source.read(at, BATCH, &mut bytes)?;
        let ends_file = at + bytes.len() as u64 == self.source.size;
        let (frames, stop) = frames_of(&bytes, ends_file);
        let from = frames.last().map_or(0, Frame::end);
        let batch = Arc::new(Batch { at, bytes, ends_file, frames, after_us: self.options.after_us });
        for group in batch.groups() {
            self.flow.send(self.scope, &batch, group, self.spare, self.map);
            if let Some(bad) = self.hand_on(AHEAD) {
                return Ok(State::Search(bad));
            }
        }
        // What was made of foreign members is handed on while the next ones are unpacked.
        let goes_on = match stop {
            Stop::MoreBytes => true,
            Stop::Foreign(_) => self.flow.len() == 0,
            Stop::Unreadable => false,
        };
        if !goes_on && let Some(bad) = self.hand_on(0) {
            return Ok(State::Search(bad));
        }
        let stopped = at + from as u64;
        Ok(match stop {
            Stop::Foreign(header) => State::Foreign { batch, from, header },
            Stop::MoreBytes => {
                self.take_back(batch);
                State::Hop(stopped)
            }
            Stop::Unreadable => {
                self.take_back(batch);
                State::Search(stopped)
            }
        })
    }

    fn foreign(&mut self, batch: Arc<Batch>, from: usize, header: Header) -> State {
        let (spare, map) = (self.spare, self.map);
        let unpack = || batch.unpack_foreign(from, spare, map);
        let before = std::mem::take(&mut self.flow.made);
        let made = if self.scope.is_some() {
            let mut made = Vec::new();
            rayon::in_place_scope(|cores| {
                cores.spawn(|_| made = unpack());
                before.into_iter().for_each(|done| self.hand_on_one(done));
            });
            made
        } else {
            before.into_iter().for_each(|done| self.hand_on_one(done));
            unpack()
        };
        let end = made.last().and_then(|done| done.end).map(|(end, _)| end);
        let at = batch.at + from as u64;
        self.flow.made = made;
        self.take_back(batch);
        // Where none was made, those before have been handed on.
        end.map_or(State::Alone(at, header), State::Hop)
    }

    fn alone(&mut self, at: u64, header: Header) -> Result<State, StoreError> {
        let (map, sink) = (self.map, &mut self.sink);
        let mut rows = self.report.end.rows;
        let emit = |text: &[u8]| {
            let members = [Member { at, end: text.len(), seal: header.seal }];
            let lines: Vec<_> = lines_of(text).collect();
            sink(rows, map(Chunk { at, text, members: &members, lines: &lines }));
            rows += lines.len() as u64;
        };
        let read = read_foreign(&self.source, &mut self.unpacker, at, header, emit)?;
        let Some(read) = read else { return Ok(State::Search(at)) };
        let long = read.long_lines.into_iter();
        self.report.damage.extend(long.map(|len| Damage { at, len, kind: DamageKind::LongLine }));
        self.report.end.rows = rows;
        self.report.end.trailer = self.source.trailer(read.end)?;
        self.report.end.len = read.end;
        self.report.members += 1;
        Ok(State::Hop(read.end))
    }

    /// Hands on what was made of groups until no more than `left` are on their way. Where one is damaged,
    /// those behind it are dropped, and it is said where it begins.
    fn hand_on(&mut self, left: usize) -> Option<u64> {
        for done in std::mem::take(&mut self.flow.made) {
            self.hand_on_one(done);
        }
        while self.flow.len() > left {
            let Some((done, batch)) = self.flow.next() else { break };
            let bad = done.bad.map(|frame| batch.at + batch.frames[frame].start() as u64);
            self.hand_on_one(done);
            self.take_back(batch);
            if bad.is_some() {
                self.flow.clear();
                return bad;
            }
        }
        None
    }

    fn hand_on_one(&mut self, done: Done<R>) {
        let rows_before = self.report.end.rows;
        let result = self.take_end(done);
        (self.sink)(rows_before, result);
    }

    fn take_end<T>(&mut self, done: Done<T>) -> T {
        self.report.end.rows += done.rows + done.skipped_rows;
        self.report.skipped_rows += done.skipped_rows;
        self.report.members += done.members;
        if let Some((len, trailer)) = done.end {
            (self.report.end.len, self.report.end.trailer) = (len, trailer);
        }
        done.result
    }

    /// Takes back the room of a batch that nobody else has in hand.
    fn take_back(&mut self, batch: Arc<Batch>) {
        if let Some(batch) = Arc::into_inner(batch) {
            self.buffer = batch.bytes;
        }
    }

    fn finish(self) -> Result<ScanReport, StoreError> {
        let report = self.report;
        if report.members == 0 && report.end.len == 0 && report.size > 0 {
            let mut start = [0; 16];
            let got = self.source.file.read_at(&mut start, 0).map_err(|e| self.source.failed(e))?;
            if let Some(found) = other_format(&start[..got]) {
                return Err(StoreError::NotGzip { path: self.source.path.to_owned(), found });
            }
        }
        Ok(report)
    }
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
