//! `report experiments`: the verdict with its arms, and how it came to it.

use serde_json::{Value as Json, json};

use super::experiment_charts::path_lines;
use super::experiment_data::ExperimentData;
use super::experiment_plan_view::plan_json;
use super::experiment_text::{each, lead, notes};
use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::decide::Compared;
use crate::domain::{Experiment, ExperimentMetric, ExperimentUnit};

/// Characters of an arm's name over its chart.
const NAME_SHOWN: usize = 40;

/// The answer on one experiment.
pub fn experiment_view(data: &ExperimentData) -> View {
    let mut view =
        View { name: "report.experiments", lead: lead(data), notes: notes(data), ..View::default() };
    for (arm, compared) in data.experiment.arms()[1..].iter().zip(&data.compared) {
        if data.compared.len() > 1 {
            view.lines.push(arm.name.chars().take(NAME_SHOWN).collect());
        }
        view.lines.extend(path_lines(compared));
    }
    view.grids.push(arms_grid(data));
    view.records = all_grid(std::slice::from_ref(data));
    view.payload.insert("experiments".into(), json!([standing_json(data)]));
    view
}

/// The answer on all of them.
pub fn experiments_view(all: &[ExperimentData]) -> View {
    let mut view = View { name: "report.experiments", ..View::default() };
    let running = all.iter().filter(|data| data.stopped.is_none()).count();
    view.lead.push(match all.len() {
        0 => "No experiment is on record: `dtlearn experiment plan` makes one".into(),
        count => format!("{}, {running} running", plural(count as u64, "experiment")),
    });
    let grid = all_grid(all);
    view.records = grid.clone();
    if !all.is_empty() {
        view.grids.push(grid);
        view.notes.push("`dtlearn report experiments NAME` shows one of them whole.".into());
    }
    view.payload.insert("experiments".into(), all.iter().map(standing_json).collect::<Vec<_>>().into());
    view
}

fn arms_grid(data: &ExperimentData) -> Grid {
    let each = each(&data.experiment);
    let units = match data.experiment.assignment.unit {
        ExperimentUnit::Signal | ExperimentUnit::Shadow => "Signals",
        ExperimentUnit::Session => "Sessions",
        ExperimentUnit::SymbolSession => "Symbol sessions",
    };
    let columns = vec![
        Column::text("arm", "Arm", 0),
        Column::number("units", units, 0),
        Column::number("traded", "Traded", 0),
        Column::number("win_rate", "Win rate", 0),
        Column::number("mean", &format!("Mean {each}"), 0),
        Column::number("net_pnl", &format!("Net P&L ({})", data.currency), 1),
    ];
    let is_shadow = data.experiment.assignment.unit == ExperimentUnit::Shadow;
    let by_signal = data.experiment.assignment.unit.is_by_signal();
    let row = |(at, (arm, totals)): (usize, (&crate::domain::Arm, &crate::decide::ArmTotals))| {
        let per = if by_signal { totals.units } else { totals.sessions };
        let mean = (per > 0).then(|| totals.sum / per as f64);
        let name =
            if is_shadow && at == 1 { format!("{} (hypothetical)", arm.name) } else { arm.name.clone() };
        vec![
            Cell::Text(name),
            Cell::Count(totals.units),
            Cell::Count(totals.traded),
            (totals.traded > 0)
                .then(|| totals.wins as f64 / totals.traded as f64)
                .map_or(Cell::Absent, Cell::Share),
            mean.map_or(Cell::Absent, |mean| effect_cell(&data.experiment, mean)),
            if is_shadow && at == 1 { Cell::Absent } else { Cell::Money(totals.pnl) },
        ]
    };
    let rows = data.experiment.arms().iter().zip(&data.scored.arms).enumerate().map(row).collect();
    Grid { title: None, columns, rows, empty: String::new() }
}

fn effect_cell(experiment: &Experiment, value: f64) -> Cell {
    match experiment.metric {
        ExperimentMetric::NetPct => Cell::Change(value),
        ExperimentMetric::NetUsd => Cell::Money(value),
        ExperimentMetric::R => Cell::Ratio(value),
    }
}

