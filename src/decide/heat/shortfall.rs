//! The expected shortfall of the open book: what the worst twentieth of the own sessions would do to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::book::HeatPosition;
use super::own_trades::PairTrade;
use crate::learn::Rng;
use crate::stats::worst_mean;

/// The seed of the draws, and how many of them there are.
const SEED: u64 = 0x5F0A;
const DRAWS: usize = 2_000;

/// The worst part that is looked at.
pub(super) const TAIL: f64 = 0.05;

/// Below so many sessions there is no twentieth of them.
pub(super) const NEEDED_SESSIONS: usize = 20;

/// Value at risk and expected shortfall of a session at 95 %, losses above 0, in the account's currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shortfall {
    /// What is lost in one session of twenty, or more.
    pub at_risk: f64,
    /// The mean of those losses.
    pub expected: f64,
    /// Sessions that it rests on.
    pub sessions: usize,
}

/// What the own trades of each session made, in R.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SessionResults(Vec<Vec<f64>>);

impl SessionResults {
    /// Those of trades in any order of sessions, but in their order within one.
    pub fn of(trades: &[PairTrade]) -> Self {
        let mut by_day: BTreeMap<i32, Vec<f64>> = BTreeMap::new();
        for trade in trades {
            by_day.entry(trade.day).or_default().push(trade.r);
        }
        Self(by_day.into_values().collect())
    }

    /// Adds the next session; one without a trade is none.
    pub fn push(&mut self, results: Vec<f64>) {
        if !results.is_empty() {
            self.0.push(results);
        }
    }
}

/// Draws whole past sessions; each position gets the result in R of another trade of that session, so that what went
/// together goes together (filtered historical simulation after Barone-Adesi, Giannopoulos and Vosper 1999, on trades
/// instead of prices). None below 20 sessions, or of an empty book.
pub fn shortfall(positions: &[HeatPosition], past: &SessionResults) -> Option<Shortfall> {
    shortfall_with(positions, None, past).0
}

/// The shortfall of a book, and that of the book with one position more: the same sessions are drawn for both, and in each the
/// positions that are in both get the same results, so that what chance does to the one it does to the other.
pub fn shortfall_with(
    positions: &[HeatPosition],
    more: Option<&HeatPosition>,
    past: &SessionResults,
) -> (Option<Shortfall>, Option<Shortfall>) {
    let mut sessions = past.0.clone();
    if sessions.len() < NEEDED_SESSIONS || positions.is_empty() && more.is_none() {
        return (None, None);
    }
    let risks: Vec<f64> = positions.iter().chain(more).map(|position| position.at_risk).collect();
    let mut swapped = Vec::with_capacity(risks.len());
    let (mut without, mut with) = (Vec::with_capacity(DRAWS), Vec::with_capacity(DRAWS));
    for draw in 0..DRAWS as u64 {
        // A stream for each, so that what is drawn for the book does not depend on what is asked beside it.
        let mut rng = Rng::new(SEED, draw);
        let session = rng.below(sessions.len());
        let results = &mut sessions[session];
        let (mut taken, mut sum) = (0, 0.0);
        for (place, at_risk) in risks.iter().enumerate() {
            if place == positions.len() {
                without.push(sum);
            }
            // Without replacement as long as the session has enough trades.
            if taken == results.len() {
                taken = 0;
            }
            let at = taken + rng.below(results.len() - taken);
            results.swap(taken, at);
            swapped.push((taken, at));
            taken += 1;
            sum += results[taken - 1] * at_risk;
        }
        with.push(sum);
        // The next draw finds the session in its own order.
        swapped.drain(..).rev().for_each(|(a, b)| results.swap(a, b));
    }
    let of = |drawn| worst_of(drawn, past.0.len());
    match more {
        None => (of(with), None),
        Some(_) if positions.is_empty() => (None, of(with)),
        Some(_) => (of(without), of(with)),
    }
}

/// What the worst of the draws say.
fn worst_of(mut drawn: Vec<f64>, sessions: usize) -> Option<Shortfall> {
    let worst = (TAIL * DRAWS as f64) as usize;
    // Of the others nobody asks the order.
    drawn.select_nth_unstable_by(worst, f64::total_cmp);
    drawn[..worst].sort_unstable_by(f64::total_cmp);
    Some(Shortfall {
        at_risk: (-drawn[worst - 1]).max(0.0),
        expected: (-worst_mean(&drawn, TAIL)?).max(0.0),
        sessions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Side;

    fn position(n: usize, at_risk: f64) -> HeatPosition {
        HeatPosition { symbol: format!("S{n}"), side: Side::Long, sector: None, at_risk, has_stop: true }
    }

    /// So many sessions, all with these results.
    fn past(sessions: usize, results: &[f64]) -> SessionResults {
        let mut past = SessionResults::default();
        (0..sessions).for_each(|_| past.push(results.to_vec()));
        past
    }

    #[test]
    fn each_position_gets_another_trade_of_the_session() {
        // One lost 1 R and one 3 R in every session: of two positions of 100 one gets this, the other that.
        let both = [position(0, 100.0), position(1, 100.0)];
        let lost = |at_risk, expected| Some(Shortfall { at_risk, expected, sessions: 20 });
        let past_20 = past(20, &[-1.0, -3.0]);
        assert_eq!(shortfall(&both, &past_20), lost(400.0, 400.0));
        // One alone gets either, and half of all draws are more than the worst twentieth.
        assert_eq!(shortfall(&both[..1], &past_20), lost(300.0, 300.0));
        // The third of three gets one of the two once more.
        let three = [position(0, 100.0), position(1, 100.0), position(2, 100.0)];
        assert_eq!(shortfall(&three, &past_20), lost(700.0, 700.0));
        assert_eq!(shortfall(&both, &past(20, &[1.0, 2.0])), lost(0.0, 0.0), "a gain is no loss");
    }

    #[test]
    fn the_book_is_drawn_alike_with_a_position_more_and_without() {
        let (held, more, past_20) = ([position(0, 100.0)], position(1, 10.0), past(20, &[-1.0, -3.0]));
        let (without, with) = shortfall_with(&held, Some(&more), &past_20);
        assert_eq!(without, shortfall(&held, &past_20));
        // Where the one lost 300 the other lost 10.
        assert_eq!(with.unwrap().expected, 310.0);
        let (without, with) = shortfall_with(&[], Some(&more), &past_20);
        assert_eq!((without, with), (None, shortfall(&[more], &past_20)));
    }

    #[test]
    fn twenty_sessions_with_a_trade_are_needed_and_something_held() {
        let held = [position(0, 100.0)];
        let mut few = past(19, &[-1.0]);
        few.push(Vec::new());
        assert_eq!(shortfall(&held, &few), None);
        few.push(vec![-1.0]);
        assert_eq!(shortfall(&held, &few).map(|found| found.sessions), Some(20));
        assert_eq!(shortfall(&[], &few), None);
    }
}
