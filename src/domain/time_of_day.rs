//! The parts of a trading day, by which results are grouped.

use super::{Calendar, Session, Timestamp};

const US_PER_MINUTE: i64 = 60_000_000;

/// The part of the trading day in which a trade was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the definition; the limits stand in `of`")]
pub enum TimeOfDay {
    PreMarket,
    Open,
    MidMorning,
    Lunch,
    Afternoon,
    Close,
    AfterHours,
    /// Four hours of a day that never closes, from midnight UTC: 0 to 5.
    Block(u8),
    Unknown,
}

impl TimeOfDay {
    /// The part by the calendar's session: `open` is its first hour, `close` its last quarter of an hour; of what
    /// lies between, `mid_morning` is the first 2/7, `lunch` up to 2/3, `afternoon` the rest. From 9:30 to 16:00 that
    /// is 10:30, 12:00, 14:00 and 15:45. Where the session has a lunch break, `lunch` is the break. Before the open
    /// it is `pre_market`, after the close and on a day without a session `after_hours`. Days that never close have
    /// blocks of four hours. Unknown without an entry time.
    pub fn of(calendar: &Calendar, entry: Option<Timestamp>) -> Self {
        let Some(entry) = entry else { return Self::Unknown };
        let day = calendar.day(entry);
        if calendar.in_blocks() {
            let hours = (entry.micros() - day.from.micros()) / (60 * US_PER_MINUTE);
            return Self::Block(u8::try_from(hours / 4).unwrap_or_default().min(5));
        }
        day.session.map_or(Self::AfterHours, |session| Self::within(&session, entry))
    }

    fn within(session: &Session, entry: Timestamp) -> Self {
        const HOUR: i64 = 60 * US_PER_MINUTE;
        const QUARTER: i64 = 15 * US_PER_MINUTE;
        let since_open = entry.micros() - session.open.micros();
        let to_close = session.close.micros() - entry.micros();
        if since_open < 0 {
            return Self::PreMarket;
        }
        if to_close <= 0 {
            return Self::AfterHours;
        }
        if to_close <= QUARTER {
            return Self::Close;
        }
        if since_open < HOUR {
            return Self::Open;
        }
        if let Some((start, end)) = session.lunch {
            return match entry {
                entry if entry < start => Self::MidMorning,
                entry if entry < end => Self::Lunch,
                _ => Self::Afternoon,
            };
        }
        let between = since_open + to_close - HOUR - QUARTER;
        match since_open - HOUR {
            past if past * 7 < between * 2 => Self::MidMorning,
            past if past * 3 < between * 2 => Self::Lunch,
            _ => Self::Afternoon,
        }
    }

    /// The word written in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreMarket => "pre_market",
            Self::Open => "open",
            Self::MidMorning => "mid_morning",
            Self::Lunch => "lunch",
            Self::Afternoon => "afternoon",
            Self::Close => "close",
            Self::AfterHours => "after_hours",
            Self::Block(0) => "00-04",
            Self::Block(1) => "04-08",
            Self::Block(2) => "08-12",
            Self::Block(3) => "12-16",
            Self::Block(4) => "16-20",
            Self::Block(_) => "20-24",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CalendarTable;

    fn parts(calendar: &Calendar, day: &str, rows: &[(&str, TimeOfDay)]) {
        for (time, part) in rows {
            let at = Timestamp::parse(&format!("{day}T{time}Z")).unwrap();
            assert_eq!(TimeOfDay::of(calendar, Some(at)), *part, "{calendar} {day} {time}");
        }
    }

    #[test]
    fn parts_of_the_day_begin_where_they_should() {
        use TimeOfDay::*;
        let xnys = Calendar::xnys();
        parts(
            &xnys,
            "2019-02-11",
            &[
                ("14:29:59.999999", PreMarket),
                ("14:30:00", Open),
                ("15:29:59.999999", Open),
                ("15:30:00", MidMorning),
                ("16:59:59.999999", MidMorning),
                ("17:00:00", Lunch),
                ("18:59:59.999999", Lunch),
                ("19:00:00", Afternoon),
                ("20:44:59.999999", Afternoon),
                ("20:45:00", Close),
                ("20:59:59.999999", Close),
                ("21:00:00", AfterHours),
            ],
        );
        assert_eq!(TimeOfDay::of(&xnys, None), Unknown);
        // A half day in shares: 9:30 to 13:00 is 210 minutes, 135 of them between the first hour and the last
        // quarter: 38.57 and 90 of them later it is 11:08:34 and 12:00.
        parts(
            &xnys,
            "2025-11-28",
            &[
                ("15:29:00", Open),
                ("15:30:00", MidMorning),
                ("16:08:34", MidMorning),
                ("16:08:35", Lunch),
                ("16:59:59", Lunch),
                ("17:00:00", Afternoon),
                ("17:45:00", Close),
                ("18:00:00", AfterHours),
            ],
        );
        // Thanksgiving, and a Saturday.
        parts(&xnys, "2025-11-27", &[("15:00:00", AfterHours)]);
        parts(&xnys, "2025-11-29", &[("13:00:00", AfterHours)]);
    }

    #[test]
    fn a_day_that_never_closes_has_blocks_and_a_lunch_break_is_lunch() {
        use TimeOfDay::*;
        parts(
            &Calendar::always(),
            "2026-03-08",
            &[
                ("00:00:00", Block(0)),
                ("03:59:59.999999", Block(0)),
                ("04:00:00", Block(1)),
                ("23:59:59", Block(5)),
            ],
        );
        let tokyo = CalendarTable {
            zone: "Asia/Tokyo".into(),
            sessions: vec!["Mon-Fri 09:00-15:30".into()],
            lunch: Some("11:30-12:30".into()),
            ..CalendarTable::default()
        };
        parts(
            &Calendar::from_table("XTKS", &tokyo).unwrap(),
            "2026-03-10",
            &[
                ("00:00:00", Open),
                ("01:00:00", MidMorning),
                ("02:30:00", Lunch),
                ("03:29:59", Lunch),
                ("03:30:00", Afternoon),
                ("06:15:00", Close),
                ("06:30:00", AfterHours),
            ],
        );
        // An hour of trading: no part is negative.
        let hour = CalendarTable { sessions: vec!["Tue 09:00-10:00".into()], lunch: None, ..tokyo };
        parts(
            &Calendar::from_table("X", &hour).unwrap(),
            "2026-03-10",
            &[("00:00:00", Open), ("00:44:59", Open), ("00:45:00", Close)],
        );
    }
}
