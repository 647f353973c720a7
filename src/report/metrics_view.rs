//! `report metrics`: every metric side by side over the windows, every group, and the engine's payload.

use serde_json::{Map, Value as Json, json};

use super::FiguresByWindow;
use super::beside_data::{BesideData, beside_json};
use super::gauges::gauges;
use super::grid::{Cell, Column, Grid, View};
use super::text::{NO_TRADES_YET, crowded_notes, scratch_note, verdict};
use crate::domain::{WEEKDAYS, Window};
use crate::files::performance_json::{metrics_json, performance_json, value_json};
use crate::metrics::{Dimension, GroupPerformance, HOLD_BANDS, Metric, Performance, Unit};

/// Metrics that can be below zero and are shown with their sign.
pub(super) fn is_signed(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::TotalPnl | Metric::ExpectancyUsd | Metric::ExpectancyPct | Metric::AvgWin | Metric::AvgLoss
    )
}

/// A metric of each window side by side.
pub(super) fn side_by_side(data: &FiguresByWindow, metrics: &[Metric]) -> Grid {
    let mut columns = vec![Column::text("metric", "", 0)];
    for (window, _) in &data.windows {
        let heading = match window {
            Window::Session { date, .. } => date.format("%a %m-%d").to_string(),
            Window::Days(1) => "1 day".to_owned(),
            Window::Days(days) => format!("{days} days"),
            Window::All => "all".to_owned(),
        };
        // The week is what decisions rest on; the month goes first when there is no room: the quarter holds it.
        let rank = match window {
            Window::Days(7) => 0,
            Window::All => 1,
            Window::Session { .. } | Window::Days(1) => 2,
            Window::Days(30) => 4,
            Window::Days(_) => 1,
        };
        columns.push(Column::number(&window.key(), &heading, rank));
    }
    let rows = metrics.iter().map(|metric| {
        let heading = match metric.unit() {
            Unit::Money => format!("{} ({})", metric.heading(), data.currency),
            Unit::Minutes => format!("{} (min)", metric.heading()),
            _ if matches!(metric, Metric::SharpeRatio | Metric::SortinoRatio) => {
                // The calendar is named below.
                format!("{} (√{})", metric.heading(), data.calendar.sessions_per_year())
            }
            _ => metric.heading().to_owned(),
        };
        let cells = data.windows.iter().map(|(_, performance)| {
            Cell::metric(performance.get(*metric), metric.unit(), is_signed(*metric))
        });
        std::iter::once(Cell::Text(heading)).chain(cells).collect()
    });
    Grid { title: None, rows: rows.collect(), columns, empty: String::new() }
}

/// The most groups that a table shows; the machine formats have all.
const GROUPS_SHOWN: usize = 30;

/// The groups of a grouping: in their own order where they have one, else those with most trades first.
pub(super) fn ordered(performance: &Performance, dimension: Dimension) -> Vec<&GroupPerformance> {
    let mut groups: Vec<_> = performance.groups(dimension).iter().collect();
    let place = |order: &[&str], key: &str| order.iter().position(|name| *name == key).unwrap_or(order.len());
    match dimension {
        Dimension::Weekday => groups.sort_by_key(|group| place(&WEEKDAYS, &group.key)),
        Dimension::TimeOfDay => {
            let order = ["pre_market", "open", "mid_morning", "lunch", "afternoon", "close", "after_hours"];
            groups.sort_by_key(|group| place(&order, &group.key));
        }
        Dimension::Hold => groups.sort_by_key(|group| place(&HOLD_BANDS, &group.key)),
        Dimension::Confidence => groups.sort_by_key(|group| group.key.parse::<u32>().unwrap_or(u32::MAX)),
        _ => groups.sort_by(|a, b| b.trades().cmp(&a.trades()).then_with(|| a.key.cmp(&b.key))),
    }
    groups
}

