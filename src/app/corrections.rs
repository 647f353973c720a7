//! The way back: records are taken out of the log or replaced, the lines themselves are kept, and why is written down.
//!
//! A correction is three steps: the lines go into `.dtlearn/voided/` with what is done and why, the log is written
//! anew without them, and the correction is noted in `corrections.jsonl`. One that stops in between is completed, or
//! taken as not done, by the next: a kept line that is still in the log was not taken out.

use std::collections::{HashMap, HashSet};

use super::record::{Keep, save_outcomes};
use crate::files::{Context, checkpointed_log};
use crate::store::{
    BatchFile, Durability, LineKind, Log, ScanOptions, StoreError, StoreLock, append_lines, read_state,
    replace_state, rewrite_lines, row_hash, scan,
};
use crate::wire::{
    Correction, fill_identity, fill_made, read_stored_fill, read_stored_news, read_stored_outcome,
};

/// Why nothing was corrected.
#[derive(Debug, thiserror::Error)]
pub enum CorrectionError {
    /// No record has these ids.
    #[error("nothing stored has the id {}", .0.join(", "))]
    NoSuchTrade(Vec<String>),
    /// A trade follows from the fills of its position: one of them has to go.
    #[error("{trade} was made by fills: it goes with them")]
    MadeByFills {
        /// The trade.
        trade: String,
        /// The fill that closed it.
        fill: String,
    },
    /// No import of that name.
    #[error("there is no import {0:?}")]
    NoSuchBatch(String),
    /// The store failed.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Ids that a correction names one by one.
const MAX_NAMED: usize = 1_000;

/// A new reading of a record that is there.
pub(super) struct Replacement {
    pub id: String,
    pub line: Vec<u8>,
}

pub(super) fn locked(context: &Context<'_>) -> Result<StoreLock, StoreError> {
    let lock = context.lock()?;
    complete(context, &lock)?;
    Ok(lock)
}

/// The lines of a log that fit, with their ids.
pub(super) fn collect(
    context: &Context<'_>,
    log: Log,
    fits: impl Fn(&[u8]) -> bool + Sync,
) -> Result<(Vec<Vec<u8>>, Vec<String>), StoreError> {
    let (mut lines, mut ids) = (Vec::new(), Vec::new());
    let id = |line: &[u8]| match log {
        Log::Fills => read_stored_fill(line).map(|fill| fill.fill_id.into()),
        Log::News => read_stored_news(line).map(|(item, _)| item.id()),
        _ => read_stored_outcome(line).map(|stored| stored.facts().trade_id.to_owned()),
    };
    let take = |line: &[u8]| fits(line).then(|| (line.to_vec(), id(line).unwrap_or_default()));
    scan(
        context.disk,
        &context.layout.log(log),
        ScanOptions::default(),
        |chunk| chunk.lines().filter_map(take).collect::<Vec<_>>(),
        |_, found| {
            for (line, id) in found {
                lines.push(line);
                ids.push(id);
            }
        },
    )?;
    Ok((lines, ids))
}

/// Takes lines out of a log; in the place of some, by their hashes, an earlier reading is put back.
pub(super) fn take_out(
    context: &Context<'_>,
    lock: &StoreLock,
    log: Log,
    correction: Correction,
    (lines, ids): (Vec<Vec<u8>>, Vec<String>),
    mut earlier: HashMap<u64, Vec<u8>>,
) -> Result<Correction, StoreError> {
    let gone: HashSet<u64> = lines.iter().map(|line| row_hash(line)).collect();
    let restored = gone.iter().filter(|hash| earlier.contains_key(hash)).count() as u64;
    let change = |line: &[u8]| {
        let hash = row_hash(line);
        gone.contains(&hash).then(|| earlier.remove(&hash).unwrap_or_default())
    };
    correct(context, lock, log, Correction { log: word_of(log), restored, ..correction }, lines, ids, change)
}

/// What tells a record of a log from any other: a trade with the number of its exit.
pub(super) fn id_of(context: &Context<'_>, log: Log, line: &[u8]) -> Option<String> {
    match log {
        Log::Fills => {
            let fill = read_stored_fill(line).ok()?.netted_under(&context.settings.instruments);
            Some(fill_identity(&fill))
        }
        _ => read_stored_outcome(line).map(|stored| stored.facts().trade_id.to_owned()).ok(),
    }
}

/// Puts new readings in the place of records: trades, or fills, whose trades follow when they are netted. Who brought the
/// records brought these too, and taking `batch` back puts the old ones back.
pub(super) fn replace(
    context: &Context<'_>,
    lock: &StoreLock,
    log: Log,
    replacements: Vec<Replacement>,
    batch: &BatchFile,
) -> Result<Correction, StoreError> {
    complete(context, lock)?;
    let mut by_id: HashMap<String, Vec<u8>> =
        replacements.into_iter().map(|replacement| (replacement.id, replacement.line)).collect();
    let (lines, ids) =
        collect(context, log, |line| id_of(context, log, line).is_some_and(|id| by_id.contains_key(&id)))?;
    let reading = |line: &Vec<u8>| Some((row_hash(line), row_hash(by_id.get(&id_of(context, log, line)?)?)));
    let readings: Vec<(u64, u64)> = lines.iter().filter_map(reading).collect();
    batch.add_readings(context.disk, &context.layout, &readings)?;
    let correction = Correction {
        action: "replace".into(),
        batch: Some(batch.id().to_owned()),
        log: word_of(log),
        ..Correction::default()
    };
    let change =
        |line: &[u8]| by_id.remove(&id_of(context, log, line)?).map(|line| line.trim_ascii_end().to_vec());
    correct(context, lock, log, correction, lines, ids, change)
}

/// The lines of a log in whose place an import put others, by their ids; of several for one id the first.
pub(super) fn replaced_by(
    context: &Context<'_>,
    log: Log,
    batch: &str,
) -> Result<HashMap<String, Vec<u8>>, StoreError> {
    let noted = read_state(context.disk, &context.layout.corrections())?.unwrap_or_default();
    let is_of_batch = |correction: &Correction| {
        correction.action == "replace"
            && correction.batch.as_deref() == Some(batch)
            && correction.log == word_of(log)
    };
    let corrections = noted.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    let mut lines = HashMap::new();
    for correction in corrections.filter(is_of_batch) {
        let path = context.layout.voided().join(format!("{}.jsonl", correction.correction));
        let kept = read_state(context.disk, &path)?.unwrap_or_default();
        for line in kept.split(|byte| *byte == b'\n').skip(1).filter(|line| !line.is_empty()) {
            if let Some(id) = id_of(context, log, line) {
                lines.entry(id).or_insert_with(|| line.to_vec());
            }
        }
    }
    Ok(lines)
}

/// How a correction says its log, where it is not that of the trades.
fn word_of(log: Log) -> Option<String> {
    (log != Log::Outcomes).then(|| log.word().to_owned())
}

/// Puts new readings in the place of trades that fills closed, and takes out those without one. By id, with the
/// number of the leg.
pub(super) fn replace_made(
    context: &Context<'_>,
    lock: &StoreLock,
    mut changes: HashMap<String, Option<Vec<u8>>>,
) -> Result<Correction, StoreError> {
    complete(context, lock)?;
    let id_of = |line: &[u8]| fill_made(line).map(|(id, ..)| id);
    let (lines, ids) =
        collect(context, Log::Outcomes, |line| id_of(line).is_some_and(|id| changes.contains_key(&id)))?;
    let correction = Correction {
        action: "replace".into(),
        why: Some("the fills behind it changed".into()),
        ..Correction::default()
    };
    let change = |line: &[u8]| {
        let fresh = changes.remove(&id_of(line)?)?;
        Some(fresh.map(|line| line.trim_ascii_end().to_vec()).unwrap_or_default())
    };
    correct(context, lock, Log::Outcomes, correction, lines, ids, change)
}

/// The three steps.
fn correct(
    context: &Context<'_>,
    lock: &StoreLock,
    log: Log,
    correction: Correction,
    lines: Vec<Vec<u8>>,
    mut ids: Vec<String>,
    change: impl FnMut(&[u8]) -> Option<Vec<u8>>,
) -> Result<Correction, StoreError> {
    let records = lines.len() as u64;
    ids.truncate(MAX_NAMED);
    let correction = Correction {
        correction: name_of(context)?,
        at: context.now.to_string(),
        trade_ids: ids,
        records,
        schema: 1,
        ..correction
    };
    if records == 0 {
        return Ok(correction);
    }
    let path = context.layout.voided().join(format!("{}.jsonl", correction.correction));
    let dir = context.layout.voided();
    context.disk.create_dir_all(&dir).map_err(|source| StoreError::writing(&dir, source))?;
    let mut kept = serde_json::to_vec(&correction).unwrap_or_default();
    kept.push(b'\n');
    for line in &lines {
        kept.extend_from_slice(line.trim_ascii());
        kept.push(b'\n');
    }
    replace_state(context.disk, &path, &kept, Durability::Durable)?;
    let kind = |line: &[u8]| {
        let moment = match log {
            Log::Fills => read_stored_fill(line).map(|fill| fill.time),
            Log::News => read_stored_news(line).map(|(item, _)| item.timestamp),
            _ => read_stored_outcome(line).map(|stored| stored.facts().exit_time),
        };
        moment.map_or(LineKind::Unreadable, |moment| LineKind::At(moment.micros()))
    };
    // Where this fails the lines may be gone from the log all the same: they are kept until the next correction
    // has looked.
    rewrite_lines(context.disk, &context.layout, log, lock, context.now.micros(), kind, change)?;
    note(context, &correction)?;
    refresh(context, log)?;
    Ok(correction)
}

fn note(context: &Context<'_>, correction: &Correction) -> Result<(), StoreError> {
    let line = serde_json::to_string(correction).unwrap_or_default();
    append_lines(context.disk, &context.layout.corrections(), &[line.into_bytes()])
}

/// Every figure is made anew: the caches speak of the old file.
fn refresh(context: &Context<'_>, log: Log) -> Result<(), StoreError> {
    if log != Log::Outcomes {
        // Fills are netted anew from their first line by the next who looks, ids of news are read again.
        let _ = context.disk.remove(&context.layout.checkpoint(log));
        return Ok(());
    }
    for cache in [context.layout.checkpoint(Log::Outcomes), context.layout.days()] {
        let _ = context.disk.remove(&cache);
    }
    let known = checkpointed_log::outcomes(context)?;
    save_outcomes(context, known, Keep::Always)
}

fn name_of(context: &Context<'_>) -> Result<String, StoreError> {
    let stem: String = context.now.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    let mut number = 1;
    loop {
        let name = if number == 1 { stem.clone() } else { format!("{stem}-{number}") };
        let path = context.layout.voided().join(format!("{name}.jsonl"));
        if context.disk.stat(&path).map_err(|source| StoreError::reading(&path, source))?.is_none() {
            return Ok(name);
        }
        number += 1;
    }
}

/// Completes corrections that were stopped: those whose lines are gone from the log are noted, those whose lines are
/// still there were not done.
fn complete(context: &Context<'_>, _lock: &StoreLock) -> Result<(), StoreError> {
    let dir = context.layout.voided();
    let Ok(entries) = context.disk.list(&dir) else { return Ok(()) };
    if entries.is_empty() {
        return Ok(());
    }
    let noted = read_state(context.disk, &context.layout.corrections())?.unwrap_or_default();
    let noted: HashSet<String> = noted
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Correction>(line).ok())
        .map(|correction| correction.correction)
        .collect();
    for entry in entries {
        let path = dir.join(&entry.name);
        let name = entry.name.trim_end_matches(".jsonl").to_owned();
        if noted.contains(&name) || !entry.name.ends_with(".jsonl") {
            continue;
        }
        let kept = read_state(context.disk, &path)?.unwrap_or_default();
        let mut lines = kept.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let head = lines.next().and_then(|line| serde_json::from_slice::<Correction>(line).ok());
        let gone: HashSet<u64> = lines.map(row_hash).collect();
        let other = head.as_ref().and_then(|head| Log::from_word(head.log.as_deref()?));
        let log = other.unwrap_or(Log::Outcomes);
        let (there, _) = collect(context, log, |line| gone.contains(&row_hash(line)))?;
        match head {
            Some(correction) if there.is_empty() => {
                note(context, &correction)?;
                refresh(context, log)?;
            }
            _ => context.disk.remove(&path).map_err(|source| StoreError::writing(&path, source))?,
        }
    }
    Ok(())
}
