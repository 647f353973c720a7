//! Reads a log of gzip members from a position on: whole members only, in order, past any damage.
//!
//! Members that carry their length are unpacked on all cores; others one after the other. Damage never ends
//! a read: it goes on at the next member whose header, checksum and size hold.

mod foreign;
mod open_log;
mod report;
mod resync;

use std::path::Path;
use std::sync::{Arc, Mutex};

use rayon::Scope;

pub use open_log::OpenLog;
pub use report::{Damage, DamageKind, ScanOptions, ScanReport};

use super::chunk::{Chunk, Member, lines_of};
use super::flow::{AHEAD, Flow};
use super::frames::{Batch, Done, Frame, Made, Mapper, Stop, Tools, Window, frames_of};
use super::member::Header;
use super::sealed_blocks::sealed_blocks;
use super::source::Source;
use super::unpack::Unpacker;
use crate::store::error::StoreError;
use crate::store::file_system::{Disk, DiskFile};
use crate::store::threads::start_threads;
use foreign::read_foreign;
use resync::Resync;

/// Compressed bytes that are looked at together: few behind damage, where more may be near, then more and more.
const BATCH: (usize, usize) = (128 << 10, 2 << 20);

/// Bytes that one thread reads alone.
const ALONE: u64 = 128 << 10;

/// Reads the log at `path`: `map` is called for each chunk, on any core, and `sink` with each result, in
/// the order of the file, with the number of rows before the chunk. A file that is not there has no rows.
///
/// # Errors
/// [`StoreError::Read`] when the system cannot read, [`StoreError::NotAFile`], and
/// [`StoreError::NotGzip`] when nothing in the file is a gzip member.
pub fn scan<R: Send + 'static>(
    disk: &dyn Disk,
    path: &Path,
    options: ScanOptions,
    map: impl Fn(Chunk<'_>) -> R + Sync,
    sink: impl FnMut(u64, R),
) -> Result<ScanReport, StoreError> {
    OpenLog::open(disk, path)?.scan(options, map, sink)
}

