//! The decision log of a replay, some sessions at a time: of a session that is over only what its trades are told by is held.

use std::collections::VecDeque;
use std::ops::Range;

use rayon::prelude::*;

use crate::domain::{Date, Market, Timestamp, TradeFacts};
use crate::files::decision_log::trade_of_line;
use crate::files::read_log::ReadLog;
use crate::files::trade_signals::{SaidBySignals, complete};
use crate::files::trades_in_window::RecentTrade;
use crate::simulate::{Closed, DecisionRecord, KnobTimeline, LogWalk, LoggedEntry, put_in_order};
use crate::store::StoreError;

/// Records that are read together, or as many more as their last session has.
const TOGETHER: usize = 8_192;

/// A session with what was offered in it.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// Its trading date.
    pub date: Date,
    /// When the day's work is done: five minutes after the close.
    pub close: Timestamp,
    /// The records that were offered since the close before.
    pub slots: Range<usize>,
}

/// Where the records of the decision log are.
pub(super) struct Places {
    /// The log of trades.
    pub log: ReadLog,
    /// When each trade was entered, and its row in that log.
    pub trades: Vec<(Timestamp, u64)>,
    /// The signals that were not traded.
    pub missed: Vec<DecisionRecord>,
    /// What signals say of the trades that came from them.
    pub said: SaidBySignals,
}

impl Places {
    /// In the order of entries; those of one moment as they came.
    pub(super) fn sort(&mut self) {
        self.trades.sort_by_key(|(at, _)| *at);
        // The last ones are taken first.
        self.missed.sort_by_key(|record| record.at);
        self.missed.reverse();
    }

    /// How many there are up to a moment.
    pub(super) fn until(&self, moment: Timestamp) -> usize {
        let missed = self.missed.partition_point(|record| record.at > moment);
        self.trades.partition_point(|(at, _)| *at <= moment) + self.missed.len() - missed
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.trades.len() + self.missed.len()
    }
}

/// The decision log, as far as it was read.
pub(super) struct Entries {
    places: Places,
    timeline: KnobTimeline,
    pub walk: LogWalk,
    market: Market,
    /// Records that are read together.
    together: usize,
    /// Trades that were read.
    read: usize,
    /// The records at hand, and the place of the first of them.
    at_hand: Vec<LoggedEntry>,
    first: usize,
    /// What trades are told by, from a place on; when each is closed is what it says.
    told: VecDeque<RecentTrade>,
    told_from: usize,
    /// Records that do not fit the recorded knobs.
    pub mismatches: usize,
}

impl Entries {
    pub(super) fn new(places: Places, timeline: KnobTimeline, walk: LogWalk, market: &Market) -> Self {
        let together = places.log.held(&places.trades, |(_, row)| *row, TOGETHER);
        Self {
            places,
            timeline,
            walk,
            market: market.clone(),
            together,
            read: 0,
            at_hand: Vec::new(),
            first: 0,
            told: VecDeque::new(),
            told_from: 0,
            mismatches: 0,
        }
    }

    /// The places of the records at hand.
    pub(super) fn at_hand(&self) -> Range<usize> {
        self.first..self.first + self.at_hand.len()
    }

    /// A record of those at hand.
    pub(super) fn get(&self, place: usize) -> &LoggedEntry {
        &self.at_hand[place - self.first]
    }

    /// A record that is told of, whether it is at hand or not.
    fn told(&self, place: usize) -> &RecentTrade {
        &self.told[place - self.told_from]
    }

    /// The id of a record.
    pub(super) fn id(&self, place: usize) -> &str {
        &self.told(place).trade_id
    }

    /// When a trade is closed; no knob changes that.
    pub(super) fn exit(&self, place: usize) -> Timestamp {
        self.told(place).exit_time
    }

    /// A record as a trade with this result.
    pub(super) fn facts(&self, place: usize, pnl: f64, pnl_frac: f64) -> TradeFacts<'_> {
        TradeFacts { pnl, pnl_frac, ..self.told(place).facts() }
    }

    /// Reads the records of the first of these sessions, and of some after it, unless they are at hand.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be read.
    pub(super) fn load(&mut self, sessions: &[Session]) -> Result<(), StoreError> {
        let end = self.at_hand().end;
        if sessions.first().is_none_or(|session| session.slots.end <= end) {
            return Ok(());
        }
        let is_enough = |session: &&Session| session.slots.end >= end + self.together;
        let last = sessions.iter().find(is_enough).or(sessions.last());
        last.map_or(Ok(()), |last| self.read_until(last.close))
    }

    /// Reads what comes after the last session: it counts among what does not fit.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub(super) fn read_rest(&mut self) -> Result<(), StoreError> {
        while let Some((at, _)) = self.places.trades.get(self.read) {
            let next = (self.read + self.together).min(self.places.trades.len()) - 1;
            self.read_until(self.places.trades[next].0.max(*at))?;
        }
        self.read_until(Timestamp::from_micros(i64::MAX))
    }

    fn read_until(&mut self, moment: Timestamp) -> Result<(), StoreError> {
        let next = &self.places.trades[self.read..];
        let next = &next[..next.partition_point(|(at, _)| *at <= moment)];
        let mut rows: Vec<(u64, usize)> = next.iter().map(|(_, row)| *row).zip(0..).collect();
        rows.sort_unstable();
        let mut lines = vec![Vec::new(); next.len()];
        self.places.log.fetch(&rows, &mut lines)?;
        let market = &self.market;
        let said = &self.places.said;
        let record = |line: Vec<u8>| {
            let mut record = trade_of_line(&line, market)?;
            complete(&mut record, said);
            Some(record)
        };
        let mut records: Vec<DecisionRecord> = lines.into_par_iter().filter_map(record).collect();
        if records.len() < next.len() {
            return Err(self.places.log.log.changed());
        }
        self.read += records.len();
        while let Some(missed) = self.places.missed.pop_if(|record| record.at <= moment) {
            records.push(missed);
        }
        put_in_order(&mut records);
        self.first += self.at_hand.len();
        let (walk, timeline) = (&mut self.walk, &self.timeline);
        self.at_hand = records.into_iter().map(|record| walk.next(record, timeline)).collect();
        self.mismatches += self.at_hand.iter().filter(|entry| entry.mismatch().is_some()).count();
        self.told.extend(self.at_hand.iter().map(|entry| RecentTrade::of(&entry.facts(&as_it_was(entry)))));
        Ok(())
    }

    /// Forgets what was closed by a moment, as far as nothing before it was not.
    pub(super) fn forget(&mut self, until: Timestamp) {
        let over = self.told.iter().take(self.first - self.told_from);
        let over = over.take_while(|trade| trade.exit_time <= until).count();
        self.told.drain(..over);
        self.told_from += over;
    }
}

/// A record with no result yet.
fn as_it_was(entry: &LoggedEntry) -> Closed {
    Closed {
        pnl: 0.0,
        pnl_frac: 0.0,
        exposure: 0.0,
        exit: entry.record.exit,
        closing: crate::simulate::Closing::AsItWas,
        inconclusive: None,
    }
}
