//! Fills into their log, and the trades that they close into the log of trades.
//!
//! The trades are a fold over the fills. What the checkpoint of the fills has not seen is netted under the lock, and
//! the checkpoint moves on only when the trades are in their log: who is stopped in between is made up for by the
//! next. A fill that comes late has its book netted anew; trades that come out otherwise are replaced.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::append::fresh;
use super::candidate::Candidate;
use super::checkpoints::load_checkpoint;
use super::made::Made;
use super::made_trades::{Lines, MadeTrades};
use super::{Recorded, fill_trades};
use crate::app::corrections::replace_made;
use crate::domain::{BookKey, Books, Fill};
use crate::files::fill_books::{FillBooks, for_fills_in_order};
use crate::files::{Context, checkpointed_log};
use crate::store::{Log, Packing, Position, Row, StoreError, StoreLock, Underway};

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
    if patience == Patience::Engine && behind > NET_ANEW_AT_MOST {
        recorded.warnings.push("the trades that fills close follow with the next `dtlearn analyze`".into());
        return Ok(());
    }
    let mut netting = FillNetting::begin(context, behind)?;
    netting.read_on(lock, recorded)?;
    netting.finish(lock, patience, recorded)
}

/// Fills on their way through their books, and the trades that they close on theirs into their log.
pub(crate) struct FillNetting<'a, 'd> {
    context: &'a Context<'d>,
    known: FillBooks,
    trades: MadeTrades<'a, 'd>,
    /// Whether all fills are netted, though trades of them may be there.
    is_anew: bool,
    /// Bytes of the log of trades when it was begun.
    trades_len: u64,
    /// The books while the threads have them, with what the fills that they are netting close.
    netted: Underway<(Books, Lines)>,
}

impl<'a, 'd> FillNetting<'a, 'd> {
    /// Begins at the checkpoint of the fills. Of so many rows `behind` it the trades may be in their log already.
    ///
    /// # Errors
    /// [`StoreError`] when the log of trades cannot be read.
    pub(crate) fn begin(context: &'a Context<'d>, behind: u64) -> Result<Self, StoreError> {
        let known = FillBooks::load(context);
        let is_anew = behind > 0 && known.is_from_start();
        let made = if behind == 0 { None } else { Some(Made::read(context, |_| true)?) };
        let trades_len = len_of(context, Log::Outcomes)?;
        let trades = MadeTrades::new(context, made);
        Ok(Self { context, known, trades, is_anew, trades_len, netted: Underway::default() })
    }

    /// Up to where the log of fills is netted.
    pub(crate) fn position(&self) -> Position {
        self.known.position
    }

    /// Nets all fills that are in the log.
    fn read_on(&mut self, lock: &StoreLock, recorded: &mut Recorded) -> Result<(), StoreError> {
        let (trades, mut outcome) = (&mut self.trades, Ok(()));
        self.known.read_on(self.context, |books, fill| {
            for closing in books.take(&fill) {
                if outcome.is_ok() {
                    outcome = trades.push(lock, closing, recorded);
                }
            }
        })?;
        outcome
    }

    /// Nets fills as they stand in the log behind those that are netted, up to `end`: on the threads, while whoever stores them
    /// goes on with the next.
    ///
    /// # Errors
    /// [`StoreError`] when the trades that those before them close cannot be written.
    pub(crate) fn take(
        &mut self,
        lock: &StoreLock,
        fills: &mut [Candidate],
        end: Position,
        recorded: &mut Recorded,
    ) -> Result<(), StoreError> {
        self.take_back(lock, recorded)?;
        fills.iter().for_each(|fill| self.known.ids.push(&fill.id, fill.content));
        let fills: Vec<Arc<Fill>> = fills.iter_mut().filter_map(|fill| fill.fill.take()).collect();
        let mut books = std::mem::take(&mut self.known.books);
        let (now, market) = (self.context.now, self.context.market().clone());
        self.netted.send(move || {
            let closed = fills.iter().flat_map(|fill| books.take(fill));
            let lines = closed.map(|closing| fill_trades::candidate((now, &market), closing)).collect();
            (books, lines)
        });
        self.known.position = end;
        Ok(())
    }

    /// Takes the books back from the threads, and passes on what the last fills closed.
    fn take_back(&mut self, lock: &StoreLock, recorded: &mut Recorded) -> Result<(), StoreError> {
        if self.netted.is_empty() {
            return Ok(());
        }
        let Some((books, lines)) = self.netted.take_next() else {
            let why = std::io::Error::other("fills could not be netted");
            return Err(StoreError::writing(&self.context.layout.log(Log::Outcomes), why));
        };
        self.known.books = books;
        self.trades.take(lock, lines, recorded)
    }

    /// Whether all fills before `from` are netted, and nobody else wrote trades since it began: who did may have netted the same
    /// fills.
    pub(crate) fn stands_at(&self, from: Position) -> bool {
        let trades = self.trades.end().map_or(self.trades_len, |end| end.len);
        self.known.position == from && len_of(self.context, Log::Outcomes).is_ok_and(|len| len == trades)
    }

    /// Whether all fills of the log are netted, and by nobody else.
    pub(crate) fn is_whole(&self) -> bool {
        let end = self.known.position;
        self.stands_at(end) && len_of(self.context, Log::Fills).is_ok_and(|len| len == end.len)
    }

    /// Nets the books anew in which a fill came late, and writes what is on its way.
    ///
    /// # Errors
    /// [`StoreError`]; what is missing is made up for by the next who nets.
    pub(crate) fn finish(
        mut self,
        lock: &StoreLock,
        patience: Patience,
        recorded: &mut Recorded,
    ) -> Result<(), StoreError> {
        self.take_back(lock, recorded)?;
        let Self { context, mut known, mut trades, is_anew, .. } = self;
        let is_hurried = patience == Patience::Engine;
        let mut renetted = BTreeSet::new();
        let late = known.books.late.len() as u64;
        if late > 0 && is_hurried && known.position.rows > NET_ANEW_AT_MOST {
            let count = crate::report::plural(late, "position");
            recorded.warnings.push(format!(
                "a fill came late: the trades of {count} follow with the next `dtlearn analyze`"
            ));
        } else if late > 0 {
            renetted = known.books.late.iter().cloned().map(without_position).collect();
            net_late(context, lock, &mut known, &renetted, &mut trades, recorded)?;
        }
        if let Some(made) = trades.finish(lock, recorded)? {
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
}

/// Bytes of a log.
fn len_of(context: &Context<'_>, log: Log) -> Result<u64, StoreError> {
    let path = context.layout.log(log);
    let stat = context.disk.stat(&path).map_err(|source| StoreError::reading(&path, source))?;
    Ok(stat.map_or(0, |stat| stat.len))
}

/// Nets books anew in which a fill came late. Trades do not say which position of the venue they are of: all of a
/// symbol are netted.
fn net_late(
    context: &Context<'_>,
    lock: &StoreLock,
    known: &mut FillBooks,
    late: &BTreeSet<BookKey>,
    trades: &mut MadeTrades<'_, '_>,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let is_late = |book: &BookKey| late.contains(&without_position(book.clone()));
    trades.begin_anew(lock, |book| late.contains(book), recorded)?;
    known.books.begin_anew(is_late);
    for_fills_in_order(context, is_late, |fills| {
        let mut outcome = Ok(());
        known.books.take_in_order(fills, |closing| {
            if outcome.is_ok() {
                outcome = trades.push(lock, closing, recorded);
            }
        });
        outcome
    })
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