fn all_grid(all: &[ExperimentData]) -> Grid {
    let columns = vec![
        Column::text("experiment", "Experiment", 0),
        Column::text("arm", "Arm", 0),
        Column::fixed("verdict", "Verdict", 0),
        Column::number("e", "E", 0),
        Column::number("needed_e", "of", 0),
        Column::number("sessions", "Sessions", 0),
        Column::number("sessions_planned", "planned", 2),
        Column::number("difference", "Difference", 0),
        Column::number("difference_low", "from", 1),
        Column::number("difference_high", "to", 1),
        Column::text("kept", "Kept", 1),
        Column::fixed("plan", "Plan", 3),
    ];
    let mut rows = Vec::new();
    for data in all {
        let experiment = &data.experiment;
        for (arm, found) in experiment.arms()[1..].iter().zip(&data.compared) {
            let effect =
                |value: Option<f64>| value.map_or(Cell::Absent, |value| effect_cell(experiment, value));
            rows.push(vec![
                Cell::Text(experiment.name().into()),
                Cell::Text(arm.name.clone()),
                Cell::Text(found.verdict.as_str().into()),
                if found.e.is_finite() { Cell::Ratio(found.e) } else { Cell::Absent },
                Cell::Ratio(found.needed_e),
                Cell::Count(data.scored.sessions),
                Cell::Count(experiment.needed.0),
                effect(found.mean),
                effect(found.interval.map(|interval| interval.0)),
                effect(found.interval.map(|interval| interval.1)),
                Cell::text(data.stopped.as_ref().map(|stopped| stopped.keep.as_str())),
                Cell::Text(experiment.hash.clone()),
            ]);
        }
    }
    Grid { title: None, columns, rows, empty: String::new() }
}

fn standing_json(data: &ExperimentData) -> Json {
    let compared = |(arm, found): (&crate::domain::Arm, &Compared)| {
        json!({
            "arm": arm.name,
            "verdict": found.verdict.as_str(),
            "e": found.e.is_finite().then_some(found.e),
            "needed_e": found.needed_e,
            "peak_e": found.peak.map(|peak| peak.0).filter(|peak| peak.is_finite()),
            "peak_on": found.peak.map(|peak| peak.1.to_string()),
            "difference": found.mean,
            "difference_uncut": found.plain_mean,
            "difference_low": found.interval.map(|interval| interval.0),
            "difference_high": found.interval.map(|interval| interval.1),
            "clipped": found.clipped,
            "path": found.path.iter().map(|point| json!({
                "session": point.session.to_string(),
                "e": point.e.is_finite().then_some(point.e),
                "difference": point.mean,
                "low": point.interval.map(|interval| interval.0),
                "high": point.interval.map(|interval| interval.1),
            })).collect::<Vec<_>>(),
        })
    };
    let totals = |(arm, totals): (&crate::domain::Arm, &crate::decide::ArmTotals)| {
        json!({
            "arm": arm.name, "units": totals.units, "sessions": totals.sessions, "traded": totals.traded,
            "wins": totals.wins, "net_pnl": totals.pnl, "sum": totals.sum,
        })
    };
    let scored = &data.scored;
    json!({
        "plan": plan_json(&data.experiment),
        "stopped": data.stopped,
        "sessions": scored.sessions,
        "compared": data.experiment.arms()[1..].iter().zip(&data.compared).map(compared).collect::<Vec<_>>(),
        "arms": data.experiment.arms().iter().zip(&scored.arms).map(totals).collect::<Vec<_>>(),
        "sample_ratio_e": data.ratio_e,
        "invalid": data.invalid,
        "signals_without_arm": scored.without_arm,
        "records_in_other_arm": scored.in_other_arm,
        "trades_without_risk": scored.without_risk,
        "sessions_waiting": scored.waiting,
        "crowded_out": scored.crowded_out,
        "running": data.running,
    })
}