/// The groups of a window.
pub(super) fn groups_grid(performance: &Performance, dimension: Dimension, currency: &str) -> Grid {
    let groups = ordered(performance, dimension);
    let shown = [
        (Metric::TotalTrades, "Trades", 0),
        (Metric::WinRate, "Win rate", 0),
        (Metric::WinRateLow, "from", 3),
        (Metric::WinRateHigh, "to", 3),
        (Metric::TotalPnl, "Net P&L", 0),
        (Metric::ExpectancyPct, "Mean", 2),
        (Metric::ProfitFactor, "PF", 1),
        (Metric::AvgHoldMinutes, "Hold min", 4),
    ];
    let mut columns = vec![Column::text("key", dimension.heading(), 0)];
    columns.extend(shown.iter().map(|(metric, heading, rank)| {
        let heading = if *metric == Metric::TotalPnl {
            format!("{heading} ({currency})")
        } else {
            (*heading).to_owned()
        };
        Column::number(metric.name(), &heading, *rank)
    }));
    let rows = groups.iter().map(|group| {
        let cells = shown
            .iter()
            .map(|(metric, ..)| Cell::metric(group.get(*metric), metric.unit(), is_signed(*metric)));
        std::iter::once(Cell::Text(group.key.clone())).chain(cells).collect()
    });
    let mut title = dimension.heading().to_owned();
    if groups.len() > GROUPS_SHOWN {
        title = format!("{title}, the {GROUPS_SHOWN} with the most trades of {}", groups.len());
    }
    Grid { title: Some(title), rows: rows.take(GROUPS_SHOWN).collect(), columns, empty: String::new() }
}

/// One row for each window, grouping and group, with every metric: what CSV and JSON Lines give.
pub(super) fn flat_records(data: &FiguresByWindow) -> Grid {
    let mut columns = vec![
        Column::text("window", "window", 0),
        Column::text("grouping", "grouping", 0),
        Column::text("key", "key", 0),
    ];
    columns.extend(Metric::ALL.iter().map(|metric| Column::number(metric.name(), metric.heading(), 0)));
    let mut rows = Vec::new();
    for (window, performance) in &data.windows {
        let named = |grouping: &str, key: &str| {
            vec![Cell::Text(window.key()), Cell::Text(grouping.into()), Cell::Text(key.into())]
        };
        let mut row = named("global_metrics", "");
        row.extend(Metric::ALL.iter().map(|m| Cell::metric(performance.get(*m), m.unit(), false)));
        rows.push(row);
        for dimension in performance.groupings() {
            for group in performance.groups(dimension) {
                let mut row = named(dimension.key(), &group.key);
                row.extend(Metric::ALL.iter().map(|metric| match metric.in_groups() {
                    true => Cell::metric(group.get(*metric), metric.unit(), false),
                    false => Cell::Absent,
                }));
                rows.push(row);
            }
        }
    }
    Grid { title: None, columns, rows, empty: String::new() }
}

/// What stands beside every figure that needs it.
pub(super) fn standing_notes(data: &FiguresByWindow, shown: &[Metric]) -> Vec<String> {
    let mut notes = Vec::new();
    if shown.iter().any(|m| matches!(m, Metric::DrawdownUsd | Metric::DrawdownPct)) {
        notes.push(format!("Drawdown is measured on a capital of {} {}.", data.capital, data.currency));
    }
    notes.extend(scratch_note(data.scratch_frac));
    if data.all().is_some_and(|all| all.groupings().any(|grouping| grouping == Dimension::Desk)) {
        notes.push(
            "Over several desks a drawdown is that of all accounts together at the end of each day; runs and the most \
             open positions are those of the desk where they are largest, the exposure is the desks' mean."
                .into(),
        );
    }
    notes.extend(data.all().into_iter().flat_map(crowded_notes));
    let low = |(_, performance): &(Window, Performance)| performance.is_low_sample(Metric::SharpeRatio);
    if shown.contains(&Metric::SharpeRatio) && data.windows.iter().any(low) {
        let of: Vec<String> = data.windows.iter().filter(|w| low(w)).map(|(w, _)| w.key()).collect();
        notes.push(format!(
            "Sharpe and Sortino ratio rest on fewer than 20 trading days ({}): low sample.",
            of.join(", ")
        ));
    }
    notes
}

