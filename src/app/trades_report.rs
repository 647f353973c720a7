//! `report trades`: the trades of a window, of one store or of several desks.

use std::sync::Arc;

use super::{Context, Desk, Reading};
use crate::domain::Window;
use crate::files::desks::fold_desks;
use crate::files::record_filter::TradeFilter;
use crate::files::trade_list::{ListedLine, ListedLog, TradeList};
use crate::report::{StoredRecords, TradesForm, TradesShown};
use crate::store::{Log, StoreError};

/// Which trades are asked for.
pub(super) struct AskedTrades {
    pub window: Window,
    /// Of one symbol.
    pub symbol: Option<String>,
    pub form: TradesForm,
}

/// The trades to show, newest first.
pub(super) fn trades_shown(
    context: &Context<'_>,
    asked: &AskedTrades,
    filter: Option<&TradeFilter>,
) -> Result<(TradesShown, Reading), StoreError> {
    let (window, symbol) = (asked.window, asked.symbol.clone());
    let (logs, reading) = if context.is_joined() {
        let read = |own: &Context<'_>, desk: &Desk, filter: Option<&TradeFilter>| {
            let (mut log, reading) = ListedLog::read(own, window, asked.symbol.as_deref(), filter)?;
            log.desk = Some(desk.name.clone());
            Ok((vec![log], reading))
        };
        fold_desks(context, (Log::Outcomes, filter), Vec::new, read, |all, one| all.extend(one))
    } else {
        let (log, reading) = ListedLog::read(context, window, asked.symbol.as_deref(), filter)?;
        (vec![log], reading)
    };
    let list = TradeList::new(logs);
    let (count, traded) = (list.count(), list.symbols());
    let (records, newest) = match asked.form {
        TradesForm::Table(shown) => {
            let owned = |line: ListedLine<'_>| (line.0, line.1.map(str::to_owned));
            let newest = list.lines(shown).map(|line| line.map(owned)).collect::<Result<_, _>>()?;
            (None, newest)
        }
        TradesForm::Objects | TradesForm::Rows => (Some(Arc::new(StoredRecords::new(list))), Vec::new()),
    };
    Ok((TradesShown { records, newest, count, days: window.days(), symbol, traded }, reading))
}
