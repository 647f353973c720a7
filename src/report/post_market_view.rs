//! `post-market` and `report post-market`: what happened at the close, beside the day before.

use serde_json::{Map, Value as Json};

use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::domain::Date;

/// A step of the day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StepLine {
    /// Its name.
    pub name: String,
    /// `ok` or `failed`.
    pub status: String,
    /// What it did, or why it failed.
    pub said: String,
}

/// What there is to tell.
#[derive(Clone, Debug, Default)]
pub struct PostMarketData {
    /// The session's date.
    pub date: String,
    /// `ok`, `partial`, `failed`, `summary` when nothing but a summary was saved, or `missing` when there is no
    /// report.
    pub status: String,
    /// The session in sentences.
    pub session: Vec<String>,
    /// The steps in their order.
    pub steps: Vec<StepLine>,
    /// The date before and its steps.
    pub previous: Option<(String, Vec<StepLine>)>,
    /// The report as it is written.
    pub file: Map<String, Json>,
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
    let mut view = View { name: "report.post-market", payload: data.file.clone(), ..View::default() };
    view.payload.remove("schema");
    let failed: Vec<&str> =
        data.steps.iter().filter(|step| step.status != "ok").map(|step| step.name.as_str()).collect();
    view.lead.extend(data.session.iter().cloned());
    view.lead.push(outcome(data, &failed));
    if data.status == "missing" {
        view.payload.insert("status".into(), "missing".into());
        return view;
    }
    view.records = steps_grid(data);
    let wide = data.steps.iter().map(|step| step.name.len()).max().unwrap_or(0);
    for step in &data.steps {
        view.lines.push(format!("{:6} {:wide$}  {}", step.status, step.name, step.said));
        if let (Some(old), Some((date, _))) = (before(data, &step.name), &data.previous) {
            view.lines.push(format!("       {:wide$}  {date}: {}", "", old.said));
        }
    }
    let news = data.steps.iter().filter_map(|step| {
        let old = before(data, &step.name)?;
        (old.status != step.status).then(|| format!("{} was {}, now {}", step.name, old.status, step.status))
    });
    view.lead.extend(news);
    view.payload.insert("previous".into(), data.previous.as_ref().map(|(date, _)| date.as_str()).into());
    view
}

/// A step of the session before.
fn before<'d>(data: &'d PostMarketData, name: &str) -> Option<&'d StepLine> {
    let (_, steps) = data.previous.as_ref()?;
    steps.iter().find(|step| step.name == name)
}

/// How the run ended, in a sentence.
fn outcome(data: &PostMarketData, failed: &[&str]) -> String {
    match (data.status.as_str(), data.date.as_str()) {
        ("missing", "") => {
            "No post-market run yet: `dtlearn post-market --prices FILE` after the close makes the first."
                .into()
        }
        ("missing", date) => {
            format!("No post-market run on {date}: `dtlearn report post-market` shows the last one.")
        }
        ("summary", date) => {
            format!("{date}: only a summary was saved; `dtlearn post-market` does the day's work.")
        }
        ("ok", date) => format!("{date}: all of {} done", plural(data.steps.len() as u64, "step")),
        ("failed", date) => format!("{date}: all of {} failed", plural(data.steps.len() as u64, "step")),
        (_, date) => format!("{date}: {} failed, the others are done", failed.join(", ")),
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
    let rows = data.steps.iter().map(|step| {
        let mut row = vec![
            Cell::Text(step.name.clone()),
            Cell::Text(step.status.clone()),
            Cell::Text(step.said.clone()),
        ];
        if data.previous.is_some() {
            row.push(before(data, &step.name).map_or(Cell::Absent, |step| Cell::Text(step.said.clone())));
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
        let step = |name: &str, status: &str| StepLine {
            name: name.into(),
            status: status.into(),
            said: "x".into(),
        };
        let said = |status: &str, steps: Vec<StepLine>| {
            let data = PostMarketData {
                date: "2019-02-15".into(),
                status: status.into(),
                steps,
                ..PostMarketData::default()
            };
            post_market_view(&data).lead.remove(0)
        };
        let failed = vec![step("retrain", "failed"), step("size", "failed")];
        assert_eq!(said("failed", failed), "2019-02-15: all of 2 steps failed");
        let some = vec![step("retrain", "failed"), step("size", "ok")];
        assert_eq!(said("partial", some), "2019-02-15: retrain failed, the others are done");
    }
}
