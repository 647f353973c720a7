//! The trades of a window with what they risked, how far they ran and what they cost, joined with their signals.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::Datelike;
use serde_json::Value as Json;

use super::checkpointed_log::position_id;
use super::desks::fold_desks;
use super::record_filter::TradeFilter;
use super::said_elsewhere::SignalWords;
use super::trade_signals::signals_of;
use super::trades_in_window::{fold_trades, named_signals};
use super::{Context, Desk, Reading};
use crate::domain::{Instruments, Market, Timestamp, TradeDetail, UNKNOWN, Window};
use crate::store::{Log, StoreError};
use crate::wire::{JsonObject, StoredOutcome};

/// Price, stop and target of a signal, and its words.
type Levels = ([Option<f64>; 3], SignalWords);

fn number(object: &JsonObject, key: &str) -> Option<f64> {
    object.get(key).and_then(Json::as_f64)
}

fn session_of(exit: Timestamp, market: &Market) -> i32 {
    market.trading_date(exit).num_days_from_ce()
}

fn detail(stored: &StoredOutcome<'_>, market: &Market) -> TradeDetail {
    let facts = stored.facts();
    let ((entry_price, exit_price, _), (stop_price, target_price)) = (stored.prices(), stored.levels());
    let (mae_frac, mfe_frac) = stored.excursions();
    TradeDetail {
        desk: None,
        symbol: facts.symbol.into(),
        setup: facts.setup.into(),
        sector: facts.sector.into(),
        exit_reason: facts.exit_reason.into(),
        side: facts.side,
        entry_time: facts.entry_time,
        exit_time: facts.exit_time,
        session: session_of(facts.exit_time, market),
        pnl: facts.pnl,
        pnl_frac: facts.pnl_frac,
        outcome: market.outcome(facts.pnl, facts.pnl_frac),
        position: stored.position(),
        costs: stored.costs(),
        entry_price,
        exit_price,
        signal_price: None,
        stop_price,
        target_price,
        flags: stored.hits(),
        mfe_frac,
        mae_frac,
        inverse: stored.is_inverse(),
        signal_id: stored.signal_id().map(Into::into),
        position_id: position_id(facts.trade_id).into(),
        leg: stored.leg(),
    }
}

/// The trades of a window that the filter takes, in the order of their exits.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(crate) fn trade_details(
    context: &Context<'_>,
    window: Window,
    filter: Option<&TradeFilter>,
) -> Result<(Vec<TradeDetail>, Reading), StoreError> {
    if !context.is_joined() {
        return of_one_store(context, window, filter);
    }
    let read = |own: &Context<'_>, desk: &Desk, filter: Option<&TradeFilter>| {
        let (mut trades, reading) = of_one_store(own, window, filter)?;
        let name: Arc<str> = desk.name.as_str().into();
        trades.iter_mut().for_each(|trade| name_desk(trade, &name, context.market()));
        Ok((trades, reading))
    };
    let (mut trades, reading) =
        fold_desks(context, (Log::Outcomes, filter), Vec::new, read, |all, one| all.extend(one));
    // Stable: of one moment in the order of the desks.
    trades.sort_by_key(|trade| trade.exit_time);
    Ok((trades, reading))
}

/// Adds each trade of a window that the filter takes to what `begin` makes, in the order of their exits. Of one store few are
/// held at a time; over several, all of them.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(crate) fn fold_details<A>(
    context: &Context<'_>,
    window: Window,
    filter: Option<&TradeFilter>,
    begin: impl Fn() -> A,
    add: impl Fn(&mut A, TradeDetail),
) -> Result<(A, Reading), StoreError> {
    if context.is_joined() {
        let mut made = begin();
        let (trades, reading) = trade_details(context, window, filter)?;
        trades.into_iter().for_each(|trade| add(&mut made, trade));
        return Ok((made, reading));
    }
    let is_wanted = |stored: &StoredOutcome<'_>, line: &[u8]| is_taken(filter, stored, line);
    let signals = levels_of(context, window, &named_signals(context, window, is_wanted)?)?;
    let add = |made: &mut A, trade: Option<TradeDetail>| {
        if let Some(mut trade) = trade {
            join(&mut trade, &signals, &context.settings.instruments);
            add(made, trade);
        }
    };
    fold_trades(context, window, making(context, filter), begin, add)
}

