//! Walking over sealed blocks by their headers alone, as far as those are vouched for.

use super::member::{Header, Seal, parse_header};
use super::source::Source;
use crate::store::error::StoreError;

/// More bytes than a sealed block's header and the checksum and size of the member before it have.
const HEADER_ROOM: usize = 64;

/// Sealed blocks that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SealedBlocks {
    pub blocks: u64,
    pub rows: u64,
    /// Where the last of them ends.
    pub end: u64,
    /// The eight bytes before.
    pub trailer: [u8; 8],
}

/// The sealed blocks from `from` on of which `wanted` holds; `None` when the first member is none. A block counts
/// only when the checksum over its header and over the place where it says that it ends holds.
pub(super) fn sealed_blocks(
    source: &Source<'_>,
    from: u64,
    wanted: impl Fn(&Seal) -> bool,
) -> Result<Option<SealedBlocks>, StoreError> {
    let mut found: Option<SealedBlocks> = None;
    let mut last: Option<Header> = None;
    let mut at = from;
    // Each read begins with the checksum and size of the member before.
    let mut room = [0; HEADER_ROOM];
    while at <= source.size {
        let before = at.min(8);
        let got = source.file.read_at(&mut room, at - before).map_err(|e| source.failed(e))?;
        let Some((trailer, bytes)) = room[..got].split_at_checked(before as usize) else { break };
        if let Some(header) = last {
            let Some(trailer) = trailer.first_chunk().copied() else { break };
            let Some(seal) = header.seal(trailer).filter(&wanted) else { break };
            let so_far = found.map_or((0, 0), |found| (found.blocks, found.rows));
            let (blocks, rows) = (so_far.0 + 1, so_far.1 + u64::from(seal.rows));
            found = Some(SealedBlocks { blocks, rows, end: at, trailer });
        }
        let Ok(header) = parse_header(bytes) else { break };
        let (Some(len), true) = (header.member_len, header.is_sealed()) else { break };
        at += len as u64;
        last = Some(header);
    }
    Ok(found)
}
