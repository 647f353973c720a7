//! `report`: a line each for the day, the week, what was missed, the model and the knobs, then what needs
//! attention, then the windows side by side.

use serde_json::{Map, Value as Json, json};

use super::FiguresByWindow;
use super::adjust_view::move_of;
use super::beside_data::{BesideData, beside_json};
use super::brain_view::KnobLine;
use super::engine_text::{engine_json, engine_lines};
use super::grid::{Cell, Column, Grid, View};
use super::health_view::{HealthCheck, check_json, check_lines};
use super::metrics_view::{
    flat_records, groups_grid, is_signed, metrics_payload, metrics_view, side_by_side, standing_notes,
};
use super::missed_view::{left_words, missed_lead, sentence};
use super::session_view::{SessionData, account_sentence, day_session, session_sentence};
use super::text::{NO_TRADES_YET, percent, plural, verdict};
use crate::decide::suggestions;
use crate::domain::{Date, Window};
use crate::files::performance_json::metrics_json;
use crate::metrics::{Dimension, EngineResults, Metric};
use crate::wire::Adjustment;

/// What there is to tell besides the figures.
#[derive(Clone, Debug, Default)]
pub struct SummaryData {
    /// The figures at the last deployed retrain: its trading date, and metrics by name.
    pub baseline: Option<(String, Map<String, Json>)>,
    /// The model in use: its version and age in days; or why it cannot be read.
    pub model: Option<Result<(String, f64), String>>,
    /// What `report metrics` tells too.
    pub beside: BesideData,
    /// The date of the oldest missed signal of the last 7 days that waits for prices.
    pub oldest_pending: Option<Date>,
    /// Every change of a knob, oldest first.
    pub changes: Vec<Adjustment>,
    /// The session that runs, else the last one that is over.
    pub session: Option<SessionData>,
    /// What the engine's trades come to, and of how many days.
    pub results: EngineResults,
    /// The days of that.
    pub result_days: u16,
    /// What needs attention.
    pub attention: Vec<HealthCheck>,
}

impl SummaryData {
    /// The knobs in force; empty when the brain file cannot be read.
    pub(super) fn knobs(&self) -> &[KnobLine] {
        self.beside.knobs.as_deref().unwrap_or_default()
    }
}

/// What `report` tells.
#[derive(Clone, Debug)]
pub struct SummaryReport {
    /// The figures.
    pub figures: FiguresByWindow,
    /// What else there is to tell; none of several desks, each of which has its own.
    pub told: Option<SummaryData>,
}

impl SummaryReport {
    /// What programs are given, and what the report of a day keeps.
    pub fn json(&self) -> Map<String, Json> {
        match &self.told {
            Some(told) => payload(&self.figures, told),
            None => metrics_payload(&self.figures, None),
        }
    }
}

/// Builds the view.
pub fn summary_report_view(report: &SummaryReport) -> View {
    match &report.told {
        Some(told) => summary_view(&report.figures, told),
        None => desks_summary_view(&report.figures),
    }
}

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

/// The windows side by side, and the baseline beside them where there is one.
fn performance_grid(data: &FiguresByWindow, baseline: Option<&(String, Map<String, Json>)>) -> Grid {
    let mut grid = side_by_side(data, SHOWN);
    let Some((_, metrics)) = baseline else { return grid };
    grid.columns.push(Column::number("baseline", "baseline", 3));
    for (row, metric) in grid.rows.iter_mut().zip(SHOWN) {
        let value = metrics.get(metric.name()).and_then(Json::as_f64);
        row.push(value.map_or(Cell::Absent, |v| Cell::metric(Ok(v), metric.unit(), is_signed(*metric))));
    }
    grid
}

