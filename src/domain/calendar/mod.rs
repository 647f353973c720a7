//! Which trading date a moment belongs to, whether it is a session, when it opens and closes. The one place that
//! everything asks: P&L dates, times of day, prices at the end of a session, series, annualisation, windows,
//! once-a-session rules, missing runs and schedules.
//!
//! A **trading date** belongs to every moment; a **session** only to the dates on which the market opens. A
//! moment within a session has the date of that session, which is the date on which it ends; any other has the
//! date of the wall clock in the calendar's zone. So a trade that is closed on a Saturday has the date of that
//! Saturday, and one that is closed on a Sunday evening, when currencies have opened, that of Monday.

mod days;
mod market;
mod session;
mod table;
mod xnys;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{Datelike, Weekday};

use super::{Date, Timestamp, Zone, next_day};
pub use market::Market;
pub use session::Session;
pub use table::{CalendarError, CalendarTable, holiday_lines};

/// Farther than this no session is looked for: a table may close every day.
const FARTHEST_DAYS: u32 = 400;

/// The calendars that need no table, as they are named in the settings.
pub const BUILT_IN: [&str; 3] = ["XNYS", "24/7", "24/5"];

/// What is special about a date that would have a regular session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special<'a> {
    /// No session; the name of the holiday.
    Closed(&'a str),
    /// A session that ends early.
    EarlyClose {
        /// Minutes after midnight on the calendar's clock.
        minute: u16,
        /// Its name, such as that of the holiday before or after.
        name: &'a str,
    },
}

/// The regular hours of a weekday, in minutes of the calendar's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hours {
    /// Where it is not before `close`, it is that of the day before.
    open: u16,
    close: u16,
}

impl Hours {
    fn opens_the_day_before(self) -> bool {
        self.open >= self.close
    }
}

/// Where the holidays and early closes of a calendar come from.
#[derive(Clone, Debug)]
enum Specials {
    Xnys,
    Dates(BTreeMap<Date, Dated>),
}

/// A special date of a table: closed, or closed early at a minute of the day; its name.
#[derive(Clone, Debug)]
struct Dated {
    early_close: Option<u16>,
    name: String,
}

#[derive(Debug)]
struct Definition {
    name: String,
    zone: Zone,
    /// From Monday on.
    week: [Option<Hours>; 7],
    lunch: Option<(u16, u16)>,
    specials: Specials,
    /// Results are grouped by blocks of four hours instead of by parts of the session.
    in_blocks: bool,
    sessions_per_year: u32,
    fingerprint: u64,
    /// Microseconds that, added to UTC, make the date roll about when the trading date does.
    roll_us: i64,
}

/// The sessions of a market. Cheap to copy; equal when it answers equally.
#[derive(Clone, Debug)]
pub struct Calendar(Arc<Definition>);

impl PartialEq for Calendar {
    fn eq(&self, other: &Self) -> bool {
        self.0.fingerprint == other.0.fingerprint && self.0.name == other.0.name
    }
}

impl Default for Calendar {
    fn default() -> Self {
        Self::xnys()
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name)
    }
}

impl Calendar {
    /// The New York Stock Exchange.
    pub fn xnys() -> Self {
        let regular = Some(Hours { open: xnys::HOURS.0, close: xnys::HOURS.1 });
        let week = [regular, regular, regular, regular, regular, None, None];
        Self::of("XNYS", chrono_tz::America::New_York, week, None, Specials::Xnys, false)
    }

    /// Every day from midnight to midnight UTC, as crypto currencies trade.
    pub fn always() -> Self {
        let week = [Some(Hours { open: 0, close: 1440 }); 7];
        Self::of("24/7", chrono_tz::UTC, week, None, Specials::Dates(BTreeMap::new()), true)
    }

    /// From 17:00 in New York to 17:00 of the next day, Sunday to Friday, as currencies trade.
    pub fn weekdays() -> Self {
        let day = Some(Hours { open: 1020, close: 1020 });
        let week = [day, day, day, day, day, None, None];
        let specials = Specials::Dates(BTreeMap::new());
        Self::of("24/5", chrono_tz::America::New_York, week, None, specials, false)
    }

    /// The calendar that needs no table by its name, in any case; `None` for any other.
    pub fn built_in(name: &str) -> Option<Self> {
        match name.trim() {
            name if name.eq_ignore_ascii_case("xnys") => Some(Self::xnys()),
            "24/7" => Some(Self::always()),
            "24/5" => Some(Self::weekdays()),
            _ => None,
        }
    }

