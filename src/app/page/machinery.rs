//! The sections of the page about gates, patterns, the open book, the guard, knobs, experiments and models.

use super::{SPAN, section, unread};
use crate::app::brain_report::{brain_sheet, told};
use crate::app::patterns_report::pattern_data;
use crate::app::{
    Context, HeatRequest, WhatIf, WhatIfRequest, experiment_report, guard_report, model_report, open_heat,
    what_if,
};
use crate::domain::{KnobName, Window};
use crate::files::missed_log::missed_of_all;
use crate::files::open_positions;
use crate::report::{
    Chart, Section, View, experiment_charts, experiments_view, gate_chart, heat_view, knob_charts,
    missed_view, model_view, pattern_dots, patterns_view, positions_view, reliability_chart, what_if_charts,
    what_if_view,
};
use crate::store::StoreError;

/// Days of the record that the knobs are swept on.
const WHAT_IF_DAYS: u16 = 30;

/// Every knob over its range, on the tape of the last 30 days. The curves have their words; the table of all
/// their values is `dtlearn what-if`'s.
fn sweeps(context: &Context<'_>) -> (Vec<Chart>, View) {
    match what_if(context, &WhatIfRequest::of_every_knob(WHAT_IF_DAYS)) {
        Ok(WhatIf { facts, .. }) => {
            let (view, charts) = (what_if_view(&facts), what_if_charts(&facts));
            let is_idle = |name: &KnobName| charts.iter().all(|(drawn, _)| drawn != name);
            let idle: Vec<&str> = KnobName::ALL.into_iter().filter(is_idle).map(KnobName::as_str).collect();
            let mut notes = view.notes;
            if !idle.is_empty() {
                let said = format!("Every record comes out the same under any value of {}.", idle.join(", "));
                notes.insert(0, said);
            }
            let charts = charts.into_iter().map(|(_, chart)| chart).collect();
            (charts, View { lead: view.lead, notes, ..View::default() })
        }
        Err(error) => (Vec::new(), View { lead: vec![error.to_string()], ..View::default() }),
    }
}

/// How the experiments stand, with a chart of those that run.
fn experiments(context: &Context<'_>) -> (Vec<Chart>, View) {
    match experiment_report::standing(context) {
        Ok((all, _)) => {
            let running = all.iter().filter(|data| data.stopped.is_none());
            (running.flat_map(experiment_charts).collect(), experiments_view(&all))
        }
        Err(error) => (Vec::new(), unread(&error)),
    }
}

/// What wins more or less often than the rest; the words for it, and a dot for each that is named.
fn found(context: &Context<'_>) -> (Vec<Chart>, View) {
    match pattern_data(context, SPAN) {
        Ok((data, _)) => (pattern_dots(&data).into_iter().collect(), patterns_view(&data)),
        Err(error) => (Vec::new(), unread(&error)),
    }
}

/// What is open by the recorded fills, and what it risks.
fn open_book(context: &Context<'_>) -> View {
    let (currency, calendar) = (&*context.settings.currency, context.market().calendar());
    let book = match open_positions(context) {
        Ok(open) => positions_view(&open.positions, context.seen_from(), currency, calendar),
        Err(error) => return unread(&error),
    };
    if book.grids.iter().all(|grid| grid.rows.is_empty()) {
        return View { lead: book.lead.into_iter().take(1).collect(), ..View::default() };
    }
    match open_heat(context, &HeatRequest::default()) {
        Ok(found) => {
            let heat = heat_view(&found.data(&context.settings));
            let mut grids = book.grids;
            grids.iter_mut().for_each(|grid| grid.title = Some("Positions".into()));
            grids.extend(heat.grids);
            View { lead: heat.lead, grids, notes: heat.notes, ..View::default() }
        }
        Err(error) => View { lead: vec![error.to_string()], ..book },
    }
}

/// The sections about gates and patterns, of the store or of all desks.
pub(super) fn signals(context: &Context<'_>) -> Result<Vec<Section>, StoreError> {
    let (totals, oldest, _) = missed_of_all(context, Window::Days(SPAN))?;
    let view = missed_view(&totals, oldest, Some(SPAN), &context.settings.currency);
    let missed = section("Missed signals", "missed", gate_chart(&totals).into_iter().collect(), view);
    let (charts, view) = found(context);
    Ok(vec![missed, section(&format!("Patterns, {SPAN} days"), "patterns", charts, view)])
}

/// The sections about what is one store's own: its book, its knobs and its models.
pub(super) fn sections(context: &Context<'_>) -> Vec<Section> {
    let mut sections = Vec::new();
    sections.push(section("Open book", "open-book", Vec::new(), open_book(context)));
    let view = guard_report::guard_report(context).unwrap_or_else(|error| unread(&error));
    sections.push(section("Guard", "guard", Vec::new(), view));
    let (charts, view) = match brain_sheet(context, None) {
        Ok((data, notes)) => (
            knob_charts(&data, context.seen_from(), context.market().calendar()),
            told(context, &data, notes),
        ),
        Err(error) => (Vec::new(), unread(&error)),
    };
    sections.push(section("Knobs", "knobs", charts, view));
    let (charts, view) = experiments(context);
    sections.push(section("Experiments", "experiments", charts, view));
    let (charts, view) = sweeps(context);
    sections.push(section("What if", "what-if", charts, view));
    let (charts, view) = match model_report::model_sheet(context) {
        Ok(data) => {
            let charts = data.live.iter().filter_map(|file| reliability_chart(&file.validation)).collect();
            (charts, model_view(&data))
        }
        Err(error) => (Vec::new(), unread(&error)),
    };
    sections.push(section("Model", "model", charts, view));
    let view = model_report::retrains_report(context).unwrap_or_else(|error| unread(&error));
    sections.push(section("Retrains", "retrains", Vec::new(), view));
    sections
}
