//! Members in a batch of bytes, unpacked on all cores: those that carry their length, and those of other
//! programs, which end where the next one seems to begin if checksum and size agree.

use std::any::Any;
use std::ops::Range;
use std::sync::Mutex;

use rayon::prelude::*;

use super::chunk::{Chunk, Member, lines_of};
use super::member::{Header, HeaderError, Seal, begins_within, magics, parse_header, stated_len, trailer_of};
use super::unpack::{MAX_TEXT_AT_ONCE, Unpacker};
use crate::wire::MAX_LINE_BYTES;

/// Bytes of text that one core takes at a time.
const GROUP_TEXT: usize = 1 << 20;

/// Bytes of members without a length that one core takes at a time.
const FOREIGN_GROUP: usize = 128 << 10;

/// A whole member in a batch of bytes.
pub(super) struct Frame {
    /// Its offset in the batch.
    start: usize,
    len: usize,
    header: Header,
    /// What it says of its rows, vouched for.
    seal: Option<Seal>,
    /// Whether all that it holds is too old to matter.
    skipped: bool,
}

impl Frame {
    /// The offset in the batch at which it begins.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// The offset in the batch at which it ends.
    pub(super) fn end(&self) -> usize {
        self.start + self.len
    }
}

/// Why there are no more frames in a batch.
pub(super) enum Stop {
    /// The batch ends.
    MoreBytes,
    /// A member without a length of its own follows.
    Foreign(Header),
    /// What follows is no member, or not a whole one.
    Unreadable,
}

/// Which sealed blocks are too old to matter.
///
/// A block that says so is believed only behind another one: the first of them is read like all others, so that
/// what one block says of its time must fit what its neighbour says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// Blocks whose last event is not after this are too old, microseconds since 1970.
    pub after_us: Option<i64>,
    /// Whether the member before is too old, or there is none before.
    pub behind_old: bool,
}

impl Window {
    /// Takes in what the next block says of itself, and returns whether it is passed over.
    pub(super) fn passes_over(&mut self, seal: Option<Seal>) -> bool {
        let is_old = self.after_us.is_some_and(|after| seal.is_some_and(|seal| seal.last_us <= after));
        std::mem::replace(&mut self.behind_old, is_old) && is_old
    }
}

/// The members with a length that lie whole in `bytes`, and why there are no more.
pub(super) fn frames_of(bytes: &[u8], at_end: bool, window: &mut Window) -> (Vec<Frame>, Stop) {
    let mut frames = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let header = match parse_header(&bytes[start..]) {
            // What this program does not write could hold whole members.
            Ok(header) if begins_within(&bytes[start..start + header.len]).next().is_some() => {
                return (frames, Stop::Unreadable);
            }
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
        let seal = header.seal(trailer_of(&bytes[start..start + len]));
        let skipped = window.passes_over(seal);
        frames.push(Frame { start, len, header, seal, skipped });
        start += len;
    }
    (frames, Stop::MoreBytes)
}

/// What was made of a chunk. The scanner knows no more of it: reading is compiled once, and not for every use.
pub(super) type Made = Box<dyn Any + Send>;

/// What makes something of a chunk, on any core.
pub(super) type Mapper<'s> = dyn Fn(Chunk<'_>) -> Made + Sync + 's;

/// What was made of some members that follow each other.
pub(super) struct Done<R = Made> {
    /// Rows in them.
    pub rows: u64,
    /// Rows in those that were skipped because they are too old.
    pub skipped_rows: u64,
    /// Whole members, and where the last of them ends, with the eight bytes before.
    pub members: u64,
    pub end: Option<(u64, [u8; 8])>,
    /// The frame that is damaged; what was made of those before it still holds.
    pub bad: Option<usize>,
    /// What the caller made of the text.
    pub result: R,
}

/// What a core needs to unpack members; kept, because making it anew costs as much as using it.
pub(super) struct Tools {
    unpacker: Unpacker,
    /// Room for text; what lies behind the text in hand is of no meaning.
    room: Vec<u8>,
    members: Vec<Member>,
    lines: Vec<Range<usize>>,
}

impl Tools {
    fn new() -> Self {
        Self { unpacker: Unpacker::new(), room: Vec::new(), members: Vec::new(), lines: Vec::new() }
    }

    /// The members that were unpacked, whose text is so long.
    fn chunk(&mut self, at: u64, len: usize) -> Chunk<'_> {
        self.lines.clear();
        self.lines.extend(lines_of(&self.room[..len]));
        Chunk { at, text: &self.room[..len], members: &self.members, lines: &self.lines }
    }
}

fn take(spare: &Mutex<Vec<Tools>>) -> Tools {
    spare.lock().ok().and_then(|mut tools| tools.pop()).unwrap_or_else(Tools::new)
}

fn give_back(spare: &Mutex<Vec<Tools>>, tools: Tools) {
    if let Ok(mut spare) = spare.lock() {
        spare.push(tools);
    }
}

/// Whether a line in the text is too long to be a record.
fn has_long_line(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| line.len() > MAX_LINE_BYTES)
}

/// A line ends with its member.
fn end_line(room: &mut Vec<u8>, len: &mut usize) {
    if *len > 0 && room[*len - 1] != b'\n' {
        room.truncate(*len);
        room.push(b'\n');
        *len += 1;
    }
}

/// Members that were read together.
pub(super) struct Batch {
    /// Its offset in the file.
    pub at: u64,
    pub bytes: Vec<u8>,
    /// Whether the file ends with it.
    pub ends_file: bool,
    pub frames: Vec<Frame>,
}

