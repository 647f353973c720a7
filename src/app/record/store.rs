//! Appends records that are not there yet, or keeps them in the spool; and drains the spool.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::candidate::{Candidate, Taken, exit_rules, names_of, read_candidate};
use super::identity::{Standing, standing, with_leg};
use super::{RecordError, Recorded, Refused, note_rejected};
use crate::app::guard::after_record;
use crate::files::{Context, checkpointed_log, performance};
use crate::metrics::RunningTotals;
use crate::store::{
    Checkpoint, LockTimeout, Log, Packing, Rejected, Row, ScanOptions, ScanReport, Spooled, StoreError,
    StoreLock, hidden_files, late_appends, lock_store, scan, spool_record, spooled_everywhere,
    spooled_records,
};
use crate::wire::{Conventions, parse_object, read_stored_outcome, signal_content};

pub(super) fn store_or_spool(
    context: &Context<'_>,
    log: Log,
    command: &'static str,
    candidates: Vec<Candidate>,
    recorded: &mut Recorded,
) -> Result<(), RecordError> {
    let lock = lock_store(context.disk, &context.layout, LockTimeout::ENGINE, &mut || {});
    let stored = lock.and_then(|lock| {
        drain_spool(context, &lock, recorded);
        store(context, &lock, log, command, &candidates, recorded)?;
        if log == Log::Outcomes && context.settings.guard.enabled {
            ask_guard(context, &lock, recorded);
        }
        Ok(())
    });
    let Err(why) = stored else { return Ok(()) };
    for candidate in &candidates {
        match spool_record(context.disk, &context.spool, log, context.now.micros(), &candidate.row.line) {
            Ok(path) => recorded.spooled.push(path),
            Err(spool) => {
                let count = candidates.len() - recorded.spooled.len();
                return Err(RecordError::Lost { count, store: why.to_string(), spool });
            }
        }
    }
    recorded.spooled_why = Some(why.to_string());
    if matches!(why, StoreError::NoLocks { .. }) {
        // It will not pass by itself.
        recorded.warnings.push(why.hint());
    }
    Ok(())
}

/// Asks the guard once the record is safe: whatever goes wrong with it is a warning.
fn ask_guard(context: &Context<'_>, lock: &StoreLock, recorded: &mut Recorded) {
    match after_record(context, lock) {
        Ok(guard) => recorded.guard = Some(guard),
        Err(why) => recorded.warnings.push(why),
    }
}

/// Puts into the logs what waits elsewhere: spooled records, and lines that a program which ignores the lock
/// appended to a log's old file. What fails stays where it is, with a warning.
pub(crate) fn drain_spool(context: &Context<'_>, lock: &StoreLock, recorded: &mut Recorded) {
    drain(context, lock, &spooled_records(context.disk, &context.spool), recorded);
}

/// The same for commands that have the time to look for spools everywhere.
pub(crate) fn drain_every_spool(context: &Context<'_>, lock: &StoreLock, recorded: &mut Recorded) {
    drain(context, lock, &spooled_everywhere(context.disk, &context.spool), recorded);
}

fn drain(context: &Context<'_>, lock: &StoreLock, waiting: &[Spooled], recorded: &mut Recorded) {
    let hidden = hidden_files(context.disk, &context.layout);
    let now_us = context.now.micros();
    for log in Log::ALL {
        let mut candidates = Vec::new();
        let mut taken = Vec::new();
        for spooled in waiting.iter().filter(|spooled| spooled.log == log) {
            let line = spooled.read().unwrap_or_default();
            match known_line(log, line) {
                Ok(candidate) => {
                    candidates.push(candidate);
                    taken.push(spooled);
                }
                Err(_) => {
                    recorded.warnings.push(format!("{}: not a record, left there", spooled.path.display()))
                }
            }
        }
        let late =
            late_appends(context.disk, &context.layout, log, &hidden, now_us).unwrap_or_else(|error| {
                recorded.warnings.push(format!("the log before its last rewrite: {error}"));
                Vec::new()
            });
        for line in late.iter().flat_map(|late| &late.lines) {
            candidates.push(known_line(log, line.clone()).unwrap_or_else(unknown_line));
        }
        if candidates.is_empty() {
            continue;
        }
        let mut brought = Recorded::default();
        match store(context, lock, log, "spool", &candidates, &mut brought) {
            Ok(()) if !brought.unconfirmed => {
                recorded.drained += brought.stored;
                for spooled in taken {
                    // A file that cannot be removed is drained again, which changes nothing.
                    let _ = spooled.remove();
                }
                for late in late {
                    // Likewise: lines that were brought over are known.
                    let _ = late.settle(context.disk);
                }
            }
            Ok(()) => recorded.warnings.push(
                "records from the spool are written, but the disk has not confirmed them: they stay there too".into(),
            ),
            Err(error) => recorded.warnings.push(format!("the spool could not be drained: {error}")),
        }
        recorded.warnings.append(&mut brought.warnings);
    }
}

