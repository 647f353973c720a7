//! Points in time: how they are read, written and told on a wall clock. Nothing here reads the clock.

use std::cell::Cell;
use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone, Utc};

/// A time zone of the tz database.
pub type Zone = chrono_tz::Tz;

/// A calendar date.
pub type Date = NaiveDate;

const US_PER_S: i64 = 1_000_000;
const US_PER_DAY: i64 = 86_400 * US_PER_S;

thread_local! {
    /// The last date that was read, as it was written, and its midnight in microseconds since 1970.
    static LAST_MIDNIGHT: Cell<([u8; 10], i64)> = const { Cell::new((*b"1970-01-01", 0)) };
}

/// A moment, in whole microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// Why a text is not a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not of the form of RFC 3339.
    #[error("write it like 2026-03-02T21:05:00Z")]
    Form,
    /// A date and a time of day, but no zone.
    #[error("it has no time zone; add Z or an offset such as -05:00")]
    NoZone,
    /// A date whose first two numbers can each be the month.
    #[error("the day and the month can be either way round; say which comes first with --dates dmy or mdy")]
    DayOrMonth,
    /// Of the right form, but no such day or time exists, or it lies outside the years 1900 to 2200.
    #[error("there is no such moment between the years 1900 and 2200")]
    NoSuchMoment,
    /// A local time over which the clocks of its zone were put forward.
    #[error("no clock of its zone showed it: the clocks were put forward over it")]
    Skipped,
}

impl Timestamp {
    /// Builds a moment from microseconds since 1970.
    pub const fn from_micros(us: i64) -> Self {
        Self(us)
    }

    /// Builds a moment from milliseconds since 1970, `None` outside the years 1900 to 2200.
    pub fn from_millis(ms: i64) -> Option<Self> {
        Self::checked(ms.checked_mul(1_000)?)
    }

    /// Microseconds since 1970-01-01 UTC, below 0 before it.
    pub const fn micros(self) -> i64 {
        self.0
    }

    fn checked(us: i64) -> Option<Self> {
        // 1900-01-01 and 2200-01-01: outside of it, date arithmetic and people both go wrong.
        (-2_208_988_800 * US_PER_S..7_258_118_400 * US_PER_S).contains(&us).then_some(Self(us))
    }

    /// Reads RFC 3339, also with a blank instead of the `T`, without seconds, or with an offset such as
    /// `+0000`. Digits past the microsecond are cut off.
    ///
    /// # Errors
    /// [`TimeError`] says what is wrong; a time without a zone is never guessed.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let (naive, rest) = parse_naive(text)?;
        let offset_s = parse_zone(rest)?;
        Self::checked(naive - offset_s * US_PER_S).ok_or(TimeError::NoSuchMoment)
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// Date and microseconds since midnight by the wall clock of a zone.
    pub fn local(self, zone: Zone) -> (Date, i64) {
        let offset_s = zone.offset_from_utc_datetime(&self.utc().naive_utc()).fix().local_minus_utc();
        let local = self.0 + i64::from(offset_s) * US_PER_S;
        (Self(local).utc().date_naive(), local.rem_euclid(US_PER_DAY))
    }

    /// The moment at which a zone's wall clock shows so many minutes after midnight of a date; 1440 is the end of
    /// the day. Of a time that a change of clocks repeats it is the first, of one that is skipped the moment as
    /// long after the gap.
    pub fn from_local(date: Date, minute: u16, zone: Zone) -> Self {
        let local = date.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(minute));
        let found = zone.from_local_datetime(&local).earliest().map_or_else(
            // The offset of the day before still holds when the gap begins.
            || {
                let day_before = zone.from_local_datetime(&(local - TimeDelta::days(1))).earliest();
                day_before.map_or_else(
                    || local.and_utc().timestamp_micros(),
                    |at| at.timestamp_micros() + US_PER_DAY,
                )
            },
            |moment| moment.timestamp_micros(),
        );
        Self(found)
    }

    /// This moment plus whole days of 24 hours (negative goes back).
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(US_PER_DAY)))
    }

    /// Minutes from `earlier` to this moment.
    pub fn minutes_since(self, earlier: Self) -> f64 {
        (self.0 - earlier.0) as f64 / (60 * US_PER_S) as f64
    }
}

