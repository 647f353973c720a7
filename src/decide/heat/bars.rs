//! How prices of symbols go together, by the quarter hours of their sessions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::symbol_correlations::{SymbolCorrelations, WhatGoesTogether};
use crate::stats::drawn_correlations;

/// Sessions that are looked at, the newest of each symbol.
const SESSIONS: usize = 60;

/// Below so many sessions in which all symbols have returns nothing is said.
const NEEDED_SESSIONS: usize = 20;

/// A return counts these: more digits than a price has say nothing.
const TICK: f64 = 1e7;

/// No return.
const NONE: i32 = i32::MIN;

/// Returns of quarter hours, by symbol and session; of a symbol its newest 60 sessions, in ten-millionths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BarReturns(BTreeMap<String, BTreeMap<i32, Vec<i32>>>);

impl BarReturns {
    /// Adds a session of a symbol, in days from the common era.
    pub fn push(&mut self, symbol: &str, day: i32, returns: Vec<Option<f64>>) {
        let tick = |step: f64| Some((step * TICK).round()).filter(|step| step.abs() < f64::from(i32::MAX));
        let ticks = returns.into_iter().map(|part| part.and_then(tick).map_or(NONE, |step| step as i32));
        let of = self.0.entry(symbol.to_owned()).or_default();
        of.insert(day, ticks.collect());
        if of.len() > SESSIONS {
            of.pop_first();
        }
    }

    /// Each symbol with its sessions in bytes that are read back by [`BarReturns::push_packed`].
    pub fn packed(&self) -> impl Iterator<Item = (&str, Vec<u8>)> {
        self.0.iter().map(|(symbol, days)| {
            let mut bytes = Vec::new();
            for (day, parts) in days {
                let parts = &parts[..parts.len().min(usize::from(u16::MAX))];
                bytes.extend(day.to_le_bytes());
                bytes.extend((parts.len() as u16).to_le_bytes());
                parts.iter().for_each(|part| bytes.extend(part.to_le_bytes()));
            }
            (symbol.as_str(), bytes)
        })
    }

    /// Adds the sessions of a symbol as they were packed; of other bytes, as many as can be read.
    pub fn push_packed(&mut self, symbol: &str, mut bytes: &[u8]) {
        let of = self.0.entry(symbol.to_owned()).or_default();
        while let Some((day, rest)) = bytes.split_first_chunk()
            && let Some((parts, rest)) = rest.split_first_chunk()
            && let Some((parts, rest)) = rest.split_at_checked(4 * usize::from(u16::from_le_bytes(*parts)))
        {
            let parts = parts.as_chunks().0.iter().map(|part| i32::from_le_bytes(*part)).collect();
            of.insert(i32::from_le_bytes(*day), parts);
            bytes = rest;
        }
    }
}

/// What a symbol has of a session: the place of the session, and its returns.
type OfSession<'r> = (usize, &'r [i32]);

/// Symbols of which some are left out until enough is common to the rest. How many have each quarter hour is kept up to date
/// as they leave, so that a step costs what there is and not as many times that as there are symbols.
struct Pool<'r> {
    symbols: Vec<(&'r str, Vec<OfSession<'r>>)>,
    is_in: Vec<bool>,
    /// How many are in, and the sum of their places.
    inside: (usize, usize),
    /// The first quarter hour of each session, and behind the last.
    firsts: Vec<usize>,
    /// Of each quarter hour: how many that are in have a return, and the sum of their places.
    having: Vec<(usize, usize)>,
}

