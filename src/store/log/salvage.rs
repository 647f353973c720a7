//! Getting lines back out of damaged stretches of a log.
//!
//! Programs that append without the lock interleave their writes: the beginning of one member, with all of
//! its text, then a part of another. The end of the first member, with its checksum, then stands somewhere
//! behind. A text whose checksum and length are found there is as good as one that was never torn.

use std::path::Path;

use super::member::{magics, parse_header};
use super::rewrite::read_range;
use super::scan::{Damage, DamageKind};
use super::unpack::Unpacker;
use crate::store::error::StoreError;
use crate::store::file_system::Disk;

/// How far behind the beginning of a member its end is looked for, in damaged bytes.
const REACH: usize = 1 << 20;

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
    let mut accounted = vec![false; bytes.len()];
    let mut unpacker = Unpacker::new();
    let mut found = Vec::new();
    for (index, (start, stretch_at)) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(bytes.len(), |next| next.0);
        let mut salvage = Salvage { at: *stretch_at, ..Salvage::default() };
        let members: Vec<usize> = magics(&bytes[*start..end]).map(|magic| start + magic).collect();
        for (number, at) in members.iter().copied().enumerate() {
            let Ok(header) = parse_header(&bytes[at..end]) else { continue };
            let stream = at + header.len;
            let text = unpacker.partial(&bytes[stream..end]);
            if text.is_empty() {
                continue;
            }
            let mut trailer = crc32fast::hash(&text).to_le_bytes().to_vec();
            trailer.extend((text.len() as u32).to_le_bytes());
            let reach = &bytes[stream..bytes.len().min(stream + REACH)];
            let confirmed = reach.windows(8).position(|window| window == trailer);
            if let Some(position) = confirmed {
                // The end of a member that Python tore off: an empty block of two bytes, checksum, size.
                let place = stream + position;
                accounted[place.saturating_sub(2)..place + 8].fill(true);
            }
            let lines =
                text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
            let into = if confirmed.is_some() { &mut salvage.confirmed } else { &mut salvage.doubtful };
            into.extend(lines.map(<[u8]>::to_vec));
            accounted[at..members.get(number + 1).copied().unwrap_or(end)].fill(true);
        }
        found.push(salvage);
    }
    Ok((found, lost + accounted.iter().filter(|is_accounted| !**is_accounted).count() as u64))
}