/// The naive date and time as microseconds, and what follows it in the text.
fn parse_naive(text: &str) -> Result<(i64, &str), TimeError> {
    let bytes = text.as_bytes();
    let two = |a: u8, b: u8| -> Result<u32, TimeError> {
        let both = a.is_ascii_digit() && b.is_ascii_digit();
        if both { Ok(u32::from(a - b'0') * 10 + u32::from(b - b'0')) } else { Err(TimeError::Form) }
    };
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b't' | b' ', h1, h2, b':', n1, n2] =
        *bytes.first_chunk::<16>().ok_or(TimeError::Form)?
    else {
        return Err(TimeError::Form);
    };
    let (hour, minute) = (two(h1, h2)?, two(n1, n2)?);
    let mut at = 16;
    let mut second = 0;
    let mut micros = 0i64;
    if let Some(b':') = bytes.get(at) {
        let [s1, s2] = *bytes[at + 1..].first_chunk::<2>().ok_or(TimeError::Form)?;
        second = two(s1, s2)?;
        at += 3;
        if let Some(b'.' | b',') = bytes.get(at) {
            at += 1;
            let digits = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 {
                return Err(TimeError::Form);
            }
            for place in 0..6 {
                let digit = if place < digits { i64::from(bytes[at + place] - b'0') } else { 0 };
                micros = micros * 10 + digit;
            }
            at += digits;
        }
    }
    // A leap second is counted as the second before it, as Python's and most engines' clocks do.
    let second = second.min(if second == 60 { 59 } else { second });
    let date = [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2];
    let (known, mut midnight_us) = LAST_MIDNIGHT.get();
    if date != known {
        let year = two(y1, y2)? * 100 + two(y3, y4)?;
        let day = NaiveDate::from_ymd_opt(i32::try_from(year).unwrap_or(0), two(m1, m2)?, two(d1, d2)?);
        let days = day.ok_or(TimeError::NoSuchMoment)?.to_epoch_days();
        midnight_us = i64::from(days) * US_PER_DAY;
        LAST_MIDNIGHT.set((date, midnight_us));
    }
    if hour > 23 || minute > 59 || second > 59 {
        return Err(TimeError::NoSuchMoment);
    }
    let second_of_day = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    let rest = text.get(at..).ok_or(TimeError::Form)?;
    Ok((midnight_us + second_of_day * US_PER_S + micros, rest))
}

/// Seconds east of UTC.
fn parse_zone(text: &str) -> Result<i64, TimeError> {
    // As this program writes it, without a look at what else it could be.
    if text == "Z" {
        return Ok(0);
    }
    let text = text.trim();
    if text.is_empty() {
        return Err(TimeError::NoZone);
    }
    if text.eq_ignore_ascii_case("z") || text.eq_ignore_ascii_case("utc") {
        return Ok(0);
    }
    let (sign, digits) = match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return Err(TimeError::Form),
    };
    let digits: String = digits.chars().filter(|c| *c != ':').collect();
    if !(digits.len() == 4 || digits.len() == 2) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(TimeError::Form);
    }
    let number: i64 = digits.parse().map_err(|_| TimeError::Form)?;
    let (hours, minutes) = if digits.len() == 2 { (number, 0) } else { (number / 100, number % 100) };
    if hours > 23 || minutes > 59 {
        return Err(TimeError::NoSuchMoment);
    }
    Ok(sign * (hours * 3600 + minutes * 60))
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with `Z`: whole seconds, or 3 or 6 decimals where there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

/// The most bytes of a moment as it is written.
const WRITTEN: usize = "2026-03-02T21:05:00.123456Z".len();

impl Timestamp {
    /// Hands on the moment as it is written, RFC 3339 in UTC, without memory of its own: stored lines have several.
    pub fn with_text<R>(self, hand_on: impl FnOnce(&str) -> R) -> R {
        let mut room = [0; WRITTEN];
        match self.written(&mut room) {
            Some(text) => hand_on(text),
            // No year that is ever read.
            None => hand_on(&self.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string()),
        }
    }

