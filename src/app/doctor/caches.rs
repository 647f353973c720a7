//! Checkpoint and metrics: the same as a recompute.

use serde_json::Value as Json;

use crate::app::examination::{ANALYZE, Examination};
use crate::domain::KnobName;
use crate::files::brain::knobs_or_defaults;
use crate::files::checkpointed_log::{Outcomes, outcomes_from_scratch, outcomes_since_checkpoint};
use crate::files::heat_past::cached_heat_is_right;
use crate::files::recent_news::cached_news_are_right;
use crate::files::{Context, performance};
use crate::metrics::RunningTotals;
use crate::store::{Log, Position, read_state};

/// What heat rests on against what the log and the file of bars say, and the news of today against their log.
fn examine_kept(context: &Context<'_>, examined: &mut Examination) {
    let stop_frac = knobs_or_defaults(context)[KnobName::StopLoss].effective;
    let heat = cached_heat_is_right(context, stop_frac);
    let news = cached_news_are_right(context);
    let kept = [(heat, context.layout.heat_past()), (news, context.layout.recent_news())];
    for (_, path) in kept.iter().filter(|(is_right, _)| matches!(is_right, Ok(Some(false)))) {
        examined.damage(path, "", "differs from a recomputation: delete it, it will be rebuilt", None);
    }
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
    let Ok(found) = serde_json::from_slice::<serde_json::Map<String, Json>>(&written) else {
        examined.warn(&path, "is not a JSON object", Some(ANALYZE));
        return;
    };
    if let Some(left_out) = found.get("left_out").and_then(Json::as_u64) {
        let trades = crate::report::plural(left_out, "trade");
        examined.warn(&path, &format!("leaves out {trades} that came late"), Some(ANALYZE));
    } else if !performance::agrees(context, &ledger, &found) {
        examined.warn(&path, "is out of date", Some(ANALYZE));
    }
}
