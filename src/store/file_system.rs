//! What the store needs of a file system, so that tests can put a faulty one in its place.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is known of a file without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Bytes.
    pub len: u64,
    /// Last change, microseconds since 1970.
    pub modified_us: i64,
    /// Permission bits.
    pub mode: u32,
    /// Whether it is a regular file.
    pub is_file: bool,
    /// What tells the file from every other of the same device.
    pub inode: u64,
    /// The number of the user whom it belongs to.
    pub owner: u32,
}

/// A name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name without its folder.
    pub name: String,
    /// What it is.
    pub stat: Stat,
}

/// An open file.
pub trait DiskFile: Send + Sync {
    /// Bytes in the file now.
    ///
    /// # Errors
    /// As the system says.
    fn len(&self) -> io::Result<u64>;

    /// Reads up to `buffer.len()` bytes from `offset`; fewer only at the end of the file.
    ///
    /// # Errors
    /// As the system says.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes once, and says how many bytes went out; for a file opened to append, at its end.
    ///
    /// # Errors
    /// As the system says.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Writes all of `bytes`, in as many writes as it takes.
    ///
    /// # Errors
    /// As the system says.
    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.write(bytes)? {
                0 => return Err(io::Error::other("the disk takes no more")),
                n => bytes = &bytes[n..],
            }
        }
        Ok(())
    }

    /// Cuts the file to `len` bytes.
    ///
    /// # Errors
    /// As the system says.
    fn set_len(&mut self, len: u64) -> io::Result<()>;

    /// Returns once the bytes are on the disk (`fdatasync`).
    ///
    /// # Errors
    /// As the system says. A failure must not be retried: the kernel may have dropped the bytes.
    fn sync(&mut self) -> io::Result<()>;

    /// Whether there is nothing in the file.
    ///
    /// # Errors
    /// As the system says.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}

/// Held for as long as it lives.
pub trait LockGuard: Send {}

/// A folder that was opened once: whatever its path names later, its files are those of this folder.
pub trait Dir: Send + Sync {
    /// The names in it, sorted.
    ///
    /// # Errors
    /// As the system says.
    fn list(&self) -> io::Result<Vec<Entry>>;

    /// Opens a regular file in it to read; where others must not write, one of another user is an error.
    ///
    /// # Errors
    /// As [`Disk::open`].
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Creates a file in it that must not exist yet, mode 0600.
    ///
    /// # Errors
    /// As the system says.
    fn create_new(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;

    /// Renames within it, replacing.
    ///
    /// # Errors
    /// As the system says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file from it.
    ///
    /// # Errors
    /// As the system says.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes its names durable.
    ///
    /// # Errors
    /// As the system says.
    fn sync(&self) -> io::Result<()>;
}

/// Who may write in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirAccess {
    /// Whoever its owner lets.
    Any,
    /// This user alone, in it and in every folder between it and the one where the way to it begins; there, nobody
    /// else but in a way that leaves the files of others alone (sticky).
    Private,
}

/// What the store needs of a file system.
pub trait Disk: Send + Sync {
    /// Opens a regular file to read, not following a symlink and never waiting.
    ///
    /// # Errors
    /// As the system says; what is no regular file is an error of its own.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Opens a regular file to read and append, creating it with mode 0600.
    ///
    /// # Errors
    /// As [`Disk::open`].
    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Creates a file that must not exist yet, with mode and owner of `like` where that exists, else 0600.
    ///
    /// # Errors
    /// As the system says.
    fn create_new(&self, path: &Path, like: Option<&Path>) -> io::Result<Box<dyn DiskFile>>;

    /// Renames within a file system, replacing.
    ///
    /// # Errors
    /// As the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file a second name, which must not exist yet.
    ///
    /// # Errors
    /// As the system says.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Opens the folder `names` below `base`, one after the other and following no link below `base`; with `create`,
    /// those that are missing are made, mode 0700.
    ///
    /// # Errors
    /// As the system says; [`io::ErrorKind::PermissionDenied`] when somebody else may write where only this user may.
    fn open_dir(
        &self,
        base: &Path,
        names: &[String],
        access: DirAccess,
        create: bool,
    ) -> io::Result<Box<dyn Dir>>;

    /// The number of the user who runs this program.
    fn user(&self) -> u32;

    /// Bytes that may still be written in a folder.
    ///
    /// # Errors
    /// As the system says.
    fn free_bytes(&self, dir: &Path) -> io::Result<u64>;

    /// Removes a file.
    ///
    /// # Errors
    /// As the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// As the system says.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// Creates a folder and those above it, mode 0700.
    ///
    /// # Errors
    /// As the system says.
    fn create_dir_all(&self, dir: &Path) -> io::Result<()>;

    /// The names in a folder, sorted.
    ///
    /// # Errors
    /// As the system says.
    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>>;

    /// What stands at a path, `None` when nothing does. Does not follow a symlink.
    ///
    /// # Errors
    /// As the system says.
    fn stat(&self, path: &Path) -> io::Result<Option<Stat>>;

    /// Takes an exclusive lock if no other process holds it, creating the lock file.
    ///
    /// # Errors
    /// As the system says; a held lock is `Ok(None)`.
    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn LockGuard>>>;

    /// Waits so long, and returns how long it was: a process that is stopped meanwhile waits longer.
    fn pause(&self, time: Duration) -> Duration;

    /// Reads a file that the user named, which may be a pipe or a symlink.
    ///
    /// # Errors
    /// As the system says.
    fn open_user_input(&self, path: &Path) -> io::Result<Box<dyn io::Read + Send>>;

    /// Creates or replaces a file that the user named.
    ///
    /// # Errors
    /// As the system says.
    fn create_user_output(&self, path: &Path) -> io::Result<Box<dyn io::Write + Send>>;

    /// Creates a folder that the user named, and those above it, with the rights that the user's folders have.
    ///
    /// # Errors
    /// As the system says.
    fn create_user_folder(&self, path: &Path) -> io::Result<()>;

    /// The path without `.`, `..` and symlinks.
    ///
    /// # Errors
    /// As the system says.
    fn canonical(&self, path: &Path) -> io::Result<PathBuf>;

    /// The device on which a path lies.
    ///
    /// # Errors
    /// As the system says.
    fn device(&self, path: &Path) -> io::Result<u64>;
}
