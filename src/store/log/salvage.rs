//! Getting lines back out of damaged stretches of a log.
//!
//! Programs that append without the lock interleave their writes: the beginning of one member, with all of
//! its text, then a part of another. The end of the first member, with its checksum, then stands somewhere
//! behind. A text whose checksum and length are found there is as good as one that was never torn.

use std::path::Path;

use super::member::{magics, parse_header};
use super::rewrite::read_range;
use super::scan::{Damage, DamageKind};
use super::unpack::{Unpacker, may_begin_a_stream};
use crate::store::error::StoreError;
use crate::store::file_system::Disk;

/// How far behind the beginning of a member its end is looked for, in damaged bytes…
const REACH: usize = 1 << 20;

/// … once looking has cost more than so many bytes for each of the stretch, and so many more: for damage that was
/// made on purpose.
const SHORT_REACH: usize = 4 << 10;
const WORK_PER_BYTE: usize = 1_100;
const WORK_AT_LEAST: usize = 64 << 20;

/// The longest stretch that is looked into.
const LONGEST: u64 = 64 << 20;

/// What was found in a damaged stretch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Salvage {
    /// Where the stretch begins.
    pub at: u64,
    /// Lines whose checksum was found.
    pub confirmed: Vec<Vec<u8>>,
    /// Lines for which nothing vouches: a flipped bit may have changed them.
    pub doubtful: Vec<Vec<u8>>,
}

/// Looks for lines in the damaged stretches of the log at `path`; also returns how many damaged bytes belong
/// to nothing that was found.
///
/// # Errors
/// [`StoreError::Read`].
pub(super) fn salvage(
    disk: &dyn Disk,
    path: &Path,
    damage: &[Damage],
) -> Result<(Vec<Salvage>, u64), StoreError> {
    let mut bytes = Vec::new();
    let mut starts = Vec::new();
    let mut lost = 0;
    for stretch in damage.iter().filter(|stretch| stretch.kind != DamageKind::LongLine) {
        starts.push((bytes.len(), stretch.at));
        bytes.extend(read_range(disk, path, stretch.at, stretch.at + stretch.len.min(LONGEST))?);
        lost += stretch.len.saturating_sub(LONGEST);
    }
    let mut search =
        Search { accounted: vec![false; bytes.len()], bytes, unpacker: Unpacker::new(), work: 0 };
    let mut found = Vec::new();
    for (index, (start, at)) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(search.bytes.len(), |next| next.0);
        found.push(search.stretch(*start, end, *at));
    }
    Ok((found, lost + search.accounted.iter().filter(|is_accounted| !**is_accounted).count() as u64))
}

/// A search through the damaged bytes of a log.
struct Search {
    /// All damaged stretches, one behind the other: the end of a member may lie in another stretch.
    bytes: Vec<u8>,
    /// Which of them belong to something that was found.
    accounted: Vec<bool>,
    unpacker: Unpacker,
    /// Bytes that were unpacked and looked through.
    work: usize,
}

impl Search {
    fn stretch(&mut self, start: usize, end: usize, at: u64) -> Salvage {
        let mut salvage = Salvage { at, ..Salvage::default() };
        let members: Vec<usize> = magics(&self.bytes[start..end]).map(|magic| start + magic).collect();
        for (number, from) in members.iter().copied().enumerate() {
            let Some(text) = self.text_at(from, end) else { continue };
            let is_confirmed = self.find_end(from, &text);
            let lines =
                text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
            let into = if is_confirmed { &mut salvage.confirmed } else { &mut salvage.doubtful };
            into.extend(lines.map(<[u8]>::to_vec));
            self.accounted[from..members.get(number + 1).copied().unwrap_or(end)].fill(true);
        }
        salvage
    }

    fn is_spent(&self) -> bool {
        self.work > self.bytes.len().saturating_mul(WORK_PER_BYTE).saturating_add(WORK_AT_LEAST)
    }

    /// As much of the text of the member at `from` as can be unpacked.
    fn text_at(&mut self, from: usize, end: usize) -> Option<Vec<u8>> {
        let header = parse_header(&self.bytes[from..end.min(from + (128 << 10))]).ok()?;
        let stream = &self.bytes[from + header.len..end];
        if !may_begin_a_stream(stream) {
            return None;
        }
        let stream = if self.is_spent() { &stream[..stream.len().min(SHORT_REACH)] } else { stream };
        let text = self.unpacker.partial(stream);
        self.work += text.len();
        Some(text).filter(|text| !text.is_empty())
    }

    /// Whether checksum and length of the text stand somewhere behind the beginning of its member.
    fn find_end(&mut self, from: usize, text: &[u8]) -> bool {
        let mut trailer = crc32fast::hash(text).to_le_bytes().to_vec();
        trailer.extend((text.len() as u32).to_le_bytes());
        let reach = if self.is_spent() { SHORT_REACH } else { REACH };
        let within = &self.bytes[from..self.bytes.len().min(from + reach)];
        let found = memchr::memmem::find(within, &trailer);
        self.work += found.unwrap_or(within.len());
        if let Some(position) = found {
            // The end of a member that Python tore off: an empty block of two bytes, checksum, size.
            let place = from + position;
            self.accounted[place.saturating_sub(2)..place + 8].fill(true);
        }
        found.is_some()
    }
}
