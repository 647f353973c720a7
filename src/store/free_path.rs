//! A name for what is kept: nothing that was kept before it is written over.

use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::file_system::Disk;

/// `wanted`, or where there is a file of that name already the first of `wanted.1`, `wanted.2` and so on that is free. Call
/// it under the lock: names are made of the moment, and a fixed `--now` makes two of one.
///
/// # Errors
/// [`StoreError::Read`] when the folder cannot be looked into.
pub fn free_path(disk: &dyn Disk, wanted: &Path) -> Result<PathBuf, StoreError> {
    let is_taken = |path: &Path| {
        disk.stat(path).map(|stat| stat.is_some()).map_err(|source| StoreError::reading(path, source))
    };
    let mut path = wanted.to_owned();
    let mut number = 0_u64;
    while is_taken(&path)? {
        number += 1;
        let mut name = wanted.as_os_str().to_owned();
        name.push(format!(".{number}"));
        path = name.into();
    }
    Ok(path)
}
