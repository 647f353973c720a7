//! What can go wrong with files, said with the file's name, and what to do about it.

use std::io;
use std::path::PathBuf;

/// What kind of failure a [`StoreError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// There is no store where one was looked for.
    NoStore,
    /// Another process holds the lock.
    Locked,
    /// A file is damaged, or of another kind than it should be.
    Corrupt,
    /// A newer version of this program wrote a file.
    Newer,
    /// A file cannot be read.
    CannotRead,
    /// No room is left where something should be written: on the disk, or in what the user may use of it.
    DiskFull,
    /// Something cannot be written for another reason.
    CannotWrite,
}

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no store where one was looked for.
    #[error("{}: there is no store here", path.display())]
    NoStore {
        /// The folder that was looked for.
        path: PathBuf,
    },
    /// Reading failed.
    #[error("{}: cannot be read: {}", path.display(), system_words(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Writing failed; nothing of the record is in the file.
    #[error("{}: cannot be written: {}", path.display(), system_words(source))]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something other than a regular file stands in a file's place.
    #[error("{}: is {what}, not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What stands there.
        what: &'static str,
    },
    /// The file is not of the kind that it should be.
    #[error("{}: is {found}, not gzip", path.display())]
    NotGzip {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        found: &'static str,
    },
    /// A state file is damaged.
    #[error("{}: is damaged: {why}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The file was written by a newer version of this program.
    #[error("{}: was written by a newer dtlearn (format {found}, this one knows up to {supported})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format found.
        found: u64,
        /// The newest format known here.
        supported: u64,
    },
    /// The file system does not know locks.
    #[error("{}: the file system has no locks: {}", path.display(), system_words(source))]
    NoLocks {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process holds the lock.
    #[error("{}: held by another process for over {waited_ms} ms", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long was waited, in milliseconds.
        waited_ms: u64,
    },
}

/// What the system says of a failure, without its number, and in the same words whoever noticed it.
pub fn system_words(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        _ if error.get_ref().is_some() => text,
        _ if error.kind() == io::ErrorKind::NotFound => "no such file or directory".into(),
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

impl StoreError {
    /// Wraps a failure to read, telling apart what is no regular file.
    pub fn reading(path: &std::path::Path, source: io::Error) -> Self {
        match disk_kind(&source) {
            Some(what) => Self::NotAFile { path: path.to_owned(), what },
            None => Self::Read { path: path.to_owned(), source },
        }
    }

    /// Wraps a failure to write, telling apart what is no regular file.
    pub fn writing(path: &std::path::Path, source: io::Error) -> Self {
        match disk_kind(&source) {
            Some(what) => Self::NotAFile { path: path.to_owned(), what },
            None => Self::Write { path: path.to_owned(), source },
        }
    }

    /// Wraps a failure to lock.
    pub(super) fn locking(path: &std::path::Path, source: io::Error) -> Self {
        let has_none = |raw: &i32| {
            [rustix::io::Errno::NOLCK, rustix::io::Errno::NOTSUP, rustix::io::Errno::NOSYS]
                .iter()
                .any(|errno| errno.raw_os_error() == *raw)
        };
        match source.raw_os_error().filter(has_none) {
            Some(_) => Self::NoLocks { path: path.to_owned(), source },
            None => Self::writing(path, source),
        }
    }

    /// What to do next, as a sentence or a command.
    pub fn hint(&self) -> String {
        match self {
            Self::NoStore { .. } => {
                "record a trade with `dtlearn record-exit`, or look elsewhere with --root DIR; `dtlearn demo DIR` makes an example".into()
            }
            Self::Read { .. } => "check the path and who may read it".into(),
            Self::Write { .. } => "check free space and who may write there".into(),
            Self::NotAFile { path, .. } => format!("move {} away and try again", path.display()),
            Self::NotGzip { path, .. } => format!("move {} away, then bring its trades in with `dtlearn import`", path.display()),
            Self::Corrupt { path, .. } => format!("restore {} from a backup, or move it away", path.display()),
            Self::Newer { .. } => "upgrade dtlearn; nothing was changed".into(),
            Self::NoLocks { .. } => {
                "keep the store on a local disk (--root DIR), or mount the share with locks: over NFS that takes a lock service and no `nolock`".into()
            }
            Self::Locked { .. } => "try again, wait longer with --lock-wait, or see who holds it with `fuser`".into(),
        }
    }

    /// What kind of failure it is, for who answers for it outside.
    pub fn kind(&self) -> StoreErrorKind {
        match self {
            Self::NoStore { .. } => StoreErrorKind::NoStore,
            Self::Read { .. } => StoreErrorKind::CannotRead,
            Self::Locked { .. } => StoreErrorKind::Locked,
            Self::NotGzip { .. } | Self::Corrupt { .. } => StoreErrorKind::Corrupt,
            Self::Newer { .. } => StoreErrorKind::Newer,
            Self::Write { source, .. } if is_full(source) => StoreErrorKind::DiskFull,
            Self::Write { .. } | Self::NotAFile { .. } | Self::NoLocks { .. } => StoreErrorKind::CannotWrite,
        }
    }
}

/// Whether there is no room left.
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

/// The mark that the real disk puts on what is no regular file.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotRegular(pub &'static str);

fn disk_kind(error: &io::Error) -> Option<&'static str> {
    error.get_ref()?.downcast_ref::<NotRegular>().map(|kind| kind.0)
}
