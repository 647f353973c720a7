//! The open book through time: what it risked at each entry, and whose risk that was.

use std::collections::BTreeMap;

use super::bars::{BarReturns, bar_correlations};
use super::book::HeatPosition;
use super::correlation::{Correlations, GroupCorrelation, correlations};
use super::own_trades::{BookTrade, NameId, Names};
use super::shortfall::{NEEDED_SESSIONS, SessionResults, TAIL, shortfall};
use super::symbol_correlations::{SymbolCorrelations, WhatGoesTogether};
use super::symbols_by_trades::overlap_correlations;
use super::through_time::{Course, HeatPoint, through_time};
use crate::stats::evidence::ShortfallTest;
use crate::stats::{Symmetric, quantile, shrunken_covariance, sorted};

/// Symbols whose correlations are shown, and sessions with a trade that each of them needs.
const CORRELATED: (usize, usize) = (8, 20);

/// The trades of all symbols together count as so many of each when its deviation is estimated.
const SHARED_TRADES: f64 = 20.0;

/// The most trades of a session that its shortfall is held against.
const MOST_OPEN: usize = 200;

/// The part of one symbol, sector or strategy.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskShare {
    /// The symbol, sector or strategy.
    pub name: String,
    /// Trades that it is taken from.
    pub trades: u64,
    /// Its part of the heat, each trade's for as long as it was open, 0 to 1.
    pub share: f64,
    /// The standard deviation of its results as fractions of the position, drawn to that of all trades.
    pub deviation: f64,
    /// Of a symbol: how many positions went with one in it, itself and the parts by which others that were open did, by their
    /// correlations, in the mean of the time that it was open; 1 or more.
    pub overlap: f64,
    /// Of a symbol: by what a position is multiplied so that it risks no more, with what goes with it, than one of the symbol
    /// in the middle; at most 1.
    pub cap: f64,
}

/// The book of a span of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Portfolio {
    /// After each entry, in order.
    pub points: Vec<HeatPoint>,
    /// The heat in the middle of them, a fraction; none without an entry.
    pub median: Option<f64>,
    /// The same with correlations.
    pub correlated_median: Option<f64>,
    /// The part of the time with an open position in which the heat was above the line, 0 to 1.
    pub above: f64,
    /// By symbol, the largest part first.
    pub symbols: Vec<RiskShare>,
    /// The parts of the sectors.
    pub sectors: Vec<RiskShare>,
    /// The parts of the strategies.
    pub strategies: Vec<RiskShare>,
    /// How own trades that were open at the same time went together, within a sector and elsewhere: this is what the heat with
    /// correlations, and with it the caps, rest on where there are no bars.
    pub together: (GroupCorrelation, GroupCorrelation),
    /// Those that are shown: of prices, or of trades that were open at the same time, or of sessions' results; none where there
    /// is too little of any.
    pub correlations: Option<SymbolCorrelations>,
    /// The expected shortfall of each session by those before it, held against what it lost.
    pub backtest: ShortfallTest,
}

/// Looks back at the trades of a span, for an account that has `equity` now and holds its gross heat below `line`; prices of
/// symbols go together by their `bars`, and those without any as the own trades that were open at the same time did.
pub fn portfolio(
    (trades, names): (&[BookTrade], &Names),
    bars: &BarReturns,
    equity: f64,
    line: f64,
) -> Portfolio {
    let shares = |of: fn(&BookTrade) -> Option<NameId>| {
        shares(trades, |trade| of(trade).map_or("unknown", |id| names.of(id)))
    };
    let mut symbols = shares(|trade| Some(trade.pair.symbol));
    let largest = || symbols.iter().take(CORRELATED.0).map(|part| part.name.as_str());
    let of_prices = bar_correlations(bars, largest());
    let own = correlations(trades);
    let of_trades = || overlap_correlations((trades, names), &own, largest());
    let shown = of_prices.clone().or_else(of_trades).or_else(|| between_symbols((trades, names), &symbols));
    let known = Correlations { bars: of_prices, ..own };
    let Course { points, above, overlap } = through_time((trades, names), &known, equity, line);
    for part in &mut symbols {
        part.overlap = overlap.get(&part.name).copied().unwrap_or(1.0);
    }
    cap(&mut symbols);
    let middle =
        |of: &dyn Fn(&HeatPoint) -> Option<f64>| quantile(&sorted(points.iter().filter_map(of)), 0.5);
    Portfolio {
        median: middle(&|point| Some(point.heat_frac)),
        correlated_median: middle(&|point| point.correlated_frac),
        points,
        above,
        together: (known.sector, known.rest),
        correlations: shown,
        symbols,
        sectors: shares(|trade| trade.pair.sector),
        strategies: shares(|trade| Some(trade.strategy)),
        backtest: backtest(trades),
    }
}

