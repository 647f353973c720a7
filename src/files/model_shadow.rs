//! What the model in use and the challenger gave the rows that closed since: kept, so that their order can be shown.

use std::collections::HashSet;

use super::Context;
use crate::decide::ShadowRecord;
use crate::domain::Timestamp;
use crate::stats::evidence::{Forecast, ForecastTest};
use crate::store::{Durability, StoreError, append_lines, read_state, replace_state};
use crate::wire::{ShadowRow, read_shadow_rows};

/// The most rows that are kept, the newest: some twelve megabytes.
const ROWS_MAX: usize = 50_000;

/// Every row that is kept up to the moment that is asked for, in the order in which they were, and how many lines cannot be
/// read or say once more what another one says.
///
/// # Errors
/// [`StoreError`] when the file cannot be read at all.
pub(crate) fn shadow_rows(context: &Context<'_>) -> Result<(Vec<ShadowRow>, u64), StoreError> {
    let text = read_state(context.disk, &context.layout.model_shadow())?.unwrap_or_default();
    let (mut found, mut bad) = read_shadow_rows(&text);
    let mut seen = HashSet::new();
    let mut is_first = found.iter().map(|row| seen.insert(name_of(row))).collect::<Vec<_>>().into_iter();
    let read = found.len();
    found.retain(|_| is_first.next().unwrap_or(false));
    bad += (read - found.len()) as u64;
    found.retain(|row| !context.is_later(&row.scored_at));
    Ok((found, bad))
}

/// Adds rows that are not kept yet. Call it under the lock.
///
/// # Errors
/// [`StoreError`] when the file cannot be read or written.
pub(crate) fn keep_shadow_rows(context: &Context<'_>, new: &[ShadowRow]) -> Result<(), StoreError> {
    let (mut rows, _) = shadow_rows(context)?;
    // Another run may have been here meanwhile.
    let kept: HashSet<(&str, &str)> = rows.iter().map(name_of).collect();
    let new: Vec<ShadowRow> = new.iter().filter(|row| !kept.contains(&name_of(row))).cloned().collect();
    let path = context.layout.model_shadow();
    let line = |row: &ShadowRow| {
        serde_json::to_vec(row)
            .map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })
    };
    if rows.len() + new.len() <= ROWS_MAX {
        let lines = new.iter().map(line).collect::<Result<Vec<_>, _>>()?;
        return append_lines(context.disk, &path, &lines);
    }
    rows.extend(new);
    // An evening's rows go together.
    let mut begin = rows.len().saturating_sub(ROWS_MAX);
    while begin > 0 && begin < rows.len() && rows[begin].scored_at == rows[begin - 1].scored_at {
        begin += 1;
    }
    let lines = rows[begin..].iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let mut text = lines.join(&b'\n');
    text.push(b'\n');
    replace_state(context.disk, &path, &text, Durability::Durable)
}

/// What tells a row from others: a trade counts once under each model in use.
pub(crate) fn name_of(row: &ShadowRow) -> (&str, &str) {
    (&row.champion, &row.id)
}

/// The rows under a champion since it was put into use.
pub(crate) fn rows_under<'a>(rows: &'a [ShadowRow], champion: &str, since: Timestamp) -> Vec<&'a ShadowRow> {
    let is_after = |row: &&ShadowRow| {
        row.champion == champion && Timestamp::parse(&row.timestamp).is_ok_and(|at| at > since)
    };
    rows.iter().filter(is_after).collect()
}

/// Evidence of rows under one champion that it is worse than those in shadow: the rows of a session at once, and those of it
/// that closed after its evening with the evening on which they are known.
fn test_of_shadow(rows: &[&ShadowRow]) -> ForecastTest {
    let mut test = ForecastTest::default();
    for session in rows.chunk_by(|a, b| (&a.scored_at, &a.date) == (&b.scored_at, &b.date)) {
        test.push(&session.iter().map(|row| row.forecast()).collect::<Vec<Forecast>>());
    }
    test
}

/// Those of rows under one champion that are the challenger's own, and what both show.
pub(crate) fn own_and_record<'a>(
    rows: &[&'a ShadowRow],
    challenger: &str,
) -> (Vec<&'a ShadowRow>, ShadowRecord) {
    let own: Vec<&ShadowRow> = rows.iter().copied().filter(|row| row.challenger == challenger).collect();
    let record = ShadowRecord { own: test_of_shadow(&own), all: test_of_shadow(rows) };
    (own, record)
}
