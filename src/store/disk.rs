//! The only door to the file system of the machine.

mod safe_path;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags};

use self::safe_path::is_safe;
use super::error::NotRegular;
use super::file_system::{Dir, DirAccess, Disk, DiskFile, Entry, LockGuard, Stat};

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
fn careful_flags() -> OFlags {
    OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY
}

fn careful() -> i32 {
    careful_flags().bits().cast_signed()
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
        owner: meta.uid(),
    }
}

struct RealDir {
    fd: OwnedFd,
    is_private: bool,
}

fn not_private(path: &Path) -> io::Error {
    let why = format!("{} is not this user's alone", path.display());
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

/// Whether a folder belongs to this user, and nobody else may write there.
fn is_private_dir(fd: &OwnedFd) -> io::Result<bool> {
    let stat = rustix::fs::fstat(fd)?;
    Ok(stat.st_uid == rustix::process::geteuid().as_raw() && stat.st_mode & 0o022 == 0)
}

/// Whether what this user makes in a folder stays: nobody else may write there, or it is sticky, and it belongs to
/// this user or to the superuser.
fn is_safe_base(fd: &OwnedFd) -> io::Result<bool> {
    let stat = rustix::fs::fstat(fd)?;
    let is_trusted = stat.st_uid == 0 || stat.st_uid == rustix::process::geteuid().as_raw();
    Ok(is_trusted && (stat.st_mode & 0o022 == 0 || stat.st_mode & 0o1000 != 0))
}

impl Dir for RealDir {
    fn list(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.fd)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            if name == "." || name == ".." {
                continue;
            }
            // A file that vanished meanwhile was somebody else's to remove.
            let Ok(stat) = rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            entries.push(Entry { name: name.to_owned(), stat: stat_of_raw(&stat) });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | careful_flags();
        let file = File::from(rustix::fs::openat(self.fd.as_fd(), name, flags, Mode::empty())?);
        let meta = file.metadata()?;
        if let Some(what) = odd_kind(meta.file_type()) {
            return Err(io::Error::other(NotRegular(what)));
        }
        if self.is_private && meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(not_private(Path::new(name)));
        }
        Ok(Box::new(RealFile(file)))
    }

    fn create_new(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let fd = rustix::fs::openat(self.fd.as_fd(), name, flags | careful_flags(), mode)?;
        Ok(Box::new(RealFile(File::from(fd))))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.fd, from, &self.fd, to)?)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.fd, name, AtFlags::empty())?)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.fd)?)
    }
}

fn stat_of_raw(stat: &rustix::fs::Stat) -> Stat {
    let (seconds, nanos) = (stat.st_mtime, i64::try_from(stat.st_mtime_nsec).unwrap_or(0));
    Stat {
        len: u64::try_from(stat.st_size).unwrap_or(0),
        modified_us: seconds.saturating_mul(1_000_000).saturating_add(nanos / 1_000),
        mode: stat.st_mode & 0o7777,
        is_file: rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file(),
        inode: stat.st_ino,
        owner: stat.st_uid,
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

    fn open_dir(
        &self,
        base: &Path,
        names: &[String],
        access: DirAccess,
        create: bool,
    ) -> io::Result<Box<dyn Dir>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut fd = rustix::fs::openat(CWD, base, flags, Mode::empty())?;
        let is_private = access == DirAccess::Private;
        if is_private && !(is_safe_base(&fd)? && is_safe(base)?) {
            return Err(not_private(base));
        }
        for name in names {
            if create {
                match rustix::fs::mkdirat(&fd, name, Mode::RWXU) {
                    Ok(()) | Err(rustix::io::Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            fd = rustix::fs::openat(&fd, name, flags | OFlags::NOFOLLOW, Mode::empty()).map_err(|error| {
                // A link, or a file, in the place of the folder.
                let is_taken = matches!(error, rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR);
                if is_private && is_taken { not_private(&base.join(name)) } else { error.into() }
            })?;
            if is_private && !is_private_dir(&fd)? {
                return Err(not_private(&base.join(name)));
            }
        }
        Ok(Box::new(RealDir { fd, is_private }))
    }

    fn user(&self) -> u32 {
        rustix::process::geteuid().as_raw()
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
        // Not `std::fs::read_dir`, which panics when a folder cannot be closed.
        self.open_dir(dir, &[], DirAccess::Any, false)?.list()
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

    #[expect(clippy::disallowed_methods, reason = "how long a wait was changes no result, only when it ends")]
    fn pause(&self, time: Duration) -> Duration {
        let begun = std::time::Instant::now();
        std::thread::sleep(time);
        begun.elapsed()
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

    fn create_user_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }

    fn device(&self, path: &Path) -> io::Result<u64> {
        Ok(fs::metadata(path)?.dev())
    }
}
