//! How many trades won, lost, or did neither.

use serde::{Deserialize, Serialize};

use crate::domain::Outcome;

/// Trades by outcome; they add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Trades whose net result lies above the break-even band, or above zero where there is none.
    pub wins: u64,
    /// Trades whose net result lies below it.
    pub losses: u64,
    /// Trades whose net result lies within it, or is exactly zero.
    pub scratches: u64,
}

impl Counts {
    pub(super) fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Win => self.wins += 1,
            Outcome::Loss => self.losses += 1,
            Outcome::Scratch => self.scratches += 1,
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        // A part that somebody made up may hold any number.
        self.wins = self.wins.saturating_add(other.wins);
        self.losses = self.losses.saturating_add(other.losses);
        self.scratches = self.scratches.saturating_add(other.scratches);
    }

    /// All trades.
    pub fn total(self) -> u64 {
        self.wins.saturating_add(self.losses).saturating_add(self.scratches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_is_a_trade_that_neither_wins_nor_loses() {
        let mut counts = Counts::default();
        for outcome in
            [Outcome::Win, Outcome::Win, Outcome::Win, Outcome::Loss, Outcome::Loss, Outcome::Scratch]
        {
            counts.add(outcome);
        }
        assert_eq!((counts.wins, counts.losses, counts.scratches, counts.total()), (3, 2, 1, 6));
        counts.merge(counts);
        assert_eq!((counts.wins, counts.losses, counts.scratches, counts.total()), (6, 4, 2, 12));
    }
}
