//! What waits, what was refused, what was left behind, and who may write.

use std::collections::HashMap;
use std::path::Path;

use crate::app::examination::{ANALYZE, Examination, REPAIR};
use crate::files::Context;
use crate::report::plural;
use crate::store::{foreign_spools, read_state, rejected_reason, spooled_everywhere};

/// Less room than this is worth a word.
const LITTLE_ROOM: u64 = 100 << 20;

/// What waits to be stored, and what was refused.
pub(in crate::app) fn examine_waiting(context: &Context<'_>, examined: &mut Examination) {
    let spooled = spooled_everywhere(context.disk, &context.spool);
    let mut folders: HashMap<&Path, usize> = HashMap::new();
    for record in &spooled {
        *folders.entry(record.path.parent().unwrap_or(&record.path)).or_default() += 1;
    }
    let mut folders: Vec<_> = folders.into_iter().collect();
    folders.sort();
    for (folder, count) in folders {
        examined.warn(
            folder,
            &format!("{} waiting to be stored", plural(count as u64, "record")),
            Some(ANALYZE),
        );
    }
    for foreign in foreign_spools(context.disk, &context.spool) {
        let what = format!(
            "{} of this store waiting in another user's spool: that user's next command brings them in",
            plural(foreign.records as u64, "record")
        );
        examined.warn(&foreign.path, &what, None);
    }
    let rejected = context.layout.rejected();
    for entry in context.disk.list(&rejected).unwrap_or_default() {
        let path = rejected.join(&entry.name);
        let what =
            format!("{}: send it again as it should be, then delete the file", refused_in(context, &path));
        examined.warn(&path, &what, None);
    }
}

/// How many inputs a file of refused ones holds, and the reason of most of them.
fn refused_in(context: &Context<'_>, path: &Path) -> String {
    let text = read_state(context.disk, path).ok().flatten().unwrap_or_default();
    let mut reasons: HashMap<String, usize> = HashMap::new();
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    for line in lines {
        let reason = rejected_reason(line).unwrap_or_else(|| "no reason given".into());
        *reasons.entry(reason).or_default() += 1;
    }
    let total: usize = reasons.values().sum();
    let most = reasons.into_iter().max_by(|a, b| (a.1, &b.0).cmp(&(b.1, &a.0)));
    match most {
        Some((reason, count)) if count == total => format!("{total} refused ({reason})"),
        Some((reason, count)) => format!("{total} refused, {count} of them because {reason}"),
        None => "input that was refused".into(),
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
