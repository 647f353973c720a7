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

/// How many rows are in a set.
pub(super) fn count(bits: &[u64]) -> u64 {
    bits.iter().map(|word| u64::from(word.count_ones())).sum()
}

/// How many rows are in both sets.
pub(super) fn common(a: &[u64], b: &[u64]) -> u64 {
    a.iter().zip(b).map(|(a, b)| u64::from((a & b).count_ones())).sum()
}

/// The rows that are in both sets.
pub(super) fn both(a: &[u64], b: &[u64]) -> Bits {
    a.iter().zip(b).map(|(a, b)| a & b).collect()
}
