//! Gzip members (RFC 1952): written with their own length in the published BGZF form, read in any form.
//!
//! A member of ours has the extra subfield `BC` with its length less one (SAM specification, section 4.1).
//! A sealed block has, behind it, the subfield `DT`: version (1 byte, 2), rows (4 bytes), smallest and largest
//! event time (8 bytes each, microseconds since 1970), and a checksum (4 bytes, CRC-32 of the two bytes of `BC`,
//! of the fields before it in `DT` and of the last eight bytes of the member), little endian. The checksum
//! vouches for the header, which gzip's own does not cover, and for where the member ends. Blocks of version 1
//! had none, so nothing that they say of themselves is believed.

use std::cell::RefCell;

use libdeflater::{CompressionError, CompressionLvl, Compressor};

/// The most text that goes into one framed member, so that its compressed form always fits.
pub const MAX_MEMBER_TEXT: usize = 60 * 1024;

const SEAL_VERSION: u8 = 2;
/// Version, rows and times.
const SEAL_FIELDS: usize = 21;
const SEAL_BYTES: usize = SEAL_FIELDS + 4;

/// Bytes of a header before its optional fields.
const FIXED: usize = 10;

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
    claim: Option<Claim>,
}

/// What a sealed block says of its rows, believed only when its checksum holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Claim {
    seal: Seal,
    /// The checksum that it carries.
    check: u32,
    /// The checksum of the header's fields; that of the trailer is still to come.
    fields: u32,
}

impl Header {
    /// What it says of its rows, if the checksum over the header and over the eight bytes where it says that the
    /// member ends holds.
    pub(super) fn seal(&self, trailer: [u8; 8]) -> Option<Seal> {
        let claim = self.claim?;
        let mut hasher = crc32fast::Hasher::new_with_initial(claim.fields);
        hasher.update(&trailer);
        (hasher.finalize() == claim.check).then_some(claim.seal)
    }

    /// Whether it is the header of a sealed block, whatever of it holds.
    pub(super) fn is_sealed(&self) -> bool {
        self.claim.is_some()
    }
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
    parse_header_by(bytes, |from| memchr::memchr(0, &bytes[from..]).map(|at| from + at))
}

/// The same, where somebody else says at which offset the first zero byte from an offset on is.
pub(super) fn parse_header_by(
    bytes: &[u8],
    mut zero: impl FnMut(usize) -> Option<usize>,
) -> Result<Header, HeaderError> {
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
    let mut at = FIXED;
    let mut header = Header { len: 0, member_len: None, claim: None };
    if flags & 4 != 0 {
        let len = usize::from(u16_at(bytes, at).ok_or(HeaderError::Cut)?);
        let extra = bytes.get(at + 2..at + 2 + len).ok_or(HeaderError::Cut)?;
        // An extra field whose parts do not add up says nothing; the member may still be whole.
        if let Some(fields) = read_extra(extra) {
            (header.member_len, header.claim) = (fields.member_len, fields.claim());
        }
        at += 2 + len;
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            if at > bytes.len() {
                return Err(HeaderError::Cut);
            }
            at = zero(at).ok_or(HeaderError::Cut)? + 1;
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
        // So short is no member.
        header.member_len = None;
    }
    Ok(header)
}

/// The places in a header at which another member could begin: none in a header that this program or Python
/// writes.
pub(super) fn begins_within(header: &[u8]) -> impl Iterator<Item = usize> {
    magics(header.get(FIXED..).unwrap_or_default()).map(|at| at + FIXED)
}

/// What stands in an extra field.
#[derive(Default)]
struct Extra<'a> {
    length: Option<&'a [u8]>,
    member_len: Option<usize>,
    seal: Option<&'a [u8]>,
}

impl Extra<'_> {
    fn claim(&self) -> Option<Claim> {
        let (fields, check) = self.seal?.split_at_checked(SEAL_FIELDS)?;
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(self.length?);
        hasher.update(fields);
        Some(Claim { seal: read_seal(fields)?, check: u32_at(check, 0)?, fields: hasher.finalize() })
    }
}

/// The parts of an extra field; `None` when they do not add up, or when one of ours is there twice.
fn read_extra(mut extra: &[u8]) -> Option<Extra<'_>> {
    let mut found = Extra::default();
    while !extra.is_empty() {
        let (head, rest) = extra.split_at_checked(4)?;
        let (body, rest) = rest.split_at_checked(usize::from(u16_at(head, 2)?))?;
        match (&head[..2], body.len()) {
            (b"BC", 2) if found.length.is_none() => {
                found.length = Some(body);
                found.member_len = u16_at(body, 0).map(|n| usize::from(n) + 1);
            }
            (b"BC", 2) => return None,
            (b"DT", SEAL_BYTES) if body[0] == SEAL_VERSION => match found.seal {
                None => found.seal = Some(body),
                Some(_) => return None,
            },
            _ => {}
        }
        extra = rest;
    }
    Some(found)
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
        out.extend([0; 4]);
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
    if seal.is_some() {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&out[16..18]);
        hasher.update(&out[header - SEAL_BYTES..header - 4]);
        hasher.update(&trailer_of(&out));
        out[header - 4..header].copy_from_slice(&hasher.finalize().to_le_bytes());
    }
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
    thread_local! {
        // What packs the last level: making its tables costs as much as packing a line or two.
        static PACKER: RefCell<Option<(i32, Compressor)>> = const { RefCell::new(None) };
        // Where it packs to: many times as much room as what is packed then takes.
        static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    PACKER.with_borrow_mut(|kept| {
        let of_level = kept.take().filter(|(of, _)| *of == level);
        let make = || (level, Compressor::new(CompressionLvl::new(level).unwrap_or_default()));
        let (_, packer) = kept.insert(of_level.unwrap_or_else(make));
        ROOM.with_borrow_mut(|room| deflate_by(packer, text, (room, out)));
    });
}

fn deflate_by(packer: &mut Compressor, text: &[u8], (room, out): (&mut Vec<u8>, &mut Vec<u8>)) {
    let mut most = packer.deflate_compress_bound(text.len());
    loop {
        if room.len() < most {
            room.resize(most, 0);
        }
        match packer.deflate_compress(text, room) {
            Ok(packed) => return out.extend_from_slice(&room[..packed]),
            Err(CompressionError::InsufficientSpace) => most = room.len() * 2,
        }
    }
}

/// The eight bytes before the end of a member: checksum and size.
pub(super) fn trailer_of(up_to: &[u8]) -> [u8; 8] {
    up_to.last_chunk().copied().unwrap_or_default()
}

/// The offsets at which a gzip member could begin.
pub(super) fn magics(bytes: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(bytes, &[0x1f, 0x8b, 8])
}
