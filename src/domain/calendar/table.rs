//! A calendar that is written down: its zone, its hours by weekday, its lunch break, its holidays and early closes.
//! Every entry that cannot be meant is refused by name.

use std::collections::BTreeMap;

use chrono::Weekday;

use super::{BUILT_IN, Calendar, Dated, Hours, Specials};
use crate::domain::{Date, WEEKDAYS_IN_FULL, Zone, weekday_name};

/// Minutes of a day.
const DAY: u16 = 1_440;

/// A calendar as it stands in the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalendarTable {
    /// A zone of the tz database, such as `Europe/Berlin`.
    pub zone: String,
    /// Hours by weekday, such as `Mon-Fri 09:00-17:30`.
    pub sessions: Vec<String>,
    /// The break of every session, such as `11:30-12:30`.
    pub lunch: Option<String>,
    /// Dates without a session, such as `2026-12-25 Christmas Day`.
    pub holidays: Vec<String>,
    /// Sessions that end early, such as `2026-12-30 14:00 Year's last session`.
    pub early_closes: Vec<String>,
}

/// What is wrong with a calendar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// An entry that cannot be read or cannot be meant.
    #[error("{key}: {entry:?} {why}")]
    Entry {
        /// The key under which it stands.
        key: &'static str,
        /// The entry as it was written.
        entry: String,
        /// What is wrong with it, as the end of a sentence.
        why: String,
    },
    /// A key that must be there is not.
    #[error("{key} is missing; write it like {example}")]
    Missing {
        /// The key.
        key: &'static str,
        /// How it could be written.
        example: &'static str,
    },
    /// Its name is that of a calendar that is built in.
    #[error("the calendar {0} is built in; give yours another name")]
    BuiltIn(String),
}

fn refuse<T>(key: &'static str, entry: &str, why: impl Into<String>) -> Result<T, CalendarError> {
    Err(CalendarError::Entry { key, entry: entry.to_owned(), why: why.into() })
}

impl Calendar {
    /// The calendar that a table describes.
    ///
    /// # Errors
    /// [`CalendarError`] names the first entry that cannot be meant.
    pub fn from_table(name: &str, table: &CalendarTable) -> Result<Self, CalendarError> {
        if name.trim().is_empty() || name.contains(char::is_control) {
            return refuse("calendars", name, "is no name");
        }
        if BUILT_IN.iter().any(|known| known.eq_ignore_ascii_case(name.trim())) {
            return Err(CalendarError::BuiltIn(name.trim().to_owned()));
        }
        if table.zone.trim().is_empty() {
            return Err(CalendarError::Missing { key: "zone", example: "zone = \"Europe/Berlin\"" });
        }
        let Ok(zone) = table.zone.trim().parse::<Zone>() else {
            return refuse("zone", &table.zone, "is not a zone of the tz database, such as Europe/Berlin");
        };
        let week = week(&table.sessions)?;
        let lunch = table.lunch.as_deref().map(|text| lunch(text, &week)).transpose()?;
        let dates = dates(table, &week)?;
        Ok(Self::of(name.trim(), zone, week, lunch, Specials::Dates(dates), false))
    }
}

/// The hours of each weekday from Monday on.
fn week(sessions: &[String]) -> Result<[Option<Hours>; 7], CalendarError> {
    const KEY: &str = "sessions";
    let mut week = [None; 7];
    for entry in sessions {
        let mut days: Vec<usize> = Vec::new();
        // `Mon-Thu 09:00-17:30, Fri 09:00-14:00`, or `Mon, Wed 09:00-17:30`: days wait for their hours.
        for part in entry.split(',') {
            let mut words = part.split_whitespace();
            let Some(span) = words.next() else { continue };
            let Some(found) = weekdays(span) else {
                return refuse(
                    KEY,
                    entry,
                    format!("has {span:?} where a day such as Mon or Mon-Fri is expected"),
                );
            };
            days.extend(found);
            let Some(hours_text) = words.next() else { continue };
            let Some((open, close)) = minutes_span(hours_text).filter(|_| words.next().is_none()) else {
                return refuse(KEY, entry, "has no hours such as 09:00-17:30 after the days");
            };
            if open == DAY {
                return refuse(KEY, entry, "opens at 24:00; write 00:00");
            }
            // Midnight to midnight is the whole of the date; any other hour twice is the day up to it.
            let close = if (open, close) == (0, 0) { DAY } else { close };
            for day in days.drain(..) {
                if week[day].replace(Hours { open, close }).is_some() {
                    let name = WEEKDAYS_IN_FULL[day];
                    return refuse(
                        KEY,
                        entry,
                        format!("gives {name} a second session; a break in it is `lunch`"),
                    );
                }
            }
        }
        if !days.is_empty() {
            return refuse(KEY, entry, "has no hours such as 09:00-17:30 after the days");
        }
    }
    if week.iter().all(Option::is_none) {
        return Err(CalendarError::Missing { key: KEY, example: "sessions = \"Mon-Fri 09:00-17:30\"" });
    }
    for day in 0..7 {
        let (Some(today), Some(tomorrow)) = (week[day], week[(day + 1) % 7]) else { continue };
        if tomorrow.opens_the_day_before() && tomorrow.open < today.close {
            let (one, other) = (WEEKDAYS_IN_FULL[(day + 1) % 7], WEEKDAYS_IN_FULL[day]);
            return refuse(KEY, &sessions.join(", "), format!("lets {one} begin before {other} has ended"));
        }
    }
    Ok(week)
}

