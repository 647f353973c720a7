//! The sections of the page about gates, patterns, the open book, the guard, knobs, experiments and models.

use std::fmt::Display;

use super::{SPAN, section};
use crate::app::brain_report::{brain_sheet, told};
use crate::app::patterns_report::pattern_data;
use crate::app::portfolio::portfolio_data;
use crate::app::size::{SizeRecord, sizing};
use crate::app::{
    Context, HeatRequest, WhatIf, WhatIfError, WhatIfRequest, experiment_report, guard_report, model_report,
    open_heat, what_if,
};
use crate::domain::{KnobName, Window};
use crate::files::missed_log::missed_of_all;
use crate::files::open_positions;
use crate::files::retrain_files::attempts;
use crate::report::{
    Chart, Section, View, correlation_map, experiment_charts, experiments_view, gate_chart, heat_course,
    heat_view, knob_charts, missed_view, model_view, pattern_dots, patterns_view, portfolio_view,
    positions_view, reliability_chart, retrain_chart, size_charts, size_view, what_if_charts, what_if_words,
};
use crate::store::StoreError;

/// Days of the record that the knobs are swept on.
const WHAT_IF_DAYS: u16 = 30;

/// The charts of a section, and its words.
type Shown = (Vec<Chart>, View);

/// A part that could not be read says why, and the rest of the page stands.
fn shown<E: Display>(made: Result<Shown, E>) -> Shown {
    made.unwrap_or_else(|error| (Vec::new(), View { lead: vec![error.to_string()], ..View::default() }))
}

/// Every knob over its range, on the tape of the last 30 days. The curves have their words; the table of all
/// their values is `dtlearn what-if`'s.
fn sweeps(context: &Context<'_>) -> Result<Shown, WhatIfError> {
    let WhatIf { facts, .. } = what_if(context, &WhatIfRequest::of_every_knob(WHAT_IF_DAYS))?;
    let (view, charts) = (what_if_words(&facts), what_if_charts(&facts));
    let is_idle = |name: &KnobName| charts.iter().all(|(drawn, _)| drawn != name);
    let idle: Vec<&str> = KnobName::ALL.into_iter().filter(is_idle).map(KnobName::as_str).collect();
    let mut notes = view.notes;
    if !idle.is_empty() {
        let said = format!("Every record comes out the same under any value of {}.", idle.join(", "));
        notes.insert(0, said);
    }
    let charts = charts.into_iter().map(|(_, chart)| chart).collect();
    Ok((charts, View { lead: view.lead, notes, ..View::default() }))
}

/// How the experiments stand, with a chart of those that run.
fn experiments(context: &Context<'_>) -> Result<Shown, StoreError> {
    let (all, _) = experiment_report::standing(context)?;
    let running = all.iter().filter(|data| data.stopped.is_none());
    Ok((running.flat_map(experiment_charts).collect(), experiments_view(&all)))
}

/// What wins more or less often than the rest; the words for it, and a dot for each that is named.
fn found(context: &Context<'_>) -> Result<Shown, StoreError> {
    let (data, _) = pattern_data(context, SPAN)?;
    Ok((pattern_dots(&data).into_iter().collect(), patterns_view(&data)))
}

/// What is open by the recorded fills, and what it risks.
fn open_book(context: &Context<'_>) -> Result<Shown, StoreError> {
    let (currency, calendar) = (&*context.settings.currency, context.market().calendar());
    let open = open_positions(context)?;
    let book = positions_view(&open.positions, context.seen_from(), currency, calendar);
    if book.grids.iter().all(|grid| grid.rows.is_empty()) {
        let lead = book.lead.into_iter().take(1).collect();
        return Ok((Vec::new(), View { lead, ..View::default() }));
    }
    let view = match open_heat(context, &HeatRequest::default()) {
        Ok(found) => {
            let heat = heat_view(&found.data(&context.settings));
            let mut grids = book.grids;
            grids.iter_mut().for_each(|grid| grid.title = Some("Positions".into()));
            grids.extend(heat.grids);
            View { lead: heat.lead, grids, notes: heat.notes, ..View::default() }
        }
        Err(error) => View { lead: vec![error.to_string()], ..book },
    };
    Ok((Vec::new(), view))
}

fn knobs(context: &Context<'_>) -> Result<Shown, StoreError> {
    let (data, notes) = brain_sheet(context, None)?;
    let charts = knob_charts(&data, context.seen_from(), context.market().calendar());
    Ok((charts, told(context, &data, notes)))
}

fn model(context: &Context<'_>) -> Result<Shown, StoreError> {
    let data = model_report::model_sheet(context)?;
    let charts = data.live.iter().filter_map(|file| reliability_chart(&file.validation)).collect();
    Ok((charts, model_view(&data)))
}

/// What the record supports as a size, and how sizes by context did.
fn sizes(context: &Context<'_>) -> Result<Shown, StoreError> {
    let found = sizing(context, SizeRecord::read(context)?).data;
    Ok((size_charts(&found.history.points), size_view(&found, "report.sizing", true)))
}

fn retrains(context: &Context<'_>) -> Result<Shown, StoreError> {
    let (attempts, _) = attempts(context)?;
    Ok((retrain_chart(&attempts).into_iter().collect(), model_report::retrains_report(context)?))
}

/// What the book risked, whose risk it was, and what went together in it.
fn book_through_time(context: &Context<'_>) -> Result<Shown, StoreError> {
    let (data, _) = portfolio_data(context)?;
    let maps = data.book.correlations.iter().map(correlation_map);
    Ok((heat_course(&data).into_iter().chain(maps).collect(), portfolio_view(&data)))
}

/// The sections about gates and patterns, of the store or of all desks.
pub(super) fn signals(context: &Context<'_>) -> Result<Vec<Section>, StoreError> {
    let (totals, oldest, _) = missed_of_all(context, Window::Days(SPAN), None)?;
    let view = missed_view(&totals, oldest, Some(SPAN), &context.settings.currency);
    let missed = section("Missed signals", "missed", gate_chart(&totals).into_iter().collect(), view);
    let (charts, view) = shown(found(context));
    Ok(vec![missed, section(&format!("Patterns, {SPAN} days"), "patterns", charts, view)])
}

/// The sections about what is one store's own: its book, its knobs and its models.
pub(super) fn sections(context: &Context<'_>) -> Vec<Section> {
    let alone = |view: View| (Vec::new(), view);
    let book = format!("Heat through time, {SPAN} days");
    [
        ("Open book", "open-book", shown(open_book(context))),
        (&*book, "book", shown(book_through_time(context))),
        ("Guard", "guard", shown(guard_report::guard_report(context).map(alone))),
        ("Knobs", "knobs", shown(knobs(context))),
        ("Size", "size", shown(sizes(context))),
        ("Experiments", "experiments", shown(experiments(context))),
        ("What if", "what-if", shown(sweeps(context))),
        ("Model", "model", shown(model(context))),
        ("Retrains", "retrains", shown(retrains(context))),
    ]
    .into_iter()
    // What is open is what there is to see of it.
    .map(|(heading, id, (charts, view))| Section {
        opens: id == "open-book",
        ..section(heading, id, charts, view)
    })
    .collect()
}
