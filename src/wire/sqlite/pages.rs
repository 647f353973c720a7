//! The pages of a database: those of the file, under what its write-ahead log has committed.

use std::collections::HashMap;

use super::SqliteError;

/// The first bytes of every database.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// Bytes of a write-ahead log before its first frame, and of a frame before its page.
const WAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// A database as bytes.
#[derive(Debug)]
pub(super) struct Pages {
    file: Vec<u8>,
    wal: Vec<u8>,
    /// Where in the write-ahead log the newest committed form of a page begins.
    newer: HashMap<u32, usize>,
    page_size: usize,
    /// Bytes of a page that hold something.
    pub(super) usable: usize,
    pub(super) encoding: Encoding,
}

/// How texts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Pages {
    /// A database, and its write-ahead log where there is one.
    ///
    /// # Errors
    /// [`SqliteError`] when the header is none.
    pub(super) fn open(file: Vec<u8>, wal: Vec<u8>) -> Result<Self, SqliteError> {
        if !file.starts_with(MAGIC) || file.len() < 100 {
            return Err(SqliteError::Damaged("its header"));
        }
        let size = usize::from(u16::from_be_bytes([file[16], file[17]]));
        let page_size = if size == 1 { 65_536 } else { size };
        if !page_size.is_power_of_two() || page_size < 512 {
            return Err(SqliteError::Damaged("the size of its pages"));
        }
        let usable = page_size - usize::from(file[20]);
        if usable < 480 {
            return Err(SqliteError::Damaged("the room of its pages"));
        }
        let newer = committed(&wal, page_size);
        let mut pages = Self { file, wal, newer, page_size, usable, encoding: Encoding::Utf8 };
        let head = pages.page(1)?;
        pages.encoding = match u32_at(head, 56) {
            Some(2) => Encoding::Utf16Le,
            Some(3) => Encoding::Utf16Be,
            // Before anything is written the field is 0.
            _ => Encoding::Utf8,
        };
        Ok(pages)
    }

    /// A page by its number, from 1.
    pub(super) fn page(&self, number: u32) -> Result<&[u8], SqliteError> {
        let (bytes, start) = match self.newer.get(&number) {
            Some(at) => (&self.wal, *at),
            None => {
                let before =
                    u64::from(number.checked_sub(1).ok_or(SqliteError::Damaged("a page of number 0"))?);
                let start = usize::try_from(before * self.page_size as u64);
                (&self.file, start.map_err(|_| SqliteError::Damaged("a page beyond its end"))?)
            }
        };
        let page = bytes.get(start..start.saturating_add(self.page_size));
        page.ok_or(SqliteError::Damaged("a page beyond its end"))
    }

    /// Bytes of file and log: nothing that is read of them is longer in all.
    pub(super) fn len(&self) -> usize {
        self.file.len() + self.wal.len()
    }

    /// How many pages there can be.
    pub(super) fn count(&self) -> usize {
        self.len() / self.page_size
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// Where the committed pages of a write-ahead log begin. Frames count up to the last that commits; one whose salt or
/// checksum does not hold is of an older turn of the log, or was never finished.
fn committed(wal: &[u8], page_size: usize) -> HashMap<u32, usize> {
    let (mut newer, mut waiting) = (HashMap::new(), Vec::new());
    let is_big = match u32_at(wal, 0) {
        Some(0x377f_0683) => true,
        Some(0x377f_0682) => false,
        _ => return newer,
    };
    let fits = u32_at(wal, 8).is_some_and(|size| size as usize == page_size);
    if wal.len() < WAL_HEADER || !fits {
        return newer;
    }
    let salts = &wal[16..24];
    let mut sums = checksum((0, 0), &wal[..24], is_big);
    if Some(sums.0) != u32_at(wal, 24) || Some(sums.1) != u32_at(wal, 28) {
        return newer;
    }
    let mut at = WAL_HEADER;
    while let Some(frame) = wal.get(at..at.saturating_add(FRAME_HEADER + page_size)) {
        sums = checksum(checksum(sums, &frame[..8], is_big), &frame[FRAME_HEADER..], is_big);
        let holds = u32_at(frame, 16) == Some(sums.0) && u32_at(frame, 20) == Some(sums.1);
        if &frame[8..16] != salts || !holds {
            break;
        }
        waiting.push((u32_at(frame, 0).unwrap_or(0), at + FRAME_HEADER));
        if u32_at(frame, 4) != Some(0) {
            newer.extend(waiting.drain(..));
        }
        at += FRAME_HEADER + page_size;
    }
    newer
}

/// The checksum of SQLite's write-ahead log (file format, section 4.2), over pairs of words.
fn checksum(mut sums: (u32, u32), bytes: &[u8], is_big: bool) -> (u32, u32) {
    let word = |word: [u8; 4]| if is_big { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) };
    for pair in bytes.as_chunks::<8>().0 {
        let [a, b, c, d, e, f, g, h] = *pair;
        sums.0 = sums.0.wrapping_add(word([a, b, c, d])).wrapping_add(sums.1);
        sums.1 = sums.1.wrapping_add(word([e, f, g, h])).wrapping_add(sums.0);
    }
    sums
}
