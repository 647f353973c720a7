//! Passing over sealed blocks that are too old, by their headers alone.

use super::source::Source;
use crate::store::error::StoreError;
use crate::store::log::frames::{Done, is_old};
use crate::store::log::member::parse_header;

/// More bytes than a sealed block's header and the checksum and size of the member before it have.
const HEADER_ROOM: usize = 64;

/// Passes over sealed blocks from `from` on whose last event is not after `after_us`; `None` when the next
/// member is none of them.
pub(super) fn hop(source: &Source<'_>, from: u64, after_us: i64) -> Result<Option<Done<()>>, StoreError> {
    let mut done = Done { rows: 0, skipped_rows: 0, members: 0, end: None, bad: None, result: () };
    let mut at = from;
    // Each read begins with the checksum and size of the member before.
    let mut head = [0; HEADER_ROOM];
    while at < source.size {
        let before = at.min(8);
        let got = source.file.read_at(&mut head, at - before).map_err(|e| source.failed(e))?;
        let Some(bytes) = head[..got].get(before as usize..) else { break };
        if at > from {
            let mut trailer = [0; 8];
            trailer.copy_from_slice(&head[..8]);
            done.end = Some((at, trailer));
        }
        let Ok(header) = parse_header(bytes) else { break };
        let (Some(len), Some(seal), true) = (header.member_len, header.seal, is_old(&header, Some(after_us)))
        else {
            break;
        };
        if at + len as u64 >= source.size {
            // The last member is read in the usual way, which sees whether it is whole.
            break;
        }
        done.skipped_rows += u64::from(seal.rows);
        done.members += 1;
        at += len as u64;
    }
    Ok(Some(done).filter(|done| done.end.is_some()))
}
