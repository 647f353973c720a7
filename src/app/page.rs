//! `report --html`: what an operator's day is seen by, part by part.

use super::brain_report::brain_data;
use super::desks::desks_told;
use super::detail_reports::{DetailsFound, details_found};
use super::guard::guard_now;
use super::guard_report::guard_history;
use super::missed_report::missed_data;
use super::model_report::{model_data, retrains_data};
use super::patterns_report::pattern_data;
use super::portfolio::portfolio_data;
use super::score::is_expired;
use super::size::{SizeRecord, sizing};
use super::summary::summary_data;
use super::{
    Context, DesksError, HeatRequest, Reading, ReportError, WhatIfRequest, check_desks, experiment_report,
    open_heat, what_if,
};
use crate::domain::Window;
use crate::files::desks::joined_totals;
use crate::files::guard_files::read_events;
use crate::files::open_positions;
use crate::files::round_trip::with_known_costs;
use crate::files::window_figures::{Figured, earned_before, figures};
use crate::files::{FiguresByWindow, models};
use crate::metrics::{Metric, Performance, Windows, compare_desks, risk_of};
use crate::report::{
    DesksTold, GuardNow, ModelSkill, PAGE_DAYS, PageBeside, PageBook, PageFound, PageMore, PagePart,
    PageTold, PageTrades, SizingData,
};
use crate::simulate::session_fan;
use crate::store::StoreError;
use crate::wire::GuardEvent;

/// Days of the record that the knobs are swept on.
const WHAT_IF_DAYS: u16 = 30;

/// How good the model in use is; what cannot be read is told elsewhere.
fn skill(context: &Context<'_>) -> Option<ModelSkill> {
    let file = models::live(context).ok().flatten()?;
    Some(ModelSkill {
        is_expired: is_expired(context, &file),
        better: file.validation.paired,
        beats_model: file.validation.champion.is_some(),
    })
}

/// The guard's state by the exits of the session and the record, whether or not anybody asked for it.
fn guard(context: &Context<'_>) -> Option<GuardNow> {
    let (state, day) = guard_now(context).ok()?;
    let events = read_events(context).unwrap_or_default();
    let locked = |event: &GuardEvent| Some((event.session.clone(), event.lock.as_ref()?.rule.clone()));
    let last = events.iter().rev().find_map(locked);
    let has_rules = !context.settings.guard.rules.is_empty();
    (has_rules || last.is_some()).then_some(GuardNow { state, day, last })
}

fn told(
    context: &Context<'_>,
    figures: &FiguresByWindow,
    reading: &Reading,
) -> Result<PageTold, ReportError> {
    if !context.is_joined() {
        let data = summary_data(context, figures, reading)?;
        let beside = PageBeside { skill: skill(context), guard: guard(context) };
        return Ok(PageTold::Store(Box::new(data), Box::new(beside)));
    }
    let desks: Result<DesksTold, DesksError> = desks_told(context, reading);
    let asked = Windows::new([Window::Days(PAGE_DAYS)], context.seen_from(), context.market());
    let compared = compare_desks(joined_totals(context, &asked, None, false).0.results(&asked, 0));
    Ok(PageTold::Desks(desks?, Box::new(compared)))
}

/// What is seen first, and what trades say.
fn trades(
    context: &Context<'_>,
    figures: FiguresByWindow,
    reading: &Reading,
) -> Result<PageTrades, ReportError> {
    let DetailsFound { excursions, points, behaviour: (behaviours, count), risk, sectors, execution } =
        details_found(context, Window::Days(PAGE_DAYS))?;
    let told = told(context, &figures, reading)?;
    let more = figures.all().filter(|all| all.trades() > 0).map(|all| {
        let before = figures.capital + earned_before(&figures.windows, Window::Days(PAGE_DAYS));
        // The account at the end of the quarter.
        let capital = figures.capital + all.get(Metric::TotalPnl).unwrap_or(0.0);
        let risk = risk_of(risk, context.market(), before);
        let results: Vec<f64> = risk.sessions.iter().map(|session| session.pnl).collect();
        PageMore { fan: session_fan(&results, capital), risk, sectors, execution }
    });
    let usual = figures.window(Window::Days(PAGE_DAYS)).and_then(Performance::usual_session);
    let week = figures.window(Window::Days(7)).and_then(Performance::result_interval);
    Ok(PageTrades { figures, told, usual, week, trades: count, excursions, points, behaviours, more })
}

/// What the record supports as a size.
fn size(context: &Context<'_>) -> Result<SizingData, StoreError> {
    Ok(sizing(context, SizeRecord::read(context)?).data)
}

/// What is open by the recorded fills, and what it risks.
fn open_book(context: &Context<'_>) -> Result<PageBook, StoreError> {
    let positions = open_positions(context)?.positions;
    let heat = (!positions.is_empty()).then(|| {
        let found = open_heat(context, &HeatRequest::default());
        found.map(|found| found.data(&context.settings)).map_err(|error| error.to_string())
    });
    Ok(PageBook { positions, heat })
}

/// A part that could not be read says why, and the rest of the page stands.
fn found<T, E: std::fmt::Display>(read: Result<T, E>) -> PageFound<T> {
    read.map(Box::new).map_err(|error| error.to_string())
}

/// Reads the page part by part, each handed to `tell` before the next is read.
///
/// # Errors
/// [`ReportError`] when the log of trades or of missed signals cannot be read at all, or several desks cannot be joined.
pub fn page_parts(context: &Context<'_>, tell: &mut dyn FnMut(PagePart)) -> Result<Reading, ReportError> {
    if context.is_joined() {
        check_desks(context)?;
    }
    let context = &with_known_costs(context);
    let Figured { data: figures, reading, .. } = figures(context)?;
    tell(PagePart::Trades(Box::new(trades(context, figures, &reading)?)));
    let (missed, _) = missed_data(context, Window::Days(PAGE_DAYS), None)?;
    tell(PagePart::Missed(Box::new(missed)));
    tell(PagePart::Patterns(found(pattern_data(context, PAGE_DAYS).map(|(data, _)| data))));
    if context.is_joined() {
        return Ok(reading);
    }
    tell(PagePart::OpenBook(found(open_book(context))));
    tell(PagePart::BookThroughTime(found(portfolio_data(context).map(|(data, _)| data))));
    tell(PagePart::Guard(found(guard_history(context))));
    tell(PagePart::Knobs(found(brain_data(context, None))));
    tell(PagePart::Size(found(size(context))));
    tell(PagePart::Experiments(found(experiment_report::standing(context).map(|(all, _)| all))));
    let swept = what_if(context, &WhatIfRequest::of_every_change(WHAT_IF_DAYS));
    tell(PagePart::WhatIf(found(swept.map(|found| found.facts))));
    tell(PagePart::Model(found(model_data(context))));
    tell(PagePart::Retrains(found(retrains_data(context))));
    Ok(reading)
}
