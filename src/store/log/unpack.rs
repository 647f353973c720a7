//! Unpacking gzip members (RFC 1952) of any form: at once where the length is stated or guessed, else piece by
//! piece.

use flate2::{Decompress, FlushDecompress, Status};

use super::member::{magics, stated_len, u32_at};

/// The largest text that is unpacked at once; larger members are unpacked piece by piece.
pub(super) const MAX_TEXT_AT_ONCE: usize = 1 << 20;

/// The largest text that is got back out of a damaged member.
const MAX_PARTIAL_TEXT: usize = 64 << 20;

/// Deflate cannot pack better than this.
const MAX_RATIO: usize = 1_032;

/// What is read first of a member of unknown length, and the most that is read of it at a time.
const PIECE: (usize, usize) = (1 << 10, 256 << 10);

/// Unpacks a stream of members as it is read, for input that is not a log. Zeros between and behind members are
/// padding, as tapes and some writers leave it.
pub fn gunzip<R: std::io::BufRead>(input: R) -> impl std::io::Read {
    Members(Some(flate2::bufread::GzDecoder::new(input)))
}

/// Members one after the other; none once the input is at its end.
struct Members<R: std::io::BufRead>(Option<flate2::bufread::GzDecoder<R>>);

impl<R: std::io::BufRead> std::io::Read for Members<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while let Some(member) = &mut self.0 {
            let got = member.read(into)?;
            if got > 0 || into.is_empty() {
                return Ok(got);
            }
            let Some(mut input) = self.0.take().map(flate2::bufread::GzDecoder::into_inner) else { break };
            let is_more = loop {
                let rest = input.fill_buf()?;
                let padding = rest.iter().take_while(|byte| **byte == 0).count();
                let (is_end, is_data) = (rest.is_empty(), padding < rest.len());
                input.consume(padding);
                if is_end || is_data {
                    break is_data;
                }
            };
            self.0 = is_more.then(|| flate2::bufread::GzDecoder::new(input));
        }
        Ok(0)
    }
}

/// Unpacks members, keeping its buffers between them.
///
/// Members whose size is known are unpacked at once by libdeflate, which takes 0.6 of zlib's time for it; the
/// others piece by piece, which only zlib does. Each is made when it is needed first: an exit needs one, once.
pub(super) struct Unpacker {
    whole: Option<libdeflater::Decompressor>,
    inner: Option<Decompress>,
    piece: Vec<u8>,
    text: Vec<u8>,
    work: u64,
}

/// Why a member cannot be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnpackError {
    /// The bytes end before the member does.
    Cut,
    /// The bytes are damaged.
    Broken,
    /// It is more than it may be.
    TooLarge,
}

