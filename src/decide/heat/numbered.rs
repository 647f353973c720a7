//! Names of trades as numbers: what is told apart for every pair of trades is told apart at once.

use std::collections::HashMap;
use std::hash::Hash;

/// The number of a trade that has no name.
const UNNAMED: u32 = u32::MAX;

/// The names of trades, each with a number.
pub(super) struct Numbered<N> {
    /// By the place of the trade.
    of: Vec<u32>,
    /// By their numbers.
    pub names: Vec<N>,
}

impl<N: Copy + Eq + Hash> Numbered<N> {
    pub(super) fn of(names: impl Iterator<Item = Option<N>>) -> Self {
        let mut known: HashMap<N, u32> = HashMap::new();
        let mut list = Vec::new();
        let number = |name: Option<N>| {
            let Some(name) = name else { return UNNAMED };
            *known.entry(name).or_insert_with(|| {
                list.push(name);
                list.len() as u32 - 1
            })
        };
        let of = names.map(number).collect();
        Self { of, names: list }
    }

    /// The number of a trade's name, where it has one.
    pub(super) fn at(&self, place: usize) -> Option<usize> {
        self.of.get(place).filter(|number| **number != UNNAMED).map(|number| *number as usize)
    }

    /// Whether two trades have one name.
    pub(super) fn is_same(&self, one: usize, other: usize) -> bool {
        self.of[one] == self.of[other] && self.of[one] != UNNAMED
    }
}