fn model_line(data: &FiguresByWindow, told: &SummaryData) -> String {
    let week = data.window(Window::Days(7));
    let calibration = week.and_then(|week| week.get(Metric::ConfidenceCalibration).ok());
    let fits = calibration.map_or_else(String::new, |c| {
        let week = week.map_or(0, crate::metrics::Performance::trades);
        format!("; wins {:.0} % as often as its confidence promises (7 days, n {week})", c * 100.0)
    });
    match &told.model {
        None => format!("none yet; `dtlearn retrain --check` says what is missing{fits}"),
        Some(Ok((version, days))) => format!("{version}, {}{fits}", age(*days)),
        Some(Err(why)) => format!("the one in use cannot be read: {why}"),
    }
}

fn knobs_line(told: &SummaryData) -> String {
    if told.knobs().is_empty() {
        return "the brain file cannot be read: `dtlearn doctor` says why".into();
    }
    let moved = told.knobs().iter().filter(|line| line.effective != line.knob.default).count();
    let total = told.knobs().len();
    let Some(last) = told.changes.last() else {
        return format!("{moved} of {total} off their defaults; no rule has moved one yet");
    };
    let same = told.changes.iter().filter(|change| change.update == last.update);
    let moves: Vec<String> = same.take(3).map(move_of).collect();
    format!("{moved} of {total} off their defaults; {}: {}", last.date, moves.join(", "))
}

fn knobs_grid(told: &SummaryData) -> Grid {
    let rows = told.knobs().iter().map(|line| {
        let of = |change: &&Adjustment| change.knob == line.knob.name.as_str() && change.symbol.is_none();
        let last = told.changes.iter().rev().find(of);
        vec![
            Cell::Text(line.knob.name.as_str().into()),
            Cell::Setting(line.effective),
            Cell::Setting(line.knob.default),
            Cell::text(last.map(|change| change.date.as_str())),
            Cell::text(last.map(|change| change.reason.as_str())),
        ]
    });
    Grid {
        title: Some("Knobs".into()),
        columns: vec![
            Column::fixed("knob", "Knob", 0),
            Column::number("current", "Engine gets", 0),
            Column::number("default", "Default", 0),
            Column::fixed("changed", "Changed", 1),
            Column::text("why", "Why", 2),
        ],
        rows: rows.collect(),
        empty: String::new(),
    }
}

fn store_line(checks: usize) -> String {
    match checks {
        0 => "Store   nothing needs attention".into(),
        1 => "Store   1 thing needs attention:".into(),
        n => format!("Store   {n} things need attention:"),
    }
}

/// Builds the view of several desks: the windows side by side, and the desks. What is each desk's own, its brain, its
/// model and its missed signals, is not in it.
pub(super) fn desks_summary_view(data: &FiguresByWindow) -> View {
    let whole = metrics_view(data, None);
    let mut view = View { name: "report.summary", ..whole };
    let Some(all) = data.all().filter(|all| all.trades() > 0) else { return view };
    let week = data.window(Window::Days(7)).filter(|week| week.trades() > 0);
    let (label, of) = week.map_or(("all", all), |week| ("7 days", week));
    let mut desks = groups_grid(of, Dimension::Desk, &data.currency);
    desks.title = desks.title.map(|title| format!("{title}, {label}"));
    view.grids = vec![side_by_side(data, SHOWN), desks];
    view.notes = standing_notes(data, SHOWN);
    view
}

/// Builds the view.
fn summary_view(data: &FiguresByWindow, told: &SummaryData) -> View {
    let mut view = words(data, told, false);
    view.payload = payload(data, told);
    view.records = flat_records(data);
    view.lines = told.attention.iter().flat_map(check_lines).collect();
    if data.all().is_some_and(|all| all.trades() > 0) {
        view.grids.push(performance_grid(data, told.baseline.as_ref()));
        if !told.knobs().is_empty() {
            view.grids.push(knobs_grid(told));
        }
    }
    view
}

/// The words and the windows side by side: the page has sections and tiles of their own for the rest.
pub(super) fn page_summary_view(data: &FiguresByWindow, told: &SummaryData) -> View {
    let mut view = words(data, told, true);
    if data.all().is_some_and(|all| all.trades() > 0) {
        let title = Some("Performance, windows side by side".into());
        view.grids.push(Grid { title, ..performance_grid(data, told.baseline.as_ref()) });
    }
    view
}

