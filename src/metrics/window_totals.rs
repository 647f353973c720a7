//! Everything about a set of trades that can be added up in any order.

use serde::{Deserialize, Serialize};

use super::catalog::ece::ConfidenceSpread;
use super::daily::Daily;
use super::group::Dimension;
use super::group_totals::{GroupTotals, Terms};
use super::groups::Groups;
use super::hold_time::HoldSpread;
use crate::domain::{Market, Outcome, TradeFacts};

/// Sums over a set of trades, whole and by group. Books of disjoint sets merge into the book of both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowTotals {
    pub(super) all: GroupTotals,
    pub(super) groups: [Groups; Dimension::ALL.len()],
    pub(super) daily: Daily,
    pub(super) hold: HoldSpread,
    pub(super) confidence: ConfidenceSpread,
}

impl WindowTotals {
    /// Adds a trade, dated by the market's calendar.
    pub fn add(&mut self, market: &Market, trade: &TradeFacts<'_>) {
        let terms = Terms::of(trade, market);
        let date = market.trading_date(trade.exit_time);
        self.all.add(&terms);
        for (dimension, groups) in Dimension::ALL.into_iter().zip(&mut self.groups) {
            groups.add(dimension.of(trade, date, market), &terms);
        }
        let outcome = market.outcome(trade.pnl, trade.pnl_frac);
        self.daily.add(date, outcome, trade.pnl);
        self.hold.add(trade);
        if let Some(confidence) = trade.confidence {
            self.confidence.add(confidence, outcome == Outcome::Win);
        }
    }

    /// Adds the trades of another book.
    pub fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        for (mine, theirs) in self.groups.iter_mut().zip(&other.groups) {
            mine.merge(theirs);
        }
        self.daily.merge(&other.daily);
        self.hold.merge(&other.hold);
        self.confidence.merge(&other.confidence);
    }

    /// How many trades are in it.
    pub fn trades(&self) -> u64 {
        self.all.counts.total()
    }

    /// Results by trading day.
    pub fn daily(&self) -> &Daily {
        &self.daily
    }
}
