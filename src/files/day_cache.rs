//! The last 90 days by trading day, kept beside the checkpoint: what lets windows be told without reading
//! their trades again. A cache; whatever does not fit is read from the log instead.

use std::collections::HashSet;

use super::Context;
use super::checkpointed_log::Outcomes;
use super::trade_log::{Adding, read_once};
use super::trades_in_window::REORDERED;
use crate::domain::{Timestamp, TradeFacts};
use crate::metrics::{Arranged, Days, ExitSorter, TotalsByDay};
use crate::store::{Checkpoint, Log, ScanOptions, StoreError};

/// The longest window that is told from days.
const REACH_DAYS: i64 = 90;

/// The days as the cache keeps them.
pub(crate) type KeptDays = Checkpoint<Option<Days>>;

/// The days up to the end of what is known of the log: from the cache and what came since, or read anew. Where
/// trades are out of order or held over night, days that say that they are of no use, so that this is found out
/// once a day and not every time. With them, whether they are worth keeping: they say more than the cache does.
///
/// # Errors
/// [`StoreError`] when the log cannot be read.
pub(crate) fn recent_days(
    context: &Context<'_>,
    known: &Outcomes,
) -> Result<Option<(KeptDays, bool)>, StoreError> {
    if known.checkpoint.damaged_bytes > 0 || known.checkpoint.unreadable_rows > 0 {
        return Ok(None);
    }
    let capital = context.settings.capital;
    // The beginning of the trading day in which the longest window begins.
    let market = context.market();
    let calendar = market.calendar();
    let since = calendar.bounds(calendar.trading_date(context.now.plus_days(-REACH_DAYS))).0;
    let log = context.layout.log(Log::Outcomes);
    let kept = KeptDays::load(context.disk, &context.layout.days(), &log).ok();
    if let Some(kept) = kept {
        match &kept.folded {
            Some(days) if days.is_useless(capital, market, since) => return Ok(None),
            Some(days) if days.reach(capital, market, since) => {
                let before = kept.position;
                let kept = read_on(context, kept, since, ExitSorter::new(REORDERED))?;
                if kept.folded.as_ref().is_some_and(|days| days.reach(capital, market, since)) {
                    let is_new = kept.position != before;
                    return Ok(Some((kept, is_new)));
                }
            }
            _ => {}
        }
    }
    Ok(Some((read_on(context, fresh(context, since), since, ExitSorter::new(REORDERED))?, true)))
}

/// No days yet.
fn fresh(context: &Context<'_>, since: Timestamp) -> KeptDays {
    let days = Days::new(context.settings.capital, context.market(), since);
    KeptDays { folded: Some(days), ..KeptDays::default() }
}

/// Reads the trades behind the cache into its days.
fn read_on(
    context: &Context<'_>,
    mut kept: KeptDays,
    since: Timestamp,
    mut sorter: ExitSorter,
) -> Result<KeptDays, StoreError> {
    let mut days =
        kept.folded.take().unwrap_or_else(|| Days::new(context.settings.capital, context.market(), since));
    let from = days.since();
    let adding = Adding {
        fresh: TotalsByDay::default,
        add: |window_totals: &mut TotalsByDay, trade: &TradeFacts<'_>| {
            if trade.exit_time >= from {
                window_totals.add(context.market(), trade);
            }
        },
        filter: None,
        said: None,
    };
    let is_fresh = kept.position == Default::default();
    let options = ScanOptions { from: kept.position, after_us: Some(from.micros() - 1) };
    let reading = read_once(context, options, &HashSet::new(), &adding, |window_totals, exits| {
        days.absorb(window_totals);
        for exit in exits.into_iter().filter(|exit| exit.exit_time >= from) {
            sorter.push(exit, &mut |exit| days.push(context.market(), exit));
        }
    })?;
    let twice = match sorter.finish(&mut |exit| days.push(context.market(), exit)) {
        Arranged::InOrder(twice) => twice,
        Arranged::Sorted(sorted) if is_fresh => {
            days.forget_tracks();
            sorted.each(&mut |exit| days.push(context.market(), exit))
        }
        Arranged::TooLate if is_fresh => {
            return read_on(context, fresh(context, since), since, ExitSorter::of_disorder());
        }
        Arranged::Sorted(_) | Arranged::TooLate => {
            days.give_up();
            Vec::new()
        }
    };
    days.forget_before(context.market(), since);
    if !twice.is_empty() || !reading.is_whole() {
        days.give_up();
    }
    kept.position = reading.scan.end;
    kept.folded = Some(days);
    Ok(kept)
}
