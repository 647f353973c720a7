//! Where a record goes that could not be stored: one file per record, no lock needed, drained by the next
//! command that writes.
//!
//! Some of the folders lie where every local user may write. There each folder on the way is opened once, must
//! belong to this user alone, and is found again under another name when somebody else took its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::store::error::StoreError;
use crate::store::file_system::{Dir, DirAccess, Disk};
use crate::store::layout::{Layout, Log};

/// The largest file that is read from a spool, in bytes.
const MAX_SPOOLED_BYTES: u64 = 1 << 20;

/// The folders that may hold spooled records of a store, in the order in which they are tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpoolFolders(Vec<Folder>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Folder {
    base: PathBuf,
    /// The folders below it.
    names: Vec<String>,
    access: DirAccess,
    /// Whether the base is made when it is missing.
    makes_base: bool,
    /// Whether records are written there, or only looked for: versions before wrote there.
    is_written: bool,
}

impl Folder {
    fn path(&self) -> PathBuf {
        self.names.iter().fold(self.base.clone(), |path, name| path.join(name))
    }

    fn open(&self, disk: &dyn Disk, create: bool) -> std::io::Result<Box<dyn Dir>> {
        if create && self.makes_base {
            disk.create_dir_all(&self.base)?;
        }
        disk.open_dir(&self.base, &self.names, self.access, create)
    }

    /// The same folder under a name that nobody can have foreseen, for when somebody else took the first.
    fn elsewhere(&self, suffix: &str) -> Option<Self> {
        let mut other = self.clone();
        let first = other.names.first_mut().filter(|_| self.access == DirAccess::Private)?;
        *first = format!("{first}.{suffix}");
        Some(other)
    }

    /// The folders that were made under such names.
    fn others(&self, disk: &dyn Disk) -> Vec<Self> {
        let Some(first) = self.names.first().filter(|_| self.access == DirAccess::Private) else {
            return Vec::new();
        };
        let suffix = |name: &str| name.strip_prefix(first)?.strip_prefix('.').map(str::to_owned);
        let entries = disk.list(&self.base).unwrap_or_default();
        entries.iter().filter_map(|entry| self.elsewhere(&suffix(&entry.name)?)).collect()
    }

    fn is_taken(&self, disk: &dyn Disk) -> bool {
        let opened = self.open(disk, false);
        opened.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
    }
}

/// What the folders of this program's users are called where all of them may write.
const SHARED_PREFIX: &str = "dtlearn-";

impl SpoolFolders {
    /// `DTLEARN_SPOOL`, the store's own folder, the user's state folder, the system's temporary folder if it
    /// lies on another file system. Folders that serve several stores have a folder for each.
    pub fn new(
        disk: &dyn Disk,
        layout: &Layout,
        chosen: Option<PathBuf>,
        user_state: Option<PathBuf>,
        temporary: Option<PathBuf>,
    ) -> Self {
        let root = absolute(disk, layout.root());
        let own = format!("{:016x}", xxhash_rust::xxh3::xxh3_64(root.as_os_str().as_encoded_bytes()));
        let elsewhere = temporary.filter(|dir| {
            let here = disk.device(layout.root()).ok();
            disk.device(dir).ok().is_some_and(|device| Some(device) != here)
        });
        let private = |base: PathBuf, names: &[&str], makes_base| Folder {
            base,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            access: DirAccess::Private,
            makes_base,
            is_written: true,
        };
        let in_store = Folder {
            base: layout.spool(),
            names: Vec::new(),
            access: DirAccess::Any,
            makes_base: true,
            is_written: true,
        };
        let mine = format!("{SHARED_PREFIX}{}", disk.user());
        let mut folders = Vec::new();
        folders.extend(chosen.map(|dir| private(dir, &[&own], true)));
        folders.push(in_store);
        folders.extend(user_state.map(|dir| private(dir, &["dtlearn", "spool", &own], true)));
        folders.extend(elsewhere.clone().map(|dir| private(dir, &[&mine, "spool", &own], false)));
        let before = |dir| Folder { is_written: false, ..private(dir, &["dtlearn", "spool", &own], false) };
        folders.extend(elsewhere.map(before));
        Self(folders)
    }
}

