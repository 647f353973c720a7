//! `doctor`: what was found and what was repaired, with the next command.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::health_view::HealthCheck;
use super::text::plural;
use crate::store::{Log, Repaired, Sealed};

/// What there is to tell.
#[derive(Clone, Debug, Default)]
pub struct DoctorData {
    /// What is not as it should be, in the order of the files.
    pub checks: Vec<HealthCheck>,
    /// Rows of each log.
    pub rows: Vec<(Log, u64)>,
    /// What was repaired; none where nothing was to be.
    pub repaired: Option<RepairReport>,
}

/// What was mended.
#[derive(Clone, Debug, Default)]
pub struct RepairReport {
    /// Logs that were written anew.
    pub repaired: Vec<(Log, Repaired)>,
    /// Logs that were packed.
    pub sealed: Vec<(Log, Sealed)>,
    /// The brain file, where it was made anew.
    pub brain: Option<RebuiltBrain>,
    /// Temporary files that a killed command had left.
    pub swept: u64,
    /// What else to know, one sentence each.
    pub warnings: Vec<String>,
}

/// A brain file that was mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuiltBrain {
    /// Knobs with a common value that was taken from the record of changes.
    pub knobs: u64,
    /// Symbols with values of their own that were taken from it.
    pub symbols: u64,
    /// Whether the file could be read as a whole, and all that is not damaged stayed.
    pub is_kept: bool,
    /// The damaged file as it was; none where it was gone.
    pub original: Option<PathBuf>,
    /// What of the record could not be used, a sentence each.
    pub warnings: Vec<String>,
}

/// What was done, a sentence each.
fn repair_sentences(repaired: &RepairReport) -> Vec<String> {
    let mut said = Vec::new();
    for (log, repaired) in &repaired.repaired {
        said.push(format!(
            "{} rewritten: {} kept, {} recovered, {} set aside, {} dropped, {} lost",
            log.file_name(),
            repaired.kept,
            repaired.salvaged,
            repaired.set_aside,
            plural(repaired.dropped, "duplicate"),
            plural(repaired.lost_bytes, "byte"),
        ));
        said.push(format!("  as it was: {}", repaired.original.display()));
        if let Some(aside) = &repaired.aside {
            let aside = aside.display();
            said.push(format!("  set aside, because no checksum confirms them: {aside}"));
            said.push(format!("  check them, then store the good ones with `dtlearn import {aside}`"));
        }
    }
    if let Some(brain) = &repaired.brain {
        let (knobs, symbols) = (plural(brain.knobs, "knob"), plural(brain.symbols, "symbol"));
        let how = if brain.is_kept { "damaged values of the brain file were" } else { "the brain file was" };
        said.push(format!(
            "{how} made anew from knob_adjustments.jsonl: {knobs}, {symbols} with values of their own"
        ));
        if let Some(original) = &brain.original {
            said.push(format!("  as it was: {}", original.display()));
            let rest = "  what else your engine kept in it is only there";
            said.extend((!brain.is_kept).then(|| rest.to_owned()));
        }
    }
    for (log, sealed) in &repaired.sealed {
        let (before, after) = (sealed.before, sealed.after);
        let members = plural(sealed.members, "member");
        said.push(format!("{}: {members} packed, {before} bytes before, {after} now", log.file_name()));
    }
    if repaired.swept > 0 {
        said.push(format!("{} removed", plural(repaired.swept, "stale temporary file")));
    }
    said
}

/// The commands that would mend what was found, each once, those that repair first.
fn remedies(checks: &[HealthCheck]) -> Vec<&str> {
    let mut remedies: Vec<&str> = checks.iter().filter_map(|check| check.remedy.as_deref()).collect();
    remedies.sort_by_key(|remedy| !remedy.contains("--repair"));
    let mut seen: Vec<&str> = Vec::new();
    remedies.retain(|remedy| {
        !seen.contains(remedy) && {
            seen.push(remedy);
            true
        }
    });
    // --normalize repairs too, so that one command does both.
    if remedies.iter().any(|remedy| remedy.ends_with("--normalize")) {
        remedies.retain(|remedy| *remedy != "dtlearn doctor --repair");
    }
    remedies
}

const fn word(check: &HealthCheck) -> &'static str {
    if check.is_damage { "damage" } else { "warning" }
}

fn findings_grid(checks: &[HealthCheck]) -> Grid {
    let row = |check: &HealthCheck| {
        let texts = [word(check), &check.place, &check.what];
        texts
            .iter()
            .map(|t| Cell::Text((*t).to_owned()))
            .chain([Cell::text(check.remedy.as_deref())])
            .collect()
    };
    Grid {
        columns: ["severity", "place", "what", "remedy"].map(|key| Column::text(key, key, 0)).into(),
        rows: checks.iter().map(row).collect(),
        ..Grid::default()
    }
}

/// How it stands, in a line.
fn headline(data: &DoctorData, damaged: u64, warnings: u64) -> String {
    let rows: Vec<String> = data
        .rows
        .iter()
        .map(|(log, rows)| format!("{} in {}", plural(*rows, "record"), log.file_name()))
        .collect();
    let looked = if rows.is_empty() { "nothing recorded yet".to_owned() } else { rows.join(", ") };
    match (damaged, warnings) {
        (0, 0) => format!("No problems found: {looked}"),
        (0, _) => format!("{}, nothing is damaged: {looked}", plural(warnings, "warning")),
        _ => format!("{} of damage, {}: {looked}", plural(damaged, "finding"), plural(warnings, "warning")),
    }
}

/// Builds the view.
pub fn doctor_view(data: &DoctorData) -> View {
    let checks = &data.checks;
    let damaged = checks.iter().filter(|check| check.is_damage).count() as u64;
    let warnings = checks.len() as u64 - damaged;
    let repaired = data.repaired.as_ref().map(repair_sentences).unwrap_or_default();
    let told = |check: &HealthCheck| format!("{:7} {}: {}", word(check), check.place, check.what);
    let mut lines = repaired.clone();
    lines.extend(checks.iter().map(told));
    lines.extend(remedies(checks).iter().map(|remedy| format!("repair with: {remedy}")));
    let lead = vec![headline(data, damaged, warnings)];
    let mut view = View { name: "doctor", lead, lines, ..View::default() };
    let status = match (damaged, warnings) {
        (0, 0) => "well",
        (0, _) => "warnings",
        _ => "damaged",
    };
    let findings: Vec<Json> = checks
        .iter()
        .map(|check| json!({"severity": word(check), "place": check.place, "what": check.what, "remedy": check.remedy}))
        .collect();
    let counts = data.rows.iter().map(|(log, rows)| (log.word().to_owned(), Json::from(*rows)));
    view.payload.insert("status".into(), status.into());
    view.payload.insert("findings".into(), findings.into());
    view.payload.insert("rows".into(), Json::Object(counts.collect()));
    view.payload.insert("repaired".into(), repaired.into());
    view.records = findings_grid(checks);
    view
}