/// The parts by a name, the largest first.
fn shares<'n>(trades: &[BookTrade], name: impl Fn(&BookTrade) -> &'n str) -> Vec<RiskShare> {
    let mut groups: BTreeMap<&str, Vec<&BookTrade>> = BTreeMap::new();
    trades.iter().for_each(|trade| groups.entry(name(trade)).or_default().push(trade));
    let risk = |of: &[&BookTrade]| -> f64 {
        of.iter().map(|trade| trade.at_risk * trade.pair.exit.minutes_since(trade.pair.entry).max(0.0)).sum()
    };
    let all: Vec<&BookTrade> = trades.iter().collect();
    let (total, common) = (risk(&all), variance(&all));
    let mut found: Vec<RiskShare> = groups
        .into_iter()
        .map(|(name, of)| {
            let n = of.len() as f64;
            let drawn = (n * variance(&of) + SHARED_TRADES * common) / (n + SHARED_TRADES);
            let share = if total > 0.0 { risk(&of) / total } else { 0.0 };
            let deviation = drawn.sqrt();
            RiskShare {
                name: name.to_owned(),
                trades: of.len() as u64,
                share,
                deviation,
                overlap: 1.0,
                cap: 1.0,
            }
        })
        .collect();
    found.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.name.cmp(&b.name)));
    found
}

fn variance(of: &[&BookTrade]) -> f64 {
    let n = of.len().max(1) as f64;
    let mean = of.iter().map(|trade| trade.pnl_frac).sum::<f64>() / n;
    of.iter().map(|trade| (trade.pnl_frac - mean).powi(2)).sum::<f64>() / n
}

/// Caps parts so that none risks more together with what goes with it than the one in the middle: k positions of one
/// deviation that go together as one vary by √k of it each.
fn cap(parts: &mut [RiskShare]) {
    let risks: Vec<f64> = parts.iter().map(|part| part.deviation * part.overlap.sqrt()).collect();
    for (part, cap) in parts.iter_mut().zip(caps(&risks)) {
        part.cap = cap;
    }
}

/// By what positions are multiplied so that none varies by more than the one in the middle (of an even number, the lower
/// one); never above 1, and 1 where nothing varies.
fn caps(deviations: &[f64]) -> Vec<f64> {
    let in_order = sorted(deviations.iter().copied());
    let middle = in_order.len().checked_sub(1).map_or(0.0, |last| in_order[last / 2]);
    deviations.iter().map(|deviation| if *deviation > middle { middle / deviation } else { 1.0 }).collect()
}

/// How the sessions' results of the symbols with the largest parts go together; a session without a trade in one counts 0.
fn between_symbols(
    (trades, names): (&[BookTrade], &Names),
    parts: &[RiskShare],
) -> Option<SymbolCorrelations> {
    let mut days: BTreeMap<i32, BTreeMap<&str, f64>> = BTreeMap::new();
    for trade in trades {
        *days.entry(trade.pair.day).or_default().entry(names.of(trade.pair.symbol)).or_default() += trade.pnl;
    }
    let traded = |name: &str| days.values().filter(|day| day.contains_key(name)).count();
    let symbols: Vec<String> = parts
        .iter()
        .filter(|part| traded(&part.name) >= CORRELATED.1)
        .take(CORRELATED.0)
        .map(|part| part.name.clone())
        .collect();
    let row = |day: &BTreeMap<&str, f64>| -> Vec<f64> {
        symbols.iter().map(|name| day.get(name.as_str()).copied().unwrap_or(0.0)).collect()
    };
    let mut rows: Vec<Vec<f64>> = days.values().map(row).collect();
    for at in 0..symbols.len() {
        // In deviations, so that what is drawn together are correlations; a result that never varies has none.
        let n = rows.len() as f64;
        let mean = rows.iter().map(|row| row[at]).sum::<f64>() / n;
        let deviation = (rows.iter().map(|row| (row[at] - mean).powi(2)).sum::<f64>() / n).sqrt();
        (deviation > 0.0).then_some(())?;
        rows.iter_mut().for_each(|row| row[at] /= deviation);
    }
    if symbols.len() < 2 {
        return None;
    }
    let (covariance, drawn) = shrunken_covariance(&rows)?;
    let deviation = |at: usize| covariance.at(at, at).sqrt();
    let between =
        Symmetric::from_fn(symbols.len(), |i, j| covariance.at(i, j) / (deviation(i) * deviation(j)));
    let of = WhatGoesTogether::Results;
    Some(SymbolCorrelations { symbols, between, drawn, sessions: rows.len(), of })
}

