//! The daily reports: one file a session, with what earlier runs of that date had to tell.

use serde_json::{Map, Value as Json};

use super::Context;
use crate::domain::{Date, Timestamp};
use crate::report::PostMarketData;
use crate::store::{Durability, StoreError, StoreLock, read_state, replace_json};
use crate::wire::{DayStatus, DaySteps, PostMarketFile};

/// Earlier runs of one date that its report keeps.
const EARLIER: usize = 10;

fn file_name(date: &str) -> String {
    format!("post_market_{date}.json")
}

/// Writes the report of a date. Call it under the lock.
fn write(
    context: &Context<'_>,
    date: Date,
    file: &PostMarketFile,
    _lock: &StoreLock,
) -> Result<(), StoreError> {
    let folder = context.layout.file("reports");
    let path = folder.join(file_name(&date.to_string()));
    let failed = |source: std::io::Error| StoreError::Write { path: path.clone(), source };
    context.disk.create_dir_all(&folder).map_err(failed)?;
    replace_json(context.disk, &path, file, Durability::Durable)?;
    replace_json(context.disk, &folder.join("post_market_latest.json"), file, Durability::Cache)
}

/// Writes the report of a post-market run, with what earlier runs of the date had to tell.
///
/// # Errors
/// [`StoreError`] when it cannot be written.
pub(super) fn save_run(
    context: &Context<'_>,
    date: Date,
    file: &mut PostMarketFile,
) -> Result<(), StoreError> {
    let lock = context.lock()?;
    // A report that cannot be read is written anew.
    let before = read_report(context, &date.to_string()).ok().flatten();
    let mut earlier = Vec::new();
    if let Some(mut before) = before {
        earlier = before.earlier_runs.take().unwrap_or_default();
        // The summary of the day is that of its last run.
        before.summary = None;
        if before.steps.is_some() {
            earlier.push(before);
        }
        earlier.drain(..earlier.len().saturating_sub(EARLIER));
    }
    file.earlier_runs = Some(earlier);
    write(context, date, file, &lock)
}

/// Saves the summary of now in the report of the last session that is over; what a post-market run wrote there stays.
///
/// # Errors
/// [`StoreError`].
pub(super) fn save_in_report(context: &Context<'_>, summary: Map<String, Json>) -> Result<(), StoreError> {
    let date = context.session_date();
    let lock = context.lock()?;
    let new = || PostMarketFile::new(date.to_string(), context.now.to_string(), DayStatus::Summary);
    let mut file = read_report(context, &date.to_string())?.unwrap_or_else(new);
    file.summary = Some(Some(summary));
    write(context, date, &file, &lock)
}

/// The dates of all reports, oldest first.
fn report_dates(context: &Context<'_>) -> Vec<String> {
    let entries = context.disk.list(&context.layout.file("reports")).unwrap_or_default();
    let date = |name: &str| -> Option<String> {
        let text = name.strip_prefix("post_market_")?.strip_suffix(".json")?;
        text.parse::<Date>().ok().map(|date| date.to_string())
    };
    entries.iter().filter_map(|entry| date(&entry.name)).collect()
}

/// The date of the last post-market run, and that of one whose day has not come: a clock was ahead then. A summary
/// that was saved alone is none.
pub(super) fn last_runs(context: &Context<'_>) -> (Option<Date>, Option<Date>) {
    let has_run = |date: &String| {
        // One that cannot be read was a run all the same.
        read_report(context, date).map_or(true, |file| file.is_some_and(|file| file.steps.is_some()))
    };
    let today = context.market().trading_date(context.seen_from());
    let mut ahead = None;
    for date in report_dates(context).iter().rev().filter(|date| has_run(date)) {
        match date.parse::<Date>() {
            Ok(date) if date <= today => return (Some(date), ahead),
            Ok(date) => ahead = ahead.or(Some(date)),
            Err(_) => {}
        }
    }
    (None, ahead)
}

/// What the last post-market run said of falling sectors, where it is that of the last session.
pub(super) fn falling_then(context: &Context<'_>) -> Vec<String> {
    let file = last_runs(context).0.filter(|date| *date == context.session_date());
    let file = file.and_then(|date| read_report(context, &date.to_string()).ok().flatten());
    let falling = file.and_then(|file| file.steps?.named("trade_analysis")?.falling.clone());
    falling.unwrap_or_default()
}

/// Whether the work of a session was done, and nothing of it failed.
pub(super) fn is_done(context: &Context<'_>, date: Date) -> bool {
    let file = read_report(context, &date.to_string()).ok().flatten();
    file.is_some_and(|file| file.steps.is_some() && file.status == DayStatus::Ok)
}

fn read_report(context: &Context<'_>, date: &str) -> Result<Option<PostMarketFile>, StoreError> {
    let path = context.layout.file("reports").join(file_name(date));
    let Some(bytes) = read_state(context.disk, &path)? else { return Ok(None) };
    let read = serde_json::from_slice(&bytes);
    read.map(Some).map_err(|why| StoreError::Corrupt { path, why: why.to_string() })
}

/// The last report before a date.
pub(super) fn previous(context: &Context<'_>, date: Date) -> Result<Option<(String, DaySteps)>, StoreError> {
    let before = report_dates(context).into_iter().rfind(|known| *known < date.to_string());
    let Some(before) = before else { return Ok(None) };
    // One that cannot be read is no reason not to show this one.
    Ok(read_report(context, &before).ok().flatten().map(|file| (before, file.steps.unwrap_or_default())))
}

/// A day's report, the last one without a date, beside the one before it.
///
/// # Errors
/// [`StoreError::Corrupt`] when it cannot be read.
pub fn post_market_data(context: &Context<'_>, date: Option<Date>) -> Result<PostMarketData, StoreError> {
    let mut known = report_dates(context);
    if let Some(as_of) = context.as_of {
        let by_then = |date: &String| {
            let file = read_report(context, date).ok().flatten();
            file.and_then(|file| Timestamp::parse(&file.timestamp).ok()).is_some_and(|at| at <= as_of)
        };
        known.retain(by_then);
    }
    let wanted = date.map(|date| date.to_string()).or_else(|| known.last().cloned());
    let file = match &wanted {
        Some(wanted) if context.as_of.is_none() || known.contains(wanted) => read_report(context, wanted)?,
        _ => None,
    };
    let before = file.as_ref().and(wanted.as_ref()).and_then(|wanted| wanted.parse::<Date>().ok());
    let previous = before.map(|date| previous(context, date)).transpose()?.flatten();
    Ok(PostMarketData { date: wanted.unwrap_or_default(), file, previous })
}
