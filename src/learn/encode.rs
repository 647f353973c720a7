//! Words with many values as numbers: how a symbol, or any other word, did so far.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::learn::scores::logit;

/// How many rows at the base rate each word is given beside its own (Micci-Barreca 2001, *SIGKDD Explorations* 3(1)).
const PRIOR_ROWS: f64 = 40.0;

/// The most words of an encoding; the others count as unseen.
pub(super) const ENCODED_MAX: usize = 20_000;

/// The log-odds of each word against the base rate: of (wins + 40 × base) / (n + 40).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Encoding(BTreeMap<String, f64>);

impl Encoding {
    /// What a word counts as; 0 for one that was not seen.
    pub fn value(&self, word: &str) -> f64 {
        self.0.get(word).copied().unwrap_or(0.0)
    }

    /// Whether a word was seen.
    pub fn knows(&self, word: &str) -> bool {
        self.0.contains_key(word)
    }

    /// How many words it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every number, read from outside, is finite.
    pub(super) fn is_sound(&self) -> bool {
        self.0.len() <= ENCODED_MAX && self.0.values().all(|value| value.is_finite())
    }
}

/// Wins and rows by word.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    words: BTreeMap<u16, (f64, f64)>,
    wins: f64,
    rows: f64,
}

impl Counts {
    pub(super) fn add(&mut self, word: u16, won: bool) {
        let won = f64::from(u8::from(won));
        let own = self.words.entry(word).or_default();
        *own = (own.0 + won, own.1 + 1.0);
        self.wins += won;
        self.rows += 1.0;
    }

    /// What a word counts as after the rows so far.
    pub(super) fn value(&self, word: u16) -> f64 {
        let Some((wins, rows)) = self.words.get(&word) else { return 0.0 };
        let base = (self.wins + 0.5) / (self.rows + 1.0);
        logit((wins + PRIOR_ROWS * base) / (rows + PRIOR_ROWS)) - logit(base)
    }

    /// The words with most rows, and what they count as.
    pub(super) fn encoding(&self, name: impl Fn(u16) -> String) -> Encoding {
        let mut frequent: Vec<(u16, f64)> = self.words.iter().map(|(word, own)| (*word, own.1)).collect();
        frequent.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        frequent.truncate(ENCODED_MAX);
        Encoding(frequent.into_iter().map(|(word, _)| (name(word), self.value(word))).collect())
    }

    pub(super) fn words(&self) -> usize {
        self.words.len()
    }

    pub(super) fn rows(&self) -> f64 {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_as_its_shrunken_log_odds() {
        let mut counts = Counts::default();
        for row in 0..199 {
            counts.add(u16::from(row % 5 == 0), row % 2 == 0);
        }
        // 100 of 199 won: with half a row of either, one half.
        assert!((counts.value(7), counts.value(0).abs() < 0.05) == (0.0, true));
        (0..40).for_each(|_| counts.add(3, true));
        let base: f64 = 140.5 / 240.0;
        let own = (40.0 + 40.0 * base) / 80.0;
        assert!((counts.value(3) - (own / (1.0 - own)).ln() + (base / (1.0 - base)).ln()).abs() < 1e-12);
        let encoding = counts.encoding(|word| format!("w{word}"));
        assert_eq!((encoding.value("w3"), encoding.value("new"), encoding.len()), (counts.value(3), 0.0, 3));
    }
}
