//! Everything about a set of trades that depends on the order of their exits.

use serde::{Deserialize, Serialize};

use super::drawdown::{Drawdown, Stretch};
use super::exit_order::Exit;
use super::open_intervals::{Held, Holding, HoldingStretch};
use super::streak::{Streak, StreakStretch};
use crate::domain::{Calendar, Market};
use crate::stats::Undefined;

/// The account's path, fed in the order of exits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EquityPath {
    drawdown: Drawdown,
    streak: Streak,
    holding: Holding,
}

/// What a path came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PathFigures {
    pub(super) drawdown: Drawdown,
    pub(super) streak: Streak,
    /// When positions were open.
    pub(super) held: Result<Held, Undefined>,
}

impl EquityPath {
    /// Starts with `capital` in the account's currency.
    pub fn new(capital: f64) -> Self {
        Self { drawdown: Drawdown::new(capital), streak: Streak::default(), holding: Holding::default() }
    }

    /// Adds the next exit.
    pub fn push(&mut self, market: &Market, exit: &Exit) {
        self.drawdown.push(exit.pnl);
        self.streak.push(exit.outcome());
        self.holding.push(market, exit.entry_time, exit.exit_time);
    }

    /// What it came to so far, by the sessions of a calendar.
    pub fn figures(&self, calendar: &Calendar) -> PathFigures {
        PathFigures { drawdown: self.drawdown, streak: self.streak, held: self.holding.held(calendar) }
    }
}

impl EquityPath {
    /// Adds a later trading day at once; no exit may be added behind it.
    pub(super) fn append(&mut self, market: &Market, day: &DayTrack) {
        self.drawdown.append(&day.drawdown);
        self.streak.append(&day.streak);
        self.holding.append(market, &day.holding);
    }
}

/// The path of the account over one trading day, wherever it stood before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct DayTrack {
    drawdown: Stretch,
    streak: StreakStretch,
    holding: HoldingStretch,
}

impl DayTrack {
    /// Adds the next exit of the day; false when the position was entered on another day.
    pub(super) fn push(&mut self, market: &Market, exit: &Exit) -> bool {
        self.drawdown.push(exit.pnl);
        self.streak.push(exit.outcome());
        self.holding.push(market, exit.entry_time, exit.exit_time)
    }

    /// Sums up a day that is over.
    pub(super) fn close(&mut self, market: &Market) {
        self.holding.close(market);
    }
}
