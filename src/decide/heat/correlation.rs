//! How results of trades that are open at the same time go together, from the own record.

use std::collections::BTreeMap;

use super::book::HeatPosition;
use super::symbol_correlations::SymbolCorrelations;
use crate::domain::{Side, Timestamp};
use crate::stats::{Clustered, Symmetric};

/// A closed trade, as far as pairs of them are looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct PairTrade {
    /// When it was entered.
    pub entry: Timestamp,
    /// When it was closed.
    pub exit: Timestamp,
    /// Its session, in days from the common era.
    pub day: i32,
    /// What was traded.
    pub symbol: String,
    /// Its sector; none where it is not recorded.
    pub sector: Option<String>,
    /// Direction of the position.
    pub side: Side,
    /// Net result in R.
    pub r: f64,
}

/// What is assumed where nothing is known, and how many pairs it counts as.
const ASSUMED: [f64; 2] = [0.5, 0.3];
const ASSUMED_PAIRS: f64 = 50.0;

/// Correlations under stress: within a sector, elsewhere.
const STRESSED: [f64; 2] = [0.8, 0.5];

/// The most trades of a session that pairs are made of: what is open at once is few, but a record may be anything.
const MOST_OPEN: usize = 200;

/// The correlation of a group of pairs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupCorrelation {
    /// What the own pairs show; none without any.
    pub own: Option<f64>,
    /// Its standard error, by session; none with pairs of one session only.
    pub error: Option<f64>,
    /// Pairs of trades that were open at the same time.
    pub pairs: u64,
    /// Sessions of those.
    pub sessions: u64,
    /// What is used: the own one shrunk towards the assumed one.
    pub used: f64,
}

/// Correlations by group, and by the prices of the symbols that have bars.
#[derive(Clone, Debug, PartialEq)]
pub struct Correlations {
    /// Two symbols of one sector.
    pub sector: GroupCorrelation,
    /// Any other two symbols.
    pub rest: GroupCorrelation,
    /// Between symbols with bars, in the place of those; none where they are not known, or too few.
    pub bars: Option<SymbolCorrelations>,
}

/// The mean product of standardised results of pairs that overlapped in time, in the direction of prices: an intraclass
/// correlation (Donner 1986, *International Statistical Review* 54(1), 67–82) without a mean of its own, because results
/// have next to none. By session, so that a day with many pairs counts as one day.
pub fn correlations(trades: &[PairTrade]) -> Correlations {
    let n = trades.len() as f64;
    let mean = trades.iter().map(|trade| trade.r).sum::<f64>() / n;
    let variance = trades.iter().map(|trade| (trade.r - mean).powi(2)).sum::<f64>() / n;
    let mut sums: [BTreeMap<i32, (f64, f64)>; 2] = Default::default();
    let mut by_day: BTreeMap<i32, Vec<&PairTrade>> = BTreeMap::new();
    for trade in trades {
        by_day.entry(trade.day).or_default().push(trade);
    }
    for (day, mut trades) in by_day {
        trades.sort_by_key(|trade| trade.entry);
        let mut open: Vec<&PairTrade> = Vec::new();
        for trade in trades {
            open.retain(|other| other.exit > trade.entry);
            for other in open.iter().filter(|other| other.symbol != trade.symbol) {
                let same_sector = trade.sector.is_some() && trade.sector == other.sector;
                let direction = trade.side.sign() * other.side.sign();
                let product = direction * (trade.r - mean) * (other.r - mean) / variance;
                let sum = sums[usize::from(!same_sector)].entry(day).or_default();
                (sum.0, sum.1) = (sum.0 + product, sum.1 + 1.0);
            }
            if open.len() < MOST_OPEN {
                open.push(trade);
            }
        }
    }
    let [sector, rest] = sums;
    Correlations { sector: group(&sector, ASSUMED[0]), rest: group(&rest, ASSUMED[1]), bars: None }
}

fn group(days: &BTreeMap<i32, (f64, f64)>, assumed: f64) -> GroupCorrelation {
    let pairs: f64 = days.values().map(|(_, pairs)| pairs).sum();
    let products: f64 = days.values().map(|(products, _)| products).sum();
    let own = Some(products / pairs).filter(|own| own.is_finite()).map(|own| own.clamp(-1.0, 1.0));
    let error = Clustered::of(days.values().copied()).ok().map(|found| found.variance.sqrt());
    let used = (own.unwrap_or(0.0) * pairs + ASSUMED_PAIRS * assumed) / (pairs + ASSUMED_PAIRS);
    let used = if own.is_some() { used } else { assumed };
    GroupCorrelation { own, error, pairs: pairs as u64, sessions: days.len() as u64, used }
}

impl Correlations {
    /// Between positions, in the direction of prices; positions in one symbol move as one.
    pub fn between(&self, positions: &[HeatPosition], is_stressed: bool) -> Symmetric {
        let wild = Symmetric::from_fn(positions.len(), |row, column| {
            let (a, b) = (&positions[row], &positions[column]);
            let same_sector = a.sector.is_some() && a.sector == b.sector;
            let (group, stressed) =
                if same_sector { (&self.sector, STRESSED[0]) } else { (&self.rest, STRESSED[1]) };
            let of_bars = self.bars.as_ref().and_then(|bars| bars.of_pair(&a.symbol, &b.symbol));
            let used = of_bars.unwrap_or(group.used);
            match (row == column || a.symbol == b.symbol, is_stressed) {
                (true, _) => 1.0,
                (false, true) => used.max(stressed),
                (false, false) => used,
            }
        });
        wild.as_correlation()
    }
}