/// The trades of several desks with what is told of each, as `read` finds them.
type OfDesk<T> = (Vec<(TradeDetail, T)>, Reading);

/// Adds the trades of several desks to what `begin` makes, in the order of their exits, those of one moment in that of the desks.
fn fold_joined<T: Send, A>(
    context: &Context<'_>,
    filter: Option<&TradeFilter>,
    read: impl Fn(&Context<'_>, &Desk, Option<&TradeFilter>) -> Result<OfDesk<T>, StoreError> + Sync,
    begin: impl Fn() -> A,
    add: impl Fn(&mut A, TradeDetail, T),
) -> (A, Reading) {
    let (mut trades, reading) =
        fold_desks(context, (Log::Outcomes, filter), Vec::new, read, |all, one| all.extend(one));
    trades.sort_by_key(|(trade, _)| trade.exit_time);
    let mut made = begin();
    trades.into_iter().for_each(|(trade, told)| add(&mut made, trade, told));
    (made, reading)
}

/// As [`fold_details`], of every trade of a window with whether the filter takes it, and without what the signals say: for
/// what is told of a trade by the trades around it.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(crate) fn fold_around<A>(
    context: &Context<'_>,
    window: Window,
    filter: Option<&TradeFilter>,
    begin: impl Fn() -> A,
    add: impl Fn(&mut A, TradeDetail, bool),
) -> Result<(A, Reading), StoreError> {
    let marked =
        |own: &Context<'_>, filter: Option<&TradeFilter>, stored: &StoredOutcome<'_>, line: &[u8]| {
            (detail(stored, own.market()), is_taken(filter, stored, line))
        };
    if !context.is_joined() {
        let make = |stored: &StoredOutcome<'_>, line: &[u8]| Ok(marked(context, filter, stored, line));
        return fold_trades(context, window, make, begin, |made, (trade, taken)| add(made, trade, taken));
    }
    let read = |own: &Context<'_>, desk: &Desk, filter: Option<&TradeFilter>| {
        let name: Arc<str> = desk.name.as_str().into();
        let make = |stored: &StoredOutcome<'_>, line: &[u8]| Ok(marked(own, filter, stored, line));
        fold_trades(own, window, make, Vec::new, |found, (mut trade, taken)| {
            name_desk(&mut trade, &name, context.market());
            found.push((trade, taken));
        })
    };
    Ok(fold_joined(context, filter, read, begin, add))
}

/// Adds each trade of a window that either of two filters takes to what `begin` makes, in the order of their exits, with which
/// of them do. Of one store few are held at a time; over several, all of them.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(crate) fn fold_sides<A>(
    context: &Context<'_>,
    window: Window,
    filters: [&TradeFilter; 2],
    begin: impl Fn() -> A,
    add: impl Fn(&mut A, TradeDetail, [bool; 2]),
) -> Result<(A, Reading), StoreError> {
    if !context.is_joined() {
        return sides_of_one_store(context, window, filters, begin, add);
    }
    let [first, second] = filters;
    let read = |own: &Context<'_>, desk: &Desk, of_desk: Option<&TradeFilter>| {
        let second_of_desk = second.of_desk(own)?;
        let filters = [of_desk.unwrap_or(first), &second_of_desk];
        let name: Arc<str> = desk.name.as_str().into();
        let found = sides_of_one_store(own, window, filters, Vec::new, |found, mut trade, sides| {
            name_desk(&mut trade, &name, context.market());
            found.push((trade, sides));
        });
        second.hear(&second_of_desk);
        found
    };
    Ok(fold_joined(context, Some(first), read, begin, add))
}

