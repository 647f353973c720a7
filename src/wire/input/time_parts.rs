//! A time taken apart: the numbers of its date, its clock, and what says which number is the month.

use chrono::NaiveDate;

use crate::domain::{TimeError, Zone};

/// Microseconds in a second.
pub(super) const US_PER_S: i64 = 1_000_000;

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

/// A number of a date, with the count of its digits, or the name of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Number(u32, usize),
    Month(u32),
}

/// A text taken apart.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) date: Vec<Part>,
    /// Whether points part the date, as they do where the day comes first.
    pub(super) has_points: bool,
    /// Hour, minute, second, microseconds.
    pub(super) clock: Option<(u32, u32, u32, i64)>,
    /// Whether the clock has twelve hours.
    is_twelve_hours: bool,
    /// Days since the end of 1899, as spreadsheets count.
    serial: Option<f64>,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Parts {
    pub(super) fn read(text: &str) -> Result<Self, TimeError> {
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
        let number = |text: &str, from: usize, to: usize| {
            text.get(from..to).and_then(|digits| digits.parse::<u32>().ok()).ok_or(TimeError::Form)
        };
        let packed = |parts: &mut Self, day: &str| -> Result<(), TimeError> {
            for (from, to) in [(0, 4), (4, 6), (6, 8)] {
                parts.date.push(Part::Number(number(day, from, to)?, to - from));
            }
            Ok(())
        };
        let packed_clock = |clock: &str| -> Result<(u32, u32, u32, i64), TimeError> {
            Ok((number(clock, 0, 2)?, number(clock, 2, 4)?, number(clock, 4, 6)?, 0))
        };
        if all_digits && word.len() == 8 && self.date.is_empty() {
            packed(self, word)?;
        } else if all_digits && word.len() == 14 && self.date.is_empty() {
            let (day, clock) = word.split_at(8);
            packed(self, day)?;
            self.clock = Some(packed_clock(clock)?);
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
                    self.date.push(Part::Number(number(part, 0, part.len())?, part.len()));
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
    pub(super) fn naive_us(&self, rules: &TimeRules, offset_s: Option<i64>) -> Result<i64, TimeError> {
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
    pub(super) fn hinted_order(&self, zone: Option<Zone>, offset_s: Option<i64>) -> Option<DateOrder> {
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
