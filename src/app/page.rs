//! `report --html`: every view of an operator's day, with its charts, for one page.

use super::brain_report::{brain_sheet, told};
use super::summary::summary_of;
use super::{
    Context, Reading, WhatIf, WhatIfRequest, experiment_report, missed_totals, model_report, what_if,
};
use crate::domain::{KnobName, Window};
use crate::files::brain;
use crate::files::window_figures::{Figured, figures};
use crate::metrics::Dimension;
use crate::report::{
    Chart, Section, View, confidence_chart, experiment_charts, experiments_view, group_chart, history_charts,
    history_view, knob_charts, metrics_view, missed_chart, missed_view, model_view, reliability_chart,
    told_window, what_if_charts, what_if_view,
};
use crate::store::StoreError;

/// Days of the table of days and of the missed signals.
const SPAN: u16 = 90;

/// Days of the tape that the knobs are swept on.
const WHAT_IF_DAYS: u16 = 30;

/// A part that could not be read says why, and the rest of the page stands.
fn unread(error: &StoreError) -> View {
    View { lead: vec![error.to_string()], ..View::default() }
}

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

/// How the experiments stand, with a chart of those that run; none where nothing was ever planned.
fn experiments(context: &Context<'_>) -> Option<(Vec<Chart>, View)> {
    match experiment_report::standing(context) {
        Ok((all, _)) if all.is_empty() => None,
        Ok((all, _)) => {
            let running = all.iter().filter(|data| data.stopped.is_none());
            Some((running.flat_map(experiment_charts).collect(), experiments_view(&all)))
        }
        Err(error) => Some((Vec::new(), unread(&error))),
    }
}

/// The sections of the page.
///
/// # Errors
/// [`StoreError`] when the log of trades or of missed signals cannot be read at all.
pub fn page_sections(context: &Context<'_>) -> Result<(Vec<Section>, Reading), StoreError> {
    let currency = context.settings.currency.as_str();
    let Figured { data: figures, reading, .. } = figures(context)?;
    let mut sections = Vec::new();
    let mut add = |heading: &str, id: &'static str, charts, view: View| {
        sections.push(Section { heading: heading.into(), id, charts, view });
    };
    let mut view = summary_of(context, &figures, &reading)?;
    // The knobs have a section of their own.
    view.grids.truncate(1);
    if let Some(windows) = view.grids.first_mut() {
        windows.title = Some("Performance, windows side by side".into());
    }
    add("Summary", "summary", Vec::new(), view);
    if let Some(all) = figures.all() {
        let quarter = figures.window(Window::Days(SPAN)).unwrap_or(all);
        let mut view = history_view(quarter, context.seen_from(), currency);
        view.grids.truncate(1);
        if let Some(days) = view.grids.first_mut() {
            days.title = Some(format!("Days, the last {SPAN}"));
            days.rows.reverse();
        }
        add("Equity and days", "equity", history_charts(all, context.settings.capital, currency), view);
    }
    if let Some((label, told)) = told_window(&figures) {
        let charts = [Dimension::TimeOfDay, Dimension::Regime, Dimension::Symbol];
        let mut charts: Vec<_> =
            charts.into_iter().filter_map(|dimension| group_chart(told, dimension, currency)).collect();
        charts.extend(confidence_chart(told));
        let mut view = metrics_view(&figures);
        view.grids = view.grids.split_off(view.grids.len().min(1));
        view.notes.clear();
        add(&format!("Where results come from, {label}"), "groups", charts, view);
    }
    let (totals, oldest, _) = missed_totals(context, Window::Days(SPAN))?;
    let size = brain::position_size(context);
    let view = missed_view(&totals, oldest, Some(SPAN), size, currency);
    add("Missed signals", "missed", missed_chart(&totals, size, currency).into_iter().collect(), view);
    let (charts, view) = match brain_sheet(context, None) {
        Ok((data, notes)) => (
            knob_charts(&data, context.seen_from(), context.market().calendar()),
            told(context, &data, notes),
        ),
        Err(error) => (Vec::new(), unread(&error)),
    };
    add("Knobs", "knobs", charts, view);
    if let Some((charts, view)) = experiments(context) {
        add("Experiments", "experiments", charts, view);
    }
    let (charts, view) = sweeps(context);
    add("What if", "what-if", charts, view);
    let (charts, view) = match model_report::model_sheet(context) {
        Ok(data) => {
            let charts = data.live.iter().filter_map(|file| reliability_chart(&file.validation)).collect();
            (charts, model_view(&data))
        }
        Err(error) => (Vec::new(), unread(&error)),
    };
    add("Model", "model", charts, view);
    let view = model_report::retrains_report(context).unwrap_or_else(|error| unread(&error));
    add("Retrains", "retrains", Vec::new(), view);
    Ok((sections, reading))
}
