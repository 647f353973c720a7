//! How a trade was closed, and whether a price closes it: one order of evidence and one rule for ties.
//!
//! The engine's own flag (`hit_stop`, `hit_target`) is believed before the text of its reason, the text before the exit
//! price, and that before bars and excursions, which only bound what may have happened. Where stop and target were
//! both touched and nothing says which was first, the stop counts: nothing is credited that may not have been there.

use super::{Calendar, Side, Timestamp};

/// What closed a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExitKind {
    /// Its stop, where it was set; a stop that trails is [`ExitKind::Signal`].
    Stop,
    /// Its target.
    Target,
    /// So many minutes after its entry.
    Time,
    /// The end of the session.
    Close,
    /// Anything that the engine decided by itself.
    Signal,
}

impl ExitKind {
    /// Every kind, in the order of reports.
    pub const ALL: [Self; 5] = [Self::Stop, Self::Target, Self::Time, Self::Signal, Self::Close];

    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Target => "target",
            Self::Time => "time",
            Self::Close => "close",
            Self::Signal => "signal",
        }
    }

    /// What closed a trade, by the engine's flags and the text of its reason. An exit within five minutes of the end
    /// of its session, for no reason that says otherwise, is one at the close.
    pub fn of_trade(
        calendar: &Calendar,
        flags: (Option<bool>, Option<bool>),
        reason: &str,
        exit: Timestamp,
    ) -> Self {
        let session = calendar.session(calendar.trading_date(exit));
        let to_close_us = session.map(|session| session.close.micros() - exit.micros());
        let (stop, target) = flags;
        let text = reason.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says_stop(stop, reason) {
            Self::Stop
        } else if says_target(target, reason) {
            Self::Target
        } else if says(&[
            "end_of_day",
            "end of day",
            "eod",
            "session_end",
            "market_close",
            "at_close",
            "on_close",
        ]) {
            Self::Close
        } else if says(&["time", "max_hold", "expired"]) {
            Self::Time
        } else if to_close_us.is_some_and(|us| (0..=AT_CLOSE_US).contains(&us)) {
            Self::Close
        } else {
            Self::Signal
        }
    }
}

/// An exit this near to the end of the session is one at the close, in microseconds.
const AT_CLOSE_US: i64 = 5 * 60_000_000;

/// Whether a trade was closed at its stop: the engine's flag, else its reason. A stop that trails is no fixed level, so
/// whatever it is flagged as, it is not this one.
pub fn says_stop(flag: Option<bool>, reason: &str) -> bool {
    flag.unwrap_or_else(|| has(reason, "stop")) && !has(reason, "trail")
}

/// Whether a reason has a word in it, in large or small letters; most reasons are plain text, in which that is seen without
/// another text being made.
fn has(reason: &str, word: &str) -> bool {
    if !reason.is_ascii() {
        return reason.to_lowercase().contains(word);
    }
    reason.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether a trade was closed at its target: the engine's flag, else its reason.
pub fn says_target(flag: Option<bool>, reason: &str) -> bool {
    flag.unwrap_or_else(|| has(reason, "take_profit") || has(reason, "target"))
}

/// Whether a price is at a stop or beyond it.
pub fn is_at_stop(side: Side, stop: f64, price: f64) -> bool {
    side.sign() * (price - stop) <= 0.0
}

/// Whether a price is at a target or beyond it.
pub fn is_at_target(side: Side, target: f64, price: f64) -> bool {
    side.sign() * (price - target) >= 0.0
}

/// The level that a bar touches, the stop where it holds both; without high and low a price is both.
pub fn touched(
    side: Side,
    (stop, target): (Option<f64>, Option<f64>),
    (high, low): (f64, f64),
) -> Option<ExitKind> {
    let (against, towards) = match side {
        Side::Long => (low, high),
        Side::Short => (high, low),
    };
    if stop.is_some_and(|stop| is_at_stop(side, stop, against)) {
        Some(ExitKind::Stop)
    } else if target.is_some_and(|target| is_at_target(side, target, towards)) {
        Some(ExitKind::Target)
    } else {
        None
    }
}

/// Whether excursions (MAE ≤ 0 ≤ MFE, fractions of the entry price) reach a stop and a target at these distances;
/// recorded excursions are rounded.
pub fn reached((mae, mfe): (f64, f64), (stop, target): (f64, f64)) -> (bool, bool) {
    const EPSILON: f64 = 1e-9;
    (mae <= EPSILON - stop, mfe >= target - EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_goes_before_the_text_and_the_stop_before_the_target() {
        let kind = |flags, reason: &str, at: &str| {
            ExitKind::of_trade(&Calendar::xnys(), flags, reason, Timestamp::parse(at).unwrap())
        };
        let noon = "2026-01-05T17:00:00Z";
        assert_eq!(kind((None, None), "stop_loss", noon), ExitKind::Stop);
        assert_eq!(kind((Some(false), None), "stop_loss", noon), ExitKind::Signal);
        assert_eq!(kind((None, Some(true)), "stop_loss", noon), ExitKind::Stop);
        assert_eq!(kind((None, None), "TAKE_PROFIT", noon), ExitKind::Target);
        assert_eq!(kind((None, None), "trailing_stop", noon), ExitKind::Signal);
        assert_eq!(kind((None, None), "time_exit", noon), ExitKind::Time);
        assert_eq!(kind((None, None), "eod", noon), ExitKind::Close);
        assert_eq!(kind((None, None), "", "2026-01-05T20:58:00Z"), ExitKind::Close);
        assert_eq!(kind((None, None), "", "2026-01-05T20:50:00Z"), ExitKind::Signal);
    }

    #[test]
    fn a_bar_that_holds_both_levels_is_at_the_stop() {
        assert_eq!(touched(Side::Long, (Some(99.0), Some(101.0)), (102.0, 98.0)), Some(ExitKind::Stop));
        assert_eq!(touched(Side::Short, (Some(101.0), Some(99.0)), (100.5, 98.0)), Some(ExitKind::Target));
        assert_eq!(touched(Side::Short, (Some(101.0), Some(99.0)), (100.5, 99.5)), None);
        assert_eq!(reached((-0.02, 0.01), (0.02, 0.04)), (true, false));
    }
}
