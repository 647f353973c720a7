//! Stores records under the lock, or keeps them in the spool; and drains the spool.

use super::append::{store_outcomes, store_signals};
use super::candidate::Candidate;
use super::fills::store_fills;
use super::unread::Unread;
use super::{RecordError, Recorded, Refused, note_rejected};
use crate::app::guard::after_record;
use crate::files::Context;
use crate::files::stored_line::StoredLine;
use crate::store::{
    LockTimeout, Log, Rejected, Row, Spooled, StoreError, StoreLock, hidden_files, late_appends, lock_store,
    spool_record, spooled_everywhere, spooled_records,
};
/// Under the lock, what waits goes in first, so that it stands before what came after it; then the records, each synced
/// before it is called recorded; the guard is asked last, when nothing of the record can be lost any more. A record that
/// cannot be stored is synced in the spool before the engine is answered, and only one that cannot be kept there either is
/// called lost: nothing is said of a record before it is on disk in one of the two places.
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
        if matches!(log, Log::Outcomes | Log::Fills) && context.settings.guard.enabled {
            ask_guard(context, &lock, candidates.last().and_then(|last| last.open_pnl), recorded);
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
fn ask_guard(context: &Context<'_>, lock: &StoreLock, open_pnl: Option<f64>, recorded: &mut Recorded) {
    match after_record(context, lock, open_pnl) {
        Ok(kept) => {
            recorded.guard = Some(kept.file);
            recorded.notices = kept.notices;
            let sentence = |error| format!("recorded, but the guard could not keep its answer: {error}");
            recorded.warnings.extend(kept.trouble.map(sentence));
        }
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
        // What rests on settings that make no sense waits on.
        if context.settings.doubts.of(log).is_some() {
            continue;
        }
        let of_log: Vec<&Spooled> = waiting.iter().filter(|spooled| spooled.log == log).collect();
        let Waiting { mut candidates, taken } = read_waiting(context, log, &of_log, recorded);
        let late =
            late_appends(context.disk, &context.layout, log, &hidden, now_us).unwrap_or_else(|error| {
                recorded.warnings.push(format!("the log before its last rewrite: {error}"));
                Vec::new()
            });
        for line in late.iter().flat_map(|late| &late.lines) {
            candidates.push(known_line(log, line.clone()).unwrap_or_else(unknown_line));
        }
        let mut brought = Recorded::default();
        let stored = if candidates.is_empty() {
            Ok(())
        } else {
            store(context, lock, log, "spool", &candidates, &mut brought)
        };
        match stored {
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

/// Records that waited, and the files that held them.
struct Waiting<'s> {
    candidates: Vec<Candidate>,
    taken: Vec<&'s Spooled>,
}

/// Reads what waits: lines as they stand in a log, and records that wait as they came, those of one call together.
fn read_waiting<'s>(
    context: &Context<'_>,
    log: Log,
    spooled: &[&'s Spooled],
    recorded: &mut Recorded,
) -> Waiting<'s> {
    let mut waiting = Waiting { candidates: Vec::new(), taken: Vec::new() };
    let mut calls: Vec<(Unread, Vec<&'s Spooled>)> = Vec::new();
    for spooled in spooled {
        let line = spooled.read().unwrap_or_default();
        if let Some(unread) = Unread::parse(&line) {
            match calls.iter_mut().find(|(call, _)| call.is_of_call(&unread)) {
                Some((call, files)) => {
                    call.join(unread);
                    files.push(spooled);
                }
                None => calls.push((unread, vec![spooled])),
            }
            continue;
        }
        match known_line(log, line) {
            Ok(candidate) => {
                waiting.candidates.push(candidate);
                waiting.taken.push(spooled);
            }
            Err(_) => recorded.warnings.push(format!("{}: not a record, left there", spooled.path.display())),
        }
    }
    for (call, files) in calls {
        if let Some(candidates) = call.read(context, log, recorded) {
            waiting.candidates.extend(candidates);
            waiting.taken.extend(files);
        }
    }
    waiting
}

/// A line as it stands in a log; given back when it cannot be read.
fn known_line(log: Log, line: Vec<u8>) -> Result<Candidate, Vec<u8>> {
    match StoredLine::read(log, &line) {
        Some(StoredLine { id, content, event_us }) => {
            Ok(Candidate::of_line(id, content, Row { line, event_us }))
        }
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
        Log::Signals | Log::Missed | Log::News => {
            store_signals(context, lock, log, candidates, &mut conflicts, recorded)
        }
        Log::Fills => store_fills(context, lock, candidates, &mut conflicts, recorded),
    };
    if stored.is_ok() {
        refuse_conflicts(context, command, &conflicts, recorded);
    }
    stored
}

/// The id of a record as people know it.
fn named(id: &str) -> &str {
    id.rsplit('\u{1f}').next().unwrap_or(id)
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
        let why = format!("{} is there already with another content", named(&conflict.id));
        let at = context.now.to_string();
        rejected.push(Rejected::new(at, command, conflict.line, why.clone(), conflict.row.line.trim_ascii()));
        recorded.conflicts.push(Refused { line: conflict.line, why });
    }
    note_rejected(context, &rejected, recorded);
}
