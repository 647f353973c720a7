//! How symbols go together, by their prices or by what sessions made of them.

use crate::stats::Symmetric;

/// Of what correlations are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhatGoesTogether {
    /// Of prices: so many returns of quarter hours.
    Prices {
        /// Returns behind them.
        returns: usize,
    },
    /// Of own trades in them that were open at the same time: so many pairs.
    Trades {
        /// Pairs behind them.
        pairs: u64,
    },
    /// Of the sessions' results, sides and sizes included.
    Results,
}

/// How symbols go together.
#[derive(Clone, Debug, PartialEq)]
pub struct SymbolCorrelations {
    /// The symbols, in the order of the matrix.
    pub symbols: Vec<String>,
    /// Correlations of each two, −1 to 1.
    pub between: Symmetric,
    /// By how much these were drawn to their mean, those of trades to that of all pairs, those of results to zero, 0 to 1.
    pub drawn: f64,
    /// Sessions that they are taken from.
    pub sessions: usize,
    /// Of what they are.
    pub of: WhatGoesTogether,
}

impl SymbolCorrelations {
    /// The correlation of two symbols, where it has both.
    pub fn of_pair(&self, one: &str, other: &str) -> Option<f64> {
        let place = |name: &str| self.symbols.iter().position(|symbol| symbol == name);
        Some(self.between.at(place(one)?, place(other)?))
    }

    /// Pairs of trades, where they are of trades.
    pub fn pairs(&self) -> Option<u64> {
        match self.of {
            WhatGoesTogether::Trades { pairs } => Some(pairs),
            WhatGoesTogether::Prices { .. } | WhatGoesTogether::Results => None,
        }
    }

    /// Returns of quarter hours, where they are of prices.
    pub fn returns(&self) -> Option<usize> {
        match self.of {
            WhatGoesTogether::Prices { returns } => Some(returns),
            WhatGoesTogether::Trades { .. } | WhatGoesTogether::Results => None,
        }
    }
}
