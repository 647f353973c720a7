//! For how long positions were held.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Undefined;
use crate::domain::{Outcome, TradeFacts};

const US_PER_MINUTE: f64 = 60e6;

/// For how many microseconds a trade was held, where its entry time is known.
pub(super) fn held_us(trade: &TradeFacts<'_>) -> Option<i128> {
    trade.entry_time.map(|entry| i128::from(trade.exit_time.micros()) - i128::from(entry.micros()))
}

/// Holding times by outcome, summed exactly in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    all: (u64, i128),
    wins: (u64, i128),
    losses: (u64, i128),
}

impl Hold {
    pub(super) fn add(&mut self, outcome: Outcome, held_us: i128) {
        let count = |sum: &mut (u64, i128)| *sum = (sum.0 + 1, sum.1 + held_us);
        count(&mut self.all);
        match outcome {
            Outcome::Win => count(&mut self.wins),
            Outcome::Loss => count(&mut self.losses),
            Outcome::Scratch => {}
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (mine, theirs) in
            [(&mut self.all, other.all), (&mut self.wins, other.wins), (&mut self.losses, other.losses)]
        {
            *mine = (mine.0.saturating_add(theirs.0), mine.1.saturating_add(theirs.1));
        }
    }

    /// Mean minutes over all trades whose entry time is known.
    pub(super) fn average(&self) -> Result<f64, Undefined> {
        average(self.all, Undefined::NoEntryTimes)
    }

    /// Mean minutes over winning trades, of which there are `wins` with an entry time or without.
    pub(super) fn average_win(&self, wins: u64) -> Result<f64, Undefined> {
        average(self.wins, if wins == 0 { Undefined::NoWins } else { Undefined::NoEntryTimes })
    }

    /// How many winning trades have an entry time, and for how many minutes they were held together.
    pub(super) fn wins(&self) -> (f64, f64) {
        (self.wins.0 as f64, self.wins.1 as f64 / US_PER_MINUTE)
    }

    /// Mean minutes over losing trades, of which there are `losses` with an entry time or without.
    pub(super) fn average_loss(&self, losses: u64) -> Result<f64, Undefined> {
        average(self.losses, if losses == 0 { Undefined::NoLosingTrades } else { Undefined::NoEntryTimes })
    }
}

fn average((count, sum): (u64, i128), none: Undefined) -> Result<f64, Undefined> {
    if count == 0 { Err(none) } else { Ok(sum as f64 / count as f64 / US_PER_MINUTE) }
}

/// Holding times up to this many seconds, a day, are told apart to the second; beyond, to the minute.
const NEAR_S: i64 = 86_400;

/// How often each holding time occurred, in seconds. Four thousand million of one are more than a log holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u32, u32)>", into = "Vec<(u32, u32)>")]
pub(super) struct HoldSpread {
    /// Up to [`NEAR_S`], by their place: a count costs no search.
    near: Vec<u32>,
    far: BTreeMap<u32, u32>,
}

impl From<HoldSpread> for Vec<(u32, u32)> {
    fn from(spread: HoldSpread) -> Self {
        spread.counts().collect()
    }
}

impl From<Vec<(u32, u32)>> for HoldSpread {
    fn from(counts: Vec<(u32, u32)>) -> Self {
        let is_near = |seconds: u32| i64::from(seconds) <= NEAR_S;
        let room = counts.iter().rev().find(|(seconds, _)| is_near(*seconds)).map_or(0, |(last, _)| last + 1);
        let mut spread = Self { near: vec![0; room as usize], far: BTreeMap::new() };
        counts.into_iter().for_each(|(seconds, count)| spread.count(seconds, count));
        spread
    }
}

impl HoldSpread {
    pub(super) fn add(&mut self, trade: &TradeFacts<'_>) {
        let Some(entry) = trade.entry_time else { return };
        let us = trade.exit_time.micros() - entry.micros();
        let seconds = (us + 500_000) / 1_000_000;
        let seconds = if seconds > NEAR_S { (seconds + 30) / 60 * 60 } else { seconds };
        self.count(u32::try_from(seconds).unwrap_or(u32::MAX), 1);
    }

    fn count(&mut self, seconds: u32, count: u32) {
        if i64::from(seconds) > NEAR_S {
            let counted = self.far.entry(seconds).or_default();
            *counted = counted.saturating_add(count);
            return;
        }
        let at = seconds as usize;
        if at >= self.near.len() {
            self.near.resize(at + 1, 0);
        }
        self.near[at] = self.near[at].saturating_add(count);
    }

    /// The holding times that occurred, in their order, and how often.
    fn counts(&self) -> impl Iterator<Item = (u32, u32)> {
        let near = self.near.iter().enumerate().map(|(seconds, count)| (seconds as u32, *count));
        near.filter(|(_, count)| *count > 0).chain(self.far.iter().map(|(seconds, count)| (*seconds, *count)))
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if self.near.len() < other.near.len() {
            self.near.resize(other.near.len(), 0);
        }
        for (mine, theirs) in self.near.iter_mut().zip(&other.near) {
            *mine = mine.saturating_add(*theirs);
        }
        other.far.iter().for_each(|(seconds, count)| self.count(*seconds, *count));
    }

