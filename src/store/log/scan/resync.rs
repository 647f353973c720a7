//! Behind damage: where does the next whole member begin?
//!
//! Looking costs no more than a multiple of the file's length, whatever stands in it: see [`Resync::most`].

use super::foreign::unpack_foreign;
use crate::store::error::StoreError;
use crate::store::log::member::{Header, begins_within, parse_header_by};
use crate::store::log::source::Source;
use crate::store::log::unpack::{Unpacker, may_begin_a_stream};

/// Bytes that are looked through together.
const WINDOW: usize = 2 << 20;

/// The longest header that is read: beyond the fixed part it holds an extra field, a name and a comment.
const MAX_HEADER: usize = 1 << 20;

/// Members that follow each other unpack to no more than 1,032 times their length. So many bytes may be unpacked
/// in vain for each byte of the file…
const WORK_PER_BYTE: u64 = 4_096;

/// …and so many more. Only headers within the streams of others, made on purpose, can cost as much; then no more
/// is spent on one than this: the first is for members that carry their length, the other for all others.
const WORK_AT_LEAST: u64 = 64 << 20;
const WORK_ON_ONE: (u64, u64) = (160 << 10, 4 << 10);

/// Looks for whole members in a file.
pub(super) struct Resync {
    window: Vec<u8>,
    /// Where the window begins in the file.
    start: u64,
    /// Stretches of the window without a zero byte, from an offset on, each up to a zero byte or the window's end:
    /// for names and for comments. Names without an end are then looked through once.
    no_zero: [(usize, Option<usize>); 2],
    /// Bytes that were unpacked.
    pub(super) work: u64,
}

impl Resync {
    pub(super) fn new() -> Self {
        Self { window: Vec::new(), start: 0, no_zero: [(usize::MAX, None); 2], work: 0 }
    }

    /// Where the next whole member begins, from `from` on.
    pub(super) fn next_whole(
        &mut self,
        source: &Source<'_>,
        unpacker: &mut Unpacker,
        from: u64,
    ) -> Result<Option<(u64, Header)>, StoreError> {
        let magic = memchr::memmem::Finder::new(&[0x1f, 0x8b, 8]);
        let mut at = from;
        while at < source.size {
            self.load(source, at)?;
            let offset = (at - self.start) as usize;
            let Some(found) = magic.find(&self.window[offset..]) else {
                let end = self.start + self.window.len() as u64;
                at = if end == source.size { end } else { end - 2 };
                continue;
            };
            at += found as u64;
            if let Some(header) = self.whole_at(source, unpacker, at)? {
                return Ok(Some((at, header)));
            }
            at += 1;
        }
        Ok(None)
    }

    /// The header of the whole member that begins at `at`. A header in which another whole member begins is none:
    /// a flipped bit made it of what was never one.
    pub(super) fn whole_at(
        &mut self,
        source: &Source<'_>,
        unpacker: &mut Unpacker,
        at: u64,
    ) -> Result<Option<Header>, StoreError> {
        let Some(header) = self.unpacks_at(source, unpacker, at)? else { return Ok(None) };
        let offset = (at - self.start) as usize;
        let within: Vec<usize> = begins_within(&self.window[offset..offset + header.len]).collect();
        for inner in within {
            if self.unpacks_at(source, unpacker, at + inner as u64)?.is_some() {
                return Ok(None);
            }
        }
        Ok(Some(header))
    }

    /// The header at `at`, if what follows unpacks and its checksum and size hold.
    fn unpacks_at(
        &mut self,
        source: &Source<'_>,
        unpacker: &mut Unpacker,
        at: u64,
    ) -> Result<Option<Header>, StoreError> {
        self.load(source, at)?;
        let Some(header) = self.header_at((at - self.start) as usize) else { return Ok(None) };
        let most = self.most(source.size, header.member_len.is_some());
        let before = unpacker.work();
        let end = unpack_foreign(source, unpacker, at, header.len, most, |_| ())?;
        self.work += unpacker.work() - before;
        Ok(end.map(|_| header))
    }

    /// How many bytes may be read and written to see whether one member is whole.
    fn most(&self, size: u64, is_framed: bool) -> u64 {
        let left = (size.saturating_mul(WORK_PER_BYTE) + WORK_AT_LEAST).saturating_sub(self.work);
        left.max(if is_framed { WORK_ON_ONE.0 } else { WORK_ON_ONE.1 })
    }

    /// The header at an offset of the window, if a stream can begin behind it.
    fn header_at(&mut self, offset: usize) -> Option<Header> {
        let bytes = &self.window[offset..self.window.len().min(offset + MAX_HEADER)];
        let mut slots = self.no_zero.iter_mut();
        let header = parse_header_by(bytes, |from| {
            let (since, until) = slots.next()?;
            let place = offset + from;
            if !(*since <= place && until.is_none_or(|until| place <= until)) {
                *since = place;
                *until = memchr::memchr(0, &self.window[place..]).map(|zero| place + zero);
            }
            until.map(|zero| zero - offset).filter(|zero| *zero < bytes.len())
        });
        header.ok().filter(|header| may_begin_a_stream(&bytes[header.len..]))
    }

    /// Makes sure that the longest header that can begin at `at` lies in the window.
    fn load(&mut self, source: &Source<'_>, at: u64) -> Result<(), StoreError> {
        let end = self.start + self.window.len() as u64;
        if at < self.start || at > end || (end < source.size && at + MAX_HEADER as u64 > end) {
            source.read(at, WINDOW, &mut self.window)?;
            (self.start, self.no_zero) = (at, [(usize::MAX, None); 2]);
        }
        Ok(())
    }
}
