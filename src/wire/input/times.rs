//! Times as other programs write them: RFC 3339, epochs, clocks of twelve hours, months by name, and dates whose
//! order of day and month has to be known.
//!
//! A time is never guessed: one without a zone needs one said, and 3/2 needs something that says which is the
//! month. What says it stands in [`TimeRules`].

use chrono::{LocalResult, NaiveDate, TimeZone};

use crate::domain::{TimeError, Timestamp, Zone};

/// Which of two numbers of a date is the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// 3/2 is March 2.
    MonthFirst,
    /// 3/2 is 3 February.
    DayFirst,
}

/// What is known of the times of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TimeRules {
    /// The zone of times that name none.
    pub zone: Option<Zone>,
    /// The order of day and month, where it is known.
    pub order: Option<DateOrder>,
}

/// A time that was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadTime {
    /// The moment; of a local time that a change of clocks repeats, the earlier one.
    pub at: Timestamp,
    /// The later one.
    pub repeated: Option<Timestamp>,
    /// Whether the text itself names the moment, whatever the zone.
    pub is_exact: bool,
}

const US_PER_S: i64 = 1_000_000;

/// Reads a time.
///
/// # Errors
/// [`TimeError`].
pub(crate) fn read_time(text: &str, rules: &TimeRules) -> Result<ReadTime, TimeError> {
    let exact = |at| ReadTime { at, repeated: None, is_exact: true };
    match Timestamp::parse(text) {
        Ok(at) => return Ok(exact(at)),
        Err(TimeError::NoZone) => {
            let naive = Timestamp::parse(&format!("{}Z", text.trim()))?;
            return local(naive.micros(), rules.zone);
        }
        Err(_) => {}
    }
    let text = text.trim();
    let text =
        text.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')).map_or(text, |(before, _)| before);
    if let Ok(at) = Timestamp::parse(text) {
        return Ok(exact(at));
    }
    if let Some(at) = epoch(text) {
        return at.map(exact).ok_or(TimeError::NoSuchMoment);
    }
    let (rest, zone) = split_zone(text);
    let parts = Parts::read(rest)?;
    match zone {
        ZoneOf::Offset(offset_s) => {
            let naive = parts.naive_us(rules, Some(offset_s))?;
            let at = Timestamp::parse(&Timestamp::from_micros(naive - offset_s * US_PER_S).to_string());
            at.map(exact).map_err(|_| TimeError::NoSuchMoment)
        }
        ZoneOf::Named(zone) => {
            let rules = TimeRules { zone: Some(zone), ..*rules };
            let read = local(parts.naive_us(&rules, None)?, Some(zone))?;
            Ok(ReadTime { is_exact: true, ..read })
        }
        ZoneOf::None => local(parts.naive_us(rules, None)?, rules.zone),
    }
}

/// Which order of day and month a date proves: one of its first two numbers is above 12.
pub(crate) fn proven_order(text: &str) -> Option<DateOrder> {
    let (rest, _) = split_zone(text.trim());
    let parts = Parts::read(rest).ok()?;
    let [Part::Number(a, len), Part::Number(b, _), Part::Number(..)] = parts.date[..] else { return None };
    match (a > 12, b > 12) {
        _ if len == 4 => None,
        (true, false) => Some(DateOrder::DayFirst),
        (false, true) => Some(DateOrder::MonthFirst),
        _ => None,
    }
}

/// Whether a text is a date without a time of day, or a time of day without a date.
pub(super) fn half_of_a_time(text: &str) -> Option<Half> {
    let parts = Parts::read(split_zone(text.trim()).0).ok()?;
    match (parts.date.is_empty(), parts.clock) {
        (false, None) => Some(Half::Date),
        (true, Some(_)) => Some(Half::Clock),
        _ => None,
    }
}

/// One of the two columns that make a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Date,
    Clock,
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970. Between 1973 and 2200 the number of digits
/// says which. The inner `None` is a moment outside.
pub(super) fn epoch(text: &str) -> Option<Option<Timestamp>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let scaled = match whole.len() {
        9 | 10 => {
            let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
            number.checked_mul(US_PER_S)?.checked_add(micros)?
        }
        12 | 13 => number.checked_mul(1_000)?,
        15 | 16 => number,
        18 | 19 => number / 1_000,
        _ => return None,
    };
    Some(Timestamp::parse(&Timestamp::from_micros(scaled).to_string()).ok())
}