/// The path by which a store is known, also while it is not there yet.
fn absolute(disk: &dyn Disk, root: &Path) -> PathBuf {
    let mut missing = Vec::new();
    let mut existing = root;
    loop {
        let place = if existing.as_os_str().is_empty() { Path::new(".") } else { existing };
        if let Ok(found) = disk.canonical(place) {
            return missing.iter().rev().fold(found, |path, name| path.join(name));
        }
        match (existing.parent(), existing.file_name()) {
            (Some(parent), Some(name)) => {
                missing.push(name.to_owned());
                existing = parent;
            }
            _ => return root.to_owned(),
        }
    }
}

/// A record that waits.
#[derive(Clone)]
pub struct Spooled {
    /// The file that holds it.
    pub path: PathBuf,
    /// The log it belongs to.
    pub log: Log,
    dir: Arc<dyn Dir>,
    name: String,
}

impl std::fmt::Debug for Spooled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spooled").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Spooled {
    /// The record.
    ///
    /// # Errors
    /// [`StoreError::Read`], [`StoreError::NotAFile`], or [`StoreError::Corrupt`] when it is too large for one.
    pub fn read(&self) -> Result<Vec<u8>, StoreError> {
        let failed = |error| StoreError::reading(&self.path, error);
        let file = self.dir.open(&self.name).map_err(failed)?;
        let len = file.len().map_err(failed)?;
        if len > MAX_SPOOLED_BYTES {
            let why = format!("{len} bytes are too many for a record");
            return Err(StoreError::Corrupt { path: self.path.clone(), why });
        }
        let mut bytes = vec![0; len as usize];
        let got = file.read_at(&mut bytes, 0).map_err(failed)?;
        bytes.truncate(got);
        Ok(bytes)
    }

    /// Removes it, once it is stored.
    ///
    /// # Errors
    /// [`StoreError::Write`]; it is then stored again, which changes nothing.
    pub fn remove(&self) -> Result<(), StoreError> {
        self.dir.remove(&self.name).map_err(|error| StoreError::writing(&self.path, error))
    }
}

/// Keeps a line for later, in the first folder that takes it; returns where it lies.
///
/// # Errors
/// [`StoreError::Write`] of the last folder, when none took it.
pub fn spool_record(
    disk: &dyn Disk,
    folders: &SpoolFolders,
    log: Log,
    now_us: i64,
    line: &[u8],
) -> Result<PathBuf, StoreError> {
    let mut last = None;
    for folder in folders.0.iter().filter(|folder| folder.is_written) {
        let spool = |folder: &Folder| -> std::io::Result<PathBuf> {
            let dir = folder.open(disk, true)?;
            Ok(folder.path().join(write_into(&*dir, log, now_us, line)?))
        };
        let spooled = spool(folder).or_else(|error| {
            let is_taken = error.kind() == std::io::ErrorKind::PermissionDenied && folder.is_taken(disk);
            match folder.elsewhere(&format!("{now_us:x}")).filter(|_| is_taken) {
                Some(other) => spool(&other),
                None => Err(error),
            }
        });
        match spooled {
            Ok(path) => return Ok(path),
            Err(error) => last = Some(StoreError::writing(&folder.path(), error)),
        }
    }
    let nowhere =
        || StoreError::writing(&PathBuf::from("spool"), std::io::Error::other("there is no folder for it"));
    Err(last.unwrap_or_else(nowhere))
}

/// Writes a line to a file of its own and returns its name.
fn write_into(dir: &dyn Dir, log: Log, now_us: i64, line: &[u8]) -> std::io::Result<String> {
    // The same line spooled twice lands on the same name with the same bytes.
    let mark = xxhash_rust::xxh3::xxh3_64(line);
    let name = format!("{}-{now_us:020}-{mark:016x}.jsonl", log.word());
    let mut attempt = 0;
    let (temporary, mut file) = loop {
        let temporary = format!(".{name}.{attempt}.tmp");
        match dir.create_new(&temporary) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && attempt < 100 => attempt += 1,
            other => break (temporary, other?),
        }
    };
    let written = file.write_all(line).and_then(|()| file.sync());
    drop(file);
    let moved = written.and_then(|()| dir.rename(&temporary, &name)).and_then(|()| dir.sync());
    if let Err(error) = moved {
        let _ = dir.remove(&temporary);
        return Err(error);
    }
    Ok(name)
}