/// Holds each session against the shortfall that the sessions before it gave for the same risks.
fn backtest(trades: &[BookTrade]) -> ShortfallTest {
    let mut test = ShortfallTest::new(TAIL);
    let mut days: BTreeMap<i32, Vec<&BookTrade>> = BTreeMap::new();
    trades.iter().for_each(|trade| days.entry(trade.pair.day).or_default().push(trade));
    let mut before = SessionResults::default();
    for (number, of_day) in days.values().enumerate() {
        let book = &of_day[..of_day.len().min(MOST_OPEN)];
        if number >= NEEDED_SESSIONS {
            let position = |trade: &&BookTrade| HeatPosition {
                // Sessions are drawn, whatever the symbols.
                symbol: String::new(),
                side: trade.pair.side,
                sector: None,
                at_risk: trade.at_risk,
                has_stop: true,
            };
            let positions: Vec<HeatPosition> = book.iter().map(position).collect();
            let loss: f64 = book.iter().map(|trade| -trade.pair.r * trade.at_risk).sum();
            if let Some(said) = shortfall(&positions, &before) {
                test.push(loss, said.at_risk, said.expected);
            }
        }
        before.push(of_day.iter().map(|trade| trade.pair.r).collect());
    }
    test
}

#[cfg(test)]
mod tests {
    use super::super::own_trades::PairTrade;
    use super::*;
    use crate::domain::{Side, Timestamp};

    /// The names that trades here may have.
    fn names() -> Names {
        let mut names = Names::default();
        for name in ["A", "B", "C", "D", "E", "F", "G", "H", "I", "a", "b", "s"] {
            names.id(name);
        }
        names
    }

    fn trade(symbol: &str, (entry, exit): (i64, i64), at_risk: f64, pnl: f64) -> BookTrade {
        let minute = |at: i64| Timestamp::from_micros(at * 60_000_000);
        let pair = PairTrade {
            entry: minute(entry),
            exit: minute(exit),
            day: (entry / 1_440) as i32,
            symbol: names().id(symbol),
            sector: None,
            side: Side::Long,
            r: pnl / at_risk,
        };
        let position = BookTrade::position_of(&format!("{symbol} {entry}"));
        BookTrade { position, pair, strategy: names().id("s"), at_risk, pnl, pnl_frac: pnl / 1_000.0 }
    }

    #[test]
    fn heat_is_that_of_a_plain_look_at_what_is_open() {
        // Three positions of 1,000 with a stop of 2 % on 10,000: .60 %.
        let trades = [
            trade("A", (0, 30), 20.0, 0.0),
            trade("B", (10, 40), 20.0, 0.0),
            trade("C", (20, 30), 20.0, 0.0),
        ];
        let found = portfolio((&trades, &names()), &BarReturns::default(), 10_000.0, 0.003);
        let heats: Vec<(f64, usize)> =
            found.points.iter().map(|point| (point.heat_frac, point.open)).collect();
        for ((heat, open), (wanted, of)) in heats.iter().zip([(0.002, 1), (0.004, 2), (0.006, 3)]) {
            assert!((heat - wanted).abs() < 1e-12 && *open == of, "{heats:?}");
        }
        // Above .3 % from minute 10 to 30, of 40 minutes.
        assert!((found.above - 0.5).abs() < 1e-12, "{}", found.above);
        // 30, 30 and 10 minutes of the same risk.
        assert_eq!(found.symbols.iter().map(|part| part.name.as_str()).collect::<String>(), "ABC");
        assert!((found.symbols[2].share - 1.0 / 7.0).abs() < 1e-12);
        // The equity is what it was then: 100 lost before the second entry.
        let lost = [trade("A", (0, 10), 20.0, -100.0), trade("B", (10, 20), 20.0, 0.0)];
        let found = portfolio((&lost, &names()), &BarReturns::default(), 9_900.0, 0.02);
        assert!((found.points[0].heat_frac - 20.0 / 10_000.0).abs() < 1e-12);
        assert!((found.points[1].heat_frac - 20.0 / 9_900.0).abs() < 1e-12 && found.points[1].open == 1);
        let none = portfolio((&[], &names()), &BarReturns::default(), 1.0, 0.02);
        assert_eq!((none.points.len(), none.above), (0, 0.0));
    }

