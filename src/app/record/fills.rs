//! Fills into their log, and the trades that they close into the log of trades.
//!
//! The trades are a fold over the fills. What the checkpoint of the fills has not seen is netted under the lock, and
//! the checkpoint moves on only when the trades are in their log: who is stopped in between is made up for by the
//! next. A fill that comes late has its book netted anew; trades that come out otherwise are replaced.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::append::fresh;
use super::candidate::Candidate;
use super::checkpoints::load_checkpoint;
use super::outcome_sink::OutcomeSink;
use super::{Recorded, fill_trades};
use crate::app::corrections::replace_made;
use crate::domain::{BookKey, Fill};
use crate::files::fill_books::{FillBooks, fills_of};
use crate::files::{Context, checkpointed_log};
use crate::store::{Chunk, Log, Packing, Row, ScanOptions, StoreError, StoreLock, scan};
use crate::wire::{FillMade, fill_made};

/// More records than this at once are written in blocks.
const MANY: usize = 256;

/// Fills in a log that is netted anew at once when one comes late. In a longer one that is left to the next analysis:
/// an engine does not wait for as long as the log is.
const NET_ANEW_AT_MOST: u64 = 20_000;

/// How long whoever nets can wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// An engine waits.
    Engine,
    /// As long as it takes.
    Unhurried,
}

/// Appends the fills that are not there yet, and the trades that they close.
pub(super) fn store_fills<'c>(
    context: &Context<'_>,
    lock: &StoreLock,
    candidates: &'c [Candidate],
    conflicts: &mut Vec<&'c Candidate>,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    // Rows that the checkpoint has not seen, of which the trades may be there.
    let mut behind = 0;
    {
        let mut writer = checkpointed_log::open_writer(context, Log::Fills, lock)?;
        let known = load_checkpoint(context, &mut writer, recorded, || {
            let mut known = FillBooks::load(context);
            let before = known.position;
            let scan = known.read_on(context, |_, _| {})?;
            behind = known.position.rows - before.rows;
            Ok((known, scan))
        })?;
        let fresh = fresh(candidates, &known.ids, false, conflicts, recorded);
        if fresh.is_empty() {
            // Who wrote them may not have seen them confirmed.
            recorded.unconfirmed |= !candidates.is_empty() && !writer.sync();
        } else {
            let rows: Vec<Row> = fresh.iter().map(|candidate| candidate.row.clone()).collect();
            let packing = if rows.len() > MANY { Packing::Sealed } else { Packing::Loose };
            let appended = writer.append(known.position, &rows, packing)?;
            recorded.stored += fresh.len() as u64;
            recorded.unconfirmed |= !appended.durable;
            behind += u64::from(appended.interrupted);
        }
    }
    // From here on the fills are safe: what fails is made up for by whoever records or analyzes next.
    if let Err(error) = net(context, lock, behind, Patience::Engine, recorded) {
        recorded
            .warnings
            .push(format!("stored; the trades that they close follow with the next record: {error}"));
    }
    Ok(())
}

/// Nets fills that an interrupted command or another program left unnetted, and books that wait because a fill came
/// late.
///
/// # Errors
/// [`StoreError`]; it is then as it was, or some of the trades are there already.
pub(crate) fn net_what_waits(
    context: &Context<'_>,
    lock: &StoreLock,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let path = context.layout.log(Log::Fills);
    if context.disk.stat(&path).map_err(|source| StoreError::reading(&path, source))?.is_none() {
        return Ok(());
    }
    let known = FillBooks::load(context);
    let size = context.disk.stat(&path).ok().flatten().map(|stat| stat.len);
    if size == Some(known.position.len) && known.books.late.is_empty() {
        return Ok(());
    }
    net(context, lock, 1, Patience::Unhurried, recorded)
}

/// Nets what the checkpoint has not seen. Of so many rows `behind` it the trades may be in their log already.
///
/// # Errors
/// [`StoreError`]; what is missing is made up for by the next who nets.
pub(crate) fn net(
    context: &Context<'_>,
    lock: &StoreLock,
    behind: u64,
    patience: Patience,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let is_hurried = patience == Patience::Engine;
    if is_hurried && behind > NET_ANEW_AT_MOST {
        recorded.warnings.push("the trades that fills close follow with the next `dtlearn analyze`".into());
        return Ok(());
    }
    let mut known = FillBooks::load(context);
    let is_anew = behind > 0 && known.is_from_start();
    let mut made = if behind == 0 { None } else { Some(Made::read(context, |_| true)?) };
    let mut sink = OutcomeSink::new(context, lock, made.is_some());
    let mut outcome = Ok(());
    known.read_on(context, |books, fill| {
        for closing in books.take(&fill) {
            let trade = fill_trades::candidate(context, closing, recorded);
            let Some(trade) = trade.filter(|trade| made.as_mut().is_none_or(|made| made.is_new(trade)))
            else {
                continue;
            };
            if outcome.is_ok() {
                outcome = sink.push(trade, recorded);
            }
        }
    })?;
    outcome?;
    let mut renetted = BTreeSet::new();
    let late = known.books.late.len() as u64;
    if late > 0 && is_hurried && known.position.rows > NET_ANEW_AT_MOST {
        let count = crate::report::plural(late, "position");
        recorded
            .warnings
            .push(format!("a fill came late: the trades of {count} follow with the next `dtlearn analyze`"));
    } else if late > 0 {
        renetted = known.books.late.iter().cloned().map(without_position).collect();
        net_late(context, &mut known, &renetted, &mut made, &mut sink, recorded)?;
    }
    sink.finish(recorded)?;
    if let Some(made) = made {
        replace_changed(context, lock, made, |of| is_anew || renetted.contains(&of.book), recorded)?;
    }
    if known.books.unopened > 0 {
        let fills = crate::report::plural(known.books.unopened, "fill");
        recorded.warnings.push(format!(
            "{fills} that closed more than is open: what opened it was not handed over, no trade was made of the rest"
        ));
    }
    recorded.open_positions = known.books.open_positions().len() as u64;
    known.save(context)
}

