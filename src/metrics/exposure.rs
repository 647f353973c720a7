//! For how much of the sessions a position was open.

use crate::domain::{Date, SESSION_MINUTES, Timestamp, is_weekday, next_day, session_bounds};

/// Microseconds of `[from, to]` that lie in regular sessions.
pub(super) fn session_us(from: i64, to: i64) -> i64 {
    let mut date = Timestamp::from_micros(from).trading_date();
    let last = Timestamp::from_micros(to).trading_date();
    let mut total = 0;
    while date <= last {
        if is_weekday(date) {
            let (open, close) = session_bounds(date);
            total += (to.min(close.micros()) - from.max(open.micros())).max(0);
        }
        date = next_day(date);
    }
    total
}

/// Minutes of the regular sessions from the first to the last date.
pub(super) fn session_minutes_between(first: Date, last: Date) -> f64 {
    let mut date = first;
    let mut days = 0u32;
    while date <= last {
        days += u32::from(is_weekday(date));
        date = next_day(date);
    }
    f64::from(days) * SESSION_MINUTES
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn session_time_adds_up_and_is_no_longer_than_the_time(start in 0i64..40_000_000, a in 0i64..900_000, b in 0i64..900_000) {
            // Seconds since 2019, over changes of clocks too.
            let at = |seconds: i64| (1_546_300_800 + seconds) * 1_000_000;
            let (from, middle, to) = (at(start), at(start + a), at(start + a + b));
            let whole = session_us(from, to);
            prop_assert_eq!(session_us(from, middle) + session_us(middle, to), whole);
            prop_assert!((0..=to - from).contains(&whole));
        }
    }

    #[test]
    fn only_regular_sessions_count() {
        let at = |text: &str| Timestamp::parse(text).unwrap().micros();
        let minutes = |from: &str, to: &str| session_us(at(from), at(to)) / 60_000_000;
        assert_eq!(minutes("2019-02-15T19:00:00Z", "2019-02-15T19:30:00Z"), 30);
        assert_eq!(minutes("2019-02-15T20:30:00Z", "2019-02-15T22:30:00Z"), 30);
        // Friday's last half hour and Monday's first, not the weekend between.
        assert_eq!(minutes("2019-02-15T20:30:00Z", "2019-02-18T15:00:00Z"), 60);
        let date = |text: &str| text.parse().unwrap();
        assert_eq!(session_minutes_between(date("2019-02-15"), date("2019-02-18")), 780.0);
    }
}