/// `Mon`, `Monday`, `Mon-Fri` or `Sun-Thu`, from Monday 0.
fn weekdays(text: &str) -> Option<Vec<usize>> {
    let day = |text: &str| text.parse::<Weekday>().ok().map(|day| day.num_days_from_monday() as usize);
    match text.split_once('-') {
        None => Some(vec![day(text)?]),
        Some((first, last)) => {
            let (first, last) = (day(first)?, day(last)?);
            Some((0..7).map(|more| (first + more) % 7).take((last + 7 - first) % 7 + 1).collect())
        }
    }
}

/// `09:30` as minutes after midnight; `24:00` is the end of the day.
fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |text: &str| -> Option<u16> {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    let (hour, minute) = (number(hour)?, number(minute).filter(|_| minute.len() == 2)?);
    (minute < 60 && hour * 60 + minute <= DAY).then_some(hour * 60 + minute)
}

fn minutes_span(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-')?;
    Some((minutes(from)?, minutes(to)?))
}

fn lunch(text: &str, week: &[Option<Hours>; 7]) -> Result<(u16, u16), CalendarError> {
    const KEY: &str = "lunch";
    let Some((start, end)) = minutes_span(text) else {
        return refuse(KEY, text, "is not a span such as 11:30-12:30");
    };
    if start >= end {
        return refuse(KEY, text, "ends before it begins");
    }
    for (day, hours) in week.iter().enumerate() {
        let Some(hours) = hours else { continue };
        let open = if hours.opens_the_day_before() { 0 } else { hours.open };
        if start <= open || end >= hours.close {
            return refuse(
                KEY,
                text,
                format!("does not lie within the session of {}", WEEKDAYS_IN_FULL[day]),
            );
        }
    }
    Ok((start, end))
}

/// The date at the beginning of an entry, and what follows it.
fn date_of<'a>(key: &'static str, entry: &'a str) -> Result<(Date, &'a str), CalendarError> {
    let entry_text = entry.trim();
    let date = entry_text.get(..10).and_then(|text| text.parse::<Date>().ok());
    let rest = entry_text.get(10..).unwrap_or_default();
    match date.filter(|_| rest.is_empty() || rest.starts_with([' ', ',', '\t', ';'])) {
        Some(date) => Ok((date, rest.trim_start_matches([' ', ',', '\t', ';']).trim_end())),
        None => refuse(key, entry, "does not begin with a date such as 2026-12-25"),
    }
}

fn dates(table: &CalendarTable, week: &[Option<Hours>; 7]) -> Result<BTreeMap<Date, Dated>, CalendarError> {
    let mut dates = BTreeMap::new();
    for entry in &table.holidays {
        let (date, name) = date_of("holidays", entry)?;
        let name = if name.is_empty() { "Holiday" } else { name };
        // A list of an exchange may name holidays that fall on its weekends: they change nothing.
        dates.insert(date, Dated { early_close: None, name: printable(name) });
    }
    for entry in &table.early_closes {
        const KEY: &str = "early_closes";
        let (date, rest) = date_of(KEY, entry)?;
        let (time, name) = rest.split_once([' ', ',', '\t', ';']).unwrap_or((rest, ""));
        let Some(close) = minutes(time) else {
            return refuse(KEY, entry, "has no time such as 13:00 after the date");
        };
        let weekday = chrono::Datelike::weekday(&date).num_days_from_monday() as usize;
        let Some(hours) = week[weekday] else {
            return refuse(KEY, entry, format!("is a {}, which has no session", weekday_name(date)));
        };
        let open = if hours.opens_the_day_before() { 0 } else { hours.open };
        if close <= open || close >= hours.close {
            return refuse(KEY, entry, "does not lie between the session's open and its regular close");
        }
        let name = name.trim_start_matches([' ', ',', '\t', ';']).trim();
        let name = if name.is_empty() { "Early close" } else { name };
        match dates.insert(date, Dated { early_close: Some(close), name: printable(name) }) {
            Some(Dated { early_close: None, .. }) => {
                return refuse(KEY, entry, "is one of the holidays too");
            }
            Some(Dated { early_close: Some(other), .. }) if other != close => {
                return refuse(KEY, entry, "is there twice with different times");
            }
            _ => {}
        }
    }
    Ok(dates)
}

/// A name without what would begin a new line in a schedule or a calendar file.
fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).collect()
}

/// The entries of a file of holidays: a date a line, for an early close its time, then a name; blank lines and
/// those that begin with `#` are passed over. Holidays first, then early closes.
pub fn holiday_lines(text: &str) -> (Vec<String>, Vec<String>) {
    let entries = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let entries = entries.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned);
    entries.partition(|line| {
        let rest = line.get(10..).unwrap_or_default().trim_start_matches([' ', ',', '\t', ';']);
        minutes(rest.split([' ', ',', '\t', ';']).next().unwrap_or_default()).is_none()
    })
}
