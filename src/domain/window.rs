//! Spans of exit times that reports look at.

use super::Timestamp;

/// A span of exit times that a report looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Window {
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
            Self::All => None,
        }
    }

    /// The windows that stand side by side in reports, each inside the next.
    pub const SIDE_BY_SIDE: [Self; 5] =
        [Self::Days(1), Self::Days(7), Self::Days(30), Self::Days(90), Self::All];

    /// Whether an exit at `moment` lies in this window as seen from `now`.
    pub fn contains(self, moment: Timestamp, now: Timestamp) -> bool {
        moment <= now && self.start(now).is_none_or(|start| moment > start)
    }

    /// The moment after which exits belong to the window; `None` for all.
    pub fn start(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Days(days) => Some(now.plus_days(-i64::from(days))),
            Self::All => None,
        }
    }

    /// The key used in files and payloads: `7d`, `all`.
    pub fn key(self) -> String {
        match self {
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
}
