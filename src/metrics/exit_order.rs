//! Brings exits into their order, in bounded memory, and finds the trades that were recorded twice.
//!
//! Exits are ordered by time; those of one moment stay in the order in which they were recorded. Every cache and
//! view takes this order, so that none can differ from another.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::domain::{Market, Outcome, Timestamp, TradeFacts};

/// What the order-dependent metrics need of a trade.
#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    /// When it was closed.
    pub exit_time: Timestamp,
    /// The id of the trade. Held without an allocation where it is short, as most are.
    pub trade_id: SmolStr,
    /// When it was entered.
    pub entry_time: Option<Timestamp>,
    /// Net result in the account's currency.
    pub pnl: f64,
    /// Whether that counts as none: see [`Market::outcome`].
    pub is_scratch: bool,
    /// What tells a record that came twice from another one of the same id: see [`TradeFacts::content`].
    pub content: u64,
}

/// By what a trade that was recorded twice is known.
/// Time, id, and the hash of its exit: [`TradeFacts::exit_hash`].
pub type ExitKey = (Timestamp, SmolStr, u32);

impl Exit {
    /// The exit of a trade.
    pub fn of(trade: &TradeFacts<'_>, market: &Market) -> Self {
        Self {
            exit_time: trade.exit_time,
            trade_id: trade.trade_id.into(),
            entry_time: trade.entry_time,
            pnl: trade.pnl,
            is_scratch: market.outcome(trade.pnl, trade.pnl_frac) == Outcome::Scratch,
            content: trade.content,
        }
    }

    /// Win, loss or scratch.
    pub(super) fn outcome(&self) -> Outcome {
        if self.is_scratch { Outcome::Scratch } else { Outcome::of(self.pnl) }
    }

    /// A hash of its id and of time, price and quantity of its exit.
    pub(super) fn mark(&self) -> u64 {
        xxhash_rust::xxh3::xxh3_64_with_seed(self.trade_id.as_bytes(), u64::from(self.content as u32))
    }
}

/// An exit that waits, ordered by time and by when it came.
#[derive(Clone, Debug)]
struct Waiting {
    exit: Exit,
    arrival: u64,
}

impl Waiting {
    fn key(&self) -> (Timestamp, u64) {
        (self.exit.exit_time, self.arrival)
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Waiting {}

/// Exits of one moment that were let out, by their marks: one that comes again is a repeated record.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Moment {
    at: Option<Timestamp>,
    marks: HashSet<u64>,
}

impl Moment {
    /// Whether an exit is new; false when it was there before.
    pub(super) fn take(&mut self, exit: &Exit) -> bool {
        if self.at != Some(exit.exit_time) {
            self.at = Some(exit.exit_time);
            self.marks.clear();
        }
        self.marks.insert(exit.mark())
    }
}

/// A moment as caches keep it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredMoment(Option<i64>, Vec<u64>);

impl StoredMoment {
    /// When it is, microseconds since 1970.
    pub(super) fn micros(&self) -> Option<i64> {
        self.0
    }

    /// Whether an exit is new; false when it was there before.
    pub(super) fn take(&mut self, exit: &Exit) -> bool {
        let us = exit.exit_time.micros();
        if self.0 != Some(us) {
            (self.0, self.1) = (Some(us), Vec::new());
        }
        match self.1.binary_search(&exit.mark()) {
            Ok(_) => false,
            Err(at) => {
                self.1.insert(at, exit.mark());
                true
            }
        }
    }
}

impl From<&Moment> for StoredMoment {
    fn from(moment: &Moment) -> Self {
        let mut marks: Vec<u64> = moment.marks.iter().copied().collect();
        marks.sort_unstable();
        Self(moment.at.map(Timestamp::micros), marks)
    }
}

impl From<StoredMoment> for Moment {
    fn from(stored: StoredMoment) -> Self {
        Self { at: stored.0.map(Timestamp::from_micros), marks: stored.1.into_iter().collect() }
    }
}

/// Lets exits out in order of time and arrival, as long as none comes later than `capacity` others.
#[derive(Clone, Debug)]
pub struct Sequencer {
    /// Exits that came in order, as nearly all do: they wait in a queue, which costs less than a heap.
    in_order: VecDeque<Waiting>,
    /// The others.
    disordered: BinaryHeap<Reverse<Waiting>>,
    capacity: usize,
    arrivals: u64,
    last: Moment,
    late: bool,
    duplicates: Vec<ExitKey>,
}

impl Sequencer {
    /// A sequencer that holds back at most `capacity` exits.
    pub fn new(capacity: usize) -> Self {
        Self {
            in_order: VecDeque::new(),
            disordered: BinaryHeap::new(),
            capacity,
            arrivals: 0,
            last: Moment::default(),
            late: false,
            duplicates: Vec::new(),
        }
    }

