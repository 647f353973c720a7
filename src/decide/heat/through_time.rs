//! The open book as it went: what it risked after each entry, and how much of what was open went with each position.

use std::collections::BTreeMap;

use super::correlation::Correlations;
use super::numbered::Numbered;
use super::overlaps::Overlap;
use super::own_trades::{BookTrade, Names, PairTrade};
use crate::domain::Timestamp;
use crate::stats::ExactSum;

/// The most positions whose correlations are looked at: what is open at once is few, but a record may be anything.
const MOST_OPEN: usize = 200;

/// The book right after an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeatPoint {
    /// The moment of the entry.
    pub at: Timestamp,
    /// Gross heat as a fraction of the equity then.
    pub heat_frac: f64,
    /// The heat with correlations as a fraction of the equity then; none with more than 200 positions open.
    pub correlated_frac: Option<f64>,
    /// Positions open, the new one among them.
    pub open: usize,
}

/// The book through time.
pub(super) struct Course {
    /// After each entry, in order.
    pub points: Vec<HeatPoint>,
    /// The part of the time with an open position in which the heat was above the line, 0 to 1.
    pub above: f64,
    /// By symbol: how many positions went with one in it, itself and the parts by which others that were open did, in the mean
    /// of the time that it was open; 1 or more.
    pub overlap: BTreeMap<String, f64>,
}

/// What is open at a moment of the walk.
struct Walk<'t> {
    trades: &'t [BookTrade],
    known: &'t Correlations,
    /// Places of the trades that are open and whose correlations are looked at.
    open: Vec<usize>,
    /// By place: the part of its position that is at risk in it; 1 where that was closed at once.
    parts: Vec<f64>,
    positions: Numbered,
    /// By the number of the symbol, its place among those that have bars.
    bars: Vec<Option<usize>>,
    /// By the number of the position, how many of its parts are open.
    open_parts: Vec<usize>,
    /// Positions that are open.
    open_positions: usize,
    /// How many parts of positions are open in all.
    count: usize,
    gross: ExactSum,
    /// `hᵀCh` of those that are looked at.
    square: f64,
    /// By the number of the symbol: microseconds that others went with it, and that it was open.
    together: Vec<(f64, f64)>,
}

