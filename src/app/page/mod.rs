//! `report --html`: every view of an operator's day, with its charts, for one page.

mod machinery;

use super::reports::tell_desks_read;
use super::summary::summary_and_data;
use super::{Context, DesksError, Reading, ReportError, check_desks};
use crate::domain::{Timestamp, TradeDetail, Window};
use crate::files::FiguresByWindow;
use crate::files::desks::joined_totals;
use crate::files::guard_files::read_guard;
use crate::files::trade_details::trade_details;
use crate::files::window_figures::{Figured, figures};
use crate::metrics::{
    Behaviour, Excursions, Metric, Situation, Windows, behaviours, compare_desks, excursions, execution, risk,
};
use crate::report::{
    Chart, Section, SummaryData, Tile, View, behaviour_chart, behaviour_view, calendar_chart,
    confidence_chart, day_chart, desks_summary_view, desks_view, equity_chart, excursion_chart,
    excursions_view, execution_view, fan_chart, group_dots, guard_tile, history_view, metrics_view, r_chart,
    risk_view, summary_tiles, weekday_hour_chart,
};
use crate::simulate::session_fan;
use crate::store::StoreError;

/// Days that the page looks back: one length for all that is not the account's whole course.
const SPAN: u16 = 90;

/// A part that could not be read says why, and the rest of the page stands.
fn unread(error: &StoreError) -> View {
    View { lead: vec![error.to_string()], ..View::default() }
}

/// What the sections of trades are made of.
struct Trades {
    details: Vec<TradeDetail>,
    excursions: Excursions,
    behaviours: Vec<Behaviour>,
}

impl Trades {
    fn read(context: &Context<'_>) -> Result<Self, StoreError> {
        let (details, _) = trade_details(context, Window::Days(SPAN), None)?;
        let excursions = excursions(&details, context.market());
        let behaviours = behaviours(&details, context.market());
        Ok(Self { details, excursions, behaviours })
    }
}

fn section(heading: &str, id: &'static str, charts: Vec<Chart>, view: View) -> Section {
    Section { heading: heading.into(), id, tiles: Vec::new(), charts, view }
}

/// What the guard said last, as long as that is of the session that is shown and nothing of it has run out.
fn guard(context: &Context<'_>, data: &SummaryData) -> Option<Tile> {
    let file = read_guard(context)?;
    let is_of_session = data.session.as_ref()?.date.to_string() == file.session;
    let moment = |text: &str| Timestamp::parse(text).ok();
    let is_past = moment(&file.as_of)? <= context.seen_from();
    let holds = file.expires_at.as_deref().and_then(moment).is_none_or(|end| end > context.seen_from());
    (is_of_session && is_past && holds).then(|| guard_tile(&file.state, file.why.as_deref(), &file.as_of))
}

/// What is seen first, and the summary in words with its windows.
fn summary(
    context: &Context<'_>,
    figures: &FiguresByWindow,
    reading: &Reading,
    trades: &Trades,
) -> Result<Vec<Section>, ReportError> {
    if context.is_joined() {
        return Ok(summary_of_desks(context, figures, reading, trades)?);
    }
    let (mut view, data) = summary_and_data(context, figures, reading)?;
    let mut tiles = summary_tiles(figures, Some(&data), &trades.excursions.all.expectancy_frac, SPAN);
    tiles.extend(guard(context, &data).filter(|_| !tiles.is_empty()));
    // The knobs have a section of their own.
    view.grids.truncate(1);
    if let Some(windows) = view.grids.first_mut() {
        windows.title = Some("Performance, windows side by side".into());
    }
    if tiles.is_empty() {
        return Ok(vec![section("Summary", "summary", Vec::new(), view)]);
    }
    let first = View { lines: std::mem::take(&mut view.lines), ..View::default() };
    let equity = figures.all().and_then(|all| equity_chart(all, figures.capital, &figures.currency));
    let first = Section { tiles, ..section("Now", "now", equity.into_iter().collect(), first) };
    Ok(vec![first, section("Summary", "summary", Vec::new(), view)])
}

