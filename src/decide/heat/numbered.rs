//! The positions of trades as numbers: parts of one are told from others at once.

use std::collections::HashMap;

use super::own_trades::BookTrade;

/// The position of each trade, as its number.
pub(super) struct Numbered {
    /// By the place of the trade.
    of: Vec<u32>,
    /// How many positions there are.
    pub count: usize,
}

impl Numbered {
    pub(super) fn of(trades: &[BookTrade]) -> Self {
        let mut known: HashMap<u64, u32> = HashMap::new();
        let mut number = |trade: &BookTrade| {
            let next = known.len() as u32;
            *known.entry(trade.position).or_insert(next)
        };
        let of = trades.iter().map(&mut number).collect();
        Self { of, count: known.len() }
    }

    /// The number of a trade's position.
    pub(super) fn at(&self, place: usize) -> usize {
        self.of[place] as usize
    }

    /// Whether two trades are of one position.
    pub(super) fn is_same(&self, one: usize, other: usize) -> bool {
        self.of[one] == self.of[other]
    }
}
