//! `calendar`: the sessions, holidays and half days of a year, in words and date by date.

use chrono::Datelike;
use serde_json::{Map, Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::domain::{Calendar, Date, Special, weekday_name};

/// What a date of the calendar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateKind {
    /// A session with its regular hours.
    Session,
    /// A session that closes early.
    EarlyClose,
    /// No session on a day that usually has one.
    Holiday,
}

impl DateKind {
    /// The word in files and payloads.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::EarlyClose => "early_close",
            Self::Holiday => "holiday",
        }
    }
}

/// A date of a year on which the market opens, or usually would.
#[derive(Clone, Debug, PartialEq)]
pub struct CalendarDate {
    /// The trading date.
    pub date: Date,
    /// What it is.
    pub kind: DateKind,
    /// The name of the holiday, or of why the close is early.
    pub name: Option<String>,
    /// The session.
    pub session: Option<crate::domain::Session>,
}

/// The sessions and holidays of a year, in order.
pub fn calendar_dates(calendar: &Calendar, year: i32) -> Vec<CalendarDate> {
    let first = Date::from_ymd_opt(year, 1, 1).unwrap_or_default();
    let of = |date: Date| {
        let session = calendar.session(date);
        let (kind, name) = match calendar.special(date) {
            Some(Special::Closed(name)) => (DateKind::Holiday, Some(name.to_owned())),
            Some(Special::EarlyClose { name, .. }) => (DateKind::EarlyClose, Some(name.to_owned())),
            None => (DateKind::Session, None),
        };
        (session.is_some() || kind == DateKind::Holiday).then_some(CalendarDate { date, kind, name, session })
    };
    first.iter_days().take_while(|date| date.year() == year).filter_map(of).collect()
}

/// Builds the view of a year.
pub fn calendar_view(calendar: &Calendar, year: i32) -> View {
    let dates = calendar_dates(calendar, year);
    let count = |kind: DateKind| dates.iter().filter(|date| date.kind == kind).count() as u64;
    let half_days = count(DateKind::EarlyClose);
    let sessions = count(DateKind::Session) + half_days;
    let lead = vec![format!(
        "{} {year}: {}, {}, {}; hours are {} time, a year of daily results is {}",
        calendar.name(),
        plural(sessions, "session"),
        plural(half_days, "early close"),
        plural(count(DateKind::Holiday), "holiday"),
        calendar.place(),
        calendar.annualised(),
    )];
    let special: Vec<&CalendarDate> = dates.iter().filter(|date| date.kind != DateKind::Session).collect();
    let mut grids = vec![months(calendar, &dates)];
    if !special.is_empty() {
        let rows = special.iter().map(|date| row(calendar, date)).collect();
        grids.push(Grid {
            title: Some("Holidays and early closes".into()),
            columns: columns(),
            rows,
            ..Grid::default()
        });
    }
    let records = Grid {
        columns: columns(),
        rows: dates.iter().map(|date| row(calendar, date)).collect(),
        ..Grid::default()
    };
    View {
        name: "calendar",
        lead,
        grids,
        payload: payload(calendar, year, sessions, &dates),
        records,
        ..View::default()
    }
}

fn months(calendar: &Calendar, dates: &[CalendarDate]) -> Grid {
    let columns = vec![
        Column::fixed("month", "Month", 0),
        Column::number("sessions", "Sessions", 0),
        Column::fixed("first", "First", 1),
        Column::fixed("last", "Last", 1),
        Column::fixed("hours", "Regular hours", 2),
    ];
    let of = |month: u32| {
        let sessions: Vec<&CalendarDate> =
            dates.iter().filter(|date| date.date.month() == month && date.session.is_some()).collect();
        let day = |date: Option<&&CalendarDate>| {
            Cell::text(
                date.map(|date| format!("{} {:02}", weekday_name(date.date), date.date.day())).as_deref(),
            )
        };
        let regular = sessions.iter().find(|date| date.kind == DateKind::Session);
        vec![
            Cell::Text(format!("{:02}", month)),
            Cell::Count(sessions.len() as u64),
            day(sessions.first()),
            day(sessions.last()),
            Cell::text(regular.map(|date| hours(calendar, date)).as_deref()),
        ]
    };
    Grid { columns, rows: (1..=12).map(of).collect(), ..Grid::default() }
}

/// `09:30-16:00`, with the break: `09:00-11:30, 12:30-15:30`.
fn hours(calendar: &Calendar, date: &CalendarDate) -> String {
    let Some(session) = date.session else { return String::new() };
    let span = |from, to| format!("{}-{}", calendar.hhmm(from), calendar.hhmm(to));
    match session.lunch {
        None => span(session.open, session.close),
        Some((start, end)) => format!("{}, {}", span(session.open, start), span(end, session.close)),
    }
}

fn columns() -> Vec<Column> {
    vec![
        Column::fixed("date", "Date", 0),
        Column::fixed("weekday", "Day", 1),
        Column::fixed("kind", "What", 0),
        Column::text("name", "Name", 0),
        Column::fixed("hours", "Hours", 0),
        Column::fixed("open", "Opens (UTC)", 3),
        Column::fixed("close", "Closes (UTC)", 3),
    ]
}

fn row(calendar: &Calendar, date: &CalendarDate) -> Vec<Cell> {
    let hours = Some(hours(calendar, date)).filter(|hours| !hours.is_empty());
    vec![
        Cell::Text(date.date.to_string()),
        Cell::Text(weekday_name(date.date).into()),
        Cell::Text(date.kind.as_str().into()),
        Cell::text(date.name.as_deref()),
        Cell::text(hours.as_deref()),
        date.session.map_or(Cell::Absent, |session| Cell::Time(session.open)),
        date.session.map_or(Cell::Absent, |session| Cell::Time(session.close)),
    ]
}

fn payload(calendar: &Calendar, year: i32, sessions: u64, dates: &[CalendarDate]) -> Map<String, Json> {
    let mut out = Map::new();
    out.insert("calendar".into(), calendar.name().into());
    out.insert("year".into(), year.into());
    out.insert("zone".into(), calendar.zone().name().into());
    out.insert("sessions".into(), sessions.into());
    out.insert("sessions_per_year".into(), calendar.sessions_per_year().into());
    let of = |date: &CalendarDate| {
        let lunch = date.session.and_then(|session| session.lunch);
        json!({
            "date": date.date.to_string(),
            "weekday": weekday_name(date.date),
            "kind": date.kind.as_str(),
            "name": date.name,
            "open": date.session.map(|session| session.open.to_string()),
            "close": date.session.map(|session| session.close.to_string()),
            "lunch_start": lunch.map(|lunch| lunch.0.to_string()),
            "lunch_end": lunch.map(|lunch| lunch.1.to_string()),
            "minutes": calendar.session_minutes(date.date),
        })
    };
    out.insert("dates".into(), dates.iter().map(of).collect());
    out
}
