//! The views of risk, execution and behaviour: the trades of a window one by one, joined with their signals. Each takes
//! of a trade what it needs as it is read: they can be a million.

use super::{Context, Reading};
use crate::domain::{TradeDetail, Window};
use crate::files::desks::capital_read;
use crate::files::record_filter::TradeFilter;
use crate::files::trade_details::fold_details;
use crate::metrics::{
    BehaviourTrades, ExcursionSums, ExecutionSums, ROTATION_SPAN, RiskSums, RotationSums, risk_of,
};
use crate::report::{
    View, behaviour_view, excursions_view, execution_view, falling_sentences, risk_view, sectors_view,
};
use crate::simulate::session_fan;
use crate::store::StoreError;

type Shown = Result<(View, Reading), StoreError>;

/// Results in R and excursions.
pub(super) fn excursions_report(
    context: &Context<'_>,
    window: Window,
    filter: Option<&TradeFilter>,
) -> Shown {
    let market = context.market();
    let add = |sums: &mut ExcursionSums, trade: TradeDetail| sums.add(&trade, market);
    let (sums, reading) = fold_details(context, window, filter, ExcursionSums::default, add)?;
    let mut of_positions: Vec<TradeDetail> = Vec::new();
    if !sums.in_parts().is_empty() {
        // Which positions were closed in parts is known with their second exits: their first ones are read again.
        let add = |found: &mut Vec<TradeDetail>, trade: TradeDetail| {
            found.extend(Some(trade).filter(|trade| sums.in_parts().contains(&trade.position_id)));
        };
        (of_positions, _) = fold_details(context, window, filter, Vec::new, add)?;
    }
    Ok((excursions_view(&sums.finish(&of_positions), window.days()), reading))
}

/// Slippage and fees.
pub(super) fn execution_report(context: &Context<'_>, window: Window, filter: Option<&TradeFilter>) -> Shown {
    let market = context.market();
    let add = |sums: &mut ExecutionSums, trade: TradeDetail| sums.add(&trade, market);
    let (sums, reading) = fold_details(context, window, filter, ExecutionSums::default, add)?;
    Ok((execution_view(&sums.finish(), window.days(), &context.settings.currency), reading))
}

/// Drawdowns, tails, months and where the account may go.
pub(super) fn risk_report(context: &Context<'_>, window: Window, filter: Option<&TradeFilter>) -> Shown {
    let add = |sums: &mut RiskSums, trade: TradeDetail| sums.add(&trade);
    let (sums, reading) = fold_details(context, window, filter, RiskSums::default, add)?;
    let found = risk_of(sums, context.market(), capital_read(context, &reading));
    let results: Vec<f64> = found.sessions.iter().map(|session| session.pnl).collect();
    let fan = session_fan(&results, found.capital + results.iter().sum::<f64>());
    Ok((risk_view(&found, fan.as_ref(), &context.settings.currency), reading))
}

/// When results are better or worse than the rest.
pub(super) fn behaviour_report(context: &Context<'_>, window: Window, filter: Option<&TradeFilter>) -> Shown {
    let market = context.market();
    let add = |trades: &mut BehaviourTrades, trade: TradeDetail| trades.add(&trade, market);
    let (trades, reading) = fold_details(context, window, filter, BehaviourTrades::default, add)?;
    let count = trades.count();
    Ok((behaviour_view(&trades.finish(), count, window.days()), reading))
}

fn rotation(
    context: &Context<'_>,
    filter: Option<&TradeFilter>,
) -> Result<(RotationSums, Reading), StoreError> {
    let begin = || RotationSums::new(context.market(), context.seen_from());
    let add = |sums: &mut RotationSums, trade: TradeDetail| sums.add(&trade);
    fold_details(context, Window::Days(ROTATION_SPAN), filter, begin, add)
}

/// What is said of sectors whose results fall.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(super) fn falling_sectors(context: &Context<'_>) -> Result<Vec<String>, StoreError> {
    Ok(falling_sentences(&rotation(context, None)?.0.finish()))
}

/// Which sectors' results turned.
pub(super) fn sectors_report(context: &Context<'_>, filter: Option<&TradeFilter>) -> Shown {
    let (sums, reading) = rotation(context, filter)?;
    Ok((sectors_view(&sums.finish(), sums.trades), reading))
}
