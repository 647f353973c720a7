//! Days of the week and of the month.

use chrono::{Datelike, Weekday};

use super::Date;

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
