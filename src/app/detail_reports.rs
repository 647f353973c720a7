//! Risk, execution and behaviour: the trades of a window one by one, joined with their signals. Each takes
//! of a trade what it needs as it is read: they can be a million.

use super::{Context, Reading};
use crate::domain::{Market, Timestamp, TradeDetail, Window};
use crate::files::desks::{capital_read, windows_of_all};
use crate::files::record_filter::TradeFilter;
use crate::files::trade_details::{fold_around, fold_details};
use crate::files::window_figures::earned_before;
use crate::metrics::{
    Behaviour, BehaviourTrades, ExcursionPoint, ExcursionSums, Excursions, Execution, ExecutionSums,
    Performance, ROTATION_SPAN, Risk, RiskSums, RotationSums, SectorRotation, Windows, risk_of,
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
    Ok((finished(context, window, filter, sums)?, reading))
}

/// What was added up, with the trades of the positions that were closed in parts: which these are is known with their second
/// exits, so that their first ones are read again.
fn finished(
    context: &Context<'_>,
    window: Window,
    filter: Option<&TradeFilter>,
    sums: ExcursionSums,
) -> Result<Excursions, StoreError> {
    if sums.in_parts().is_empty() {
        return Ok(sums.finish(&[]));
    }
    let add = |found: &mut Vec<TradeDetail>, trade: TradeDetail| {
        found.extend(Some(trade).filter(|trade| sums.in_parts().contains(&trade.position_id)));
    };
    let (of_positions, _) = fold_details(context, window, filter, Vec::new, add)?;
    Ok(sums.finish(&of_positions))
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

/// What the sections of the page say of trades one by one.
pub(super) struct DetailsFound {
    pub excursions: Excursions,
    /// The trades whose excursions are known, oldest first.
    pub points: Vec<ExcursionPoint>,
    pub behaviour: BehaviourFound,
    pub risk: RiskSums,
    pub sectors: Vec<SectorRotation>,
    pub execution: Execution,
}

/// The sums behind them.
struct DetailSums {
    excursions: ExcursionSums,
    points: Vec<ExcursionPoint>,
    behaviour: BehaviourTrades,
    risk: RiskSums,
    sectors: RotationSums,
    execution: ExecutionSums,
}

impl DetailSums {
    fn new(market: &Market, now: Timestamp) -> Self {
        Self {
            excursions: ExcursionSums::default(),
            points: Vec::new(),
            behaviour: BehaviourTrades::default(),
            risk: RiskSums::default(),
            sectors: RotationSums::new(market, now),
            execution: ExecutionSums::default(),
        }
    }

    fn add(&mut self, trade: &TradeDetail, market: &Market) {
        self.excursions.add(trade, market);
        self.points.extend(ExcursionPoint::of(trade));
        self.behaviour.add(trade, market, true);
        self.risk.add(trade);
        self.sectors.add(trade);
        self.execution.add(trade, market);
    }
}

/// What the sections of the page say of the trades of a window, from one walk through the log.
pub(super) fn details_found(context: &Context<'_>, window: Window) -> Result<DetailsFound, StoreError> {
    let market = context.market();
    let begin = || DetailSums::new(market, context.seen_from());
    let add = |sums: &mut DetailSums, trade: TradeDetail| sums.add(&trade, market);
    let DetailSums { excursions, points, behaviour, risk, sectors, execution } =
        fold_details(context, window, None, begin, add)?.0;
    // One after the other, each gives back what it held.
    let execution = execution.finish();
    let count = behaviour.count();
    Ok(DetailsFound {
        behaviour: (behaviour.finish(), count),
        excursions: finished(context, window, None, excursions)?,
        points,
        risk,
        sectors: sectors.finish(),
        execution,
    })
}