/// A line as it stands in a log; given back when it cannot be read.
fn known_line(log: Log, line: Vec<u8>) -> Result<Candidate, Vec<u8>> {
    let read = || -> Option<(String, u64, i64)> {
        if log == Log::Outcomes {
            let stored = read_stored_outcome(&line).ok()?;
            let facts = stored.facts();
            let id = checkpointed_log::position_id(facts.trade_id).to_owned();
            return Some((id, facts.content, facts.exit_time.micros()));
        }
        let map = parse_object(&line).ok()?;
        let moment = map.get("timestamp").and_then(serde_json::Value::as_str)?;
        let moment = crate::domain::Timestamp::parse(moment).ok()?;
        let (id, content) = signal_content(&line)?;
        Some((id, content, moment.micros()))
    };
    match read() {
        Some((id, content, event_us)) => Ok(Candidate::of_line(id, content, Row { line, event_us })),
        None => Err(line),
    }
}

/// A line that cannot be read is kept all the same, under the hash of its bytes.
fn unknown_line(line: Vec<u8>) -> Candidate {
    let id = format!("h{:032x}", xxhash_rust::xxh3::xxh3_128(&line));
    Candidate::of_line(id, 0, Row { line, event_us: 0 })
}

/// Appends what is not there yet, under the lock, and brings checkpoint and metrics up to date.
fn store(
    context: &Context<'_>,
    lock: &StoreLock,
    log: Log,
    command: &'static str,
    candidates: &[Candidate],
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let mut conflicts = Vec::new();
    let stored = match log {
        Log::Outcomes => store_outcomes(context, lock, candidates, &mut conflicts, recorded),
        Log::Signals | Log::Missed => store_signals(context, lock, log, candidates, &mut conflicts, recorded),
    };
    if stored.is_ok() {
        refuse_conflicts(context, command, &conflicts, recorded);
    }
    stored
}

/// Keeps what contradicts a record that is there, and names it.
fn refuse_conflicts(
    context: &Context<'_>,
    command: &'static str,
    conflicts: &[&Candidate],
    recorded: &mut Recorded,
) {
    let mut rejected = Vec::new();
    for conflict in conflicts {
        let why = format!("{} is there already with another content", conflict.id);
        let at = context.now.to_string();
        rejected.push(Rejected::new(at, command, conflict.line, why.clone(), conflict.row.line.trim_ascii()));
        recorded.conflicts.push(Refused { line: conflict.line, why });
    }
    note_rejected(context, &rejected, recorded);
}

/// The candidates that are not in the log yet, with what else they turned out to be.
fn fresh<'c, T>(
    candidates: &'c [Candidate],
    checkpoint: &Checkpoint<T>,
    may_have_legs: bool,
    conflicts: &mut Vec<&'c Candidate>,
    recorded: &mut Recorded,
) -> Vec<Cow<'c, Candidate>> {
    let mut batch: HashMap<&str, Vec<u64>> = HashMap::new();
    let mut fresh = Vec::new();
    for candidate in candidates {
        let mine = batch.get(candidate.id.as_str()).into_iter().flatten().copied();
        let there = checkpoint.ids.contents(&candidate.id).chain(mine);
        match standing(candidate.content, there, may_have_legs) {
            Standing::AlreadyThere => {
                recorded.already_there += 1;
                continue;
            }
            Standing::Conflict => {
                conflicts.push(candidate);
                continue;
            }
            Standing::New => fresh.push(Cow::Borrowed(candidate)),
            Standing::Leg(number) => {
                let mut leg = candidate.clone();
                with_leg(&mut leg, number);
                recorded.legs += 1;
                fresh.push(Cow::Owned(leg));
            }
        }
        batch.entry(&candidate.id).or_default().push(candidate.content);
        recorded.disputed += u64::from(candidate.dispute.is_some());
        recorded.defaulted += u64::from(candidate.is_defaulted);
        recorded.left_over.extend(candidate.left_over.iter().cloned());
    }
    fresh
}

