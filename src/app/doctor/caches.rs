//! Checkpoint and metrics: the same as a recompute.

use std::path::PathBuf;

use crate::app::examination::{ANALYZE, Examination};
use crate::domain::KnobName;
use crate::files::brain::knobs_or_defaults;
use crate::files::checkpointed_log::{Outcomes, outcomes_from_scratch, outcomes_since_checkpoint};
use crate::files::heat_past::cached_heat_is_right;
use crate::files::recent_news::cached_news_are_right;
use crate::files::{Context, performance};
use crate::metrics::RunningTotals;
use crate::store::{Log, Position, Stat, StoreError, read_state};
use crate::wire::JsonObject;

/// What heat rests on against what the log and the file of bars say, and the news of today against their log.
fn examine_kept(context: &Context<'_>, examined: &mut Examination) {
    let stop_frac = knobs_or_defaults(context)[KnobName::StopLoss].effective;
    let [trades, news] = [Log::Outcomes, Log::News].map(|log| context.layout.log(log));
    let bars = context.layout.symbol_sessions();
    let heat_is_right = still(context, &[trades, bars], || cached_heat_is_right(context, stop_frac));
    let news_are_right = still(context, &[news], || cached_news_are_right(context));
    let kept = [(heat_is_right, context.layout.heat_past()), (news_are_right, context.layout.recent_news())];
    for (_, path) in kept.iter().filter(|(is_right, _)| *is_right == Some(false)) {
        examined.damage(path, "", "differs from a recomputation: delete it, it will be rebuilt", None);
    }
}

/// How often a cache is looked at again while somebody records.
const LOOKS: usize = 5;

/// What a look at a cache came to while the files that it rests on stood still: what is recorded between the reading of one
/// and of the other makes them differ, and is no damage. None where nothing can be said.
fn still(
    context: &Context<'_>,
    files: &[PathBuf],
    is_right: impl Fn() -> Result<Option<bool>, StoreError>,
) -> Option<bool> {
    let stand =
        || -> Vec<Option<Stat>> { files.iter().map(|path| context.disk.stat(path).ok().flatten()).collect() };
    for _ in 0..LOOKS {
        let before = stand();
        let found = is_right().ok()??;
        if found || stand() == before {
            return Some(found);
        }
    }
    None
}

/// Checkpoint and metrics against a recompute.
pub(super) fn examine_caches(
    context: &Context<'_>,
    added_up: Option<(RunningTotals, Position)>,
    examined: &mut Examination,
) {
    examine_kept(context, examined);
    let checkpoint_path = context.layout.checkpoint(Log::Outcomes);
    let (ledger, position) = match added_up {
        Some(added_up) => added_up,
        None => {
            let Ok(Outcomes { mut checkpoint, .. }) = outcomes_from_scratch(context) else { return };
            let Some(ledger) = checkpoint.folded.take() else { return };
            (ledger, checkpoint.position)
        }
    };
    // The log may be some rows ahead of its checkpoint.
    if let Ok(Some(Outcomes { checkpoint, .. })) = outcomes_since_checkpoint(context)
        && checkpoint.position.len == position.len
        && let Some(cached) = &checkpoint.folded
        && cached.performance(context.market()) != ledger.performance(context.market())
    {
        examined.damage(
            &checkpoint_path,
            "",
            "differs from a recomputation: delete it, it will be rebuilt",
            Some(ANALYZE),
        );
    }
    let path = context.layout.performance();
    let written = read_state(context.disk, &path).ok().flatten();
    let Some(written) = written else {
        if ledger.performance(context.market()).trades() > 0 {
            examined.warn(&path, "is missing", Some(ANALYZE));
        }
        return;
    };
    let Ok(found) = serde_json::from_slice::<JsonObject>(&written) else {
        examined.warn(&path, "is not a JSON object", Some(ANALYZE));
        return;
    };
    if let Some(left_out) = performance::left_out(&found) {
        let trades = crate::report::plural(left_out, "trade");
        examined.warn(&path, &format!("leaves out {trades} that came late"), Some(ANALYZE));
    } else if !performance::agrees(context, &ledger, &found) {
        examined.warn(&path, "is out of date", Some(ANALYZE));
    }
}
