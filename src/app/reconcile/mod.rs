//! `reconcile`: the trades of a broker's file held against those that the engine recorded. Writes nothing.

mod booked;
mod matching;
mod parts;

use std::path::PathBuf;

use super::Context;
use super::import::{ImportError, ImportOptions, read_trades};
use crate::domain::{Trade, Window};
use crate::files::trades_in_window::each_trade;
use crate::report::{ReconcileData, ReconcileLine};
use crate::wire::StoredOutcome;

use booked::Booked;
pub use booked::Tolerance;
use matching::{Compared, Pair, compare};

/// What is held against what.
#[derive(Clone, Default)]
pub struct ReconcileRequest {
    /// The broker's files.
    pub files: Vec<PathBuf>,
    /// How they are read.
    pub reading: ImportOptions,
    /// Trades that were closed in so many days; all by default.
    pub window: Option<Window>,
    /// How far apart two records of one trade may be.
    pub tolerance: Tolerance,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// What differs, and by how much.
    pub data: ReconcileData,
    /// Whether the books are the same.
    pub agrees: bool,
    /// Rows of the files that could not be read, a sentence each.
    pub refused: Vec<String>,
}

/// Reads the files and holds their trades against the store's. Of the store, trades count whose exits lie within the
/// span of the files.
///
/// # Errors
/// [`ImportError`] when a file or the store cannot be read.
pub fn reconcile(context: &Context<'_>, request: &ReconcileRequest) -> Result<Reconciled, ImportError> {
    let (trades, refused) = read_trades(context, &request.files, &request.reading)?;
    let window = request.window.unwrap_or(Window::All);
    let now = context.seen_from();
    let theirs: Vec<Booked> = trades
        .iter()
        .map(of_trade)
        .filter(|trade| window == Window::All || window.contains(trade.exit_time, now))
        .collect();
    let (ours, _) = each_trade(context, window, |stored, _| Ok(of_stored(stored)))?;
    let reach_us = (request.tolerance.within_s * 1e6) as i64;
    let first = theirs.iter().map(|trade| trade.exit_time.micros()).min().unwrap_or(i64::MAX);
    let last = theirs.iter().map(|trade| trade.exit_time.micros()).max().unwrap_or(i64::MIN);
    let span = first.saturating_sub(reach_us)..=last.saturating_add(reach_us);
    let is_whole = window != Window::All;
    let all = ours.len();
    let compared = compare(ours, theirs, &request.tolerance);
    // Beyond the file nothing can be missing in it, unless the user says which days it is to cover.
    let within = |trade: &Booked| is_whole || span.contains(&trade.exit_time.micros());
    let data = data_of(context, compared, within, all);
    let agrees = data.is_same() && refused.is_empty();
    Ok(Reconciled { data, agrees, refused })
}

fn data_of(
    context: &Context<'_>,
    compared: Compared,
    within: impl Fn(&Booked) -> bool,
    recorded: usize,
) -> ReconcileData {
    let Compared { pairs, missing_here, missing_there, causes } = compared;
    let sum = |trades: &mut dyn Iterator<Item = f64>| trades.fold(0.0, |sum, pnl| sum + pnl);
    let missing_there: Vec<Booked> = missing_there.into_iter().filter(|trade| within(trade)).collect();
    let ours =
        sum(&mut pairs.iter().map(|pair| pair.ours.pnl).chain(missing_there.iter().map(|trade| trade.pnl)));
    let theirs =
        sum(&mut pairs.iter().map(|pair| pair.theirs.pnl).chain(missing_here.iter().map(|trade| trade.pnl)));
    let line = |trade: &Booked| line_of(context, trade);
    let differs = pairs.iter().filter(|pair| !pair.differs.is_empty());
    ReconcileData {
        currency: context.settings.currency.clone(),
        place: context.market().calendar().place(),
        same: pairs.iter().filter(|pair| pair.differs.is_empty()).count() as u64,
        trades_here: (pairs.len() + missing_there.len()) as u64,
        trades_there: (pairs.len() + missing_here.len()) as u64,
        pnl_here: ours,
        pnl_there: theirs,
        missing_here: missing_here.iter().map(line).collect(),
        missing_there: missing_there.iter().map(line).collect(),
        different: differs
            .map(|Pair { ours, theirs, differs }| (line(ours), line(theirs), differs.clone()))
            .collect(),
        causes,
        recorded: recorded as u64,
    }
}

fn line_of(context: &Context<'_>, trade: &Booked) -> ReconcileLine {
    ReconcileLine {
        id: trade.id.clone(),
        symbol: trade.symbol.clone(),
        side: trade.side,
        exit_time: trade.exit_time,
        local: context.market().calendar().local(trade.exit_time),
        qty: trade.qty,
        entry_price: trade.entry_price,
        exit_price: trade.exit_price,
        fees: trade.fees,
        pnl: trade.pnl,
    }
}

fn of_trade(trade: &Trade) -> Booked {
    let closed = trade.closed();
    let rate = closed.fx_rate.unwrap_or(1.0);
    Booked {
        id: trade.trade_id().to_owned(),
        symbol: closed.symbol.clone(),
        side: closed.side,
        entry_time: closed.entry_time,
        exit_time: closed.exit_time,
        entry_price: Some(closed.entry_price),
        exit_price: Some(closed.exit_price),
        qty: trade.qty(),
        fees: closed.fees.unwrap_or(0.0) * rate,
        pnl: trade.pnl(),
    }
}

fn of_stored(stored: &StoredOutcome<'_>) -> Booked {
    let facts = stored.facts();
    let (entry, exit, qty) = stored.prices();
    Booked {
        id: facts.trade_id.to_owned(),
        symbol: facts.symbol.to_owned(),
        side: facts.side,
        entry_time: facts.entry_time,
        exit_time: facts.exit_time,
        entry_price: entry,
        exit_price: exit,
        qty: qty.unwrap_or(1.0),
        fees: stored.fees().unwrap_or(0.0),
        pnl: facts.pnl,
    }
}
