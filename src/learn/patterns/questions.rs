//! Questions that are asked before any search, whatever the data look like, and always answered: setup by time of day
//! and by regime, side by regime, confidence, and the regime itself.

use std::collections::HashMap;

use super::conditions::{Condition, Single, of_words};
use super::contrast::Contrast;
use super::pattern::{FALSE_SHARE, LEAST_ROWS, LEAST_SESSIONS, Pattern, PatternVerdict, pattern_of};
use super::rows::{Bits, Rows, both, common, count};
use crate::learn::dataset::{Dataset, Example};
use crate::stats::{benjamini_hochberg, two_sided};

/// The pairs of keys that are asked about, and the keys alone.
const ASKED: &[&[&str]] =
    &[&["setup", "part of session"], &["setup", "regime"], &["side", "regime"], &["confidence"], &["regime"]];

/// A question of which fewer rows are than this is not asked: there is no interval to answer it with.
const LEAST_ASKED: u64 = 10;

/// Words of a key that are asked about at most, the most frequent ones.
const WORDS_ASKED: usize = 12;

/// A question as its conditions, and the rows of which all of them hold.
struct Question<'w> {
    words: Vec<&'w Single>,
    bits: Bits,
}

impl Question<'_> {
    /// The conditions without those that hold of every row; all of them where none would be left. Where all are long, "long and
    /// range" asks no more than "range".
    fn conditions(&self, all: u64) -> Vec<Condition> {
        let is_open = |word: &&&Single| word.n < all;
        let has_open = self.words.iter().any(|word| is_open(&word));
        let asked = self.words.iter().filter(|word| !has_open || is_open(word));
        asked.map(|word| word.condition.clone()).collect()
    }
}

/// For each of the keys that are asked about the conditions on its most frequent words.
fn words_asked<'k>(dataset: &Dataset, examples: &[&Example], rows: &Rows) -> HashMap<&'k str, Vec<Single>> {
    let mut of_keys = HashMap::new();
    for key in ASKED.iter().copied().flatten() {
        of_keys.entry(*key).or_insert_with(|| of_words(dataset, examples, rows, key, WORDS_ASKED));
    }
    of_keys
}

/// Every question.
fn questions<'w>(of_keys: &'w HashMap<&str, Vec<Single>>, rows: &Rows) -> Vec<Question<'w>> {
    let mut asked: Vec<Question<'w>> = Vec::new();
    for keys in ASKED {
        let mut begun = vec![Question { words: Vec::new(), bits: rows.all.clone() }];
        for key in *keys {
            let with = |question: &Question<'w>| -> Vec<Question<'w>> {
                let one = |word: &'w Single| Question {
                    words: question.words.iter().copied().chain([word]).collect(),
                    bits: both(&question.bits, &word.bits),
                };
                of_keys[key].iter().map(one).collect()
            };
            begun = begun.iter().flat_map(with).collect();
        }
        asked.extend(begun);
    }
    asked
}

/// What holds of all of a session or of none of it cannot be compared with the rest of its session: the sessions are
/// compared with each other, each with its share of wins. The difference is that of two ratios over the same sessions,
/// with the error of the linearised estimator (Cochran 1977, *Sampling Techniques*, 3rd edition, section 6.4) and its
/// degrees of freedom (Welch 1947, *Biometrika* 34(1/2), 28–35).
pub(super) fn between_sessions(rows: &Rows, set: &Bits) -> (Contrast, f64) {
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
    let sum = |at: usize| cells.iter().map(|cell| cell[at]).sum::<f64>();
    let (n, rest) = (sum(1), sum(3));
    let sessions = cells.iter().filter(|cell| cell[1] > 0.0).count() as u64;
    let others = cells.iter().filter(|cell| cell[3] > 0.0).count() as u64;
    if n == 0.0 || rest == 0.0 || sessions < 2 || others < 2 {
        return (Contrast { sessions, ..Contrast::default() }, 0.0);
    }
    let (in_set, outside) = (sum(0) / n, sum(2) / rest);
    let residual = |cell: &[f64; 4]| (cell[0] - in_set * cell[1]) / n - (cell[2] - outside * cell[3]) / rest;
    let groups = cells.len() as f64;
    let squares: f64 = cells.iter().map(|cell| residual(cell).powi(2)).sum();
    let error = (groups / (groups - 1.0) * squares).sqrt();
    let of_set: f64 = cells.iter().map(|cell| ((cell[0] - in_set * cell[1]) / n).powi(2)).sum();
    let of_rest: f64 = cells.iter().map(|cell| ((cell[2] - outside * cell[3]) / rest).powi(2)).sum();
    let parts = of_set.powi(2) / (sessions as f64 - 1.0) + of_rest.powi(2) / (others as f64 - 1.0);
    let freedom = (of_set + of_rest).powi(2) / parts;
    (Contrast { lift: in_set - outside, error, sessions: sessions.min(others) }, freedom)
}

