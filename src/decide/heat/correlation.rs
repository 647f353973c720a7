//! How results of trades that are open at the same time go together, from the own record.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::book::HeatPosition;
use super::overlaps::{Scale, each_overlap};
use super::own_trades::{NameId, Names, PairTrade};
use super::shortfall::SessionResults;
use super::symbol_correlations::SymbolCorrelations;
use crate::stats::Symmetric;

/// What is assumed where nothing is known, and how many pairs it counts as.
const ASSUMED: [f64; 2] = [0.5, 0.3];
const ASSUMED_PAIRS: f64 = 50.0;

/// Correlations under stress: within a sector, elsewhere.
const STRESSED: [f64; 2] = [0.8, 0.5];

/// The correlation of a group of pairs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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

/// What the heat of a book rests on of the own trades.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnPast {
    /// How results of two symbols of a sector go together.
    pub sector: GroupCorrelation,
    /// How those of any other two do.
    pub rest: GroupCorrelation,
    /// What each session's trades made.
    pub results: SessionResults,
    /// The sector of each symbol, as the last trade that names one says it.
    pub sectors: BTreeMap<String, String>,
    /// Trades that this rests on.
    pub trades: usize,
}

impl OwnPast {
    /// That of trades in the order of their exits.
    pub fn of(trades: &[PairTrade], names: &Names) -> Self {
        let named = |id| names.of(id).to_owned();
        let sectors: HashMap<NameId, NameId> =
            trades.iter().filter_map(|trade| Some((trade.symbol, trade.sector?))).collect();
        let Correlations { sector, rest, .. } = correlations(trades);
        let results = SessionResults::of(trades);
        let sectors = sectors.into_iter().map(|(symbol, sector)| (named(symbol), named(sector))).collect();
        Self { sector, rest, results, sectors, trades: trades.len() }
    }
}

/// What pairs of a session add up to: products of standardised results, how many they are.
type PairSum = (f64, f64);

/// The mean product of standardised results of pairs that overlapped in time, in the direction of prices: an intraclass
/// correlation (Donner 1986, *International Statistical Review* 54(1), 67–82) without a mean of its own, because results
/// have next to none. By session, so that a day with many pairs counts as one day.
pub fn correlations(trades: &[impl AsRef<PairTrade>]) -> Correlations {
    let scale = Scale::of(trades);
    let mut sums: [BTreeMap<i32, PairSum>; 2] = Default::default();
    // Pairs come session by session.
    let mut of_day: (i32, [PairSum; 2]) = Default::default();
    let mut close = |(day, of_groups): (i32, [PairSum; 2])| {
        for (sums, sum) in sums.iter_mut().zip(of_groups).filter(|(_, (_, pairs))| *pairs > 0.0) {
            sums.insert(day, sum);
        }
    };
    each_overlap(trades, |pair| {
        if pair.one.day != of_day.0 {
            close(std::mem::replace(&mut of_day, (pair.one.day, Default::default())));
        }
        let sum = &mut of_day.1[usize::from(!pair.is_of_one_sector())];
        *sum = (sum.0 + scale.product(pair.one, pair.other), sum.1 + 1.0);
    });
    close(of_day);
    // What a session's own spread did to the deviation that all results are taken in: squares, and trades.
    let mut squares: BTreeMap<i32, (f64, f64)> = BTreeMap::new();
    for trade in trades.iter().map(AsRef::as_ref) {
        let sum = squares.entry(trade.day).or_default();
        (sum.0, sum.1) = (sum.0 + (trade.r - scale.mean).powi(2) / scale.variance, sum.1 + 1.0);
    }
    let [sector, rest] = sums;
    let group = |sums: &BTreeMap<i32, PairSum>, assumed: f64| group(sums, &squares, assumed);
    Correlations { sector: group(&sector, ASSUMED[0]), rest: group(&rest, ASSUMED[1]), bars: None }
}

