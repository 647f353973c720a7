//! `doctor`.

use clap::Args;
use serde_json::{Value as Json, json};

use crate::app::{Examination, RepairReport, Severity, examine, repair_logs};
use crate::cli::error::CliError;
use crate::cli::exit_code::ExitStatus;
use crate::cli::invocation::{Invocation, answer, need_store};
use crate::report::{Cell, Column, Grid, View, plural};

/// What to mend.
#[derive(Debug, Args)]
#[command(after_long_help = concat!("Examples:\n  dtlearn doctor\n  dtlearn doctor --repair\n\n", include_str!("../exit_status.txt")))]
pub struct DoctorArgs {
    /// Write damaged files anew; the originals are kept in .dtlearn/quarantine
    #[arg(long)]
    pub(in crate::cli) repair: bool,
    /// With --repair: turn NaN and the infinities, which Python writes, into null
    #[arg(long, requires = "repair")]
    pub(in crate::cli) normalize: bool,
    /// Pack the logs into blocks now
    #[arg(long)]
    pub(in crate::cli) seal: bool,
}

pub(super) fn run(args: &DoctorArgs, call: &mut Invocation<'_, '_>) -> Result<ExitStatus, CliError> {
    need_store(call)?;
    let mut said = Vec::new();
    if args.repair || args.seal {
        let repaired = repair_logs(&call.context, args.repair, args.normalize, args.seal)?;
        for warning in &repaired.warnings {
            call.notes.warning(warning);
        }
        said = repair_sentences(&repaired);
    }
    let examined = examine(&call.context)?;
    let mut view = view_of(&examined);
    view.payload.insert("repaired".into(), said.clone().into());
    said.append(&mut view.lines);
    view.lines = said;
    answer(call, &view)?;
    Ok(match examined.worst() {
        Some(Severity::Damage) => ExitStatus::Damaged,
        Some(Severity::Warning) => ExitStatus::Part,
        None => ExitStatus::Done,
    })
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
fn remedies(examined: &Examination) -> Vec<&str> {
    let mut remedies: Vec<&str> =
        examined.findings.iter().filter_map(|finding| finding.remedy.as_deref()).collect();
    remedies.sort_by_key(|remedy| !remedy.contains("--repair"));
    remedies.dedup();
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

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Damage => "damage ",
        Severity::Warning => "warning",
    }
}

fn findings_grid(examined: &Examination) -> Grid {
    let row = |f: &crate::app::Finding| {
        let texts = [word(f.severity).trim(), &f.place, &f.what];
        texts.iter().map(|t| Cell::Text((*t).to_owned())).chain([Cell::text(f.remedy.as_deref())]).collect()
    };
    Grid {
        columns: ["severity", "place", "what", "remedy"].map(|key| Column::text(key, key, 0)).into(),
        rows: examined.findings.iter().map(row).collect(),
        ..Grid::default()
    }
}

fn view_of(examined: &Examination) -> View {
    let of =
        |severity| examined.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    let (damaged, warnings) = (of(Severity::Damage), of(Severity::Warning));
    let rows: Vec<String> = examined
        .rows
        .iter()
        .map(|(log, rows)| format!("{} in {}", plural(*rows, "record"), log.file_name()))
        .collect();
    let looked = if rows.is_empty() { "nothing recorded yet".to_owned() } else { rows.join(", ") };
    let lead = vec![match (damaged, warnings) {
        (0, 0) => format!("No problems found: {looked}"),
        (0, _) => format!("{}, nothing is damaged: {looked}", plural(warnings, "warning")),
        _ => format!("{} of damage, {}: {looked}", plural(damaged, "finding"), plural(warnings, "warning")),
    }];
    let told = |f: &crate::app::Finding| format!("{} {}: {}", word(f.severity), f.place, f.what);
    let mut lines: Vec<String> = examined.findings.iter().map(told).collect();
    let remedies = remedies(examined);
    lines.extend(remedies.iter().map(|remedy| format!("repair with: {remedy}")));
    let mut view = View { name: "doctor", lead, lines, ..View::default() };
    let findings: Vec<Json> = examined
        .findings
        .iter()
        .map(|f| json!({"severity": word(f.severity).trim(), "place": f.place, "what": f.what, "remedy": f.remedy}))
        .collect();
    let counts = examined.rows.iter().map(|(log, rows)| (log.word().to_owned(), Json::from(*rows)));
    view.payload.insert(
        "status".into(),
        if damaged > 0 {
            "damaged"
        } else if warnings > 0 {
            "warnings"
        } else {
            "well"
        }
        .into(),
    );
    view.payload.insert("findings".into(), findings.into());
    view.payload.insert("rows".into(), Json::Object(counts.collect()));
    view.records = findings_grid(examined);
    view
}
