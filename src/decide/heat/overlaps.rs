//! Trades that were open at the same time, pair by pair.

use std::collections::BTreeMap;

use super::own_trades::PairTrade;

/// The most trades of a session that pairs are made of: what is open at once is few, but a record may be anything.
const MOST_OPEN: usize = 200;

/// What results are standardised by.
pub(super) struct Scale {
    pub mean: f64,
    pub variance: f64,
}

impl Scale {
    pub(super) fn of(trades: &[PairTrade]) -> Self {
        let n = trades.len() as f64;
        let mean = trades.iter().map(|trade| trade.r).sum::<f64>() / n;
        let variance = trades.iter().map(|trade| (trade.r - mean).powi(2)).sum::<f64>() / n;
        Self { mean, variance }
    }

    /// The product of two results in the direction of prices.
    pub(super) fn product(&self, one: &PairTrade, other: &PairTrade) -> f64 {
        let direction = one.side.sign() * other.side.sign();
        direction * (one.r - self.mean) * (other.r - self.mean) / self.variance
    }
}

/// Hands out each pair of trades of one session in two symbols that overlapped in time.
pub(super) fn each_overlap<'t>(trades: &'t [PairTrade], mut each: impl FnMut(&'t PairTrade, &'t PairTrade)) {
    let mut by_day: BTreeMap<i32, Vec<&PairTrade>> = BTreeMap::new();
    for trade in trades {
        by_day.entry(trade.day).or_default().push(trade);
    }
    for mut trades in by_day.into_values() {
        trades.sort_by_key(|trade| trade.entry);
        let mut open: Vec<&PairTrade> = Vec::new();
        for trade in trades {
            open.retain(|other| other.exit > trade.entry);
            open.iter().filter(|other| other.symbol != trade.symbol).for_each(|other| each(trade, other));
            if open.len() < MOST_OPEN {
                open.push(trade);
            }
        }
    }
}