    #[test]
    fn what_is_open_together_counts_by_its_correlation() {
        // Two of 20 for half an hour, .3 assumed between them: √(2·400 + 2·.3·400), and each goes with 1.3.
        let two = [trade("A", (0, 30), 20.0, 0.0), trade("B", (0, 30), 20.0, 0.0)];
        let found = portfolio((&two, &names()), &BarReturns::default(), 10_000.0, 0.02);
        let last = found.points[1];
        assert!((last.correlated_frac.unwrap() - 1_040.0f64.sqrt() / 10_000.0).abs() < 1e-12, "{last:?}");
        assert!(found.symbols.iter().all(|part| (part.overlap - 1.3).abs() < 1e-12 && part.cap == 1.0));
        // C beside half of A's time, against it: it hedges, which no cap rewards.
        let mut three = vec![trade("A", (0, 30), 20.0, 0.0), trade("C", (15, 30), 20.0, 0.0)];
        three[1].pair.side = Side::Short;
        let found = portfolio((&three, &names()), &BarReturns::default(), 10_000.0, 0.02);
        assert!((found.points[1].correlated_frac.unwrap() - 560.0f64.sqrt() / 10_000.0).abs() < 1e-12);
        assert!(found.symbols.iter().all(|part| part.overlap == 1.0));
        // What was left is gone to the last bit.
        three.push(trade("B", (40, 50), 30.0, 0.0));
        let found = portfolio((&three, &names()), &BarReturns::default(), 10_000.0, 0.02);
        assert_eq!(found.points[2].correlated_frac, Some(30.0 / 10_000.0));
        // Of symbols that vary alike that which is held beside others is smaller.
        let mut many: Vec<BookTrade> = Vec::new();
        for day in 0..30 {
            let (at, pnl) = (1_440 * day, if day % 2 == 0 { 10.0 } else { -10.0 });
            many.extend(["A", "B", "C", "D"].map(|symbol| trade(symbol, (at, at + 30), 20.0, pnl)));
            many.extend(
                ["E", "F", "G", "H", "I"]
                    .iter()
                    .zip(1..)
                    .map(|(symbol, n)| trade(symbol, (at + 60 * n, at + 60 * n + 30), 20.0, pnl)),
            );
        }
        let found = portfolio((&many, &names()), &BarReturns::default(), 10_000.0, 0.02);
        let of = |name: &str| found.symbols.iter().find(|part| part.name == name).unwrap();
        assert!(of("A").overlap > 3.0 && of("A").cap < 0.6 && of("E").cap == 1.0, "{:?}", found.symbols);
    }

    /// A closed in three parts of a third each, and B beside it: as A closed at once.
    #[test]
    fn parts_of_a_position_are_one_position() {
        let whole = [trade("A", (0, 30), 30.0, 0.0), trade("B", (10, 40), 20.0, 0.0)];
        let mut parts: Vec<BookTrade> = (0..3).map(|_| trade("A", (0, 30), 10.0, 0.0)).collect();
        parts.push(trade("B", (10, 40), 20.0, 0.0));
        let of = |trades: &[BookTrade]| {
            let found = portfolio((trades, &names()), &BarReturns::default(), 10_000.0, 0.02);
            let overlaps: Vec<f64> = found.symbols.iter().map(|part| part.overlap).collect();
            (found.points.iter().map(|point| point.open).max(), overlaps)
        };
        let ((most, overlaps), (most_of_parts, overlaps_of_parts)) = (of(&whole), of(&parts));
        assert_eq!((most, most_of_parts), (Some(2), Some(2)));
        assert!(
            overlaps.iter().zip(&overlaps_of_parts).all(|(a, b)| (a - b).abs() < 1e-9),
            "{overlaps:?} {overlaps_of_parts:?}"
        );
    }

    #[test]
    fn equal_risk_by_hand() {
        // Deviations of 1 % and 2 %: the second at half, so that of a portfolio they are 2/3 and 1/3.
        let caps = caps(&[0.01, 0.02]);
        assert_eq!(caps, [1.0, 0.5]);
        let weights: Vec<f64> = caps.iter().map(|cap| cap / 1.5).collect();
        let covariance =
            Symmetric::from_fn(2, |i, j| if i == j { [1e-4, 4e-4][i] } else { 0.5 * 0.01 * 0.02 });
        assert!((covariance.quadratic(&weights).sqrt() - 0.011_547).abs() < 1e-6);
        assert_eq!(super::caps(&[0.02; 3]), [1.0; 3]);
        assert!(super::caps(&[]).is_empty() && super::caps(&[0.0, 0.0]) == [1.0, 1.0]);
    }

    #[test]
    fn the_deviation_of_a_part_is_drawn_to_that_of_all() {
        // 1 % and 3 % in one strategy, −1 % and −3 % in another: a variance of .0001 in each, of .0005 in all.
        let all = names();
        let of = |strategy: &str, pnl: f64| BookTrade {
            strategy: names().id(strategy),
            ..trade("A", (0, 10), 100.0, pnl)
        };
        let found =
            shares(&[of("a", 10.0), of("a", 30.0), of("b", -10.0), of("b", -30.0)], |t| all.of(t.strategy));
        let wanted = ((2.0 * 0.0001 + 20.0 * 0.0005) / 22.0f64).sqrt();
        assert_eq!(found.len(), 2);
        for part in found {
            assert!((part.deviation - wanted).abs() < 1e-12 && part.share == 0.5, "{part:?}");
        }
        // What was left at once was never at risk.
        assert_eq!(shares(&[trade("A", (5, 5), 100.0, 1.0)], |t| all.of(t.strategy))[0].share, 0.0);
    }
}
