//! `--where … --against …`: two groups of trades, or of missed signals, side by side, and what their difference is worth.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::{gain, plural};
use crate::metrics::{Compared, Comparison, DifferenceVerdict};

/// Two groups of trades, or of missed signals, and how they compare.
#[derive(Clone, Debug)]
pub struct CompareData {
    /// They are missed signals; else trades.
    pub missed: bool,
    /// The filters as they were written: of the first and the second group.
    pub filters: [String; 2],
    /// Days back; none for all.
    pub days: Option<u16>,
    /// Records that are in both groups and in neither side of the comparison.
    pub in_both: u64,
    /// The figures.
    pub compared: Vec<Comparison>,
    /// What to know about the filters.
    pub notes: Vec<String>,
    /// The account's currency.
    pub currency: String,
}

impl CompareData {
    const fn noun(&self) -> &'static str {
        if self.missed { "signal" } else { "trade" }
    }
}

fn cell(what: Compared, value: Option<f64>, signed: bool) -> Cell {
    let Some(value) = value else { return Cell::Absent };
    match what {
        Compared::WinRate if signed => Cell::Points(value),
        Compared::WinRate => Cell::Share(value),
        Compared::ExpectancyPct => Cell::Change(value),
        Compared::ExpectancyUsd => Cell::Money(value),
        Compared::ExpectancyR | Compared::MfeR | Compared::MaeR => Cell::Ratio(value),
        Compared::GiveBack => Cell::Change(value),
        Compared::Costs | Compared::EntrySlippage | Compared::StopSlippage | Compared::TargetSlippage => {
            Cell::Ratio(value * 1e4)
        }
    }
}

/// A figure in a sentence: its name, and a value of it.
fn figure(what: Compared, value: f64, currency: &str) -> String {
    match what {
        Compared::WinRate => format!("win rate by {:+.1} points", value * 100.0),
        Compared::ExpectancyPct => format!("mean result by {:+.3} %", value * 100.0),
        Compared::ExpectancyUsd => format!("mean result by {} {currency}", gain(value)),
        Compared::ExpectancyR => format!("mean result by {value:+.2} R"),
        Compared::MfeR => format!("best excursion by {value:+.2} R"),
        Compared::MaeR => format!("worst excursion by {value:+.2} R"),
        Compared::GiveBack => format!("what is given back by {:+.3} %", value * 100.0),
        Compared::Costs => format!("costs by {:+.1} bps", value * 1e4),
        Compared::EntrySlippage => format!("slippage of entries by {:+.1} bps", value * 1e4),
        Compared::StopSlippage => format!("slippage at stops by {:+.1} bps", value * 1e4),
        Compared::TargetSlippage => format!("slippage at targets by {:+.1} bps", value * 1e4),
    }
}

fn lead(data: &CompareData) -> Vec<String> {
    let [a, b] = [0, 1].map(|at| data.compared.first().map_or(0, |found| found.groups[at].1));
    let mut lead = vec![
        format!("A  {}: {}", data.filters[0], plural(a, data.noun())),
        format!("B  {}: {}", data.filters[1], plural(b, data.noun())),
    ];
    let clear: Vec<String> = data
        .compared
        .iter()
        .filter(|found| matches!(found.verdict, DifferenceVerdict::Higher | DifferenceVerdict::Lower))
        .filter_map(|found| Some(figure(found.what, found.difference.as_ref().ok()?.value, &data.currency)))
        .collect();
    lead.push(if !clear.is_empty() {
        format!("A differs from B: {}.", clear.join(", "))
    } else if data.compared.iter().all(|found| found.verdict == DifferenceVerdict::TooFew) {
        // Spans of dates never share a session.
        let sessions = if data.compared.iter().all(|found| found.between_sessions) {
            "5 sessions of either, since hardly any has both"
        } else {
            "5 sessions that have both"
        };
        format!("Too few {}s to tell A from B: a word takes 30 on either side, in {sessions}.", data.noun())
    } else {
        "No clear difference between A and B.".into()
    });
    lead
}

