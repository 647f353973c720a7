//! `doctor --repair` and `doctor --seal`.

use std::collections::HashMap;

use super::record::{Recorded, drain_every_spool};
use super::repair_brain::repair_brain;
use super::sealing::{save_what_is_ahead, seal_logs, sweep};
use super::{Context, analyze};
use crate::files::stored_line::{line_id, line_kind};
use crate::report::RepairReport;
use crate::store::{
    LineKind, Log, Repaired, Row, ScanOptions, StoreError, StoreLock, Verdict, Writer, repair, scan,
};
use crate::wire::{SCHEMA, normalized};

/// Writes every damaged log anew, the original kept; with `normalize`, numbers that JSON has no word for become
/// null; with `seal`, packs the logs; then brings all files up to date.
///
/// # Errors
/// [`StoreError`]; a log that could not be mended is as it was. [`StoreError::Newer`] when a newer program
/// wrote to it.
pub fn repair_logs(
    context: &Context<'_>,
    repairs: bool,
    normalize: bool,
    seal: bool,
) -> Result<RepairReport, StoreError> {
    let mut mended = RepairReport::default();
    {
        let lock = context.lock()?;
        let mut recorded = Recorded::default();
        mended.swept = sweep(context, &lock);
        if repairs {
            for log in Log::ALL {
                if needs_repair(context, log, &lock, normalize)? {
                    mended.repaired.push((log, repair_log(context, log, &lock, normalize)?));
                }
            }
            mended.brain = repair_brain(context, &lock)?;
            recorded.warnings.extend(mended.brain.iter().flat_map(|brain| brain.warnings.clone()));
        }
        drain_every_spool(context, &lock, &mut recorded);
        if seal {
            save_what_is_ahead(context);
            mended.sealed = seal_logs(context, &lock, true)?;
        }
        mended.warnings = recorded.warnings;
    }
    if repairs {
        mended.warnings.extend(analyze(context)?.warnings);
    }
    Ok(mended)
}

fn is_strict(line: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

/// Whether anything in a log would come out otherwise. Waits for a writer that ignores the lock.
fn needs_repair(
    context: &Context<'_>,
    log: Log,
    lock: &StoreLock,
    normalize: bool,
) -> Result<bool, StoreError> {
    let path = context.layout.log(log);
    if context.disk.stat(&path).map_err(|source| StoreError::Read { path: path.clone(), source })?.is_none() {
        return Ok(false);
    }
    let look = |chunk: crate::store::Chunk<'_>| -> Vec<(LineKind, bool, Option<String>)> {
        chunk
            .lines()
            .map(|line| (line_kind(log, line), normalize && !is_strict(line), line_id(log, line)))
            .collect()
    };
    let writer = Writer::open(context.disk, &path, lock)?;
    loop {
        let mut ids = std::collections::HashSet::new();
        let (mut needed, mut newer) = (false, false);
        let report = scan(context.disk, &path, ScanOptions::default(), look, |_, lines| {
            for (kind, odd, id) in lines {
                newer |= kind == LineKind::Newer;
                needed |= odd || kind == LineKind::Unreadable || id.is_some_and(|id| !ids.insert(id));
            }
        })?;
        if report.tail().is_some() && writer.wait_for_growth(report.size)? {
            continue;
        }
        needed |= !report.damage.is_empty();
        if needed && newer {
            return Err(StoreError::Newer { path, found: u64::from(SCHEMA) + 1, supported: SCHEMA.into() });
        }
        return Ok(needed);
    }
}

fn repair_log(
    context: &Context<'_>,
    log: Log,
    lock: &StoreLock,
    normalize: bool,
) -> Result<Repaired, StoreError> {
    let mut known: HashMap<String, u64> = HashMap::new();
    let mut last_us = 0;
    let judge = |line: Vec<u8>| {
        let line = if normalize && !is_strict(&line) { normalized(&line).unwrap_or(line) } else { line };
        match line_kind(log, &line) {
            LineKind::At(event_us) => last_us = event_us,
            LineKind::Newer => {}
            LineKind::Unreadable => return Verdict::SetAside,
        }
        if let Some(id) = line_id(log, &line) {
            let mark = xxhash_rust::xxh3::xxh3_64(&line);
            match known.insert(id.clone(), mark) {
                // The first stays; another record under its id is for a person to judge.
                Some(first) if first == mark => return Verdict::Drop,
                Some(first) => {
                    known.insert(id, first);
                    return Verdict::SetAside;
                }
                None => {}
            }
        }
        Verdict::Keep(Row { line: [&line[..], b"\n"].concat(), event_us: last_us })
    };
    let repaired = repair(context.disk, &context.layout, log, lock, context.now.micros(), judge)?;
    // It speaks of the old file.
    let _ = context.disk.remove(&context.layout.checkpoint(log));
    Ok(repaired)
}
