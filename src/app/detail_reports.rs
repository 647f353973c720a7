//! Risk, execution and behaviour: the trades of a window one by one, joined with their signals. Each takes
//! of a trade what it needs as it is read: they can be a million.

use super::{Context, Reading};
use crate::domain::{TradeDetail, Window};
use crate::files::desks::{capital_read, windows_of_all};
use crate::files::record_filter::TradeFilter;
use crate::files::trade_details::{fold_around, fold_details};
use crate::files::window_figures::earned_before;
use crate::metrics::{
    Behaviour, BehaviourTrades, ExcursionSums, Excursions, Execution, ExecutionSums, Performance,
    ROTATION_SPAN, Risk, RiskSums, RotationSums, SectorRotation, Windows, risk_of,
};
use crate::simulate::{Goal, SessionFan, session_fan_to};
use crate::store::StoreError;

type Read<T> = Result<(T, Reading), StoreError>;

/// Drawdowns, tails and months, and where the account may go from here, where enough is known of it.
pub(super) type RiskFound = (Risk, Option<SessionFan>);

/// When results are better or worse, and of how many trades that is.
pub(super) type BehaviourFound = (Vec<Behaviour>, u64);

/// Which sectors' results turned, and of how many trades that is.
pub(super) type SectorsFound = (Vec<SectorRotation>, usize);

/// Results in R and excursions.
pub(super) fn excursions_of(
    context: &Context<'_>,
    window: Window,
    filter: Option<&TradeFilter>,
) -> Read<Excursions> {
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
    Ok((sums.finish(&of_positions), reading))
}

/// Slippage and fees.
pub(super) fn execution_of(
    context: &Context<'_>,
    window: Window,
    filter: Option<&TradeFilter>,
) -> Read<Execution> {
    let market = context.market();
    let add = |sums: &mut ExecutionSums, trade: TradeDetail| sums.add(&trade, market);
    let (sums, reading) = fold_details(context, window, filter, ExecutionSums::default, add)?;
    Ok((sums.finish(), reading))
}

/// The figures of a window and of everything.
fn both(context: &Context<'_>, window: Window) -> Result<Vec<(Window, Performance)>, StoreError> {
    let windows = Windows::new([window, Window::All], context.seen_from(), context.market());
    Ok(windows_of_all(context, &windows, None, false)?.0)
}

/// Drawdowns, tails, months and where the account may go.
pub(super) fn risk_found(
    context: &Context<'_>,
    window: Window,
    filter: Option<&TradeFilter>,
    goal: Option<Goal>,
) -> Read<RiskFound> {
    let add = |sums: &mut RiskSums, trade: TradeDetail| sums.add(&trade);
    let (sums, reading) = fold_details(context, window, filter, RiskSums::default, add)?;
    let start = capital_read(context, &reading);
    let before = if window == Window::All { 0.0 } else { earned_before(&both(context, window)?, window) };
    let found = risk_of(sums, context.market(), start + before);
    let results: Vec<f64> = found.sessions.iter().map(|session| session.pnl).collect();
    let fan = session_fan_to(&results, found.capital + results.iter().sum::<f64>(), goal);
    Ok(((found, fan), reading))
}

/// When results are better or worse than the rest.
pub(super) fn behaviour_found(
    context: &Context<'_>,
    window: Window,
    filter: Option<&TradeFilter>,
) -> Read<BehaviourFound> {
    let market = context.market();
    // Whether a trade came after a loss is told by all trades, not only by those that the filter takes.
    let add =
        |trades: &mut BehaviourTrades, trade: TradeDetail, taken: bool| trades.add(&trade, market, taken);
    let (trades, reading) = fold_around(context, window, filter, BehaviourTrades::default, add)?;
    let count = trades.count();
    Ok(((trades.finish(), count), reading))
}

/// Which sectors' results turned.
pub(super) fn sectors_found(context: &Context<'_>, filter: Option<&TradeFilter>) -> Read<SectorsFound> {
    let begin = || RotationSums::new(context.market(), context.seen_from());
    let add = |sums: &mut RotationSums, trade: TradeDetail| sums.add(&trade);
    let (sums, reading) = fold_details(context, Window::Days(ROTATION_SPAN), filter, begin, add)?;
    Ok(((sums.finish(), sums.trades), reading))
}