/// Reads up to where the file is `until` bytes long, whatever is made of a chunk.
fn scan_file(
    (file, path): (&dyn DiskFile, &Path),
    (options, until): (ScanOptions, u64),
    map: &Mapper<'_>,
    sink: &mut dyn FnMut(u64, Made),
) -> Result<ScanReport, StoreError> {
    let size = file.len().map_err(|e| StoreError::reading(path, e))?.min(until);
    let source = Source { file, path, size };
    let spare = Mutex::new(Vec::new());
    // Little is read sooner than threads are begun.
    let is_little = size.saturating_sub(options.from.len) < ALONE;
    if is_little || start_threads() < 2 || rayon::current_thread_index().is_some() {
        Scanner::new(source, options, None, &spare, map, sink).read_all()
    } else {
        rayon::in_place_scope(|scope| {
            Scanner::new(source, options, Some(scope), &spare, map, sink).read_all()
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
    /// What begins here is no member as it should be: looks whether it is one all the same.
    Suspect(u64),
    /// Unpacks one member piece by piece: it is large, or not as it should be.
    Alone(u64, Header),
    /// No whole member begins here: looks for the next one.
    Search(u64),
    /// Waits for what is on its way; the file ends.
    Drain,
    /// Everything was handed on.
    Done,
}

struct Scanner<'a, 'b, 's> {
    source: Source<'a>,
    options: ScanOptions,
    /// The cores that unpack groups ahead while this thread reads and hands on what they made.
    scope: Option<&'b Scope<'s>>,
    spare: &'s Mutex<Vec<Tools>>,
    map: &'s Mapper<'s>,
    sink: &'a mut dyn FnMut(u64, Made),
    flow: Flow,
    unpacker: Unpacker,
    resync: Resync,
    window: Window,
    /// Room for the next batch, and how much of the file goes into it.
    buffer: Vec<u8>,
    batch: usize,
    report: ScanReport,
}

impl<'a, 'b, 's> Scanner<'a, 'b, 's> {
    fn new(
        source: Source<'a>,
        options: ScanOptions,
        scope: Option<&'b Scope<'s>>,
        spare: &'s Mutex<Vec<Tools>>,
        map: &'s Mapper<'s>,
        sink: &'a mut dyn FnMut(u64, Made),
    ) -> Self {
        let report = ScanReport { end: options.from, size: source.size, ..ScanReport::default() };
        Self {
            source,
            options,
            scope,
            spare,
            map,
            sink,
            flow: Flow::new(),
            unpacker: Unpacker::new(),
            resync: Resync::new(),
            window: Window { after_us: options.after_us, behind_old: true },
            buffer: Vec::new(),
            batch: BATCH.1,
            report,
        }
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
            State::Suspect(at) => self.suspect(at),
            State::Search(at) => self.search(at),
            State::Drain => Ok(self.hand_on(0).map_or(State::Done, State::Suspect)),
            State::Done => Ok(State::Done),
        }
    }

    fn hop(&mut self, at: u64, after_us: i64) -> Result<State, StoreError> {
        if !self.window.behind_old {
            return Ok(State::Read(at));
        }
        let old = sealed_blocks(&self.source, at, |seal| seal.last_us <= after_us)?;
        let Some(old) = old else { return Ok(State::Read(at)) };
        if let Some(bad) = self.hand_on(0) {
            return Ok(State::Suspect(bad));
        }
        let end = Some((old.end, old.trailer));
        let (members, skipped_rows) = (old.blocks, old.rows);
        self.take_end(Done { rows: 0, skipped_rows, members, end, bad: None, result: () });
        Ok(if old.end < self.source.size { State::Read(old.end) } else { State::Drain })
    }

    fn read(&mut self, at: u64) -> Result<State, StoreError> {
        let mut bytes = std::mem::take(&mut self.buffer);
        self.source.read(at, self.batch, &mut bytes)?;
        let ends_file = at + bytes.len() as u64 == self.source.size;
        let (frames, stop) = frames_of(&bytes, ends_file, &mut self.window);
        let from = frames.last().map_or(0, Frame::end);
        let batch = Arc::new(Batch { at, bytes, ends_file, frames });
        for group in batch.groups() {
            self.flow.send(self.scope, &batch, group, self.spare, self.map);
            if let Some(bad) = self.hand_on(AHEAD) {
                return Ok(State::Suspect(bad));
            }
        }
        self.batch = BATCH.1.min(self.batch * 2);
        // What was made of foreign members is handed on while the next ones are unpacked.
        let goes_on = match stop {
            Stop::MoreBytes => true,
            Stop::Foreign(_) => self.flow.len() == 0,
            Stop::Unreadable => false,
        };
        if !goes_on && let Some(bad) = self.hand_on(0) {
            return Ok(State::Suspect(bad));
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
                State::Suspect(stopped)
            }
        })
    }

    fn foreign(&mut self, batch: Arc<Batch>, from: usize, header: Header) -> State {
        self.window.behind_old = false;
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

    fn suspect(&mut self, at: u64) -> Result<State, StoreError> {
        self.window.behind_old = false;
        let whole = self.resync.whole_at(&self.source, &mut self.unpacker, at)?;
        Ok(whole.map_or(State::Search(at), |header| State::Alone(at, header)))
    }

    fn search(&mut self, at: u64) -> Result<State, StoreError> {
        self.window.behind_old = false;
        self.batch = BATCH.0;
        let next = self.resync.next_whole(&self.source, &mut self.unpacker, at + 1)?;
        let (end, kind) =
            next.map_or((self.source.size, DamageKind::Tail), |(at, _)| (at, DamageKind::Broken));
        self.report.damage.push(Damage { at, len: end - at, kind });
        Ok(State::Hop(end))
    }

    fn alone(&mut self, at: u64, header: Header) -> Result<State, StoreError> {
        self.window.behind_old = false;
        let (map, sink) = (self.map, &mut self.sink);
        let mut rows = self.report.end.rows;
        let emit = |trailer: [u8; 8], text: &[u8]| {
            let members = [Member { at, end: text.len(), seal: header.seal(trailer) }];
            let lines: Vec<_> = lines_of(text).collect();
            sink(rows, map(Chunk { at, text, members: &members, lines: &lines }));
            rows += lines.len() as u64;
        };
        let read = read_foreign(&self.source, &mut self.unpacker, at, header.len, emit)?;
        let Some(read) = read else { return Ok(State::Search(at)) };
        let long = read.long_lines.into_iter();
        self.report.damage.extend(long.map(|len| Damage { at, len, kind: DamageKind::LongLine }));
        self.report.end.rows = rows;
        (self.report.end.len, self.report.end.trailer) = (read.end, read.trailer);
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

    fn hand_on_one(&mut self, done: Done) {
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
        let report = ScanReport { search_work: self.resync.work, ..self.report };
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
        // A power cut in the first append: nothing was acknowledged, it goes like every torn end.
        _ if start.iter().all(|b| *b == 0) => None,
        _ if start.iter().all(|b| (0x20..0x7f).contains(b) || b.is_ascii_whitespace()) => Some("plain text"),
        _ => Some("an unknown kind of file"),
    }
}
