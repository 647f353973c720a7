//! `report`: the day and the week in one line each, then the windows side by side.

use serde_json::{Map, Value as Json};

use super::Sheet;
use super::grid::View;
use super::metrics_view::{flat_records, groups_grid, side_by_side, standing_notes};
use super::payload::metrics_json;
use super::text::verdict;
use crate::domain::Window;
use crate::metrics::{Dimension, Metric};

const SHOWN: &[Metric] = &[
    Metric::TotalTrades,
    Metric::WinRate,
    Metric::WinRateLow,
    Metric::WinRateHigh,
    Metric::TotalPnl,
    Metric::ExpectancyUsd,
    Metric::ExpectancyPct,
    Metric::ProfitFactor,
    Metric::PayoffRatio,
    Metric::SharpeRatio,
    Metric::Sqn,
    Metric::DrawdownUsd,
    Metric::DrawdownPct,
    Metric::ConsecutiveWins,
    Metric::ConsecutiveLosses,
    Metric::AvgHoldMinutes,
    Metric::AvgConfidence,
    Metric::ConfidenceCalibration,
];

/// Builds the view.
pub fn summary_view(sheet: &Sheet) -> View {
    let mut view = View { name: "report.summary", records: flat_records(sheet), ..View::default() };
    let mut windows = Map::new();
    for (window, performance) in &sheet.windows {
        windows.insert(window.key(), Json::Object(metrics_json(performance)));
    }
    view.payload.insert("windows".into(), Json::Object(windows));
    view.payload.insert("capital_usd".into(), sheet.capital.into());
    view.payload.insert("currency".into(), sheet.currency.as_str().into());
    view.payload.insert("timestamp".into(), sheet.now.to_string().into());
    let Some(all) = sheet.all().filter(|all| all.trades() > 0) else {
        view.lead.push(
            "No trades yet: record one with `dtlearn record-exit`, or bring some in with `dtlearn import`."
                .into(),
        );
        return view;
    };
    for (label, window) in [("Day ", Window::Days(1)), ("Week", Window::Days(7))] {
        if let Some(performance) = sheet.window(window) {
            view.lead.push(format!("{label}  {}", verdict(performance, &sheet.currency)));
        }
    }
    let week = sheet.window(Window::Days(7)).filter(|week| week.trades() > 0);
    if week.is_none() {
        let last = all.daily().span().map(|(_, last)| last.to_string()).unwrap_or_default();
        view.notes.push(format!("The last trade was closed on {last}."));
    }
    view.grids.push(side_by_side(sheet, SHOWN));
    for dimension in [Dimension::Regime, Dimension::Setup, Dimension::ExitReason] {
        if let Some(week) = week {
            let mut grid = groups_grid(week, dimension, &sheet.currency);
            if grid.rows.len() > 1 {
                grid.title = grid.title.map(|title| format!("{title}, 7 days"));
                view.grids.push(grid);
            }
        }
    }
    view.notes.extend(standing_notes(sheet, SHOWN));
    view
}