    fn of(
        name: &str,
        zone: Zone,
        week: [Option<Hours>; 7],
        lunch: Option<(u16, u16)>,
        specials: Specials,
        in_blocks: bool,
    ) -> Self {
        let sessions_per_year = match &specials {
            // That of the rules, rounded; every desk knows it by heart.
            Specials::Xnys => 252,
            Specials::Dates(dates) => sessions_per_year(&week, dates),
        };
        let text = match &specials {
            Specials::Xnys => format!("XNYS {}", xnys::VERSION),
            Specials::Dates(dates) => {
                let dates: Vec<_> = dates.iter().map(|(date, special)| (date, special.early_close)).collect();
                format!("{zone} {week:?} {lunch:?} {in_blocks} {dates:?}")
            }
        };
        let fingerprint = xxhash_rust::xxh3::xxh3_64(text.as_bytes());
        let roll_us = days::roll_us(zone, &week);
        let name = name.to_owned();
        Self(Arc::new(Definition {
            name,
            zone,
            week,
            lunch,
            specials,
            in_blocks,
            sessions_per_year,
            fingerprint,
            roll_us,
        }))
    }

    /// Its name in the settings, such as `XNYS`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The zone of its wall clock.
    pub fn zone(&self) -> Zone {
        self.0.zone
    }

    /// A number that changes with whatever it answers: what was computed with another one is computed anew.
    pub fn fingerprint(&self) -> u64 {
        self.0.fingerprint
    }

    /// Sessions in a year, rounded: 252 of XNYS, 365 of 24/7. Its square root annualises a daily Sharpe ratio.
    pub fn sessions_per_year(&self) -> u32 {
        self.0.sessions_per_year
    }

    fn regular(&self, date: Date) -> Option<Hours> {
        self.0.week[date.weekday().num_days_from_monday() as usize]
    }

