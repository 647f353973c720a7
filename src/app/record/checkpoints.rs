//! What is known of the logs before something is appended, and of the trades once something was.

use super::Recorded;
use crate::files::{Context, checkpointed_log, performance};
use crate::metrics::RunningTotals;
use crate::store::{Log, ScanReport, StoreError};

/// When the checkpoint is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// With every change.
    Always,
    /// When the log is more than [`AHEAD_OF_CHECKPOINT`] rows ahead of it.
    WhenFarBehind,
}

/// Rows that the log may be ahead of its checkpoint after an exit was recorded: reading them again costs less
/// than writing the checkpoint each time.
const AHEAD_OF_CHECKPOINT: u64 = 32;

/// Writes `performance_metrics.json` and, as `keep` says, the checkpoint, reading the whole log again when a
/// trade came late.
pub(crate) fn save_outcomes(
    context: &Context<'_>,
    mut known: checkpointed_log::Outcomes,
    keep: Keep,
) -> Result<(), StoreError> {
    let is_sound = known.checkpoint.folded.as_ref().is_some_and(RunningTotals::is_sound);
    if !is_sound {
        known.checkpoint.folded = None;
        known.checkpoint.position = Default::default();
        context.disk.remove(&context.layout.checkpoint(Log::Outcomes)).ok();
        let windows = known.checkpoint.analysis.take();
        known = checkpointed_log::outcomes(context)?;
        known.checkpoint.analysis = windows;
    }
    // What rests on a setting that makes no sense is written when that is mended.
    let is_in_doubt = context.settings.doubts.of_figures;
    if let Some(ledger) = known.checkpoint.folded.as_ref().filter(|_| !is_in_doubt) {
        let windows = known.checkpoint.analysis.as_deref();
        performance::write(context, ledger, known.checkpoint.position, windows)?;
    }
    let ahead = known.checkpoint.position.rows.saturating_sub(known.kept.rows);
    if is_sound && keep == Keep::WhenFarBehind && ahead <= AHEAD_OF_CHECKPOINT {
        return Ok(());
    }
    known.checkpoint.save(context.disk, &context.layout.checkpoint(Log::Outcomes))
}

/// Reads a log up to a whole end, mending its tail, until nobody else adds to it meanwhile.
pub(crate) fn load_checkpoint<T>(
    context: &Context<'_>,
    writer: &mut crate::store::Writer<'_>,
    recorded: &mut Recorded,
    mut read: impl FnMut() -> Result<(T, ScanReport), StoreError>,
) -> Result<T, StoreError> {
    // A writer that never stops and ignores the lock cannot be waited for: the append then checks itself.
    for _ in 0..8 {
        let (known, scan) = read()?;
        let (grown, sentence) = checkpointed_log::repair_tail(context, writer, &scan)?;
        recorded.warnings.extend(sentence);
        if !grown {
            return Ok(known);
        }
    }
    Ok(read()?.0)
}
