//! A disk in memory that fails when it is told to: the process is killed at an operation, an operation returns
//! an error, a write stops half way.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dtlearn::store::{Dir, DirAccess, Disk, DiskFile, Entry, LockGuard, Stat};

use super::memory_file::File;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// The operation returns an error; the next one works again.
    Error,
    /// A write puts down this many bytes and returns an error.
    ShortWrite(usize),
    /// A write puts down this many bytes and says so.
    PartialWrite(usize),
    /// The program itself fails at the operation.
    Panic,
    /// The process is killed before the operation: nothing works any more.
    Kill,
    /// The process is killed in the middle of a write.
    KillInWrite(usize),
}

/// What a power cut takes of that which no sync has confirmed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lost {
    /// Names of files, and what was written.
    Names,
    /// What was written; names are there.
    Bytes,
    /// What was written, in the place of which zeros stand.
    Zeros,
}

impl Lost {
    pub const ALL: [Self; 3] = [Self::Names, Self::Bytes, Self::Zeros];
}

#[derive(Default)]
pub(super) struct State {
    names: BTreeMap<PathBuf, usize>,
    pub(super) inodes: Vec<Vec<u8>>,
    /// What a sync has confirmed of both.
    synced_names: BTreeMap<PathBuf, usize>,
    pub(super) synced: Vec<Vec<u8>>,
    dirs: BTreeSet<PathBuf>,
    locked: bool,
    pub(super) operations: usize,
    pub(super) fault: Option<(usize, Fault)>,
    pub(super) dead: bool,
    /// What the operations were, to count and to name them.
    log: Vec<String>,
    /// What another program writes once a file was opened, the next first: that file, where, and what.
    meanwhile: Vec<(PathBuf, PathBuf, Vec<u8>)>,
    /// What another program appends to a file before the operation of that number.
    appended: Option<(usize, PathBuf, Vec<u8>)>,
    /// Bytes that were read.
    pub(super) bytes_read: usize,
}

#[derive(Clone, Default)]
pub struct MemoryDisk(Arc<Mutex<State>>);

impl MemoryDisk {
    /// Fails at the operation of that number, counted from now.
    pub fn fail_at(&self, operation: usize, fault: Fault) {
        let mut state = self.0.lock().unwrap();
        state.operations = 0;
        state.log.clear();
        state.fault = Some((operation, fault));
        state.dead = false;
    }

    /// A new process on the same disk: locks are gone, everything works. Returns what was done so far.
    pub fn restart(&self) -> Vec<String> {
        let mut state = self.0.lock().unwrap();
        state.fault = None;
        state.dead = false;
        state.locked = false;
        state.operations = 0;
        std::mem::take(&mut state.log)
    }

    /// The power is cut: what no sync has confirmed is gone, in one way or another.
    pub fn lose_power(&self, lost: Lost) {
        let mut state = self.0.lock().unwrap();
        if lost == Lost::Names {
            state.names = state.synced_names.clone();
        }
        let State { inodes, synced, .. } = &mut *state;
        for (bytes, synced) in inodes.iter_mut().zip(synced) {
            let len = bytes.len();
            bytes.clone_from(synced);
            if lost == Lost::Zeros && bytes.len() < len {
                bytes.resize(len, 0);
            }
        }
    }

    /// A copy with files of its own, all of them confirmed.
    pub fn copy(&self) -> Self {
        let state = self.0.lock().unwrap();
        let copy = State {
            names: state.names.clone(),
            inodes: state.inodes.clone(),
            synced_names: state.names.clone(),
            synced: state.inodes.clone(),
            dirs: state.dirs.clone(),
            ..State::default()
        };
        Self(Arc::new(Mutex::new(copy)))
    }

