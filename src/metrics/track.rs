//! Everything about a set of trades that depends on the order of their exits.

use serde::{Deserialize, Serialize};

use super::drawdown::Drawdown;
use super::holding::Holding;
use super::sequence::Exit;
use super::streak::Streak;
use crate::domain::Outcome;

/// The account's path, fed in the order of exits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    pub(super) drawdown: Drawdown,
    pub(super) streak: Streak,
    pub(super) holding: Holding,
}

impl Track {
    /// Starts with `capital` in the account's currency.
    pub fn new(capital: f64) -> Self {
        Self { drawdown: Drawdown::new(capital), streak: Streak::default(), holding: Holding::default() }
    }

    /// Adds the next exit.
    pub fn push(&mut self, exit: &Exit) {
        self.drawdown.push(exit.pnl);
        self.streak.push(Outcome::of(exit.pnl));
        self.holding.push(exit.entry_time, exit.exit_time);
    }
}
