//! What the tests of every cache ask: that an answer with it is that without it, and what doctor says of it.

use std::path::Path;

use dtlearn::app::{Context, examine};
use dtlearn::store::Disk;

use crate::common::memory_disk::MemoryDisk;

/// What is answered from a disk, and what from the same disk without its cache.
pub(crate) fn with_and_without(
    disk: &MemoryDisk,
    cache: &Path,
    answer: impl Fn(&MemoryDisk) -> String,
) -> [String; 2] {
    let bare = disk.copy();
    let _ = bare.remove(cache);
    [answer(disk), answer(&bare)]
}

/// A byte of the cache is changed, if it is there.
pub(crate) fn damage(disk: &MemoryDisk, cache: &Path, at: u16) {
    if let Some(mut bytes) = disk.bytes(cache) {
        let at = usize::from(at) % bytes.len();
        bytes[at] ^= 0x55;
        disk.put(cache, &bytes);
    }
}

/// What doctor says of the cache of this name.
pub(crate) fn findings_on(context: &Context<'_>, name: &str) -> Vec<String> {
    let findings = examine(context).unwrap().findings;
    let of_cache = findings.into_iter().filter(|found| found.place.contains(name));
    of_cache.map(|found| format!("{:?} {}", found.severity, found.what)).collect()
}
