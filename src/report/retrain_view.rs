//! `retrain`: is there a new model, and why or why not.

use serde_json::{Map, Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::model_grids::{importances_grid, judged_grid};
use super::text::{e_value, plural};
use crate::decide::{ShownSkill, Trigger};
use crate::learn::{Training, Validation};
use crate::stats::evidence::ENOUGH;
use crate::wire::DayStep;

/// How it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetrainStatus {
    /// A new model is in use.
    Deployed,
    /// It did not pass the gate.
    Rejected,
    /// Nothing was trained.
    #[default]
    Skipped,
    /// It is time, and only that was asked.
    Due,
    /// The model before is in use again.
    RolledBack,
    /// The model in use was worse than the base rate: none is in use now.
    Retired,
}

impl RetrainStatus {
    /// The word in files and payloads.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deployed => "deployed",
            Self::Rejected => "rejected",
            Self::Skipped => "skipped",
            Self::Due => "due",
            Self::RolledBack => "rolled_back",
            Self::Retired => "retired",
        }
    }
}

/// What there is to tell.
#[derive(Clone, Debug, Default)]
pub struct RetrainData {
    /// How it ended.
    pub status: RetrainStatus,
    /// What decided.
    pub reason: String,
    /// What called for it.
    pub triggers: Vec<Trigger>,
    /// Whether nothing was written.
    pub read_only: bool,
    /// Whether only the triggers were asked for.
    pub check: bool,
    /// Labelled rows.
    pub rows: u64,
    /// Their sessions.
    pub sessions: u64,
    /// Of the new model, held out.
    pub accuracy_new: Option<f64>,
    /// Of the model in use, or of guessing the majority.
    pub accuracy_old: Option<f64>,
    /// Of the new model, in training.
    pub accuracy_train: f64,
    /// Whether there was a model in use.
    pub has_champion: bool,
    /// Share of good outcomes in training.
    pub base_rate: f64,
    /// The version.
    pub version: Option<String>,
    /// About how many more held-out rows it takes to tell.
    pub more_rows: Option<u64>,
    /// About how many more sessions it takes to tell.
    pub more_sessions: Option<u64>,
    /// Whether the challenger in shadow was put into use.
    pub promoted: bool,
    /// Whether what was refused is in shadow now.
    pub in_shadow: bool,
    /// What sessions have shown of skill.
    pub skill: Option<ShownSkill>,
    /// What it was trained on.
    pub training: Option<Training>,
    /// How it was judged.
    pub validation: Option<Validation>,
    /// Share of each feature in the gain of all splits, the largest first.
    pub importances: Vec<(String, f64)>,
}

/// Importances that a table shows.
const SHOWN: usize = 10;

/// How it ended and why, in a sentence.
pub fn retrain_sentence(data: &RetrainData) -> String {
    let would = if data.read_only { "would be " } else { "" };
    let version = data.version.as_deref().unwrap_or("–");
    match data.status {
        RetrainStatus::Deployed if data.promoted => {
            format!("Model {version}, until now in shadow, is in use: {}", data.reason)
        }
        RetrainStatus::Deployed => format!("Model {version} {would}deployed: it passed the gate"),
        RetrainStatus::Rejected => {
            let rows = data.more_rows.map(|more| plural(more, "held-out row"));
            let more = rows.or_else(|| data.more_sessions.map(|more| plural(more, "session")));
            let more = more.map(|more| format!(" About {more} more."));
            format!("Model {version} {would}rejected: {}.{}", data.reason, more.unwrap_or_default())
        }
        RetrainStatus::Skipped => format!("Not retrained: {}.", data.reason),
        RetrainStatus::Due => format!(
            "A retrain is due: {}",
            data.triggers.iter().map(|t| t.why.as_str()).collect::<Vec<_>>().join("; ")
        ),
        RetrainStatus::RolledBack => format!("Model {version} is in use again: {}", data.reason),
        RetrainStatus::Retired => {
            format!("Model {version} is retired and no model is in use: {}", data.reason)
        }
    }
}

fn span(from: &str, until: &str) -> String {
    if from == until { from.to_owned() } else { format!("{from} to {until}") }
}

