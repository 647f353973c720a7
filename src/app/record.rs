//! What the recording commands have in common: refuse, lock, drain the spool, append, or spool.

use std::collections::HashSet;
use std::path::PathBuf;

use super::Context;
use crate::files::{brain_warning, checkpointed_log, performance};
use crate::metrics::RunningTotals;
use crate::store::{
    Checkpoint, LockTimeout, Log, Packing, Rejected, Row, ScanReport, StoreError, StoreLock, hidden_files,
    keep_rejected, late_appends, lock_store, spool_record, spooled_records,
};
use crate::wire::{
    MAX_RECORD_BYTES, TimeForm, WireError, parse_object, read_exit, read_missed, read_signal,
    read_stored_missed, read_stored_outcome, split_records,
};

/// A record that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The line of the input, from 1.
    pub line: u64,
    /// Why.
    pub why: String,
}

/// What became of an input.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Records that are now in the log.
    pub stored: u64,
    /// Records that were there already.
    pub duplicates: u64,
    /// Files that hold records which could not be stored yet.
    pub spooled: Vec<PathBuf>,
    /// Why they could not.
    pub spooled_why: Option<String>,
    /// Missed signals whose confidence is too low to be kept.
    pub below: u64,
    /// Records that were refused.
    pub refused: Vec<Refused>,
    /// Where the refused ones are kept.
    pub rejected_in: Option<PathBuf>,
    /// Records that had waited in the spool and are now in the log.
    pub drained: u64,
    /// Whether the disk confirmed what was stored.
    pub unconfirmed: bool,
    /// What else to know, one sentence each.
    pub warnings: Vec<String>,
}

/// Why an input could be neither stored nor spooled.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There was nothing in the input.
    #[error("nothing to record: the input is empty")]
    Nothing,
    /// The records can be kept nowhere.
    #[error("{count} record(s) could be neither stored ({store}) nor spooled ({spool})")]
    Lost {
        /// How many.
        count: usize,
        /// Why not stored.
        store: String,
        /// Why not spooled.
        #[source]
        spool: StoreError,
    },
    /// The store failed a command that does not spool.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// A record ready to be stored.
pub(super) struct Candidate {
    pub id: String,
    pub row: Row,
}

/// Reads the record of one log into a line.
pub(super) fn read_candidate(
    log: Log,
    input: &[u8],
    times: TimeForm,
    context: &Context<'_>,
) -> Result<(Candidate, Vec<String>), WireError> {
    if input.len() > MAX_RECORD_BYTES {
        return Err(WireError::TooLong(input.len()));
    }
    candidate_of(log, parse_object(input)?, times, context)
}

/// As [`read_candidate`], from an object.
pub(super) fn candidate_of(
    log: Log,
    map: crate::wire::JsonObject,
    times: TimeForm,
    context: &Context<'_>,
) -> Result<(Candidate, Vec<String>), WireError> {
    let now = context.now;
    let (id, moment, line, mut warnings) = match log {
        Log::Outcomes => {
            let read = read_exit(map, times)?;
            let trade = &read.record.trade;
            let (id, exit) = (trade.trade_id().to_owned(), trade.closed().exit_time);
            (id, exit, read.record.to_line(now, context.market()), read.warnings)
        }
        Log::Signals => {
            let read = read_signal(map, times)?;
            let signal = &read.record.signal;
            (signal.id(), signal.timestamp, read.record.to_line(now), read.warnings)
        }
        Log::Missed => {
            let mut read = read_missed(map, times)?;
            read.warnings.extend(brain_warning(context));
            read.record.freeze_policy(crate::files::brain::levels(context));
            let signal = &read.record.signal;
            (signal.id(), signal.timestamp, read.record.to_line(now), read.warnings)
        }
    };
    if moment > now {
        warnings.push(format!("{moment} lies in the future: it counts once that time has come"));
    }
    Ok((Candidate { id, row: Row { line, event_us: moment.micros() } }, warnings))
}

/// Reads, stores or spools every record of `input` for an engine that cannot wait.
///
/// # Errors
/// [`RecordError`]; refused and spooled records are no error.
pub(super) fn record(
    context: &Context<'_>,
    log: Log,
    command: &'static str,
    input: &[u8],
) -> Result<Recorded, RecordError> {
    let lines = split_records(input);
    if lines.is_empty() {
        return Err(RecordError::Nothing);
    }
    let mut recorded = Recorded::default();
    let mut candidates = Vec::new();
    let mut rejected = Vec::new();
    let several = lines.len() > 1;
    for (number, text) in lines {
        let number = number as u64;
        match read_candidate(log, text, TimeForm::Strict, context) {
            Ok((candidate, _)) if log == Log::Missed && is_below(&candidate, context) => recorded.below += 1,
            Ok((candidate, warnings)) => {
                let place = if several { format!("line {number}: ") } else { String::new() };
                recorded.warnings.extend(warnings.into_iter().map(|w| format!("{place}{w}")));
                candidates.push(candidate);
            }
            Err(why) => {
                rejected.push(Rejected::new(context.now.to_string(), command, number, why.to_string(), text));
                recorded.refused.push(Refused { line: number, why: why.to_string() });
            }
        }
    }
    if !candidates.is_empty() {
        store_or_spool(context, log, candidates, &mut recorded)?;
    }
    note_rejected(context, &rejected, &mut recorded);
    Ok(recorded)
}

/// Whether a missed signal is too weak to be kept.
pub(super) fn is_below(candidate: &Candidate, context: &Context<'_>) -> bool {
    let stored = read_stored_missed(&candidate.row.line);
    stored.is_ok_and(|stored| stored.signal.confidence < context.settings.min_missed_confidence)
}

