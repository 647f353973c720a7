//! Members that carry their length: found in a batch of bytes, and unpacked on all cores.

use std::sync::Mutex;

use rayon::prelude::*;

use super::gzip::{Header, HeaderError, Seal, Unpacker, parse_header, stated_len};
use super::scan::{Chunk, ScanOptions};

/// Bytes of text that one core takes at a time.
const GROUP_TEXT: usize = 1 << 20;

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
pub(super) fn is_old(header: &Header, options: ScanOptions) -> bool {
    options.after_us.is_some_and(|after| header.seal.is_some_and(|seal| seal.last_us <= after))
}

/// A member within the text of a chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    /// Its offset in the file.
    pub at: u64,
    /// Where its text ends.
    pub end: usize,
    /// What it says of its rows.
    pub seal: Option<Seal>,
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
}

impl Tools {
    fn new() -> Self {
        Self { unpacker: Unpacker::new(), room: Vec::new(), members: Vec::new() }
    }
}

/// Frames that one core takes at a time, as a range of their numbers.
pub(super) fn groups_of(frames: &[Frame], bytes: &[u8], options: ScanOptions) -> Vec<(usize, usize)> {
    let mut groups = Vec::new();
    let mut first = 0;
    let mut len = 0;
    for (index, frame) in frames.iter().enumerate() {
        if !is_old(&frame.header, options) {
            len += stated_len(&bytes[frame.start..frame.end()]);
        }
        if len >= GROUP_TEXT || index + 1 == frames.len() {
            groups.push((first, index + 1));
            (first, len) = (index + 1, 0);
        }
    }
    groups
}

/// A batch of members to unpack.
pub(super) struct Batch<'a> {
    /// Its offset in the file.
    pub at: u64,
    pub bytes: &'a [u8],
    pub frames: &'a [Frame],
    pub options: ScanOptions,
}

impl Batch<'_> {
    /// Unpacks the groups on all cores and maps their texts; what lies behind damage is left out.
    pub(super) fn unpack<R: Send>(
        &self,
        groups: &[(usize, usize)],
        spare: &Mutex<Vec<Tools>>,
        map: &(impl Fn(Chunk<'_>) -> R + Sync),
    ) -> Vec<Done<R>> {
        let unpack = |group: &(usize, usize)| {
            let mut tools = spare.lock().ok().and_then(|mut tools| tools.pop()).unwrap_or_else(Tools::new);
            let done = self.unpack_group(*group, &mut tools, map);
            if let Ok(mut spare) = spare.lock() {
                spare.push(tools);
            }
            done
        };
        let mut done: Vec<_> = if groups.len() > 1 {
            groups.par_iter().map(unpack).collect()
        } else {
            groups.iter().map(unpack).collect()
        };
        if let Some(last) = done.iter().position(|done| done.bad.is_some()) {
            done.truncate(last + 1);
        }
        done
    }

    fn unpack_group<R>(
        &self,
        (from, to): (usize, usize),
        tools: &mut Tools,
        map: &impl Fn(Chunk<'_>) -> R,
    ) -> Done<R> {
        let Tools { unpacker, room, members } = tools;
        members.clear();
        let mut len = 0;
        let (mut skipped_rows, mut bad) = (0, None);
        for (index, frame) in self.frames.iter().enumerate().take(to).skip(from) {
            if is_old(&frame.header, self.options) {
                skipped_rows += u64::from(frame.header.seal.map_or(0, |seal| seal.rows));
                continue;
            }
            // A line ends with its member.
            if len > 0 && room[len - 1] != b'\n' {
                room.truncate(len);
                room.push(b'\n');
                len += 1;
            }
            let member = &self.bytes[frame.start..frame.end()];
            let Ok(unpacked) = unpacker.framed(member, frame.header.len, room, len) else {
                bad = Some(index);
                break;
            };
            len += unpacked;
            members.push(Member { at: self.at + frame.start as u64, end: len, seal: frame.header.seal });
        }
        let text = &room[..len];
        let chunk = Chunk { at: self.at + self.frames[from].start as u64, text, members };
        let whole = bad.unwrap_or(to);
        let end = self.frames[from..whole].last().map(|last| {
            let mut trailer = [0; 8];
            trailer.copy_from_slice(&self.bytes[last.end() - 8..last.end()]);
            (self.at + last.end() as u64, trailer)
        });
        Done {
            rows: chunk.lines().count() as u64,
            skipped_rows,
            members: (whole - from) as u64,
            end,
            bad,
            result: map(chunk),
        }
    }
}
