//! `experiment plan`, `arm` and `stop`.

use serde_json::{Map, Value as Json, json};

use super::experiment_data::{ArmData, PlanData, StopData};
use super::experiment_text::{e_text, each, effect_text, shared_limits};
use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::domain::{Experiment, ExperimentUnit, KnobName};

/// The answer to `experiment plan`.
pub fn plan_view(data: &PlanData) -> View {
    let experiment = &data.experiment;
    let (name, each) = (experiment.name(), each(experiment));
    let arms: Vec<&str> = experiment.arms().iter().map(|arm| arm.name.as_str()).collect();
    let mut view = View { name: "experiment.plan", ..View::default() };
    view.lead.push(format!(
        "{name} {}: {} by {} {each}, from session {} on",
        if data.is_frozen { "is planned" } else { "would be planned" },
        arms.join(" against "),
        experiment.metric.as_str(),
        experiment.assignment.starts
    ));
    let d = experiment.min_effect / experiment.scale;
    view.lead.push(format!(
        "A session's difference without an effect varies by {} (deviation, from {}); an effect of {} is {d:.2} of it and takes about {} with a look after each, {} with one look at the end.",
        effect_text(experiment, experiment.scale, &data.currency),
        plural(data.past_sessions as u64, "session"),
        effect_text(experiment, experiment.min_effect, &data.currency),
        plural(experiment.needed.0, "session"),
        experiment.needed.1
    ));
    if data.is_frozen {
        view.lead.push(format!("Plan {} is frozen.", experiment.hash));
    } else {
        view.lead.push("Nothing was written.".into());
    }
    view.notes.extend(plan_notes(data));
    view.payload = plan_json(experiment);
    view.payload.insert("past_sessions".into(), data.past_sessions.into());
    view.payload.insert("frozen".into(), data.is_frozen.into());
    view.records = record_of(&view.payload);
    view
}

fn plan_notes(data: &PlanData) -> Vec<String> {
    let experiment = &data.experiment;
    let mut notes = vec![match experiment.assignment.unit {
        ExperimentUnit::Signal => "`dtlearn score` names the arm of each signal as \"variants\"; the engine sends \"experiment\" and \"variant\" with the signal, and its signal_id with the trade.".into(),
        ExperimentUnit::SymbolSession => format!("`dtlearn experiment arm {} --symbol SYMBOL` names the arm for a session; so does `dtlearn score` as \"variants\".", experiment.name()),
        ExperimentUnit::Session => format!("`dtlearn experiment arm {} --format env` gives the session's knobs: source it before the open.", experiment.name()),
        ExperimentUnit::Shadow => format!("{} is hypothetical: the engine sends each of its signals to `dtlearn track-missed` with \"experiment\" and \"variant\", and `dtlearn analyze --prices` prices them.", experiment.arms()[1].name),
    }];
    if experiment.needed.0 > experiment.max_sessions {
        notes.push(format!(
            "It ends after {} sessions, before the smallest effect would probably show.",
            experiment.max_sessions
        ));
    }
    let shared = shared_limits(experiment);
    if !shared.is_empty() {
        notes.push(format!("{} is one limit for all signals: arms that share it interfere. --unit session has no such effect.", shared.join(" and ")));
    }
    if experiment.arms().iter().any(|arm| (arm.share - experiment.arms()[0].share).abs() > 1e-9) {
        notes.push("Shares differ: of the larger arm as much counts as the smaller one has, so that a fair coin decides every sign.".into());
    }
    if data.others > 0 {
        notes.push(format!(
            "{} already: together each needs more evidence, and more sessions than alone.",
            if data.others == 1 {
                "Another experiment runs".into()
            } else {
                format!("{} others run", data.others)
            }
        ));
    }
    notes
}

/// The answer to `experiment arm`.
pub fn arm_view(data: &ArmData) -> View {
    let (experiment, arm) = (&data.experiment, &data.experiment.arms()[data.arm]);
    let mut view = View { name: "experiment.arm", ..View::default() };
    view.lead.push(format!("{}: arm {} for {}", experiment.name(), arm.name, data.of));
    if data.is_over {
        view.notes.push("The experiment was stopped: this is the arm that was kept.".into());
    }
    if data.is_before {
        view.notes.push(format!("The first session of the experiment is {}.", experiment.assignment.starts));
    }
    view.assignments = data
        .knobs
        .iter()
        .zip(KnobName::ALL)
        .map(|(value, knob)| (knob.as_str().to_owned(), value.to_string()))
        .collect();
    let knobs: Map<String, Json> =
        arm.knobs.iter().map(|(knob, value)| (knob.as_str().to_owned(), json!(value))).collect();
    let all: Map<String, Json> = data
        .knobs
        .iter()
        .zip(KnobName::ALL)
        .map(|(value, knob)| (knob.as_str().to_owned(), json!(value)))
        .collect();
    view.payload.insert("experiment".into(), experiment.name().into());
    view.payload.insert("variant".into(), arm.name.as_str().into());
    view.payload.insert("variant_share".into(), arm.share.into());
    view.payload.insert("unit".into(), experiment.assignment.unit.as_str().into());
    view.payload.insert("hash".into(), experiment.hash.as_str().into());
    view.records = record_of(&view.payload);
    view.payload.insert("arm_knobs".into(), Json::Object(knobs));
    view.payload.insert("knobs".into(), Json::Object(all));
    view
}

/// The answer to `experiment stop`.
pub fn stop_view(data: &StopData) -> View {
    let record = &data.record;
    let mut view = View { name: "experiment.stop", ..View::default() };
    view.lead.push(format!(
        "{} is stopped after {}: {} stays",
        record.name,
        plural(record.sessions, "session"),
        record.keep
    ));
    for (arm, word) in &record.words {
        let e = record.e.get(arm).map_or("–".to_owned(), |e| e_text(*e));
        view.lead.push(format!("{arm}: {word}, E {e}. Plan {}.", record.hash));
    }
    let settings: Vec<String> =
        data.knobs.iter().map(|(knob, value)| format!("--set {}={value}", knob.as_str())).collect();
    if !settings.is_empty() {
        view.notes
            .push(format!("Its knobs are not in force yet: `dtlearn brain-adjust {}`.", settings.join(" ")));
    }
    if let Ok(Json::Object(map)) = serde_json::to_value(record) {
        view.payload = map;
    }
    view.records = record_of(&view.payload);
    view
}

pub(super) fn plan_json(experiment: &Experiment) -> Map<String, Json> {
    match serde_json::to_value(crate::wire::PlanRecord::new(experiment)) {
        Ok(Json::Object(mut map)) => {
            // The hash of the plan as it was frozen, whatever it says now.
            map.insert("hash".into(), experiment.hash.as_str().into());
            map
        }
        _ => Map::new(),
    }
}

/// The scalars of a payload as one row.
fn record_of(payload: &Map<String, Json>) -> Grid {
    let mut grid = Grid::default();
    let mut row = Vec::new();
    for (key, value) in payload {
        let cell = match value {
            Json::String(text) => Cell::Text(text.clone()),
            Json::Number(number) => number.as_f64().map_or(Cell::Absent, Cell::Exact),
            Json::Bool(flag) => Cell::Text(flag.to_string()),
            Json::Null => Cell::Absent,
            Json::Array(_) | Json::Object(_) => continue,
        };
        grid.columns.push(Column::text(key, key, 0));
        row.push(cell);
    }
    grid.rows.push(row);
    grid
}
