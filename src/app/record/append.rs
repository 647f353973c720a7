//! Appends to the logs of trades and of signals what is not there yet.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::Recorded;
use super::arms::{beside_its_arm, may_be_one_arm};
use super::candidate::{Candidate, Taken, intake_rules, names_of, read_candidate};
use super::checkpoints::{Keep, load_checkpoint, save_outcomes};
use super::identity::{Standing, numbered, standing, with_leg};
use crate::files::{Context, checkpointed_log};
use crate::metrics::RunningTotals;
use crate::store::{Checkpoint, IdRing, Log, Packing, Row, ScanOptions, StoreError, StoreLock, scan};
use crate::wire::{Conventions, read_stored_outcome};

/// Rows of a log that is read again at once when a trade comes too late to be put in its place. In a longer one the
/// trade is left out of the figures until the next analysis: an engine does not wait for as long as the log is.
const READ_AGAIN_AT_MOST: u64 = 20_000;

/// The candidates that are not in the log yet, with what else they turned out to be; and, of records without an id of
/// their own, the ids of those in the log that a candidate was found to be. Each answers for one.
pub(super) fn fresh<'c>(
    candidates: &'c [Candidate],
    ids: &IdRing,
    may_have_legs: bool,
    conflicts: &mut Vec<&'c Candidate>,
    recorded: &mut Recorded,
) -> (Vec<Cow<'c, Candidate>>, HashSet<String>) {
    let mut claimed = HashSet::new();
    let mut batch: HashMap<String, Vec<u64>> = HashMap::new();
    let mut fresh = Vec::new();
    let mut as_sent = AsSent::default();
    for record in candidates {
        if record.book.is_some() {
            recorded.disputed += u64::from(record.dispute.is_some());
            fresh.push(Cow::Borrowed(record));
            continue;
        }
        if as_sent.is_there(record, ids, &mut claimed) {
            recorded.already_there += 1;
            continue;
        }
        let candidate = as_sent.due(record);
        let mine = batch.get(candidate.id.as_str()).into_iter().flatten().copied();
        let there = ids.contents(&candidate.id).chain(mine);
        let standing = standing(candidate.content, there, may_have_legs);
        if matches!(standing, Standing::AlreadyThere | Standing::Conflict) {
            // Of records without an id of their own that are equal but for their costs, each has a number.
            let id = if candidate.is_unnamed { is_there_as(&candidate, ids, &claimed) } else { None };
            if id.is_some() || (standing == Standing::AlreadyThere && !candidate.is_unnamed) {
                claimed.extend(id);
                recorded.already_there += 1;
            } else {
                conflicts.push(record);
            }
            continue;
        }
        recorded.disputed += u64::from(candidate.dispute.is_some());
        recorded.defaulted += u64::from(candidate.is_defaulted);
        recorded.left_over.extend(candidate.left_over.iter().cloned());
        batch.entry(candidate.id.clone()).or_default().push(candidate.content);
        fresh.push(match standing {
            Standing::Leg(number) => {
                recorded.legs += 1;
                let mut leg = candidate.into_owned();
                with_leg(&mut leg, number);
                Cow::Owned(leg)
            }
            _ => candidate,
        });
    }
    (fresh, claimed)
}

/// Records that are there as their sender writes them: see [`Candidate::as_sent`]. Of equal ones without an id of their own,
/// how many, by the id of the first.
#[derive(Default)]
struct AsSent(HashMap<String, u32>);

impl AsSent {
    fn is_there(&mut self, record: &Candidate, ids: &IdRing, claimed: &mut HashSet<String>) -> bool {
        let Some(sent) = record.as_sent.as_deref() else { return false };
        let Some(id) = is_there_as(sent, ids, claimed) else { return false };
        if record.is_unnamed {
            claimed.insert(id);
            *self.0.entry(numbered(record, 1).id).or_default() += 1;
        }
        true
    }

    /// A record under the number that is due to it beside those that are there.
    fn due<'c>(&self, record: &'c Candidate) -> Cow<'c, Candidate> {
        if self.0.is_empty() || !record.is_unnamed {
            return Cow::Borrowed(record);
        }
        let before = self.0.get(&numbered(record, 1).id).copied().unwrap_or(0);
        Cow::Owned(numbered(record, record.number - before))
    }
}

