//! `report history`: day by day, and where the results came from.

use super::grid::{Cell, Column, Grid, View};
use super::metrics_view::groups_grid;
use super::text::{crowded_notes, plural, verdict};
use crate::domain::{Timestamp, weekday_name};
use crate::files::performance_json::{daily_json, group_json, metrics_json};
use crate::metrics::{Dimension, ExactSum, Performance};

/// Builds the view of one window's figures.
pub fn history_view(performance: &Performance, now: Timestamp, currency: &str) -> View {
    let mut view = View { name: "report.history", ..View::default() };
    view.payload.insert("global_metrics".into(), metrics_json(performance).into());
    for dimension in [Dimension::Symbol, Dimension::Regime, Dimension::TimeOfDay, Dimension::Confidence] {
        view.payload.insert(dimension.key().into(), group_json(performance, dimension));
    }
    view.payload.insert("daily".into(), daily_json(performance));
    view.payload.insert("timestamp".into(), now.to_string().into());
    let days = daily_grid(performance, currency);
    view.records = days.clone();
    view.lead.push(lead(performance, currency));
    if performance.trades() == 0 {
        return view;
    }
    let results = performance.daily().days().filter_map(|(date, day)| Some((date, day.pnl.value().ok()?)));
    view.lines = super::calendar_lines::calendar_lines(&results.collect::<Vec<_>>());
    if !view.lines.is_empty() {
        view.lines.push("     + above zero, - below; ++ and -- the quarter with the largest results".into());
    }
    view.notes.extend(crowded_notes(performance));
    view.grids.push(days);
    for dimension in [Dimension::Symbol, Dimension::Regime, Dimension::TimeOfDay, Dimension::Confidence] {
        view.grids.push(groups_grid(performance, dimension, currency));
    }
    view
}

fn lead(performance: &Performance, currency: &str) -> String {
    if performance.trades() == 0 {
        return "No trades in this span: look further back with --days N, or at everything with --days all."
            .into();
    }
    let count = performance.daily().days().count() as u64;
    format!("{}: {}", plural(count, "trading day"), verdict(performance, currency))
}

/// The days alone, the newest first.
pub(super) fn days_view(performance: &Performance, currency: &str, title: String) -> View {
    let mut view = View { lead: vec![lead(performance, currency)], ..View::default() };
    if performance.trades() > 0 {
        let mut days = Grid { title: Some(title), ..daily_grid(performance, currency) };
        days.rows.reverse();
        view.grids.push(days);
    }
    view
}

fn daily_grid(performance: &Performance, currency: &str) -> Grid {
    let columns = vec![
        Column::fixed("date", "Date", 0),
        Column::fixed("weekday", "Day", 2),
        Column::number("trades", "Trades", 0),
        Column::number("wins", "Wins", 1),
        Column::number("losses", "Losses", 3),
        Column::number("win_rate", "Win rate", 0),
        Column::number("pnl", &format!("P&L ({currency})"), 0),
        Column::number("cumulative_pnl", "Running", 1),
    ];
    let mut running = ExactSum::default();
    let rows = performance.daily().days().map(|(date, day)| {
        let pnl = day.pnl.value();
        running.merge(day.pnl);
        let total = day.counts.total();
        vec![
            Cell::Text(date.to_string()),
            Cell::Text(weekday_name(date).into()),
            Cell::Count(total),
            Cell::Count(day.counts.wins),
            Cell::Count(day.counts.losses),
            Cell::Share(day.counts.wins as f64 / total as f64),
            pnl.map_or_else(Cell::Undefined, Cell::Money),
            running.value().map_or_else(Cell::Undefined, Cell::Money),
        ]
    });
    Grid { title: None, rows: rows.collect(), columns, empty: String::new() }
}
