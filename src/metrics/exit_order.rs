//! Brings exits into their order, in bounded memory, and finds the trades that were recorded twice.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::domain::{Timestamp, TradeFacts};

/// What the order-dependent metrics need of a trade.
#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    /// When it was closed.
    pub exit_time: Timestamp,
    /// Breaks ties between equal times. Held without an allocation where it is short, as most are.
    pub trade_id: SmolStr,
    /// When it was entered.
    pub entry_time: Option<Timestamp>,
    /// Net result in the account's currency.
    pub pnl: f64,
}

impl Exit {
    /// The exit of a trade.
    pub fn of(trade: &TradeFacts<'_>) -> Self {
        Self {
            exit_time: trade.exit_time,
            trade_id: trade.trade_id.into(),
            entry_time: trade.entry_time,
            pnl: trade.pnl,
        }
    }

    fn key(&self) -> (Timestamp, &str) {
        (self.exit_time, &self.trade_id)
    }
}

// Ordered by time and id alone: two records of one trade are equal here whatever else they say.
impl Ord for ByKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.key().cmp(&other.0.key())
    }
}

impl PartialOrd for ByKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ByKey {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for ByKey {}

#[derive(Clone, Debug)]
struct ByKey(Exit);

/// Lets exits out in order of time and id, as long as none comes later than `capacity` others.
#[derive(Clone, Debug)]
pub struct Sequencer {
    /// Exits that came in order, as nearly all do: they wait in a queue, which costs less than a heap.
    in_order: VecDeque<Exit>,
    /// The others.
    disordered: BinaryHeap<Reverse<ByKey>>,
    capacity: usize,
    last: Option<(Timestamp, SmolStr)>,
    late: bool,
    duplicates: Vec<(Timestamp, SmolStr)>,
}

impl Sequencer {
    /// A sequencer that holds back at most `capacity` exits.
    pub fn new(capacity: usize) -> Self {
        Self {
            in_order: VecDeque::new(),
            disordered: BinaryHeap::new(),
            capacity,
            last: None,
            late: false,
            duplicates: Vec::new(),
        }
    }

    /// Takes an exit, and lets out what is due to `sink`.
    pub fn push(&mut self, exit: Exit, sink: &mut impl FnMut(&Exit)) {
        if self.in_order.back().is_none_or(|last| last.key() <= exit.key()) {
            self.in_order.push_back(exit);
        } else {
            self.disordered.push(Reverse(ByKey(exit)));
        }
        while self.in_order.len() + self.disordered.len() > self.capacity {
            self.pop(sink);
        }
    }

    /// Lets out everything.
    pub fn drain(&mut self, sink: &mut impl FnMut(&Exit)) {
        while self.waiting().next().is_some() {
            self.pop(sink);
        }
    }

    fn waiting(&self) -> impl Iterator<Item = &Exit> {
        self.in_order.iter().chain(self.disordered.iter().map(|Reverse(ByKey(exit))| exit))
    }

    fn pop(&mut self, sink: &mut impl FnMut(&Exit)) {
        let disordered_first = match (self.in_order.front(), self.disordered.peek()) {
            (Some(one), Some(Reverse(ByKey(other)))) => other.key() < one.key(),
            (one, _) => one.is_none(),
        };
        let next = if disordered_first {
            self.disordered.pop().map(|Reverse(ByKey(exit))| exit)
        } else {
            self.in_order.pop_front()
        };
        let Some(exit) = next else { return };
        let order = self.last.as_ref().map(|(time, id)| exit.key().cmp(&(*time, &**id)));
        match order {
            Some(std::cmp::Ordering::Equal) => self.duplicates.push((exit.exit_time, exit.trade_id)),
            Some(std::cmp::Ordering::Less) => self.late = true,
            _ => {
                sink(&exit);
                self.last = Some((exit.exit_time, exit.trade_id));
            }
        }
    }

    /// Whether an exit would come too late to be put in its place.
    pub(super) fn is_behind(&self, exit: &Exit) -> bool {
        self.last.as_ref().is_some_and(|(time, id)| exit.key() <= (*time, &**id))
    }

    /// The newest exit of all that came.
    pub fn newest(&self) -> Option<Timestamp> {
        let waiting = self.waiting().map(|exit| exit.exit_time).max();
        waiting.max(self.last.as_ref().map(|(time, _)| *time))
    }

    /// Whether an exit came too late to be put in its place: what was let out is then incomplete.
    pub fn was_late(&self) -> bool {
        self.late
    }

    /// Trades that came more than once, by time and id; only the first of each was let out.
    pub fn duplicates(&self) -> &[(Timestamp, SmolStr)] {
        &self.duplicates
    }
}

/// An exit as the checkpoint keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredExit(i64, String, Option<i64>, f64);

impl From<&Exit> for StoredExit {
    fn from(exit: &Exit) -> Self {
        let entry = exit.entry_time.map(Timestamp::micros);
        Self(exit.exit_time.micros(), exit.trade_id.to_string(), entry, exit.pnl)
    }
}

impl From<StoredExit> for Exit {
    fn from(stored: StoredExit) -> Self {
        Self {
            exit_time: Timestamp::from_micros(stored.0),
            trade_id: stored.1.into(),
            entry_time: stored.2.map(Timestamp::from_micros),
            pnl: stored.3,
        }
    }
}

/// A sequencer as the checkpoint keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredSequencer {
    waiting: Vec<StoredExit>,
    last: Option<(i64, String)>,
}

impl StoredSequencer {
    pub(super) fn of(sequencer: &Sequencer) -> Self {
        let mut exits: Vec<&Exit> = sequencer.waiting().collect();
        exits.sort_by(|a, b| a.key().cmp(&b.key()));
        Self {
            waiting: exits.into_iter().map(StoredExit::from).collect(),
            last: sequencer.last.as_ref().map(|(time, id)| (time.micros(), id.to_string())),
        }
    }

    pub(super) fn into_sequencer(self, capacity: usize) -> Sequencer {
        let mut sequencer = Sequencer::new(capacity);
        // They were sorted when they were kept.
        sequencer.in_order = self.waiting.into_iter().map(Exit::from).collect();
        sequencer.last = self.last.map(|(time, id)| (Timestamp::from_micros(time), id.into()));
        sequencer
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exit(second: i64, id: &str) -> Exit {
        let exit_time = Timestamp::from_micros(second);
        Exit { exit_time, trade_id: id.into(), entry_time: None, pnl: 1.0 }
    }

    proptest! {
        #[test]
        fn exits_come_out_sorted_and_once(times in proptest::collection::vec(0i64..30, 0..60)) {
            let mut sequencer = Sequencer::new(usize::MAX);
            let mut out = Vec::new();
            for time in &times {
                sequencer.push(exit(*time, "t"), &mut |e| out.push(e.exit_time.micros()));
            }
            sequencer.drain(&mut |e| out.push(e.exit_time.micros()));
            let mut sorted = times.clone();
            sorted.sort_unstable();
            sorted.dedup();
            prop_assert_eq!(sequencer.duplicates().len(), times.len() - sorted.len());
            prop_assert_eq!(out, sorted);
            prop_assert!(!sequencer.was_late());
        }
    }

    #[test]
    fn what_comes_too_late_is_noticed() {
        let mut sequencer = Sequencer::new(2);
        for time in [5, 6, 7, 8, 4] {
            sequencer.push(exit(time, "t"), &mut |_| {});
        }
        sequencer.drain(&mut |_| {});
        assert!(sequencer.was_late());
    }
}
