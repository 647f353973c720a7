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

/// A mean with its interval by session, and the trades that have a part in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanBySession {
    /// Mean or ratio; of fewer than two sessions without an interval.
    pub value: Result<f64, Undefined>,
    /// The 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// Trades.
    pub n: u64,
}

impl MeanBySession {
    /// Σa / Σb of the trades of which `pair` gives a pair.
    pub(super) fn new<'t>(
        trades: impl IntoIterator<Item = &'t TradeDetail> + Clone,
        market: &Market,
        pair: impl Fn(&TradeDetail) -> Option<(f64, f64)>,
    ) -> Self {
        let pairs = trades.clone().into_iter().filter_map(&pair);
        let (mut a, mut b, mut n) = (0.0, 0.0, 0u64);
        for (one, other) in pairs {
            (a, b, n) = (a + one, b + other, n + 1);
        }
        let found: Result<Clustered, Undefined> = ratio_by_session(trades, market, &pair);
        let none = Undefined::NoTrades;
        let value = if n == 0 {
            Err(none)
        } else if b == 0.0 {
            Err(Undefined::NoVariation)
        } else {
            Ok(a / b)
        };
        Self { value, interval: found.ok().map(|found| found.interval()), n }
    }
}

/// The trading date of a trade's exit, as days since the common era began.
pub(super) fn session_of(trade: &TradeDetail, market: &Market) -> i32 {
    market.trading_date(trade.exit_time).num_days_from_ce()
}
