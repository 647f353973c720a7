//! One member, unpacked piece by piece, whatever it says of its length.

use crate::store::error::StoreError;
use crate::store::log::source::Source;
use crate::store::log::splitter::Splitter;
use crate::store::log::unpack::Unpacker;

/// Text that is held until its checksum is known.
const HELD_TEXT: usize = 4 << 20;

/// What was read of a member.
pub(super) struct Foreign {
    /// Where it ends in the file.
    pub end: u64,
    /// The eight bytes before.
    pub trailer: [u8; 8],
    /// The lengths of the lines that are too long to be records.
    pub long_lines: Vec<u64>,
}

/// Unpacks the member at `at` and hands on its text in pieces of whole lines, with its trailer, once its checksum
/// holds; `None` when it is not whole.
pub(super) fn read_foreign(
    source: &Source<'_>,
    unpacker: &mut Unpacker,
    at: u64,
    header: usize,
    mut emit: impl FnMut([u8; 8], &[u8]),
) -> Result<Option<Foreign>, StoreError> {
    let mut text = Vec::new();
    let mut large = false;
    let whole = unpack_foreign(source, unpacker, at, header, u64::MAX, |piece| {
        if large || text.len() + piece.len() > HELD_TEXT {
            (large, text) = (true, Vec::new());
        } else {
            text.extend_from_slice(piece);
        }
    })?;
    let Some(end) = whole else { return Ok(None) };
    let trailer = source.trailer(end)?;
    let mut emit = |text: &[u8]| emit(trailer, text);
    let mut splitter = Splitter::default();
    if large {
        // The checksum held: now the lines, a piece at a time.
        let again = unpack_foreign(source, unpacker, at, header, u64::MAX, |piece| {
            splitter.push(piece, &mut emit);
        })?;
        if again != Some(end) {
            return Err(source.failed(std::io::Error::other("the file changed while it was read")));
        }
    } else {
        splitter.push(&text, &mut emit);
    }
    Ok(Some(Foreign { end, trailer, long_lines: splitter.finish(&mut emit) }))
}

/// Unpacks the member at `at`, its text to `sink`, and returns where it ends; `None` when it is not whole, or when
/// bytes and text are together more than `most`.
pub(super) fn unpack_foreign(
    source: &Source<'_>,
    unpacker: &mut Unpacker,
    at: u64,
    header: usize,
    most: u64,
    sink: impl FnMut(&[u8]),
) -> Result<Option<u64>, StoreError> {
    let next = |offset: u64, len: usize, piece: &mut Vec<u8>| source.read(at + offset, len, piece);
    Ok(unpacker.exact(header, most, next, sink)?.ok().map(|len| at + len))
}
