//! The sections of the page that are seen first, and those about trades.

use super::behaviour_view::behaviour_view;
use super::chart::Chart;
use super::desks_text::DesksTold;
use super::desks_view::desks_view;
use super::excursions_view::excursions_view;
use super::execution_view::execution_view;
use super::grid::View;
use super::history_view::days_view;
use super::metrics_view::group_grids;
use super::page::{Section, confidence_chart};
use super::page_charts::{
    calendar_chart, equity_chart, excursion_chart, fan_chart, r_chart, weekday_hour_chart,
};
use super::page_dots::{behaviour_charts, execution_chart, group_dots};
use super::page_parts::{PAGE_DAYS, PageBeside, PageMore, PageTold, PageTrades};
use super::risk_view::risk_view;
use super::scope::Terms;
use super::sectors_view::sectors_view;
use super::summary_view::{SummaryData, desks_summary_view, page_summary_view};
use super::tiles::{Tile, TileData, attention_line, tiles};
use crate::domain::Window;
use crate::metrics::{DeskComparison, Performance, Situation};

fn section(heading: &str, id: &'static str, charts: Vec<Chart>, view: View) -> Section {
    Section { heading: heading.into(), id, tiles: Vec::new(), charts, view, opens: false }
}

/// What is seen first of all.
fn now(data: &PageTrades, tiles: Vec<Tile>, view: View) -> Section {
    let figures = &data.figures;
    let equity = figures.all().and_then(|all| equity_chart(all, figures.capital, &figures.currency));
    Section { tiles, ..section("Now", "now", equity.into_iter().collect(), view) }
}

/// What is seen first, and the summary in words with its windows.
fn summary(data: &PageTrades, told: &SummaryData, beside: &PageBeside) -> Vec<Section> {
    let tiles = tiles(
        &data.figures,
        &TileData {
            told: Some(told),
            trade: &data.excursions.all.expectancy_frac,
            days: PAGE_DAYS,
            usual: data.usual,
            week: data.week,
            skill: beside.skill.as_ref(),
            guard: beside.guard.as_ref(),
        },
    );
    let view = page_summary_view(&data.figures, told);
    let lines: Vec<String> = told.attention.iter().map(attention_line).collect();
    if tiles.is_empty() {
        return vec![section("Summary", "summary", Vec::new(), View { lines, ..view })];
    }
    let lead = if lines.is_empty() { vec!["Nothing needs attention.".into()] } else { Vec::new() };
    let first = now(data, tiles, View { lead, lines, ..View::default() });
    vec![first, section("Summary", "summary", Vec::new(), view)]
}

/// As [`summary`], of several desks: what each of them makes is in it, and what is one desk's own is not.
fn summary_of_desks(data: &PageTrades, desks: &DesksTold, compared: &DeskComparison) -> Vec<Section> {
    let tiles = tiles(
        &data.figures,
        &TileData {
            told: None,
            trade: &data.excursions.all.expectancy_frac,
            days: PAGE_DAYS,
            usual: None,
            week: data.week,
            skill: None,
            guard: None,
        },
    );
    // Which desks are in it stands below the tiles, which are not before everything else.
    let mut told = desks.sentences().into_iter();
    let mut first = View::default();
    first.notes.extend(told.next());
    first.lines.extend(told);
    first.notes.push(
        "The open book, guard, knobs, experiments, model and what-if are each desk's own: dtlearn --root DIR report \
         --html FILE."
            .into(),
    );
    let unread = desks.missing.len();
    let desks = desks_view(compared, unread, Some(PAGE_DAYS), &data.figures.currency);
    vec![
        now(data, tiles, first),
        section("Summary", "summary", Vec::new(), desks_summary_view(&data.figures)),
        section(&format!("Desks, {PAGE_DAYS} days"), "desks", Vec::new(), desks),
    ]
}

fn sessions(quarter: &Performance, more: &PageMore, terms: &Terms) -> Section {
    // The page draws the calendar.
    let title = format!("Days, the last {PAGE_DAYS}");
    let days = days_view(quarter, &terms.currency, title);
    let calendar = calendar_chart(&more.risk.sessions, &terms.currency);
    section(&format!("Sessions, {PAGE_DAYS} days"), "sessions", calendar.into_iter().collect(), days)
}

fn groups(data: &PageTrades, quarter: &Performance, terms: &Terms) -> Section {
    let dots = data.excursions.groups.iter().filter_map(|(by, rows)| group_dots(*by, rows));
    let mut charts: Vec<Chart> = dots.collect();
    // Those of a height stand beside each other.
    charts.sort_by_key(|chart| std::cmp::Reverse(chart.rows()));
    charts.extend(confidence_chart(quarter));
    // Of the same days as the pictures.
    let grids = group_grids(quarter, &format!("{PAGE_DAYS} days"), &terms.currency);
    let view = View { grids, ..View::default() };
    section(&format!("Where results come from, {PAGE_DAYS} days"), "groups", charts, view)
}

fn behaviour(data: &PageTrades) -> Section {
    let found = &data.behaviours;
    let situations = [Situation::After, Situation::TradeOfDay, Situation::Hour, Situation::Weekday];
    let charts = behaviour_charts(found, &situations).into_iter().chain(weekday_hour_chart(found)).collect();
    let view = behaviour_view(found, data.trades, Some(PAGE_DAYS));
    section(&format!("Behaviour, {PAGE_DAYS} days"), "behaviour", charts, view)
}

fn excursions(data: &PageTrades) -> Section {
    let found = &data.excursions;
    let charts = [r_chart(&found.distribution), excursion_chart(&data.points)];
    let view = excursions_view(found, Some(PAGE_DAYS));
    let heading = format!("R and excursions, {PAGE_DAYS} days");
    section(&heading, "excursions", charts.into_iter().flatten().collect(), view)
}

/// What is seen first, and the sections of trades.
pub(super) fn sections_of_trades(data: &PageTrades, terms: &Terms) -> Vec<Section> {
    let mut sections = match &data.told {
        PageTold::Store(told, beside) => summary(data, told, beside),
        PageTold::Desks(desks, compared) => summary_of_desks(data, desks, compared),
    };
    let (Some(more), Some(all)) = (&data.more, data.figures.all()) else { return sections };
    let quarter = data.figures.window(Window::Days(PAGE_DAYS)).unwrap_or(all);
    let sectors = sectors_view(&more.sectors, data.trades as usize);
    let execution = execution_view(&more.execution, Some(PAGE_DAYS), &terms.currency);
    let costs = execution_chart(&more.execution).into_iter().collect();
    let charts = more.fan.iter().map(|fan| fan_chart(fan, &terms.currency)).collect();
    let risk = risk_view(&more.risk, more.fan.as_ref(), &terms.currency);
    sections.extend([
        sessions(quarter, more, terms),
        groups(data, quarter, terms),
        section("Sectors, 7 days against the 23 before", "sectors", Vec::new(), sectors),
        behaviour(data),
        excursions(data),
        section(&format!("Execution, {PAGE_DAYS} days"), "execution", costs, execution),
        section(&format!("Risk, {PAGE_DAYS} days"), "risk", charts, risk),
    ]);
    sections
}