    /// What is special about a date: a holiday or an early close; `None` for a regular session and for a day of
    /// the week that has none.
    pub fn special(&self, date: Date) -> Option<Special<'_>> {
        self.regular(date)?;
        match &self.0.specials {
            Specials::Xnys => xnys::special(date),
            Specials::Dates(dates) => dates.get(&date).map(|dated| match dated.early_close {
                None => Special::Closed(&dated.name),
                Some(minute) => Special::EarlyClose { minute, name: &dated.name },
            }),
        }
    }

    /// The hours of a date's session.
    fn hours(&self, date: Date) -> Option<Hours> {
        let regular = self.regular(date)?;
        match self.special(date) {
            None => Some(regular),
            Some(Special::Closed(_)) => None,
            Some(Special::EarlyClose { minute, .. }) => Some(Hours { close: minute, ..regular }),
        }
    }

    /// Whether the market opens for this date.
    pub fn is_session(&self, date: Date) -> bool {
        self.regular(date).is_some() && !matches!(self.special(date), Some(Special::Closed(_)))
    }

    /// Minutes of trading on a date by the wall clock, the lunch break left out; 0 on a day without a session.
    pub fn session_minutes(&self, date: Date) -> u16 {
        let Some(hours) = self.hours(date) else { return 0 };
        let lunch = self.0.lunch.map_or(0, |(start, end)| end.min(hours.close).saturating_sub(start));
        let day_before = if hours.opens_the_day_before() { 1_440 } else { 0 };
        hours.close + day_before - hours.open - lunch
    }

    /// The session of a date; `None` on a day without one.
    pub fn session(&self, date: Date) -> Option<Session> {
        self.day_of(date).session
    }

    /// The trading date of a moment: that of the session it lies in, else that of the wall clock.
    pub fn trading_date(&self, moment: Timestamp) -> Date {
        self.day(moment).date
    }

    /// The first moment of a trading date and the first one after it.
    pub fn bounds(&self, date: Date) -> (Timestamp, Timestamp) {
        let day = self.day_of(date);
        (day.from, day.to)
    }

    /// The session in which a moment lies, between its open and its close, lunch included.
    pub fn running(&self, moment: Timestamp) -> Option<Session> {
        self.day(moment).session.filter(|session| (session.open..session.close).contains(&moment))
    }

    /// The last session that is over at a moment.
    pub fn last_over(&self, moment: Timestamp) -> Option<Session> {
        let date = self.trading_date(moment);
        let today = self.session(date).filter(|session| session.close <= moment);
        today.or_else(|| self.session(self.previous_session(date)?))
    }

    /// The date of the last session that is over at a moment: what is done then belongs to it. Of a calendar without
    /// sessions, the trading date.
    pub fn session_date(&self, moment: Timestamp) -> Date {
        self.last_over(moment).map_or_else(|| self.trading_date(moment), |session| session.date)
    }

    /// Days from the session to which `earlier` belongs to that of `later`: a timer that fires a second early makes
    /// nothing a day younger.
    pub fn days_between(&self, earlier: Timestamp, later: Timestamp) -> i64 {
        self.session_date(later).signed_duration_since(self.session_date(earlier)).num_days()
    }

    /// The session that a report on "the session" is about: the one that runs, else the last one that is over.
    pub fn current(&self, moment: Timestamp) -> Option<Session> {
        self.running(moment).or_else(|| self.last_over(moment))
    }

    /// The first date after `date` with a session.
    pub fn next_session(&self, date: Date) -> Option<Date> {
        let mut at = date;
        for _ in 0..FARTHEST_DAYS {
            at = next_day(at);
            if self.is_session(at) {
                return Some(at);
            }
        }
        None
    }

    /// The last date before `date` with a session.
    pub fn previous_session(&self, date: Date) -> Option<Date> {
        let mut at = date;
        for _ in 0..FARTHEST_DAYS {
            at = at.pred_opt()?;
            if self.is_session(at) {
                return Some(at);
            }
        }
        None
    }

    /// The dates with a session from `first` to `last`, both included.
    pub fn sessions(&self, first: Date, last: Date) -> impl Iterator<Item = Date> {
        first.iter_days().take_while(move |date| *date <= last).filter(|date| self.is_session(*date))
    }

    /// How many sessions closed after the date `since` and by the moment `now`.
    pub fn sessions_since(&self, since: Date, now: Timestamp) -> usize {
        let last = self.trading_date(now);
        let over = |date: &Date| self.session(*date).is_some_and(|session| session.close <= now);
        // Only the last one can still be running.
        let before = last.pred_opt().map_or(0, |before| self.sessions(next_day(since), before).count());
        before + usize::from(last > since && over(&last))
    }

    /// The latest regular close of the week in minutes after midnight, where 1440 is the end of the day, and the days
    /// of the week with a session, from Monday on.
    pub fn latest_close(&self) -> (u16, [bool; 7]) {
        let latest = self.0.week.iter().flatten().map(|hours| hours.close).max();
        (latest.unwrap_or_default(), self.0.week.map(|hours| hours.is_some()))
    }

    /// The first session after a date that closes early, with its name.
    pub fn next_early_close(&self, date: Date) -> Option<(Session, &str)> {
        let mut dates = date.iter_days().skip(1).take(FARTHEST_DAYS as usize);
        dates.find_map(|date| match self.special(date) {
            Some(Special::EarlyClose { name, .. }) => Some((self.session(date)?, name)),
            _ => None,
        })
    }

    /// Whether the next day of the week on which the market usually opens is a holiday.
    pub fn is_before_holiday(&self, date: Date) -> bool {
        let next = date.iter_days().skip(1).take(7).find(|next| self.regular(*next).is_some());
        next.is_some_and(|next| !self.is_session(next))
    }

    /// The part of its session that a moment is in: `first two hours`, `last hour`, and `midday` between them. On a day
    /// without a session there is no last hour.
    pub fn part_of_session(&self, moment: Timestamp) -> &'static str {
        match self.session(self.trading_date(moment)) {
            Some(session) if session.minutes_since_open(moment) < 120.0 => "first two hours",
            Some(session) if session.minutes_to_close(moment) <= 60.0 => "last hour",
            _ => "midday",
        }
    }

    /// Whether results are grouped by blocks of four hours instead of by parts of the session.
    pub(super) fn in_blocks(&self) -> bool {
        self.0.in_blocks
    }

    /// The place of its wall clock, from the name of its zone: `New York`.
    pub fn place(&self) -> String {
        self.0.zone.name().rsplit('/').next().unwrap_or_default().replace('_', " ")
    }

    /// How a daily ratio is made one of a year: `√252 of XNYS`.
    pub fn annualised(&self) -> String {
        format!("√{} of {}", self.sessions_per_year(), self.name())
    }

    /// Date and time by the calendar's wall clock: `2026-03-02 16:05`.
    pub fn local(&self, moment: Timestamp) -> String {
        format!("{} {}", moment.local(self.0.zone).0, self.hhmm(moment))
    }

    /// Wall clock of the calendar's zone as `HH:MM`.
    pub fn hhmm(&self, moment: Timestamp) -> String {
        let minutes = moment.local(self.0.zone).1 / 60_000_000;
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// The sessions of a year, rounded: those of the week, less the holidays of a year for which any are named.
fn sessions_per_year(week: &[Option<Hours>; 7], dates: &BTreeMap<Date, Dated>) -> u32 {
    const WEEKS_PER_YEAR: f64 = 365.2425 / 7.0;
    let open_on = |day: Weekday| week[day.num_days_from_monday() as usize].is_some();
    let of_week = week.iter().flatten().count() as f64 * WEEKS_PER_YEAR;
    let mut by_year: BTreeMap<i32, u32> = BTreeMap::new();
    for (date, _) in dates.iter().filter(|(_, special)| special.early_close.is_none()) {
        *by_year.entry(date.year()).or_default() += u32::from(open_on(date.weekday()));
    }
    let holidays: u32 = by_year.values().sum();
    let closed = if by_year.is_empty() { 0.0 } else { f64::from(holidays) / by_year.len() as f64 };
    (of_week - closed).round().max(1.0) as u32
}

#[cfg(test)]
mod tests;
