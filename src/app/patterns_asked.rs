//! `report patterns --ask EXPR`: one question, judged by itself and together with all that was ever asked.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Context;
use super::pattern_halves::{Halves, rows_of};
use crate::domain::{Filter, FilterError, Timestamp, plain_expression};
use crate::files::FilterLoadError;
use crate::files::models::live;
use crate::files::training_rows::{RowsFor, labelled_rows};
use crate::learn::{Asked, Dataset, Example, RowFields, ask, sides};
use crate::report::{AskedAgain, AskedBefore, AskedData, AskedNow, AskedSource};
use crate::stats::e_benjamini_hochberg;
use crate::store::{StoreError, append_lines, read_state};
use crate::wire::read_json_lines;

/// Of all that was ever asked and stands, at most this share is chance.
const SHARE: f64 = 0.05;

/// What an answer about missed signals is of.
const MISSED: &str = "missed";

/// A question with its answer, as the file keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    schema: String,
    asked_at: String,
    ask: String,
    days: u16,
    of: String,
    n: u64,
    lift: f64,
    e: f64,
    verdict: String,
    /// What was asked, however it was written.
    #[serde(skip)]
    question: String,
}

impl Kept {
    /// What makes two lines the same look: over other days it is another one.
    fn is_of(&self, other: &Self) -> bool {
        self.question == other.question && self.of == other.of && self.days == other.days
    }
}

fn path(context: &Context<'_>) -> PathBuf {
    context.layout.file("patterns_asked.jsonl")
}

/// Asks one question of the trades and, apart from them, of the missed signals of the last `days`, and keeps it. With
/// `since_last` it is said what became of it since it was kept before.
///
/// # Errors
/// [`FilterLoadError`] when the question makes no sense, a log cannot be read or the file not be written.
pub(super) fn asked_data(
    context: &Context<'_>,
    days: u16,
    text: &str,
    since_last: bool,
) -> Result<AskedData, FilterLoadError> {
    let (dataset, _) = labelled_rows(context, days, RowsFor::Patterns)?;
    let filter = match Filter::parse(text, &RowFields(&dataset)) {
        Ok(filter) => filter,
        // Without a row there is no field either.
        Err(_) if dataset.examples.is_empty() => {
            return Ok(AskedData { ask: text.trim().to_owned(), days, ..AskedData::default() });
        }
        Err(why) => return Err(why.into()),
    };
    let mut data = AskedData { ask: filter.text().to_owned(), days, ..AskedData::default() };
    let model = live(context).ok().flatten();
    let halves = Halves::new(&dataset, model.as_ref());
    let mut all = read(context, &dataset)?;
    let question = filter.canonical();
    let kept_before = all.iter().filter(|kept| kept.question == question);
    data.again = since_last.then(|| kept_before.map(|kept| again(&dataset, kept, days)).collect());
    // Following any of the questions that were ever asked could have looked good by chance.
    let looks = all.iter().map(|kept| (&*kept.question, kept.days));
    let questions: BTreeSet<(&str, u16)> = looks.chain([(&*question, days)]).collect();
    let tried = questions.len() as u64;
    let mut kept = Vec::new();
    for missed in [false, true] {
        let rows = rows_of(&dataset, missed);
        let answer = ask(&dataset, &rows, &filter);
        let mut half = halves.of_question(missed, |rows| sides(&dataset, rows, &filter), tried);
        // What the own trades say is said beside the answer of trades.
        half.followed = half.followed.filter(|_| !missed);
        if let Some(answer) = &answer {
            kept.push(Kept { question: question.clone(), ..keep(context, &data, missed, answer) });
        }
        let matching =
            sides(&dataset, &rows, &filter).iter().filter(|side| **side == Some(true)).count() as u64;
        let rows = rows.len() as u64;
        data.sources.push(AskedSource { missed, rows, matching, answer, half, stands: false });
    }
    for new in &kept {
        // The newest answer to a question over these days counts: it rests on the most sessions.
        all.retain(|old| !old.is_of(new));
    }
    let before = all.len();
    all.extend(kept.iter().cloned());
    data.asked = all.len() as u64;
    let es: Vec<f64> = all.iter().map(|kept| kept.e).collect();
    let standing = e_benjamini_hochberg(&es, SHARE);
    let answered = data.sources.iter_mut().filter(|source| source.answer.is_some());
    for (at, source) in (before..).zip(answered) {
        source.stands = standing.contains(&at);
    }
    if context.as_of.is_none() && !kept.is_empty() {
        write(context, &kept)?;
    }
    Ok(data)
}