/// Keeps refused input, and says where, or that it could not be kept.
pub(super) fn note_rejected(context: &Context<'_>, rejected: &[Rejected<'_>], recorded: &mut Recorded) {
    let date = context.market().trading_date(context.now).to_string();
    match keep_rejected(context.disk, &context.layout, &date, rejected) {
        Ok(path) => recorded.rejected_in = path,
        Err(error) => recorded.warnings.push(format!("the refused input is not kept: {error}")),
    }
}

fn store_or_spool(
    context: &Context<'_>,
    log: Log,
    candidates: Vec<Candidate>,
    recorded: &mut Recorded,
) -> Result<(), RecordError> {
    let lock = lock_store(context.disk, &context.layout, LockTimeout::ENGINE, &mut || {});
    let stored = lock.and_then(|lock| {
        drain_spool(context, &lock, recorded);
        store(context, &lock, log, &candidates, Packing::Loose, recorded)
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

/// Puts into the logs what waits elsewhere: spooled records, and lines that a program which ignores the lock
/// appended to a log's old file. What fails stays where it is, with a warning.
pub(super) fn drain_spool(context: &Context<'_>, lock: &StoreLock, recorded: &mut Recorded) {
    let waiting = spooled_records(context.disk, &context.spool);
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
        match store(context, lock, log, &candidates, Packing::Loose, &mut brought) {
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
    let read = || -> Option<(String, i64)> {
        if log == Log::Outcomes {
            let stored = read_stored_outcome(&line).ok()?;
            let facts = stored.facts();
            return Some((facts.trade_id.to_owned(), facts.exit_time.micros()));
        }
        let map = parse_object(&line).ok()?;
        let text = |key: &str| map.get(key).and_then(serde_json::Value::as_str);
        let moment = crate::domain::Timestamp::parse(text("timestamp")?).ok()?;
        Some((text("signal_id")?.to_owned(), moment.micros()))
    };
    match read() {
        Some((id, event_us)) => Ok(Candidate { id, row: Row { line, event_us } }),
        None => Err(line),
    }
}

/// A line that cannot be read is kept all the same, under the hash of its bytes.
fn unknown_line(line: Vec<u8>) -> Candidate {
    let id = format!("h{:032x}", xxhash_rust::xxh3::xxh3_128(&line));
    Candidate { id, row: Row { line, event_us: 0 } }
}

/// Appends what is not there yet, under the lock, and brings checkpoint and metrics up to date.
pub(super) fn store(
    context: &Context<'_>,
    lock: &StoreLock,
    log: Log,
    candidates: &[Candidate],
    packing: Packing,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    match log {
        Log::Outcomes => store_outcomes(context, lock, candidates, packing, recorded),
        Log::Signals | Log::Missed => store_signals(context, lock, log, candidates, packing, recorded),
    }
}

/// The candidates that are not in the log yet.
fn fresh<'c, T>(
    candidates: &'c [Candidate],
    checkpoint: &Checkpoint<T>,
    recorded: &mut Recorded,
) -> Vec<&'c Candidate> {
    let mut batch = HashSet::new();
    let mut fresh = Vec::new();
    for candidate in candidates {
        if checkpoint.ids.contains(&candidate.id) || !batch.insert(&candidate.id) {
            recorded.duplicates += 1;
        } else {
            fresh.push(candidate);
        }
    }
    fresh
}

fn store_outcomes(
    context: &Context<'_>,
    lock: &StoreLock,
    candidates: &[Candidate],
    packing: Packing,
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
    let fresh = fresh(candidates, &known.checkpoint, recorded);
    let (mut whole, mut all_read) = (true, true);
    if fresh.is_empty() {
        // Who wrote them may not have seen them confirmed.
        recorded.unconfirmed |= !candidates.is_empty() && !writer.sync();
    } else {
        let rows: Vec<Row> = fresh.iter().map(|candidate| candidate.row.clone()).collect();
        let appended = writer.append(known.checkpoint.position, &rows, packing)?;
        recorded.stored += fresh.len() as u64;
        recorded.unconfirmed |= !appended.durable;
        whole = !appended.interrupted;
        known.checkpoint.position = appended.end;
        for candidate in &fresh {
            known.checkpoint.ids.push(&candidate.id);
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
pub(super) enum Keep {
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
pub(super) fn save_outcomes(
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

fn store_signals(
    context: &Context<'_>,
    lock: &StoreLock,
    log: Log,
    candidates: &[Candidate],
    packing: Packing,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let mut writer = checkpointed_log::open_writer(context, log, lock)?;
    let mut checkpoint =
        load_checkpoint(context, &mut writer, recorded, || checkpointed_log::signals(context, log))?;
    let fresh = fresh(candidates, &checkpoint, recorded);
    if fresh.is_empty() {
        recorded.unconfirmed |= !candidates.is_empty() && !writer.sync();
        return Ok(());
    }
    let rows: Vec<Row> = fresh.iter().map(|candidate| candidate.row.clone()).collect();
    let appended = writer.append(checkpoint.position, &rows, packing)?;
    recorded.stored += fresh.len() as u64;
    recorded.unconfirmed |= !appended.durable;
    if appended.interrupted {
        return Ok(());
    }
    checkpoint.position = appended.end;
    fresh.iter().for_each(|candidate| checkpoint.ids.push(&candidate.id));
    // A checkpoint that is not written costs the next record a little time, no more.
    let _ = checkpoint.save(context.disk, &context.layout.checkpoint(log));
    Ok(())
}

/// Reads a log up to a whole end, mending its tail, until nobody else adds to it meanwhile.
pub(super) fn load_checkpoint<T>(
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
