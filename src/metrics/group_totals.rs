//! What can be added up in any order for any group of trades.

use serde::{Deserialize, Serialize};

use super::ExactSum;
use super::counts::Counts;
use super::hold_time::{Hold, held_us};
use crate::domain::{Market, Outcome, TradeFacts};

/// Sums over a group of trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupTotals {
    /// How many trades won, lost, or did neither.
    pub counts: Counts,
    /// Net P&L of winning trades.
    pub won: ExactSum,
    /// Net P&L of losing trades, negative.
    pub lost: ExactSum,
    /// Results of winning trades as fractions of their positions.
    pub won_frac: ExactSum,
    /// Results of losing trades as fractions of their positions, negative.
    pub lost_frac: ExactSum,
    /// Net P&L of trades that count as neither, within the break-even band.
    pub scratched: ExactSum,
    /// Results of those as fractions of their positions.
    pub scratched_frac: ExactSum,
    /// Squares of all results as fractions of their positions.
    pub squares: ExactSum,
    /// Trades that carry a confidence in `[0, 1]`.
    pub confident: u64,
    /// Sum of those confidences.
    pub confidence: ExactSum,
    /// Sum of (confidence − success)² over the same trades, success 1 for a win, else 0.
    pub brier: ExactSum,
    /// How long they were held, of trades whose entry time is known.
    pub hold: Hold,
}

/// What one trade adds to each of the tallies that it is counted in, worked out once.
pub(super) struct Terms {
    outcome: Outcome,
    pnl: ExactSum,
    frac: ExactSum,
    square: ExactSum,
    /// The confidence, and (confidence − success)².
    confidence: Option<(ExactSum, ExactSum)>,
    held_us: Option<i128>,
}

impl Terms {
    pub(super) fn of(trade: &TradeFacts<'_>, market: &Market) -> Self {
        let outcome = market.outcome(trade.pnl, trade.pnl_frac);
        let success = if outcome == Outcome::Win { 1.0 } else { 0.0 };
        let miss = |confidence: f64| (confidence - success) * (confidence - success);
        Self {
            outcome,
            pnl: ExactSum::of(trade.pnl),
            frac: ExactSum::of(trade.pnl_frac),
            square: ExactSum::of(trade.pnl_frac * trade.pnl_frac),
            confidence: trade.confidence.map(|c| (ExactSum::of(c), ExactSum::of(miss(c)))),
            held_us: held_us(trade),
        }
    }
}

impl GroupTotals {
    pub(super) fn add(&mut self, terms: &Terms) {
        self.counts.add(terms.outcome);
        match terms.outcome {
            Outcome::Win => {
                self.won.merge(terms.pnl);
                self.won_frac.merge(terms.frac);
            }
            Outcome::Loss => {
                self.lost.merge(terms.pnl);
                self.lost_frac.merge(terms.frac);
            }
            Outcome::Scratch => {
                self.scratched.merge(terms.pnl);
                self.scratched_frac.merge(terms.frac);
            }
        }
        self.squares.merge(terms.square);
        if let Some((confidence, miss)) = terms.confidence {
            self.confident += 1;
            self.confidence.merge(confidence);
            self.brier.merge(miss);
        }
        if let Some(held_us) = terms.held_us {
            self.hold.add(terms.outcome, held_us);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.counts.merge(other.counts);
        for (mine, theirs) in [
            (&mut self.won, other.won),
            (&mut self.lost, other.lost),
            (&mut self.won_frac, other.won_frac),
            (&mut self.lost_frac, other.lost_frac),
            (&mut self.scratched, other.scratched),
            (&mut self.scratched_frac, other.scratched_frac),
            (&mut self.squares, other.squares),
            (&mut self.confidence, other.confidence),
            (&mut self.brier, other.brier),
        ] {
            mine.merge(theirs);
        }
        self.confident = self.confident.saturating_add(other.confident);
        self.hold.merge(other.hold);
    }

    /// Net P&L of all trades.
    pub fn net(&self) -> ExactSum {
        let mut net = self.won;
        net.merge(self.lost);
        net.merge(self.scratched);
        net
    }

    /// Results of all trades as fractions.
    pub fn net_frac(&self) -> ExactSum {
        let mut net = self.won_frac;
        net.merge(self.lost_frac);
        net.merge(self.scratched_frac);
        net
    }
}
