//! One question about rows, asked in words: do those of which it holds win more often than the others?

use super::conditions::{DERIVED_KEYS, word_of};
use super::contrast::Contrast;
use super::pattern::{LEAST_ROWS, LEAST_SESSIONS, Pattern, PatternVerdict, pattern_of};
use super::questions::between_sessions;
use super::rows::{Rows, count};
use crate::domain::{FieldKind, FieldTable, FieldValue, Filter, Side, timeframe};
use crate::learn::dataset::{Dataset, Example};
use crate::stats::evidence::{ENOUGH, LabelTest};
use crate::wire::{WORD_KEYS, feature_key};

/// A field of a row that a question may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowField {
    /// A number, by its name in the rows.
    Number(String),
    /// A word, by its key.
    Word(&'static str),
}

/// What says how a trade came out, and cannot be asked about.
const OUTCOMES: [&str; 24] = [
    "pnl",
    "pnl_pct",
    "pnl_usd",
    "profit",
    "result",
    "net",
    "net_usd",
    "net_pct",
    "success",
    "win",
    "won",
    "outcome",
    "quality",
    "exit_time",
    "exit_price",
    "exit_reason",
    "hold",
    "hold_min",
    "hold_minutes",
    "hold_duration_minutes",
    "hit_target",
    "hit_stop",
    "mfe_pct",
    "mae_pct",
];

/// The fields of rows.
#[derive(Clone, Copy, Debug)]
pub struct RowFields<'d>(pub &'d Dataset);

fn word_keys() -> impl Iterator<Item = &'static str> {
    let derived = DERIVED_KEYS.into_iter().filter(|key| *key != "confidence");
    WORD_KEYS.iter().map(|(key, _)| *key).chain(derived).chain(["part of session"])
}

impl FieldTable for RowFields<'_> {
    type Field = RowField;

    fn find(&self, name: &str) -> Option<(RowField, FieldKind)> {
        let key = feature_key(name.strip_prefix("features.").unwrap_or(name));
        if let Some(word) = word_keys().find(|word| word.replace(' ', "_") == key) {
            return Some((RowField::Word(word), FieldKind::Text));
        }
        let key = if key == "model_confidence" { "confidence".to_owned() } else { key };
        self.0.names().contains(&key).then_some((RowField::Number(key), FieldKind::Number))
    }

    fn why_not(&self, name: &str) -> Option<String> {
        let key = feature_key(name);
        OUTCOMES.contains(&key.as_str()).then(|| {
            format!("`{name}` is known only after the trade: a question is about what was known at entry")
        })
    }

    fn names(&self) -> Vec<&str> {
        let words = [
            "side",
            "mode",
            "setup",
            "regime",
            "sector",
            "symbol",
            "time_of_day",
            "weekday",
            "part_of_session",
        ];
        words.into_iter().chain(self.0.names().iter().map(String::as_str)).collect()
    }

    fn word(&self, field: &RowField, word: &str) -> Result<String, String> {
        match field {
            RowField::Word("side") => Side::parse(word)
                .map(|side| side.as_position().to_owned())
                .map_err(|_| format!("side is long or short, not {word}")),
            RowField::Word("timeframe") => Ok(timeframe(word)),
            RowField::Word("weekday") => Ok(word.chars().take(3).collect()),
            _ => Ok(word.to_owned()),
        }
    }
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What is known of the rows of which it holds; its conditions are empty, as the question says them.
    pub pattern: Pattern,
    /// The e-value against no difference: valid however often the question is asked.
    pub e: f64,
    /// Rows that do not say enough, and are on neither side.
    pub open: u64,
}

/// Whether a question holds of each row; none of one that does not say enough.
pub fn sides(dataset: &Dataset, examples: &[&Example], filter: &Filter<RowField>) -> Vec<Option<bool>> {
    let value = |example: &Example, field: &RowField| match field {
        RowField::Number(name) => dataset.number(example, name).map(FieldValue::Number),
        RowField::Word(key) => word_of(dataset, example, key).map(|word| FieldValue::Text(word.to_owned())),
    };
    examples.iter().map(|example| filter.holds(&|field| value(example, field))).collect()
}

/// Keeps only the rows of which a filter holds. How many do not say enough to tell, which are gone too.
pub fn keep_where(dataset: &mut Dataset, filter: &Filter<RowField>) -> u64 {
    let said = sides(dataset, &dataset.examples.iter().collect::<Vec<_>>(), filter);
    let mut kept = said.iter().map(|holds| *holds == Some(true));
    dataset.examples.retain(|_| kept.next().unwrap_or(false));
    said.iter().filter(|holds| holds.is_none()).count() as u64
}

/// Asks one question of rows in order of time. A word takes 30 rows in 5 sessions and an e-value of 20: nothing else was
/// tried, so nothing else counts against it. `None` where no row, or every row, is on one side.
pub fn ask(dataset: &Dataset, examples: &[&Example], filter: &Filter<RowField>) -> Option<Asked> {
    let said = sides(dataset, examples, filter);
    let sides: Vec<(&Example, bool)> =
        examples.iter().zip(said).filter_map(|(example, holds)| Some((*example, holds?))).collect();
    let known: Vec<&Example> = sides.iter().map(|side| side.0).collect();
    let rows = Rows::of(&known);
    let bits = rows.bits(|row| sides[row].1);
    let n = count(&bits);
    if n == 0 || n == known.len() as u64 {
        return None;
    }
    let within = Contrast::of(&rows, &bits, None);
    let mixed = within.sessions >= LEAST_SESSIONS && within.error > 0.0;
    let contrast = if mixed { within } else { between_sessions(&rows, &bits).0 };
    let mut test = LabelTest::default();
    for session in sides.chunk_by(|a, b| a.0.session == b.0.session) {
        let won = |example: &Example| if example.net_frac > 0.0 { 1.0 } else { 0.0 };
        let rows: Vec<(f64, bool)> = session.iter().map(|(example, label)| (won(example), *label)).collect();
        test.push(&rows);
    }
    let e = test.e();
    let enough = n >= LEAST_ROWS && known.len() as u64 - n >= LEAST_ROWS && test.is_enough();
    let verdict = match contrast.lift {
        _ if !enough => PatternVerdict::TooFew,
        _ if e < ENOUGH => PatternVerdict::Unclear,
        lift if lift > 0.0 => PatternVerdict::Edge,
        _ => PatternVerdict::Drag,
    };
    let mut pattern = pattern_of((contrast, contrast.p()), verdict, &bits, &rows, 0.0, Vec::new());
    pattern.between_sessions = !mixed;
    Some(Asked { pattern, e, open: (examples.len() - known.len()) as u64 })
}