/// Of conflicts with a line that was written otherwise, as older versions and other programs do, those that say the
/// same are none.
fn same_after_all(
    context: &Context<'_>,
    conflicts: &mut Vec<&Candidate>,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let Some(first_us) = conflicts.iter().map(|conflict| conflict.row.event_us).min() else { return Ok(()) };
    let ids: HashSet<&str> = conflicts.iter().map(|conflict| conflict.id.as_str()).collect();
    let (names, rules) = (names_of(context, Log::Outcomes), exit_rules(context));
    let conventions = Conventions::default();
    let again = |line: &[u8]| -> Option<(String, u64)> {
        let stored = read_stored_outcome(line).ok()?;
        let id = checkpointed_log::position_id(stored.facts().trade_id).to_owned();
        if !ids.contains(id.as_str()) {
            return None;
        }
        match read_candidate(context, Log::Outcomes, line, &names, &conventions, &rules).ok()? {
            Taken::Record(candidate) => Some((id, candidate.content)),
            _ => None,
        }
    };
    let mut there = HashSet::new();
    let options = ScanOptions { after_us: Some(first_us - 1), ..ScanOptions::default() };
    scan(
        context.disk,
        &context.layout.log(Log::Outcomes),
        options,
        |chunk| chunk.lines().filter_map(again).collect::<Vec<_>>(),
        |_, found| there.extend(found),
    )?;
    conflicts.retain(|conflict| {
        let is_there = there.contains(&(conflict.id.clone(), conflict.content));
        recorded.already_there += u64::from(is_there);
        !is_there
    });
    Ok(())
}

fn store_outcomes<'c>(
    context: &Context<'_>,
    lock: &StoreLock,
    candidates: &'c [Candidate],
    conflicts: &mut Vec<&'c Candidate>,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let mut writer = checkpointed_log::open_writer(context, Log::Outcomes, lock)?;
    let mut known = load_checkpoint(context, &mut writer, recorded, || {
        let known = checkpointed_log::outcomes_to_append(context)?;
        let scan = known.reading.scan.clone();
        Ok((known, scan))
    })?;
    let is_long = known.checkpoint.position.rows > READ_AGAIN_AT_MOST;
    let mut left_out = 0;
    let fresh = fresh(candidates, &known.checkpoint, true, conflicts, recorded);
    same_after_all(context, conflicts, recorded)?;
    let (mut whole, mut all_read) = (true, true);
    if fresh.is_empty() {
        // Who wrote them may not have seen them confirmed.
        recorded.unconfirmed |= !candidates.is_empty() && !writer.sync();
    } else {
        let rows: Vec<Row> = fresh.iter().map(|candidate| candidate.row.clone()).collect();
        let appended = writer.append(known.checkpoint.position, &rows, Packing::Loose)?;
        recorded.stored += fresh.len() as u64;
        recorded.unconfirmed |= !appended.durable;
        whole = !appended.interrupted;
        known.checkpoint.position = appended.end;
        for candidate in &fresh {
            known.checkpoint.ids.push(&candidate.id, candidate.content);
            let stored = read_stored_outcome(&candidate.row.line);
            all_read &= stored.is_ok();
            if let (Ok(stored), Some(ledger)) = (stored, &mut known.checkpoint.folded) {
                let facts = stored.facts();
                if is_long && ledger.is_late(&facts) {
                    ledger.leave_out();
                    left_out += 1;
                } else {
                    ledger.add(context.market(), &facts);
                }
            }
        }
    }
    if left_out > 0 {
        let count = crate::report::plural(left_out, "trade");
        recorded
            .warnings
            .push(format!("{count} came late: in the figures from the next `dtlearn analyze` on"));
    }
    if !whole {
        recorded
            .warnings
            .push("another program wrote at the same moment: metrics follow with the next record".into());
        return Ok(());
    }
    // The id of a line that cannot be read, and that a trade was left out, is known to the checkpoint alone.
    let keep = if all_read && left_out == 0 { Keep::WhenFarBehind } else { Keep::Always };
    if let Err(error) = save_outcomes(context, known, keep) {
        recorded.warnings.push(format!("stored, but the metrics are not up to date: {error}"));
    }
    Ok(())
}

