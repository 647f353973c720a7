//! A place in a log up to which everything has been seen.

use std::path::Path;

use crate::store::file_system::Disk;

/// A place in a log up to which everything has been seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// Bytes from the start of the file.
    pub len: u64,
    /// Rows before that place.
    pub rows: u64,
    /// The eight bytes before that place: checksum and size of the last member.
    pub trailer: [u8; 8],
}

impl Position {
    /// Whether the log at `path` still has, before this position, what it had.
    pub fn fits(&self, disk: &dyn Disk, path: &Path) -> bool {
        if self.len == 0 {
            return true;
        }
        let Ok(file) = disk.open(path) else { return false };
        let mut trailer = [0; 8];
        self.len >= 8
            && file.len().is_ok_and(|len| len >= self.len)
            && file.read_at(&mut trailer, self.len - 8).is_ok_and(|got| got == 8)
            && trailer == self.trailer
    }
}