/// The moment of a local time.
fn local(naive_us: i64, zone: Option<Zone>) -> Result<ReadTime, TimeError> {
    let zone = zone.ok_or(TimeError::NoZone)?;
    let naive = chrono::DateTime::from_timestamp_micros(naive_us).ok_or(TimeError::NoSuchMoment)?.naive_utc();
    let of = |moment: chrono::DateTime<Zone>| Timestamp::from_micros(moment.timestamp_micros());
    match zone.from_local_datetime(&naive) {
        LocalResult::Single(one) => Ok(ReadTime { at: of(one), repeated: None, is_exact: false }),
        LocalResult::Ambiguous(early, late) => {
            let (at, later) = (of(early.min(late)), of(early.max(late)));
            Ok(ReadTime { at, repeated: Some(later), is_exact: false })
        }
        LocalResult::None => Err(TimeError::NoSuchMoment),
    }
}

enum ZoneOf {
    None,
    Offset(i64),
    Named(Zone),
}

/// Abbreviations that one offset alone has, in hours. BST and IST are two zones each, so they are none here.
const ABBREVIATIONS: &[(&str, f64)] = &[
    ("UTC", 0.0),
    ("GMT", 0.0),
    ("Z", 0.0),
    ("EST", -5.0),
    ("EDT", -4.0),
    ("CST", -6.0),
    ("CDT", -5.0),
    ("MST", -7.0),
    ("MDT", -6.0),
    ("PST", -8.0),
    ("PDT", -7.0),
    ("WET", 0.0),
    ("WEST", 1.0),
    ("CET", 1.0),
    ("CEST", 2.0),
    ("EET", 2.0),
    ("EEST", 3.0),
    ("MSK", 3.0),
    ("JST", 9.0),
    ("HKT", 8.0),
    ("SGT", 8.0),
    ("AEST", 10.0),
    ("AEDT", 11.0),
    ("NZST", 12.0),
    ("NZDT", 13.0),
];

/// Names of zones on a trading desk.
const DESK_ZONES: [(&str, Zone); 3] = [
    ("ET", chrono_tz::America::New_York),
    ("CT", chrono_tz::America::Chicago),
    ("PT", chrono_tz::America::Los_Angeles),
];

/// A time and the zone that ends it.
fn split_zone(text: &str) -> (&str, ZoneOf) {
    let last = text.rsplit([' ', '\u{a0}']).next().unwrap_or_default();
    let before = text[..text.len() - last.len()].trim_end();
    if !before.is_empty() {
        if let Some((_, hours)) = ABBREVIATIONS.iter().find(|(name, _)| last.eq_ignore_ascii_case(name)) {
            return (before, ZoneOf::Offset((hours * 3_600.0) as i64));
        }
        if let Some((_, zone)) = DESK_ZONES.iter().find(|(name, _)| last == *name) {
            return (before, ZoneOf::Named(*zone));
        }
        if let Some(zone) = last.contains('/').then(|| last.parse().ok()).flatten() {
            return (before, ZoneOf::Named(zone));
        }
    }
    // An offset, with a blank before it or right behind the clock.
    if let Some(at) = text.rfind(['+', '-'])
        && text[..at].contains(':')
        && let Some(offset_s) = offset(&text[at..])
    {
        return (text[..at].trim_end(), ZoneOf::Offset(offset_s));
    }
    match text.strip_suffix(['Z', 'z']) {
        Some(rest) if rest.ends_with(|c: char| c.is_ascii_digit()) => (rest, ZoneOf::Offset(0)),
        _ => (text, ZoneOf::None),
    }
}

fn offset(text: &str) -> Option<i64> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    let number: i64 = digits.parse().ok()?;
    let (hours, minutes) = match digits.len() {
        1 | 2 => (number, 0),
        3 | 4 => (number / 100, number % 100),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// A number of a date, with the count of its digits, or the name of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Number(u32, usize),
    Month(u32),
}

