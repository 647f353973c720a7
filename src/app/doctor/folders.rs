//! What waits, what was refused, what was left behind, and who may write.

use std::collections::HashMap;
use std::path::Path;

use super::{ANALYZE, Examination, REPAIR};
use crate::files::Context;
use crate::store::spooled_records;

/// Less room than this is worth a word.
const LITTLE_ROOM: u64 = 100 << 20;

/// What waits to be stored, and what was refused.
pub(in crate::app) fn examine_waiting(context: &Context<'_>, examined: &mut Examination) {
    let spooled = spooled_records(context.disk, &context.spool);
    let mut folders: HashMap<&Path, usize> = HashMap::new();
    for record in &spooled {
        *folders.entry(record.path.parent().unwrap_or(&record.path)).or_default() += 1;
    }
    let mut folders: Vec<_> = folders.into_iter().collect();
    folders.sort();
    for (folder, count) in folders {
        examined.warn(folder, &format!("{count} record(s) wait to be stored"), Some(ANALYZE));
    }
    let rejected = context.layout.rejected();
    for entry in context.disk.list(&rejected).unwrap_or_default() {
        let path = rejected.join(&entry.name);
        examined.warn(
            &path,
            "input that was refused: send it again as it should be, then delete the file",
            None,
        );
    }
}

pub(super) fn examine_folders(context: &Context<'_>, examined: &mut Examination) {
    let learning = context.layout.learning();
    for dir in [learning.clone(), context.layout.hidden(), context.layout.spool()] {
        for entry in context.disk.list(&dir).unwrap_or_default() {
            let path = dir.join(&entry.name);
            if entry.name.starts_with('.') && entry.name.ends_with(".tmp") {
                examined.warn(&path, "left behind by a command that was killed", Some(REPAIR));
            } else if entry.stat.is_file && entry.stat.mode & 0o022 != 0 {
                let what = format!("others may write to it (mode {:04o}): chmod go-w", entry.stat.mode);
                examined.warn(&path, &what, None);
            }
        }
    }
    if let Ok(free) = context.disk.free_bytes(&learning)
        && free < LITTLE_ROOM
    {
        examined.warn(&learning, &format!("only {} MiB are free", free >> 20), None);
    }
}
