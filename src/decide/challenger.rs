//! What becomes of a model in shadow of the one in use: is it better, and does the next one take its place?

use crate::stats::evidence::{ENOUGH, ForecastTest};

/// Sessions that a challenger is in shadow at the least: of fewer nothing can be said.
const LEAST_SESSIONS: u64 = 5;

/// The e-value from which a challenger is winning, and stays.
const WINNING: f64 = 2.0;

/// Evidence that the model in use is worse than what was in shadow of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ShadowRecord {
    /// Than the challenger, on the rows that it was in shadow for.
    pub own: ForecastTest,
    /// Than whatever was in shadow since the model was put into use. Of many challengers in turn one would be shown to be
    /// better by chance in the end; of all together that is bounded for ever, as each was there before its rows.
    pub all: ForecastTest,
}

impl ShadowRecord {
    /// Whether the challenger is shown to be better.
    pub fn is_shown(&self) -> bool {
        self.own.e() >= ENOUGH && self.all.e() >= ENOUGH
    }

    /// Whether the next model takes its place, after so many `sessions` in shadow and, with `is_expired`, more than a model may
    /// be in use. Which rows are looked at depends on those before alone, so that both e-values stay what they are.
    pub fn gives_way(&self, sessions: u64, is_expired: bool) -> bool {
        is_expired || (sessions >= LEAST_SESSIONS && self.own.e() < WINNING)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::evidence::Forecast;

    /// So many sessions in which the one in use is as wrong as can be, or both say the same.
    fn of(sessions: usize, is_worse: bool) -> ForecastTest {
        let mut test = ForecastTest::default();
        for _ in 0..sessions {
            let row = |at: usize| {
                let won = at.is_multiple_of(2);
                let right = if won { 0.9 } else { 0.1 };
                Forecast { tried: if is_worse { 1.0 - right } else { right }, rival: right, won }
            };
            test.push(&(0..20).map(row).collect::<Vec<_>>());
        }
        test
    }

    #[test]
    fn what_others_have_shown_promotes_nobody() {
        let (shown, nothing) = (of(4, true), of(4, false));
        assert!(shown.e() >= ENOUGH && nothing.e() < ENOUGH);
        assert!(ShadowRecord { own: shown, all: shown }.is_shown());
        assert!(!ShadowRecord { own: nothing, all: shown }.is_shown());
        assert!(!ShadowRecord { own: shown, all: nothing }.is_shown());
        assert!(!ShadowRecord::default().is_shown());
    }

    #[test]
    fn one_that_wins_stays_until_it_has_expired() {
        let (winning, other) = (ShadowRecord { own: of(4, true), all: of(4, true) }, ShadowRecord::default());
        let gives_way = |record: &ShadowRecord| [4, 5, 19].map(|n| record.gives_way(n, false));
        assert_eq!((gives_way(&winning), gives_way(&other)), ([false; 3], [false, true, true]));
        assert!(winning.gives_way(21, true));
    }
}
