//! Gzip members (RFC 1952): written with their own length in the published BGZF form, read in any form.
//!
//! A member of ours has the extra subfield `BC` with its length less one (SAM specification, section 4.1).
//! A sealed block has, behind it, the subfield `DT`: version (1 byte), rows (4 bytes), smallest and largest
//! event time (8 bytes each, microseconds since 1970), little endian.

use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::{CompressionError, CompressionLvl, Compressor};

/// The most text that goes into one framed member, so that its compressed form always fits.
pub const MAX_MEMBER_TEXT: usize = 60 * 1024;

/// The largest text that a member without a length of its own may unpack to in memory.
pub(super) const MAX_FOREIGN_TEXT: usize = 64 << 20;

/// Deflate cannot pack better than this.
const MAX_RATIO: usize = 1_032;

const SEAL_VERSION: u8 = 1;
const SEAL_BYTES: usize = 21;

/// What a sealed block says of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Lines in the block.
    pub rows: u32,
    /// Smallest event time, microseconds since 1970.
    pub first_us: i64,
    /// Largest event time, microseconds since 1970.
    pub last_us: i64,
}

/// What the beginning of a member says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Bytes before the deflate stream.
    pub len: usize,
    /// Bytes of the whole member, where it says so.
    pub member_len: Option<usize>,
    /// What it says of its rows.
    pub seal: Option<Seal>,
}

/// Why bytes are not the header of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderError {
    /// The bytes end within the header.
    Cut,
    /// The bytes are something else.
    Alien,
}

/// Reads the header that `bytes` begin with.
pub(super) fn parse_header(bytes: &[u8]) -> Result<Header, HeaderError> {
    for (at, want) in [0x1f, 0x8b, 8].into_iter().enumerate() {
        match bytes.get(at) {
            None => return Err(HeaderError::Cut),
            Some(byte) if *byte != want => return Err(HeaderError::Alien),
            Some(_) => {}
        }
    }
    let flags = *bytes.get(3).ok_or(HeaderError::Cut)?;
    if flags & 0xe0 != 0 {
        return Err(HeaderError::Alien);
    }
    let mut at = 10;
    let mut header = Header { len: 0, member_len: None, seal: None };
    if flags & 4 != 0 {
        let len = usize::from(u16_at(bytes, at).ok_or(HeaderError::Cut)?);
        let extra = bytes.get(at + 2..at + 2 + len).ok_or(HeaderError::Cut)?;
        read_extra(extra, &mut header);
        at += 2 + len;
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            let rest = bytes.get(at..).ok_or(HeaderError::Cut)?;
            at += rest.iter().position(|b| *b == 0).ok_or(HeaderError::Cut)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    if bytes.len() < at {
        return Err(HeaderError::Cut);
    }
    header.len = at;
    if header.member_len.is_some_and(|len| len < at + 10) {
        return Err(HeaderError::Alien);
    }
    Ok(header)
}

fn read_extra(mut extra: &[u8], header: &mut Header) {
    while let [a, b, _, _, ..] = *extra {
        let len = usize::from(u16_at(extra, 2).unwrap_or(0));
        let Some(body) = extra.get(4..4 + len) else { return };
        match (a, b, len) {
            (b'B', b'C', 2) => header.member_len = u16_at(body, 0).map(|n| usize::from(n) + 1),
            (b'D', b'T', SEAL_BYTES) if body[0] == SEAL_VERSION => header.seal = read_seal(body),
            _ => {}
        }
        extra = &extra[4 + len..];
    }
}

fn read_seal(body: &[u8]) -> Option<Seal> {
    let eight = |at: usize| body.get(at..at + 8)?.try_into().ok().map(i64::from_le_bytes);
    Some(Seal { rows: u32_at(body, 1)?, first_us: eight(5)?, last_us: eight(13)? })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The length of the text that a whole member says it holds.
pub(super) fn stated_len(member: &[u8]) -> usize {
    member.len().checked_sub(4).and_then(|at| u32_at(member, at)).unwrap_or(0) as usize
}

/// Packs `text`, at most [`MAX_MEMBER_TEXT`] bytes of whole lines, into a member that carries its length.
pub fn encode_member(text: &[u8], seal: Option<Seal>, level: i32) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff];
    let extra = 6 + seal.map_or(0, |_| 4 + SEAL_BYTES);
    out.extend((extra as u16).to_le_bytes());
    out.extend(*b"BC\x02\x00\x00\x00");
    if let Some(seal) = seal {
        out.extend(*b"DT");
        out.extend((SEAL_BYTES as u16).to_le_bytes());
        out.push(SEAL_VERSION);
        out.extend(seal.rows.to_le_bytes());
        out.extend(seal.first_us.to_le_bytes());
        out.extend(seal.last_us.to_le_bytes());
    }
    let header = out.len();
    deflate(text, level, &mut out);
    if out.len() + 8 > 1 << 16 {
        // Text that cannot be packed, such as noise, is stored as it is: at most 60 KiB and some bytes.
        out.truncate(header);
        deflate(text, 0, &mut out);
    }
    finish(text, &mut out);
    let length = (out.len() - 1) as u16;
    out[16..18].copy_from_slice(&length.to_le_bytes());
    out
}

