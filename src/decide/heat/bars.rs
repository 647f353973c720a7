//! How prices of symbols go together, by the quarter hours of their sessions.

use std::collections::{BTreeMap, BTreeSet};

use super::symbol_correlations::{SymbolCorrelations, WhatGoesTogether};
use crate::stats::drawn_correlations;

/// Sessions that are looked at, the newest.
const SESSIONS: usize = 60;

/// Below so many sessions in which all symbols have returns nothing is said.
const NEEDED_SESSIONS: usize = 20;

/// Returns of quarter hours, by symbol and session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BarReturns(BTreeMap<String, BTreeMap<i32, Vec<Option<f64>>>>);

impl BarReturns {
    /// Adds a session of a symbol, in days from the common era.
    pub fn push(&mut self, symbol: &str, day: i32, returns: Vec<Option<f64>>) {
        self.0.entry(symbol.to_owned()).or_default().insert(day, returns);
    }

    /// The returns that all symbols have, each less its mean of the session, and the sessions that these are of.
    fn in_common(&self, symbols: &[&str]) -> (Vec<Vec<f64>>, usize) {
        let all: Vec<&BTreeMap<i32, Vec<Option<f64>>>> =
            symbols.iter().filter_map(|symbol| self.0.get(*symbol)).collect();
        let Some((first, others)) = all.split_first() else { return (Vec::new(), 0) };
        let mut days: Vec<i32> =
            first.keys().copied().filter(|day| others.iter().all(|other| other.contains_key(day))).collect();
        days.drain(..days.len().saturating_sub(SESSIONS));
        let (mut rows, mut sessions) = (Vec::new(), 0);
        for day in days {
            let parts = all.iter().map(|of| of[&day].len()).min().unwrap_or(0);
            let row = |part: usize| all.iter().map(|of| of[&day][part]).collect::<Option<Vec<f64>>>();
            let mut of_day: Vec<Vec<f64>> = (0..parts).filter_map(row).collect();
            if of_day.len() < 2 {
                continue;
            }
            for at in 0..symbols.len() {
                let mean = of_day.iter().map(|row| row[at]).sum::<f64>() / of_day.len() as f64;
                of_day.iter_mut().for_each(|row| row[at] -= mean);
            }
            sessions += 1;
            rows.append(&mut of_day);
        }
        (rows, sessions)
    }
}

/// The correlations of symbols, whose order and repetitions say nothing, by their returns of quarter hours within sessions:
/// those of the last 60 sessions that all have, each less its mean of the session. As long as these are too few, the symbol is
/// left out without which there are most. None of fewer than two.
pub fn bar_correlations<'s>(
    returns: &BarReturns,
    symbols: impl IntoIterator<Item = &'s str>,
) -> Option<SymbolCorrelations> {
    // A price that stands still is that of nobody who trades.
    let moved = |day: &&Vec<Option<f64>>| day.iter().flatten().any(|part| *part != 0.0);
    let has_enough = |symbol: &&str| {
        let of = returns.0.get(*symbol);
        of.is_some_and(|of| of.values().rev().take(SESSIONS).filter(moved).count() >= NEEDED_SESSIONS)
    };
    let named: BTreeSet<&str> = symbols.into_iter().filter(has_enough).collect();
    let mut symbols: Vec<&str> = named.into_iter().collect();
    while symbols.len() >= 2 {
        let (rows, sessions) = returns.in_common(&symbols);
        let is_enough = sessions >= NEEDED_SESSIONS;
        if is_enough && let Some((between, drawn)) = drawn_correlations(&rows) {
            let symbols = symbols.into_iter().map(str::to_owned).collect();
            let of = WhatGoesTogether::Prices { returns: rows.len() };
            return Some(SymbolCorrelations { symbols, between, drawn, sessions, of });
        }
        // One that stood still in what all have takes the correlations of all others away.
        let stands_still = |at: &usize| is_enough && rows.iter().all(|row| row[*at] == 0.0);
        let without = |at: &usize| {
            let mut others = symbols.clone();
            others.remove(*at);
            let (rows, sessions) = returns.in_common(&others);
            (sessions, rows.len())
        };
        let all = 0..symbols.len();
        let worst = all.clone().find(stands_still).or_else(|| all.max_by_key(without))?;
        symbols.remove(worst);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session of 26 quarter hours whose returns are a wave of this length.
    fn wave(length: usize) -> Vec<Option<f64>> {
        (0..26).map(|part| Some(if part % length < length / 2 { 0.01 } else { -0.01 })).collect()
    }

    fn known(sessions: i32) -> BarReturns {
        let mut returns = BarReturns::default();
        for day in 0..sessions {
            returns.push("A", day, wave(2));
            returns.push("B", day, wave(2));
            returns.push("C", day, wave(4));
        }
        returns
    }

    #[test]
    fn what_moves_together_is_together_and_too_little_is_nothing() {
        let found = bar_correlations(&known(30), ["B", "A", "A", "C", "D"]).unwrap();
        assert_eq!(found.symbols, ["A", "B", "C"]);
        assert_eq!((found.sessions, found.returns()), (30, Some(780)));
        let of = |a: &str, b: &str| found.of_pair(a, b).unwrap();
        assert!(of("A", "B") > 0.99 && of("A", "C").abs() < 0.05, "{found:?}");
        assert_eq!((found.of_pair("A", "D"), of("C", "C")), (None, 1.0));
        assert_eq!(bar_correlations(&known(19), ["A", "B"]), None);
        assert_eq!(bar_correlations(&known(30), ["A"]), None);
        assert_eq!(bar_correlations(&known(90), ["A", "B"]).unwrap().sessions, 60);
    }

    #[test]
    fn one_symbol_without_bars_does_not_take_the_others_with_it() {
        let mut returns = known(30);
        // Of other days, and one that never moves.
        (100..130).for_each(|day| returns.push("D", day, wave(2)));
        (0..30).for_each(|day| returns.push("E", day, vec![Some(0.0); 26]));
        (0..30).for_each(|day| returns.push("F", day, vec![Some(0.01), Some(-0.01), None, Some(0.01)]));
        // One that moved once, and not in the sessions that all have.
        (-30..0).for_each(|day| returns.push("G", day, wave(2)));
        (0..30).for_each(|day| returns.push("G", day, vec![Some(0.0); 26]));
        for beside in ["D", "E", "G"] {
            let found = bar_correlations(&returns, ["A", "B", "C", beside]).unwrap();
            assert_eq!(found.symbols, ["A", "B", "C"]);
        }
        let some = bar_correlations(&returns, ["A", "C", "F"]).unwrap();
        assert_eq!((some.symbols.len(), some.returns()), (3, Some(90)));
    }
}
