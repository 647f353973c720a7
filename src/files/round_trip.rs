//! What a round trip costs: by which hypothetical results are less than what prices alone would have made.

use super::Context;
use super::trades_in_window::each_trade;
use crate::domain::Window;
use crate::learn::Costs;
use crate::store::StoreError;

/// Own trades of so many days say what a round trip costs.
const DAYS: u16 = 30;

/// What a round trip costs beside a record's own spread: as the settings say; where they say nothing, what the own trades
/// paid of their positions.
///
/// # Errors
/// [`StoreError`] when the log of trades cannot be read at all.
pub(crate) fn round_trip(context: &Context<'_>) -> Result<Costs, StoreError> {
    let set = context.settings.costs;
    if set != Costs::default() {
        return Ok(set);
    }
    let (trades, _) = each_trade(context, Window::Days(DAYS), |stored, _| {
        let facts = stored.facts();
        let by_result = (facts.pnl_frac != 0.0).then(|| (facts.pnl / facts.pnl_frac).abs());
        Ok(stored.costs().zip(by_result.or_else(|| stored.position())))
    })?;
    let known = trades.into_iter().flatten();
    let (paid, positions) = known
        .fold((0.0, 0.0), |(paid, positions), (costs, position)| (paid + costs, positions + position.abs()));
    let share = paid / positions;
    let is_known = share.is_finite() && share > 0.0;
    Ok(Costs { commission_bps: if is_known { 1e4 * share } else { 0.0 }, ..Costs::default() })
}
