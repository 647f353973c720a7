//! Days of the week and of the month.

use chrono::Datelike;

use super::Date;

/// The days of the week in three letters, from Monday.
pub const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The days of the week in full, from Monday.
pub const WEEKDAYS_IN_FULL: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The three letters of the day of the week.
pub fn weekday_name(date: Date) -> &'static str {
    WEEKDAYS[date.weekday().num_days_from_monday() as usize % 7]
}

/// The day after; the last representable date is its own successor.
pub fn next_day(date: Date) -> Date {
    date.succ_opt().unwrap_or(date)
}