    pub fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.0.lock().unwrap();
        state.names.get(path).map(|inode| state.inodes[*inode].clone())
    }

    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.0.lock().unwrap();
        state.inodes.push(bytes.to_vec());
        state.synced.push(bytes.to_vec());
        let inode = state.inodes.len() - 1;
        state.names.insert(path.to_owned(), inode);
        state.synced_names.insert(path.to_owned(), inode);
        path.ancestors().skip(1).for_each(|dir| {
            state.dirs.insert(dir.to_owned());
        });
    }

    /// Another program writes `path` anew as soon as the user's file `read` was opened; one such write for each opening.
    pub fn write_meanwhile(&self, read: &Path, path: &Path, bytes: &[u8]) {
        self.0.lock().unwrap().meanwhile.push((read.to_owned(), path.to_owned(), bytes.to_vec()));
    }

    /// Another program appends to a file before the operation of that number, counted from the first on this disk.
    pub fn append_at(&self, operation: usize, path: &Path, bytes: &[u8]) {
        self.0.lock().unwrap().appended = Some((operation, path.to_owned(), bytes.to_vec()));
    }

    pub(super) fn step(&self, what: String) -> io::Result<std::sync::MutexGuard<'_, State>> {
        let mut state = self.0.lock().unwrap();
        if state.dead {
            return Err(io::Error::other("killed"));
        }
        let number = state.operations;
        state.operations += 1;
        state.log.push(what);
        if let Some((_, path, bytes)) = state.appended.take_if(|(at, ..)| *at == number)
            && let Some(inode) = state.names.get(&path).copied()
        {
            state.inodes[inode].extend(bytes);
        }
        match state.fault {
            Some((at, Fault::Error)) if at == number => Err(io::Error::other("input/output error")),
            Some((at, Fault::Panic)) if at == number => {
                drop(state);
                panic!("the disk panics")
            }
            Some((at, Fault::Kill)) if at == number => {
                state.dead = true;
                Err(io::Error::other("killed"))
            }
            _ => Ok(state),
        }
    }
}

struct Guard(MemoryDisk);

impl LockGuard for Guard {}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().locked = false;
    }
}

fn missing() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "no such file or directory")
}

struct Folder {
    disk: MemoryDisk,
    path: PathBuf,
}

impl Dir for Folder {
    fn list(&self) -> io::Result<Vec<Entry>> {
        self.disk.list(&self.path)
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.disk.open(&self.path.join(name))
    }

