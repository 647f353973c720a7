//! What stands in a folder and below it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Every file below a folder, or none where there is no folder, in the order of their names.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Every file below a folder, by its path there.
pub fn named_below(folder: &Path) -> BTreeMap<String, PathBuf> {
    let name = |path: &Path| path.strip_prefix(folder).unwrap().display().to_string();
    files_below(folder).into_iter().map(|path| (name(&path), path)).collect()
}

/// What stands in every file below a folder, by its path there.
pub fn texts_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    named_below(folder).into_iter().map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

/// Copies a folder with all that is below it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