/// The compressed part of a member and the size that it states, if that can be.
fn stream_of(bytes: &[u8], header: usize, most: usize) -> Result<(&[u8], usize), UnpackError> {
    let stream = bytes.get(header..bytes.len() - 8).ok_or(UnpackError::Broken)?;
    let size = stated_len(bytes);
    let is_possible = size <= most && size <= stream.len().saturating_mul(MAX_RATIO);
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

/// Whether a deflate stream can begin with these bytes, as far as a look at its first block tells.
pub(super) fn may_begin_a_stream(bytes: &[u8]) -> bool {
    let Some(first) = bytes.first() else { return false };
    match first >> 1 & 3 {
        // Stored: the length and its complement follow.
        0 => match bytes {
            [_, a, b, c, d, ..] => *a == !*c && *b == !*d,
            _ => false,
        },
        1 => true,
        // Numbers of codes that there are not.
        2 => first >> 3 <= 29 && bytes.get(1).is_some_and(|second| second & 31 <= 29),
        _ => false,
    }
}

impl Unpacker {
    pub(super) fn new() -> Self {
        Self { whole: None, inner: None, piece: Vec::new(), text: Vec::new(), work: 0 }
    }

    fn whole(&mut self) -> &mut libdeflater::Decompressor {
        self.whole.get_or_insert_with(libdeflater::Decompressor::new)
    }

    fn inner(&mut self) -> &mut Decompress {
        self.inner.get_or_insert_with(|| Decompress::new(false))
    }

    /// Bytes that were read and written by [`Unpacker::exact`] so far.
    pub(super) fn work(&self) -> u64 {
        self.work
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
        let (stream, size) = stream_of(bytes, header, MAX_TEXT_AT_ONCE)?;
        let text = room_for(size, room, start);
        let unpacked = self.whole().deflate_decompress(stream, text);
        let whole = unpacked == Ok(size) && is_vouched_for(bytes, text);
        // libdeflate does not say where it stopped: another member of the same text could lie behind.
        let whole = whole && (magics(&bytes[header..]).next().is_none() || self.ends_with(stream));
        if whole { Ok(size) } else { Err(UnpackError::Broken) }
    }

    /// Whether the deflate stream that `stream` begins with ends where that does.
    fn ends_with(&mut self, stream: &[u8]) -> bool {
        self.inner().reset(false);
        let mut text = std::mem::take(&mut self.text);
        text.reserve(64 << 10);
        let status = loop {
            text.clear();
            let used = self.inner().total_in() as usize;
            match self.inner().decompress_vec(&stream[used..], &mut text, FlushDecompress::None) {
                Ok(Status::Ok) if self.inner().total_in() as usize > used || !text.is_empty() => {}
                other => break other,
            }
        };
        self.text = text;
        matches!(status, Ok(Status::StreamEnd)) && self.inner().total_in() == stream.len() as u64
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
        let (stream, size) = stream_of(bytes, header, 4 * MAX_TEXT_AT_ONCE)?;
        let text = room_for(size, room, start);
        let behind = &bytes[header + stream.len()..];
        let whole = self.whole().gzip_decompress(bytes, text) == Ok(size)
            && is_vouched_for(bytes, text)
            && memchr::memmem::find(&bytes[header..], behind) == Some(stream.len());
        if whole { Ok(size) } else { Err(UnpackError::Broken) }
    }

    /// Unpacks as much as can be of a damaged member; nothing vouches for the text.
    pub(super) fn partial(&mut self, stream: &[u8]) -> Vec<u8> {
        self.inner().reset(false);
        let mut text = Vec::new();
        let mut used = 0;
        // In small pieces, so that what stands before the damage is out before the damage is met.
        while used < stream.len() && text.len() < MAX_PARTIAL_TEXT {
            text.reserve(64 << 10);
            let piece = &stream[used..stream.len().min(used + 64)];
            let (before_in, before_out) = (self.inner().total_in(), text.len());
            let status = self.inner().decompress_vec(piece, &mut text, FlushDecompress::None);
            let taken = (self.inner().total_in() - before_in) as usize;
            used += taken;
            match status {
                Ok(Status::StreamEnd) | Err(_) => break,
                Ok(_) if taken == 0 && text.len() == before_out => break,
                Ok(_) => {}
            }
        }
        text
    }

    /// Unpacks a member of unknown length, fed piece by piece: `next(offset, len, piece)` puts the bytes from
    /// there into `piece`, none at the end of the file. Text goes to `sink`. Returns the bytes of the whole member;
    /// an error when it is not whole, or when bytes and text are together more than `most`.
    pub(super) fn exact<E>(
        &mut self,
        header: usize,
        most: u64,
        next: impl FnMut(u64, usize, &mut Vec<u8>) -> Result<(), E>,
        sink: impl FnMut(&[u8]),
    ) -> Result<Result<u64, UnpackError>, E> {
        let (mut piece, mut text) = (std::mem::take(&mut self.piece), std::mem::take(&mut self.text));
        text.reserve(128 << 10);
        let unpacked = self.unpack_exact(header, most, (&mut piece, &mut text), next, sink);
        self.work += self.inner().total_in() + self.inner().total_out();
        (self.piece, self.text) = (piece, text);
        unpacked
    }

    fn unpack_exact<E>(
        &mut self,
        header: usize,
        most: u64,
        (piece, text): (&mut Vec<u8>, &mut Vec<u8>),
        mut next: impl FnMut(u64, usize, &mut Vec<u8>) -> Result<(), E>,
        mut sink: impl FnMut(&[u8]),
    ) -> Result<Result<u64, UnpackError>, E> {
        self.inner().reset(false);
        let mut hasher = crc32fast::Hasher::new();
        let begin = header as u64;
        let (mut wanted, mut used) = (PIECE.0, 0usize);
        next(begin, wanted, piece)?;
        loop {
            text.clear();
            let before = self.inner().total_in();
            let status = self.inner().decompress_vec(&piece[used..], text, FlushDecompress::None);
            let taken = (self.inner().total_in() - before) as usize;
            used += taken;
            hasher.update(text);
            if !text.is_empty() {
                sink(text);
            }
            match status {
                Ok(Status::StreamEnd) => break,
                Err(_) => return Ok(Err(UnpackError::Broken)),
                Ok(_) if self.inner().total_in() + self.inner().total_out() > most => {
                    return Ok(Err(UnpackError::TooLarge));
                }
                Ok(_) if used == piece.len() => {
                    wanted = (wanted * 4).min(PIECE.1);
                    next(begin + self.inner().total_in(), wanted, piece)?;
                    used = 0;
                    if piece.is_empty() {
                        return Ok(Err(UnpackError::Cut));
                    }
                }
                Ok(_) if taken == 0 && text.is_empty() => return Ok(Err(UnpackError::Broken)),
                Ok(_) => {}
            }
        }
        let at = begin + self.inner().total_in();
        next(at, 8, piece)?;
        let (Some(crc), Some(stated)) = (u32_at(piece, 0), u32_at(piece, 4)) else {
            return Ok(Err(UnpackError::Cut));
        };
        if crc == hasher.finalize() && stated == (self.inner().total_out() & 0xffff_ffff) as u32 {
            return Ok(Ok(at + 8));
        }
        Ok(Err(UnpackError::Broken))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::log::member::{MAX_MEMBER_TEXT, Seal, encode_member, parse_header, trailer_of};

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
        assert_eq!((header.seal(trailer_of(&member)), header.member_len), (Some(seal), Some(member.len())));
        assert_eq!(header.seal([0; 8]), None);
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