    /// The moment as it is written, digit by digit. `None` for a year that has not
    /// four digits.
    fn written(self, room: &mut [u8; WRITTEN]) -> Option<&str> {
        let (days, us) = (self.0.div_euclid(US_PER_DAY), self.0.rem_euclid(US_PER_DAY));
        let date = NaiveDate::from_epoch_days(i32::try_from(days).ok()?)?;
        let year = u32::try_from(date.year()).ok().filter(|year| *year < 10_000)?;
        let (seconds, micros) = ((us / US_PER_S) as u32, (us % US_PER_S) as u32);
        let mut at = 0;
        let mut put = |value: u32, digits: usize, behind: u8| {
            let mut rest = value;
            for place in room[at..at + digits].iter_mut().rev() {
                *place = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
            room[at + digits] = behind;
            at += digits + 1;
        };
        put(year, 4, b'-');
        put(date.month(), 2, b'-');
        put(date.day(), 2, b'T');
        put(seconds / 3_600, 2, b':');
        put(seconds / 60 % 60, 2, b':');
        let end = if micros == 0 { b'Z' } else { b'.' };
        put(seconds % 60, 2, end);
        match (micros, micros % 1_000) {
            (0, _) => {}
            (_, 0) => put(micros / 1_000, 3, b'Z'),
            _ => put(micros, 6, b'Z'),
        }
        std::str::from_utf8(&room[..at]).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn reads_the_forms_that_engines_write() {
        let want = at("2019-02-11T19:50:00Z");
        for text in [
            "2019-02-11T19:50Z",
            "2019-02-11 19:50:00+00:00",
            "2019-02-11T14:50:00-0500",
            "2019-02-11T14:50:00.000000-05:00",
            "2019-02-11T19:50:00.000000000Z",
            "2019-02-11 19:50:00 UTC",
        ] {
            assert_eq!(Timestamp::parse(text), Ok(want), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_time() {
        for (text, why) in [
            ("2019-02-11T19:50:00", TimeError::NoZone),
            ("yesterday", TimeError::Form),
            ("", TimeError::Form),
            ("1549914600", TimeError::Form),
            ("2019-02-30T19:50:00Z", TimeError::NoSuchMoment),
            ("2019-02-11T25:50:00Z", TimeError::NoSuchMoment),
            ("0001-02-11T19:50:00Z", TimeError::NoSuchMoment),
            ("2019-02-11T19:50:00+99:00", TimeError::NoSuchMoment),
            ("2019-02-11T19:50:00.Z", TimeError::Form),
            ("2019-02-11T19:50:00é", TimeError::Form),
        ] {
            assert_eq!(Timestamp::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn wall_clocks_know_daylight_saving() {
        let new_york = chrono_tz::America::New_York;
        let clock = |text: &str| {
            let (date, us) = at(text).local(new_york);
            format!("{date} {}", us / 60_000_000)
        };
        // 2026-03-08 and 2026-11-01 are the days on which New York changes its clocks; 570 minutes are 9:30.
        for text in ["2026-03-06T14:30:00Z", "2026-03-09T13:30:00Z", "2026-11-02T14:30:00Z"] {
            let (day, _) = text.split_at(10);
            assert_eq!(clock(text), format!("{day} 570"));
            let date = day.parse().unwrap();
            assert_eq!(Timestamp::from_local(date, 570, new_york), at(text));
        }
        assert_eq!(clock("2026-03-10T03:59:59Z"), "2026-03-09 1439");
        // Half past two is skipped in March and comes twice, first in summer time, in November.
        let skipped = Timestamp::from_local("2026-03-08".parse().unwrap(), 150, new_york);
        assert_eq!(skipped, at("2026-03-08T07:30:00Z"));
        let twice = Timestamp::from_local("2026-11-01".parse().unwrap(), 90, new_york);
        assert_eq!(twice, at("2026-11-01T05:30:00Z"));
        let midnight = |date: &str, minute| Timestamp::from_local(date.parse().unwrap(), minute, new_york);
        assert_eq!(midnight("2026-03-07", 1_440), midnight("2026-03-08", 0));
        // Havana skips midnight itself.
        let havana = Timestamp::from_local("2026-03-08".parse().unwrap(), 0, chrono_tz::America::Havana);
        assert_eq!(havana, at("2026-03-08T05:00:00Z"));
    }

    proptest! {
        /// What is remembered of the last date that was read is right for the next one too.
        #[test]
        fn a_remembered_midnight_is_the_one_that_would_be_worked_out(
            moments in proptest::collection::vec((0i64..40, 0..US_PER_DAY), 1..30), from in -2_208_988_700i64..7_250_000_000,
        ) {
            for (day, us) in moments {
                let moment = Timestamp(from * US_PER_S + day * US_PER_DAY / 8 + us);
                prop_assert_eq!(Timestamp::parse(&moment.utc().to_rfc3339()), Ok(moment));
                prop_assert_eq!(Timestamp::parse("2026-02-30T10:00:00Z"), Err(TimeError::NoSuchMoment));
            }
        }

        /// Digit by digit as the calendar's own writer has it, also where no year is read any more.
        #[test]
        fn digits_are_those_of_the_calendar(us in any::<i64>(), is_near in any::<bool>(), unit in 0usize..3) {
            let us = if is_near { us % 8_000_000_000_000_000 } else { us };
            let t = Timestamp::from_micros(us - us.rem_euclid([1, 1_000, US_PER_S][unit]));
            let form = match t.0.rem_euclid(US_PER_S) {
                0 => "%Y-%m-%dT%H:%M:%SZ",
                us if us % 1_000 == 0 => "%Y-%m-%dT%H:%M:%S%.3fZ",
                _ => "%Y-%m-%dT%H:%M:%S%.6fZ",
            };
            let utc = DateTime::from_timestamp_micros(t.0).filter(|utc| (0..10_000).contains(&utc.year()));
            match utc {
                Some(utc) => prop_assert_eq!(t.to_string(), utc.format(form).to_string()),
                None => prop_assert!(t.to_string().ends_with('Z')),
            }
        }

        #[test]
        fn what_is_written_is_read_back(us in -2_000_000_000_000_000i64..7_000_000_000_000_000) {
            let t = Timestamp::from_micros(us);
            prop_assert_eq!(Timestamp::parse(&t.to_string()), Ok(t));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = Timestamp::parse(&text);
        }
    }
}
