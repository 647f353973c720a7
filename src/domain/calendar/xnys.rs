//! The New York Stock Exchange: its holidays and half days by rule, and what was closed by decree.
//!
//! Computed, not tabulated: a start must not pay for a list of a hundred years. Tested day by day and close by
//! close against two published lists (`tests/bench/calendar_peers.py`); rules before 1990 are not the
//! exchange's own, which also opened on Saturdays until 1952.

use chrono::{Datelike, NaiveDate, Weekday};

use super::Special;
use crate::domain::Date;

/// To be raised when a rule changes, so that what was computed by the old rules is computed anew.
pub(super) const VERSION: u32 = 1;

/// Half past nine in the morning and four in the afternoon, in minutes of New York's day.
pub(super) const HOURS: (u16, u16) = (570, 960);

const ONE_PM: u16 = 780;
const TWO_PM: u16 = 840;

/// Days on which the exchange stayed closed although no rule says so.
const CLOSED_BY_DECREE: [(i32, u32, u32, &str); 11] = [
    (1994, 4, 27, "Funeral of President Nixon"),
    (2001, 9, 11, "Attacks of 11 September"),
    (2001, 9, 12, "Attacks of 11 September"),
    (2001, 9, 13, "Attacks of 11 September"),
    (2001, 9, 14, "Attacks of 11 September"),
    (2004, 6, 11, "Funeral of President Reagan"),
    (2007, 1, 2, "Funeral of President Ford"),
    (2012, 10, 29, "Hurricane Sandy"),
    (2012, 10, 30, "Hurricane Sandy"),
    (2018, 12, 5, "Funeral of President Bush"),
    (2025, 1, 9, "Funeral of President Carter"),
];

/// Half days that no rule gives.
const EARLY_BY_DECREE: [(i32, u32, u32, &str); 3] = [
    (1997, 12, 26, "Day after Christmas"),
    (1999, 12, 31, "New Year's Eve"),
    (2003, 12, 26, "Day after Christmas"),
];

/// What is special about a Monday to Friday; `None` on a day with regular hours.
pub(super) fn special(date: Date) -> Option<Special<'static>> {
    holiday(date).map(Special::Closed).or_else(|| early_close(date))
}

/// The name of the holiday on which the exchange is closed.
fn holiday(date: Date) -> Option<&'static str> {
    by_rule(date).or_else(|| decreed(&CLOSED_BY_DECREE, date))
}

fn decreed(list: &[(i32, u32, u32, &'static str)], date: Date) -> Option<&'static str> {
    let day = (date.year(), date.month(), date.day());
    list.iter().find(|(year, month, day_of, _)| (*year, *month, *day_of) == day).map(|row| row.3)
}

fn by_rule(date: Date) -> Option<&'static str> {
    use Weekday::{Fri, Mon, Thu};
    let (year, month, day, weekday) = (date.year(), date.month(), date.day(), date.weekday());
    // The `n`th Monday of a month lies in its `n`th block of seven days.
    let monday = |n: u32| weekday == Mon && (day - 1) / 7 + 1 == n;
    // A holiday on a Saturday is kept on the Friday before, one on a Sunday on the Monday after.
    let kept_on = |fixed: u32| {
        day == fixed || (weekday == Fri && day + 1 == fixed) || (weekday == Mon && day == fixed + 1)
    };
    match month {
        // On a Saturday it is not made up for: the Friday before closes the year's books.
        1 if day == 1 || (day == 2 && weekday == Mon) => Some("New Year's Day"),
        1 if year >= 1998 && monday(3) => Some("Martin Luther King Jr. Day"),
        2 if monday(3) => Some("Washington's Birthday"),
        3 | 4 if weekday == Fri && is_good_friday(date) => Some("Good Friday"),
        5 if weekday == Mon && day > 24 => Some("Memorial Day"),
        6 if year >= 2022 && kept_on(19) => Some("Juneteenth"),
        7 if kept_on(4) => Some("Independence Day"),
        9 if monday(1) => Some("Labor Day"),
        11 if weekday == Thu && (day - 1) / 7 + 1 == 4 => Some("Thanksgiving Day"),
        12 if kept_on(25) => Some("Christmas Day"),
        _ => None,
    }
}

/// The close of a half day with its name. Holidays have been looked for before.
fn early_close(date: Date) -> Option<Special<'static>> {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    let (year, weekday) = (date.year(), date.weekday());
    let name = match (date.month(), date.day()) {
        (7, 3) => {
            let usual = matches!(weekday, Mon | Tue | Thu) || (weekday == Wed && year >= 2013);
            (year >= 1995 && usual).then_some("Day before Independence Day")
        }
        // Until 2012 a Thursday holiday was followed by the half day instead of preceded by it.
        (7, 5) => ((1996..2013).contains(&year) && weekday == Fri).then_some("Day after Independence Day"),
        (11, 23..=29) => (year >= 1992 && weekday == Fri).then_some("Day after Thanksgiving"),
        (12, 24) => (!matches!(weekday, Fri | Sat | Sun)).then_some("Christmas Eve"),
        _ => None,
    };
    let name = name.or_else(|| decreed(&EARLY_BY_DECREE, date))?;
    Some(Special::EarlyClose { minute: if year < 1993 { TWO_PM } else { ONE_PM }, name })
}

/// Two days before Easter Sunday, which is found by the algorithm of an anonymous reader of *Nature*, 20 April
/// 1876, for the Gregorian calendar.
fn is_good_friday(date: Date) -> bool {
    let year = date.year();
    let (golden, century, rest) = (year.rem_euclid(19), year / 100, year % 100);
    let correction = (century + 8) / 25;
    let moon = (19 * golden + century - century / 4 - (century - correction + 1) / 3 + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    let late = (golden + 11 * moon + 22 * weekday) / 451;
    let days = moon + weekday - 7 * late + 114;
    let easter = NaiveDate::from_ymd_opt(year, (days / 31) as u32, (days % 31 + 1) as u32);
    easter.is_some_and(|easter| date.to_epoch_days() + 2 == easter.to_epoch_days())
}