/// Why it was tried, on what, and what skill all attempts have shown together.
fn circumstances(data: &RetrainData) -> Vec<String> {
    let mut said = Vec::new();
    if data.status != RetrainStatus::Due && !data.triggers.is_empty() {
        let why: Vec<&str> = data.triggers.iter().map(|trigger| trigger.why.as_str()).collect();
        said.push(format!("Why now: {}", why.join("; ")));
    }
    if data.rows > 0 {
        said.push(format!("{} from {}", plural(data.rows, "labelled row"), plural(data.sessions, "session")));
    }
    said.extend(data.skill.map(|skill| {
        format!(
            "Skill over all attempts: E {} after {}, at most {}; it takes {ENOUGH:.0}",
            e_value(skill.e),
            plural(skill.sessions, "session"),
            e_value(skill.peak)
        )
    }));
    said
}

/// On what it was trained and judged.
fn judged_on(training: &Training, validation: &Validation) -> String {
    let [trades, missed, picks] = training.sources;
    format!(
        "Trained on {} of {} ({}, {}, {}), {}",
        plural(training.rows, "row"),
        span(&training.from, &training.until),
        plural(trades, "trade"),
        plural(missed, "missed signal"),
        plural(picks, "untraded signal"),
        if validation.held_out.n == 0 {
            "with no newer rows to judge on that the model in use has not been trained on".to_owned()
        } else {
            let rows = plural(validation.held_out.n, "row");
            format!("judged on {rows} of {}", span(&validation.from, &validation.until))
        }
    )
}

fn triggers_json(data: &RetrainData) -> Json {
    data.triggers.iter().map(|t| json!({"name": t.name, "why": t.why})).collect::<Vec<_>>().into()
}

/// What a day's report keeps of it. A step has a status of its own, so that of the retrain is its result.
pub fn retrain_step(data: &RetrainData) -> DayStep {
    let mut details = Map::new();
    let mut add = |key: &str, value: Json| details.insert(key.into(), value);
    add("triggers", triggers_json(data));
    add("accuracy_new", data.accuracy_new.into());
    add("accuracy_old", data.accuracy_old.into());
    add("reason", data.reason.as_str().into());
    add("version", data.version.as_deref().into());
    add("rows", data.rows.into());
    let mut step = DayStep::done(retrain_sentence(data), details);
    // A gate that opened and evidence that put aside its refusal are not the same.
    step.result = Some(if data.promoted { "promoted" } else { data.status.as_str() }.to_owned());
    step
}

fn payload(data: &RetrainData) -> Map<String, Json> {
    let skill = data.skill.map(|skill| json!({"sessions": skill.sessions, "e": skill.e, "peak": skill.peak}));
    let mut payload = Map::new();
    let mut add = |key: &str, value: Json| payload.insert(key.into(), value);
    add("status", data.status.as_str().into());
    add("triggers", triggers_json(data));
    add("validation", json!(data.validation));
    add("training", json!(data.training));
    add("skill", skill.into());
    add("in_shadow", data.in_shadow.into());
    add("promoted", data.promoted.into());
    add("accuracy_new", data.accuracy_new.into());
    add("accuracy_old", data.accuracy_old.into());
    add("reason", data.reason.as_str().into());
    add("version", data.version.as_deref().into());
    add("rows", data.rows.into());
    add("sessions", data.sessions.into());
    add("more_rows", data.more_rows.into());
    add("dry_run", data.read_only.into());
    payload
}

/// Builds the view.
pub fn retrain_view(data: &RetrainData) -> View {
    let mut view = View { name: "retrain", lead: vec![retrain_sentence(data)], ..View::default() };
    view.lead.extend(circumstances(data));
    let why: Vec<&str> = data.triggers.iter().map(|trigger| trigger.name).collect();
    view.records = Grid {
        columns: ["status", "reason", "triggers", "version"].map(|key| Column::text(key, key, 0)).into(),
        rows: vec![vec![
            Cell::Text(data.status.as_str().into()),
            Cell::Text(data.reason.clone()),
            Cell::Text(why.join(" ")),
            Cell::text(data.version.as_deref()),
        ]],
        ..Grid::default()
    };
    if let (Some(training), Some(validation)) = (&data.training, &data.validation) {
        view.lead.push(judged_on(training, validation));
        let judged = judged_grid(validation, ["challenger", "champion"]);
        view.grids.push(judged.clone());
        view.records = Grid { title: None, ..judged };
        let looked_at = importances_grid(&data.importances, SHOWN);
        if !looked_at.rows.is_empty() {
            view.grids.push(looked_at);
        }
    }
    if data.in_shadow {
        view.notes.push(
            "It is the challenger now, in shadow of the model in use: `dtlearn score` gives its probability too, and `dtlearn report model` says how it does."
                .into(),
        );
    }
    if data.read_only && !data.check {
        view.notes.push("Nothing was written.".into());
    }
    view.payload = payload(data);
    view
}
