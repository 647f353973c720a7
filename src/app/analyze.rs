//! `analyze`: every figure of every window, and the files brought up to date.

use super::mend::sweep;
use super::record::{Keep, Recorded, bring_in, caught_up, save_outcomes};
use super::sealing::seal_logs;
use super::{Desk, Reading};
use crate::files::window_figures::{Figured, figures};
use crate::files::{checkpointed_log, performance};
use crate::report::{Findings, Sheet, View, analysis_view, metrics_json};
use crate::store::{Log, StoreError, lock_store};

/// What an analysis found.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// The answer.
    pub view: View,
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
pub fn analyze(desk: &Desk<'_>) -> Result<Analysis, StoreError> {
    let learning = desk.layout.learning();
    let present =
        desk.disk.stat(&learning).map_err(|source| StoreError::Read { path: learning.clone(), source })?;
    if present.is_none() {
        return Err(StoreError::NoStore { path: learning });
    }
    let mut recorded = Recorded::default();
    let lock = match desk.as_of {
        None => {
            let waiting = &mut || desk.progress.waiting_for_lock();
            let lock = lock_store(desk.disk, &desk.layout, desk.patience(), waiting)?;
            sweep(desk, &lock);
            bring_in(desk, &lock, &mut recorded);
            Some(lock)
        }
        Some(_) => None,
    };
    let Figured { sheet, reading, mut known, days } = figures(desk)?;
    if let Some(lock) = lock {
        let mut writer = checkpointed_log::open_writer(desk, Log::Outcomes, &lock)?;
        let mut known = caught_up(desk, &mut writer, &mut recorded, || {
            let known = known.take().map_or_else(|| checkpointed_log::outcomes(desk), Ok)?;
            let scan = known.reading.scan.clone();
            Ok((known, scan))
        })?;
        known.checkpoint.analysis = windows_json(&sheet);
        save_outcomes(desk, known, Keep::Always)?;
        if let Some(days) = days {
            // A cache that is not written costs the next analysis a little time, no more.
            let _ = days.save(desk.disk, &desk.layout.days());
        }
        drop(writer);
        if let Err(error) = seal_logs(desk, &lock, false) {
            recorded.warnings.push(format!("the log was not packed, and is as it was: {error}"));
        }
    }
    let findings = Findings {
        rows: reading.scan.end.rows,
        unreadable_rows: reading.unreadable_rows,
        damaged_bytes: reading.earlier_bytes + reading.damage().iter().map(|damage| damage.len).sum::<u64>(),
        repeated: reading.repeated,
    };
    let view = analysis_view(&sheet, &findings);
    Ok(Analysis { view, reading, warnings: recorded.warnings, drained: recorded.drained })
}

/// The metrics of each window, as the file keeps them beside the figures over everything.
fn windows_json(sheet: &Sheet) -> Option<String> {
    let mut out = serde_json::Map::new();
    out.insert("as_of".into(), sheet.now.to_string().into());
    for (window, performance) in &sheet.windows {
        out.insert(window.key(), serde_json::Value::Object(metrics_json(performance)));
    }
    performance::windows_text(&out)
}