fn sides_of_one_store<A>(
    context: &Context<'_>,
    window: Window,
    filters: [&TradeFilter; 2],
    begin: impl Fn() -> A,
    add: impl Fn(&mut A, TradeDetail, [bool; 2]),
) -> Result<(A, Reading), StoreError> {
    let sides = |stored: &StoredOutcome<'_>, line: &[u8]| filters.map(|filter| filter.takes(stored, line));
    let is_wanted = |stored: &StoredOutcome<'_>, line: &[u8]| sides(stored, line).contains(&true);
    let signals = levels_of(context, window, &named_signals(context, window, is_wanted)?)?;
    let make = |stored: &StoredOutcome<'_>, line: &[u8]| {
        let sides = sides(stored, line);
        Ok(sides.contains(&true).then(|| (detail(stored, context.market()), sides)))
    };
    let add = |made: &mut A, found: Option<(TradeDetail, [bool; 2])>| {
        if let Some((mut trade, sides)) = found {
            join(&mut trade, &signals, &context.settings.instruments);
            add(made, trade, sides);
        }
    };
    fold_trades(context, window, make, begin, add)
}

/// Gives a trade the name of its desk. Desks that stand together are seen by one calendar.
fn name_desk(trade: &mut TradeDetail, name: &Arc<str>, market: &Market) {
    trade.desk = Some(Arc::clone(name));
    trade.session = session_of(trade.exit_time, market);
}

/// What makes the details of a trade that the filter takes.
fn making<'c>(
    context: &'c Context<'_>,
    filter: Option<&'c TradeFilter>,
) -> impl Fn(&StoredOutcome<'_>, &[u8]) -> Result<Option<TradeDetail>, String> + Sync + 'c {
    move |stored, line| Ok(is_taken(filter, stored, line).then(|| detail(stored, context.market())))
}

fn is_taken(filter: Option<&TradeFilter>, stored: &StoredOutcome<'_>, line: &[u8]) -> bool {
    filter.is_none_or(|filter| filter.takes(stored, line))
}

fn of_one_store(
    context: &Context<'_>,
    window: Window,
    filter: Option<&TradeFilter>,
) -> Result<(Vec<TradeDetail>, Reading), StoreError> {
    let add = |trades: &mut Vec<TradeDetail>, trade: Option<TradeDetail>| trades.extend(trade);
    let (mut trades, reading) = fold_trades(context, window, making(context, filter), Vec::new, add)?;
    let wanted: HashSet<Box<str>> =
        trades.iter().filter_map(|trade| trade.signal_id.as_deref().map(Into::into)).collect();
    let signals = levels_of(context, window, &wanted)?;
    trades.iter_mut().for_each(|trade| join(trade, &signals, &context.settings.instruments));
    Ok((trades, reading))
}

/// What the signals of a window say, of those that are wanted.
fn levels_of(
    context: &Context<'_>,
    window: Window,
    wanted: &HashSet<Box<str>>,
) -> Result<HashMap<String, Levels>, StoreError> {
    let levels = |object: &JsonObject| -> Levels {
        let prices = ["entry_price", "stop_price", "target_price"].map(|key| number(object, key));
        (prices, SignalWords::of(object))
    };
    signals_of(context, window, Some(wanted), levels)
}

/// Gives a trade what its signal says, and the sector of the settings where neither says one.
fn join(trade: &mut TradeDetail, signals: &HashMap<String, Levels>, instruments: &Instruments) {
    let of_trade = trade.signal_id.as_deref().and_then(|id| signals.get(id));
    if let Some(([price, stop, target], words)) = of_trade {
        trade.signal_price = *price;
        trade.stop_price = stop.or(trade.stop_price);
        trade.target_price = target.or(trade.target_price);
        for (word, said) in [(&mut trade.setup, &words.setup), (&mut trade.sector, &words.sector)] {
            if let Some(said) = said.as_deref().filter(|_| **word == *UNKNOWN) {
                *word = said.into();
            }
        }
    }
    if let Some(sector) = instruments.sector(&trade.symbol).filter(|_| *trade.sector == *UNKNOWN) {
        trade.sector = sector.into();
    }
}
