//! The views of risk, execution and behaviour: the trades of a window one by one, joined with their signals.

use super::{Context, Reading};
use crate::domain::{TradeDetail, Window};
use crate::files::desks::capital_read;
use crate::files::record_filter::TradeFilter;
use crate::files::trade_details::trade_details;
use crate::metrics::{ROTATION_SPAN, behaviours, excursions, execution, risk, sector_rotation};
use crate::report::{View, behaviour_view, excursions_view, execution_view, risk_view, sectors_view};
use crate::simulate::session_fan;
use crate::store::StoreError;

type Shown = Result<(View, Reading), StoreError>;

fn shown(
    context: &Context<'_>,
    window: Window,
    filter: Option<&TradeFilter>,
    view: impl FnOnce(&[TradeDetail]) -> View,
) -> Shown {
    let (trades, reading) = trade_details(context, window, filter)?;
    Ok((view(&trades), reading))
}

/// Results in R and excursions.
pub(super) fn excursions_report(
    context: &Context<'_>,
    window: Window,
    filter: Option<&TradeFilter>,
) -> Shown {
    shown(context, window, filter, |trades| {
        excursions_view(&excursions(trades, context.market()), window.days())
    })
}

/// Slippage and fees.
pub(super) fn execution_report(context: &Context<'_>, window: Window, filter: Option<&TradeFilter>) -> Shown {
    shown(context, window, filter, |trades| {
        execution_view(&execution(trades, context.market()), window.days(), &context.settings.currency)
    })
}

/// Drawdowns, tails, months and where the account may go.
pub(super) fn risk_report(context: &Context<'_>, window: Window, filter: Option<&TradeFilter>) -> Shown {
    let (trades, reading) = trade_details(context, window, filter)?;
    let found = risk(&trades, context.market(), capital_read(context, &reading));
    let results: Vec<f64> = found.sessions.iter().map(|session| session.pnl).collect();
    let fan = session_fan(&results, found.capital + results.iter().sum::<f64>());
    Ok((risk_view(&found, fan.as_ref(), &context.settings.currency), reading))
}

/// When results are better or worse than the rest.
pub(super) fn behaviour_report(context: &Context<'_>, window: Window, filter: Option<&TradeFilter>) -> Shown {
    shown(context, window, filter, |trades| {
        behaviour_view(&behaviours(trades, context.market()), trades.len() as u64, window.days())
    })
}

/// Which sectors' results turned.
pub(super) fn sectors_report(context: &Context<'_>, filter: Option<&TradeFilter>) -> Shown {
    shown(context, Window::Days(ROTATION_SPAN), filter, |trades| {
        let found = sector_rotation(trades, context.market(), context.seen_from());
        sectors_view(&found, trades.len())
    })
}
