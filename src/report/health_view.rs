//! `report health`: the answer in a line, then what needs attention.

use serde_json::{Value as Json, json};

use super::engine_text::{engine_json, engine_lines};
use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::domain::Timestamp;
use crate::metrics::EngineResults;
use crate::store::Log;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// Whether something is damaged; else it is a warning.
    pub is_damage: bool,
    /// The file, and where in it.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// The next command.
    pub remedy: Option<String>,
}

/// What there is to tell.
#[derive(Clone, Debug)]
pub struct HealthData {
    /// What needs attention, in the order of the files.
    pub checks: Vec<HealthCheck>,
    /// What the engine's trades come to.
    pub results: EngineResults,
    /// The days of that.
    pub days: u16,
    /// The account's currency.
    pub currency: String,
    /// The moment that it speaks of.
    pub now: Timestamp,
    /// Rows of each log.
    pub rows: Vec<(Log, u64)>,
}

/// A finding in lines to copy from: a path or a command that is cut short is of no use, so that each has its own.
pub(super) fn check_lines(check: &HealthCheck) -> Vec<String> {
    let word = if check.is_damage { "damage " } else { "warning" };
    let next = check.remedy.as_ref().map(|remedy| format!("        next: {remedy}"));
    let mut lines = vec![format!("{word} {}", check.what)];
    lines.push(format!("        {}", check.place));
    lines.extend(next);
    lines
}

/// A finding as payloads give it.
pub(super) fn check_json(check: &HealthCheck) -> Json {
    json!({
        "severity": if check.is_damage { "damage" } else { "warning" },
        "what": check.what,
        "place": check.place,
        "remedy": check.remedy,
    })
}

/// Builds the view: the engine's results of so many days, then the store.
pub fn health_view(data: &HealthData) -> View {
    let HealthData { checks, results, days, currency, now, rows: of_logs } = data;
    let damaged = checks.iter().filter(|check| check.is_damage).count() as u64;
    let warnings = checks.len() as u64 - damaged;
    let status = match (damaged, warnings) {
        (0, 0) => "ok",
        (0, _) => "warning",
        _ => "critical",
    };
    let mut view = View { name: "report.health", ..View::default() };
    // The account comes before the files.
    view.lead = engine_lines(results, *days, currency);
    if let Some(first) = view.lead.first_mut() {
        first.insert_str(0, "The engine ");
    }
    view.lead.push(match status {
        "ok" => "The store is healthy: nothing needs attention".into(),
        "warning" => format!("{}, nothing is damaged", plural(warnings, "warning")),
        _ => format!("{} of damage, {}", plural(damaged, "finding"), plural(warnings, "warning")),
    });
    let rows = checks.iter().map(|check| {
        vec![
            Cell::Text(if check.is_damage { "damage" } else { "warning" }.into()),
            Cell::Text(check.what.clone()),
            Cell::text(check.remedy.as_deref()),
            Cell::Text(check.place.clone()),
        ]
    });
    let grid = Grid {
        title: None,
        columns: vec![
            Column::fixed("severity", "", 0),
            Column::text("what", "What", 0),
            Column::text("remedy", "Next", 0),
            Column::text("place", "Where", 1),
        ],
        rows: rows.collect(),
        empty: String::new(),
    };
    view.records = grid;
    view.lines = checks.iter().flat_map(check_lines).collect();
    view.payload.insert("engine".into(), engine_json(results, *days));
    view.payload.insert("status".into(), status.into());
    view.payload.insert("checks".into(), checks.iter().map(check_json).collect::<Vec<_>>().into());
    view.payload.insert("timestamp".into(), now.to_string().into());
    let rows = of_logs.iter().map(|(log, rows)| (log.word().to_owned(), json!(rows)));
    view.payload.insert("rows".into(), Json::Object(rows.collect()));
    view
}
