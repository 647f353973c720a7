//! The only door to the file system of the machine.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;

use super::error::NotRegular;
use super::file_system::{Disk, DiskFile, Entry, LockGuard, Stat};

/// The file system of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

struct RealFile(File);

struct RealLock(#[expect(dead_code, reason = "the lock lives as long as the open file")] File);

impl LockGuard for RealLock {}

impl DiskFile for RealFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() {
            match self.0.read_at(&mut buffer[done..], offset + done as u64) {
                Ok(0) => break,
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match io::Write::write(&mut self.0, bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }
}

/// Not through a symlink, and not waiting for the other end of a pipe.
fn careful() -> i32 {
    (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed()
}

fn odd_kind(kind: fs::FileType) -> Option<&'static str> {
    if kind.is_file() {
        None
    } else if kind.is_symlink() {
        Some("a symlink")
    } else if kind.is_dir() {
        Some("a folder")
    } else if kind.is_fifo() {
        Some("a pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else {
        Some("a device")
    }
}

/// Says what stands in the place of a file, when an open failed because of it.
fn explain(path: &Path, error: io::Error) -> io::Error {
    match fs::symlink_metadata(path).ok().and_then(|meta| odd_kind(meta.file_type())) {
        Some(what) => io::Error::other(NotRegular(what)),
        None => error,
    }
}

fn regular(path: &Path, options: &OpenOptions) -> io::Result<File> {
    let file = options.open(path).map_err(|error| explain(path, error))?;
    match odd_kind(file.metadata()?.file_type()) {
        Some(what) => Err(io::Error::other(NotRegular(what))),
        None => Ok(file),
    }
}

fn stat_of(meta: &fs::Metadata) -> Stat {
    Stat {
        len: meta.len(),
        modified_us: meta.mtime().saturating_mul(1_000_000).saturating_add(meta.mtime_nsec() / 1_000),
        mode: meta.permissions().mode() & 0o7777,
        is_file: meta.is_file(),
        inode: meta.ino(),
    }
}

impl Disk for RealDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(careful());
        Ok(Box::new(RealFile(regular(path, &options)?)))
    }

    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600).custom_flags(careful());
        Ok(Box::new(RealFile(regular(path, &options)?)))
    }

    fn create_new(&self, path: &Path, like: Option<&Path>) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create_new(true).mode(0o600).custom_flags(careful());
        let file = options.open(path)?;
        if let Some(meta) =
            like.and_then(|path| fs::symlink_metadata(path).ok()).filter(fs::Metadata::is_file)
        {
            let mine = file.metadata()?;
            if (mine.uid(), mine.gid()) != (meta.uid(), meta.gid()) {
                // Only the superuser can give a file away; for others the file stays their own.
                let _ = std::os::unix::fs::fchown(&file, Some(meta.uid()), Some(meta.gid()));
            }
            file.set_permissions(fs::Permissions::from_mode(meta.permissions().mode() & 0o7777))?;
        }
        Ok(Box::new(RealFile(file)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn is_private(&self, dir: &Path) -> io::Result<bool> {
        let meta = fs::symlink_metadata(dir)?;
        let mine = meta.uid() == rustix::process::geteuid().as_raw();
        Ok(meta.is_dir() && mine && meta.permissions().mode() & 0o022 == 0)
    }

    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(dir)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            // A file that vanished meanwhile was somebody else's to remove.
            let Ok(meta) = entry.metadata() else { continue };
            let Ok(name) = entry.file_name().into_string() else { continue };
            entries.push(Entry { name, stat: stat_of(&meta) });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        match fs::symlink_metadata(path) {
            Ok(meta) => Ok(Some(stat_of(&meta))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn LockGuard>>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).mode(0o600).custom_flags(careful());
        let file = regular(path, &options)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(RealLock(file)))),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }

    fn open_user_input(&self, path: &Path) -> io::Result<Box<dyn io::Read + Send>> {
        let file = File::open(path)?;
        if file.metadata()?.is_dir() {
            return Err(io::Error::other(NotRegular("a folder")));
        }
        Ok(Box::new(file))
    }

    fn create_user_output(&self, path: &Path) -> io::Result<Box<dyn io::Write + Send>> {
        Ok(Box::new(File::create(path)?))
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn device(&self, path: &Path) -> io::Result<u64> {
        Ok(fs::metadata(path)?.dev())
    }
}
