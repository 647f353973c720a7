//! Everything about a set of trades that can be added up in any order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::daily::Daily;
use super::ece::ConfidenceSpread;
use super::group::{Dimension, GROUP_KEYS_MAX, OTHER};
use super::hold::HoldSpread;
use super::tally::Tally;
use crate::domain::TradeFacts;

/// Sums over a set of trades, whole and by group. Books of disjoint sets merge into the book of both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    pub(super) all: Tally,
    pub(super) groups: [BTreeMap<String, Tally>; Dimension::ALL.len()],
    pub(super) daily: Daily,
    pub(super) hold: HoldSpread,
    pub(super) confidence: ConfidenceSpread,
}

impl Book {
    /// Adds a trade.
    pub fn add(&mut self, trade: &TradeFacts<'_>) {
        self.all.add(trade);
        for (dimension, groups) in Dimension::ALL.into_iter().zip(&mut self.groups) {
            group(groups, &dimension.of(trade)).add(trade);
        }
        self.daily.add(trade.exit_time.trading_date(), trade.outcome(), trade.pnl);
        self.hold.add(trade);
        if let Some(confidence) = trade.confidence {
            self.confidence.add(confidence, trade.pnl > 0.0);
        }
    }

    /// Adds the trades of another book.
    pub fn merge(&mut self, other: &Self) {
        self.all.merge(&other.all);
        for (mine, theirs) in self.groups.iter_mut().zip(&other.groups) {
            for (key, tally) in theirs {
                group(mine, key).merge(tally);
            }
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

/// The tally of a key, or of [`OTHER`] once there are too many keys.
fn group<'g>(groups: &'g mut BTreeMap<String, Tally>, key: &str) -> &'g mut Tally {
    let known = groups.contains_key(key);
    let key = if known || groups.len() < GROUP_KEYS_MAX { key } else { OTHER };
    if !groups.contains_key(key) {
        groups.insert(key.to_owned(), Tally::default());
    }
    groups.entry(key.to_owned()).or_default()
}
