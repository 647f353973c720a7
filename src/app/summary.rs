//! `report` and `report metrics`: the figures, and what stands beside them.

use serde_json::{Map, Value as Json};

use super::brain_report::brain_data;
use super::day_report::{falling_then, save_in_report};
use super::doctor::examine_waiting;
use super::examination::Examination;
use super::freshness::examine_freshness;
use super::session::session;
use super::{Context, Reading, health, last_replay, missed_totals};
use crate::decide::RETRAIN_AGE_DAYS;
use crate::domain::{Date, Timestamp, Window};
use crate::files::engine_results::engine_results;
use crate::files::models;
use crate::files::record_filter::TradeFilter;
use crate::files::retrain_files::{baseline_file, in_use_since};
use crate::files::window_figures::{Figured, figures, figures_where};
use crate::learn::ModelFile;
use crate::report::{BesideData, FiguresByWindow, HealthCheck, SummaryData, SummaryReport};
use crate::store::{Log, StoreError};
use crate::wire::{Adjustment, BaselineFile};

/// What stands beside the figures, read once.
struct Beside {
    data: BesideData,
    model: Result<Option<ModelFile>, StoreError>,
    /// The date of the oldest missed signal that waits for prices.
    oldest_pending: Option<Date>,
    changes: Vec<Adjustment>,
}

impl Beside {
    fn read(context: &Context<'_>) -> Result<Self, StoreError> {
        let (missed, oldest_pending, _) = missed_totals(context, Window::Days(7))?;
        let model = models::live(context);
        let made = model.as_ref().ok().and_then(Option::as_ref);
        let made = made.and_then(|file| in_use_since(context, file).ok().flatten());
        let days = made.map(|made| context.days_since(made) as f64);
        let is_fresh = days.is_some_and(|days| days < RETRAIN_AGE_DAYS as f64);
        let (knobs, changes) = brain_data(context, None).ok().map(|data| (data.knobs, data.changes)).unzip();
        let data = BesideData {
            // What cannot be read is doctor's matter.
            baseline: baseline_file(context).ok().flatten(),
            days_since_retrain: days,
            next_retrain: made.filter(|_| is_fresh).map(|made| made.plus_days(RETRAIN_AGE_DAYS)),
            missed,
            knobs,
            replay: last_replay(context),
        };
        Ok(Self { data, model, oldest_pending, changes: changes.unwrap_or_default() })
    }

    fn model(&self) -> Option<&ModelFile> {
        self.model.as_ref().ok().and_then(Option::as_ref)
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
        examined.told(None).checks
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
pub(super) fn summary_data(
    context: &Context<'_>,
    figures: &FiguresByWindow,
    reading: &Reading,
) -> Result<SummaryData, StoreError> {
    let beside = Beside::read(context)?;
    let baseline = beside.data.baseline.clone();
    Ok(SummaryData {
        results: engine_results(context, Window::Days(health::RESULT_DAYS))?,
        result_days: health::RESULT_DAYS,
        attention: beside.attention(context, figures, reading),
        session: session(context, figures)?,
        baseline: baseline.and_then(|file| known_baseline(context, file)),
        model: model_state(context, beside.model),
        oldest_pending: beside.oldest_pending,
        changes: beside.changes,
        beside: beside.data,
    })
}

/// The summary.
///
/// # Errors
/// [`StoreError`] when a log cannot be read at all.
pub(super) fn summary_report(context: &Context<'_>) -> Result<(SummaryReport, Reading), StoreError> {
    let Figured { data: figures, reading, .. } = figures(context)?;
    let told = if context.is_joined() { None } else { Some(summary_data(context, &figures, &reading)?) };
    Ok((SummaryReport { figures, told }, reading))
}

/// The summary of now, saved in the report of its New York date.
///
/// # Errors
/// [`StoreError`].
pub fn save_summary(context: &Context<'_>) -> Result<(SummaryReport, Reading), StoreError> {
    let (summary, reading) = summary_report(context)?;
    save_in_report(context, summary.json())?;
    Ok((summary, reading))
}

/// Every metric and group, and of one store what stands beside them.
pub(super) type MetricsFound = (FiguresByWindow, Option<BesideData>);

/// Every metric and group, of the trades that a filter takes. What is not of trades alone is not told of a part of them.
///
/// # Errors
/// As [`summary_report`].
pub(super) fn metrics_data(
    context: &Context<'_>,
    filter: Option<&TradeFilter>,
) -> Result<(MetricsFound, Reading), StoreError> {
    if let Some(filter) = filter {
        let Figured { data, reading, .. } = figures_where(context, filter)?;
        return Ok(((data, None), reading));
    }
    let Figured { data, reading, .. } = figures(context)?;
    // Brain, model and baseline are each desk's own.
    let beside = if context.is_joined() { None } else { Some(Beside::read(context)?.data) };
    Ok(((data, beside), reading))
}