/// A text taken apart.
#[derive(Debug, Default)]
struct Parts {
    date: Vec<Part>,
    /// Whether points part the date, as they do where the day comes first.
    has_points: bool,
    /// Hour, minute, second, microseconds.
    clock: Option<(u32, u32, u32, i64)>,
    /// Whether the clock has twelve hours.
    is_twelve_hours: bool,
    /// Days since the end of 1899, as spreadsheets count.
    serial: Option<f64>,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Parts {
    fn read(text: &str) -> Result<Self, TimeError> {
        let mut parts = Self::default();
        let mut afternoon = None;
        let bytes = text.as_bytes();
        let between = |at: usize| {
            let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
            digit(at.checked_sub(1)) && digit(Some(at + 1))
        };
        let text: String = text
            .char_indices()
            .map(|(at, c)| match c {
                'T' | 't' if between(at) => ' ',
                ',' | ';' | '\u{a0}' | '\u{202f}' => ' ',
                c => c,
            })
            .collect();
        for word in text.split_whitespace() {
            let lower = word.to_ascii_lowercase();
            let bare = lower.replace('.', "");
            let (clock, half) = match bare.as_str() {
                "am" => ("", Some(false)),
                "pm" => ("", Some(true)),
                _ if lower.contains(':') => {
                    match lower.strip_suffix("am").or_else(|| lower.strip_suffix("pm")) {
                        Some(clock) => (clock, Some(lower.ends_with("pm"))),
                        None => (lower.as_str(), None),
                    }
                }
                _ => ("", None),
            };
            afternoon = half.or(afternoon);
            if !clock.is_empty() {
                parts.clock = Some(clock_of(clock).ok_or(TimeError::Form)?);
            } else if half.is_none() && !parts.take_date(word, &lower)? {
                return Err(TimeError::Form);
            }
        }
        if let Some(is_afternoon) = afternoon {
            let (hour, minute, second, us) = parts.clock.ok_or(TimeError::Form)?;
            if !(1..=12).contains(&hour) {
                return Err(TimeError::NoSuchMoment);
            }
            parts.clock = Some((hour % 12 + if is_afternoon { 12 } else { 0 }, minute, second, us));
            parts.is_twelve_hours = true;
        }
        Ok(parts)
    }

    /// Takes a word of a date; false when it is none.
    fn take_date(&mut self, word: &str, lower: &str) -> Result<bool, TimeError> {
        let all_digits = word.bytes().all(|b| b.is_ascii_digit());
        let number = |text: &str| text.parse::<u32>().map_err(|_| TimeError::Form);
        let packed = |parts: &mut Self, day: &str| -> Result<(), TimeError> {
            for (from, to) in [(0, 4), (4, 6), (6, 8)] {
                parts.date.push(Part::Number(number(&day[from..to])?, to - from));
            }
            Ok(())
        };
        let packed_clock = |clock: &str| -> Result<(u32, u32, u32, i64), TimeError> {
            Ok((number(&clock[..2])?, number(&clock[2..4])?, number(&clock[4..6])?, 0))
        };
        if all_digits && word.len() == 8 && self.date.is_empty() {
            packed(self, word)?;
        } else if all_digits && word.len() == 14 && self.date.is_empty() {
            packed(self, &word[..8])?;
            self.clock = Some(packed_clock(&word[8..])?);
        } else if all_digits && word.len() == 6 && self.date.len() == 3 && self.clock.is_none() {
            self.clock = Some(packed_clock(word)?);
        } else if let Some(serial) = self.serial_of(word) {
            self.serial = Some(serial);
        } else if let Some(month) =
            MONTHS.iter().position(|month| lower.starts_with(month) && !lower.contains('-'))
        {
            self.date.push(Part::Month(month as u32 + 1));
        } else if DAYS.iter().any(|day| lower.starts_with(day)) || lower == "at" {
        } else {
            self.has_points |= word.contains('.');
            for part in lower.split(['/', '-', '.']).filter(|part| !part.is_empty()) {
                if let Some(month) = MONTHS.iter().position(|month| part.starts_with(month)) {
                    self.date.push(Part::Month(month as u32 + 1));
                } else if part.bytes().all(|b| b.is_ascii_digit()) && part.len() <= 4 {
                    self.date.push(Part::Number(number(part)?, part.len()));
                } else {
                    return Ok(false);
                }
            }
        }
        Ok(self.date.len() <= 3)
    }

    /// A day as spreadsheets count it: between 1954 and 2119.
    fn serial_of(&self, word: &str) -> Option<f64> {
        let whole = word.split('.').next()?;
        let serial: f64 = word.parse().ok().filter(|_| self.date.is_empty() && whole.len() == 5)?;
        (20_000.0..80_000.0).contains(&serial).then_some(serial)
    }

    /// Microseconds since 1970 by the clock on the wall.
    fn naive_us(&self, rules: &TimeRules, offset_s: Option<i64>) -> Result<i64, TimeError> {
        if let Some(serial) = self.serial {
            // Spreadsheets count from 1899-12-30, to about a millisecond.
            return Ok((((serial - 25_569.0) * 86_400.0).round() * 1e6) as i64);
        }
        let (year, month, day) = self.day(rules, offset_s)?;
        let year = if year < 70 {
            2_000 + year
        } else if year < 100 {
            1_900 + year
        } else {
            year
        };
        let date = NaiveDate::from_ymd_opt(year as i32, month, day).ok_or(TimeError::NoSuchMoment)?;
        let (hour, minute, second, us) = self.clock.unwrap_or((0, 0, 0, 0));
        let is_midnight = (hour, minute, second, us) == (24, 0, 0, 0);
        if (hour > 23 && !is_midnight) || minute > 59 || second > 60 {
            return Err(TimeError::NoSuchMoment);
        }
        let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second.min(59));
        Ok((i64::from(date.to_epoch_days()) * 86_400 + seconds) * US_PER_S + us)
    }

