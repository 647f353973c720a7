//! `report --html`: every view of an operator's day, with its charts, for one page.

mod machinery;

use super::desks::tell_desks_read;
use super::summary::summary_and_data;
use super::{Context, DesksError, Reading, ReportError, check_desks};
use crate::domain::{Timestamp, TradeDetail, Window};
use crate::files::FiguresByWindow;
use crate::files::desks::joined_totals;
use crate::files::guard_files::read_guard;
use crate::files::trade_details::trade_details;
use crate::files::window_figures::{Figured, figures};
use crate::metrics::{
    Behaviour, Excursions, Metric, Performance, Risk, Situation, Windows, behaviours, compare_desks,
    excursions, execution, risk, sector_rotation,
};
use crate::report::{
    Chart, Section, SummaryData, Tile, View, behaviour_chart, behaviour_view, calendar_chart,
    confidence_chart, day_chart, desks_summary_view, desks_view, equity_chart, excursion_chart,
    excursions_view, execution_view, fan_chart, group_dots, guard_tile, history_view, metrics_view, r_chart,
    risk_view, sectors_view, summary_tiles, weekday_hour_chart,
};
use crate::simulate::session_fan;
use crate::store::StoreError;

/// Days that the page looks back: one length for all that is not the account's whole course.
const SPAN: u16 = 90;

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
    let compared = compare_desks(joined_totals(context, &asked, None, false).0.results(&asked, 0));
    let desks = desks_view(&compared, reading.missing.len(), Some(SPAN), &figures.currency);
    let summary = section("Summary", "summary", Vec::new(), desks_summary_view(figures));
    Ok(vec![first, summary, section(&format!("Desks, {SPAN} days"), "desks", Vec::new(), desks)])
}

/// What the sections of trades are drawn from.
struct OfTrades<'a> {
    context: &'a Context<'a>,
    figures: &'a FiguresByWindow,
    quarter: &'a Performance,
    trades: &'a Trades,
    risk: Risk,
    /// The account at the end of the quarter.
    capital: f64,
}

impl<'a> OfTrades<'a> {
    /// `None` without a trade.
    fn new(context: &'a Context<'a>, figures: &'a FiguresByWindow, trades: &'a Trades) -> Option<Self> {
        let all = figures.all().filter(|all| all.trades() > 0)?;
        let quarter = figures.window(Window::Days(SPAN)).unwrap_or(all);
        let total: f64 = trades.details.iter().map(|trade| trade.pnl).sum();
        let capital = figures.capital + all.get(Metric::TotalPnl).unwrap_or(0.0);
        let risk = risk(&trades.details, context.market(), capital - total);
        Some(Self { context, figures, quarter, trades, risk, capital })
    }

    fn currency(&self) -> &str {
        &self.context.settings.currency
    }

    fn sessions(&self) -> Section {
        let mut days = history_view(self.quarter, self.context.seen_from(), self.currency());
        days.grids.truncate(1);
        // The page draws the calendar.
        days.lines.clear();
        days.notes.clear();
        if let Some(days) = days.grids.first_mut() {
            days.title = Some(format!("Days, the last {SPAN}"));
            days.rows.reverse();
        }
        let currency = self.currency();
        let charts = [calendar_chart(&self.risk.sessions, currency), day_chart(self.quarter, currency)];
        section(&format!("Sessions, {SPAN} days"), "sessions", charts.into_iter().flatten().collect(), days)
    }

    fn groups(&self) -> Section {
        let dots = self.trades.excursions.groups.iter().filter_map(|(by, rows)| group_dots(*by, rows));
        let charts = dots.chain(confidence_chart(self.quarter)).collect();
        let mut view = metrics_view(self.figures);
        view.grids = view.grids.split_off(view.grids.len().min(1));
        (view.notes, view.lead) = (Vec::new(), Vec::new());
        section(&format!("Where results come from, {SPAN} days"), "groups", charts, view)
    }

    fn behaviour(&self) -> Section {
        let found = &self.trades.behaviours;
        let situations = [Situation::After, Situation::TradeOfDay, Situation::Hour, Situation::Weekday];
        let charts = situations.into_iter().filter_map(|of| behaviour_chart(found, of));
        let charts = charts.chain(weekday_hour_chart(found)).collect();
        let view = behaviour_view(found, self.trades.details.len() as u64, Some(SPAN));
        section(&format!("Behaviour, {SPAN} days"), "behaviour", charts, view)
    }

    fn sectors(&self) -> Section {
        let context = self.context;
        let found = sector_rotation(&self.trades.details, context.market(), context.seen_from());
        section(
            "Sectors, 7 days against the 23 before",
            "sectors",
            Vec::new(),
            sectors_view(&found, self.trades.details.len()),
        )
    }

    fn excursions(&self) -> Section {
        let found = &self.trades.excursions;
        let charts = [r_chart(&found.distribution), excursion_chart(&self.trades.details)];
        let charts = charts.into_iter().flatten().collect();
        let view = excursions_view(found, Some(SPAN));
        section(&format!("R and excursions, {SPAN} days"), "excursions", charts, view)
    }

    fn execution(&self) -> Section {
        let found = execution(&self.trades.details, self.context.market());
        let view = execution_view(&found, Some(SPAN), self.currency());
        section(&format!("Execution, {SPAN} days"), "execution", Vec::new(), view)
    }

    fn risk(&self) -> Section {
        let results: Vec<f64> = self.risk.sessions.iter().map(|session| session.pnl).collect();
        let fan = session_fan(&results, self.capital);
        let charts = fan.iter().map(|fan| fan_chart(fan, self.currency())).collect();
        let view = risk_view(&self.risk, fan.as_ref(), self.currency());
        section(&format!("Risk, {SPAN} days"), "risk", charts, view)
    }
}

/// What is seen first, and the sections of trades. These are held for no longer: the sections behind them hold others.
fn sections_of_trades(
    context: &Context<'_>,
    figures: &FiguresByWindow,
    reading: &Reading,
) -> Result<Vec<Section>, ReportError> {
    let trades = Trades::read(context)?;
    let mut sections = summary(context, figures, reading, &trades)?;
    if let Some(of) = OfTrades::new(context, figures, &trades) {
        sections.extend([
            of.sessions(),
            of.groups(),
            of.sectors(),
            of.behaviour(),
            of.excursions(),
            of.execution(),
            of.risk(),
        ]);
    }
    Ok(sections)
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
    let mut sections = sections_of_trades(context, &figures, &reading)?;
    sections.extend(machinery::signals(context)?);
    if !context.is_joined() {
        sections.extend(machinery::sections(context));
    }
    Ok((sections, reading))
}
