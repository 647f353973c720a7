//! `report trades`: the trades of a window, of one store or of several desks.

use std::sync::Arc;

use super::{Context, Desk, Reading};
use crate::domain::{Timestamp, Window};
use crate::files::desks::fold_desks;
use crate::files::record_filter::TradeFilter;
use crate::files::trades_in_window::each_trade;
use crate::report::{StoredRecords, TradesForm, TradesShown};
use crate::store::{Log, StoreError};
use crate::wire::{StoredOutcome, parse_object};

/// Which trades are asked for.
pub(super) struct AskedTrades {
    pub window: Window,
    /// Of one symbol.
    pub symbol: Option<String>,
    pub form: TradesForm,
}

/// A trade that may be shown.
struct FoundTrade {
    exit_time: Timestamp,
    /// Its symbol, where one was asked for.
    symbol: Option<String>,
    /// The record; nothing where it is not one of those asked for.
    line: Box<[u8]>,
    /// The desk whose it is, where there are several.
    desk: Option<Arc<str>>,
}

/// The trades of one store, in the order of their exits.
fn found_trades(
    context: &Context<'_>,
    asked: &AskedTrades,
    filter: Option<&TradeFilter>,
) -> Result<(Vec<FoundTrade>, Reading), StoreError> {
    let wanted = |stored: &StoredOutcome<'_>, line: &[u8]| -> Result<FoundTrade, String> {
        let exit_time = stored.facts().exit_time;
        let found = |symbol, line: &[u8]| FoundTrade { exit_time, symbol, line: line.into(), desk: None };
        if filter.is_some_and(|filter| !filter.takes(stored, line)) {
            return Ok(found(None, &[]));
        }
        parse_object(line).map_err(|why| why.to_string())?;
        let Some(symbol) = &asked.symbol else { return Ok(found(None, line)) };
        let traded = stored.facts().symbol;
        Ok(found(Some(traded.to_owned()), if traded == symbol { line } else { &[] }))
    };
    each_trade(context, asked.window, wanted)
}

/// The trades to show, newest first.
pub(super) fn trades_shown(
    context: &Context<'_>,
    asked: &AskedTrades,
    filter: Option<&TradeFilter>,
) -> Result<(TradesShown, Reading), StoreError> {
    let (window, symbol) = (asked.window, asked.symbol.clone());
    let (found, reading) = if context.is_joined() {
        let read = |own: &Context<'_>, desk: &Desk, filter: Option<&TradeFilter>| {
            let (mut found, reading) = found_trades(own, asked, filter)?;
            let name: Arc<str> = desk.name.as_str().into();
            found.iter_mut().for_each(|found| found.desk = Some(Arc::clone(&name)));
            Ok((found, reading))
        };
        let (mut found, reading) =
            fold_desks(context, (Log::Outcomes, filter), Vec::new, read, |all, one| all.extend(one));
        found.sort_by_key(|found| found.exit_time);
        (found, reading)
    } else {
        found_trades(context, asked, filter)?
    };
    let mut traded: Vec<String> = Vec::new();
    for symbol in found.iter().rev().filter_map(|found| found.symbol.as_ref()) {
        if !traded.contains(symbol) {
            traded.push(symbol.clone());
        }
    }
    let count = found.iter().filter(|found| !found.line.is_empty()).count() as u64;
    let most = match asked.form {
        TradesForm::Table(shown) => shown,
        TradesForm::Objects | TradesForm::Rows => usize::MAX,
    };
    let shown = found.into_iter().rev().filter(|found| !found.line.is_empty()).take(most);
    let records = StoredRecords::new(shown.map(|found| (found.line, found.desk)));
    Ok((TradesShown { records, count, days: window.days(), symbol, traded }, reading))
}
