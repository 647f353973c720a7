//! `report patterns`: what wins more or less often than the rest, among trades and among missed signals.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::pattern_halves::{Halves, rows_of};
use super::patterns_asked::asked_again;
use super::{Context, Reading};
use crate::domain::{Filter, Timestamp};
use crate::files::FilterLoadError;
use crate::files::models::live;
use crate::files::training_rows::{RowsFor, labelled_rows, rows_of_all};
use crate::learn::{
    Condition, Dataset, Example, FALSE_SHARE, ModelFile, RowFields, ask_questions, keep_where, look_again,
    mine,
};
use crate::report::{Confirmed, PatternData, PatternPart, PatternSource};
use crate::store::{Durability, StoreError, read_state, replace_json};

/// Cuts of one feature that are taken from the model.
const CUTS_OF_A_FEATURE: usize = 4;

/// The patterns that were named by the last report that was saved.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Saved {
    schema: String,
    as_of: String,
    patterns: Vec<SavedPattern>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedPattern {
    missed: bool,
    word: String,
    conditions: Vec<SavedCondition>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SavedCondition {
    subject: String,
    is: String,
    #[serde(default)]
    word: Option<String>,
    #[serde(default)]
    cut: Option<f64>,
    /// The upper cut of a band.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    high: Option<f64>,
}

impl From<&Condition> for SavedCondition {
    fn from(condition: &Condition) -> Self {
        let subject = condition.subject().to_owned();
        let plain = Self { subject, is: String::new(), word: None, cut: None, high: None };
        match condition {
            Condition::Is { word, .. } => Self { is: "is".into(), word: Some(word.clone()), ..plain },
            Condition::Above { cut, .. } => Self { is: "above".into(), cut: Some(*cut), ..plain },
            Condition::AtMost { cut, .. } => Self { is: "at_most".into(), cut: Some(*cut), ..plain },
            Condition::Between { low, high, .. } => {
                Self { is: "between".into(), cut: Some(*low), high: Some(*high), ..plain }
            }
        }
    }
}

impl SavedCondition {
    fn condition(&self) -> Option<Condition> {
        let subject = self.subject.clone();
        match (self.is.as_str(), &self.word, self.cut) {
            ("is", Some(word), _) => Some(Condition::Is { key: subject, word: word.clone() }),
            ("above", _, Some(cut)) => Some(Condition::Above { feature: subject, cut }),
            ("at_most", _, Some(cut)) => Some(Condition::AtMost { feature: subject, cut }),
            ("between", _, Some(low)) => Some(Condition::Between { feature: subject, low, high: self.high? }),
            _ => None,
        }
    }
}

/// Asks and mines the trades and, apart from them, the missed signals of the last `days`, with a filter those of which it
/// holds. `save` keeps what was named,
/// so that `since_last` can say of it later how it did since, and what became of questions that were asked.
///
/// # Errors
/// [`FilterLoadError`] when the expression makes no sense, a log cannot be read or the file not be written.
pub(super) fn patterns(
    context: &Context<'_>,
    days: u16,
    filter: Option<&str>,
    since_last: bool,
    save: bool,
) -> Result<(PatternData, Reading), FilterLoadError> {
    if since_last {
        let (dataset, _) = labelled_rows(context, days, RowsFor::Patterns)?;
        let mut data = PatternData { days, ..PatternData::default() };
        confirm(context, &dataset, &mut data)?;
        data.asked = asked_again(context, &dataset)?;
        return Ok((data, Reading::default()));
    }
    let (data, reading) = match filter {
        Some(text) => pattern_data_where(context, days, text)?,
        None => pattern_data(context, days)?,
    };
    if save && context.as_of.is_none() {
        keep(context, &data)?;
    }
    Ok((data, reading))
}

/// What is found among the trades and the missed signals of the last `days`, of the store or of all desks.
///
/// # Errors
/// [`StoreError`] when a log of the one store cannot be read at all.
pub(super) fn pattern_data(context: &Context<'_>, days: u16) -> Result<(PatternData, Reading), StoreError> {
    let (dataset, reading) = rows_of_all(context, days)?;
    let mut data = PatternData { days, ..PatternData::default() };
    search(context, &dataset, &mut data);
    Ok((data, reading))
}

/// As [`pattern_data`], among the rows of which an expression holds.
fn pattern_data_where(
    context: &Context<'_>,
    days: u16,
    text: &str,
) -> Result<(PatternData, Reading), FilterLoadError> {
    let (mut dataset, reading) = rows_of_all(context, days)?;
    let filter = Filter::parse(text, &RowFields(&dataset))?;
    let all = dataset.examples.len() as u64;
    let open = keep_where(&mut dataset, &filter);
    let matching = dataset.examples.len() as u64;
    let part = PatternPart { filter: filter.text().to_owned(), matching, all, open };
    let mut data = PatternData { days, part: Some(part), ..PatternData::default() };
    search(context, &dataset, &mut data);
    Ok((data, reading))
}

fn saved_path(context: &Context<'_>) -> PathBuf {
    context.layout.file("reports").join("patterns_latest.json")
}

/// How the patterns of the last saved report did on the rows since.
fn confirm(context: &Context<'_>, dataset: &Dataset, data: &mut PatternData) -> Result<(), StoreError> {
    let path = saved_path(context);
    let Some(bytes) = read_state(context.disk, &path)? else {
        data.nothing_saved = true;
        return Ok(());
    };
    let corrupt = |why: String| StoreError::Corrupt { path: path.clone(), why };
    let saved: Saved = serde_json::from_slice(&bytes).map_err(|why| corrupt(why.to_string()))?;
    let as_of = Timestamp::parse(&saved.as_of).map_err(|why| corrupt(why.to_string()))?;
    if as_of > context.seen_from() {
        data.nothing_saved = true;
        return Ok(());
    }
    data.since = Some(saved.as_of.clone());
    for pattern in &saved.patterns {
        let conditions: Vec<Condition> =
            pattern.conditions.iter().filter_map(SavedCondition::condition).collect();
        let rows: Vec<&Example> =
            rows_of(dataset, pattern.missed).into_iter().filter(|example| example.at > as_of).collect();
        let now = look_again(dataset, &rows, &conditions, FALSE_SHARE);
        // A drag was called a leak before version 2.
        let was = pattern.word.replace("leak", "drag");
        data.confirmed.push(Confirmed { missed: pattern.missed, was, conditions, now });
    }
    Ok(())
}

/// Asks the questions that are fixed beforehand, then searches.
fn search(context: &Context<'_>, dataset: &Dataset, data: &mut PatternData) {
    // A model is one desk's own.
    let model = if context.is_joined() { None } else { live(context).ok().flatten() };
    let cuts = model.as_ref().map(model_cuts).unwrap_or_default();
    context.progress.begin("looking for patterns", None);
    for missed in [false, true] {
        let rows = rows_of(dataset, missed);
        if !rows.is_empty() {
            let answers = ask_questions(dataset, &rows);
            let mined = mine(dataset, &rows, &cuts);
            data.sources.push(PatternSource { missed, answers, mined, halves: Vec::new() });
        }
    }
    data.has_model = model.is_some();
    if data.sources.iter().any(PatternSource::has_clear) {
        let halves = Halves::new(dataset, model.as_ref());
        data.sources.iter_mut().for_each(|source| source.halves = halves.of_source(source));
    }
    context.progress.end();
    let trades = rows_of(dataset, false);
    data.sentiment = crate::learn::sentiment_deciles(dataset, &trades);
}

/// Keeps what was named, for `--since-last`.
fn keep(context: &Context<'_>, data: &PatternData) -> Result<(), StoreError> {
    let path = saved_path(context);
    let mut named: Vec<SavedPattern> = Vec::new();
    for source in &data.sources {
        let found = source.mined.patterns.iter().chain(&source.answers).filter(|pattern| pattern.is_clear());
        let mut known: Vec<&[Condition]> = Vec::new();
        for pattern in found {
            if !known.contains(&pattern.conditions.as_slice()) {
                known.push(&pattern.conditions);
                named.push(SavedPattern {
                    missed: source.missed,
                    word: pattern.verdict.as_str().into(),
                    conditions: pattern.conditions.iter().map(SavedCondition::from).collect(),
                });
            }
        }
    }
    let saved =
        Saved { schema: "dtlearn.patterns/2".into(), as_of: context.now.to_string(), patterns: named };
    let failed = |source: std::io::Error| StoreError::Write { path: path.clone(), source };
    let _lock = context.lock()?;
    context.disk.create_dir_all(&context.layout.file("reports")).map_err(failed)?;
    replace_json(context.disk, &path, &saved, Durability::Durable)
}

/// The cuts at which the model in use splits most, a few of each feature.
fn model_cuts(file: &ModelFile) -> Vec<(String, f64)> {
    let mut gains: std::collections::BTreeMap<(usize, u64), (f64, f64)> = std::collections::BTreeMap::new();
    for (column, cut, gain) in file.cuts() {
        let sum = gains.entry((column, cut.to_bits())).or_insert((0.0, cut));
        sum.0 += gain;
    }
    let mut by_gain: Vec<(usize, f64, f64)> =
        gains.into_iter().map(|((column, _), (gain, cut))| (column, gain, cut)).collect();
    by_gain.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut taken = vec![0; file.manifest.columns.len()];
    by_gain.retain(|(column, ..)| {
        taken[*column] += 1;
        taken[*column] <= CUTS_OF_A_FEATURE
    });
    by_gain.into_iter().map(|(column, _, cut)| (file.manifest.columns[column].name.clone(), cut)).collect()
}
