//! The trades of a life: those that are open, those that windows still look at, and what all that were closed come to.

use std::collections::{BTreeMap, VecDeque};

use chrono::Datelike;
use serde::{Deserialize, Serialize};

use super::entries::Entries;
use super::past::Taken;
use crate::domain::{Market, Timestamp, TradeFacts};
use crate::metrics::Sample;
use crate::simulate::DayTotals;

/// Days for which trades are remembered: no window of the rules is longer.
pub(super) const REMEMBERED_DAYS: i64 = 31;

/// A trade whose result is known: its place in the decision log, and what it made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "(u32, f64, f64)", into = "(u32, f64, f64)")]
struct Settled {
    slot: u32,
    pnl: f64,
    pnl_frac: f64,
}

impl From<(u32, f64, f64)> for Settled {
    fn from((slot, pnl, pnl_frac): (u32, f64, f64)) -> Self {
        Self { slot, pnl, pnl_frac }
    }
}

impl From<Settled> for (u32, f64, f64) {
    fn from(Settled { slot, pnl, pnl_frac }: Settled) -> Self {
        (slot, pnl, pnl_frac)
    }
}

/// The trades of a life. Of one that was closed long ago nothing is held by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LifeTrades {
    /// Those that were not closed at the last close, in the order in which they were entered.
    open: Vec<Taken>,
    /// Those that may still matter to a window, those of each close in the order of their exits.
    recent: VecDeque<Box<[Settled]>>,
    /// All that were closed, and what each day made.
    pub sample: Sample,
    pub days: BTreeMap<i32, DayTotals>,
}

impl LifeTrades {
    /// None yet, of an account that begins with `capital`.
    pub(super) fn new(capital: f64, market: &Market) -> Self {
        let sample = Sample::new(capital, market);
        Self { open: Vec::new(), recent: VecDeque::new(), sample, days: BTreeMap::new() }
    }

    /// The same where it was saved, dated by the market's calendar again.
    pub(super) fn dated_by(self, market: &Market) -> Self {
        Self { sample: self.sample.dated_by(market), ..self }
    }

    /// Takes in a trade that was entered.
    pub(super) fn enter(&mut self, taken: Taken) {
        self.open.push(taken);
    }

    /// Of the trades that were entered since the last close those from a place of the decision log on, the last first.
    pub(super) fn entered_since(&self, slot: usize) -> impl Iterator<Item = &Taken> {
        self.open.iter().rev().take_while(move |taken| taken.slot >= slot)
    }

    /// Takes what is closed by a moment among what is known, in the order of exits.
    pub(super) fn settle(&mut self, (entries, market): (&Entries, &Market), now: Timestamp) {
        let is_closed = |taken: &Taken| taken.exit_us <= now.micros();
        let (mut closed, open): (Vec<Taken>, Vec<Taken>) = self.open.drain(..).partition(is_closed);
        self.open = open;
        closed.sort_by(|a, b| (a.exit_us, entries.id(a.slot)).cmp(&(b.exit_us, entries.id(b.slot))));
        for taken in &closed {
            let facts = entries.facts(taken.slot, taken.pnl, taken.pnl_frac);
            self.sample.push(&facts);
            let date = market.trading_date(facts.exit_time).num_days_from_ce();
            self.days.entry(date).or_default().add(&taken.closed());
        }
        let oldest = now.plus_days(-REMEMBERED_DAYS);
        let is_old = |settled: &Settled| entries.exit(settled.slot as usize) <= oldest;
        while let Some(of_close) = self.recent.front_mut() {
            let old = of_close.partition_point(is_old);
            if old < of_close.len() {
                if old > 0 {
                    *of_close = of_close[old..].into();
                }
                break;
            }
            self.recent.pop_front();
        }
        let settled =
            |taken: &Taken| Settled { slot: taken.slot as u32, pnl: taken.pnl, pnl_frac: taken.pnl_frac };
        if !closed.is_empty() {
            self.recent.push_back(closed.iter().map(settled).collect());
        }
    }

    /// The trades whose results are known and that were closed after a moment, in the order of their exits.
    pub(super) fn known_after<'h>(
        &'h self,
        entries: &'h Entries,
        moment: Timestamp,
    ) -> impl Iterator<Item = TradeFacts<'h>> + Clone {
        let is_before = move |settled: &Settled| entries.exit(settled.slot as usize) <= moment;
        let later = move |of_close: &'h [Settled]| &of_close[of_close.partition_point(is_before)..];
        let found = self.recent.iter().flat_map(move |of_close| later(of_close));
        found.map(move |settled| entries.facts(settled.slot as usize, settled.pnl, settled.pnl_frac))
    }
}
