//! Which symbols of an account are held long and short at once, where its executions say only how much of each closes.
//!
//! Most accounts hold one position of a symbol, and a long one is closed before a short one is opened. So the units of both sides
//! are followed from moment to moment, as far as the rows prove them: where both are above nothing, each is a position of its own.

use std::collections::{HashMap, HashSet};

use super::profile::{number, text};
use crate::domain::Timestamp;
use crate::wire::input::JsonObject;

/// Under which name a format hands on how many units of an execution close.
pub(super) const CLOSED_SIZE: &str = "closed_size";

/// Less than this part of the largest execution is the rounding of floats.
const NOTHING_FRAC: f64 = 1e-9;

/// Executions that are held until all were seen. Of more, nothing is proved.
const MOST: usize = 1_000_000;

/// What an execution does to the units that are held.
#[derive(Clone, Copy)]
struct Move {
    symbol: usize,
    at: i64,
    is_buy: bool,
    opens: f64,
    closes: f64,
}

impl Move {
    /// Of an execution that says how much of it closes; some say nothing, as of a market without positions.
    fn of(record: &JsonObject) -> Option<Self> {
        let (qty, closes) = (number(record, "qty")?, number(record, CLOSED_SIZE)?);
        let is_buy = text(record, "side").eq_ignore_ascii_case("buy");
        Some(Self { symbol: 0, at: 0, is_buy, opens: qty - closes, closes })
    }
}

/// Units of one symbol that are held at the least, long and short, and how they change within the moment that is being read:
/// the rows of one moment come in any order.
#[derive(Clone, Default)]
struct Held {
    units: [f64; 2],
    changes: [f64; 2],
    at: i64,
    largest: f64,
    is_both: bool,
}

impl Held {
    fn take(&mut self, moved: &Move) {
        if self.at != moved.at {
            self.settle();
            self.at = moved.at;
        }
        self.largest = self.largest.max(moved.opens + moved.closes);
        let (opened, closed) = if moved.is_buy { (0, 1) } else { (1, 0) };
        self.changes[opened] += moved.opens;
        self.changes[closed] -= moved.closes;
    }

    /// Ends the moment: what was held and what changed is held.
    fn settle(&mut self) {
        for (units, change) in self.units.iter_mut().zip(&mut self.changes) {
            *units = (*units + std::mem::take(change)).max(0.0);
        }
        self.is_both |= self.units.iter().all(|units| *units > NOTHING_FRAC * self.largest);
    }
}

/// What the executions of a file show.
#[derive(Default)]
pub(super) struct SidesHeld {
    moves: Vec<Move>,
    symbols: HashMap<String, usize>,
    both: HashSet<String>,
    /// Whether a row does not say when it was, or how much it closes, or there are too many.
    is_unsure: bool,
}

impl SidesHeld {
    /// Sees a record in the words of the vocabulary.
    pub(super) fn see(&mut self, record: &JsonObject) {
        // Another event, such as funding, moves nothing.
        if record.contains_key("type") || self.is_unsure {
            return;
        }
        let moved = Move::of(record).zip(moment(text(record, "timestamp")));
        let Some((moved, at)) = moved.filter(|_| self.moves.len() < MOST) else {
            *self = Self { is_unsure: true, ..Self::default() };
            return;
        };
        let (count, symbol) = (self.symbols.len(), text(record, "symbol"));
        let symbol = match self.symbols.get(symbol) {
            Some(number) => *number,
            None => *self.symbols.entry(symbol.to_owned()).or_insert(count),
        };
        self.moves.push(Move { symbol, at, ..moved });
    }

    /// Says that all rows were seen.
    pub(super) fn end(&mut self) {
        let mut moves = std::mem::take(&mut self.moves);
        moves.sort_by_key(|moved| moved.at);
        let mut held = vec![Held::default(); self.symbols.len()];
        moves.iter().for_each(|moved| held[moved.symbol].take(moved));
        held.iter_mut().for_each(Held::settle);
        let both = self.symbols.drain().filter(|(_, number)| held[*number].is_both);
        self.both = both.map(|(symbol, _)| symbol).collect();
    }

    /// Says of which of the two positions an execution is, where both are held.
    pub(super) fn mark(&self, record: &mut JsonObject) {
        let moved = Move::of(record).filter(|_| self.both.contains(text(record, "symbol")));
        record.shift_remove(CLOSED_SIZE);
        if let Some(Move { is_buy, closes, .. }) = moved {
            let is_closing = closes > 0.0;
            let position = if is_buy == is_closing { "SHORT" } else { "LONG" };
            record.insert("position_id".into(), position.into());
            record.insert("effect".into(), if is_closing { "close" } else { "open" }.into());
        }
    }
}

/// A moment in an order with the others of its file: milliseconds since 1970, or a time with its zone.
fn moment(time: &str) -> Option<i64> {
    time.parse().ok().or_else(|| Timestamp::parse(time).ok().map(Timestamp::micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Side, quantity and what closes of it, at a moment.
    type Row = (i64, &'static str, f64, f64);

    fn both(rows: &[Row]) -> bool {
        let mut sides = SidesHeld::default();
        let records = rows.iter().map(|(at, side, qty, closed)| {
            serde_json::json!({"symbol": "X", "side": side, "qty": qty, CLOSED_SIZE: closed, "timestamp": at.to_string()})
        });
        for record in records {
            sides.see(record.as_object().unwrap());
        }
        sides.end();
        sides.both.contains("X")
    }

    fn either_way(rows: &[Row]) -> bool {
        let turned: Vec<Row> = rows.iter().rev().copied().collect();
        assert_eq!(both(rows), both(&turned), "{rows:?}");
        both(rows)
    }

    #[test]
    fn both_sides_are_seen_in_either_order_and_one_position_never_is() {
        assert!(either_way(&[(1, "Buy", 1.0, 0.0), (2, "Sell", 1.0, 0.0)]));
        assert!(either_way(&[(1, "Buy", 1.0, 0.0), (2, "Sell", 0.4, 0.4), (3, "Sell", 0.5, 0.0)]));
        // One position: turned round in one row, in two of one moment, and one that was there before the file.
        assert!(!either_way(&[(1, "Buy", 1.0, 0.0), (2, "Sell", 2.0, 1.0), (3, "Buy", 1.0, 1.0)]));
        assert!(!either_way(&[(1, "Buy", 1.0, 0.0), (2, "Sell", 1.0, 0.0), (2, "Sell", 1.0, 1.0)]));
        assert!(!either_way(&[(1, "Sell", 1.0, 1.0), (2, "Sell", 1.0, 0.0), (3, "Buy", 1.0, 1.0)]));
        let tenths = [0.1, 0.2].map(|qty| (1, "Buy", qty, 0.0)).into_iter();
        let tenths: Vec<Row> = tenths.chain([(2, "Sell", 0.3, 0.3), (3, "Sell", 0.3, 0.0)]).collect();
        assert!(!either_way(&tenths));
        assert!(!either_way(&[(1, "Buy", 1.0, 1.0), (2, "Buy", 1.0, 0.0)]));
        // Rows in no order.
        assert!(!either_way(&[(1, "Buy", 1.0, 0.0), (3, "Sell", 1.0, 0.0), (2, "Sell", 1.0, 1.0)]));
    }
}