/// As [`summary`], of several desks: what each of them makes is in it, and what is one desk's own is not.
fn summary_of_desks(
    context: &Context<'_>,
    figures: &FiguresByWindow,
    reading: &Reading,
    trades: &Trades,
) -> Result<Vec<Section>, DesksError> {
    let tiles = summary_tiles(figures, None, &trades.excursions.all.expectancy_frac, SPAN);
    let equity = figures.all().and_then(|all| equity_chart(all, figures.capital, &figures.currency));
    let mut first = View::default();
    tell_desks_read(context, &mut first, reading)?;
    // Which desks are in it stands below the tiles, which are not before everything else.
    let mut told = std::mem::take(&mut first.lead).into_iter();
    first.notes.extend(told.next());
    first.lines.extend(told);
    first.notes.push(
        "The open book, guard, knobs, experiments, model and what-if are each desk's own: dtlearn --root DIR report \
         --html FILE."
            .into(),
    );
    let first = Section { tiles, ..section("Now", "now", equity.into_iter().collect(), first) };
    let asked = Windows::new([Window::Days(SPAN)], context.seen_from(), context.market());
    let compared = compare_desks(joined_totals(context, &asked, None).0.results(&asked, 0));
    let desks = desks_view(&compared, reading.missing.len(), Some(SPAN), &figures.currency);
    let summary = section("Summary", "summary", Vec::new(), desks_summary_view(figures));
    Ok(vec![first, summary, section(&format!("Desks, {SPAN} days"), "desks", Vec::new(), desks)])
}

/// The sections about the trades of the last days.
fn of_trades(context: &Context<'_>, figures: &FiguresByWindow, trades: &Trades) -> Vec<Section> {
    let (currency, market) = (context.settings.currency.as_str(), context.market());
    let Some(all) = figures.all().filter(|all| all.trades() > 0) else { return Vec::new() };
    let quarter = figures.window(Window::Days(SPAN)).unwrap_or(all);
    let span = format!("{SPAN} days");
    let total: f64 = trades.details.iter().map(|trade| trade.pnl).sum();
    let start = figures.capital + all.get(Metric::TotalPnl).unwrap_or(0.0) - total;
    let found = risk(&trades.details, market, start);
    let mut sections = Vec::new();

    let mut days = history_view(quarter, context.seen_from(), currency);
    days.grids.truncate(1);
    // The page draws the calendar.
    days.lines.clear();
    days.notes.clear();
    if let Some(days) = days.grids.first_mut() {
        days.title = Some(format!("Days, the last {SPAN}"));
        days.rows.reverse();
    }
    let charts = [calendar_chart(&found.sessions, currency), day_chart(quarter, currency)];
    sections.push(section(
        &format!("Sessions, {span}"),
        "sessions",
        charts.into_iter().flatten().collect(),
        days,
    ));

    let mut charts: Vec<Chart> =
        trades.excursions.groups.iter().filter_map(|(by, rows)| group_dots(*by, rows)).collect();
    charts.extend(confidence_chart(quarter));
    let mut view = metrics_view(figures);
    view.grids = view.grids.split_off(view.grids.len().min(1));
    (view.notes, view.lead) = (Vec::new(), Vec::new());
    sections.push(section(&format!("Where results come from, {span}"), "groups", charts, view));

    let situations = [Situation::After, Situation::TradeOfDay, Situation::Hour, Situation::Weekday];
    let mut charts: Vec<Chart> =
        situations.into_iter().filter_map(|of| behaviour_chart(&trades.behaviours, of)).collect();
    charts.extend(weekday_hour_chart(&trades.behaviours));
    let n = trades.details.len() as u64;
    let view = behaviour_view(&trades.behaviours, n, Some(SPAN));
    sections.push(section(&format!("Behaviour, {span}"), "behaviour", charts, view));

    let charts = [r_chart(&trades.excursions.distribution), excursion_chart(&trades.details)];
    let view = excursions_view(&trades.excursions, Some(SPAN));
    sections.push(section(
        &format!("R and excursions, {span}"),
        "excursions",
        charts.into_iter().flatten().collect(),
        view,
    ));
    let view = execution_view(&execution(&trades.details, market), Some(SPAN), currency);
    sections.push(section(&format!("Execution, {span}"), "execution", Vec::new(), view));

    let results: Vec<f64> = found.sessions.iter().map(|session| session.pnl).collect();
    let fan = session_fan(&results, start + total);
    let charts = fan.iter().map(|fan| fan_chart(fan, currency)).collect();
    sections.push(section(
        &format!("Risk, {span}"),
        "risk",
        charts,
        risk_view(&found, fan.as_ref(), currency),
    ));
    sections
}

/// The sections of the page.
///
/// # Errors
/// [`ReportError`] when the log of trades or of missed signals cannot be read at all, or several desks cannot be joined.
pub fn page_sections(context: &Context<'_>) -> Result<(Vec<Section>, Reading), ReportError> {
    if context.is_joined() {
        check_desks(context)?;
    }
    let Figured { data: figures, reading, .. } = figures(context)?;
    let trades = Trades::read(context)?;
    let mut sections = summary(context, &figures, &reading, &trades)?;
    sections.extend(of_trades(context, &figures, &trades));
    sections.extend(machinery::signals(context)?);
    if !context.is_joined() {
        sections.extend(machinery::sections(context));
    }
    Ok((sections, reading))
}