    /// Takes an exit, and lets out what is due to `sink`.
    pub fn push(&mut self, exit: Exit, sink: &mut impl FnMut(&Exit)) {
        let waiting = Waiting { exit, arrival: self.arrivals };
        self.arrivals += 1;
        if self.in_order.back().is_none_or(|last| last.exit.exit_time <= waiting.exit.exit_time) {
            self.in_order.push_back(waiting);
        } else {
            self.disordered.push(Reverse(waiting));
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

    /// Hands over what waits, in order, without letting it out.
    pub(super) fn release(&mut self, to: &mut impl FnMut(Exit)) {
        let mut waiting: Vec<Waiting> = self.in_order.drain(..).collect();
        waiting.extend(self.disordered.drain().map(|Reverse(waiting)| waiting));
        waiting.sort();
        waiting.into_iter().for_each(|waiting| to(waiting.exit));
    }

    fn waiting(&self) -> impl Iterator<Item = &Waiting> {
        self.in_order.iter().chain(self.disordered.iter().map(|Reverse(waiting)| waiting))
    }

    fn pop(&mut self, sink: &mut impl FnMut(&Exit)) {
        let disordered_first = match (self.in_order.front(), self.disordered.peek()) {
            (Some(one), Some(Reverse(other))) => other < one,
            (one, _) => one.is_none(),
        };
        let next = if disordered_first {
            self.disordered.pop().map(|Reverse(waiting)| waiting)
        } else {
            self.in_order.pop_front()
        };
        let Some(Waiting { exit, .. }) = next else { return };
        if self.last.at.is_some_and(|last| exit.exit_time < last) {
            self.late = true;
        } else if self.last.take(&exit) {
            sink(&exit);
        } else {
            self.duplicates.push((exit.exit_time, exit.trade_id, exit.content as u32));
        }
    }

    /// Whether an exit would come too late to be put in its place.
    pub(super) fn is_behind(&self, exit_time: Timestamp) -> bool {
        self.last.at.is_some_and(|last| exit_time < last)
    }

    /// The newest exit of all that came.
    pub fn newest(&self) -> Option<Timestamp> {
        self.waiting().map(|waiting| waiting.exit.exit_time).max().max(self.last.at)
    }

    /// Whether an exit came too late to be put in its place: what was let out is then incomplete.
    pub fn was_late(&self) -> bool {
        self.late
    }

    /// Trades that came more than once; only the first record of each was let out.
    pub fn duplicates(&self) -> &[ExitKey] {
        &self.duplicates
    }
}

/// An exit as the checkpoint keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredExit(i64, String, Option<i64>, f64, bool, u64);

impl From<&Exit> for StoredExit {
    fn from(exit: &Exit) -> Self {
        let entry = exit.entry_time.map(Timestamp::micros);
        Self(
            exit.exit_time.micros(),
            exit.trade_id.to_string(),
            entry,
            exit.pnl,
            exit.is_scratch,
            exit.content,
        )
    }
}

impl From<StoredExit> for Exit {
    fn from(stored: StoredExit) -> Self {
        Self {
            exit_time: Timestamp::from_micros(stored.0),
            trade_id: stored.1.into(),
            entry_time: stored.2.map(Timestamp::from_micros),
            pnl: stored.3,
            is_scratch: stored.4,
            content: stored.5,
        }
    }
}

/// A sequencer as the checkpoint keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredSequencer {
    waiting: Vec<StoredExit>,
    last: StoredMoment,
}

impl StoredSequencer {
    pub(super) fn of(sequencer: &Sequencer) -> Self {
        let mut waiting: Vec<&Waiting> = sequencer.waiting().collect();
        waiting.sort();
        Self {
            waiting: waiting.into_iter().map(|waiting| StoredExit::from(&waiting.exit)).collect(),
            last: StoredMoment::from(&sequencer.last),
        }
    }

    pub(super) fn into_sequencer(self, capacity: usize) -> Sequencer {
        let mut sequencer = Sequencer::new(capacity);
        // They were sorted when they were kept.
        let exits = self.waiting.into_iter().map(Exit::from);
        sequencer.in_order = exits.zip(0..).map(|(exit, arrival)| Waiting { exit, arrival }).collect();
        sequencer.arrivals = sequencer.in_order.len() as u64;
        sequencer.last = self.last.into();
        sequencer
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exit(second: i64, id: &str) -> Exit {
        let exit_time = Timestamp::from_micros(second);
        Exit { exit_time, trade_id: id.into(), entry_time: None, pnl: 1.0, is_scratch: false, content: 0 }
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
    fn exits_of_one_moment_stay_in_the_order_in_which_they_came() {
        let mut sequencer = Sequencer::new(usize::MAX);
        let mut out = Vec::new();
        for (time, id) in [(5, "bt-97"), (5, "bt-100"), (4, "z"), (5, "a"), (5, "bt-97")] {
            sequencer.push(exit(time, id), &mut |_| {});
        }
        let stored = StoredSequencer::of(&sequencer);
        let mut again = stored.into_sequencer(usize::MAX);
        for sequencer in [&mut sequencer, &mut again] {
            out.clear();
            sequencer.drain(&mut |exit| out.push(exit.trade_id.to_string()));
            assert_eq!(out, ["z", "bt-97", "bt-100", "a"]);
            assert_eq!(sequencer.duplicates().len(), 1);
        }
        // The same id with another price or quantity is another exit.
        let mut sequencer = Sequencer::new(usize::MAX);
        sequencer.push(exit(5, "t"), &mut |_| {});
        sequencer.push(Exit { content: 7, ..exit(5, "t") }, &mut |_| {});
        let mut count = 0;
        sequencer.drain(&mut |_| count += 1);
        assert_eq!((count, sequencer.duplicates().len()), (2, 0));
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

    #[test]
    fn what_was_let_out_is_behind_and_what_waits_is_not() {
        let mut sequencer = Sequencer::new(1);
        assert!(!sequencer.is_behind(Timestamp::from_micros(4)));
        for time in [5, 6, 7] {
            sequencer.push(exit(time, "t"), &mut |_| {});
        }
        // 6 was let out last.
        assert!(
            sequencer.is_behind(Timestamp::from_micros(5)) && !sequencer.is_behind(Timestamp::from_micros(7))
        );
        assert_eq!(sequencer.newest(), Some(Timestamp::from_micros(7)));
    }
}
