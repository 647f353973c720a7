//! The multipliers of the size through the sessions of a replay, learned from the trades that were taken under them.

use chrono::Datelike;

use super::entries::Session;
use super::history::History;
use super::past::Taken;
use crate::decide::{SizeHistory, SizeRow};
use crate::simulate::LoggedEntry;

/// The policy as far as it got. Everything in it follows from the trades that were taken.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SizeWalk {
    learned: SizeHistory,
    /// Trades that are not closed before the session at hand.
    later: Vec<SizeRow>,
}

impl SizeWalk {
    /// The policy at the beginning of a session, after all sessions before it.
    pub(super) fn at(before: Option<Self>, session: &Session, capital: f64) -> Self {
        let fresh = || Self { learned: SizeHistory::new(capital), later: Vec::new() };
        let mut walk = before.unwrap_or_else(fresh);
        walk.learn(session.date.num_days_from_ce());
        walk
    }

    /// Takes in the next trade.
    pub(super) fn add(&mut self, history: &History, trade: &Taken) {
        let record = &history.entries.get(trade.slot).record;
        self.later.push(SizeRow {
            day: history.market.trading_date(trade.closed().exit).num_days_from_ce(),
            pnl: trade.pnl,
            result: trade.pnl_frac,
            outcome: history.market.outcome(trade.pnl, trade.pnl_frac),
            score: record.score,
            confidence: record.confidence,
        });
    }

    /// Learns from the days before one.
    fn learn(&mut self, day: i32) {
        let (mut over, later): (Vec<SizeRow>, Vec<SizeRow>) =
            std::mem::take(&mut self.later).into_iter().partition(|row| row.day < day);
        self.later = later;
        over.sort_by_key(|row| row.day);
        over.chunk_by(|a, b| a.day == b.day).for_each(|session| self.learned.push(session));
    }

    /// By what the size of an entry is multiplied: 1 until the evidence is there.
    pub(super) fn multiplier(&self, slot: &LoggedEntry) -> f64 {
        let record = &slot.record;
        let key = self.learned.key_of(record.score, record.confidence);
        self.learned.policy.sizes_in_force().of(key)
    }

    /// How often multipliers were published.
    pub(super) fn publications(&self) -> u32 {
        self.learned.policy.publications()
    }
}
