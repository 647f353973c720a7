//! The intervals during which positions were open, kept only as far back as they can still matter.

use serde::{Deserialize, Serialize};

use super::Undefined;
use super::concurrency::Edges;
use crate::domain::{Calendar, Market, Timestamp, next_day};

/// Beyond this many intervals, those of finished sessions are summed up and dropped.
const KEPT: usize = 4_096;

/// Of positions that are held over night, at least so far back is kept: 31 days, and four times as long as any was held.
const FAR_BACK_US: i64 = 31 * 86_400_000_000;

/// However far back that is, about so many are kept, 2 MiB: every exit reads them.
const MOST: usize = 131_072;

/// As long as this, a position is held over night.
const OVER_NIGHT_US: i64 = 12 * 3_600_000_000;

/// Holding intervals, fed in exit order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Holding {
    #[serde(with = "packed")]
    intervals: Vec<(i64, i64)>,
    next_compaction: usize,
    /// Everything that ended before this moment has been summed up.
    closed_until: Option<i64>,
    closed_session_us: i64,
    closed_most: u64,
    /// As long as any position was held, microseconds: also one that has been summed up or parted since.
    longest_us: i64,
    /// Whether any was held over night.
    is_over_night: bool,
    /// A position reaches back into what has been summed up, so that the sums no longer hold.
    reaches_back: bool,
    held: u64,
}

/// What holding intervals say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    /// Microseconds of regular sessions during which at least one position was open.
    pub(super) exposed_us: i64,
    /// The most positions open at once.
    pub(super) most_at_once: u64,
}

impl Held {
    fn of(calendar: &Calendar, intervals: &[(i64, i64)]) -> Self {
        let edges = Edges::of(intervals);
        Self { exposed_us: covered_us(calendar, &edges), most_at_once: edges.most_at_once() }
    }

    /// The mean time during which a position was open on each of several desks, and the most that were open on one of
    /// them; `None` without a desk.
    pub(super) fn mean(desks: &[Self]) -> Option<Self> {
        let most_at_once = desks.iter().map(|held| held.most_at_once).max()?;
        let exposed_us: i128 = desks.iter().map(|held| i128::from(held.exposed_us)).sum();
        let exposed_us = i64::try_from(exposed_us / desks.len() as i128).ok()?;
        Some(Self { exposed_us, most_at_once })
    }
}

impl Default for Holding {
    fn default() -> Self {
        Self {
            intervals: Vec::new(),
            next_compaction: KEPT,
            closed_until: None,
            closed_session_us: 0,
            closed_most: 0,
            longest_us: 0,
            is_over_night: false,
            reaches_back: false,
            held: 0,
        }
    }
}

impl Holding {
    pub(super) fn push(&mut self, market: &Market, entry: Option<Timestamp>, exit: Timestamp) {
        let Some(entry) = entry else { return };
        self.held += 1;
        self.reaches_back |= self.closed_until.is_some_and(|closed| entry.micros() < closed);
        self.intervals.push((entry.micros(), exit.micros()));
        self.longest_us = self.longest_us.max(exit.micros().saturating_sub(entry.micros()));
        if self.intervals.len() >= self.next_compaction {
            self.compact(market.calendar(), exit);
        }
    }

    /// Sums up the sessions before that of `latest`. Where positions are held over night, only what lies so far back that
    /// hardly one that is still open can reach it: an interval is parted there, which changes neither sum.
    fn compact(&mut self, calendar: &Calendar, latest: Timestamp) {
        let session = calendar.bounds(calendar.trading_date(latest)).0.micros();
        let reaches = |(entry, exit): &(i64, i64)| *exit >= session && *entry < session;
        // A desk that once held positions for months may do so again, however quick the thousands since were.
        self.is_over_night |= self.longest_us >= OVER_NIGHT_US || self.intervals.iter().any(reaches);
        let back = if self.is_over_night { self.longest_us.saturating_mul(4).max(FAR_BACK_US) } else { 0 };
        let crowded = self.intervals.len().checked_sub(MOST).map_or(i64::MIN, |at| self.intervals[at].1);
        let cut = session.saturating_sub(back).max(crowded).min(session);
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for (entry, exit) in std::mem::take(&mut self.intervals) {
            if exit < cut || (exit == cut && entry < cut) {
                old.push((entry, exit));
            } else if entry < cut {
                old.push((entry, cut));
                new.push((cut, exit));
            } else {
                new.push((entry, exit));
            }
        }
        if !old.is_empty() {
            let old = Held::of(calendar, &old);
            self.closed_session_us += old.exposed_us;
            self.closed_most = self.closed_most.max(old.most_at_once);
            self.closed_until = Some(cut);
        }
        self.intervals = new;
        self.next_compaction = KEPT.max(self.intervals.len() * 2);
    }