/// The summary in words, and what to know about its figures. On a page the account and the store stand above it.
fn words(data: &FiguresByWindow, told: &SummaryData, is_page: bool) -> View {
    let mut view = View { name: "report.summary", ..View::default() };
    let Some(all) = data.all().filter(|all| all.trades() > 0) else {
        view.lead.push(NO_TRADES_YET.into());
        return view;
    };
    for (at, line) in engine_lines(&told.results, told.result_days, &data.currency).iter().enumerate() {
        view.lead.push(format!("{}  {line}", if at == 0 { "Engine" } else { "      " }));
    }
    view.lead.extend(told.session.as_ref().map(session_sentence));
    view.lead.extend(told.session.as_ref().filter(|_| !is_page).and_then(account_sentence));
    if let Some(week) = data.window(Window::Days(7)) {
        view.lead.push(format!("Week    {}", verdict(week, &data.currency)));
    }
    if data.window(Window::Days(7)).is_none_or(|week| week.trades() == 0) {
        let last = all.daily().span().map(|(_, last)| last.to_string()).unwrap_or_default();
        view.notes.push(format!("The last trade was closed on {last}."));
    }
    let missed = &told.beside.missed;
    if missed.total > 0 {
        let mut lead = missed_lead(missed, told.oldest_pending, &data.currency);
        lead.extend((missed.all.n > 0).then(|| format!("each left at {}", left_words(&missed.holds))));
        view.lead.push(format!("Missed  in 7 days {}", lead.join("; ")));
    } else {
        view.lead.push("Missed  no signal in 7 days".into());
    }
    let suggested = suggestions(missed);
    view.lead.extend(suggested.iter().map(|suggestion| format!("        {}", sentence(suggestion))));
    view.lead.push(format!("Model   {}", model_line(data, told)));
    view.lead.push(format!("Knobs   {}", knobs_line(told)));
    if let Some(last) = &told.beside.replay {
        view.lead.push(format!("Replay  {}: {}", last.when(), last.sentence));
    }
    view.lead.extend((!is_page).then(|| store_line(told.attention.len())));
    view.notes.extend(standing_notes(data, SHOWN));
    if let Some((date, metrics)) = &told.baseline {
        let trades = metrics.get(Metric::TotalTrades.name()).and_then(Json::as_u64).unwrap_or(0);
        let rate = metrics.get(Metric::WinRate.name()).and_then(Json::as_f64);
        let rate = rate.map_or_else(String::new, |rate| format!(", {} won", percent(Ok(rate))));
        view.notes.push(format!(
            "Baseline: the 7 days before the model of {date} was deployed: {}{rate}.",
            plural(trades, "trade")
        ));
    }
    view
}

fn payload(data: &FiguresByWindow, told: &SummaryData) -> Map<String, Json> {
    let mut out = Map::new();
    let windows = data.windows.iter().map(|(window, p)| (window.key(), Json::Object(metrics_json(p))));
    out.insert("windows".into(), Json::Object(windows.collect()));
    out.insert("session".into(), json!(told.session.as_ref().map(day_session)));
    out.insert("attention".into(), told.attention.iter().map(check_json).collect::<Vec<_>>().into());
    out.insert("capital_usd".into(), data.capital.into());
    out.insert("currency".into(), data.currency.as_str().into());
    out.insert("timestamp".into(), data.now.to_string().into());
    out.insert("engine".into(), engine_json(&told.results, told.result_days));
    out.extend(beside_json(&told.beside, data.window(Window::Days(7))));
    out
}

/// The age of a model in words. One that was made after the moment looked at says so.
fn age(days: f64) -> String {
    match days.floor() {
        days if days < 0.0 => "trained after this date".to_owned(),
        0.0 => "trained today".to_owned(),
        days => format!("{} old", plural(days as u64, "day")),
    }
}
