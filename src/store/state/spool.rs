//! Where a record goes that could not be stored: one file per record, no lock needed, drained by the next
//! command that writes.

use std::path::{Path, PathBuf};

use crate::store::error::StoreError;
use crate::store::file_system::Disk;
use crate::store::layout::{Layout, Log};

/// The folders that may hold spooled records of a store, in the order in which they are tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpoolFolders(Vec<Folder>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Folder {
    path: PathBuf,
    /// It lies where others may write: it counts only while it is ours alone.
    shared: bool,
}

impl Folder {
    /// Whether nobody else can have put records there, or is able to.
    fn is_ours(&self, disk: &dyn Disk) -> bool {
        !self.shared || disk.is_private(&self.path).unwrap_or(false)
    }
}

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
        let shared = |dir: PathBuf| dir.join("dtlearn").join("spool").join(&own);
        let own_folders = [chosen.map(|dir| dir.join(&own)), Some(layout.spool())].into_iter().flatten();
        let others = [user_state, elsewhere].into_iter().flatten().map(shared);
        let folder = |shared| move |path| Folder { path, shared };
        Self(own_folders.map(folder(false)).chain(others.map(folder(true))).collect())
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spooled {
    /// The file that holds it.
    pub path: PathBuf,
    /// The log it belongs to.
    pub log: Log,
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
    for folder in &folders.0 {
        let dir = &folder.path;
        let made = disk.create_dir_all(dir).and_then(|()| match folder.is_ours(disk) {
            true => write_into(disk, dir, log, now_us, line),
            false => Err(std::io::Error::other("others may write there")),
        });
        match made {
            Ok(path) => return Ok(path),
            Err(error) => last = Some(StoreError::writing(dir, error)),
        }
    }
    let nowhere =
        || StoreError::writing(&PathBuf::from("spool"), std::io::Error::other("there is no folder for it"));
    Err(last.unwrap_or_else(nowhere))
}

fn write_into(disk: &dyn Disk, dir: &Path, log: Log, now_us: i64, line: &[u8]) -> std::io::Result<PathBuf> {
    // The same line spooled twice lands on the same name with the same bytes.
    let mark = xxhash_rust::xxh3::xxh3_64(line);
    let name = format!("{}-{now_us:020}-{mark:016x}.jsonl", log.word());
    let path = dir.join(&name);
    if disk.stat(&path)?.is_some() {
        return Ok(path);
    }
    let mut attempt = 0;
    let (temporary, mut file) = loop {
        let temporary = dir.join(format!(".{name}.{attempt}.tmp"));
        match disk.create_new(&temporary, None) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && attempt < 100 => attempt += 1,
            other => break (temporary, other?),
        }
    };
    let written = file.write_all(line).and_then(|()| file.sync());
    drop(file);
    let moved = written.and_then(|()| disk.rename(&temporary, &path)).and_then(|()| disk.sync_dir(dir));
    if let Err(error) = moved {
        let _ = disk.remove(&temporary);
        return Err(error);
    }
    Ok(path)
}

/// Every record that waits, oldest first.
pub fn spooled_records(disk: &dyn Disk, folders: &SpoolFolders) -> Vec<Spooled> {
    let mut found = Vec::new();
    for folder in folders.0.iter().filter(|folder| folder.is_ours(disk)) {
        let dir = &folder.path;
        // A folder that is not there holds nothing.
        for entry in disk.list(dir).unwrap_or_default() {
            let mut parts = entry.name.split('-');
            let log = parts.next().and_then(Log::from_word);
            let stamp = parts.next().map(str::to_owned);
            if let (Some(log), Some(stamp), true) = (log, stamp, entry.stat.is_file) {
                found.push((stamp, Spooled { path: dir.join(&entry.name), log }));
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