fn group(
    days: &BTreeMap<i32, PairSum>,
    squares: &BTreeMap<i32, (f64, f64)>,
    assumed: f64,
) -> GroupCorrelation {
    let pairs: f64 = days.values().map(|(_, pairs)| pairs).sum();
    let products: f64 = days.values().map(|(products, _)| products).sum();
    let own = Some(products / pairs).filter(|own| own.is_finite()).map(|own| own.clamp(-1.0, 1.0));
    let sessions = days.len() as f64;
    let trades: f64 = squares.values().map(|(_, trades)| trades).sum();
    // A ratio of two sums over sessions: what shared factor lifts a session's products lifts its squares too, and without
    // these the error would be twice what it is (Cochran 1977, *Sampling Techniques*, 6.5).
    let moved = |own: f64| {
        let of = |(day, (squares, count)): (&i32, &(f64, f64))| {
            let (products, of_pairs) = days.get(day).copied().unwrap_or_default();
            (products - of_pairs * own) / pairs - own * (squares - count) / trades
        };
        squares.iter().map(|day| of(day).powi(2)).sum::<f64>()
    };
    let error = own.filter(|_| days.len() > 1).map(|own| (moved(own) * sessions / (sessions - 1.0)).sqrt());
    let error = error.filter(|error| error.is_finite());
    let used = own.map_or(assumed, |own| drawn_to(own, pairs, assumed));
    GroupCorrelation { own, error, pairs: pairs as u64, sessions: days.len() as u64, used }
}

/// A correlation of so many pairs, drawn to what is known beside them as if that was one of 50.
pub(super) fn drawn_to(own: f64, pairs: f64, beside: f64) -> f64 {
    (own * pairs + ASSUMED_PAIRS * beside) / (pairs + ASSUMED_PAIRS)
}

impl Correlations {
    /// Between positions, in the direction of prices; positions in one symbol move as one.
    pub fn between(&self, positions: &[HeatPosition], is_stressed: bool) -> Symmetric {
        let part = |at: usize| (positions[at].symbol.as_str(), positions[at].sector.as_deref());
        let wild = Symmetric::from_fn(positions.len(), |row, column| {
            let (used, stressed) = self.of_two(part(row), part(column));
            if is_stressed { used.max(stressed) } else { used }
        });
        wild.as_correlation()
    }

    /// Between two symbols with their sectors, and the least of it under stress.
    pub(super) fn of_two(&self, one: (&str, Option<&str>), other: (&str, Option<&str>)) -> (f64, f64) {
        if one.0 == other.0 {
            return (1.0, 1.0);
        }
        let same_sector = one.1.is_some() && one.1 == other.1;
        let stressed = STRESSED[usize::from(!same_sector)];
        let of_bars = self.bars.as_ref().and_then(|bars| bars.of_pair(one.0, other.0));
        (of_bars.unwrap_or(self.of_group(same_sector)), stressed)
    }

    /// What is used for two symbols of which no more is known than whether they are of one sector.
    pub(super) fn of_group(&self, same_sector: bool) -> f64 {
        if same_sector { self.sector.used } else { self.rest.used }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Side;

    fn trade(day: i32, symbol: &str, r: f64) -> PairTrade {
        let mut names = Names::default();
        let [tech, a, b] = ["tech", "A", "B"].map(|name| names.id(name));
        PairTrade { sector: Some(tech), ..PairTrade::of_day(day, if symbol == "A" { a } else { b }, r) }
    }

    #[test]
    fn two_sessions_correlate_as_by_hand() {
        // Mean 0 and variance 3: products of ⅓ and −1, so −⅓ over two pairs.
        let trades = [trade(1, "A", 1.0), trade(1, "B", 1.0), trade(2, "A", -3.0), trade(2, "B", 1.0)];
        let Correlations { sector, rest, .. } = correlations(&trades);
        assert!((sector.own.unwrap() + 1.0 / 3.0).abs() < 1e-12, "{sector:?}");
        // (⅓ + ⅓)/2 + ⅓ · (⅔ − 2)/4 = 2/9 of the first session, the other way of the second: √(8/81 · 2/1).
        assert!((sector.error.unwrap() - 4.0 / 9.0).abs() < 1e-12, "{sector:?}");
        // Beside fifty pairs of .5.
        assert!((sector.used - (25.0 - 2.0 / 3.0) / 52.0).abs() < 1e-12, "{sector:?}");
        assert_eq!((sector.pairs, sector.sessions), (2, 2));
        assert_eq!((rest.own, rest.error, rest.used, rest.pairs), (None, None, 0.3, 0));
        // Of one session there is no error; a short position beside a long one turns the sign.
        let turned = [trade(1, "A", 1.0), PairTrade { side: Side::Short, ..trade(1, "B", -1.0) }];
        let found = correlations(&turned).sector;
        assert_eq!((found.own, found.error), (Some(1.0), None));
    }
}
