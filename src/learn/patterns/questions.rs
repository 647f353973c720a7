//! Questions that are asked before any search, whatever the data look like, and always answered: setup by time of day
//! and by regime, side by regime, confidence, and the regime itself.

use std::collections::BTreeSet;

use super::conditions::{Condition, word_of};
use super::contrast::Contrast;
use super::pattern::{FALSE_SHARE, LEAST_ROWS, LEAST_SESSIONS, Pattern, Word, pattern_of};
use super::rows::{Bits, Rows, both, common, count};
use crate::learn::dataset::{Dataset, Example};
use crate::stats::{Clustered, benjamini_hochberg, two_sided};

/// The pairs of keys that are asked about, and the keys alone.
const ASKED: &[&[&str]] =
    &[&["setup", "part of session"], &["setup", "regime"], &["side", "regime"], &["confidence"], &["regime"]];

/// A question of which fewer rows are than this is not asked: there is no interval to answer it with.
const LEAST_ASKED: u64 = 10;

/// Words of a key that are asked about at most, the most frequent ones.
const WORDS_ASKED: usize = 12;

/// The conditions of a key, one for each of its most frequent words.
fn conditions(dataset: &Dataset, examples: &[&Example], key: &str) -> Vec<Condition> {
    let mut counted: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for word in examples.iter().filter_map(|example| word_of(dataset, example, key)) {
        *counted.entry(word).or_default() += 1;
    }
    let mut words: Vec<(String, usize)> = counted.into_iter().collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let condition = |(word, _): (String, usize)| Condition::Is { key: key.to_owned(), word };
    words.into_iter().take(WORDS_ASKED).map(condition).collect()
}

/// Every question as its conditions.
fn questions(dataset: &Dataset, examples: &[&Example]) -> Vec<Vec<Condition>> {
    let mut asked: Vec<Vec<Condition>> = Vec::new();
    for keys in ASKED {
        let mut rows: Vec<Vec<Condition>> = vec![Vec::new()];
        for key in *keys {
            let words = conditions(dataset, examples, key);
            let with = |row: &Vec<Condition>| {
                let row = row.clone();
                words.iter().map(move |word| [row.clone(), vec![word.clone()]].concat()).collect::<Vec<_>>()
            };
            rows = rows.iter().flat_map(with).collect();
        }
        asked.extend(rows);
    }
    asked
}

/// What holds of all of a session or of none of it cannot be compared with the rest of its session: the sessions are
/// compared with each other, each with its share of wins.
pub(super) fn between_sessions(rows: &Rows, set: &Bits) -> Contrast {
    let cells: Vec<[f64; 4]> = rows
        .sessions
        .iter()
        .map(|session| {
            let range = session.words.clone();
            let (all, won, set) = (&rows.all[range.clone()], &rows.won[range.clone()], &set[range]);
            let (n, wins) = (count(set), common(set, won));
            [wins, n, count(&both(all, won)) - wins, count(all) - n].map(|count| count as f64)
        })
        .collect();
    let sessions = cells.iter().filter(|cell| cell[1] > 0.0).count() as u64;
    Clustered::contrast(&cells).map_or(Contrast { sessions, ..Contrast::default() }, |found| Contrast {
        lift: found.value,
        error: found.variance.sqrt(),
        sessions: found.days,
    })
}

/// Asks every question of rows in the order of time. All that have an interval come back, the clearest first; a word is
/// given to what passes Benjamini and Hochberg's procedure among all of them, so that on noise any has one in at most
/// [`FALSE_SHARE`] of all reports.
pub fn ask_questions(dataset: &Dataset, examples: &[&Example]) -> Vec<Pattern> {
    let rows = Rows::of(examples);
    let all = count(&rows.all);
    let mut answers: Vec<Pattern> = Vec::new();
    for conditions in questions(dataset, examples) {
        let bits =
            rows.bits(|row| conditions.iter().all(|condition| condition.holds(dataset, examples[row])));
        let n = count(&bits);
        if n < LEAST_ASKED || n == all {
            continue;
        }
        let within = Contrast::of(&rows, &bits, None);
        let mixed = within.sessions >= LEAST_SESSIONS && within.error > 0.0;
        let contrast = if mixed { within } else { between_sessions(&rows, &bits) };
        if contrast.error <= 0.0 || contrast.error.is_nan() {
            continue;
        }
        let freedom = contrast.sessions as f64 - 1.0;
        let enough = n >= LEAST_ROWS && contrast.sessions >= LEAST_SESSIONS;
        let p = if enough { two_sided(contrast.t(), freedom) } else { 1.0 };
        let word = if enough { Word::Unclear } else { Word::TooFew };
        let mut answer = pattern_of((contrast, p), word, &bits, &rows, 0.0, conditions);
        answer.between_sessions = !mixed;
        answers.push(answer);
    }
    let p: Vec<f64> = answers.iter().map(|answer| answer.p).collect();
    let named: BTreeSet<usize> = benjamini_hochberg(&p, FALSE_SHARE).into_iter().collect();
    for (_, answer) in answers.iter_mut().enumerate().filter(|(at, _)| named.contains(at)) {
        answer.word = if answer.lift > 0.0 { Word::Edge } else { Word::Drag };
    }
    let key = |answer: &Pattern| (!answer.is_clear(), answer.word == Word::TooFew);
    answers.sort_by(|a, b| key(a).cmp(&key(b)).then(a.p.total_cmp(&b.p)).then(b.n.cmp(&a.n)));
    answers
}
