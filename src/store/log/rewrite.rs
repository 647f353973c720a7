//! Replacing a log by a better packed or repaired one, without a moment in which a row is missing.

use std::path::{Path, PathBuf};

use super::append::{Packing, Row, pack_blocks};
use super::chunk::Chunk;
use super::member::MAX_MEMBER_TEXT;
use super::scan::{ScanOptions, scan};
use crate::store::error::StoreError;
use crate::store::file_system::{Disk, DiskFile};
use crate::store::free_path::free_path;
use crate::store::lock::StoreLock;

/// Blocks that are held until they are packed on all cores.
const BLOCKS_AT_ONCE: usize = 16;

/// A file that will take the place of a log.
pub(super) struct Rewrite<'a> {
    disk: &'a dyn Disk,
    path: PathBuf,
    temporary: PathBuf,
    file: Box<dyn DiskFile>,
    /// Blocks that are full; they are packed together.
    full: Vec<Vec<Row>>,
    block: Vec<Row>,
    block_bytes: usize,
    rows: u64,
    checksum: u32,
}

impl<'a> Rewrite<'a> {
    /// Begins a file beside the log at `path`, with its mode and owner.
    pub(super) fn begin(disk: &'a dyn Disk, path: &Path, _lock: &StoreLock) -> Result<Self, StoreError> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let temporary = path.with_file_name(format!(".{name}.tmp"));
        let create = || match disk.create_new(&temporary, Some(path)) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                // Left behind by a writer that was killed: we hold the lock.
                disk.remove(&temporary)?;
                disk.create_new(&temporary, Some(path))
            }
            other => other,
        };
        let file = create().map_err(|e| StoreError::writing(&temporary, e))?;
        Ok(Self {
            disk,
            path: path.to_owned(),
            temporary,
            file,
            full: Vec::new(),
            block: Vec::new(),
            block_bytes: 0,
            rows: 0,
            checksum: 0,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(bytes).map_err(|e| StoreError::writing(&self.temporary, e))
    }

    /// Takes over whole members as they are.
    pub(super) fn copy(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(bytes)
    }

    /// Adds a row to the block that is being filled.
    pub(super) fn push(&mut self, row: Row) -> Result<(), StoreError> {
        if self.block_bytes + row.line.len() > MAX_MEMBER_TEXT {
            self.close_block();
            if self.full.len() == BLOCKS_AT_ONCE {
                self.flush()?;
            }
        }
        self.checksum = chained(self.checksum, row.line.trim_ascii());
        self.block_bytes += row.line.len();
        self.rows += 1;
        self.block.push(row);
        Ok(())
    }

    fn close_block(&mut self) {
        let block = std::mem::take(&mut self.block);
        if !block.is_empty() {
            self.full.push(block);
        }
        self.block_bytes = 0;
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let members = pack_blocks(&self.full, Packing::Sealed);
        self.full.clear();
        self.write(&members)
    }

    /// Returns once the file is on the disk.
    pub(super) fn sync(&mut self) -> Result<(), StoreError> {
        self.file.sync().map_err(|e| StoreError::writing(&self.temporary, e))
    }

    /// Finishes the file and reads back what was pushed since `copied` bytes.
    pub(super) fn finish(&mut self, copied: u64) -> Result<(), StoreError> {
        self.close_block();
        self.flush()?;
        self.sync()?;
        let (mut rows, mut checksum) = (0, 0);
        let mut options = ScanOptions::default();
        options.from.len = copied;
        let lines = |chunk: Chunk<'_>| chunk.to_lines();
        let report = scan(self.disk, &self.temporary, options, lines, |_, lines| {
            for line in lines {
                rows += 1;
                checksum = chained(checksum, &line);
            }
        })?;
        if (rows, checksum) == (self.rows, self.checksum) && report.damage.is_empty() {
            return Ok(());
        }
        let why = std::io::Error::other("what was written does not read back");
        Err(StoreError::writing(&self.temporary, why))
    }

    /// Puts the file in the place of the log; the old one stays under the name that is returned: `kept`, or where that is
    /// taken one like it.
    pub(super) fn publish(self, kept: &Path) -> Result<PathBuf, StoreError> {
        let failed = |path: &Path, e| StoreError::writing(path, e);
        let kept = free_path(self.disk, kept)?;
        self.disk.link(&self.path, &kept).map_err(|e| failed(&kept, e))?;
        if let Some(dir) = kept.parent() {
            self.disk.sync_dir(dir).map_err(|e| failed(dir, e))?;
        }
        self.disk.rename(&self.temporary, &self.path).map_err(|e| failed(&self.path, e))?;
        if let Some(dir) = self.path.parent() {
            self.disk.sync_dir(dir).map_err(|e| failed(dir, e))?;
        }
        Ok(kept)
    }

    /// Leaves everything as it was.
    pub(super) fn abandon(self) {
        // If it cannot be removed now, the next rewrite does.
        let _ = self.disk.remove(&self.temporary);
    }
}

fn chained(checksum: u32, line: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(checksum);
    hasher.update(line);
    hasher.update(b"\n");
    hasher.finalize()
}

/// Copies the bytes `from..to` of a file.
pub(super) fn read_range(disk: &dyn Disk, path: &Path, from: u64, to: u64) -> Result<Vec<u8>, StoreError> {
    let file = disk.open(path).map_err(|e| StoreError::reading(path, e))?;
    let mut bytes = vec![0; usize::try_from(to.saturating_sub(from)).unwrap_or(0)];
    let got = file.read_at(&mut bytes, from).map_err(|e| StoreError::reading(path, e))?;
    bytes.truncate(got);
    Ok(bytes)
}
