//! The session that a report is about: the one that runs, else the last one that is over.

use std::collections::BTreeMap;

use super::Context;
use crate::domain::{Calendar, Date, Window};
use crate::files::FiguresByWindow;
use crate::files::trades_in_window::{RecentTrade, recent_trades};
use crate::metrics::{Daily, ExactSum, Metric, Sample};
use crate::report::SessionData;
use crate::store::StoreError;

/// What the session came to.
///
/// # Errors
/// [`StoreError`] when the log cannot be read at all.
pub(super) fn session(
    context: &Context<'_>,
    figures: &FiguresByWindow,
) -> Result<Option<SessionData>, StoreError> {
    let now = context.seen_from();
    let calendar = context.market().calendar();
    let Some(session) = calendar.current(now) else { return Ok(None) };
    let days = (calendar.trading_date(now) - session.date).num_days().clamp(0, 30) as u16 + 1;
    let (read, _) = recent_trades(context, Window::Days(days))?;
    let trades: Vec<&RecentTrade> =
        read.iter().filter(|trade| calendar.trading_date(trade.exit_time) == session.date).collect();
    let mut sample = Sample::new(context.settings.capital, context.market());
    trades.iter().for_each(|trade| sample.push(&trade.facts()));
    let all = figures.all();
    let below = all
        .and_then(|all| Some((all.get(Metric::DrawdownNowUsd).ok()?, all.get(Metric::DrawdownNowPct).ok()?)));
    Ok(Some(SessionData {
        date: session.date,
        is_running: calendar.running(now).is_some(),
        figures: sample.performance(),
        worst_hour: worst_hour(calendar, &trades),
        last_trade: all.and_then(|all| Some(all.daily().span()?.1)),
        below_peak: below,
        peak_on: all.and_then(|all| peak_on(all.daily())),
        currency: context.settings.currency.clone(),
    }))
}

/// The hour of the calendar's clock in which trades that were closed lost most together.
fn worst_hour(calendar: &Calendar, trades: &[&RecentTrade]) -> Option<(u32, f64, u64)> {
    let mut hours: BTreeMap<u32, (f64, u64)> = BTreeMap::new();
    for trade in trades {
        let hour = (trade.exit_time.local(calendar.zone()).1 / 3_600_000_000) as u32;
        let of_hour = hours.entry(hour).or_default();
        *of_hour = (of_hour.0 + trade.pnl, of_hour.1 + 1);
    }
    let worst = hours.into_iter().min_by(|a, b| a.1.0.total_cmp(&b.1.0))?;
    Some((worst.0, worst.1.0, worst.1.1)).filter(|worst| worst.1 < 0.0)
}

/// The day at whose close the account stood highest, the last of several; none where it never rose above its
/// beginning.
fn peak_on(daily: &Daily) -> Option<Date> {
    let (mut running, mut peak) = (ExactSum::default(), 0.0);
    let mut on = None;
    for (date, day) in daily.days() {
        running.merge(day.pnl);
        let value = running.value().ok()?;
        if value > 0.0 && value >= peak {
            (peak, on) = (value, Some(date));
        }
    }
    on
}
