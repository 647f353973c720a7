//! Members that do not say how long they are, unpacked piece by piece.

use super::source::Source;
use super::splitter::Splitter;
use crate::store::error::StoreError;
use crate::store::log::member::Header;
use crate::store::log::unpack::{UnpackError, Unpacker};

/// Text that is held until its checksum is known.
const HELD_TEXT: usize = 4 << 20;

/// What was read of a member.
pub(super) struct Foreign {
    /// Where it ends in the file.
    pub end: u64,
    /// The lengths of the lines that are too long to be records.
    pub long_lines: Vec<u64>,
}

/// Unpacks the member at `at` and hands on its text in pieces of whole lines, once its checksum holds; `None`
/// when it is not whole.
pub(super) fn read_foreign(
    source: &Source<'_>,
    unpacker: &mut Unpacker,
    at: u64,
    header: Header,
    mut emit: impl FnMut(&[u8]),
) -> Result<Option<Foreign>, StoreError> {
    let mut text = Vec::new();
    let mut large = false;
    let whole = unpack_foreign(source, unpacker, at, header, |piece| {
        if large || text.len() + piece.len() > HELD_TEXT {
            (large, text) = (true, Vec::new());
        } else {
            text.extend_from_slice(piece);
        }
        true
    })?;
    let Ok(len) = whole else { return Ok(None) };
    let end = at + len;
    if !large {
        emit(&text);
        return Ok(Some(Foreign { end, long_lines: Vec::new() }));
    }
    // The checksum held: now the lines, a piece at a time.
    let mut splitter = Splitter::default();
    let again = unpack_foreign(source, unpacker, at, header, |piece| {
        splitter.push(piece, &mut emit);
        true
    })?;
    if again.is_err() {
        return Err(source.failed(std::io::Error::other("the file changed while it was read")));
    }
    Ok(Some(Foreign { end, long_lines: splitter.finish(&mut emit) }))
}

/// Unpacks the member at `at`, its text to `sink`, and returns how many bytes the member has.
pub(super) fn unpack_foreign(
    source: &Source<'_>,
    unpacker: &mut Unpacker,
    at: u64,
    header: Header,
    sink: impl FnMut(&[u8]) -> bool,
) -> Result<Result<u64, UnpackError>, StoreError> {
    let next = |offset: u64| -> Result<Vec<u8>, StoreError> {
        let mut piece = Vec::new();
        source.read(at + offset, 256 << 10, &mut piece)?;
        Ok(piece)
    };
    unpacker.foreign(header.len, next, sink)
}