    /// What they say together.
    ///
    /// # Errors
    /// [`Undefined::NoEntryTimes`], [`Undefined::HeldTooLong`].
    pub(super) fn held(&self, calendar: &Calendar) -> Result<Held, Undefined> {
        self.check()?;
        let open = Held::of(calendar, &self.intervals);
        Ok(Held {
            exposed_us: self.closed_session_us + open.exposed_us,
            most_at_once: self.closed_most.max(open.most_at_once),
        })
    }

    fn check(&self) -> Result<(), Undefined> {
        match (self.held, self.reaches_back) {
            (0, _) => Err(Undefined::NoEntryTimes),
            (_, true) => Err(Undefined::HeldTooLong),
            _ => Ok(()),
        }
    }
}

/// Holding intervals that all lie within one trading day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HoldingStretch {
    held: u64,
    /// Those that have not been summed up.
    intervals: Vec<(i64, i64)>,
    session_us: i64,
    most: u64,
}

impl HoldingStretch {
    /// Adds an interval; false when it does not lie within one trading day.
    pub(super) fn push(&mut self, market: &Market, entry: Option<Timestamp>, exit: Timestamp) -> bool {
        let Some(entry) = entry else { return true };
        self.held += 1;
        self.intervals.push((entry.micros(), exit.micros()));
        market.trading_date(entry) == market.trading_date(exit)
    }

    /// Sums up a day that is over.
    pub(super) fn close(&mut self, market: &Market) {
        let held = Held::of(market.calendar(), &std::mem::take(&mut self.intervals));
        self.session_us += held.exposed_us;
        self.most = self.most.max(held.most_at_once);
    }
}

impl Holding {
    /// Adds a later day at once; no interval may be added behind it.
    pub(super) fn append(&mut self, market: &Market, day: &HoldingStretch) {
        self.held += day.held;
        let open = Held::of(market.calendar(), &day.intervals);
        self.closed_session_us += day.session_us + open.exposed_us;
        self.closed_most = self.closed_most.max(day.most).max(open.most_at_once);
    }
}

/// Intervals as one stretch of bytes: a checkpoint holds thousands, which every exit reads.
mod packed {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::{Serialize, Serializer};
    use serde_bytes::{ByteBuf, Bytes};

