//! `report`: everything that the summary puts side by side, and the page after it.

use serde_json::{Map, Value as Json, json};

use super::doctor::{Examination, examine_waiting};
use super::figures::{Figured, figures};
use super::missed::analysis;
use super::retrain_files::baseline_file;
use super::{Desk, Reading, brain_report, freshness, health, last_replay, missed_book, model_report, models};
use crate::domain::{Timestamp, Window};
use crate::learn::ModelFile;
use crate::report::{Sheet, SummarySheet, View, metrics_view, summary_view};
use crate::store::{Log, StoreError};

/// What stands beside the figures: the baseline, the model, the missed signals of a week, the knobs.
pub(super) struct Beside {
    pub sheet: SummarySheet,
    /// The payload entries that `report` and `report metrics` share.
    pub payload: Map<String, Json>,
}

/// The figures at the last deployed retrain, as far as they were known at the moment that is asked for.
fn baseline(desk: &Desk<'_>) -> Option<(String, Map<String, Json>)> {
    // A baseline that cannot be read is doctor's matter.
    let file = baseline_file(desk).ok().flatten()?;
    let moment = Timestamp::parse(&file.timestamp).ok()?;
    (moment <= desk.seen_from()).then(|| (moment.trading_date().to_string(), file.metrics))
}

fn model_state(
    desk: &Desk<'_>,
    model: &Result<Option<ModelFile>, StoreError>,
) -> Option<Result<(String, f64), String>> {
    match model {
        Ok(file) => {
            let file = file.as_ref()?;
            let made = Timestamp::parse(&file.created_at).ok()?;
            let days = (desk.seen_from().micros() - made.micros()) as f64 / 86_400e6;
            Some(Ok((file.version.clone(), days)))
        }
        Err(error) => Some(Err(error.to_string())),
    }
}

/// Reads what stands beside the figures. What cannot be read is said, and stops nothing.
///
/// # Errors
/// [`StoreError`] when the log of missed signals cannot be read at all.
pub(super) fn beside(desk: &Desk<'_>, figures: &Sheet, reading: &Reading) -> Result<Beside, StoreError> {
    let model = models::live(desk);
    let (missed, oldest_pending, _) = missed_book(desk, Window::Days(7))?;
    let (knobs, changes) = match brain_report::brain_sheet(desk, None) {
        Ok((sheet, _)) => (sheet.knobs, sheet.changes),
        Err(_) => (Vec::new(), Vec::new()),
    };
    let position_size = super::brain::position_size(desk);
    let mut examined = Examination::default();
    if !reading.is_whole() {
        let log = desk.layout.log(Log::Outcomes);
        let what = "not all of it could be read, and the figures rest on the rest";
        examined.damage(&log, "", what, Some("dtlearn doctor"));
    }
    examine_waiting(desk, &mut examined);
    let last = figures.all().and_then(|all| Some(all.daily().span()?.1));
    freshness::examine_freshness(desk, last, model.as_ref().ok().and_then(Option::as_ref), &mut examined);
    let mut payload = Map::new();
    let week = figures.window(Window::Days(7));
    payload.insert("baseline".into(), model_report::baseline_payload(desk));
    payload.insert(
        "model_health".into(),
        model_report::health(desk, model.as_ref().ok().and_then(Option::as_ref), week),
    );
    let said = if missed.total > 0 { Json::Object(analysis(&missed, position_size)) } else { Json::Null };
    payload.insert("missed_opportunities".into(), said);
    let told = if knobs.is_empty() { Json::Null } else { crate::report::knobs_json(&knobs) };
    payload.insert("dt_brain_knobs".into(), told);
    let replayed = last_replay(desk);
    payload.insert("last_replay".into(), json!(replayed));
    let sheet = SummarySheet {
        baseline: baseline(desk),
        model: model_state(desk, &model),
        missed,
        oldest_pending,
        position_size,
        knobs,
        changes,
        replay: replayed.map(|last| (last.when(), last.sentence)),
        attention: health::checks(examined.findings),
    };
    Ok(Beside { sheet, payload })
}

/// The summary.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(super) fn summary_report(desk: &Desk<'_>) -> Result<(View, Reading), StoreError> {
    let Figured { sheet: figures, reading, .. } = figures(desk)?;
    let beside = beside(desk, &figures, &reading)?;
    let mut view = summary_view(&figures, &beside.sheet);
    view.payload.extend(beside.payload);
    Ok((view, reading))
}

/// Every metric and group.
///
/// # Errors
/// As [`summary_report`].
pub(super) fn metrics_report(desk: &Desk<'_>) -> Result<(View, Reading), StoreError> {
    let Figured { sheet: figures, reading, .. } = figures(desk)?;
    let beside = beside(desk, &figures, &reading)?;
    let mut view = metrics_view(&figures);
    view.payload.extend(beside.payload);
    Ok((view, reading))
}