impl Batch {
    /// Frames that one core takes at a time, as ranges of their numbers.
    pub(super) fn groups(&self) -> Vec<(usize, usize)> {
        let mut groups = Vec::new();
        let mut first = 0;
        let mut len = 0;
        for (index, frame) in self.frames.iter().enumerate() {
            if !frame.skipped {
                len += stated_len(&self.bytes[frame.start..frame.end()]);
            }
            if len >= GROUP_TEXT || index + 1 == self.frames.len() {
                groups.push((first, index + 1));
                (first, len) = (index + 1, 0);
            }
        }
        groups
    }

    /// Unpacks a group and maps its text; what lies behind damage is left out.
    pub(super) fn unpack(&self, group: (usize, usize), spare: &Mutex<Vec<Tools>>, map: &Mapper<'_>) -> Done {
        let mut tools = take(spare);
        let done = self.unpack_group(group, &mut tools, map);
        give_back(spare, tools);
        done
    }

    /// Unpacks the members without a length that begin at `from`, as far as they lie whole in the batch.
    /// Each core begins where a member seems to begin; what it made counts if those before end there. Empty
    /// when the first member cannot be unpacked in this way.
    pub(super) fn unpack_foreign(
        &self,
        from: usize,
        spare: &Mutex<Vec<Tools>>,
        map: &Mapper<'_>,
    ) -> Vec<Done> {
        let mut starts = vec![from];
        let mut next = from + FOREIGN_GROUP;
        while let Some(start) = self.bytes.get(next..).and_then(|rest| magics(rest).next()) {
            starts.push(next + start);
            next += start + FOREIGN_GROUP;
        }
        starts.push(self.bytes.len());
        let unpack = |section: &[usize]| {
            let mut tools = take(spare);
            let done = self.unpack_section(section[0], section[1], &mut tools, map);
            give_back(spare, tools);
            done
        };
        let sections: Vec<Option<Done>> = if starts.len() > 2 {
            starts.par_windows(2).map(unpack).collect()
        } else {
            starts.windows(2).map(unpack).collect()
        };
        let mut expected = self.at + from as u64;
        let mut whole = Vec::new();
        for (section, start) in sections.into_iter().zip(starts) {
            let Some(done) = section.filter(|_| self.at + start as u64 == expected) else { break };
            expected = done.end.map_or(expected, |(end, _)| end);
            whole.push(done);
        }
        whole
    }

    /// Unpacks the members from `from` on that begin before `until`; `None` when the first one cannot be.
    fn unpack_section(&self, from: usize, until: usize, tools: &mut Tools, map: &Mapper<'_>) -> Option<Done> {
        let Tools { unpacker, room, members, .. } = tools;
        members.clear();
        let (mut at, mut len) = (from, 0);
        while at < until && len < GROUP_TEXT * 4 {
            let Ok(header) = parse_header(&self.bytes[at..]) else { break };
            let behind = at + header.len;
            let next = magics(&self.bytes[behind..]).next().map(|magic| behind + magic);
            let Some(end) = next.or(self.ends_file.then_some(self.bytes.len())) else { break };
            let member = &self.bytes[at..end];
            let is_plain = header.member_len.is_none()
                && begins_within(&self.bytes[at..behind]).next().is_none()
                && end >= behind + 8;
            if !is_plain || stated_len(member) > MAX_TEXT_AT_ONCE * 4 {
                break;
            }
            end_line(room, &mut len);
            let Ok(unpacked) = unpacker.guessed(member, header.len, room, len) else { break };
            if unpacked > MAX_LINE_BYTES && has_long_line(&room[len..len + unpacked]) {
                break;
            }
            len += unpacked;
            members.push(Member { at: self.at + at as u64, end: len, seal: None });
            at = end;
        }
        let end = (at > from).then(|| (self.at + at as u64, trailer_of(&self.bytes[..at])))?;
        let chunk = tools.chunk(self.at + from as u64, len);
        Some(Done {
            rows: chunk.lines.len() as u64,
            skipped_rows: 0,
            members: chunk.members.len() as u64,
            end: Some(end),
            bad: None,
            result: map(chunk),
        })
    }

    fn unpack_group(&self, (from, to): (usize, usize), tools: &mut Tools, map: &Mapper<'_>) -> Done {
        let Tools { unpacker, room, members, .. } = tools;
        members.clear();
        let mut len = 0;
        let (mut skipped_rows, mut bad) = (0, None);
        for (index, frame) in self.frames.iter().enumerate().take(to).skip(from) {
            if frame.skipped {
                skipped_rows += u64::from(frame.seal.map_or(0, |seal| seal.rows));
                continue;
            }
            end_line(room, &mut len);
            let member = &self.bytes[frame.start..frame.end()];
            let Ok(unpacked) = unpacker.framed(member, frame.header.len, room, len) else {
                bad = Some(index);
                break;
            };
            len += unpacked;
            members.push(Member { at: self.at + frame.start as u64, end: len, seal: frame.seal });
        }
        let chunk = tools.chunk(self.at + self.frames[from].start as u64, len);
        let whole = bad.unwrap_or(to);
        let end = self.frames[from..whole]
            .last()
            .map(|last| (self.at + last.end() as u64, trailer_of(&self.bytes[..last.end()])));
        Done {
            rows: chunk.lines.len() as u64,
            skipped_rows,
            members: (whole - from) as u64,
            end,
            bad,
            result: map(chunk),
        }
    }
}
