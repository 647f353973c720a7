//! What `report` and `report metrics` tell besides the figures: the baseline, the model, missed signals, knobs, the last replay.

use serde_json::{Map, Value as Json, json};

use super::brain_view::{KnobLine, knobs_json};
use crate::domain::Timestamp;
use crate::files::missed_log::analysis;
use crate::metrics::{Metric, MissedTotals, Performance};
use crate::wire::{BaselineFile, LastReplay};

/// What stands beside the figures, of one store.
#[derive(Clone, Debug, Default)]
pub struct BesideData {
    /// The figures at the last deployed retrain; none where there was none, or its file cannot be read.
    pub baseline: Option<BaselineFile>,
    /// Days since the model in use was made; none without one.
    pub days_since_retrain: Option<f64>,
    /// When the next retrain comes by age alone; none where it is due.
    pub next_retrain: Option<Timestamp>,
    /// The missed signals of the last 7 days.
    pub missed: MissedTotals,
    /// The knobs in force; none where the brain file cannot be read.
    pub knobs: Option<Vec<KnobLine>>,
    /// What the last replay said.
    pub replay: Option<LastReplay>,
}

/// The same as payloads give it, with how well the confidences of the last 7 days fit.
pub(super) fn beside_json(data: &BesideData, week: Option<&Performance>) -> Map<String, Json> {
    let mut out = Map::new();
    out.insert("baseline".into(), data.baseline.as_ref().map(baseline_json).into());
    out.insert(
        "model_health".into(),
        json!({
            "days_since_retrain": data.days_since_retrain,
            "confidence_calibration": week.and_then(|week| week.get(Metric::ConfidenceCalibration).ok()),
            // What was never trained is due too.
            "next_retrain_estimate": data.next_retrain.map_or_else(|| "now".to_owned(), |at| at.to_string()),
        }),
    );
    let missed = (data.missed.total > 0).then(|| Json::Object(analysis(&data.missed)));
    out.insert("missed_opportunities".into(), missed.into());
    out.insert("dt_brain_knobs".into(), data.knobs.as_deref().map(knobs_json).into());
    out.insert("last_replay".into(), json!(data.replay));
    out
}

fn baseline_json(file: &BaselineFile) -> Json {
    let mut out = Map::new();
    out.insert("timestamp".into(), file.timestamp.as_str().into());
    out.insert("version".into(), file.version.as_str().into());
    out.extend(file.metrics.clone());
    out.into()
}