    pub(super) fn serialize<S: Serializer>(intervals: &[(i64, i64)], to: S) -> Result<S::Ok, S::Error> {
        let edges = intervals.iter().flat_map(|(from, until)| [from.to_le_bytes(), until.to_le_bytes()]);
        Bytes::new(edges.collect::<Vec<_>>().as_flattened()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(i64, i64)>, D::Error> {
        // Not borrowed: in JSON they are a list of numbers.
        let bytes = ByteBuf::deserialize(from)?;
        let (edges, rest) = bytes.as_chunks::<8>();
        let (intervals, odd) = edges.as_chunks::<2>();
        if !rest.is_empty() || !odd.is_empty() {
            return Err(D::Error::custom("half an interval"));
        }
        Ok(intervals
            .iter()
            .map(|[from, until]| (i64::from_le_bytes(*from), i64::from_le_bytes(*until)))
            .collect())
    }
}

/// Microseconds of `[from, to]` that lie in sessions, lunch breaks left out.
pub(super) fn session_us(calendar: &Calendar, from: i64, to: i64) -> i64 {
    let (from, to) = (Timestamp::from_micros(from), Timestamp::from_micros(to));
    let mut date = calendar.trading_date(from);
    let last = calendar.trading_date(to);
    let mut total = 0;
    while date <= last {
        total += calendar.session(date).map_or(0, |session| session.overlap_us(from, to));
        date = next_day(date);
    }
    total
}

/// Session time covered by the union of the intervals.
fn covered_us(calendar: &Calendar, Edges { starts, ends, .. }: &Edges) -> i64 {
    let mut total = 0;
    let mut first = 0;
    for next in 1..=starts.len() {
        // When as many intervals have ended as had begun before the next one begins, none is open.
        if next == starts.len() || ends[next - 1] < starts[next] {
            total += session_us(calendar, starts[first], ends[next - 1]);
            first = next;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn packed_intervals_come_back(intervals in proptest::collection::vec(any::<(i64, i64)>(), 0..9)) {
            let holding = Holding { intervals, ..Holding::default() };
            let bytes = postcard::to_stdvec(&holding).unwrap();
            prop_assert_eq!(postcard::from_bytes(&bytes), Ok(holding));
        }

        /// A desk that always holds something over night, for more than a year.
        #[test]
        fn what_is_parted_adds_up_to_the_same(
            trades in proptest::collection::vec((0i64..6_000, 1_000i64..4_000, 0i64..3), 1..12), pace in 20i64..60,
        ) {
            let market = Market::default();
            let start = Timestamp::parse("2026-03-02T14:30:00Z").unwrap().micros();
            let (mut kept, mut parted) = (Holding::default(), Holding::default());
            (kept.next_compaction, parted.next_compaction) = (usize::MAX, 64);
            for number in 0..400 {
                let (jitter, held, twice) = trades[number as usize % trades.len()];
                let exit = start + (number * pace * 30 + jitter % 30) * 60_000_000;
                for entry in [exit - held * 60_000_000, exit - 60_000_000 * twice] {
                    let (entry, exit) = (Timestamp::from_micros(entry), Timestamp::from_micros(exit));
                    kept.push(&market, Some(entry), exit);
                    parted.push(&market, Some(entry), exit);
                    if parted.intervals.len() >= 64 {
                        parted.compact(market.calendar(), exit);
                    }
                }
            }
            let calendar = market.calendar();
            prop_assert!(parted.intervals.len() < kept.intervals.len());
            prop_assert_eq!(parted.held(calendar), kept.held(calendar));
        }

        #[test]
        fn cover_is_that_of_the_merged_intervals(spans in proptest::collection::vec((0i64..50_000, 0i64..900), 0..60)) {
            // Minutes from a Friday's opening on, over weekends.
            let start = Timestamp::parse("2026-02-27T14:30:00Z").unwrap().micros();
            let at = |minutes: i64| start + minutes * 60_000_000;
            let mut spans: Vec<(i64, i64)> = spans.into_iter().map(|(from, len)| (at(from), at(from + len))).collect();
            let covered = covered_us(&Calendar::xnys(), &Edges::of(&spans));
            spans.sort_unstable();
            let mut merged: Vec<(i64, i64)> = Vec::new();
            for (from, to) in spans {
                match merged.last_mut().filter(|(_, end)| from <= *end) {
                    Some((_, end)) => *end = to.max(*end),
                    None => merged.push((from, to)),
                }
            }
            prop_assert_eq!(covered, merged.into_iter().map(|(from, to)| session_us(&Calendar::xnys(), from, to)).sum::<i64>());
        }
    }

    /// Busy weeks of a desk that holds over night: what is read at every exit stays small, and nothing adds up otherwise.
    #[test]
    fn what_is_kept_is_bounded_however_long_positions_were_held() {
        let market = Market::default();
        let start = Timestamp::parse("2026-03-02T14:30:00Z").unwrap();
        let (mut kept, mut dropped) = (Holding::default(), Holding::default());
        kept.next_compaction = usize::MAX;
        for trade in 0..600_000i64 {
            let exit = start.micros() + trade * 4_000_000;
            let entry = exit - if trade % 1_000 == 0 { 20 * 3_600_000_000 } else { 60_000_000 };
            let (entry, exit) = (Timestamp::from_micros(entry), Timestamp::from_micros(exit));
            kept.push(&market, Some(entry), exit);
            dropped.push(&market, Some(entry), exit);
            assert!(dropped.intervals.len() <= 3 * MOST);
        }
        assert_eq!(dropped.held(market.calendar()), kept.held(market.calendar()));
    }

    /// A position of 40 days, thousands of quick ones, and another of 40 days: its time is known like that of the first.
    #[test]
    fn a_long_position_is_expected_after_thousands_of_quick_ones() {
        let market = Market::default();
        let start = Timestamp::parse("2025-03-03T14:30:00Z").unwrap();
        let (mut kept, mut dropped) = (Holding::default(), Holding::default());
        kept.next_compaction = usize::MAX;
        let mut push = |entry: Timestamp, exit: Timestamp| {
            kept.push(&market, Some(entry), exit);
            dropped.push(&market, Some(entry), exit);
        };
        push(start, start.plus_days(40));
        for trade in 0..40_000i64 {
            let exit = start.plus_days(41 + trade / 100).micros() + trade % 100 * 60_000_000;
            push(Timestamp::from_micros(exit - 60_000_000), Timestamp::from_micros(exit));
        }
        push(start.plus_days(402), start.plus_days(442));
        assert!(dropped.intervals.len() < kept.intervals.len());
        assert_eq!(dropped.held(market.calendar()), kept.held(market.calendar()));
    }

    #[test]
    fn dropping_finished_sessions_changes_nothing() {
        let market = Market::default();
        let calendar = market.calendar();
        let start = Timestamp::parse("2026-03-02T14:30:00Z").unwrap();
        let (mut kept, mut dropped) = (Holding::default(), Holding::default());
        kept.next_compaction = usize::MAX;
        for day in (0..4).chain(7..12) {
            for trade in 0..1_000 {
                let exit = start.plus_days(day).micros() + trade * 20_000_000 + 1_000_000;
                let entry = exit - (trade % 7) * 30_000_000;
                let (entry, exit) = (
                    Timestamp::from_micros(entry.max(start.plus_days(day).micros())),
                    Timestamp::from_micros(exit),
                );
                kept.push(&market, Some(entry), exit);
                dropped.push(&market, Some(entry), exit);
            }
        }
        assert!(dropped.intervals.len() < kept.intervals.len());
        assert_eq!(kept.held(calendar), dropped.held(calendar));
        dropped.push(&market, Some(start), start.plus_days(12));
        assert_eq!(dropped.held(calendar), Err(Undefined::HeldTooLong));
        assert_eq!(Holding::default().held(calendar), Err(Undefined::NoEntryTimes));
    }
}
