//! Rows as bits, each session in words of its own, so that a pattern is counted by session in a few machine
//! instructions.

use std::ops::Range;

use crate::learn::dataset::Example;

/// Bits in a word.
const WORD: usize = 64;

/// A set of rows.
pub(super) type Bits = Vec<u64>;

/// A session's share of the words.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub words: Range<usize>,
    /// Its rows, and those that won.
    pub all: u32,
    pub won: u32,
}

/// The rows of one mining, with their outcomes.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub sessions: Vec<Session>,
    /// Rows that are there: the last word of a session may be part empty.
    pub all: Bits,
    /// Rows whose result after costs was above zero.
    pub won: Bits,
    /// Result after costs, by the place of the bit.
    pub net: Vec<f64>,
    /// The place of each row's bit.
    pub places: Vec<usize>,
}

impl Rows {
    /// Rows in order of their sessions.
    pub(super) fn of(examples: &[&Example]) -> Self {
        let mut rows = Self::default();
        let mut next = 0usize;
        for (at, example) in examples.iter().enumerate() {
            if at > 0 && examples[at - 1].session != example.session {
                next = next.div_ceil(WORD) * WORD;
            }
            if at == 0 || examples[at - 1].session != example.session {
                rows.sessions.push(Session { words: next / WORD..next / WORD, all: 0, won: 0 });
            }
            rows.places.push(next);
            next += 1;
            if let Some(session) = rows.sessions.last_mut() {
                session.words.end = next.div_ceil(WORD);
            }
        }
        let words = next.div_ceil(WORD);
        (rows.all, rows.won, rows.net) = (vec![0; words], vec![0; words], vec![0.0; words * WORD]);
        for (example, place) in examples.iter().zip(&rows.places) {
            let bit = 1u64 << (place % WORD);
            rows.all[place / WORD] |= bit;
            if example.net_frac > 0.0 {
                rows.won[place / WORD] |= bit;
            }
            rows.net[*place] = example.net_frac;
        }
        for session in &mut rows.sessions {
            let of = |bits: &[u64]| bits.iter().map(|word| word.count_ones()).sum();
            (session.all, session.won) =
                (of(&rows.all[session.words.clone()]), of(&rows.won[session.words.clone()]));
        }
        rows
    }

    /// The set of rows of which `holds` is true, by their number.
    pub(super) fn bits(&self, holds: impl Fn(usize) -> bool) -> Bits {
        let mut bits = vec![0; self.all.len()];
        for (row, place) in self.places.iter().enumerate() {
            // Without a jump: whether it holds of the next row is anybody's guess.
            bits[place / WORD] |= u64::from(holds(row)) << (place % WORD);
        }
        bits
    }

    /// Puts a row into a set, by its number.
    pub(super) fn put(&self, bits: &mut Bits, row: usize) {
        let place = self.places[row];
        bits[place / WORD] |= 1 << (place % WORD);
    }

    /// The values of rows by the places of their bits; NaN where there is no row.
    pub(super) fn by_place(&self, values: &[f64]) -> Vec<f64> {
        let mut by_place = vec![f64::NAN; self.net.len()];
        for (place, value) in self.places.iter().zip(values) {
            by_place[*place] = *value;
        }
        by_place
    }

    /// Each session's sum of results and number of rows within a set.
    pub(super) fn results<'a>(&'a self, bits: &'a Bits) -> impl Iterator<Item = (f64, f64)> + 'a {
        self.sessions.iter().map(|session| {
            let (mut sum, mut count) = (0.0, 0.0);
            for word in session.words.clone() {
                let mut left = bits[word];
                while left != 0 {
                    sum += self.net[word * WORD + left.trailing_zeros() as usize];
                    count += 1.0;
                    left &= left - 1;
                }
            }
            (sum, count)
        })
    }
}

/// The set of rows of whose values, by the places of their bits, `holds` is true; of NaN it may not be.
pub(super) fn bits_of(by_place: &[f64], holds: impl Fn(f64) -> bool) -> Bits {
    let word = |values: &[f64; WORD]| {
        values.iter().enumerate().fold(0, |word, (at, value)| word | u64::from(holds(*value)) << at)
    };
    by_place.as_chunks().0.iter().map(word).collect()
}

/// Every row of a word, with its place and its bit.
pub(super) fn each(mut rows: u64, word: usize, mut of: impl FnMut(usize, u64)) {
    while rows != 0 {
        let place = rows.trailing_zeros() as usize;
        of(word * WORD + place, 1u64 << place);
        rows &= rows - 1;
    }
}

/// How many rows are in a set.
pub(super) fn count(bits: &[u64]) -> u64 {
    bits.iter().map(|word| u64::from(word.count_ones())).sum()
}

/// Words that are added beside each other.
const LANES: usize = 4;

type Lanes = [u64; LANES];

/// Of three bits the carry and the sum, of every place.
fn added(a: Lanes, b: Lanes, c: Lanes) -> (Lanes, Lanes) {
    let either: Lanes = std::array::from_fn(|lane| a[lane] ^ b[lane]);
    let carry = std::array::from_fn(|lane| (a[lane] & b[lane]) | (either[lane] & c[lane]));
    (carry, std::array::from_fn(|lane| either[lane] ^ c[lane]))
}

/// How many rows are in both sets. Words are added bit by bit before they are counted (Harley and Seal's method: Warren 2013,
/// *Hacker's Delight*, 2nd edition, figure 5-8): counting the bits of a word costs several times as much as adding it.
pub(super) fn common(a: &[u64], b: &[u64]) -> u64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<{ 8 * LANES }>(), b.as_chunks::<{ 8 * LANES }>());
    let (mut ones, mut twos, mut fours) = (Lanes::default(), Lanes::default(), Lanes::default());
    let mut eights = 0;
    for (a, b) in a.iter().zip(b) {
        let at = |row: usize| -> Lanes {
            std::array::from_fn(|lane| a[row * LANES + lane] & b[row * LANES + lane])
        };
        let (two_a, one) = added(ones, at(0), at(1));
        let (two_b, one) = added(one, at(2), at(3));
        let (four_a, two) = added(twos, two_a, two_b);
        let (two_a, one) = added(one, at(4), at(5));
        let (two_b, one) = added(one, at(6), at(7));
        let (four_b, two) = added(two, two_a, two_b);
        let (eight, four) = added(fours, four_a, four_b);
        (ones, twos, fours) = (one, two, four);
        eights += count(&eight);
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| u64::from((a & b).count_ones()));
    8 * eights + 4 * count(&fours) + 2 * count(&twos) + count(&ones) + rest.sum::<u64>()
}

/// The rows that are in both sets.
pub(super) fn both(a: &[u64], b: &[u64]) -> Bits {
    a.iter().zip(b).map(|(a, b)| a & b).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn common_rows_are_those_of_a_plain_count(words in proptest::collection::vec((any::<u64>(), any::<u64>()), 0..150)) {
            let (a, b): (Bits, Bits) = words.into_iter().unzip();
            prop_assert_eq!(common(&a, &b), count(&both(&a, &b)));
        }
    }
}
