//! `post-market` and `report post-market`: what happened at the close, beside the day before.

use serde_json::{Map, Value as Json};

use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::domain::Date;
use crate::wire::{DayStatus, DayStep, DaySteps, PostMarketFile, StepStatus};

/// What there is to tell.
#[derive(Clone, Debug, Default)]
pub struct PostMarketData {
    /// The session's date; empty where there is no report of any.
    pub date: String,
    /// The report as it is written; none where there is none of that date.
    pub file: Option<PostMarketFile>,
    /// The date before and its steps.
    pub previous: Option<(String, DaySteps)>,
}

impl PostMarketData {
    /// The steps in their order.
    pub(super) fn steps(&self) -> &[(String, DayStep)] {
        let steps = self.file.as_ref().and_then(|file| file.steps.as_ref());
        steps.map_or(&[], |steps| &steps.0)
    }
}

/// What came of a run.
#[derive(Clone, Debug)]
pub enum DayDone {
    /// The work of the last session is done.
    NothingDue {
        /// That session.
        date: Date,
        /// Why no other is due.
        why: String,
    },
    /// The steps of a session were run.
    Steps {
        /// What came of them.
        data: Box<PostMarketData>,
        /// Missed sessions whose work was done before it, the oldest first.
        made_up: Vec<Date>,
    },
}

/// The view of a run.
pub fn day_done_view(done: &DayDone) -> View {
    match done {
        DayDone::NothingDue { date, why } => {
            let lead = vec![format!("Nothing to do: {why}, and the work of the last one, {date}, is done.")];
            let mut payload = Map::new();
            payload.insert("date".into(), date.to_string().into());
            payload.insert("status".into(), "nothing_due".into());
            payload.insert("steps".into(), Json::Object(Map::new()));
            View { name: "report.post-market", lead, payload, ..View::default() }
        }
        DayDone::Steps { data, made_up } => {
            let mut view = post_market_view(data);
            view.lead.extend(made_up_sentence(made_up));
            view
        }
    }
}

/// Which missed sessions were made up for.
fn made_up_sentence(missed: &[Date]) -> Option<String> {
    let (first, last) = (missed.first()?, missed.last()?);
    Some(match missed.len() {
        1 => format!("Made up for the missed session of {first}, under its own date."),
        n => format!("Made up for {n} missed sessions, {first} to {last}, each under its own date."),
    })
}

/// The view of a session's report.
pub fn post_market_view(data: &PostMarketData) -> View {
    let mut view = View { name: "report.post-market", ..View::default() };
    let Some(file) = &data.file else {
        view.lead.push(no_run(&data.date));
        view.payload.insert("status".into(), "missing".into());
        return view;
    };
    let steps = data.steps();
    view.payload = payload(file, data.previous.as_ref().map(|(date, _)| date.as_str()));
    view.lead.extend(file.session.iter().flatten().flat_map(|session| session.sentences.iter().cloned()));
    view.lead.push(outcome(&data.date, file.status, steps));
    view.records = steps_grid(data);
    let wide = steps.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, step) in steps {
        view.lines.push(format!("{:6} {name:wide$}  {}", step.status.as_str(), step.said()));
        if let (Some(old), Some((date, _))) = (before(data, name), &data.previous) {
            view.lines.push(format!("       {:wide$}  {date}: {}", "", old.said()));
        }
    }
    let news = steps.iter().filter_map(|(name, step)| {
        let (old, now) = (before(data, name)?.status, step.status);
        (old != now).then(|| format!("{name} was {}, now {}", old.as_str(), now.as_str()))
    });
    view.lead.extend(news);
    view
}

/// The report as it is written, and the date of the one before it.
fn payload(file: &PostMarketFile, previous: Option<&str>) -> Map<String, Json> {
    let mut payload = match serde_json::to_value(file) {
        Ok(Json::Object(payload)) => payload,
        _ => Map::new(),
    };
    // An answer has a schema of its own.
    payload.remove("schema");
    payload.insert("previous".into(), previous.into());
    payload
}

/// A step of the session before.
fn before<'d>(data: &'d PostMarketData, name: &str) -> Option<&'d DayStep> {
    data.previous.as_ref()?.1.named(name)
}

/// That there is no report of a date, or of any.
fn no_run(date: &str) -> String {
    if date.is_empty() {
        return "No post-market run yet: `dtlearn post-market --prices FILE` after the close makes the first."
            .into();
    }
    format!("No post-market run on {date}: `dtlearn report post-market` shows the last one.")
}

/// How the run ended, in a sentence.
fn outcome(date: &str, status: DayStatus, steps: &[(String, DayStep)]) -> String {
    let all = plural(steps.len() as u64, "step");
    match status {
        DayStatus::Summary => {
            format!("{date}: only a summary was saved; `dtlearn post-market` does the day's work.")
        }
        DayStatus::Ok => format!("{date}: all of {all} done"),
        DayStatus::Failed => format!("{date}: all of {all} failed"),
        DayStatus::Partial => {
            let failed = steps.iter().filter(|(_, step)| step.status == StepStatus::Failed);
            let failed: Vec<&str> = failed.map(|(name, _)| name.as_str()).collect();
            format!("{date}: {} failed, the others are done", failed.join(", "))
        }
    }
}

fn steps_grid(data: &PostMarketData) -> Grid {
    let mut columns = vec![
        Column::fixed("step", "Step", 0),
        Column::fixed("status", "Status", 0),
        Column::text("what", "What", 0),
    ];
    if let Some((date, _)) = &data.previous {
        columns.push(Column::text("before", &format!("On {date}"), 1));
    }
    let rows = data.steps().iter().map(|(name, step)| {
        let status = step.status.as_str().to_owned();
        let mut row = vec![Cell::Text(name.clone()), Cell::Text(status), Cell::Text(step.said().to_owned())];
        if data.previous.is_some() {
            let old = before(data, name);
            row.push(old.map_or(Cell::Absent, |step| Cell::Text(step.said().to_owned())));
        }
        row
    });
    Grid { title: None, columns, rows: rows.collect(), empty: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_all_failed_are_not_said_to_be_done() {
        let failed = |name: &str| (name.to_owned(), DayStep::failed("x".into()));
        let said = |status: DayStatus, steps: Vec<(String, DayStep)>| {
            let file = PostMarketFile {
                steps: Some(DaySteps(steps)),
                ..PostMarketFile::new("2019-02-15".into(), String::new(), status)
            };
            let data = PostMarketData { date: "2019-02-15".into(), file: Some(file), previous: None };
            post_market_view(&data).lead.remove(0)
        };
        let both = vec![failed("retrain"), failed("size")];
        assert_eq!(said(DayStatus::Failed, both), "2019-02-15: all of 2 steps failed");
        let some = vec![failed("retrain"), ("size".into(), DayStep::done("x".into(), Map::new()))];
        assert_eq!(said(DayStatus::Partial, some), "2019-02-15: retrain failed, the others are done");
    }
}
