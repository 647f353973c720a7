//! What a round trip costs: by which hypothetical results are less than what prices alone would have made.

use super::Context;
use super::trades_in_window::each_trade;
use crate::domain::{Timestamp, Window};
use crate::learn::Costs;
use crate::stats::{quantile, sorted};
use crate::store::StoreError;

/// Own trades with fees that say what a round trip costs: one or two may be anything.
const NEEDED: usize = 30;

/// Days back in which they are looked for, until there are enough: what is paid changes, but a desk that paused for two
/// months pays what it paid.
const BACK: [Window; 4] = [Window::Days(30), Window::Days(90), Window::Days(365), Window::All];

/// Costs are told to a tenth of a basis point, so that one trade more does not make every hypothetical result another one.
const STEPS_OF_A_BP: f64 = 10.0;

/// What a round trip costs beside a record's own spread: as the settings say; where they say nothing of the commission, what
/// the own trades paid, as the median of their positions. None where neither says anything; 0 is a cost that is known. What
/// waits in a log of trades that cannot be read is told of by whoever reads trades.
pub(crate) fn round_trip(context: &Context<'_>) -> Option<Costs> {
    let set = &context.settings;
    let commission = set.commission_bps.or_else(|| paid_bps(context).ok().flatten());
    let is_known = commission.is_some() || set.slippage_bps.is_some();
    let [commission_bps, slippage_bps] = [commission, set.slippage_bps].map(|bps| bps.unwrap_or(0.0));
    is_known.then_some(Costs { commission_bps, slippage_bps })
}

/// The same context, in which is known what own trades paid: whoever asks for it several times reads them once. Several desks
/// have paid each their own.
pub(crate) fn with_known_costs<'c>(context: &Context<'c>) -> Context<'c> {
    let mut known = context.clone();
    if !known.is_joined() && known.settings.commission_bps.is_none() {
        known.settings.commission_bps = paid_bps(context).ok().flatten();
    }
    known
}

/// What a round trip of a signal costs with the spread that it recorded, in hundredths of a percent; none where nothing of it is
/// known.
pub(crate) fn costs_of(costs: Option<Costs>, spread_bps: Option<f64>) -> Option<f64> {
    match (costs, spread_bps) {
        (None, None) => None,
        (costs, spread) => Some(costs.unwrap_or_default().with_spread(spread)),
    }
}

/// The median of what own trades paid, in the shortest window that has enough. Each window is a read of its own, which passes
/// over the blocks before it: a log of years is not unpacked for a desk that paused.
fn paid_bps(context: &Context<'_>) -> Result<Option<f64>, StoreError> {
    let now = context.seen_from();
    let mut at = 0;
    while let Some(window) = BACK.get(at) {
        let (paid, skipped_rows) = paid(context, *window)?;
        let of = |window: &Window| {
            let window = *window;
            paid.iter().filter(move |(exit, _)| window.contains(*exit, now)).copied()
        };
        if let Some(window) = BACK[..=at].iter().find(|window| of(window).count() >= NEEDED) {
            return Ok(median(of(window)));
        }
        // A log of which no block could be passed over is read once more, as a whole.
        at = if skipped_rows == 0 { (BACK.len() - 1).max(at + 1) } else { at + 1 };
    }
    Ok(None)
}

/// What each own trade of a window paid in fees less rebates, in hundredths of a percent of its position, with its exit. Trades
/// whose quantity is not on record or whose result is disputed do not say how large their position was; funding depends on how
/// long a position is held, and is no cost of a round trip. Also how many rows of blocks before the window were passed over.
fn paid(context: &Context<'_>, window: Window) -> Result<(Vec<(Timestamp, f64)>, u64), StoreError> {
    let (trades, reading) = each_trade(context, window, |stored, _| {
        let is_told = stored.prices().2.is_some() && !stored.is_disputed();
        let position = stored.position().filter(|position| is_told && *position > 0.0);
        let bps = stored.fees_less_rebate().zip(position).map(|(paid, position)| 1e4 * paid / position);
        Ok(bps.filter(|bps| bps.is_finite()).map(|bps| (stored.facts().exit_time, bps)))
    })?;
    Ok((trades.into_iter().flatten().collect(), reading.scan.skipped_rows))
}

fn median(paid: impl Iterator<Item = (Timestamp, f64)>) -> Option<f64> {
    let bps = quantile(&sorted(paid.map(|(_, bps)| bps)), 0.5)?;
    Some((bps.max(0.0) * STEPS_OF_A_BP).round() / STEPS_OF_A_BP)
}
