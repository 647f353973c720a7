//! What the missed signals say together: always a fold over their records, never a sum that drifts.

use std::collections::{BTreeMap, HashSet};

use chrono::Datelike;
use serde_json::{Map, Value as Json, json};

use super::desks::fold_desks;
use super::missed_json::{missed_groups_json, suggestions_json};
use super::record_filter::MissedFilter;
use super::round_trip::{costs_of, round_trip};
use super::{Context, Reading, brain};
use crate::domain::{Date, MissedSignal, MissedState, Outcome, Timestamp, Window};
use crate::metrics::{MissedDimension, MissedResult, MissedTotals};
use crate::store::{Durability, Log, ScanOptions, ScanReport, StoreError, StoreLock, replace_json, scan};
use crate::wire::{StoredMissed, read_stored_missed};

/// What is added up of a missed signal.
struct FoldedSignal {
    id: String,
    signal: MissedSignal,
    state: MissedState,
    result: Option<f64>,
    held_to_close: Option<f64>,
    hold_minutes: Option<f64>,
    /// What a round trip costs it, a fraction of the position, where that is known.
    paid: Option<f64>,
    /// Whether the filter takes it.
    is_taken: bool,
}

/// Goes through the missed signals of a window that a filter takes, each once, however often it is recorded; those of arms
/// that are only priced are none.
fn each_missed(
    context: &Context<'_>,
    window: Window,
    filter: Option<&MissedFilter>,
    mut each: impl FnMut(&FoldedSignal),
) -> Result<ScanReport, StoreError> {
    let mut seen = HashSet::new();
    let now = context.seen_from();
    let path = context.layout.log(Log::Missed);
    let costs = if matches!(context.disk.stat(&path), Ok(Some(_))) { round_trip(context) } else { None };
    // No more is held of each than is added up: a file of another program may be read in one piece.
    let one = |line: &[u8]| {
        let stored = read_stored_missed(line).ok()?;
        let counts = window.contains(stored.signal.timestamp, now) && !stored.signal.is_of_shadow();
        if !counts {
            return None;
        }
        let paid = costs_of(costs, stored.spread_bps()).map(|bps| bps / 1e4);
        let is_taken = filter.is_none_or(|filter| filter.takes(&stored, paid.unwrap_or(0.0)));
        let StoredMissed { id, signal, state, result, held_to_close, hold_minutes, .. } = stored;
        Some(FoldedSignal { id, signal, state, result, held_to_close, hold_minutes, paid, is_taken })
    };
    let read = |chunk: crate::store::Chunk<'_>| chunk.lines().filter_map(one).collect::<Vec<_>>();
    let options =
        ScanOptions { after_us: window.start(now).map(Timestamp::micros), ..ScanOptions::default() };
    scan(context.disk, &path, options, read, |_, found| {
        for stored in found {
            // The first of several is the one that counts, whether it is taken or not.
            if seen.insert(stored.id.clone()) && stored.is_taken {
                each(&stored);
            }
        }
    })
}

/// Folds the missed signals of a window, after what a round trip costs and valued at the position size in force. Also
/// returns the date of the oldest pending one, and what was read.
///
/// # Errors
/// [`StoreError`].
pub fn missed_totals(
    context: &Context<'_>,
    window: Window,
) -> Result<(MissedTotals, Option<Date>, ScanReport), StoreError> {
    totals_where(context, window, None)
}

/// As [`missed_totals`], of the signals that a filter takes.
fn totals_where(
    context: &Context<'_>,
    window: Window,
    filter: Option<&MissedFilter>,
) -> Result<(MissedTotals, Option<Date>, ScanReport), StoreError> {
    let mut totals = MissedTotals::default();
    totals.is_part = filter.is_some();
    let mut oldest: Option<Timestamp> = None;
    let report = each_missed(context, window, filter, |stored| match (stored.state, stored.result) {
        (MissedState::Resolved, Some(result)) => {
            let results = (result, stored.held_to_close.unwrap_or(result));
            totals.add_resolved(context.market(), &stored.signal, results, stored.hold_minutes, stored.paid);
        }
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
    })?;
    totals.value_at(brain::position_size(context));
    Ok((totals, oldest.map(|oldest| context.market().trading_date(oldest)), report))
}

