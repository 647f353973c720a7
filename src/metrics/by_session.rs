//! Sums of each session, from which means get intervals that respect that trades of one day are not independent.

use std::collections::BTreeMap;

use crate::domain::TradeDetail;
use crate::stats::{Clustered, Undefined};

/// Sums of a and b, by session.
#[derive(Default)]
struct BySession {
    done: BTreeMap<i32, (f64, f64)>,
    /// The session of the last trade: trades come in the order of their exits, so that it is nearly always the next one's.
    open: Option<(i32, (f64, f64))>,
}

impl BySession {
    fn add(&mut self, session: i32, (a, b): (f64, f64)) {
        let before = match self.open {
            Some((open, sums)) if open == session => sums,
            _ => {
                self.done.extend(self.open);
                self.done.get(&session).copied().unwrap_or_default()
            }
        };
        self.open = Some((session, (before.0 + a, before.1 + b)));
    }

    /// Σa / Σb, with the variance that the sessions show.
    fn ratio(mut self) -> Result<Clustered, Undefined> {
        self.done.extend(self.open);
        Clustered::of(self.done.into_values())
    }
}

/// Σa / Σb of trades, with the variance that their sessions show; trades of which `pair` gives none have no part.
///
/// # Errors
/// [`Undefined`] below two sessions.
pub(super) fn ratio_by_session<'t>(
    trades: impl IntoIterator<Item = &'t TradeDetail>,
    mut pair: impl FnMut(&TradeDetail) -> Option<(f64, f64)>,
) -> Result<Clustered, Undefined> {
    let mut sums = BySession::default();
    for trade in trades {
        if let Some(pair) = pair(trade) {
            sums.add(trade.session, pair);
        }
    }
    sums.ratio()
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
        trades: impl IntoIterator<Item = &'t TradeDetail>,
        pair: impl Fn(&TradeDetail) -> Option<(f64, f64)>,
    ) -> Self {
        let (mut a, mut b, mut n) = (0.0, 0.0, 0u64);
        let found = ratio_by_session(trades, |trade| {
            let (one, other) = pair(trade)?;
            (a, b, n) = (a + one, b + other, n + 1);
            Some((one, other))
        });
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
