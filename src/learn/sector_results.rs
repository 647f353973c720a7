//! How each sector did against all of them in the sessions before one: what a signal of that session may know of it.

use std::collections::BTreeMap;

use crate::domain::{Calendar, Date, UNKNOWN};

/// The feature: mean net result of the sector's trades less that of all sectors' trades, over the last 5 sessions before
/// that of the signal; a fraction of the position.
pub const SECTOR_REL: &str = "sector_rel_5d";

/// Sessions that are looked back on.
const SESSIONS: usize = 5;

/// Trades of a sector in these sessions below which nothing is said of it.
const LEAST_TRADES: f64 = 5.0;

/// Sum of results and number of trades.
type Sum = (f64, f64);

/// Results of closed trades by the trading date of their exit and by sector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SectorResults {
    sessions: BTreeMap<Date, BTreeMap<String, Sum>>,
}

/// A sector as features know it; none for one that is not known.
fn word(sector: &str) -> Option<String> {
    Some(sector.trim().to_lowercase()).filter(|word| !word.is_empty() && word != UNKNOWN)
}

impl SectorResults {
    /// Takes in a closed trade; one of no known sector has no part. The order decides the last bit of the sums.
    pub fn push(&mut self, session: Date, sector: &str, net_frac: f64) {
        let Some(word) = word(sector) else { return };
        let sum = self.sessions.entry(session).or_default().entry(word).or_default();
        *sum = (sum.0 + net_frac, sum.1 + 1.0);
    }

    /// Whether there is no trade of a known sector.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// The date of the first session that signals of `session` look back on; none for a calendar without so many.
    pub fn first_of(calendar: &Calendar, session: Date) -> Option<Date> {
        (0..SESSIONS).try_fold(session, |date, _| calendar.previous_session(date))
    }

    /// What signals of `session` may know, by sector. A session counts when it is over on the day before: not a
    /// trade of `session` itself or of a later one has a part. Nothing where only one sector traded.
    pub fn before(&self, calendar: &Calendar, session: Date) -> BTreeMap<&str, f64> {
        let Some(first) = Self::first_of(calendar, session) else { return BTreeMap::new() };
        let mut sums: BTreeMap<&str, Sum> = BTreeMap::new();
        for (sector, (sum, count)) in self.sessions.range(first..session).flat_map(|(_, sectors)| sectors) {
            let all = sums.entry(sector).or_default();
            *all = (all.0 + sum, all.1 + count);
        }
        if sums.len() < 2 {
            return BTreeMap::new();
        }
        let all = sums.values().fold((0.0, 0.0), |all, sum| (all.0 + sum.0, all.1 + sum.1));
        let market = all.0 / all.1;
        let enough = sums.into_iter().filter(|(_, (_, count))| *count >= LEAST_TRADES);
        enough.map(|(sector, (sum, count))| (sector, sum / count - market)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn pushed(trades: &[(&str, &str, f64, usize)]) -> SectorResults {
        let mut results = SectorResults::default();
        for (session, sector, net_frac, times) in trades {
            (0..*times).for_each(|_| results.push(date(session), sector, *net_frac));
        }
        results
    }

    #[test]
    fn a_sector_is_held_against_all_of_the_five_sessions_before() {
        // Monday 16 February 2026 is a holiday: the five sessions before the 18th begin on the 10th.
        let trades = [
            ("2026-02-09", "Energy", 0.5, 20),
            ("2026-02-10", " ENERGY ", 0.002, 6),
            ("2026-02-17", "health", -0.001, 3),
            ("2026-02-12", "Health", -0.001, 3),
            ("2026-02-13", "rare", 0.0, 4),
            ("2026-02-13", "unknown", 0.9, 40),
            ("2026-02-13", "", 0.9, 40),
        ];
        let results = pushed(&trades);
        let calendar = Calendar::xnys();
        let market = (6.0 * 0.002 - 6.0 * 0.001) / 16.0;
        let found = results.before(&calendar, date("2026-02-18"));
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), ["energy", "health"]);
        assert!((found["energy"] - (0.002 - market)).abs() < 1e-15, "{found:?}");
        assert!((found["health"] - (-0.001 - market)).abs() < 1e-15, "{found:?}");
        // What comes of the session itself or later changes nothing.
        let mut later = results.clone();
        later.push(date("2026-02-18"), "energy", 9.0);
        later.push(date("2026-02-19"), "health", 9.0);
        assert_eq!(later.before(&calendar, date("2026-02-18")), found);
        assert!(later.before(&calendar, date("2026-02-20")).contains_key("health"));
    }

    #[test]
    fn one_sector_alone_says_nothing() {
        let results = pushed(&[("2026-02-12", "energy", 0.1, 50)]);
        assert!(results.before(&Calendar::xnys(), date("2026-02-13")).is_empty());
        assert!(pushed(&[("2026-02-12", "unknown", 0.1, 50)]).is_empty());
    }
}