/// Asks every question of rows in the order of time. All that have an interval come back, the clearest first; a word is
/// given to what passes Benjamini and Hochberg's procedure among all of them, so that on noise any has one in at most
/// [`FALSE_SHARE`] of all reports.
pub fn ask_questions(dataset: &Dataset, examples: &[&Example]) -> Vec<Pattern> {
    let rows = Rows::of(examples);
    let all = count(&rows.all);
    let of_keys = words_asked(dataset, examples, &rows);
    let mut answers: Vec<Pattern> = Vec::new();
    for question in questions(&of_keys, &rows) {
        let (conditions, bits) = (question.conditions(all), question.bits);
        let n = count(&bits);
        if answers.iter().any(|answer| answer.conditions == conditions) {
            continue;
        }
        if n < LEAST_ASKED || n == all {
            continue;
        }
        let within = Contrast::of(&rows, &bits, None);
        let mixed = within.sessions >= LEAST_SESSIONS && within.error > 0.0;
        let (contrast, freedom) =
            if mixed { (within, within.sessions as f64 - 1.0) } else { between_sessions(&rows, &bits) };
        if contrast.error <= 0.0 || contrast.error.is_nan() {
            continue;
        }
        let enough = n >= LEAST_ROWS && contrast.sessions >= LEAST_SESSIONS;
        let p = if enough { two_sided(contrast.t(), freedom) } else { 1.0 };
        let verdict = if enough { PatternVerdict::Unclear } else { PatternVerdict::TooFew };
        let mut answer = pattern_of((contrast, p), verdict, &bits, &rows, 0.0, conditions);
        answer.between_sessions = !mixed;
        answers.push(answer);
    }
    // What has too few rows for a verdict is none of those that could have had one: how many rows there are says nothing of
    // how they came out.
    let judged: Vec<usize> =
        (0..answers.len()).filter(|at| answers[*at].verdict != PatternVerdict::TooFew).collect();
    let p: Vec<f64> = judged.iter().map(|at| answers[*at].p).collect();
    for at in benjamini_hochberg(&p, FALSE_SHARE) {
        let answer = &mut answers[judged[at]];
        answer.verdict = if answer.lift > 0.0 { PatternVerdict::Edge } else { PatternVerdict::Drag };
    }
    let key = |answer: &Pattern| (!answer.is_clear(), answer.verdict == PatternVerdict::TooFew);
    answers.sort_by(|a, b| key(a).cmp(&key(b)).then(a.p.total_cmp(&b.p)).then(b.n.cmp(&a.n)));
    answers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Market;
    use crate::learn::dataset::{Costs, Source};
    use crate::wire::learn_from_outcome;

    #[test]
    fn where_all_are_long_the_side_is_not_asked_about() {
        let asked = |sides: [&str; 2]| -> Vec<String> {
            let mut dataset = Dataset::new(&Market::default());
            for row in 0..120 {
                let (day, minute, won) = (2 + row % 5, row / 5, row % 3 == 0);
                let regime = if row / 2 % 2 == 0 { "range" } else { "trend" };
                let line = serde_json::json!({
                    "symbol": "A", "side": sides[row % 2], "regime": regime,
                    "entry_time": format!("2026-03-0{day}T15:{minute:02}:00Z"),
                    "exit_time": format!("2026-03-0{day}T16:{minute:02}:00Z"),
                    "pnl_pct": if won { 0.01 } else { -0.01 }, "fees": 0.0, "features": {"a": 1},
                });
                let record = learn_from_outcome(line.to_string().as_bytes()).unwrap();
                let draft = dataset.draft(&record.known);
                let resolved = record.resolved.unwrap();
                dataset.push(format!("{row:03}"), draft, &resolved, Source::Trade, Costs::default());
            }
            dataset.sort();
            let rows: Vec<&Example> = dataset.examples.iter().collect();
            let words = |answer: &Pattern| {
                answer.conditions.iter().map(Condition::text).collect::<Vec<_>>().join(" and ")
            };
            let mut asked: Vec<String> = ask_questions(&dataset, &rows).iter().map(words).collect();
            asked.sort();
            asked
        };
        assert_eq!(asked(["BUY", "BUY"]), ["regime range", "regime trend"]);
        assert_eq!(asked(["BUY", "SELL"]).len(), 6);
    }
}