/// Packs a line too long for a framed member into a plain gzip member.
pub fn encode_plain_member(text: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    deflate(text, 6, &mut out);
    finish(text, &mut out);
    out
}

fn finish(text: &[u8], out: &mut Vec<u8>) {
    out.extend(crc32fast::hash(text).to_le_bytes());
    out.extend((text.len() as u32).to_le_bytes());
}

/// Packs with libdeflate, which begins in half of zlib's time: an exit packs a single row.
fn deflate(text: &[u8], level: i32, out: &mut Vec<u8>) {
    let mut packer = Compressor::new(CompressionLvl::new(level).unwrap_or_default());
    let header = out.len();
    let mut room = packer.deflate_compress_bound(text.len());
    loop {
        out.resize(header + room, 0);
        match packer.deflate_compress(text, &mut out[header..]) {
            Ok(packed) => return out.truncate(header + packed),
            Err(CompressionError::InsufficientSpace) => room *= 2,
        }
    }
}

/// Unpacks a stream of members as it is read, for input that is not a log.
pub fn gunzip<R: std::io::BufRead>(input: R) -> impl std::io::Read {
    flate2::bufread::MultiGzDecoder::new(input)
}

/// Unpacks members, keeping its buffers between them.
///
/// Members whose size is known are unpacked at once by libdeflate, which takes 0.6 of zlib's time for it; the
/// others piece by piece, which only zlib does. Each is made when it is needed first: an exit needs one, once.
#[derive(Default)]
pub(super) struct Unpacker {
    whole: Option<libdeflater::Decompressor>,
    inner: Option<Decompress>,
}

/// Why a member cannot be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnpackError {
    /// The bytes end before the member does.
    Cut,
    /// The bytes are damaged.
    Broken,
    /// The text is larger than is held in memory.
    TooLarge,
}

/// The compressed part of a member and the size that it states, if that can be.
fn stream_of(bytes: &[u8], header: usize) -> Result<(&[u8], usize), UnpackError> {
    let stream = bytes.get(header..bytes.len() - 8).ok_or(UnpackError::Broken)?;
    let size = stated_len(bytes);
    let is_possible = size <= MAX_FOREIGN_TEXT && size <= stream.len().saturating_mul(MAX_RATIO);
    if is_possible { Ok((stream, size)) } else { Err(UnpackError::Broken) }
}

/// As much room as a text is said to need, from `start`: a longer one finds none, which is an error.
fn room_for(size: usize, room: &mut Vec<u8>, start: usize) -> &mut [u8] {
    if room.len() < start + size {
        room.resize(start + size, 0);
    }
    &mut room[start..start + size]
}

/// Whether the checksum at the end of a member is that of its text.
fn is_vouched_for(member: &[u8], text: &[u8]) -> bool {
    Some(crc32fast::hash(text)) == u32_at(member, member.len() - 8)
}

impl Unpacker {
    pub(super) fn new() -> Self {
        Self::default()
    }

    fn whole(&mut self) -> &mut libdeflater::Decompressor {
        self.whole.get_or_insert_with(libdeflater::Decompressor::new)
    }

    /// What unpacks piece by piece, at the beginning of a stream.
    fn from_start(&mut self) -> &mut Decompress {
        let inner = self.inner.get_or_insert_with(|| Decompress::new(false));
        inner.reset(false);
        inner
    }

