//! Fills into their log, and the trades that they close into the log of trades.
//!
//! The trades are a fold over the fills. What the checkpoint of the fills has not seen is netted under the lock, and
//! the checkpoint moves on only when the trades are in their log: who is stopped in between is made up for by the
//! next. A fill that comes late has its book netted anew; trades that come out otherwise are replaced.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::append::fresh;
use super::candidate::Candidate;
use super::checkpoints::load_checkpoint;
use super::made::Made;
use super::outcome_sink::OutcomeSink;
use super::{Recorded, fill_trades};
use crate::app::corrections::replace_made;
use crate::domain::{BookKey, Closing};
use crate::files::fill_books::{FillBooks, for_fills_in_order};
use crate::files::{Context, checkpointed_log};
use crate::store::{Log, Packing, Row, StoreError, StoreLock};

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
        let (fresh, _) = fresh(candidates, &known.ids, false, conflicts, recorded);
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
    let made = if behind == 0 { None } else { Some(Made::read(context, |_| true)?) };
    let mut trades = MadeTrades { context, sink: OutcomeSink::new(context, lock), made, waiting: Vec::new() };
    let mut outcome = Ok(());
    known.read_on(context, |books, fill| {
        for closing in books.take(&fill) {
            if outcome.is_ok() {
                outcome = trades.push(closing, recorded);
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
        net_late(context, &mut known, &renetted, &mut trades, recorded)?;
    }
    if let Some(made) = trades.finish(recorded)? {
        replace_changed(context, lock, made, |book| is_anew || renetted.contains(book), recorded)?;
    }
    if known.books.unopened > 0 {
        let fills = crate::report::plural(known.books.unopened, "fill");
        recorded.warnings.push(format!(
            "{fills} closed more than was open: the rest made no trade, record the fills that opened it"
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
    trades: &mut MadeTrades<'_, '_>,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let is_late = |book: &BookKey| late.contains(&without_position(book.clone()));
    trades.begin_anew(|book| late.contains(book), recorded)?;
    known.books.begin_anew(is_late);
    for_fills_in_order(context, is_late, |fills| {
        let mut outcome = Ok(());
        known.books.take_in_order(fills, |closing| {
            if outcome.is_ok() {
                outcome = trades.push(closing, recorded);
            }
        });
        outcome
    })
}

/// Closings that are made into lines together, on all cores.
const LINES_AT_ONCE: usize = 1_024;

/// Fewer than this are made into lines by the thread that asks.
const LINES_WORTH_THREADS: usize = 64;

/// The way of trades that fills close into their log, beside those that are there.
struct MadeTrades<'a, 'd> {
    context: &'a Context<'d>,
    sink: OutcomeSink<'a, 'd>,
    /// Trades that are there, where some may be.
    made: Option<Made>,
    waiting: Vec<Closing>,
}

impl MadeTrades<'_, '_> {
    fn push(&mut self, closing: Closing, recorded: &mut Recorded) -> Result<(), StoreError> {
        self.waiting.push(closing);
        if self.waiting.len() >= LINES_AT_ONCE { self.pass_on(recorded) } else { Ok(()) }
    }

    fn pass_on(&mut self, recorded: &mut Recorded) -> Result<(), StoreError> {
        let waiting = std::mem::take(&mut self.waiting);
        let context = self.context;
        let of = |closing| fill_trades::candidate(context, closing);
        let candidates: Vec<Result<Candidate, String>> =
            if waiting.len() < LINES_WORTH_THREADS || crate::store::start_threads() < 2 {
                waiting.into_iter().map(of).collect()
            } else {
                waiting.into_par_iter().map(of).collect()
            };
        for candidate in candidates {
            match candidate {
                Ok(trade) if self.made.as_mut().is_none_or(|made| made.is_new(&trade)) => {
                    self.sink.push(trade, self.made.as_mut(), recorded)?;
                }
                Ok(_) => {}
                Err(why) => recorded.warnings.push(why),
            }
        }
        Ok(())
    }

    /// Forgets what was made of some books, of which all trades follow anew.
    fn begin_anew(
        &mut self,
        is_of: impl Fn(&BookKey) -> bool + Sync,
        recorded: &mut Recorded,
    ) -> Result<(), StoreError> {
        self.pass_on(recorded)?;
        self.sink.forget(&is_of);
        match &mut self.made {
            Some(made) => made.forget_seen(is_of),
            None => self.made = Some(Made::read(self.context, |made| is_of(&made.book))?),
        }
        Ok(())
    }

    fn finish(mut self, recorded: &mut Recorded) -> Result<Option<Made>, StoreError> {
        self.pass_on(recorded)?;
        self.sink.finish(self.made.as_mut(), recorded)?;
        Ok(self.made)
    }
}

/// The book of a trade as its line says it.
fn without_position(book: BookKey) -> BookKey {
    BookKey { position: String::new(), ..book }
}

/// Replaces trades that come out otherwise, and takes out those that no fill closes any more.
fn replace_changed(
    context: &Context<'_>,
    lock: &StoreLock,
    made: Made,
    may_withdraw: impl Fn(&BookKey) -> bool,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let changes = made.changes(may_withdraw);
    if changes.is_empty() {
        return Ok(());
    }
    let withdrawn = changes.values().filter(|line| line.is_none()).count() as u64;
    let replaced = changes.len() as u64 - withdrawn;
    replace_made(context, lock, changes)?;
    recorded.trades_replaced += replaced;
    recorded.trades_withdrawn += withdrawn;
    let plural = crate::report::plural;
    recorded.warnings.push(format!(
        "fills came late or were taken out: {} replaced, {} taken out; the old lines are in .dtlearn/voided",
        plural(replaced, "stored trade"),
        plural(withdrawn, "trade"),
    ));
    Ok(())
}
