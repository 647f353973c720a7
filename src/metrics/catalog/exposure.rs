//! For how much of the sessions a position was open.

use crate::domain::{Calendar, Date};
use crate::metrics::open_intervals::Held;
use crate::metrics::window_totals::WindowTotals;
use crate::stats::MetricResult;
use crate::stats::Undefined;

/// Minutes of the sessions from the first to the last date, lunch breaks left out.
pub(super) fn session_minutes_between(calendar: &Calendar, first: Date, last: Date) -> f64 {
    calendar.sessions(first, last).map(|date| f64::from(calendar.session_minutes(date))).sum()
}

/// Session time with an open position, as a share of the sessions from the first to the last day.
///
/// # Errors
/// What `held` says, [`Undefined::NoTrades`] without a day, [`Undefined::TooFewDays`] without a session.
pub(super) fn exposure(
    totals: &WindowTotals,
    calendar: &Calendar,
    held: Result<Held, Undefined>,
) -> MetricResult {
    let exposed_us = held?.exposed_us;
    let (first, last) = totals.daily.span().ok_or(Undefined::NoTrades)?;
    let minutes = session_minutes_between(calendar, first, last);
    if minutes == 0.0 {
        return Err(Undefined::TooFewDays { need: 1, have: 0 });
    }
    // Time before the first of these days, of a position that was entered earlier, is in the numerator only.
    Ok((exposed_us as f64 / 60e6 / minutes).min(1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Outcome, Timestamp};
    use crate::metrics::open_intervals::session_us;

    proptest! {
        #[test]
        fn session_time_adds_up_and_is_no_longer_than_the_time(start in 0i64..40_000_000, a in 0i64..900_000, b in 0i64..900_000) {
            // Seconds since 2019, over changes of clocks too.
            let at = |seconds: i64| (1_546_300_800 + seconds) * 1_000_000;
            let (from, middle, to) = (at(start), at(start + a), at(start + a + b));
            for calendar in [Calendar::xnys(), Calendar::weekdays(), Calendar::always()] {
                let between = |from, to| session_us(&calendar, from, to);
                let whole = between(from, to);
                prop_assert_eq!(between(from, middle) + between(middle, to), whole);
                prop_assert!((0..=to - from).contains(&whole));
            }
        }
    }

    #[test]
    fn only_sessions_count() {
        let xnys = Calendar::xnys();
        let at = |text: &str| Timestamp::parse(text).unwrap().micros();
        let minutes = |from: &str, to: &str| session_us(&xnys, at(from), at(to)) / 60_000_000;
        assert_eq!(minutes("2019-02-15T19:00:00Z", "2019-02-15T19:30:00Z"), 30);
        assert_eq!(minutes("2019-02-15T20:30:00Z", "2019-02-15T22:30:00Z"), 30);
        // Friday's last half hour and Tuesday's first: neither the weekend nor Washington's birthday between.
        assert_eq!(minutes("2019-02-15T20:30:00Z", "2019-02-19T15:00:00Z"), 60);
        let date = |text: &str| text.parse().unwrap();
        assert_eq!(session_minutes_between(&xnys, date("2019-02-15"), date("2019-02-19")), 780.0);
        // A half day has 210 minutes, a day of crypto 1,440, the day before Monday's of currencies none.
        assert_eq!(session_minutes_between(&xnys, date("2025-11-27"), date("2025-11-30")), 210.0);
        assert_eq!(
            session_minutes_between(&Calendar::always(), date("2026-03-07"), date("2026-03-08")),
            2_880.0
        );
        assert_eq!(
            session_minutes_between(&Calendar::weekdays(), date("2026-03-07"), date("2026-03-09")),
            1_440.0
        );
    }

    #[test]
    fn half_a_session_is_half_of_a_friday_and_nothing_of_a_saturday() {
        let of = |dates: &[&str], minutes: i64| {
            let mut totals = WindowTotals::default();
            for date in dates {
                totals.daily.add(date.parse().unwrap(), Outcome::Win, 1.0);
            }
            exposure(
                &totals,
                &Calendar::xnys(),
                Ok(Held { exposed_us: minutes * 60_000_000, most_at_once: 1 }),
            )
        };
        assert_eq!(of(&["2019-02-15"], 195), Ok(0.5));
        assert_eq!(of(&["2019-02-15", "2019-02-19"], 195), Ok(0.25));
        assert_eq!(of(&["2019-02-15"], 780), Ok(1.0), "with time before the first day");
        assert_eq!(of(&["2019-02-16"], 0), Err(Undefined::TooFewDays { need: 1, have: 0 }));
        assert_eq!(of(&[], 0), Err(Undefined::NoTrades));
    }
}
