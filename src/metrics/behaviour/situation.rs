//! What groups of trades have in common, as far as a trade alone says it.

use crate::domain::{Date, Market, TradeDetail, weekday_name};
use crate::metrics::group::hour_of;

/// What groups have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// How the trade before it ended, of the same session.
    After,
    /// Which entry of the day it was.
    TradeOfDay,
    /// The first and the last hour of the session.
    PartOfSession,
    /// Weekday of the exit.
    Weekday,
    /// Hour of the entry.
    Hour,
    /// Weekday and hour.
    WeekdayHour,
    /// Minutes that it was held, which is known afterwards only.
    Hold,
    /// The session before a holiday.
    Holiday,
}

impl Situation {
    /// Every situation, in the order of reports.
    pub const ALL: [Self; 8] = [
        Self::After,
        Self::TradeOfDay,
        Self::PartOfSession,
        Self::Weekday,
        Self::Hour,
        Self::WeekdayHour,
        Self::Hold,
        Self::Holiday,
    ];

    /// Its heading.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::After => "The trade before",
            Self::TradeOfDay => "Entry of the day",
            Self::PartOfSession => "Part of the session",
            Self::Weekday => "Weekday",
            Self::Hour => "Hour of the entry",
            Self::WeekdayHour => "Weekday and hour",
            Self::Hold => "Held",
            Self::Holiday => "Day before a holiday",
        }
    }

    /// Its key in payloads.
    pub const fn key(self) -> &'static str {
        match self {
            Self::After => "after",
            Self::TradeOfDay => "trade_of_day",
            Self::PartOfSession => "part_of_session",
            Self::Weekday => "weekday",
            Self::Hour => "hour",
            Self::WeekdayHour => "weekday_hour",
            Self::Hold => "hold",
            Self::Holiday => "day_before_holiday",
        }
    }
}

/// The name of a trade's group in a situation that other trades have no part in; none where it belongs to none.
pub(super) fn name(situation: Situation, trade: &TradeDetail, market: &Market) -> Option<String> {
    let calendar = market.of_symbol(&trade.symbol);
    let date = || Date::from_num_days_from_ce_opt(trade.session);
    match situation {
        Situation::After | Situation::TradeOfDay => None,
        Situation::PartOfSession => {
            let entry = trade.entry_time?;
            let session = calendar.session(calendar.trading_date(entry))?;
            let (since, to) = (entry.minutes_since(session.open), session.close.minutes_since(entry));
            let part = match (since, to) {
                (since, to) if since < 0.0 || to <= 0.0 => "outside of the session",
                (since, _) if since < 60.0 => "first hour",
                (_, to) if to <= 60.0 => "last hour",
                _ => "between",
            };
            Some(part.to_owned())
        }
        Situation::Weekday => Some(weekday(date()?)),
        Situation::Hour => trade.entry_time.map(|entry| hour_of(calendar, Some(entry))),
        Situation::WeekdayHour => {
            let hour = hour_of(calendar, Some(trade.entry_time?));
            Some(format!("{} {hour}", weekday(date()?)))
        }
        Situation::Hold => {
            let minutes = trade.exit_time.minutes_since(trade.entry_time?);
            let bands = [
                (5.0, "1: up to 5 min"),
                (15.0, "2: 5 to 15 min"),
                (30.0, "3: 15 to 30 min"),
                (60.0, "4: 30 to 60 min"),
                (120.0, "5: 1 to 2 h"),
            ];
            let band = bands.iter().find(|(up_to, _)| minutes <= *up_to).map_or("6: over 2 h", |band| band.1);
            Some(band.to_owned())
        }
        Situation::Holiday => {
            market.calendar().is_before_holiday(date()?).then(|| "before a holiday".to_owned())
        }
    }
}

/// With its number in the week, so that the days stand in their order.
fn weekday(date: Date) -> String {
    use chrono::Datelike;
    format!("{} {}", date.weekday().number_from_monday(), weekday_name(date))
}