    /// The median in minutes; of an even number the mean of the two in the middle.
    pub(super) fn median(&self) -> Result<f64, Undefined> {
        let total: u64 = self.counts().map(|(_, count)| u64::from(count)).sum();
        if total == 0 {
            return Err(Undefined::NoEntryTimes);
        }
        let nth = |wanted: u64| {
            let mut seen = 0;
            self.counts().find(|(_, count)| {
                seen += u64::from(*count);
                seen > wanted
            })
        };
        let seconds = |found: Option<(u32, u32)>| found.map_or(0.0, |(seconds, _)| f64::from(seconds));
        Ok((seconds(nth((total - 1) / 2)) + seconds(nth(total / 2))) / 2.0 / 60.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn trade(hold_s: i64, pnl: f64) -> TradeFacts<'static> {
        use crate::domain::{Side, Timestamp, UNKNOWN};
        TradeFacts {
            trade_id: "t",
            symbol: "S",
            side: Side::Long,
            entry_time: Some(Timestamp::from_micros(0)),
            exit_time: Timestamp::from_micros(hold_s * 1_000_000),
            pnl,
            pnl_frac: pnl / 1e4,
            confidence: None,
            regime: UNKNOWN,
            sector: UNKNOWN,
            setup: UNKNOWN,
            exit_reason: UNKNOWN,
            strategy: UNKNOWN,
            variant: UNKNOWN,
            timeframe: UNKNOWN,
            content: 0,
            is_further_leg: false,
        }
    }

    #[test]
    fn a_day_is_told_to_the_second_and_what_is_longer_to_the_minute() {
        let median = |trade: &TradeFacts<'_>| {
            let mut spread = HoldSpread::default();
            spread.add(trade);
            spread.median().unwrap()
        };
        assert_eq!([median(&trade(90, 1.0)), median(&trade(86_400, 1.0))], [1.5, 1_440.0]);
        assert_eq!([median(&trade(86_429, 1.0)), median(&trade(86_430, 1.0))], [1_440.0, 1_441.0]);
        // 1.6 seconds are two, from wherever they are counted.
        let at = crate::domain::Timestamp::from_micros;
        let short = TradeFacts { entry_time: Some(at(5_000_000)), exit_time: at(6_600_000), ..trade(0, 1.0) };
        assert_eq!(median(&short), 2.0 / 60.0);
    }

    #[test]
    fn parts_are_put_together_whichever_holds_the_longer_times() {
        let spread = |seconds: &[u32]| {
            let mut spread = HoldSpread::default();
            seconds.iter().for_each(|s| spread.count(*s, 1));
            spread
        };
        let (short, long) = (spread(&[60, 120]), spread(&[120, 180, 90_000]));
        for (mut one, other) in [(short.clone(), &long), (long.clone(), &short)] {
            one.merge(other);
            assert_eq!(Vec::from(one), [(60, 1), (120, 2), (180, 1), (90_000, 1)]);
        }
        let held = |outcome, us| {
            let mut hold = Hold::default();
            hold.add(outcome, us);
            hold
        };
        let mut both = held(Outcome::Win, 120_000_000);
        both.merge(held(Outcome::Loss, 240_000_000));
        assert_eq!((both.average(), both.average_win(1), both.average_loss(1)), (Ok(3.0), Ok(2.0), Ok(4.0)));
    }

    #[test]
    fn without_a_time_it_is_said_whether_there_was_a_trade() {
        let none = Hold::default();
        assert_eq!(
            (none.average_win(0), none.average_win(1)),
            (Err(Undefined::NoWins), Err(Undefined::NoEntryTimes))
        );
        assert_eq!(
            (none.average_loss(0), none.average_loss(1)),
            (Err(Undefined::NoLosingTrades), Err(Undefined::NoEntryTimes))
        );
    }

    proptest! {
        #[test]
        fn averages_lie_between_those_of_wins_and_losses(
            wins in proptest::collection::vec(0i64..90_000, 1..20),
            losses in proptest::collection::vec(0i64..90_000, 1..20),
        ) {
            let mut hold = Hold::default();
            let mut add = |seconds: i64, pnl: f64| {
                let trade = trade(seconds, pnl);
                hold.add(Outcome::of(pnl), held_us(&trade).unwrap());
            };
            wins.iter().for_each(|s| add(*s, 1.0));
            losses.iter().for_each(|s| add(*s, -1.0));
            let (all, win, loss) =
                (hold.average().unwrap(), hold.average_win(1).unwrap(), hold.average_loss(1).unwrap());
            prop_assert!(win.min(loss) - 1e-9 <= all && all <= win.max(loss) + 1e-9);
            let plain = wins.iter().sum::<i64>() as f64 / wins.len() as f64 / 60.0;
            prop_assert!((win - plain).abs() < 1e-9);
        }

        #[test]
        fn the_median_is_that_of_the_sorted_list(mut seconds in proptest::collection::vec(0u32..90_000, 1..40)) {
            seconds.iter_mut().for_each(|s| *s = if *s > 86_400 { *s / 60 * 60 } else { *s });
            let mut spread = HoldSpread::default();
            for s in &seconds {
                spread.count(*s, 1);
            }
            seconds.sort_unstable();
            let n = seconds.len();
            let plain = f64::from(seconds[(n - 1) / 2] + seconds[n / 2]) / 120.0;
            prop_assert!((spread.median().unwrap() - plain).abs() < 1e-12);
        }
    }
}