    fn day(&self, rules: &TimeRules, offset_s: Option<i64>) -> Result<(u32, u32, u32), TimeError> {
        use Part::{Month, Number};
        match self.date[..] {
            [Number(year, 4), Number(month, _), Number(day, _)]
            | [Number(year, 4), Month(month), Number(day, _)] => Ok((year, month, day)),
            [Month(month), Number(day, _), Number(year, _)]
            | [Number(day, _), Month(month), Number(year, _)] => Ok((year, month, day)),
            [Number(a, _), Number(b, _), Number(year, _)] => {
                let order = if self.has_points || a > 12 {
                    DateOrder::DayFirst
                } else if b > 12 || a == b {
                    DateOrder::MonthFirst
                } else {
                    let hinted = rules.order.or_else(|| self.hinted_order(rules.zone, offset_s));
                    hinted.ok_or(TimeError::DayOrMonth)?
                };
                Ok(match order {
                    DateOrder::DayFirst => (year, b, a),
                    DateOrder::MonthFirst => (year, a, b),
                })
            }
            _ => Err(TimeError::Form),
        }
    }

    /// The order that people use where the time was written: month first in the United States, which a clock of
    /// twelve hours tells too; day first in any other place.
    fn hinted_order(&self, zone: Option<Zone>, offset_s: Option<i64>) -> Option<DateOrder> {
        let american = |name: &str| {
            let towns =
                ["New_York", "Chicago", "Denver", "Los_Angeles", "Phoenix", "Detroit", "Anchorage", "Boise"];
            name.starts_with("US/")
                || ["EST", "EST5EDT", "CST6CDT", "MST", "MST7MDT", "PST8PDT"].contains(&name)
                || name.strip_prefix("America/").is_some_and(|town| {
                    towns.contains(&town)
                        || ["Indiana/", "Kentucky/", "North_Dakota/"].iter().any(|s| town.starts_with(s))
                })
        };
        if self.is_twelve_hours || offset_s.is_some_and(|offset| (-10 * 3_600..=-5 * 3_600).contains(&offset))
        {
            return Some(DateOrder::MonthFirst);
        }
        match zone?.name() {
            name if american(name) => Some(DateOrder::MonthFirst),
            name if name.contains('/') && !name.starts_with("Etc/") => Some(DateOrder::DayFirst),
            _ => None,
        }
    }
}

/// `9:35`, `09:35:12`, `09:35:12.250`.
fn clock_of(text: &str) -> Option<(u32, u32, u32, i64)> {
    let mut parts = text.split(':');
    let number = |part: &str| -> Option<u32> {
        (part.len() <= 2 && !part.is_empty()).then(|| part.parse().ok()).flatten()
    };
    let (hour, minute) = (number(parts.next()?)?, number(parts.next()?)?);
    let (second, fraction) = match parts.next() {
        None => ("0", ""),
        Some(second) => second.split_once('.').unwrap_or((second, "")),
    };
    if parts.next().is_some() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let us = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Some((hour, minute, number(second)?, us))
}