/// As [`missed_totals`], of the store or of all desks together, of the signals that a filter takes: each is valued at the
/// size of its own desk.
///
/// # Errors
/// [`StoreError`] when the log of the one store cannot be read.
pub(crate) fn missed_of_all(
    context: &Context<'_>,
    window: Window,
    filter: Option<&MissedFilter>,
) -> Result<(MissedTotals, Option<Date>, Reading), StoreError> {
    let read = |context: &Context<'_>, filter: Option<&MissedFilter>| {
        let (totals, oldest, scan) = totals_where(context, window, filter)?;
        Ok(((totals, oldest), Reading { scan, ..Reading::default() }))
    };
    if !context.is_joined() {
        let ((totals, oldest), reading) = read(context, filter)?;
        return Ok((totals, oldest, reading));
    }
    let ((totals, oldest), reading) = fold_desks(
        context,
        (Log::Missed, filter),
        <(MissedTotals, Option<Date>)>::default,
        |own, desk, filter| {
            let ((totals, oldest), reading) = read(own, filter)?;
            Ok(((totals.of_desk(&desk.name), oldest), reading))
        },
        |(all, first), (totals, oldest)| {
            all.merge(totals);
            *first = first.iter().copied().chain(oldest).min();
        },
    );
    Ok((totals, oldest, reading))
}

/// What is known of the resolved signals that a filter takes, of the store or of all desks together, by their ids.
///
/// # Errors
/// [`StoreError`] when the log of the one store cannot be read.
pub(crate) fn missed_results(
    context: &Context<'_>,
    window: Window,
    filter: &MissedFilter,
) -> Result<(BTreeMap<String, MissedResult>, Reading), StoreError> {
    let read = |context: &Context<'_>, name: &str, filter: Option<&MissedFilter>| {
        let mut found = BTreeMap::new();
        let scan = each_missed(context, window, filter, |stored| {
            let resolved = stored.result.filter(|_| stored.state == MissedState::Resolved);
            let session = context.market().trading_date(stored.signal.timestamp).num_days_from_ce();
            found.extend(resolved.map(|result| {
                let net_frac = result - stored.paid.unwrap_or(0.0);
                let won = context.market().outcome(net_frac, net_frac) == Outcome::Win;
                // Two desks may give one id to two signals.
                (format!("{name} {}", stored.id), MissedResult { session, net_frac, won })
            }));
        })?;
        Ok((found, Reading { scan, ..Reading::default() }))
    };
    if !context.is_joined() {
        return read(context, "", Some(filter));
    }
    Ok(fold_desks(
        context,
        (Log::Missed, Some(filter)),
        BTreeMap::new,
        |own, desk, filter| read(own, &desk.name, filter),
        |all, one| all.extend(one),
    ))
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
    let path = context.layout.file("missed_analysis.json");
    let mut out = Map::new();
    out.insert("schema".into(), "dtlearn.missed-analysis/1".into());
    out.insert("updated_at".into(), context.now.to_string().into());
    out.append(&mut analysis(&totals));
    replace_json(context.disk, &path, &out, Durability::Cache)
}

/// The analysis of a set of missed signals.
pub(crate) fn analysis(totals: &MissedTotals) -> Map<String, Json> {
    let all = &totals.all;
    let mut out = Map::new();
    out.insert("total_missed".into(), totals.total.into());
    out.insert("total_evaluated".into(), all.n.into());
    out.insert("pending".into(), totals.pending.into());
    out.insert("unresolvable".into(), totals.unresolvable.into());
    out.insert("would_have_won".into(), all.wins.into());
    out.insert("would_have_lost".into(), all.losses.into());
    let share = all.win_rate().ok();
    out.insert("profitable_missed_pct".into(), json!(share.map(|rate| rate.point)));
    out.insert("total_hypothetical_pnl_pct".into(), json!(all.total().ok()));
    out.insert("missed_pnl_usd".into(), json!(all.total_usd().ok()));
    out.insert("position_size_usd".into(), json!(totals.sizes_usd.map(|(size, _)| size)));
    for dimension in MissedDimension::ALL {
        out.insert(dimension.key().into(), missed_groups_json(totals, dimension));
    }
    out.insert("suggestions".into(), suggestions_json(totals));
    out
}
