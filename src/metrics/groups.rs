//! The tallies of a grouping, found by their keys' hashes and told in the order of the keys.

use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use serde::{Deserialize, Serialize};

use super::group::{GROUP_KEYS_MAX, OTHER};
use super::group_totals::{GroupTotals, Terms};

/// Hashes a short text in a few instructions.
#[derive(Clone, Copy, Debug, Default)]
struct ShortHash(u64);

impl Hasher for ShortHash {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxhash_rust::xxh3::xxh3_64_with_seed(bytes, self.0);
    }

    /// Texts end with a byte that no text holds. Only whole texts are hashed, which need no such end.
    fn write_u8(&mut self, _end: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A tally for each key, at most [`GROUP_KEYS_MAX`] and one for all others.
///
/// Of too many keys those with the smallest hashes are kept apart: which these are does not depend on the order in
/// which keys come, so that sums of parts are the sums of the whole.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(Box<str>, GroupTotals)>", into = "Vec<(Box<str>, GroupTotals)>")]
pub(super) struct Groups {
    places: HashMap<Box<str>, usize, BuildHasherDefault<ShortHash>>,
    /// In the order in which their keys came.
    tallies: Vec<(Box<str>, GroupTotals)>,
    met: Met,
    /// The keys by their hashes, once there are as many as are kept apart.
    by_hash: BinaryHeap<(u64, Box<str>)>,
}

/// Places where keys were found, by their length and two of their bytes: for the few keys that most groupings
/// have, this costs less than finding them by hash. A guess, which the key at the place confirms.
#[derive(Clone, Debug)]
struct Met([u32; MET]);

const MET: usize = 64;

impl Default for Met {
    fn default() -> Self {
        Self([0; MET])
    }
}

impl Met {
    fn slot(key: &str) -> usize {
        let bytes = key.as_bytes();
        let byte = |at: usize| bytes.get(at).map_or(0, |byte| usize::from(*byte));
        let last = bytes.len().wrapping_sub(1);
        (byte(last) + 10 * byte(last.wrapping_sub(1)) + 3 * bytes.len()) % MET
    }
}

impl From<Groups> for Vec<(Box<str>, GroupTotals)> {
    fn from(groups: Groups) -> Self {
        groups.sorted().into_iter().map(|(key, tally)| (key.into(), *tally)).collect()
    }
}

impl From<Vec<(Box<str>, GroupTotals)>> for Groups {
    fn from(sorted: Vec<(Box<str>, GroupTotals)>) -> Self {
        if sorted.len() > GROUP_KEYS_MAX {
            let mut groups = Self::default();
            sorted.iter().for_each(|(key, tally)| groups.tally(key).merge(tally));
            return groups;
        }
        let places = sorted.iter().enumerate().map(|(place, (key, _))| (key.clone(), place)).collect();
        Self { places, tallies: sorted, met: Met::default(), by_hash: BinaryHeap::new() }
    }
}

impl PartialEq for Groups {
    /// The order in which keys came does not matter.
    fn eq(&self, other: &Self) -> bool {
        self.sorted() == other.sorted()
    }
}

impl Eq for Groups {}

impl Groups {
    pub(super) fn add(&mut self, key: &str, terms: &Terms) {
        self.tally(key).add(terms);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (key, tally) in other.sorted() {
            self.merge_into(key, tally);
        }
    }

    /// Adds the sums of trades of one key.
    pub(super) fn merge_into(&mut self, key: &str, sums: &GroupTotals) {
        self.tally(key).merge(sums);
    }

    /// The tally of a key, or of [`OTHER`] once there are too many keys.
    fn tally(&mut self, key: &str) -> &mut GroupTotals {
        let slot = Met::slot(key);
        let met = self.met.0[slot] as usize;
        let place = match self.tallies.get(met) {
            Some((known, _)) if **known == *key => met,
            _ => {
                let place = self.place(key);
                self.met.0[slot] = place as u32;
                place
            }
        };
        &mut self.tallies[place].1
    }

    /// The place of a key that was not met just before.
    fn place(&mut self, key: &str) -> usize {
        if let Some(place) = self.places.get(key) {
            return *place;
        }
        let apart = self.places.len() - usize::from(self.places.contains_key(OTHER));
        if apart < GROUP_KEYS_MAX || key == OTHER {
            return self.new_place(key);
        }
        if self.by_hash.is_empty() {
            let keys = self.places.keys().filter(|key| &***key != OTHER);
            self.by_hash = keys.map(|key| (hash_of(key), key.clone())).collect();
        }
        let hash = hash_of(key);
        if self.by_hash.peek().is_none_or(|(largest, _)| *largest <= hash) {
            return self.place(OTHER);
        }
        // It takes the place of the key with the largest hash, whose sums go to the others.
        let Some((_, gone)) = self.by_hash.pop() else { return self.place(OTHER) };
        let Some(place) = self.places.remove(&gone) else { return self.place(OTHER) };
        let (_, sums) = std::mem::replace(&mut self.tallies[place], (key.into(), GroupTotals::default()));
        self.places.insert(key.into(), place);
        self.by_hash.push((hash, key.into()));
        let others = self.place(OTHER);
        self.tallies[others].1.merge(&sums);
        place
    }

    fn new_place(&mut self, key: &str) -> usize {
        let place = self.tallies.len();
        self.tallies.push((key.into(), GroupTotals::default()));
        self.places.insert(key.into(), place);
        place
    }

    /// The keys with the most trades, in the order of keys, and all others together.
    pub(super) fn largest(&self, most: usize) -> Vec<(&str, GroupTotals)> {
        let mut all = self.sorted();
        if all.len() <= most {
            return all.into_iter().map(|(key, tally)| (key, *tally)).collect();
        }
        all.sort_by_key(|(key, tally)| (*key == OTHER, std::cmp::Reverse(tally.counts.total())));
        let mut others = GroupTotals::default();
        all[most..].iter().for_each(|(_, tally)| others.merge(tally));
        let mut told: Vec<_> = all[..most].iter().map(|(key, tally)| (*key, **tally)).collect();
        told.push((OTHER, others));
        told.sort_unstable_by_key(|(key, _)| *key);
        told
    }

    /// The keys and their tallies, in the order of keys.
    pub(super) fn sorted(&self) -> Vec<(&str, &GroupTotals)> {
        let mut sorted: Vec<_> = self.tallies.iter().map(|(key, tally)| (&**key, tally)).collect();
        sorted.sort_unstable_by_key(|(key, _)| *key);
        sorted
    }
}

fn hash_of(key: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(key.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::metrics::ExactSum;

    fn one(pnl: f64) -> GroupTotals {
        GroupTotals { won: ExactSum::of(pnl), confident: 1, ..GroupTotals::default() }
    }

    proptest! {
        #[test]
        fn are_the_sums_of_a_sorted_map(keys in proptest::collection::vec("[a-c]{0,2}", 0..60)) {
            let mut groups = Groups::default();
            let mut plain: BTreeMap<String, GroupTotals> = BTreeMap::new();
            for (at, key) in keys.iter().enumerate() {
                groups.tally(key).merge(&one(at as f64));
                plain.entry(key.clone()).or_default().merge(&one(at as f64));
            }
            let plain: Vec<(&str, &GroupTotals)> = plain.iter().map(|(key, tally)| (&**key, tally)).collect();
            prop_assert_eq!(groups.sorted(), plain);
            let kept: Vec<(Box<str>, GroupTotals)> = groups.clone().into();
            prop_assert_eq!(Groups::from(kept), groups);
        }
    }

    #[test]
    fn too_many_keys_share_a_tally_and_the_order_in_which_they_come_does_not_matter() {
        let keys: Vec<String> = (0..GROUP_KEYS_MAX + 700).map(|key| key.to_string()).collect();
        let of = |keys: &[&String]| {
            let mut groups = Groups::default();
            keys.iter().for_each(|key| groups.tally(key).merge(&one(1.0)));
            groups
        };
        let forward: Vec<&String> = keys.iter().collect();
        let backward: Vec<&String> = keys.iter().rev().collect();
        let mut groups = of(&forward);
        assert_eq!(groups.sorted().len(), GROUP_KEYS_MAX + 1);
        assert_eq!(groups.tally(OTHER).confident, 700);
        assert!(groups == of(&backward));
        let (front, back) = forward.split_at(GROUP_KEYS_MAX - 300);
        let mut parts = of(back);
        parts.merge(&of(front));
        assert!(groups == parts);
        let kept: Vec<(Box<str>, GroupTotals)> = groups.clone().into();
        assert!(Groups::from(kept) == groups);
    }

    #[test]
    fn those_with_the_most_trades_are_told() {
        let mut groups = Groups::default();
        let trades = |count| GroupTotals {
            counts: crate::metrics::counts::Counts { wins: count, ..Default::default() },
            ..GroupTotals::default()
        };
        for (key, count) in [("a", 1), ("b", 5), ("c", 3), (OTHER, 9), ("d", 2)] {
            groups.tally(key).merge(&trades(count));
        }
        let told: Vec<(&str, u64)> =
            groups.largest(2).iter().map(|(key, tally)| (*key, tally.counts.total())).collect();
        assert_eq!(told, [("b", 5), ("c", 3), (OTHER, 12)]);
        assert_eq!(groups.largest(5).len(), 5);
    }
}