impl<'t> Walk<'t> {
    fn new((trades, names): (&'t [BookTrade], &Names), known: &'t Correlations) -> Self {
        let positions = Numbered::of(trades);
        let bars = |name: &str| known.bars.as_ref()?.symbols.iter().position(|symbol| symbol == name);
        Self {
            trades,
            known,
            open: Vec::new(),
            parts: parts_of(trades, &positions),
            bars: names.all().map(bars).collect(),
            open_parts: vec![0; positions.count],
            open_positions: 0,
            count: 0,
            gross: ExactSum::default(),
            square: 0.0,
            together: vec![(0.0, 0.0); names.all().len()],
            positions,
        }
    }

    fn signed(&self, place: usize) -> f64 {
        let trade = &self.trades[place];
        trade.pair.side.sign() * trade.at_risk
    }

    /// How prices of two trades go together.
    fn between(&self, one: usize, other: usize) -> f64 {
        let (one, other) = (&self.trades[one].pair, &self.trades[other].pair);
        if one.symbol == other.symbol {
            return 1.0;
        }
        let place = |trade: &PairTrade| self.bars[trade.symbol.place()];
        let of_bars =
            self.known.bars.as_ref().and_then(|bars| Some(bars.between.at(place(one)?, place(other)?)));
        of_bars.unwrap_or_else(|| self.known.of_group(Overlap { one, other }.is_of_one_sector()))
    }

    /// By what the square of the heat grows with a trade beside what is open.
    fn grown(&self, place: usize) -> f64 {
        let (own, others) = (self.signed(place), self.open.iter().filter(|other| **other != place));
        let cross: f64 = others.map(|other| self.signed(*other) * self.between(place, *other)).sum();
        own * own + 2.0 * own * cross
    }

    fn enter(&mut self, place: usize) {
        self.gross.add(self.trades[place].at_risk);
        self.count += 1;
        let position = self.positions.at(place);
        self.open_parts[position] += 1;
        self.open_positions += usize::from(self.open_parts[position] == 1);
        if self.open.len() < MOST_OPEN {
            self.square += self.grown(place);
            self.open.push(place);
        }
    }

    fn leave(&mut self, place: usize) {
        let trades: &'t [BookTrade] = self.trades;
        self.gross.add(-trades[place].at_risk);
        self.count -= 1;
        let position = self.positions.at(place);
        self.open_parts[position] -= 1;
        self.open_positions -= usize::from(self.open_parts[position] == 0);
        let Some(at) = self.open.iter().position(|open| *open == place) else { return };
        self.open.remove(at);
        // What is left over of sums and differences is no heat.
        self.square = if self.open.is_empty() { 0.0 } else { self.square - self.grown(place) };
        let one = &trades[place].pair;
        let part = self.parts[place];
        let passed = |from: Timestamp| one.exit.micros().saturating_sub(from.micros()) as f64;
        let symbol = one.symbol.place();
        self.together[symbol].1 += part * passed(one.entry);
        for at in 0..self.open.len() {
            let other = self.open[at];
            // Parts of one position are no positions beside each other.
            if self.positions.is_same(place, other) {
                continue;
            }
            let pair = &trades[other].pair;
            let direction = one.side.sign() * pair.side.sign();
            let parts = part * self.parts[other];
            let with = parts * direction * self.between(place, other) * passed(one.entry.max(pair.entry));
            for symbol in [symbol, pair.symbol.place()] {
                self.together[symbol].0 += with;
            }
        }
    }

    fn heat(&self) -> f64 {
        self.gross.value().unwrap_or_default()
    }
}

/// The part of its position that each trade is, by what it risked; of a position that risked nothing, an equal part.
fn parts_of(trades: &[BookTrade], positions: &Numbered) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0); positions.count];
    for (place, trade) in trades.iter().enumerate() {
        let (risk, count) = &mut sums[positions.at(place)];
        (*risk, *count) = (*risk + trade.at_risk, *count + 1.0);
    }
    let part = |(place, trade): (usize, &BookTrade)| {
        let (risk, count) = sums[positions.at(place)];
        if risk > 0.0 { trade.at_risk / risk } else { 1.0 / count }
    };
    trades.iter().enumerate().map(part).collect()
}

/// Walks through the trades of a span, for an account that has `equity` at its end; `line` is a fraction of the equity.
pub(super) fn through_time(
    (trades, names): (&[BookTrade], &Names),
    known: &Correlations,
    equity: f64,
    line: f64,
) -> Course {
    // What is closed at a moment is closed before anything is entered.
    let mut events: Vec<(Timestamp, bool, u32)> = (0..)
        .zip(trades)
        .flat_map(|(at, trade)| [(trade.pair.exit, false, at), (trade.pair.entry, true, at)])
        .collect();
    events.sort_unstable();
    let total: f64 = trades.iter().map(|trade| trade.pnl).sum();
    let mut account = equity - total;
    let mut walk = Walk::new((trades, names), known);
    let mut points = Vec::new();
    let (mut exposed, mut above, mut last) = (0i64, 0i64, None::<Timestamp>);
    for (at, is_entry, place) in events {
        let place = place as usize;
        let trade = &trades[place];
        let passed = last.map_or(0, |last| at.micros() - last.micros());
        exposed += if walk.count > 0 { passed } else { 0 };
        above += if walk.count > 0 && walk.heat() / account.max(1e-9) > line { passed } else { 0 };
        last = Some(at);
        // What was never open risked nothing.
        let was_open = trade.pair.entry < trade.pair.exit;
        if is_entry && was_open {
            walk.enter(place);
            let of = account.max(1e-9);
            points.push(HeatPoint {
                at,
                heat_frac: walk.heat() / of,
                correlated_frac: (walk.open.len() == walk.count).then(|| walk.square.max(0.0).sqrt() / of),
                open: walk.open_positions,
            });
        } else if !is_entry {
            account += trade.pnl;
            if was_open {
                walk.leave(place);
            }
        }
    }
    let with = |(symbol, (with, open)): (&str, (f64, f64))| (symbol.to_owned(), (1.0 + with / open).max(1.0));
    let together = names.all().zip(walk.together);
    let overlap = together.filter(|(_, (_, open))| *open > 0.0).map(with).collect();
    Course { points, above: if exposed > 0 { above as f64 / exposed as f64 } else { 0.0 }, overlap }
}
