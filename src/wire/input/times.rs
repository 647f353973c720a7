//! Times as other programs write them: RFC 3339, epochs, clocks of twelve hours, months by name, and dates whose
//! order of day and month has to be known.
//!
//! A time is never guessed: one without a zone needs one said, and 3/2 needs something that says which is the
//! month. What says it stands in [`TimeRules`].

use chrono::{LocalResult, TimeZone};

use super::time_parts::{DateOrder, Part, Parts, TimeRules, US_PER_S};

use crate::domain::{TimeError, Timestamp, Zone};

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

/// The first two numbers of a date that begins with neither its year nor a month in letters, and the date.
fn day_and_month(text: &str) -> Option<(u32, u32, Parts)> {
    let parts = Parts::read(split_zone(text.trim()).0).ok()?;
    match parts.date[..] {
        [Part::Number(a, len), Part::Number(b, _), Part::Number(..)] if len != 4 => Some((a, b, parts)),
        _ => None,
    }
}

/// Which order of day and month a date proves: one of its first two numbers is above 12.
pub(crate) fn proven_order(text: &str) -> Option<DateOrder> {
    let (a, b, _) = day_and_month(text)?;
    match (a > 12, b > 12) {
        (true, false) => Some(DateOrder::DayFirst),
        (false, true) => Some(DateOrder::MonthFirst),
        _ => None,
    }
}

/// Whether a date can be read with the day or with the month first.
pub(super) fn is_either_way(text: &str) -> bool {
    let can = |number: u32| (1..=12).contains(&number);
    day_and_month(text).is_some_and(|(a, b, parts)| a != b && can(a) && can(b) && !parts.has_points)
}

/// The order that such a date is read in where nothing else says it.
pub(super) fn hinted_order(text: &str, rules: &TimeRules) -> Option<DateOrder> {
    let (rest, zone) = split_zone(text.trim());
    let (zone, offset_s) = match zone {
        ZoneOf::Offset(seconds) => (rules.zone, Some(seconds)),
        ZoneOf::Named(zone) => (Some(zone), None),
        ZoneOf::None => (rules.zone, None),
    };
    Parts::read(rest).ok()?.hinted_order(zone, offset_s)
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
        LocalResult::None => Err(TimeError::Skipped),
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
    let before = text.strip_suffix(last).unwrap_or_default().trim_end();
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
    if let Some((clock, behind)) = text.rfind(['+', '-']).map(|at| text.split_at(at))
        && clock.contains(':')
        && let Some(offset_s) = offset(behind)
    {
        return (clock.trim_end(), ZoneOf::Offset(offset_s));
    }
    match text.strip_suffix(['Z', 'z']) {
        Some(rest) if rest.ends_with(|c: char| c.is_ascii_digit()) => (rest, ZoneOf::Offset(0)),
        _ => (text, ZoneOf::None),
    }
}

fn offset(text: &str) -> Option<i64> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits: String = text.chars().skip(1).filter(|c| *c != ':').collect();
    let number: i64 = digits.parse().ok()?;
    let (hours, minutes) = match digits.len() {
        1 | 2 => (number, 0),
        3 | 4 => (number / 100, number % 100),
        _ => return None,
    };
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// Whether a zone has this moment's offset; for tests of what was read.
#[cfg(test)]
fn offset_in(zone: Zone, at: Timestamp) -> i64 {
    use chrono::Offset as _;
    let utc = chrono::DateTime::from_timestamp_micros(at.micros()).unwrap().naive_utc();
    i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc())
}

#[cfg(test)]
mod tests;