fn row(found: &Comparison, currency: &str) -> Vec<Cell> {
    let interval = found.difference.as_ref().ok().map(|difference| difference.interval());
    let name = match found.what {
        Compared::WinRate => "Win rate".to_owned(),
        Compared::ExpectancyPct => "Mean result".to_owned(),
        Compared::ExpectancyUsd => format!("Mean result ({currency})"),
        Compared::ExpectancyR => "Mean result (R)".to_owned(),
        Compared::MfeR => "Best excursion (R)".to_owned(),
        Compared::MaeR => "Worst excursion (R)".to_owned(),
        Compared::GiveBack => "Given back".to_owned(),
        Compared::Costs => "Costs (bps)".to_owned(),
        Compared::EntrySlippage => "Entry slippage (bps)".to_owned(),
        Compared::StopSlippage => "Stop slippage (bps)".to_owned(),
        Compared::TargetSlippage => "Target slippage (bps)".to_owned(),
    };
    let difference = found.difference.as_ref().ok().map(|difference| difference.value);
    vec![
        Cell::Text(name),
        cell(found.what, found.groups[0].0, false),
        Cell::Count(found.groups[0].1),
        cell(found.what, found.groups[1].0, false),
        Cell::Count(found.groups[1].1),
        cell(found.what, difference, true),
        cell(found.what, interval.map(|interval| interval.0), true),
        cell(found.what, interval.map(|interval| interval.1), true),
        found.e.map_or(Cell::Absent, |e| Cell::Ratio(e.min(1e9))),
        Cell::Text(found.verdict.as_str().into()),
    ]
}

/// Builds the view.
pub fn compare_view(data: &CompareData) -> View {
    let grid = Grid {
        title: None,
        columns: vec![
            Column::text("metric", "", 0),
            Column::number("a", "A", 0),
            Column::number("a_n", "n", 3),
            Column::number("b", "B", 0),
            Column::number("b_n", "n", 3),
            Column::number("difference", "A − B", 0),
            Column::number("low", "from", 1),
            Column::number("high", "to", 1),
            Column::number("e", "E", 2),
            Column::fixed("verdict", "A is", 0),
        ],
        rows: data.compared.iter().map(|found| row(found, &data.currency)).collect(),
        empty: String::new(),
    };
    let mut notes = data.notes.clone();
    notes.dedup();
    if data.in_both > 0 {
        notes.push(format!("{} in both A and B: left out.", plural(data.in_both, data.noun())));
    }
    if data.missed {
        notes.push("Only signals with prices are compared, by what each would have made after costs.".into());
    }
    notes.push(
        "from and to are the 95 % interval by session. A verdict needs E of 20 or more, corrected over the rows; E stays valid \
         however often this is asked."
            .into(),
    );
    if data.compared.iter().any(|found| found.between_sessions) {
        notes.push("Too few sessions hold both A and B: whole sessions are compared with each other.".into());
    }
    View {
        name: "report.compare",
        lead: lead(data),
        records: grid.clone(),
        grids: vec![grid],
        notes,
        payload: payload(data),
        ..View::default()
    }
}

fn payload(data: &CompareData) -> serde_json::Map<String, Json> {
    let compared: Vec<Json> = data
        .compared
        .iter()
        .map(|found| {
            let interval = found.difference.as_ref().ok().map(|difference| difference.interval());
            json!({
                "metric": found.what.key(),
                "a": found.groups[0].0,
                "a_n": found.groups[0].1,
                "b": found.groups[1].0,
                "b_n": found.groups[1].1,
                "difference": found.difference.as_ref().ok().map(|difference| difference.value),
                "difference_low": interval.map(|interval| interval.0),
                "difference_high": interval.map(|interval| interval.1),
                "e": found.e.filter(|e| e.is_finite()),
                "between_sessions": found.between_sessions,
                "verdict": found.verdict.as_str(),
            })
        })
        .collect();
    let mut out = serde_json::Map::new();
    out.insert("of".into(), if data.missed { "missed" } else { "trades" }.into());
    out.insert("where".into(), data.filters[0].as_str().into());
    out.insert("against".into(), data.filters[1].as_str().into());
    out.insert("days".into(), data.days.map_or(json!("all"), Json::from));
    out.insert("in_both".into(), data.in_both.into());
    out.insert("comparison".into(), compared.into());
    out
}
