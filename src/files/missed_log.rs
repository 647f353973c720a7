//! What the missed signals say together: always a fold over their records, never a sum that drifts.

use serde_json::{Map, Value as Json, json};

use super::missed_json::{missed_groups_json, suggestions_json};
use super::{Desk, brain};
use crate::domain::{MissedState, Timestamp, Window};
use crate::metrics::{MissedBook, MissedDimension};
use crate::store::{Durability, Log, ScanOptions, ScanReport, StoreError, StoreLock, replace_state, scan};
use crate::wire::{StoredMissed, read_stored_missed};

/// Folds the missed signals of a window; each signal counts once, however often it is recorded. Also returns
/// when the oldest pending one was made, and what was read.
///
/// # Errors
/// [`StoreError`].
pub fn missed_book(
    desk: &Desk<'_>,
    window: Window,
) -> Result<(MissedBook, Option<Timestamp>, ScanReport), StoreError> {
    let mut book = MissedBook::default();
    let mut oldest: Option<Timestamp> = None;
    let mut seen = std::collections::HashSet::new();
    let now = desk.seen_from();
    let read = |chunk: crate::store::Chunk<'_>| -> Vec<StoredMissed> {
        chunk.lines().filter_map(|line| read_stored_missed(line).ok()).collect()
    };
    let options =
        ScanOptions { after_us: window.start(now).map(Timestamp::micros), ..ScanOptions::default() };
    let report = scan(desk.disk, &desk.layout.log(Log::Missed), options, read, |_, found| {
        for stored in found {
            if !window.contains(stored.signal.timestamp, now) || !seen.insert(stored.id) {
                continue;
            }
            match (stored.state, stored.result) {
                (MissedState::Resolved, Some(result)) => book.add_resolved(&stored.signal, result),
                (MissedState::Unresolvable, _) => {
                    book.total += 1;
                    book.unresolvable += 1;
                }
                _ => {
                    book.total += 1;
                    book.pending += 1;
                    let moment = stored.signal.timestamp;
                    oldest = Some(oldest.map_or(moment, |oldest| oldest.min(moment)));
                }
            }
        }
    })?;
    Ok((book, oldest, report))
}

/// How many signals of a log wait for prices.
pub(crate) fn pending(desk: &Desk<'_>, log: Log) -> Result<u64, StoreError> {
    let mut pending = 0;
    let waits =
        |line: &&[u8]| read_stored_missed(line).is_ok_and(|stored| stored.state == MissedState::Pending);
    let count = |chunk: crate::store::Chunk<'_>| chunk.lines().filter(waits).count() as u64;
    scan(desk.disk, &desk.layout.log(log), ScanOptions::default(), count, |_, found| pending += found)?;
    Ok(pending)
}

/// Writes `missed_analysis.json`. Call it under the lock.
pub(crate) fn write_analysis(desk: &Desk<'_>, _lock: &StoreLock) -> Result<(), StoreError> {
    let everything = Desk { as_of: None, ..desk.clone() };
    let (book, _, _) = missed_book(&everything, Window::All)?;
    let size = brain::position_size(desk);
    let path = desk.layout.file("missed_analysis.json");
    let mut out = Map::new();
    out.insert("schema".into(), "dtlearn.missed-analysis/1".into());
    out.insert("updated_at".into(), desk.now.to_string().into());
    out.append(&mut analysis(&book, size));
    let mut bytes = serde_json::to_vec_pretty(&out)
        .map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })?;
    bytes.push(b'\n');
    replace_state(desk.disk, &path, &bytes, Durability::Cache)
}

/// The analysis of a set of missed signals at a position size.
pub(crate) fn analysis(book: &MissedBook, size_usd: f64) -> Map<String, Json> {
    let all = &book.all;
    let mut out = Map::new();
    out.insert("total_missed".into(), book.total.into());
    out.insert("total_evaluated".into(), all.n.into());
    out.insert("pending".into(), book.pending.into());
    out.insert("unresolvable".into(), book.unresolvable.into());
    out.insert("would_have_won".into(), all.wins.into());
    out.insert("would_have_lost".into(), (all.n - all.wins).into());
    let share = all.win_rate().ok();
    out.insert("profitable_missed_pct".into(), json!(share.map(|rate| rate.point)));
    let total = all.total().ok();
    out.insert("total_hypothetical_pnl_pct".into(), json!(total));
    out.insert("missed_pnl_usd".into(), json!(total.map(|total| total * size_usd)));
    out.insert("position_size_usd".into(), size_usd.into());
    for dimension in MissedDimension::ALL {
        out.insert(dimension.key().into(), missed_groups_json(book, dimension, size_usd));
    }
    out.insert("suggestions".into(), suggestions_json(book));
    out
}
