//! The open book as it went: what it risked after each entry, and how much of what was open went with each position.

use std::collections::BTreeMap;

use super::correlation::Correlations;
use super::own_trades::BookTrade;
use crate::domain::Timestamp;
use crate::stats::ExactSum;

/// The most positions whose correlations are looked at: what is open at once is few, but a record may be anything.
const MOST_OPEN: usize = 200;

/// The book right after an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeatPoint {
    /// When.
    pub at: Timestamp,
    /// Gross heat as a fraction of the equity then.
    pub heat_frac: f64,
    /// The heat with correlations as a fraction of the equity then; none with more than 200 positions open.
    pub correlated_frac: Option<f64>,
    /// Positions open.
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
    /// Positions that are open, each with its parts that are.
    positions: BTreeMap<&'t str, usize>,
    /// How many parts of positions are open in all.
    count: usize,
    gross: ExactSum,
    /// `hᵀCh` of those that are looked at.
    square: f64,
    /// By symbol: microseconds that others went with it, and that it was open.
    together: BTreeMap<&'t str, (f64, f64)>,
}

impl<'t> Walk<'t> {
    fn signed(&self, place: usize) -> f64 {
        let trade = &self.trades[place];
        trade.pair.side.sign() * trade.at_risk
    }

    /// How prices of two trades go together.
    fn between(&self, one: usize, other: usize) -> f64 {
        let part = |place: usize| {
            let pair = &self.trades[place].pair;
            (pair.symbol.as_str(), pair.sector.as_deref())
        };
        self.known.of_two(part(one), part(other)).0
    }

    /// By what the square of the heat grows with a trade beside what is open.
    fn grown(&self, place: usize) -> f64 {
        let (own, others) = (self.signed(place), self.open.iter().filter(|other| **other != place));
        let cross: f64 = others.map(|other| self.signed(*other) * self.between(place, *other)).sum();
        own * own + 2.0 * own * cross
    }

    fn enter(&mut self, place: usize) {
        let trades: &'t [BookTrade] = self.trades;
        self.gross.add(trades[place].at_risk);
        *self.positions.entry(&trades[place].position).or_default() += 1;
        self.count += 1;
        if self.open.len() < MOST_OPEN {
            self.square += self.grown(place);
            self.open.push(place);
        }
    }

    fn leave(&mut self, place: usize) {
        let trades: &'t [BookTrade] = self.trades;
        let position = &*trades[place].position;
        self.gross.add(-trades[place].at_risk);
        self.count -= 1;
        if let Some(left) = self.positions.get_mut(position) {
            *left -= 1;
            if *left == 0 {
                self.positions.remove(position);
            }
        }
        let Some(at) = self.open.iter().position(|open| *open == place) else { return };
        self.open.remove(at);
        // What is left over of sums and differences is no heat.
        self.square = if self.open.is_empty() { 0.0 } else { self.square - self.grown(place) };
        let one = &trades[place].pair;
        let part = self.parts[place];
        let passed = |from: Timestamp| one.exit.micros().saturating_sub(from.micros()) as f64;
        self.together.entry(&one.symbol).or_default().1 += part * passed(one.entry);
        for at in 0..self.open.len() {
            let other = self.open[at];
            // Parts of one position are no positions beside each other.
            if *trades[other].position == *position {
                continue;
            }
            let pair = &trades[other].pair;
            let direction = one.side.sign() * pair.side.sign();
            let parts = part * self.parts[other];
            let with = parts * direction * self.between(place, other) * passed(one.entry.max(pair.entry));
            for symbol in [&one.symbol, &pair.symbol] {
                self.together.entry(symbol).or_default().0 += with;
            }
        }
    }

    fn heat(&self) -> f64 {
        self.gross.value().unwrap_or_default()
    }
}

/// The part of its position that each trade is, by what it risked; of a position that risked nothing, an equal part.
fn parts_of(trades: &[BookTrade]) -> Vec<f64> {
    let mut positions: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for trade in trades {
        let sums = positions.entry(&trade.position).or_default();
        *sums = (sums.0 + trade.at_risk, sums.1 + 1.0);
    }
    let part = |trade: &BookTrade| {
        let (risk, count) = positions.get(&*trade.position).copied().unwrap_or((0.0, 1.0));
        if risk > 0.0 { trade.at_risk / risk } else { 1.0 / count }
    };
    trades.iter().map(part).collect()
}

/// Walks through the trades of a span, for an account that has `equity` at its end; `line` is a fraction of the equity.
pub(super) fn through_time(trades: &[BookTrade], known: &Correlations, equity: f64, line: f64) -> Course {
    // What is closed at a moment is closed before anything is entered.
    let mut events: Vec<(Timestamp, bool, usize)> = trades
        .iter()
        .enumerate()
        .flat_map(|(at, trade)| [(trade.pair.exit, false, at), (trade.pair.entry, true, at)])
        .collect();
    events.sort_unstable();
    let total: f64 = trades.iter().map(|trade| trade.pnl).sum();
    let mut account = equity - total;
    let (gross, together) = (ExactSum::default(), BTreeMap::new());
    let (parts, positions) = (parts_of(trades), BTreeMap::new());
    let mut walk =
        Walk { trades, known, open: Vec::new(), parts, positions, count: 0, gross, square: 0.0, together };
    let mut points = Vec::new();
    let (mut exposed, mut above, mut last) = (0i64, 0i64, None::<Timestamp>);
    for (at, is_entry, place) in events {
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
                open: walk.positions.len(),
            });
        } else if !is_entry {
            account += trade.pnl;
            if was_open {
                walk.leave(place);
            }
        }
    }
    let with = |(symbol, (with, open)): (&str, (f64, f64))| (symbol.to_owned(), (1.0 + with / open).max(1.0));
    let overlap = walk.together.into_iter().filter(|(_, (_, open))| *open > 0.0).map(with).collect();
    Course { points, above: if exposed > 0 { above as f64 / exposed as f64 } else { 0.0 }, overlap }
}