/// When the checkpoint is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// With every change.
    Always,
    /// When the log is more than [`AHEAD_OF_CHECKPOINT`] rows ahead of it.
    WhenFarBehind,
}

/// Rows that the log may be ahead of its checkpoint after an exit was recorded: reading them again costs less
/// than writing the checkpoint each time.
const AHEAD_OF_CHECKPOINT: u64 = 32;

/// Rows of a log that is read again at once when a trade comes too late to be put in its place. In a longer one the
/// trade is left out of the figures until the next analysis: an engine does not wait for as long as the log is.
const READ_AGAIN_AT_MOST: u64 = 20_000;

/// Writes `performance_metrics.json` and, as `keep` says, the checkpoint, reading the whole log again when a
/// trade came late.
pub(crate) fn save_outcomes(
    context: &Context<'_>,
    mut known: checkpointed_log::Outcomes,
    keep: Keep,
) -> Result<(), StoreError> {
    let is_sound = known.checkpoint.folded.as_ref().is_some_and(RunningTotals::is_sound);
    if !is_sound {
        known.checkpoint.folded = None;
        known.checkpoint.position = Default::default();
        context.disk.remove(&context.layout.checkpoint(Log::Outcomes)).ok();
        let windows = known.checkpoint.analysis.take();
        known = checkpointed_log::outcomes(context)?;
        known.checkpoint.analysis = windows;
    }
    if let Some(ledger) = &known.checkpoint.folded {
        let windows = known.checkpoint.analysis.as_deref();
        performance::write(context, ledger, known.checkpoint.position, windows)?;
    }
    let ahead = known.checkpoint.position.rows.saturating_sub(known.kept.rows);
    if is_sound && keep == Keep::WhenFarBehind && ahead <= AHEAD_OF_CHECKPOINT {
        return Ok(());
    }
    known.checkpoint.save(context.disk, &context.layout.checkpoint(Log::Outcomes))
}

fn store_signals<'c>(
    context: &Context<'_>,
    lock: &StoreLock,
    log: Log,
    candidates: &'c [Candidate],
    conflicts: &mut Vec<&'c Candidate>,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let mut writer = checkpointed_log::open_writer(context, log, lock)?;
    let mut checkpoint =
        load_checkpoint(context, &mut writer, recorded, || checkpointed_log::signals(context, log))?;
    let fresh = fresh(candidates, &checkpoint, false, conflicts, recorded);
    if fresh.is_empty() {
        recorded.unconfirmed |= !candidates.is_empty() && !writer.sync();
        return Ok(());
    }
    let rows: Vec<Row> = fresh.iter().map(|candidate| candidate.row.clone()).collect();
    let appended = writer.append(checkpoint.position, &rows, Packing::Loose)?;
    recorded.stored += fresh.len() as u64;
    recorded.unconfirmed |= !appended.durable;
    if appended.interrupted {
        return Ok(());
    }
    checkpoint.position = appended.end;
    fresh.iter().for_each(|candidate| checkpoint.ids.push(&candidate.id, candidate.content));
    // A checkpoint that is not written costs the next record a little time, no more.
    let _ = checkpoint.save(context.disk, &context.layout.checkpoint(log));
    Ok(())
}

/// Reads a log up to a whole end, mending its tail, until nobody else adds to it meanwhile.
pub(crate) fn load_checkpoint<T>(
    context: &Context<'_>,
    writer: &mut crate::store::Writer<'_>,
    recorded: &mut Recorded,
    mut read: impl FnMut() -> Result<(T, ScanReport), StoreError>,
) -> Result<T, StoreError> {
    // A writer that never stops and ignores the lock cannot be waited for: the append then checks itself.
    for _ in 0..8 {
        let (known, scan) = read()?;
        let (grown, sentence) = checkpointed_log::repair_tail(context, writer, &scan)?;
        recorded.warnings.extend(sentence);
        if !grown {
            return Ok(known);
        }
    }
    Ok(read()?.0)
}