/// Every record that waits, oldest first. Folders that took another name because somebody else had theirs are
/// looked for while that is so.
pub fn spooled_records(disk: &dyn Disk, folders: &SpoolFolders) -> Vec<Spooled> {
    waiting(disk, folders, false)
}

/// The same, looking for such folders in any case.
pub fn spooled_everywhere(disk: &dyn Disk, folders: &SpoolFolders) -> Vec<Spooled> {
    waiting(disk, folders, true)
}

fn waiting(disk: &dyn Disk, folders: &SpoolFolders, everywhere: bool) -> Vec<Spooled> {
    let mut found = Vec::new();
    for folder in &folders.0 {
        let others = if everywhere || folder.is_taken(disk) { folder.others(disk) } else { Vec::new() };
        for folder in std::iter::once(folder).chain(&others) {
            // A folder that is not there, or not this user's, holds nothing of this store.
            let Ok(dir) = folder.open(disk, false) else { continue };
            let dir: Arc<dyn Dir> = Arc::from(dir);
            for entry in dir.list().unwrap_or_default() {
                let mut parts = entry.name.split('-');
                let log = parts.next().and_then(Log::from_word);
                let stamp = parts.next().map(str::to_owned);
                if let (Some(log), Some(stamp), true) = (log, stamp, entry.stat.is_file) {
                    let (path, name) = (folder.path().join(&entry.name), entry.name);
                    found.push((stamp, Spooled { path, log, dir: Arc::clone(&dir), name }));
                }
            }
        }
    }
    found.sort_by(|a, b| (&a.0, &a.1.path).cmp(&(&b.0, &b.1.path)));
    found.into_iter().map(|(_, spooled)| spooled).collect()
}

/// How many records wait.
pub fn spool_count(disk: &dyn Disk, folders: &SpoolFolders) -> usize {
    spooled_records(disk, folders).len()
}

/// A folder in which records of this store wait that this user's commands do not bring in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignSpool {
    /// The folder.
    pub path: PathBuf,
    /// How many wait there.
    pub records: usize,
}

/// The spools of other users, and those of services with a temporary folder of their own, as far as they can be
/// seen.
pub fn foreign_spools(disk: &dyn Disk, folders: &SpoolFolders) -> Vec<ForeignSpool> {
    let mut found = Vec::new();
    for folder in folders.0.iter().filter(|folder| folder.is_written) {
        let [mine, rest @ ..] = &folder.names[..] else { continue };
        if !mine.starts_with(SHARED_PREFIX) {
            continue;
        }
        let within =
            |base: &Path, name: &str| rest.iter().fold(base.join(name), |path, name| path.join(name));
        for entry in disk.list(&folder.base).unwrap_or_default() {
            let is_mine = entry.name == *mine || entry.name.starts_with(&format!("{mine}."));
            if entry.name.starts_with(SHARED_PREFIX) && !is_mine {
                found.extend(looked_into(disk, within(&folder.base, &entry.name)));
            } else if entry.name.starts_with("systemd-private-") {
                let base = folder.base.join(&entry.name).join("tmp");
                for inner in disk.list(&base).unwrap_or_default() {
                    if inner.name.starts_with(SHARED_PREFIX) {
                        found.extend(looked_into(disk, within(&base, &inner.name)));
                    }
                }
            }
        }
    }
    found
}

fn looked_into(disk: &dyn Disk, path: PathBuf) -> Option<ForeignSpool> {
    let entries = disk.list(&path).ok()?;
    let records = entries.iter().filter(|entry| entry.name.ends_with(".jsonl")).count();
    (records > 0).then_some(ForeignSpool { path, records })
}
