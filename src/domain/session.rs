//! The regular session of a New York trading day: 9:30 to 16:00, Monday to Friday.

use chrono::{Datelike, Weekday};

use super::{Date, Timestamp};

/// Minutes of a regular session.
pub const SESSION_MINUTES: f64 = 390.0;

/// Whether the date is a Monday to Friday. Exchange holidays are not known here.
pub fn is_weekday(date: Date) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The three letters of the day of the week.
pub fn weekday_name(date: Date) -> &'static str {
    match date.weekday() {
        Weekday::Mon => "Mon",
        Weekday::Tue => "Tue",
        Weekday::Wed => "Wed",
        Weekday::Thu => "Thu",
        Weekday::Fri => "Fri",
        Weekday::Sat => "Sat",
        Weekday::Sun => "Sun",
    }
}

/// The day after; the last representable date is its own successor.
pub fn next_day(date: Date) -> Date {
    date.succ_opt().unwrap_or(date)
}

/// The first and the last moment of the regular session of a date.
pub fn session_bounds(date: Date) -> (Timestamp, Timestamp) {
    (Timestamp::from_new_york(date, 9, 30), Timestamp::from_new_york(date, 16, 0))
}

/// The part of its session that a moment is in: `first two hours`, `last hour`, and `midday` between them.
pub fn part_of_session(at: Timestamp) -> &'static str {
    let (open, close) = session_bounds(at.trading_date());
    if at.minutes_since(open) < 120.0 {
        "first two hours"
    } else if close.minutes_since(at) > 60.0 {
        "midday"
    } else {
        "last hour"
    }
}
