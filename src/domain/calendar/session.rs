//! The session of a trading date: when it opens and closes, and when it pauses.

use crate::domain::{Date, Timestamp};

/// A session of a market, from its open to its close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its trading date: the one on which it ends.
    pub date: Date,
    /// The first moment at which it trades.
    pub open: Timestamp,
    /// The first moment after it; the closing price is stamped with it.
    pub close: Timestamp,
    /// The break within it, from its first moment to the first one after it.
    pub lunch: Option<(Timestamp, Timestamp)>,
}

impl Session {
    /// How much of `[from, to]` lies in the session, its lunch break left out, in microseconds.
    pub fn overlap_us(&self, from: Timestamp, to: Timestamp) -> i64 {
        let overlap =
            |(start, end): (Timestamp, Timestamp)| (to.min(end).micros() - from.max(start).micros()).max(0);
        overlap((self.open, self.close)) - self.lunch.map_or(0, overlap)
    }

    /// Microseconds of trading, without the lunch break.
    pub fn trading_us(&self) -> i64 {
        self.overlap_us(self.open, self.close)
    }

    /// When the work after the session begins: five minutes after its close.
    pub fn post_market(&self) -> Timestamp {
        Timestamp::from_micros(self.close.micros() + 5 * 60_000_000)
    }

    /// Minutes from the open to `moment`, negative before it.
    pub fn minutes_since_open(&self, moment: Timestamp) -> f64 {
        moment.minutes_since(self.open)
    }

    /// Minutes from `moment` to the close, negative after it.
    pub fn minutes_to_close(&self, moment: Timestamp) -> f64 {
        self.close.minutes_since(moment)
    }
}
