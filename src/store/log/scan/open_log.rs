//! A log that is opened once and read in several goes.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Chunk, Mapper, ScanOptions, ScanReport, scan_file};
use crate::store::error::StoreError;
use crate::store::file_system::{Disk, DiskFile};
use crate::store::log::frames::Made;
use crate::store::log::position::Position;

/// A log that was opened once: even where another file takes its place meanwhile, what is read of it fits together.
pub struct OpenLog {
    /// None where there is no file, which has no rows.
    file: Option<Box<dyn DiskFile>>,
    path: PathBuf,
}

impl OpenLog {
    /// Opens the log at `path`.
    ///
    /// # Errors
    /// [`StoreError::Read`] and [`StoreError::NotAFile`].
    pub fn open(disk: &dyn Disk, path: &Path) -> Result<Self, StoreError> {
        let file = match disk.open(path) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(StoreError::reading(path, error)),
        };
        Ok(Self { file, path: path.to_owned() })
    }

    /// The error of a log in which something is not where it was.
    pub fn changed(&self) -> StoreError {
        StoreError::reading(&self.path, std::io::Error::other("the file changed while it was read"))
    }

    /// As [`scan`](super::scan).
    ///
    /// # Errors
    /// As there.
    pub fn scan<R: Send + 'static>(
        &self,
        options: ScanOptions,
        map: impl Fn(Chunk<'_>) -> R + Sync,
        sink: impl FnMut(u64, R),
    ) -> Result<ScanReport, StoreError> {
        self.scan_up_to((options, u64::MAX), map, sink)
    }

    /// As [`OpenLog::scan`], of the members between two of them: from the one at `from`, and up to the one that begins
    /// `until` bytes into the file.
    ///
    /// # Errors
    /// As there.
    pub fn scan_between<R: Send + 'static>(
        &self,
        (from, until): (Position, u64),
        map: impl Fn(Chunk<'_>) -> R + Sync,
        sink: impl FnMut(u64, R),
    ) -> Result<ScanReport, StoreError> {
        self.scan_up_to((ScanOptions { from, after_us: None }, until), map, sink)
    }

    fn scan_up_to<R: Send + 'static>(
        &self,
        (options, until): (ScanOptions, u64),
        map: impl Fn(Chunk<'_>) -> R + Sync,
        mut sink: impl FnMut(u64, R),
    ) -> Result<ScanReport, StoreError> {
        let Some(file) = &self.file else { return Ok(ScanReport::default()) };
        let map: &Mapper<'_> = &|chunk| Box::new(map(chunk));
        let mut sink = |rows_before: u64, made: Made| {
            if let Ok(result) = made.downcast::<R>() {
                sink(rows_before, *result);
            }
        };
        scan_file((&**file, &self.path), (options, until), map, &mut sink)
    }
}