/// What is said where there is nothing to say yet.
/// What stands for a window without a trade.
fn no_trades(data: &FiguresByWindow) -> Performance {
    Performance::of(
        &Default::default(),
        &crate::metrics::EquityPath::new(data.capital),
        &crate::domain::Market::of(data.calendar.clone()),
    )
}

/// The groups of a window that is called `label`, a table for each grouping.
pub(super) fn group_grids(performance: &Performance, label: &str, currency: &str) -> Vec<Grid> {
    let grids = performance.groupings().map(|dimension| groups_grid(performance, dimension, currency));
    // A grouping of which the engine says nothing is no news.
    let says = |grid: &Grid| grid.rows.iter().any(|row| row[0] != Cell::Text(crate::domain::UNKNOWN.into()));
    let named = |grid: Grid| Grid { title: grid.title.map(|title| format!("{title}, {label}")), ..grid };
    grids.filter(says).map(named).collect()
}

/// Builds the view; what stands beside the figures is given to programs only.
pub fn metrics_view(data: &FiguresByWindow, beside: Option<&BesideData>) -> View {
    let empty = no_trades(data);
    let of = |window| data.window(window).unwrap_or(&empty);
    let week = of(Window::Days(7));
    let lead = if of(Window::All).trades() == 0 {
        vec![NO_TRADES_YET.into()]
    } else {
        vec![format!("7 days: {}", verdict(week, &data.currency))]
    };
    let mut grids = Vec::new();
    if of(Window::All).trades() > 0 {
        grids.push(side_by_side(data, Metric::ALL));
        let (label, groups_of) = if week.trades() > 0 { ("7 days", week) } else { ("all", of(Window::All)) };
        grids.extend(group_grids(groups_of, label, &data.currency));
    }
    let notes = if grids.is_empty() { Vec::new() } else { standing_notes(data, Metric::ALL) };
    View {
        name: "report.metrics",
        lead,
        lines: Vec::new(),
        grids,
        notes,
        payload: metrics_payload(data, beside),
        assignments: Vec::new(),
        records: flat_records(data),
        late: Vec::new(),
        gauges: gauges(data),
    }
}

/// The figures, and what stands beside them, as programs read them.
pub(super) fn metrics_payload(data: &FiguresByWindow, beside: Option<&BesideData>) -> Map<String, Json> {
    let empty = no_trades(data);
    let of = |window| data.window(window).unwrap_or(&empty);
    let (week, month) = (of(Window::Days(7)), of(Window::Days(30)));
    let value =
        |performance: &Performance, metric: Metric| value_json(performance.get(metric), metric.unit());
    let mut out = Map::new();
    out.insert("performance_7d".into(), Json::Object(metrics_json(week)));
    out.insert("performance_30d".into(), Json::Object(metrics_json(month)));
    out.insert("baseline".into(), Json::Null);
    out.insert("model_health".into(), Json::Null);
    out.insert("missed_opportunities".into(), Json::Null);
    out.insert("dt_brain_knobs".into(), Json::Null);
    out.insert(
        "trade_quality".into(),
        json!({
            "total_trades_7d": value(week, Metric::TotalTrades),
            "win_rate_7d": value(week, Metric::WinRate),
            "profit_factor_7d": value(week, Metric::ProfitFactor),
            "sharpe_ratio_7d": value(week, Metric::SharpeRatio),
        }),
    );
    out.insert("timestamp".into(), data.now.to_string().into());
    out.insert("session_date".into(), data.session().map(|(date, _)| date.to_string()).into());
    out.insert("calendar".into(), data.calendar.name().into());
    out.insert("sessions_per_year".into(), data.calendar.sessions_per_year().into());
    let windows = data.windows.iter().map(|(window, p)| (window.key(), Json::Object(performance_json(p))));
    out.insert("windows".into(), Json::Object(windows.collect()));
    out.insert("capital_usd".into(), data.capital.into());
    out.insert("currency".into(), data.currency.as_str().into());
    // In the places that were kept for it.
    out.extend(beside.map(|beside| beside_json(beside, data.window(Window::Days(7)))).unwrap_or_default());
    out
}