    /// Unpacks the framed member `bytes` to `start` and behind in `room`, which grows where it must, and returns
    /// the length of its text. An error unless length, checksum and size hold.
    pub(super) fn framed(
        &mut self,
        bytes: &[u8],
        header: usize,
        room: &mut Vec<u8>,
        start: usize,
    ) -> Result<usize, UnpackError> {
        let (stream, size) = stream_of(bytes, header)?;
        let text = room_for(size, room, start);
        let unpacked = self.whole().deflate_decompress(stream, text);
        if unpacked == Ok(size) && is_vouched_for(bytes, text) { Ok(size) } else { Err(UnpackError::Broken) }
    }

    /// The same for a member that carries no length, whose end in `bytes` is a guess: it must end there and not
    /// before. Where writers ignored the lock, the end of another member can lie behind it or within it, and is
    /// needed to vouch for that one.
    ///
    /// libdeflate does not say where it stopped, only that checksum and size stood there. When the last eight bytes
    /// are that checksum and that size, and stand nowhere before, it stopped at the end.
    pub(super) fn guessed(
        &mut self,
        bytes: &[u8],
        header: usize,
        room: &mut Vec<u8>,
        start: usize,
    ) -> Result<usize, UnpackError> {
        let (stream, size) = stream_of(bytes, header)?;
        let text = room_for(size, room, start);
        let behind = &bytes[header + stream.len()..];
        let whole = self.whole().gzip_decompress(bytes, text) == Ok(size)
            && is_vouched_for(bytes, text)
            && memchr::memmem::find(&bytes[header..], behind) == Some(stream.len());
        if whole { Ok(size) } else { Err(UnpackError::Broken) }
    }

    /// Unpacks as much as can be of a damaged member; nothing vouches for the text.
    pub(super) fn partial(&mut self, stream: &[u8]) -> Vec<u8> {
        let inner = self.from_start();
        let mut text = Vec::new();
        let mut used = 0;
        // In small pieces, so that what stands before the damage is out before the damage is met.
        while used < stream.len() && text.len() < MAX_FOREIGN_TEXT {
            text.reserve(64 << 10);
            let piece = &stream[used..stream.len().min(used + 64)];
            let (before_in, before_out) = (inner.total_in(), text.len());
            let status = inner.decompress_vec(piece, &mut text, FlushDecompress::None);
            let taken = (inner.total_in() - before_in) as usize;
            used += taken;
            match status {
                Ok(Status::StreamEnd) | Err(_) => break,
                Ok(_) if taken == 0 && text.len() == before_out => break,
                Ok(_) => {}
            }
        }
        text
    }