impl<'r> Pool<'r> {
    fn of(returns: &'r BarReturns, names: &BTreeSet<&'r str>) -> Self {
        let found = |name: &&'r str| Some((*name, returns.0.get(*name)?));
        let found: Vec<_> = names.iter().filter_map(found).collect();
        let mut longest: BTreeMap<i32, usize> = BTreeMap::new();
        for (day, parts) in found.iter().flat_map(|(_, days)| days.iter()) {
            let known = longest.entry(*day).or_default();
            *known = parts.len().max(*known);
        }
        let places: BTreeMap<i32, usize> =
            longest.keys().enumerate().map(|(place, day)| (*day, place)).collect();
        let mut firsts = vec![0];
        firsts.extend(longest.values().scan(0, |end, parts| {
            *end += parts;
            Some(*end)
        }));
        let of = |(day, parts): (&i32, &'r Vec<i32>)| Some((*places.get(day)?, parts.as_slice()));
        let symbols: Vec<_> = found
            .into_iter()
            .map(|(name, days)| (name, days.iter().filter_map(of).collect::<Vec<_>>()))
            .collect();
        let count = symbols.len();
        let mut having = vec![(0, 0); firsts[firsts.len() - 1]];
        for (at, (_, sessions)) in symbols.iter().enumerate() {
            for cell in cells(sessions, &firsts) {
                having[cell] = (having[cell].0 + 1, having[cell].1 + at);
            }
        }
        let inside = (count, (0..count).sum());
        Self { symbols, is_in: vec![true; count], inside, firsts, having }
    }

    fn leave_out(&mut self, at: usize) {
        self.is_in[at] = false;
        self.inside = (self.inside.0 - 1, self.inside.1 - at);
        for cell in cells(&self.symbols[at].1, &self.firsts) {
            self.having[cell] = (self.having[cell].0 - 1, self.having[cell].1 - at);
        }
    }

    /// The sessions of which all that are in have two returns or more, each with the parts that these are of.
    fn common(&self) -> Vec<(usize, Vec<usize>)> {
        let parts = |place: usize| -> Vec<usize> {
            let of = self.having[self.firsts[place]..self.firsts[place + 1]].iter().enumerate();
            of.filter(|(_, having)| having.0 == self.inside.0).map(|(part, _)| part).collect()
        };
        (0..self.firsts.len() - 1)
            .map(|place| (place, parts(place)))
            .filter(|(_, parts)| parts.len() >= 2)
            .collect()
    }

    /// The one without which most sessions are common, of as many most returns; of equals that with the fewest of its own.
    fn worst(&self) -> Option<usize> {
        let counted = |rows: usize| if rows >= 2 { (1, rows) } else { (0, 0) };
        let mut without = vec![(0usize, 0usize); self.symbols.len()];
        let mut base = (0, 0);
        let mut gained = vec![0usize; self.symbols.len()];
        for place in 0..self.firsts.len() - 1 {
            let (mut rows, mut touched) = (0, Vec::new());
            for having in &self.having[self.firsts[place]..self.firsts[place + 1]] {
                if having.0 == self.inside.0 {
                    rows += 1;
                } else if having.0 + 1 == self.inside.0 {
                    let lacking = self.inside.1 - having.1;
                    if gained[lacking] == 0 {
                        touched.push(lacking);
                    }
                    gained[lacking] += 1;
                }
            }
            let all = counted(rows);
            base = (base.0 + all.0, base.1 + all.1);
            for at in touched {
                let more = counted(rows + std::mem::take(&mut gained[at]));
                without[at] = (without[at].0 + more.0 - all.0, without[at].1 + more.1 - all.1);
            }
        }
        let own = |at: usize| cells(&self.symbols[at].1, &self.firsts).count();
        let key = |at: &usize| {
            let (sessions, rows) = without[*at];
            (base.0 + sessions, base.1 + rows, Reverse(own(*at)))
        };
        self.inside().max_by_key(key)
    }

    /// The places of those that are in.
    fn inside(&self) -> impl Iterator<Item = usize> {
        (0..self.symbols.len()).filter(|at| self.is_in[*at])
    }

    /// What a symbol that is in has of the common parts, session by session.
    fn own<'p>(&'p self, at: usize, common: &'p [(usize, Vec<usize>)]) -> impl Iterator<Item = Vec<i32>> {
        let sessions = &self.symbols[at].1;
        common.iter().filter_map(|(place, parts)| {
            let found = sessions.binary_search_by_key(place, |(place, _)| *place).ok()?;
            Some(parts.iter().map(|part| sessions[found].1[*part]).collect())
        })
    }
}

/// The quarter hours that a symbol has returns of.
fn cells(sessions: &[OfSession<'_>], firsts: &[usize]) -> impl Iterator<Item = usize> {
    sessions.iter().flat_map(|(place, parts)| {
        let first = firsts[*place];
        parts.iter().enumerate().filter(|(_, part)| **part != NONE).map(move |(at, _)| first + at)
    })
}

/// The correlations of symbols, whose order and repetitions say nothing, by their returns of quarter hours within sessions:
/// those of the last 60 sessions of each that all have, each less its mean of the session. As long as these are too few, the
/// symbol is left out without which there are most. None of fewer than two.
pub fn bar_correlations<'s>(
    returns: &'s BarReturns,
    symbols: impl IntoIterator<Item = &'s str>,
) -> Option<SymbolCorrelations> {
    // A price that stands still is that of nobody who trades.
    let moved = |day: &&Vec<i32>| day.iter().any(|part| *part != 0 && *part != NONE);
    let has_enough = |symbol: &&str| {
        returns.0.get(*symbol).is_some_and(|of| of.values().filter(moved).count() >= NEEDED_SESSIONS)
    };
    let mut pool = Pool::of(returns, &symbols.into_iter().filter(has_enough).collect());
    while pool.inside.0 >= 2 {
        let common = pool.common();
        if common.len() < NEEDED_SESSIONS {
            pool.leave_out(pool.worst()?);
            continue;
        }
        // One that stood still in what all have takes the correlations of all others away.
        let is_still =
            |at: &usize| pool.own(*at, &common).all(|parts| parts.windows(2).all(|pair| pair[0] == pair[1]));
        let still = pool.inside().find(is_still);
        if let Some(still) = still {
            pool.leave_out(still);
            continue;
        }
        let (between, drawn) = drawn_correlations(&columns_of(&pool, &common))?;
        let symbols = pool.inside().map(|at| pool.symbols[at].0.to_owned()).collect();
        let returns = common.iter().map(|(_, parts)| parts.len()).sum();
        let of = WhatGoesTogether::Prices { returns };
        return Some(SymbolCorrelations { symbols, between, drawn, sessions: common.len(), of });
    }
    None
}

