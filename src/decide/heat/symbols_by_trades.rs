//! How symbols go together by the own trades in them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::correlation::{Correlations, drawn_to};
use super::overlaps::{Scale, each_overlap};
use super::own_trades::{NameId, Names, PairTrade};
use super::symbol_correlations::{SymbolCorrelations, WhatGoesTogether};
use crate::stats::Symmetric;

/// Below so many pairs among all of some symbols what would be shown is what is assumed.
const NEEDED_PAIRS: u64 = 50;

/// How own trades in some symbols that were open at the same time went together, each two symbols by the pairs of their own
/// beside what all pairs say of a sector and of the rest (`known`); none of fewer than two symbols, or of too few pairs.
pub(super) fn overlap_correlations<'s>(
    (trades, names): (&[impl AsRef<PairTrade>], &Names),
    known: &Correlations,
    symbols: impl Iterator<Item = &'s str>,
) -> Option<SymbolCorrelations> {
    let symbols: Vec<String> = symbols.map(str::to_owned).collect();
    let scale = Scale::of(trades);
    let mut sums: BTreeMap<(usize, usize), (f64, f64)> = BTreeMap::new();
    let mut days: BTreeSet<i32> = BTreeSet::new();
    let place = |name: &str| symbols.iter().position(|symbol| symbol == name);
    let places: Vec<Option<usize>> = names.all().map(place).collect();
    each_overlap(trades, |pair| {
        let place = |trade: &PairTrade| places[trade.symbol.place()];
        let Some((a, b)) = place(pair.one).zip(place(pair.other)) else { return };
        let sum = sums.entry((a.min(b), a.max(b))).or_default();
        (sum.0, sum.1) = (sum.0 + scale.product(pair.one, pair.other), sum.1 + 1.0);
        days.insert(pair.one.day);
    });
    let pairs = sums.values().map(|(_, pairs)| *pairs).sum::<f64>() as u64;
    // Results that never vary have no correlation.
    if pairs < NEEDED_PAIRS || !(scale.variance > 0.0 && scale.variance.is_finite()) {
        return None;
    }
    let each = trades.iter().map(AsRef::as_ref);
    let sectors: HashMap<NameId, NameId> =
        each.filter_map(|pair| Some((pair.symbol, pair.sector?))).collect();
    let sectors: BTreeMap<&str, &str> =
        sectors.into_iter().map(|(symbol, sector)| (names.of(symbol), names.of(sector))).collect();
    let part = |at: usize| (symbols[at].as_str(), sectors.get(symbols[at].as_str()).copied());
    let mut beside = (0.0, 0.0);
    let between = Symmetric::from_fn(symbols.len(), |a, b| {
        if a == b {
            return 1.0;
        }
        let of_all = known.of_two(part(a), part(b)).0;
        let (products, pairs) = sums.get(&(a, b)).copied().unwrap_or_default();
        let own = if pairs > 0.0 { (products / pairs).clamp(-1.0, 1.0) } else { 0.0 };
        beside = (beside.0 + drawn_to(0.0, pairs, 1.0), beside.1 + 1.0);
        drawn_to(own, pairs, of_all)
    });
    let (of, drawn) = (WhatGoesTogether::Trades { pairs }, beside.0 / beside.1);
    Some(SymbolCorrelations { symbols, between: between.as_correlation(), drawn, sessions: days.len(), of })
}

#[cfg(test)]
mod tests {
    use super::super::correlation::correlations;
    use super::*;

    /// What so many sessions say of two symbols that make 1 R or lose it in turn, the one `sign` times what the other does.
    fn found(sessions: i32, sign: f64) -> Option<SymbolCorrelations> {
        let mut names = Names::default();
        let [a, b] = ["A", "B"].map(|name| names.id(name));
        let of_day = |day: i32| {
            let r = if day % 2 == 0 { 1.0 } else { -1.0 };
            [PairTrade::of_day(day, a, r), PairTrade::of_day(day, b, sign * r)]
        };
        let trades: Vec<PairTrade> = (0..sessions).flat_map(of_day).collect();
        overlap_correlations((&trades, &names), &correlations(&trades), ["A", "B"].into_iter())
    }

    #[test]
    fn fifty_pairs_of_two_symbols_count_half_beside_what_all_say() {
        // All fifty say 1: (50 + 50 · .3)/100 for any two, and (50 + 50 · .65)/100 for these.
        let alike = found(50, 1.0).unwrap();
        assert!((alike.between.at(0, 1) - 0.825).abs() < 1e-12 && alike.between.at(0, 0) == 1.0, "{alike:?}");
        assert_eq!((alike.drawn, alike.sessions), (0.5, 50));
        assert_eq!(alike.of, WhatGoesTogether::Trades { pairs: 50 });
        // And −1: (−50 + 15)/100, (−50 − 17.5)/100.
        let against = found(50, -1.0).unwrap();
        assert!((against.between.at(0, 1) + 0.675).abs() < 1e-12, "{against:?}");
        assert_eq!(found(49, 1.0), None);
    }

    #[test]
    fn results_that_never_vary_say_nothing() {
        let mut names = Names::default();
        let both = ["A", "B"].map(|name| names.id(name));
        let of_day = |day| both.map(|symbol| PairTrade::of_day(day, symbol, 1.0));
        let trades: Vec<PairTrade> = (0..60).flat_map(of_day).collect();
        let found = overlap_correlations((&trades, &names), &correlations(&trades), ["A", "B"].into_iter());
        assert_eq!(found, None);
    }
}
