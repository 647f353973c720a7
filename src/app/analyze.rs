//! `analyze`: every figure of every window, and the files brought up to date.

use super::record::{Keep, Recorded, drain_every_spool, load_checkpoint, net_what_waits, save_outcomes};
use super::sealing::{seal_logs, sweep};
use super::{Context, ReadSums, Reading};
use crate::files::window_figures::{Figured, figures};
use crate::files::{checkpointed_log, performance};
use crate::report::{AnalysisData, FiguresByWindow, metrics_json};
use crate::store::{Log, StoreError};

/// What an analysis found.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The figures, and what was read for them.
    pub data: AnalysisData,
    /// What was read, and what was not.
    pub reading: Reading,
    /// What else to know, one sentence each.
    pub warnings: Vec<String>,
    /// Records that had waited in the spool and are now in the log.
    pub drained: u64,
}

/// Reads the trade log, writes `performance_metrics.json`, and answers with the figures. With `--as-of` it
/// only answers, because the file speaks of the present.
///
/// # Errors
/// [`StoreError`] when there is no store, or the log cannot be read or the files not written.
pub fn analyze(context: &Context<'_>) -> Result<Analysis, StoreError> {
    let learning = context.layout.learning();
    let present =
        context.disk.stat(&learning).map_err(|source| StoreError::Read { path: learning.clone(), source })?;
    if present.is_none() {
        return Err(StoreError::NoStore { path: learning });
    }
    let mut recorded = Recorded::default();
    let lock = match context.as_of {
        None => {
            let lock = context.lock()?;
            sweep(context, &lock);
            drain_every_spool(context, &lock, &mut recorded);
            if let Err(error) = net_what_waits(context, &lock, &mut recorded) {
                recorded.warnings.push(format!("the fills that came are not netted yet: {error}"));
            }
            Some(lock)
        }
        Some(_) => None,
    };
    let Figured { data, reading, mut known, days } = figures(context)?;
    if let Some(lock) = lock {
        let mut writer = checkpointed_log::open_writer(context, Log::Outcomes, &lock)?;
        let mut known = load_checkpoint(context, &mut writer, &mut recorded, || {
            let known = known.take().map_or_else(|| checkpointed_log::outcomes(context), Ok)?;
            let scan = known.reading.scan.clone();
            Ok((known, scan))
        })?;
        known.checkpoint.analysis = windows_json(&data);
        save_outcomes(context, known, Keep::Always)?;
        if let Some(days) = days {
            // A cache that is not written costs the next analysis a little time, no more.
            let _ = days.save(context.disk, &context.layout.days());
        }
        drop(writer);
        if let Err(error) = seal_logs(context, &lock, false) {
            recorded.warnings.push(format!("the log was not packed, and is as it was: {error}"));
        }
    }
    let data = AnalysisData { figures: data, read: ReadSums::of(&reading), desks: None, pricing: None };
    Ok(Analysis { data, reading, warnings: recorded.warnings, drained: recorded.drained })
}

/// The metrics of each window, as the file keeps them beside the figures over everything.
fn windows_json(data: &FiguresByWindow) -> Option<String> {
    let mut out = serde_json::Map::new();
    out.insert("as_of".into(), data.now.to_string().into());
    for (window, performance) in &data.windows {
        out.insert(window.key(), serde_json::Value::Object(metrics_json(performance)));
    }
    performance::windows_text(&out)
}
