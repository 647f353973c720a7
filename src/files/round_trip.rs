//! What a round trip costs: by which hypothetical results are less than what prices alone would have made.

use super::Context;
use super::trades_in_window::each_trade;
use crate::domain::Window;
use crate::learn::Costs;
use crate::stats::{quantile, sorted};
use crate::store::StoreError;

/// Own trades with fees that say what a round trip costs: one or two may be anything.
const NEEDED: usize = 30;

/// Days back in which they are looked for, until there are enough: what is paid changes, but a desk that paused for two
/// months pays what it paid.
const SPANS: [Window; 4] = [Window::Days(30), Window::Days(90), Window::Days(365), Window::All];

/// Costs are told to a tenth of a basis point, so that one trade more does not make every hypothetical result another one.
const STEPS_OF_A_BP: f64 = 10.0;

/// What a round trip costs beside a record's own spread: as the settings say; where they say nothing of the commission, what
/// the own trades paid, as the median of their positions. None where neither says anything; 0 is a cost that is known.
///
/// # Errors
/// [`StoreError`] when the log of trades cannot be read at all.
pub(crate) fn round_trip(context: &Context<'_>) -> Result<Option<Costs>, StoreError> {
    let set = &context.settings;
    let commission_bps = match set.commission_bps {
        Some(bps) => Some(bps),
        None => paid_bps(context)?,
    };
    let is_known = commission_bps.is_some() || set.slippage_bps.is_some();
    Ok(is_known.then(|| Costs {
        commission_bps: commission_bps.unwrap_or(0.0),
        slippage_bps: set.slippage_bps.unwrap_or(0.0),
    }))
}

/// As [`round_trip`], where a log that cannot be read leaves what the settings say: what waits in the log of trades is told of
/// by whoever reads trades.
pub(crate) fn round_trip_or_set(context: &Context<'_>) -> Option<Costs> {
    round_trip(context).unwrap_or_else(|_| {
        let set = &context.settings;
        let [commission, slippage] = [set.commission_bps, set.slippage_bps];
        let is_set = commission.is_some() || slippage.is_some();
        let [commission_bps, slippage_bps] = [commission, slippage].map(|bps| bps.unwrap_or(0.0));
        is_set.then_some(Costs { commission_bps, slippage_bps })
    })
}

/// What a round trip of a signal costs with the spread that it recorded, in hundredths of a percent; none where nothing of it is
/// known.
pub(crate) fn costs_of(costs: Option<Costs>, spread_bps: Option<f64>) -> Option<f64> {
    match (costs, spread_bps) {
        (None, None) => None,
        (costs, spread) => Some(costs.unwrap_or_default().with_spread(spread)),
    }
}

/// The median of what own trades paid in fees less rebates, in hundredths of a percent of their positions. Trades whose
/// quantity is not on record or whose result is disputed do not say how large their position was; funding depends on how long
/// a position is held, and is no cost of a round trip.
fn paid_bps(context: &Context<'_>) -> Result<Option<f64>, StoreError> {
    for window in SPANS {
        let (trades, _) = each_trade(context, window, |stored, _| {
            let is_told = stored.prices().2.is_some() && !stored.is_disputed();
            let position = stored.position().filter(|position| is_told && *position > 0.0);
            Ok(stored.fees_less_rebate().zip(position).map(|(paid, position)| 1e4 * paid / position))
        })?;
        let bps = sorted(trades.into_iter().flatten().filter(|bps| bps.is_finite()));
        if bps.len() >= NEEDED {
            return Ok(quantile(&bps, 0.5).map(|bps| (bps.max(0.0) * STEPS_OF_A_BP).round() / STEPS_OF_A_BP));
        }
    }
    Ok(None)
}
