//! What a session comes to as a rule, and how far the result of a span of days may be luck.

use super::Performance;
use crate::stats::{Clustered, quantile, sorted};

/// Sessions from which on it is said how four in five of them end, and from which on how all of them ended.
const MANY: usize = 20;
const FEW: usize = 3;

/// Between which results most sessions of a window ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UsualSession {
    /// The lower end, in the account's currency.
    pub low: f64,
    /// The upper end, in the account's currency.
    pub high: f64,
    /// Where they are few, how many all of them are; else four in five lie between the ends.
    pub few: Option<usize>,
}

fn usual(results: impl IntoIterator<Item = f64>) -> Option<UsualSession> {
    let results = sorted(results);
    let few = (results.len() < MANY).then_some(results.len());
    let (low, high) = if few.is_some() { (0.0, 1.0) } else { (0.1, 0.9) };
    let (low, high) = quantile(&results, low).zip(quantile(&results, high))?;
    (results.len() >= FEW).then_some(UsualSession { low, high, few })
}

impl Performance {
    /// How its sessions ended; none of fewer than 3.
    pub fn usual_session(&self) -> Option<UsualSession> {
        usual(self.daily().days().filter_map(|(_, day)| day.pnl.value().ok()))
    }

    /// The 95 % interval of its net result: of what a trade makes in the mean, by session, as many times as there are
    /// trades.
    pub fn result_interval(&self) -> Option<(f64, f64)> {
        let trades = self.trades() as f64;
        let days = self.daily().days();
        let pairs = days.filter_map(|(_, day)| Some((day.pnl.value().ok()?, day.counts.total() as f64)));
        let (low, high) = Clustered::of(pairs).ok()?.interval();
        Some((low * trades, high * trades))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_few_sessions_all_are_told_and_of_many_four_in_five() {
        let of = |count: i32| usual((0..count).map(f64::from));
        assert_eq!(of(2), None);
        assert_eq!(of(5), Some(UsualSession { low: 0.0, high: 4.0, few: Some(5) }));
        assert_eq!(of(21), Some(UsualSession { low: 2.0, high: 18.0, few: None }));
    }
}
