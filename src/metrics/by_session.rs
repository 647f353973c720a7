//! Sums of each session, from which means get intervals that respect that trades of one day are not independent.

use std::collections::BTreeMap;

use chrono::Datelike;

use crate::domain::{Market, TradeDetail};
use crate::stats::{Clustered, Undefined};

/// Σa / Σb of trades, with the variance that their sessions show; trades of which `pair` gives none have no part.
///
/// # Errors
/// [`Undefined`] below two sessions.
pub(super) fn ratio_by_session<'t>(
    trades: impl IntoIterator<Item = &'t TradeDetail>,
    market: &Market,
    pair: impl Fn(&TradeDetail) -> Option<(f64, f64)>,
) -> Result<Clustered, Undefined> {
    let mut days: BTreeMap<i32, (f64, f64)> = BTreeMap::new();
    for trade in trades {
        if let Some((a, b)) = pair(trade) {
            let day = days.entry(session_of(trade, market)).or_default();
            *day = (day.0 + a, day.1 + b);
        }
    }
    Clustered::of(days.into_values())
}

/// The trading date of a trade's exit, as days since the common era began.
pub(super) fn session_of(trade: &TradeDetail, market: &Market) -> i32 {
    market.trading_date(trade.exit_time).num_days_from_ce()
}