/// Whether a zone has this moment's offset; for tests of what was read.
#[cfg(test)]
fn offset_in(zone: Zone, at: Timestamp) -> i64 {
    use chrono::Offset as _;
    let utc = chrono::DateTime::from_timestamp_micros(at.micros()).unwrap().naive_utc();
    i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NEW_YORK: TimeRules = TimeRules { zone: Some(chrono_tz::America::New_York), order: None };

    fn read(text: &str, rules: TimeRules) -> Result<String, TimeError> {
        read_time(text, &rules).map(|time| time.at.to_string())
    }

    #[test]
    fn one_moment_in_the_forms_of_many_programs() {
        for text in [
            "2026-03-02 10:00:00 EST",
            "2026-03-02 11:00:00 EDT",
            "2026-03-02 15:00:00 GMT",
            "2026-03-02T10:00:00-05:00[America/New_York]",
            "20260302;100000",
            "20260302 10:00:00",
            "20260302T100000",
            "20260302100000",
            "2026-03-02, 10:00:00",
            "3/2/2026 10:00 AM",
            "03/02/2026 10:00:00",
            "03/02/2026 10:00:00 -05:00",
            "2026.03.02 10:00:00",
            "02.03.2026 10:00",
            "1772463600",
            "1772463600000",
            "1772463600000.0",
            "1772463600000000",
            "1772463600000000000",
            "46083.4166666667",
            "2026-03-02T10:00",
            "2026-03-02 10:00:00.000",
            "Mar 2, 2026 10:00:00 AM",
            "2 March 2026 10:00",
            "02-Mar-26 10:00",
            "Mon, 02 Mar 2026 15:00:00 GMT",
            "2026-03-02 10:00:00 US/Eastern",
            "2026-03-02 10:00 ET",
            "2026-3-2 10:00",
            "20260302T150000Z",
            "3/2/26 10:00am",
        ] {
            assert_eq!(read(text, NEW_YORK), Ok("2026-03-02T15:00:00Z".into()), "{text}");
        }
        assert_eq!(read("2026-03-02", NEW_YORK), Ok("2026-03-02T05:00:00Z".into()));
        assert_eq!(read("2026-03-02 24:00:00", NEW_YORK), Ok("2026-03-03T05:00:00Z".into()));
        assert_eq!(read("3/2/2026 12:05 AM", NEW_YORK), Ok("2026-03-02T05:05:00Z".into()));
        assert_eq!(read("3/2/2026 12:05 PM", NEW_YORK), Ok("2026-03-02T17:05:00Z".into()));
    }

    #[test]
    fn what_is_not_said_is_not_guessed() {
        let berlin = TimeRules { zone: Some(chrono_tz::Europe::Berlin), order: None };
        assert_eq!(read("03/02/2026 10:00", berlin), Ok("2026-02-03T09:00:00Z".into()));
        assert_eq!(read("03/02/2026 10:00 UTC", TimeRules::default()), Err(TimeError::DayOrMonth));
        let day_first = TimeRules { order: Some(DateOrder::DayFirst), ..NEW_YORK };
        assert_eq!(read("03/02/2026 10:00", day_first), Ok("2026-02-03T15:00:00Z".into()));
        assert_eq!(read("13/02/2026 10:00 UTC", TimeRules::default()), Ok("2026-02-13T10:00:00Z".into()));
        assert_eq!(proven_order("13/02/2026 10:00"), Some(DateOrder::DayFirst));
        assert_eq!(proven_order("02/13/2026"), Some(DateOrder::MonthFirst));
        assert_eq!(proven_order("2026-02-13 10:00"), None);
        for (text, why) in [
            ("2026-03-02 10:00", TimeError::NoZone),
            ("2026-03-02", TimeError::NoZone),
            ("yesterday", TimeError::Form),
            ("", TimeError::Form),
            ("12:30", TimeError::NoZone),
            ("1772463", TimeError::Form),
            ("2026-02-30 10:00 UTC", TimeError::NoSuchMoment),
            ("2026-03-02 10:00 BST", TimeError::Form),
        ] {
            let read = read(text, TimeRules::default());
            assert!(read == Err(why) || (text == "12:30" && read.is_err()), "{text}: {read:?}");
        }
    }

    #[test]
    fn changes_of_clocks() {
        assert_eq!(read("2026-03-08 02:30:00", NEW_YORK), Err(TimeError::NoSuchMoment));
        let autumn = read_time("2026-11-01 01:30:00", &NEW_YORK).unwrap();
        assert_eq!(autumn.at.to_string(), "2026-11-01T05:30:00Z");
        assert_eq!(autumn.repeated.unwrap().to_string(), "2026-11-01T06:30:00Z");
    }

    proptest! {
        #[test]
        fn local_times_come_back(us in 0i64..4_000_000_000_000_000) {
            let zone = chrono_tz::Europe::Berlin;
            let at = Timestamp::from_micros(us / 1_000_000 * 1_000_000);
            let wall = Timestamp::from_micros(at.micros() + offset_in(zone, at) * 1_000_000).to_string();
            let rules = TimeRules { zone: Some(zone), order: None };
            let read = read_time(wall.trim_end_matches('Z'), &rules).unwrap();
            prop_assert!(read.at == at || read.repeated == Some(at));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}", digits in "[0-9TZ:/. ;,+APMmar-]{0,24}") {
            for text in [&text, &digits] {
                let _ = read_time(text, &NEW_YORK);
                let _ = (proven_order(text), half_of_a_time(text));
            }
        }
    }
}
