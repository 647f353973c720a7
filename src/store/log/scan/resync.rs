//! Behind damage: where does the next whole member begin?

use super::foreign::unpack_foreign;
use super::report::{Damage, DamageKind};
use super::source::Source;
use crate::store::error::StoreError;
use crate::store::log::member::{magics, parse_header};
use crate::store::log::unpack::{MAX_FOREIGN_TEXT, Unpacker};

/// Bytes that are looked through together.
const WINDOW: usize = 2 << 20;

/// The damage at `at`, up to the next whole member or the end of the file.
pub(super) fn resync(source: &Source<'_>, unpacker: &mut Unpacker, at: u64) -> Result<Damage, StoreError> {
    let mut from = at + 1;
    let mut buffer = Vec::new();
    while from < source.size {
        source.read(from, WINDOW, &mut buffer)?;
        for start in magics(&buffer) {
            let found = from + start as u64;
            if is_whole(source, unpacker, found)? {
                return Ok(Damage { at, len: found - at, kind: DamageKind::Broken });
            }
        }
        if from + buffer.len() as u64 == source.size {
            break;
        }
        from += buffer.len() as u64 - 2;
    }
    Ok(Damage { at, len: source.size - at, kind: DamageKind::Tail })
}

/// Whether a whole member begins at `at`.
fn is_whole(source: &Source<'_>, unpacker: &mut Unpacker, at: u64) -> Result<bool, StoreError> {
    let mut bytes = Vec::new();
    source.read(at, 128 << 10, &mut bytes)?;
    let Ok(header) = parse_header(&bytes) else { return Ok(false) };
    if let Some(len) = header.member_len {
        let member = bytes.get(..len);
        return Ok(member.is_some_and(|m| unpacker.framed(m, header.len, &mut Vec::new(), 0).is_ok()));
    }
    let mut seen = 0;
    let whole = unpack_foreign(source, unpacker, at, header, |piece| {
        seen += piece.len();
        seen <= MAX_FOREIGN_TEXT
    })?;
    Ok(whole.is_ok())
}
