//! `report` and `report metrics`: the figures, and what stands beside them.

use serde_json::{Map, Value as Json, json};

use super::brain_report::brain_sheet;
use super::day_report::{falling_then, save_in_report};
use super::doctor::examine_waiting;
use super::examination::Examination;
use super::freshness::examine_freshness;
use super::session::session;
use super::{Context, LastReplay, Reading, health, last_replay, missed_totals, model_report};
use crate::domain::{Date, Timestamp, Window};
use crate::files::engine_results::engine_results;
use crate::files::missed_log::analysis;
use crate::files::models;
use crate::files::record_filter::TradeFilter;
use crate::files::retrain_files::baseline_file;
use crate::files::window_figures::{Figured, figures, figures_where};
use crate::learn::ModelFile;
use crate::metrics::{EngineResults, MissedTotals};
use crate::report::{
    BrainData, FiguresByWindow, HealthCheck, SessionData, SummaryData, View, desks_summary_view, knobs_json,
    metrics_view, summary_view,
};
use crate::store::{Log, StoreError};
use crate::wire::BaselineFile;

/// What stands beside the figures, read once.
struct Beside {
    /// What cannot be read is doctor's matter.
    baseline: Option<BaselineFile>,
    model: Result<Option<ModelFile>, StoreError>,
    /// Of a week, with the oldest that waits for prices.
    missed: (MissedTotals, Option<Date>),
    /// None where the brain file cannot be read.
    brain: Option<BrainData>,
    replay: Option<LastReplay>,
    results: EngineResults,
}

impl Beside {
    fn read(context: &Context<'_>) -> Result<Self, StoreError> {
        let (missed, oldest_pending, _) = missed_totals(context, Window::Days(7))?;
        Ok(Self {
            baseline: baseline_file(context).ok().flatten(),
            model: models::live(context),
            missed: (missed, oldest_pending),
            brain: brain_sheet(context, None).ok().map(|(data, _)| data),
            replay: last_replay(context),
            results: engine_results(context, Window::Days(health::RESULT_DAYS))?,
        })
    }

    fn model(&self) -> Option<&ModelFile> {
        self.model.as_ref().ok().and_then(Option::as_ref)
    }

    /// The payload entries that `report` and `report metrics` share.
    fn payload(&self, context: &Context<'_>, figures: &FiguresByWindow) -> Map<String, Json> {
        let missed = &self.missed.0;
        let week = figures.window(Window::Days(7));
        let mut out = Map::new();
        out.insert("baseline".into(), model_report::baseline_payload(self.baseline.clone()));
        out.insert("model_health".into(), model_report::health(context, self.model(), week));
        let said = (missed.total > 0).then(|| Json::Object(analysis(missed)));
        out.insert("missed_opportunities".into(), said.into());
        let knobs = self.brain.as_ref().map(|data| knobs_json(&data.knobs));
        out.insert("dt_brain_knobs".into(), knobs.into());
        out.insert("last_replay".into(), json!(self.replay));
        out
    }

    /// What needs attention, as far as it shows without reading every record.
    fn attention(
        &self,
        context: &Context<'_>,
        figures: &FiguresByWindow,
        reading: &Reading,
    ) -> Vec<HealthCheck> {
        let mut examined = Examination::default();
        if !reading.is_whole() {
            let log = context.layout.log(Log::Outcomes);
            let what = "some records cannot be read; the figures are based on the others";
            examined.damage(&log, "", what, Some("dtlearn doctor"));
        }
        examine_waiting(context, &mut examined);
        let last = figures.all().and_then(|all| Some(all.daily().span()?.1));
        examine_freshness(context, last, self.model(), &mut examined);
        for falling in falling_then(context) {
            examined.warn(&context.layout.log(Log::Outcomes), &falling, Some("dtlearn report sectors"));
        }
        health::checks(examined.findings)
    }

    fn into_sheet(
        self,
        context: &Context<'_>,
        attention: Vec<HealthCheck>,
        session: Option<SessionData>,
    ) -> SummaryData {
        let (knobs, changes) = self.brain.map(|data| (data.knobs, data.changes)).unwrap_or_default();
        SummaryData {
            baseline: self.baseline.and_then(|file| known_baseline(context, file)),
            model: model_state(context, self.model),
            missed: self.missed.0,
            oldest_pending: self.missed.1,
            knobs,
            changes,
            session,
            replay: self.replay.map(|last| (last.when(), last.sentence)),
            results: self.results,
            result_days: health::RESULT_DAYS,
            attention,
        }
    }
}

/// The baseline with its trading date, if it was there at the moment that is asked for.
fn known_baseline(context: &Context<'_>, file: BaselineFile) -> Option<(String, Map<String, Json>)> {
    let moment = Timestamp::parse(&file.timestamp).ok()?;
    (moment <= context.seen_from()).then(|| (context.market().trading_date(moment).to_string(), file.metrics))
}

fn model_state(
    context: &Context<'_>,
    model: Result<Option<ModelFile>, StoreError>,
) -> Option<Result<(String, f64), String>> {
    match model {
        Ok(file) => {
            let file = file?;
            let made = Timestamp::parse(&file.created_at).ok()?;
            Some(Ok((file.version, context.days_since(made) as f64)))
        }
        Err(error) => Some(Err(error.to_string())),
    }
}

/// The summary of figures that were read.
///
/// # Errors
/// [`StoreError`] when the log of missed signals cannot be read at all.
pub(super) fn summary_of(
    context: &Context<'_>,
    figures: &FiguresByWindow,
    reading: &Reading,
) -> Result<View, StoreError> {
    summary_and_data(context, figures, reading).map(|(view, _)| view)
}

/// The summary, and what it was made of.
pub(super) fn summary_and_data(
    context: &Context<'_>,
    figures: &FiguresByWindow,
    reading: &Reading,
) -> Result<(View, SummaryData), StoreError> {
    let beside = Beside::read(context)?;
    let payload = beside.payload(context, figures);
    let attention = beside.attention(context, figures, reading);
    let data = beside.into_sheet(context, attention, session(context, figures)?);
    let mut view = summary_view(figures, &data);
    view.payload.extend(payload);
    Ok((view, data))
}

/// The summary.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(super) fn summary_report(context: &Context<'_>) -> Result<(View, Reading), StoreError> {
    let Figured { data, reading, .. } = figures(context)?;
    if context.is_joined() {
        return Ok((desks_summary_view(&data), reading));
    }
    Ok((summary_of(context, &data, &reading)?, reading))
}

/// The summary of now, saved in the report of its New York date.
///
/// # Errors
/// [`StoreError`].
pub fn save_summary(context: &Context<'_>) -> Result<(View, Reading), StoreError> {
    let (view, reading) = summary_report(context)?;
    save_in_report(context, &view.payload)?;
    Ok((view, reading))
}

/// Every metric and group, of the trades that a filter takes. What is not of trades alone is not told of a part of them.
///
/// # Errors
/// As [`summary_report`].
pub(super) fn metrics_report(
    context: &Context<'_>,
    filter: Option<&TradeFilter>,
) -> Result<(View, Reading), StoreError> {
    let Some(filter) = filter else {
        let Figured { data, reading, .. } = figures(context)?;
        let mut view = metrics_view(&data);
        if context.is_joined() {
            // Brain, model and baseline are each desk's own.
            return Ok((view, reading));
        }
        view.payload.extend(Beside::read(context)?.payload(context, &data));
        return Ok((view, reading));
    };
    let Figured { data, reading, .. } = figures_where(context, filter)?;
    Ok((metrics_view(&data), reading))
}
