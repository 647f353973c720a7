//! Gzip members (RFC 1952): written with their own length in the published BGZF form, read in any form.
//!
//! A member of ours has the extra subfield `BC` with its length less one (SAM specification, section 4.1).
//! A sealed block has, behind it, the subfield `DT`: version (1 byte), rows (4 bytes), smallest and largest
//! event time (8 bytes each, microseconds since 1970), little endian.

use libdeflater::{CompressionError, CompressionLvl, Compressor};

/// The most text that goes into one framed member, so that its compressed form always fits.
pub const MAX_MEMBER_TEXT: usize = 60 * 1024;

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

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
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

/// The offsets at which a gzip member could begin.
pub(super) fn magics(bytes: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(bytes, &[0x1f, 0x8b, 8])
}