/// What became of every question that was ever asked, each over as many days as then; the rows of `dataset` say which fields
/// there are. Nothing is kept: what an answer is held against stays the one that somebody asked for.
///
/// # Errors
/// [`StoreError`] when a log or the file cannot be read.
pub(super) fn asked_again(context: &Context<'_>, dataset: &Dataset) -> Result<Vec<AskedAgain>, StoreError> {
    let all = read(context, dataset)?;
    let spans: BTreeSet<u16> = all.iter().map(|kept| kept.days).collect();
    let mut told: Vec<(usize, AskedAgain)> = Vec::new();
    // The rows of one span at a time: there may be as many spans as questions.
    for days in spans {
        let (dataset, _) = labelled_rows(context, days, RowsFor::Patterns)?;
        let of_span = all.iter().enumerate().filter(|(_, kept)| kept.days == days);
        told.extend(of_span.map(|(at, kept)| (at, again(&dataset, kept, days))));
    }
    told.sort_by_key(|(at, _)| *at);
    Ok(told.into_iter().map(|(_, again)| again).collect())
}

/// A question that was kept, asked of the rows of today.
fn again(dataset: &Dataset, kept: &Kept, days: u16) -> AskedAgain {
    let missed = kept.of == MISSED;
    let now = Filter::parse(&kept.ask, &RowFields(dataset)).map_err(|why| in_a_line(&why)).map(|filter| {
        let rows = rows_of(dataset, missed);
        let asked_at = Timestamp::parse(&kept.asked_at);
        let is_later = |row: &&Example| asked_at.as_ref().is_ok_and(|asked_at| row.at > *asked_at);
        let later: Vec<&Example> = rows.iter().copied().filter(is_later).collect();
        AskedNow { all: ask(dataset, &rows, &filter), since: ask(dataset, &later, &filter) }
    });
    let before = AskedBefore {
        asked_at: kept.asked_at.clone(),
        days: kept.days,
        n: kept.n,
        lift: kept.lift,
        verdict: kept.verdict.clone(),
    };
    AskedAgain { ask: kept.ask.clone(), missed, days, before, now }
}

/// What is wrong with a question, without the place in it.
fn in_a_line(why: &FilterError) -> String {
    why.to_string().lines().next().unwrap_or_default().to_owned()
}

fn keep(context: &Context<'_>, data: &AskedData, missed: bool, answer: &Asked) -> Kept {
    Kept {
        schema: "dtlearn.patterns_asked/1".into(),
        asked_at: context.now.to_string(),
        ask: data.ask.clone(),
        days: data.days,
        of: if missed { MISSED } else { "trades" }.into(),
        n: answer.pattern.n,
        lift: answer.pattern.lift,
        // JSON has no infinity.
        e: answer.e.min(1e300),
        verdict: answer.pattern.verdict.as_str().into(),
        question: String::new(),
    }
}

/// What was kept is asked, however it was written: in one form where the rows have its fields.
fn question_of(ask: &str, dataset: &Dataset) -> String {
    Filter::parse(ask, &RowFields(dataset))
        .map_or_else(|_| plain_expression(ask), |filter| filter.canonical())
}

/// Lines that are no questions, for [`super::doctor`].
///
/// # Errors
/// [`StoreError`] when the file cannot be read.
pub(super) fn damaged_questions(context: &Context<'_>) -> Result<(PathBuf, u64), StoreError> {
    Ok((path(context), kept_lines(context)?.1))
}

/// What was kept, line by line, and how many lines are no questions.
fn kept_lines(context: &Context<'_>) -> Result<(Vec<Kept>, u64), StoreError> {
    let text = read_state(context.disk, &path(context))?.unwrap_or_default();
    let (kept, bad) = read_json_lines(&text, |_| true);
    Ok((kept, bad.len() as u64))
}

/// What was asked, each question over the same days once with its newest answer, up to the moment seen from.
fn read(context: &Context<'_>, dataset: &Dataset) -> Result<Vec<Kept>, StoreError> {
    let seen_from = context.seen_from().to_string();
    let mut all: Vec<Kept> = Vec::new();
    for mut kept in kept_lines(context)?.0 {
        if kept.asked_at <= seen_from {
            kept.question = question_of(&kept.ask, dataset);
            all.retain(|old| !old.is_of(&kept));
            all.push(kept);
        }
    }
    Ok(all)
}

fn write(context: &Context<'_>, kept: &[Kept]) -> Result<(), StoreError> {
    let failed = |error: serde_json::Error| StoreError::Write { path: path(context), source: error.into() };
    let lines: Result<Vec<Vec<u8>>, StoreError> =
        kept.iter().map(|kept| serde_json::to_vec(kept).map_err(failed)).collect();
    let lines = lines?;
    let _lock = context.lock()?;
    append_lines(context.disk, &path(context), &lines)
}
