//! Trading dates as spans of time, and the last ones that were asked for.
//!
//! The rows of a log lie on few days, and most of what is done with a moment begins with its trading date: so
//! each thread remembers the days that it met. What is remembered is checked against calendar and span, so it
//! changes no answer.

use std::cell::Cell;

use super::{Calendar, Hours, Session};
use crate::domain::{Date, Timestamp, Zone, next_day};

const US_PER_DAY: i64 = 86_400_000_000;
const US_PER_MINUTE: i64 = 60_000_000;

/// Days that a thread remembers; a power of two.
const REMEMBERED: usize = 16;

thread_local! {
    static DAYS: [Cell<Day>; REMEMBERED] = const { [const { Cell::new(Day::NONE) }; REMEMBERED] };
}

/// A trading date of a calendar.
#[derive(Clone, Copy)]
pub(in crate::domain) struct Day {
    fingerprint: u64,
    /// Its first moment, and the first one after it.
    pub(in crate::domain) from: Timestamp,
    pub(in crate::domain) to: Timestamp,
    pub(in crate::domain) date: Date,
    pub(in crate::domain) session: Option<Session>,
}

impl Day {
    /// Holds no moment, whatever the calendar.
    const NONE: Self = Self {
        fingerprint: 0,
        from: Timestamp::from_micros(0),
        to: Timestamp::from_micros(0),
        date: Date::MIN,
        session: None,
    };
}

/// What to add to UTC so that days end about when trading dates do. Only a guess of where to look first: changes
/// of clocks and days with other hours make it wrong, and nothing else.
pub(super) fn roll_us(zone: Zone, week: &[Option<Hours>; 7]) -> i64 {
    // New Year's Day of 2025, UTC: no zone changes its clocks about then.
    const WINTER_US: i64 = 1_735_689_600_000_000;
    let (date, us) = Timestamp::from_micros(WINTER_US).local(zone);
    let offset_us = i64::from(date.to_epoch_days()) * US_PER_DAY + us - WINTER_US;
    let evening = week.iter().flatten().find(|hours| hours.opens_the_day_before());
    offset_us + evening.map_or(0, |hours| US_PER_DAY - i64::from(hours.open) * US_PER_MINUTE)
}

fn slot(number: i64) -> usize {
    number.rem_euclid(REMEMBERED as i64) as usize
}

impl Calendar {
    /// The trading date that a moment belongs to.
    pub(in crate::domain) fn day(&self, moment: Timestamp) -> Day {
        let number = (moment.micros() + self.0.roll_us).div_euclid(US_PER_DAY);
        let found = DAYS.with(|days| {
            let day = days[slot(number)].get();
            (day.fingerprint == self.0.fingerprint && day.from <= moment && moment < day.to).then_some(day)
        });
        found.unwrap_or_else(|| self.look_up(moment, number))
    }

    #[cold]
    fn look_up(&self, moment: Timestamp, number: i64) -> Day {
        // The guess is a day off in the hour that a change of clocks adds or takes.
        for near in [number - 1, number + 1] {
            let day = DAYS.with(|days| days[slot(near)].get());
            if day.fingerprint == self.0.fingerprint && day.from <= moment && moment < day.to {
                return day;
            }
        }
        let date = moment.local(self.0.zone).0;
        let tomorrow = next_day(date);
        let has_begun = self.begins_the_evening_before(tomorrow).is_some_and(|open| open <= moment);
        let day = self.work_out(if has_begun { tomorrow } else { date });
        DAYS.with(|days| days[slot(i64::from(day.date.to_epoch_days()))].set(day));
        day
    }

    /// A trading date with its session.
    pub(super) fn day_of(&self, date: Date) -> Day {
        DAYS.with(|days| {
            let slot = &days[slot(i64::from(date.to_epoch_days()))];
            let day = slot.get();
            if day.fingerprint == self.0.fingerprint && day.date == date {
                return day;
            }
            let day = self.work_out(date);
            slot.set(day);
            day
        })
    }

    /// The open of a session that begins on the day before its date.
    fn begins_the_evening_before(&self, date: Date) -> Option<Timestamp> {
        let hours = self.hours(date).filter(|hours| hours.opens_the_day_before())?;
        Some(Timestamp::from_local(date.pred_opt()?, hours.open, self.0.zone))
    }

    fn work_out(&self, date: Date) -> Day {
        let zone = self.0.zone;
        let begin = |date: Date| {
            self.begins_the_evening_before(date).unwrap_or_else(|| Timestamp::from_local(date, 0, zone))
        };
        let (from, to) = (begin(date), begin(next_day(date)));
        let session = self.hours(date).map(|hours| {
            let open = self
                .begins_the_evening_before(date)
                .unwrap_or_else(|| Timestamp::from_local(date, hours.open, zone));
            let close = Timestamp::from_local(date, hours.close, zone);
            let lunch = self.0.lunch.map(|(start, end)| {
                let at = |minute| Timestamp::from_local(date, minute, zone).clamp(open, close);
                (at(start), at(end))
            });
            // A half day may end with the morning.
            let lunch = lunch.filter(|(start, end)| start < end);
            Session { date, open, close, lunch }
        });
        Day { fingerprint: self.0.fingerprint, from, to, date, session }
    }
}
