//! Sums of each session, from which means get intervals that respect that trades of one day are not independent.

use crate::domain::TradeDetail;
use crate::stats::{Clustered, Undefined};

/// Sums of a and b, by session.
#[derive(Clone, Debug, Default)]
pub(super) struct BySession {
    /// In the order of sessions: trades come in that of their exits, so that it is nearly always the last one's.
    sums: Vec<(i32, (f64, f64))>,
}

impl BySession {
    pub(super) fn add(&mut self, session: i32, (a, b): (f64, f64)) {
        let place = match self.sums.last() {
            Some((last, _)) if *last == session => Ok(self.sums.len() - 1),
            _ => self.sums.binary_search_by_key(&session, |(session, _)| *session),
        };
        let at = place.unwrap_or_else(|at| {
            self.sums.insert(at, (session, (0.0, 0.0)));
            at
        });
        let sums = &mut self.sums[at].1;
        *sums = (sums.0 + a, sums.1 + b);
    }

    /// Σa / Σb, with the variance that the sessions show.
    pub(super) fn ratio(&self) -> Result<Clustered, Undefined> {
        Clustered::of(self.sums.iter().map(|(_, sums)| *sums))
    }
}

/// A mean with its interval by session, and the trades that have a part in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanBySession {
    /// Mean or ratio; of fewer than two sessions without an interval.
    pub value: Result<f64, Undefined>,
    /// The 95 % interval by session, in the unit of the value; none of fewer than two sessions.
    pub interval: Option<(f64, f64)>,
    /// Trades that have a part in the mean.
    pub n: u64,
}

impl MeanBySession {
    /// Σa / Σb of the trades of which `pair` gives a pair.
    pub(super) fn new<'t>(
        trades: impl IntoIterator<Item = &'t TradeDetail>,
        pair: impl Fn(&TradeDetail) -> Option<(f64, f64)>,
    ) -> Self {
        let mut sums = MeanSums::default();
        trades.into_iter().for_each(|trade| sums.add(trade.session, pair(trade)));
        sums.finish()
    }
}

/// What a [`MeanBySession`] is made of, added up trade by trade.
#[derive(Clone, Debug, Default)]
pub(super) struct MeanSums {
    a: f64,
    b: f64,
    n: u64,
    sessions: BySession,
}

impl MeanSums {
    /// Adds what a trade has of a and b; one that has none has no part.
    pub(super) fn add(&mut self, session: i32, pair: Option<(f64, f64)>) {
        let Some((a, b)) = pair else { return };
        (self.a, self.b, self.n) = (self.a + a, self.b + b, self.n + 1);
        self.sessions.add(session, (a, b));
    }

    /// Adds a value of which the mean is taken.
    pub(super) fn add_value(&mut self, session: i32, value: Option<f64>) {
        self.add(session, value.map(|value| (value, 1.0)));
    }

    /// Σa / Σb.
    pub(super) fn finish(&self) -> MeanBySession {
        let value = if self.n == 0 {
            Err(Undefined::NoTrades)
        } else if self.b == 0.0 {
            Err(Undefined::NoVariation)
        } else {
            Ok(self.a / self.b)
        };
        let interval = self.sessions.ratio().ok().map(|found| found.interval());
        MeanBySession { value, interval, n: self.n }
    }
}