    /// Unpacks a member of unknown length, fed piece by piece: `next(offset)` returns the bytes from there,
    /// empty at the end of the file. Text goes to `sink`. Returns the bytes of the whole member.
    pub(super) fn foreign<E>(
        &mut self,
        header: usize,
        mut next: impl FnMut(u64) -> Result<Vec<u8>, E>,
        mut sink: impl FnMut(&[u8]) -> bool,
    ) -> Result<Result<u64, UnpackError>, E> {
        let inner = self.from_start();
        let mut hasher = crc32fast::Hasher::new();
        let mut size = 0u64;
        let mut at = header as u64;
        let mut text = Vec::with_capacity(128 * 1024);
        let mut piece = next(at)?;
        let mut used = 0usize;
        loop {
            text.clear();
            let before = inner.total_in();
            let status = inner.decompress_vec(&piece[used..], &mut text, FlushDecompress::None);
            let taken = (inner.total_in() - before) as usize;
            used += taken;
            at += taken as u64;
            hasher.update(&text);
            size += text.len() as u64;
            if !text.is_empty() && !sink(&text) {
                return Ok(Err(UnpackError::TooLarge));
            }
            match status {
                Ok(Status::StreamEnd) => break,
                Err(_) => return Ok(Err(UnpackError::Broken)),
                Ok(_) if used == piece.len() => {
                    piece = next(at)?;
                    used = 0;
                    if piece.is_empty() {
                        return Ok(Err(UnpackError::Cut));
                    }
                }
                Ok(_) if taken == 0 && text.is_empty() => return Ok(Err(UnpackError::Broken)),
                Ok(_) => {}
            }
        }
        let trailer = next(at)?;
        let (Some(crc), Some(stated)) = (u32_at(&trailer, 0), u32_at(&trailer, 4)) else {
            return Ok(Err(UnpackError::Cut));
        };
        if crc == hasher.finalize() && stated == (size & 0xffff_ffff) as u32 {
            return Ok(Ok(at + 8));
        }
        Ok(Err(UnpackError::Broken))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unpack(member: &[u8]) -> Option<Vec<u8>> {
        let header = parse_header(member).ok()?;
        let mut out = Vec::new();
        let len = Unpacker::new().framed(member, header.len, &mut out, 0).ok()?;
        out.truncate(len);
        Some(out)
    }

    #[test]
    fn a_seal_is_read_back() {
        let seal = Seal { rows: 7, first_us: -5, last_us: i64::MAX };
        let member = encode_member(b"{}\n", Some(seal), 6);
        let header = parse_header(&member).unwrap();
        assert_eq!((header.seal, header.member_len), (Some(seal), Some(member.len())));
        assert_eq!(unpack(&member).unwrap(), b"{}\n");
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in proptest::collection::vec(any::<u8>(), 0..MAX_MEMBER_TEXT), level in 0i32..13) {
            let member = encode_member(&text, None, level);
            prop_assert_eq!(parse_header(&member).unwrap().member_len, Some(member.len()));
            prop_assert_eq!(unpack(&member).unwrap(), text);
        }

        #[test]
        fn a_flipped_bit_is_never_taken_for_the_text(
            text in "[a-z]{1,300}", at in any::<proptest::sample::Index>(), bit in 0u8..8,
        ) {
            let mut member = encode_member(text.as_bytes(), None, 6);
            let at = at.index(member.len());
            member[at] ^= 1 << bit;
            if let Some(read) = unpack(&member) {
                // Flags and times in the header carry nothing of the text.
                prop_assert_eq!(read, text.as_bytes());
            }
        }

        /// What zlib says, which tells where a stream ends: whether a member ends where the bytes do.
        #[test]
        fn a_guess_is_taken_when_the_member_ends_there(
            texts in proptest::collection::vec("[a-c]{0,40}", 2), stored in any::<bool>(), kind in 0u8..5,
            at in any::<proptest::sample::Index>(), junk in proptest::collection::vec(any::<u8>(), 0..20),
        ) {
            let level = flate2::Compression::new(if stored { 0 } else { 6 });
            let plain = |text: &str| {
                let mut writer = flate2::write::GzEncoder::new(Vec::new(), level);
                std::io::Write::write_all(&mut writer, text.as_bytes()).unwrap();
                writer.finish().unwrap()
            };
            let [member, other] = [plain(&texts[0]), plain(&texts[1])];
            let cut = |bytes: &[u8]| bytes[10..][at.index(bytes.len() - 9)..].to_vec();
            let bytes = match kind {
                0 => member.clone(),
                // The end of another member, or of the same one, behind it.
                1 => [member.clone(), cut(&other)].concat(),
                2 => [member.clone(), cut(&member)].concat(),
                // Between the stream and what vouches for it.
                3 => [&member[..member.len() - 8], &cut(&other), &member[member.len() - 8..]].concat(),
                _ => [&member[..10 + at.index(member.len() - 9)], &junk, &member[member.len() - 8..]].concat(),
            };
            prop_assume!(bytes.len() >= 18);
            let mut reader = flate2::bufread::GzDecoder::new(&bytes[..]);
            let mut text = Vec::new();
            let sound = std::io::Read::read_to_end(&mut reader, &mut text).is_ok() && reader.into_inner().is_empty();
            let mut room = Vec::new();
            let len = Unpacker::new().guessed(&bytes, 10, &mut room, 0);
            if let Ok(len) = len {
                room.truncate(len);
                prop_assert!(sound);
                prop_assert_eq!(room, text);
            } else {
                // It may give up what has its own checksum twice; nothing else.
                let last = &bytes[bytes.len() - 8..];
                let twice = bytes[10..].windows(8).filter(|eight| *eight == last).count() > 1;
                prop_assert!(!sound || twice);
            }
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 18..200)) {
            let mut bytes = bytes;
            bytes[..4].copy_from_slice(&[0x1f, 0x8b, 8, 4]);
            let _ = unpack(&bytes);
        }
    }
}
