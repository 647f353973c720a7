//! What the missed signals say together: always a fold over their records, never a sum that drifts.

use serde_json::{Map, Value as Json, json};

use super::missed_json::{missed_groups_json, suggestions_json};
use super::{Context, brain};
use crate::domain::{Date, MissedState, Timestamp, Window};
use crate::metrics::{MissedDimension, MissedTotals};
use crate::store::{Durability, Log, ScanOptions, ScanReport, StoreError, StoreLock, replace_json, scan};
use crate::wire::{StoredMissed, read_stored_missed};

/// Folds the missed signals of a window; each signal counts once, however often it is recorded. Also returns
/// the date of the oldest pending one, and what was read.
///
/// # Errors
/// [`StoreError`].
pub fn missed_totals(
    context: &Context<'_>,
    window: Window,
) -> Result<(MissedTotals, Option<Date>, ScanReport), StoreError> {
    let mut totals = MissedTotals::default();
    let mut oldest: Option<Timestamp> = None;
    let mut seen = std::collections::HashSet::new();
    let now = context.seen_from();
    let read = |chunk: crate::store::Chunk<'_>| -> Vec<StoredMissed> {
        chunk.lines().filter_map(|line| read_stored_missed(line).ok()).collect()
    };
    let options =
        ScanOptions { after_us: window.start(now).map(Timestamp::micros), ..ScanOptions::default() };
    let report = scan(context.disk, &context.layout.log(Log::Missed), options, read, |_, found| {
        for stored in found {
            let counts = window.contains(stored.signal.timestamp, now) && !stored.signal.is_of_shadow();
            if !counts || !seen.insert(stored.id) {
                continue;
            }
            match (stored.state, stored.result) {
                (MissedState::Resolved, Some(result)) => totals.add_resolved(
                    context.market(),
                    &stored.signal,
                    (result, stored.held_to_close.unwrap_or(result)),
                    stored.hold_minutes,
                ),
                (MissedState::Unresolvable, _) => {
                    totals.total += 1;
                    totals.unresolvable += 1;
                }
                _ => {
                    totals.total += 1;
                    totals.pending += 1;
                    let moment = stored.signal.timestamp;
                    oldest = Some(oldest.map_or(moment, |oldest| oldest.min(moment)));
                }
            }
        }
    })?;
    Ok((totals, oldest.map(|oldest| context.market().trading_date(oldest)), report))
}

/// How many signals of a log wait for prices.
pub(crate) fn pending(context: &Context<'_>, log: Log) -> Result<u64, StoreError> {
    let mut pending = 0;
    let waits =
        |line: &&[u8]| read_stored_missed(line).is_ok_and(|stored| stored.state == MissedState::Pending);
    let count = |chunk: crate::store::Chunk<'_>| chunk.lines().filter(waits).count() as u64;
    scan(context.disk, &context.layout.log(log), ScanOptions::default(), count, |_, found| pending += found)?;
    Ok(pending)
}

/// Writes `missed_analysis.json`. Call it under the lock.
pub(crate) fn write_analysis(context: &Context<'_>, _lock: &StoreLock) -> Result<(), StoreError> {
    let everything = Context { as_of: None, ..context.clone() };
    let (totals, _, _) = missed_totals(&everything, Window::All)?;
    let size = brain::position_size(context);
    let path = context.layout.file("missed_analysis.json");
    let mut out = Map::new();
    out.insert("schema".into(), "dtlearn.missed-analysis/1".into());
    out.insert("updated_at".into(), context.now.to_string().into());
    out.append(&mut analysis(&totals, size));
    replace_json(context.disk, &path, &out, Durability::Cache)
}

/// The analysis of a set of missed signals at a position size.
pub(crate) fn analysis(totals: &MissedTotals, size_usd: f64) -> Map<String, Json> {
    let all = &totals.all;
    let mut out = Map::new();
    out.insert("total_missed".into(), totals.total.into());
    out.insert("total_evaluated".into(), all.n.into());
    out.insert("pending".into(), totals.pending.into());
    out.insert("unresolvable".into(), totals.unresolvable.into());
    out.insert("would_have_won".into(), all.wins.into());
    out.insert("would_have_lost".into(), (all.n - all.wins).into());
    let share = all.win_rate().ok();
    out.insert("profitable_missed_pct".into(), json!(share.map(|rate| rate.point)));
    let total = all.total().ok();
    out.insert("total_hypothetical_pnl_pct".into(), json!(total));
    out.insert("missed_pnl_usd".into(), json!(total.map(|total| total * size_usd)));
    out.insert("position_size_usd".into(), size_usd.into());
    for dimension in MissedDimension::ALL {
        out.insert(dimension.key().into(), missed_groups_json(totals, dimension, size_usd));
    }
    out.insert("suggestions".into(), suggestions_json(totals));
    out
}
