//! `report sectors`: which sectors' results turned.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::interval_bar::{axis, interval_bar};
use super::text::plural;
use crate::metrics::{
    ROTATION_DAYS, ROTATION_SPAN, ROTATION_TRADES, RotationVerdict, SectorRotation, SectorSpan,
};

/// Letters of an interval.
const BAR: usize = 15;

fn before() -> u16 {
    ROTATION_SPAN - ROTATION_DAYS
}

fn sentence(sector: &SectorRotation) -> Option<String> {
    let (gap, (low, high)) = sector.change?;
    Some(format!(
        "{} is {}: {:+.3} % a trade against the {} days before ({:+.3} to {:+.3} %; n {} and {})",
        sector.sector,
        sector.verdict.as_str(),
        gap * 100.0,
        before(),
        low * 100.0,
        high * 100.0,
        sector.newer.trades,
        sector.older.trades
    ))
}

/// What is said of the sectors that fall, a sentence each.
pub fn falling_sentences(sectors: &[SectorRotation]) -> Vec<String> {
    sectors.iter().filter(|sector| sector.verdict == RotationVerdict::Falling).filter_map(sentence).collect()
}

fn lead(sectors: &[SectorRotation], trades: usize) -> Vec<String> {
    if trades == 0 {
        return vec![format!(
            "No trades in the last {ROTATION_SPAN} days: the engine records them with `dtlearn record-exit`."
        )];
    }
    if sectors.is_empty() {
        return vec![format!(
            "No trade of the last {ROTATION_SPAN} days says its sector: record it as `sector` with the exit or its signal, or set it by symbol in `[instruments]`."
        )];
    }
    let named = |sector: &&SectorRotation| {
        matches!(sector.verdict, RotationVerdict::Rising | RotationVerdict::Falling)
    };
    let judged = sectors.iter().filter(|sector| sector.change.is_some()).count() as u64;
    let said: Vec<String> = sectors.iter().filter(named).filter_map(sentence).collect();
    match judged {
        0 => vec![format!(
            "No sector can be judged yet: it takes {ROTATION_TRADES} trades in two sessions of the last {ROTATION_DAYS} days, and as many in the {} before",
            before()
        )],
        _ if said.is_empty() => {
            vec![format!(
                "No sector has clearly turned in the last {ROTATION_DAYS} days: {} compared",
                plural(judged, "sector")
            )]
        }
        _ => said,
    }
}

fn mean(span: &SectorSpan) -> Option<f64> {
    span.mean.as_ref().ok().map(|mean| mean.value)
}

fn grid(sectors: &[SectorRotation]) -> Grid {
    let reach = axis(sectors.iter().map(|sector| (sector.change.map(|c| c.0), sector.change.map(|c| c.1))));
    let change = |value: Option<f64>| value.map_or(Cell::Absent, Cell::Change);
    let row = |sector: &SectorRotation| {
        let interval = sector.change.map(|change| change.1);
        vec![
            Cell::Text(sector.sector.clone()),
            Cell::Count(sector.newer.trades),
            change(mean(&sector.newer)),
            Cell::Count(sector.older.trades),
            change(mean(&sector.older)),
            change(sector.change.map(|change| change.0)),
            Cell::Text(interval.map_or_else(String::new, |_| {
                interval_bar(sector.change.map(|change| change.0), interval, reach, BAR)
            })),
            Cell::Text(sector.verdict.as_str().into()),
            change(sector.shrunk),
            change(interval.map(|interval| interval.0)),
            change(interval.map(|interval| interval.1)),
            Cell::Money(sector.newer.pnl),
        ]
    };
    Grid {
        title: None,
        columns: vec![
            Column::text("sector", "Sector", 0),
            Column::number("trades", &format!("n {ROTATION_DAYS} d"), 0),
            Column::number("mean_pct", "Mean", 0),
            Column::number("trades_before", "n before", 1),
            Column::number("mean_before_pct", "Before", 0),
            Column::number("change_pct", "Change", 0),
            Column::fixed("interval", "95 % interval", 1),
            Column::fixed("verdict", "Verdict", 0),
            Column::number("shrunk_pct", "Shrunk", 2),
            Column::number("low", "from", 3),
            Column::number("high", "to", 3),
            Column::number("pnl", "P&L", 3),
        ],
        rows: sectors.iter().map(row).collect(),
        empty: String::new(),
    }
}

fn sector_json(sector: &SectorRotation) -> Json {
    let span =
        |span: &SectorSpan| json!({"trades": span.trades, "expectancy_pct": mean(span), "pnl": span.pnl});
    json!({
        "sector": sector.sector,
        "newer": span(&sector.newer),
        "older": span(&sector.older),
        "change_pct": sector.change.map(|change| change.0),
        "change_low": sector.change.map(|change| change.1.0),
        "change_high": sector.change.map(|change| change.1.1),
        "shrunk_pct": sector.shrunk,
        "verdict": sector.verdict.as_str(),
    })
}

/// Builds the view of the sectors among so many trades.
pub fn sectors_view(sectors: &[SectorRotation], trades: usize) -> View {
    let mut view = View { name: "report.sectors", lead: lead(sectors, trades), ..View::default() };
    if !sectors.is_empty() {
        view.grids.push(grid(sectors));
        view.notes.push(format!(
            "Mean result of a trade in the last {ROTATION_DAYS} days and in the {} before, with the 95 % interval of the change by session; │ is zero. All sectors count against each other: at most one in twenty that is named is chance. Shrunk is the newer mean, drawn to that of all sectors by as much as chance makes them differ.",
            before()
        ));
    }
    view.records = grid(sectors).without("interval");
    view.payload.insert("days".into(), ROTATION_DAYS.into());
    view.payload.insert("days_before".into(), before().into());
    view.payload.insert("sectors".into(), sectors.iter().map(sector_json).collect::<Vec<_>>().into());
    view
}
