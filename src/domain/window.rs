//! Spans of exit times that reports look at.

use super::{Calendar, Date, Timestamp};

/// A span of exit times that a report looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Window {
    /// The trading date of a session, up to now.
    Session {
        /// Its trading date.
        date: Date,
        /// The first moment of the date.
        from: Timestamp,
        /// The first moment after it.
        to: Timestamp,
    },
    /// `(now − N·24 h, now]`.
    Days(u16),
    /// Everything up to now.
    All,
}

impl Window {
    /// How many days it looks back; `None` for everything.
    pub const fn days(self) -> Option<u16> {
        match self {
            Self::Days(days) => Some(days),
            Self::Session { .. } | Self::All => None,
        }
    }

    /// The windows of days that stand side by side in reports, after that of the session and before all.
    pub const SIDE_BY_SIDE: [Self; 3] = [Self::Days(7), Self::Days(30), Self::Days(90)];

    /// The session that runs at `now`, else the last one that is over; `None` for a calendar that has none.
    pub fn session(calendar: &Calendar, now: Timestamp) -> Option<Self> {
        let date = calendar.current(now)?.date;
        let (from, to) = calendar.bounds(date);
        Some(Self::Session { date, from, to })
    }

    /// Whether an exit at `moment` lies in this window as seen from `now`.
    pub fn contains(self, moment: Timestamp, now: Timestamp) -> bool {
        moment <= self.end(now) && self.start(now).is_none_or(|start| moment > start)
    }

    /// The moment after which exits belong to the window; `None` for all.
    pub fn start(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            // The first moment of the date belongs to it.
            Self::Session { from, .. } => Some(Timestamp::from_micros(from.micros() - 1)),
            Self::Days(days) => Some(now.plus_days(-i64::from(days))),
            Self::All => None,
        }
    }

    /// The moment of the last exit that can belong to the window.
    pub fn end(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Session { to, .. } => now.min(Timestamp::from_micros(to.micros() - 1)),
            Self::Days(_) | Self::All => now,
        }
    }

    /// The key used in files and payloads: `session`, `7d`, `all`.
    pub fn key(self) -> String {
        match self {
            Self::Session { .. } => "session".into(),
            Self::Days(days) => format!("{days}d"),
            Self::All => "all".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_window_is_open_at_its_start_and_closed_at_its_end() {
        let now = at("2019-02-15T21:05:00Z");
        let week = Window::Days(7);
        assert!(week.contains(now, now));
        assert!(!week.contains(at("2019-02-08T21:05:00Z"), now));
        assert!(week.contains(at("2019-02-08T21:05:00.000001Z"), now));
        assert!(!Window::All.contains(at("2019-02-15T21:05:00.000001Z"), now));
    }

    #[test]
    fn the_session_is_the_one_that_runs_else_the_last_one_that_is_over() {
        let xnys = Calendar::xnys();
        let of = |now: &str| Window::session(&xnys, at(now)).unwrap();
        let named = |window: Window| match window {
            Window::Session { date, .. } => date.to_string(),
            other => other.key(),
        };
        // The week of Independence Day, kept on Friday, 2026-07-03.
        for (now, date) in [
            ("2026-07-02T19:00:00Z", "2026-07-02"),
            ("2026-07-03T15:00:00Z", "2026-07-02"),
            ("2026-07-06T13:29:59Z", "2026-07-02"),
            ("2026-07-06T13:30:00Z", "2026-07-06"),
        ] {
            assert_eq!(named(of(now)), date, "{now}");
        }
        // Before the open, an exit of the morning is not yet one of the window's.
        let (window, now) = (of("2026-07-06T13:00:00Z"), at("2026-07-06T13:00:00Z"));
        assert!(
            window.contains(at("2026-07-02T04:00:00Z"), now)
                && window.contains(at("2026-07-03T03:59:59Z"), now)
        );
        assert!(
            !window.contains(at("2026-07-02T03:59:59Z"), now)
                && !window.contains(at("2026-07-03T04:00:00Z"), now)
        );
        assert!(!window.contains(at("2026-07-06T12:00:00Z"), now));
    }
}
