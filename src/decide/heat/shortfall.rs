//! The expected shortfall of the open book: what the worst twentieth of the own sessions would do to it.

use std::collections::BTreeMap;

use super::book::HeatPosition;
use super::correlation::PairTrade;
use crate::learn::Rng;
use crate::stats::{sorted, worst_mean};

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

/// Draws whole past sessions; each position gets the result in R of another trade of that session, so that what went
/// together goes together (filtered historical simulation after Barone-Adesi, Giannopoulos and Vosper 1999, on trades
/// instead of prices). None below 20 sessions, or of an empty book.
pub fn shortfall(positions: &[HeatPosition], trades: &[PairTrade]) -> Option<Shortfall> {
    let mut by_day: BTreeMap<i32, Vec<f64>> = BTreeMap::new();
    for trade in trades {
        by_day.entry(trade.day).or_default().push(trade.r);
    }
    let sessions: Vec<Vec<f64>> = by_day.into_values().collect();
    if sessions.len() < NEEDED_SESSIONS || positions.is_empty() {
        return None;
    }
    let mut rng = Rng::new(SEED, 0);
    let drawn = (0..DRAWS).map(|_| {
        let mut results = sessions[rng.below(sessions.len())].clone();
        let mut taken = 0;
        let result = |position: &HeatPosition| {
            // Without replacement as long as the session has enough trades.
            if taken == results.len() {
                taken = 0;
            }
            let at = taken + rng.below(results.len() - taken);
            results.swap(taken, at);
            taken += 1;
            results[taken - 1] * position.at_risk
        };
        positions.iter().map(result).sum::<f64>()
    });
    let drawn = sorted(drawn);
    let worst = (TAIL * DRAWS as f64) as usize;
    Some(Shortfall {
        at_risk: (-drawn[worst - 1]).max(0.0),
        expected: (-worst_mean(&drawn, TAIL)?).max(0.0),
        sessions: sessions.len(),
    })
}
