//! Trades that were open at the same time, pair by pair.

use std::collections::BTreeMap;

use super::numbered::Numbered;
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
    /// The numbers of their symbols among [`Overlaps::symbols`].
    pub symbols: (usize, usize),
    /// Whether both are of one sector that is known.
    pub same_sector: bool,
}

/// Trades, of which the pairs are handed out that overlapped in time.
pub(super) struct Overlaps<'t, T> {
    trades: &'t [T],
    symbols: Numbered<&'t str>,
    sectors: Numbered<&'t str>,
}

impl<'t, T: AsRef<PairTrade>> Overlaps<'t, T> {
    pub(super) fn of(trades: &'t [T]) -> Self {
        let pairs = || trades.iter().map(AsRef::as_ref);
        let symbols = Numbered::of(pairs().map(|pair| Some(pair.symbol.as_str())));
        Self { trades, symbols, sectors: Numbered::of(pairs().map(|pair| pair.sector.as_deref())) }
    }

    /// The names of the symbols, by their numbers.
    pub(super) fn symbols(&self) -> &[&'t str] {
        &self.symbols.names
    }

    /// Hands out each pair, session by session.
    pub(super) fn each(&self, mut each: impl FnMut(Overlap<'t>)) {
        let mut by_day: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
        for (place, trade) in self.trades.iter().enumerate() {
            by_day.entry(trade.as_ref().day).or_default().push(place);
        }
        let pair = |place: usize| self.trades[place].as_ref();
        for mut places in by_day.into_values() {
            places.sort_by_key(|place| pair(*place).entry);
            let mut open: Vec<usize> = Vec::new();
            for place in places {
                let one = pair(place);
                open.retain(|other| pair(*other).exit > one.entry);
                for other in open.iter().copied().filter(|other| !self.symbols.is_same(place, *other)) {
                    let symbols = self.symbols.at(place).zip(self.symbols.at(other)).unwrap_or_default();
                    let same_sector = self.sectors.is_same(place, other);
                    each(Overlap { one, other: pair(other), symbols, same_sector });
                }
                if open.len() < MOST_OPEN {
                    open.push(place);
                }
            }
        }
    }
}
