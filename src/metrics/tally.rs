//! What can be added up in any order for any group of trades.

use serde::{Deserialize, Serialize};

use super::ExactSum;
use super::counts::Counts;
use super::hold::Hold;
use crate::domain::{Outcome, TradeFacts};

/// Sums over a group of trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Trades by outcome.
    pub counts: Counts,
    /// Net P&L of winning trades.
    pub won: ExactSum,
    /// Net P&L of losing trades, negative.
    pub lost: ExactSum,
    /// Results of winning trades as fractions.
    pub won_frac: ExactSum,
    /// Results of losing trades as fractions, negative.
    pub lost_frac: ExactSum,
    /// Squares of all results as fractions.
    pub squares: ExactSum,
    /// Trades that carry a confidence.
    pub confident: u64,
    /// Sum of confidences.
    pub confidence: ExactSum,
    /// Sum of (confidence − success)².
    pub brier: ExactSum,
    /// Holding times.
    pub hold: Hold,
}

impl Tally {
    pub(super) fn add(&mut self, trade: &TradeFacts<'_>) {
        let outcome = trade.outcome();
        self.counts.add(outcome);
        match outcome {
            Outcome::Win => {
                self.won.add(trade.pnl);
                self.won_frac.add(trade.pnl_frac);
            }
            Outcome::Loss => {
                self.lost.add(trade.pnl);
                self.lost_frac.add(trade.pnl_frac);
            }
            Outcome::Scratch => {}
        }
        self.squares.add(trade.pnl_frac * trade.pnl_frac);
        if let Some(confidence) = trade.confidence {
            let success = if outcome == Outcome::Win { 1.0 } else { 0.0 };
            self.confident += 1;
            self.confidence.add(confidence);
            self.brier.add((confidence - success) * (confidence - success));
        }
        self.hold.add(trade);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.counts.merge(other.counts);
        for (mine, theirs) in [
            (&mut self.won, other.won),
            (&mut self.lost, other.lost),
            (&mut self.won_frac, other.won_frac),
            (&mut self.lost_frac, other.lost_frac),
            (&mut self.squares, other.squares),
            (&mut self.confidence, other.confidence),
            (&mut self.brier, other.brier),
        ] {
            mine.merge(theirs);
        }
        self.confident += other.confident;
        self.hold.merge(other.hold);
    }

    /// Net P&L of all trades.
    pub fn net(&self) -> ExactSum {
        let mut net = self.won;
        net.merge(self.lost);
        net
    }

    /// Results of all trades as fractions.
    pub fn net_frac(&self) -> ExactSum {
        let mut net = self.won_frac;
        net.merge(self.lost_frac);
        net
    }
}
