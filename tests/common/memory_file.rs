//! A file of the disk in memory.

use std::io;

use dtlearn::store::DiskFile;

use super::memory_disk::{Fault, MemoryDisk};

pub(super) struct File {
    pub(super) disk: MemoryDisk,
    pub(super) inode: usize,
}

impl DiskFile for File {
    fn len(&self) -> io::Result<u64> {
        let state = self.disk.step("len".into())?;
        Ok(state.inodes[self.inode].len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = self.disk.step("read".into())?;
        let bytes = &state.inodes[self.inode];
        let from = (offset as usize).min(bytes.len());
        let n = buffer.len().min(bytes.len() - from);
        buffer[..n].copy_from_slice(&bytes[from..from + n]);
        state.bytes_read += n;
        Ok(n)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.step(format!("write {}", bytes.len()))?;
        let at = state.operations - 1;
        let inode = self.inode;
        match state.fault {
            Some((number, fault)) if number == at => match fault {
                Fault::ShortWrite(n) => {
                    state.inodes[inode].extend_from_slice(&bytes[..n.min(bytes.len())]);
                    Err(io::Error::other("no space left on device"))
                }
                Fault::PartialWrite(n) => {
                    let n = n.min(bytes.len());
                    state.inodes[inode].extend_from_slice(&bytes[..n]);
                    Ok(n)
                }
                Fault::KillInWrite(n) => {
                    state.inodes[inode].extend_from_slice(&bytes[..n.min(bytes.len())]);
                    state.dead = true;
                    Err(io::Error::other("killed"))
                }
                Fault::Error | Fault::Panic | Fault::Kill => unreachable!("met in step"),
            },
            _ => {
                state.inodes[inode].extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        let mut state = self.disk.step("truncate".into())?;
        state.inodes[self.inode].truncate(len as usize);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.step("sync".into())?;
        state.synced[self.inode] = state.inodes[self.inode].clone();
        Ok(())
    }
}

impl MemoryDisk {
    /// How many bytes were read since this was asked before.
    pub fn bytes_read(&self) -> usize {
        std::mem::take(&mut self.step("asked".into()).unwrap().bytes_read)
    }
}