/// The id under which a record is there as it comes; one without an id of its own as the first of its kind, the second, and
/// so on, and no other record of the input is.
fn is_there_as(candidate: &Candidate, ids: &IdRing, claimed: &HashSet<String>) -> Option<String> {
    let is_it = |other: &Candidate| {
        !claimed.contains(&other.id) && ids.contents(&other.id).any(|content| content == other.content)
    };
    if is_it(candidate) {
        return Some(candidate.id.clone());
    }
    if !candidate.is_unnamed {
        return None;
    }
    let others = (1..).map(|number| numbered(candidate, number));
    // The first may have left the ids that are remembered.
    let mut known = others.take_while(|other| {
        other.number == 1 || other.id == candidate.id || ids.contents(&other.id).next().is_some()
    });
    known.find(is_it).map(|other| other.id)
}

/// Of conflicts with a line that was written otherwise, as older versions and other programs do, or that has or has not got
/// the arm of its signal, those that say the same are none.
fn same_after_all(
    context: &Context<'_>,
    conflicts: &mut Vec<&Candidate>,
    claimed: &HashSet<String>,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let Some(first_us) = conflicts.iter().map(|conflict| conflict.row.event_us).min() else { return Ok(()) };
    let ids: HashSet<&str> = conflicts.iter().map(|conflict| conflict.id.as_str()).collect();
    let (names, rules) = (names_of(context, Log::Outcomes), intake_rules(context));
    let conventions = Conventions::default();
    let again = |line: &[u8]| -> Option<(String, _)> {
        let stored = read_stored_outcome(line).ok()?;
        let id = checkpointed_log::position_id(stored.facts().trade_id).to_owned();
        if !ids.contains(id.as_str()) {
            return None;
        }
        match read_candidate(context, Log::Outcomes, line, &names, &conventions, &rules).ok()? {
            Taken::Record(candidate) => Some((id, beside_its_arm(&candidate.row.line)?)),
            _ => None,
        }
    };
    let mut there = Vec::new();
    let options = ScanOptions { after_us: Some(first_us - 1), ..ScanOptions::default() };
    scan(
        context.disk,
        &context.layout.log(Log::Outcomes),
        options,
        |chunk| chunk.lines().filter_map(again).collect::<Vec<_>>(),
        |_, found| there.extend(found),
    )?;
    conflicts.retain(|conflict| {
        let said = beside_its_arm(&conflict.row.line);
        let is_there = !claimed.contains(&conflict.id)
            && said.is_some_and(|(arm, rest)| {
                let same = |(id, (known, said)): &(String, (_, _))| {
                    *id == conflict.id && *said == rest && may_be_one_arm(known, &arm)
                };
                there.iter().any(same)
            });
        recorded.already_there += u64::from(is_there);
        !is_there
    });
    Ok(())
}

/// How trades that were stored entered the checkpoint.
struct Counted {
    /// Whether every stored line could be read again.
    all_read: bool,
    /// Trades that came late into a long log, and count from the next analysis on.
    left_out: u64,
}

/// Adds what was stored to the checkpoint.
fn count(
    context: &Context<'_>,
    stored: &[Cow<'_, Candidate>],
    is_long: bool,
    checkpoint: &mut Checkpoint<Option<RunningTotals>>,
) -> Counted {
    let mut counted = Counted { all_read: true, left_out: 0 };
    for candidate in stored {
        checkpoint.ids.push(&candidate.id, candidate.content);
        let stored = read_stored_outcome(&candidate.row.line);
        counted.all_read &= stored.is_ok();
        if let (Ok(stored), Some(ledger)) = (stored, &mut checkpoint.folded) {
            let facts = stored.facts();
            if is_long && ledger.is_late(&facts) {
                ledger.leave_out();
                counted.left_out += 1;
            } else {
                ledger.add(context.market(), &facts);
            }
        }
    }
    counted
}

/// Appends trades.
pub(super) fn store_outcomes<'c>(
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
    let (fresh, claimed) = fresh(candidates, &known.checkpoint.ids, true, conflicts, recorded);
    same_after_all(context, conflicts, &claimed, recorded)?;
    let (mut whole, mut counted) = (true, Counted { all_read: true, left_out: 0 });
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
        counted = count(context, &fresh, is_long, &mut known.checkpoint);
    }
    if counted.left_out > 0 {
        let count = crate::report::plural(counted.left_out, "trade");
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
    let keep = if counted.all_read && counted.left_out == 0 { Keep::WhenFarBehind } else { Keep::Always };
    if let Err(error) = save_outcomes(context, known, keep) {
        recorded.warnings.push(format!("stored, but the metrics are not up to date: {error}"));
    }
    Ok(())
}

/// Appends signals, or news.
pub(super) fn store_signals<'c>(
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
    let (fresh, _) = fresh(candidates, &checkpoint.ids, false, conflicts, recorded);
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
