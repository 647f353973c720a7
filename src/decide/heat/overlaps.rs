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
    pub(super) fn of(trades: &[impl AsRef<PairTrade>]) -> Self {
        let n = trades.len() as f64;
        let results = || trades.iter().map(|trade| trade.as_ref().r);
        let mean = results().sum::<f64>() / n;
        let variance = results().map(|r| (r - mean).powi(2)).sum::<f64>() / n;
        Self { mean, variance }
    }

    /// The product of two results in the direction of prices.
    pub(super) fn product(&self, one: &PairTrade, other: &PairTrade) -> f64 {
        let direction = one.side.sign() * other.side.sign();
        direction * (one.r - self.mean) * (other.r - self.mean) / self.variance
    }
}

/// Two trades of one session in two symbols that overlapped in time.
pub(super) struct Overlap<'t> {
    pub one: &'t PairTrade,
    pub other: &'t PairTrade,
}

impl Overlap<'_> {
    /// Whether both are of one sector that is known.
    pub(super) fn is_of_one_sector(&self) -> bool {
        self.one.sector.is_some() && self.one.sector == self.other.sector
    }
}

/// Hands out each pair of trades that overlapped in time, session by session.
pub(super) fn each_overlap<'t>(trades: &'t [impl AsRef<PairTrade>], mut each: impl FnMut(Overlap<'t>)) {
    let mut by_day: BTreeMap<i32, Vec<&PairTrade>> = BTreeMap::new();
    for trade in trades.iter().map(AsRef::as_ref) {
        by_day.entry(trade.day).or_default().push(trade);
    }
    for mut of_day in by_day.into_values() {
        of_day.sort_by_key(|trade| trade.entry);
        let mut open: Vec<&PairTrade> = Vec::new();
        for one in of_day {
            open.retain(|other| other.exit > one.entry);
            for other in open.iter().copied().filter(|other| one.symbol != other.symbol) {
                each(Overlap { one, other });
            }
            if open.len() < MOST_OPEN {
                open.push(one);
            }
        }
    }
}