    fn create_new(&self, name: &str) -> io::Result<Box<dyn DiskFile>> {
        self.disk.create_new(&self.path.join(name), None)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(&self.path.join(from), &self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(&self.path.join(name))
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.sync_dir(&self.path)
    }
}

impl Disk for MemoryDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let state = self.step(format!("open {}", path.display()))?;
        let inode = *state.names.get(path).ok_or_else(missing)?;
        Ok(Box::new(File { disk: self.clone(), inode }))
    }

    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.step(format!("open to append {}", path.display()))?;
        if !path.parent().is_some_and(|dir| state.dirs.contains(dir)) {
            return Err(missing());
        }
        let inode = match state.names.get(path) {
            Some(inode) => *inode,
            None => {
                state.inodes.push(Vec::new());
                state.synced.push(Vec::new());
                let inode = state.inodes.len() - 1;
                state.names.insert(path.to_owned(), inode);
                inode
            }
        };
        Ok(Box::new(File { disk: self.clone(), inode }))
    }

    fn create_new(&self, path: &Path, _like: Option<&Path>) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.step(format!("create {}", path.display()))?;
        if !path.parent().is_some_and(|dir| state.dirs.contains(dir)) {
            return Err(missing());
        }
        if state.names.contains_key(path) {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "exists"));
        }
        state.inodes.push(Vec::new());
        state.synced.push(Vec::new());
        let inode = state.inodes.len() - 1;
        state.names.insert(path.to_owned(), inode);
        Ok(Box::new(File { disk: self.clone(), inode }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.step(format!("rename to {}", to.display()))?;
        let inode = state.names.remove(from).ok_or_else(missing)?;
        state.names.insert(to.to_owned(), inode);
        Ok(())
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.step(format!("link {}", to.display()))?;
        let inode = *state.names.get(from).ok_or_else(missing)?;
        if state.names.contains_key(to) {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "exists"));
        }
        state.names.insert(to.to_owned(), inode);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.step(format!("remove {}", path.display()))?;
        state.names.remove(path).map(|_| ()).ok_or_else(missing)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.step("sync folder".into())?;
        state.synced_names.retain(|path, _| path.parent() != Some(dir));
        let here = state.names.iter().filter(|(path, _)| path.parent() == Some(dir));
        let here: Vec<(PathBuf, usize)> = here.map(|(path, inode)| (path.clone(), *inode)).collect();
        state.synced_names.extend(here);
        Ok(())
    }

    fn create_dir_all(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.step(format!("make folder {}", dir.display()))?;
        dir.ancestors().for_each(|dir| {
            state.dirs.insert(dir.to_owned());
        });
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        let state = self.step("list".into())?;
        if !state.dirs.contains(dir) {
            return Err(missing());
        }
        let inside = state.names.iter().filter(|(path, _)| path.parent() == Some(dir));
        let entry = |(path, inode): (&PathBuf, &usize)| Entry {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            stat: stat(&state, *inode),
        };
        Ok(inside.map(entry).collect())
    }

    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        let state = self.step("stat".into())?;
        if state.dirs.contains(path) {
            return Ok(Some(Stat {
                len: 0,
                modified_us: 0,
                mode: 0o700,
                is_file: false,
                inode: 0,
                owner: 1000,
            }));
        }
        Ok(state.names.get(path).map(|inode| stat(&state, *inode)))
    }

    fn try_lock(&self, path: &Path) -> io::Result<Option<Box<dyn LockGuard>>> {
        let mut state = self.step("lock".into())?;
        if !path.parent().is_some_and(|dir| state.dirs.contains(dir)) {
            return Err(missing());
        }
        if state.locked {
            return Ok(None);
        }
        state.locked = true;
        Ok(Some(Box::new(Guard(self.clone()))))
    }

    fn pause(&self, time: Duration) -> Duration {
        time
    }

    fn open_dir(
        &self,
        base: &Path,
        names: &[String],
        _access: DirAccess,
        create: bool,
    ) -> io::Result<Box<dyn Dir>> {
        let path = names.iter().fold(base.to_owned(), |path, name| path.join(name));
        if create {
            self.create_dir_all(&path)?;
        }
        let state = self.step(format!("open folder {}", path.display()))?;
        if !state.dirs.contains(&path) {
            return Err(missing());
        }
        Ok(Box::new(Folder { disk: self.clone(), path }))
    }

    fn user(&self) -> u32 {
        1000
    }

    fn free_bytes(&self, _dir: &Path) -> io::Result<u64> {
        Ok(u64::MAX)
    }

    fn open_user_input(&self, path: &Path) -> io::Result<Box<dyn io::Read + Send>> {
        let bytes = self.bytes(path).ok_or_else(missing)?;
        let written = self.0.lock().unwrap().meanwhile.extract_if(.., |(read, ..)| read == path).next();
        if let Some((_, path, bytes)) = written {
            self.put(&path, &bytes);
        }
        Ok(Box::new(io::Cursor::new(bytes)))
    }

    fn create_user_folder(&self, path: &Path) -> io::Result<()> {
        self.create_dir_all(path)
    }

    fn create_user_output(&self, _path: &Path) -> io::Result<Box<dyn io::Write + Send>> {
        Err(io::Error::other("not here"))
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }

    fn device(&self, _path: &Path) -> io::Result<u64> {
        Ok(1)
    }
}

fn stat(state: &State, inode: usize) -> Stat {
    let len = state.inodes[inode].len() as u64;
    Stat { len, modified_us: 0, mode: 0o600, is_file: true, inode: inode as u64 + 1, owner: 1000 }
}