/// The returns that are common, a column a symbol, each less its mean of the session.
fn columns_of(pool: &Pool<'_>, common: &[(usize, Vec<usize>)]) -> Vec<Vec<f64>> {
    let column = |at: usize| {
        let less_its_mean = |parts: Vec<i32>| {
            let mean = parts.iter().map(|part| f64::from(*part)).sum::<f64>() / parts.len() as f64;
            parts.into_iter().map(move |part| (f64::from(part) - mean) / TICK)
        };
        pool.own(at, common).flat_map(less_its_mean).collect()
    };
    pool.inside().map(column).collect()
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

    /// As [`bar_correlations`] leaves symbols out, but with a count of everything for each that might be.
    fn plainly_left(returns: &BarReturns, names: &[&str]) -> Vec<String> {
        let mut left: Vec<&str> = names.to_vec();
        let common = |left: &[&str]| -> (usize, usize) {
            let days = returns.0[left[0]].keys();
            let rows = |day: &i32| {
                let of: Option<Vec<&Vec<i32>>> = left.iter().map(|name| returns.0[*name].get(day)).collect();
                let Some(of) = of else { return 0 };
                let has = |part: &usize| of.iter().all(|parts| parts.get(*part).is_some_and(|p| *p != NONE));
                (0..26).filter(has).count()
            };
            let counts: Vec<usize> = days.map(rows).filter(|rows| *rows >= 2).collect();
            (counts.len(), counts.iter().sum())
        };
        while left.len() >= 2 && common(&left).0 < NEEDED_SESSIONS {
            let own = |name: &str| -> usize {
                returns.0[name].values().flatten().filter(|part| **part != NONE).count()
            };
            let without = |at: &usize| {
                let mut others = left.clone();
                let name = others.remove(*at);
                let (sessions, rows) = common(&others);
                (sessions, rows, Reverse(own(name)))
            };
            let worst = (0..left.len()).max_by_key(without).unwrap();
            left.remove(worst);
        }
        left.into_iter().map(str::to_owned).collect()
    }

    proptest::proptest! {
        #[test]
        fn who_is_left_out_is_as_a_plain_count_says(seed in 0u64..1_000, gaps in 1usize..9) {
            let mut rng = crate::learn::Rng::new(seed, 3);
            let names: Vec<String> = (0..6).map(|n| format!("S{n}")).collect();
            let mut returns = BarReturns::default();
            for (at, name) in names.iter().enumerate() {
                for day in 0..32 {
                    // Some rarely have a session, some rarely a quarter hour.
                    if rng.below(10) < gaps * usize::from(at % 2 == 0) {
                        continue;
                    }
                    let part = |_| (rng.below(10) >= gaps / 2).then(|| rng.below(100) as f64 / 1e4);
                    returns.push(name, day, (0..6).map(part).collect());
                }
            }
            let named: Vec<&str> = names.iter().map(String::as_str)
                .filter(|name| returns.0.get(*name).is_some_and(|days| days.len() >= NEEDED_SESSIONS)).collect();
            let found = bar_correlations(&returns, names.iter().map(String::as_str));
            let plain = if named.is_empty() { Vec::new() } else { plainly_left(&returns, &named) };
            match found {
                Some(found) => proptest::prop_assert_eq!(found.symbols, plain),
                None => proptest::prop_assert!(plain.len() < 2, "{:?}", plain),
            }
        }
    }

    #[test]
    fn bytes_bring_back_what_was_packed() {
        let returns = known(70);
        let mut back = BarReturns::default();
        returns.packed().for_each(|(symbol, bytes)| back.push_packed(symbol, &bytes));
        assert_eq!(back, returns);
        let (symbol, bytes) = returns.packed().next().unwrap();
        let mut cut = BarReturns::default();
        cut.push_packed(symbol, &bytes[..bytes.len() - 1]);
        assert_eq!(cut.0[symbol].len(), SESSIONS - 1);
    }
}
