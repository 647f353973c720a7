//! Members in a batch of bytes, unpacked on all cores: those that carry their length, and those of other
//! programs, which end where the next one seems to begin if checksum and size agree.

use std::ops::Range;
use std::sync::Mutex;

use rayon::prelude::*;

use super::chunk::{Chunk, Member, lines_of};
use super::member::{Header, HeaderError, magics, parse_header, stated_len};
use super::unpack::Unpacker;

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

/// The members with a length that lie whole in `bytes`, and why there are no more.
pub(super) fn frames_of(bytes: &[u8], at_end: bool) -> (Vec<Frame>, Stop) {
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
        frames.push(Frame { start, len, header });
        start += len;
    }
    (frames, Stop::MoreBytes)
}

/// Whether all that a member holds is too old to matter.
pub(super) fn is_old(header: &Header, after_us: Option<i64>) -> bool {
    after_us.is_some_and(|after| header.seal.is_some_and(|seal| seal.last_us <= after))
}

/// What was made of some members that follow each other.
pub(super) struct Done<R> {
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

/// A line ends with its member.
fn end_line(room: &mut Vec<u8>, len: &mut usize) {
    if *len > 0 && room[*len - 1] != b'\n' {
        room.truncate(*len);
        room.push(b'\n');
        *len += 1;
    }
}

/// The eight bytes before the end of a member: checksum and size.
fn trailer(up_to: &[u8]) -> [u8; 8] {
    up_to.last_chunk().copied().unwrap_or_default()
}

/// Members that were read together.
pub(super) struct Batch {
    /// Its offset in the file.
    pub at: u64,
    pub bytes: Vec<u8>,
    /// Whether the file ends with it.
    pub ends_file: bool,
    pub frames: Vec<Frame>,
    pub after_us: Option<i64>,
}

impl Batch {
    /// Frames that one core takes at a time, as ranges of their numbers.
    pub(super) fn groups(&self) -> Vec<(usize, usize)> {
        let mut groups = Vec::new();
        let mut first = 0;
        let mut len = 0;
        for (index, frame) in self.frames.iter().enumerate() {
            if !is_old(&frame.header, self.after_us) {
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
    pub(super) fn unpack<R>(
        &self,
        group: (usize, usize),
        spare: &Mutex<Vec<Tools>>,
        map: &impl Fn(Chunk<'_>) -> R,
    ) -> Done<R> {
        let mut tools = take(spare);
        let done = self.unpack_group(group, &mut tools, map);
        give_back(spare, tools);
        done
    }

    /// Unpacks the members without a length that begin at `from`, as far as they lie whole in the batch.
    /// Each core begins where a member seems to begin; what it made counts if those before end there. Empty
    /// when the first member cannot be unpacked in this way.
    pub(super) fn unpack_foreign<R: Send>(
        &self,
        from: usize,
        spare: &Mutex<Vec<Tools>>,
        map: &(impl Fn(Chunk<'_>) -> R + Sync),
    ) -> Vec<Done<R>> {
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
        let sections: Vec<Option<Done<R>>> = if starts.len() > 2 {
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
    fn unpack_section<R>(
        &self,
        from: usize,
        until: usize,
        tools: &mut Tools,
        map: &impl Fn(Chunk<'_>) -> R,
    ) -> Option<Done<R>> {
        let Tools { unpacker, room, members, .. } = tools;
        members.clear();
        let (mut at, mut len) = (from, 0);
        while at < until && len < GROUP_TEXT * 4 {
            let Ok(header) = parse_header(&self.bytes[at..]) else { break };
            let behind = at + header.len;
            let next = magics(&self.bytes[behind..]).next().map(|magic| behind + magic);
            let Some(end) = next.or(self.ends_file.then_some(self.bytes.len())) else { break };
            let member = &self.bytes[at..end];
            if header.member_len.is_some() || stated_len(member) > GROUP_TEXT * 4 || end < behind + 8 {
                break;
            }
            end_line(room, &mut len);
            let Ok(unpacked) = unpacker.guessed(member, header.len, room, len) else { break };
            len += unpacked;
            members.push(Member { at: self.at + at as u64, end: len, seal: header.seal });
            at = end;
        }
        let end = (at > from).then(|| (self.at + at as u64, trailer(&self.bytes[..at])))?;
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

    fn unpack_group<R>(
        &self,
        (from, to): (usize, usize),
        tools: &mut Tools,
        map: &impl Fn(Chunk<'_>) -> R,
    ) -> Done<R> {
        let Tools { unpacker, room, members, .. } = tools;
        members.clear();
        let mut len = 0;
        let (mut skipped_rows, mut bad) = (0, None);
        for (index, frame) in self.frames.iter().enumerate().take(to).skip(from) {
            if is_old(&frame.header, self.after_us) {
                skipped_rows += u64::from(frame.header.seal.map_or(0, |seal| seal.rows));
                continue;
            }
            end_line(room, &mut len);
            let member = &self.bytes[frame.start..frame.end()];
            let Ok(unpacked) = unpacker.framed(member, frame.header.len, room, len) else {
                bad = Some(index);
                break;
            };
            len += unpacked;
            members.push(Member { at: self.at + frame.start as u64, end: len, seal: frame.header.seal });
        }
        let chunk = tools.chunk(self.at + self.frames[from].start as u64, len);
        let whole = bad.unwrap_or(to);
        let end = self.frames[from..whole]
            .last()
            .map(|last| (self.at + last.end() as u64, trailer(&self.bytes[..last.end()])));
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
