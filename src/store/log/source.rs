//! A log that is read, as long as it was when the read began.

use std::io;
use std::path::Path;

use crate::store::error::StoreError;
use crate::store::file_system::DiskFile;

/// A log that is read.
pub(super) struct Source<'a> {
    pub file: &'a dyn DiskFile,
    pub path: &'a Path,
    /// Bytes in it when the read began.
    pub size: u64,
}

impl Source<'_> {
    pub(super) fn failed(&self, error: io::Error) -> StoreError {
        StoreError::reading(self.path, error)
    }

    /// Reads `len` bytes from `at` into `buffer`, fewer only at the end.
    pub(super) fn read(&self, at: u64, len: usize, buffer: &mut Vec<u8>) -> Result<(), StoreError> {
        let len = len.min(usize::try_from(self.size.saturating_sub(at)).unwrap_or(usize::MAX));
        buffer.resize(len, 0);
        let got = self.file.read_at(buffer, at).map_err(|e| self.failed(e))?;
        if got < len {
            return Err(self.failed(io::Error::other("the file became shorter while it was read")));
        }
        Ok(())
    }

    /// The eight bytes before `end`: checksum and size of the member that ends there.
    pub(super) fn trailer(&self, end: u64) -> Result<[u8; 8], StoreError> {
        let mut trailer = [0; 8];
        self.file.read_at(&mut trailer, end.saturating_sub(8)).map_err(|e| self.failed(e))?;
        Ok(trailer)
    }
}
