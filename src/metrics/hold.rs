//! For how long positions were held.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Undefined;
use crate::domain::{Outcome, TradeFacts};

const US_PER_MINUTE: f64 = 60e6;

/// Holding times by outcome, summed exactly in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    all: (u64, i128),
    wins: (u64, i128),
    losses: (u64, i128),
}

impl Hold {
    pub(super) fn add(&mut self, trade: &TradeFacts<'_>) {
        let Some(entry) = trade.entry_time else { return };
        let held = i128::from(trade.exit_time.micros()) - i128::from(entry.micros());
        let count = |sum: &mut (u64, i128)| *sum = (sum.0 + 1, sum.1 + held);
        count(&mut self.all);
        match trade.outcome() {
            Outcome::Win => count(&mut self.wins),
            Outcome::Loss => count(&mut self.losses),
            Outcome::Scratch => {}
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (mine, theirs) in
            [(&mut self.all, other.all), (&mut self.wins, other.wins), (&mut self.losses, other.losses)]
        {
            *mine = (mine.0 + theirs.0, mine.1 + theirs.1);
        }
    }

    /// Mean minutes over all trades whose entry time is known.
    pub(super) fn average(&self) -> Result<f64, Undefined> {
        average(self.all, Undefined::NoEntryTimes)
    }

    /// Mean minutes over winning trades.
    pub(super) fn average_win(&self) -> Result<f64, Undefined> {
        average(self.wins, Undefined::NoWins)
    }

    /// How many winning trades have an entry time, and for how many minutes they were held together.
    pub(super) fn wins(&self) -> (f64, f64) {
        (self.wins.0 as f64, self.wins.1 as f64 / US_PER_MINUTE)
    }

    /// Mean minutes over losing trades.
    pub(super) fn average_loss(&self) -> Result<f64, Undefined> {
        average(self.losses, Undefined::NoneLost)
    }
}

fn average((count, sum): (u64, i128), none: Undefined) -> Result<f64, Undefined> {
    if count == 0 { Err(none) } else { Ok(sum as f64 / count as f64 / US_PER_MINUTE) }
}

/// How often each holding time occurred, to the second (to the minute beyond a day).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HoldSpread(BTreeMap<u32, u64>);

impl HoldSpread {
    pub(super) fn add(&mut self, trade: &TradeFacts<'_>) {
        let Some(entry) = trade.entry_time else { return };
        let us = trade.exit_time.micros() - entry.micros();
        let seconds = (us + 500_000) / 1_000_000;
        let seconds = if seconds > 86_400 { (seconds + 30) / 60 * 60 } else { seconds };
        *self.0.entry(u32::try_from(seconds).unwrap_or(u32::MAX)).or_default() += 1;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (seconds, count) in &other.0 {
            *self.0.entry(*seconds).or_default() += count;
        }
    }

    /// The median in minutes; of an even number the mean of the two in the middle.
    pub(super) fn median(&self) -> Result<f64, Undefined> {
        let total: u64 = self.0.values().sum();
        if total == 0 {
            return Err(Undefined::NoEntryTimes);
        }
        let nth = |wanted: u64| {
            let mut seen = 0;
            self.0.iter().find(|(_, count)| {
                seen += **count;
                seen > wanted
            })
        };
        let seconds = |found: Option<(&u32, &u64)>| found.map_or(0.0, |(seconds, _)| f64::from(*seconds));
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
        }
    }

    proptest! {
        #[test]
        fn averages_lie_between_those_of_wins_and_losses(
            wins in proptest::collection::vec(0i64..90_000, 1..20),
            losses in proptest::collection::vec(0i64..90_000, 1..20),
        ) {
            let mut hold = Hold::default();
            wins.iter().for_each(|s| hold.add(&trade(*s, 1.0)));
            losses.iter().for_each(|s| hold.add(&trade(*s, -1.0)));
            let (all, win, loss) =
                (hold.average().unwrap(), hold.average_win().unwrap(), hold.average_loss().unwrap());
            prop_assert!(win.min(loss) - 1e-9 <= all && all <= win.max(loss) + 1e-9);
            let plain = wins.iter().sum::<i64>() as f64 / wins.len() as f64 / 60.0;
            prop_assert!((win - plain).abs() < 1e-9);
        }

        #[test]
        fn the_median_is_that_of_the_sorted_list(mut seconds in proptest::collection::vec(0u32..90_000, 1..40)) {
            seconds.iter_mut().for_each(|s| *s = if *s > 86_400 { *s / 60 * 60 } else { *s });
            let mut spread = HoldSpread::default();
            for s in &seconds {
                *spread.0.entry(*s).or_default() += 1;
            }
            seconds.sort_unstable();
            let n = seconds.len();
            let plain = f64::from(seconds[(n - 1) / 2] + seconds[n / 2]) / 120.0;
            prop_assert!((spread.median().unwrap() - plain).abs() < 1e-12);
        }
    }
}
