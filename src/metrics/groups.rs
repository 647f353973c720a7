//! The tallies of a grouping, found by their keys' hashes and told in the order of the keys.

use std::collections::HashMap;
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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<(Box<str>, GroupTotals)>", into = "Vec<(Box<str>, GroupTotals)>")]
pub(super) struct Groups {
    places: HashMap<Box<str>, usize, BuildHasherDefault<ShortHash>>,
    /// In the order in which their keys came.
    tallies: Vec<(Box<str>, GroupTotals)>,
    met: Met,
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
        let places = sorted.iter().enumerate().map(|(place, (key, _))| (key.clone(), place)).collect();
        Self { places, tallies: sorted, met: Met::default() }
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
        // In the order of keys, so that it does not depend on a hash which of too many keys are kept apart.
        for (key, tally) in other.sorted() {
            self.tally(key).merge(tally);
        }
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
        let key = if self.places.len() < GROUP_KEYS_MAX { key } else { OTHER };
        let next = self.tallies.len();
        let place = *self.places.entry(key.into()).or_insert(next);
        if place == next {
            self.tallies.push((key.into(), GroupTotals::default()));
        }
        place
    }

    /// The keys and their tallies, in the order of keys.
    pub(super) fn sorted(&self) -> Vec<(&str, &GroupTotals)> {
        let mut sorted: Vec<_> = self.tallies.iter().map(|(key, tally)| (&**key, tally)).collect();
        sorted.sort_unstable_by_key(|(key, _)| *key);
        sorted
    }
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
    fn too_many_keys_share_a_tally() {
        let mut groups = Groups::default();
        for key in 0..GROUP_KEYS_MAX + 7 {
            groups.tally(&key.to_string()).merge(&one(1.0));
        }
        assert_eq!(groups.sorted().len(), GROUP_KEYS_MAX + 1);
        assert_eq!(groups.tally(OTHER).confident, 7);
    }
}