/// Nets books anew in which a fill came late. Trades do not say which position of the venue they are of: all of a
/// symbol are netted.
fn net_late(
    context: &Context<'_>,
    known: &mut FillBooks,
    late: &BTreeSet<BookKey>,
    made: &mut Option<Made>,
    sink: &mut OutcomeSink<'_, '_>,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let all: Vec<Arc<Fill>> = fills_of(context, |fill| late.contains(&without_position(fill.book())))?;
    if made.is_none() {
        *made = Some(Made::read(context, |made| late.contains(&made.book))?);
    }
    sink.forget(|book| late.contains(book));
    let Some(made) = made else { return Ok(()) };
    made.forget_seen(|book| late.contains(book));
    for closing in known.books.net_anew(all) {
        if let Some(trade) = fill_trades::candidate(context, closing, recorded)
            && made.is_new(&trade)
        {
            sink.push(trade, recorded)?;
        }
    }
    Ok(())
}

/// The book of a trade as its line says it.
fn without_position(book: BookKey) -> BookKey {
    BookKey { position: String::new(), ..book }
}

/// Trades of fills that are in the log.
struct Made {
    there: HashMap<String, There>,
    /// New readings of trades that are there.
    changed: HashMap<String, Vec<u8>>,
}

struct There {
    made: FillMade,
    content: u64,
    is_seen: bool,
}

impl Made {
    fn read(context: &Context<'_>, is_wanted: impl Fn(&FillMade) -> bool + Sync) -> Result<Self, StoreError> {
        let read = |chunk: Chunk<'_>| -> Vec<(String, There)> {
            let of = |line: &[u8]| {
                let (id, made, content) = fill_made(line).filter(|(_, made, _)| is_wanted(made))?;
                Some((id, There { made, content, is_seen: false }))
            };
            chunk.lines().filter_map(of).collect()
        };
        let mut there = HashMap::new();
        let path = context.layout.log(Log::Outcomes);
        scan(context.disk, &path, ScanOptions::default(), read, |_, found| there.extend(found))?;
        Ok(Self { there, changed: HashMap::new() })
    }

    /// Whether a trade is not there yet; one that is there otherwise is noted.
    fn is_new(&mut self, trade: &Candidate) -> bool {
        let Some(there) = self.there.get_mut(&trade.id) else { return true };
        there.is_seen = true;
        if there.content == trade.content {
            self.changed.remove(&trade.id);
        } else {
            self.changed.insert(trade.id.clone(), trade.row.line.clone());
        }
        false
    }

    /// Forgets what was said of the trades of some books: they are netted anew.
    fn forget_seen(&mut self, is_of: impl Fn(&BookKey) -> bool) {
        for (id, there) in self.there.iter_mut().filter(|(_, there)| is_of(&there.made.book)) {
            there.is_seen = false;
            self.changed.remove(id);
        }
    }
}

/// Replaces trades that come out otherwise, and takes out those that no fill closes any more.
fn replace_changed(
    context: &Context<'_>,
    lock: &StoreLock,
    made: Made,
    may_withdraw: impl Fn(&FillMade) -> bool,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let gone = made.there.into_iter().filter(|(_, there)| !there.is_seen && may_withdraw(&there.made));
    let gone: Vec<String> = gone.map(|(id, _)| id).collect();
    if gone.is_empty() && made.changed.is_empty() {
        return Ok(());
    }
    let (replaced, withdrawn) = (made.changed.len() as u64, gone.len() as u64);
    let mut changes: HashMap<String, Option<Vec<u8>>> =
        made.changed.into_iter().map(|(id, line)| (id, Some(line))).collect();
    changes.extend(gone.into_iter().map(|id| (id, None)));
    replace_made(context, lock, changes)?;
    recorded.trades_replaced += replaced;
    recorded.trades_withdrawn += withdrawn;
    let plural = crate::report::plural;
    recorded.warnings.push(format!(
        "fills came late or were taken out: {} replaced, {} taken out that no fill closes any more; the lines are kept in .dtlearn/voided",
        plural(replaced, "stored trade"),
        plural(withdrawn, "trade"),
    ));
    Ok(())
}
