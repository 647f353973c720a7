//! What the model in use and the challenger gave the rows that closed since: kept, so that their order can be shown.

use super::Context;
use crate::domain::Timestamp;
use crate::stats::evidence::{Forecast, ForecastTest};
use crate::store::{Durability, StoreError, append_lines, read_state, replace_state};
use crate::wire::{ShadowRow, read_shadow_rows};

/// The most rows that are kept, the newest: some twelve megabytes.
const ROWS_MAX: usize = 50_000;

/// Every row that is kept up to the moment that is asked for, oldest first, and how many lines cannot be read.
///
/// # Errors
/// [`StoreError`] when the file cannot be read at all.
pub(crate) fn shadow_rows(context: &Context<'_>) -> Result<(Vec<ShadowRow>, u64), StoreError> {
    let text = read_state(context.disk, &context.layout.model_shadow())?.unwrap_or_default();
    let (mut found, bad) = read_shadow_rows(&text);
    let after = |moment: &str| {
        context.as_of.is_some_and(|as_of| Timestamp::parse(moment).is_ok_and(|moment| moment > as_of))
    };
    found.retain(|row| !after(&row.scored_at));
    Ok((found, bad))
}

/// The last session of which rows under a champion are kept.
pub(crate) fn shadowed_until<'a>(rows: &'a [ShadowRow], champion: &str) -> Option<&'a str> {
    rows.iter().filter(|row| row.champion == champion).map(|row| row.date.as_str()).max()
}

/// Adds rows of sessions of which none is kept yet. Call it under the lock.
///
/// # Errors
/// [`StoreError`] when the file cannot be read or written.
pub(crate) fn keep_shadow_rows(context: &Context<'_>, new: &[ShadowRow]) -> Result<(), StoreError> {
    let Some(champion) = new.first().map(|row| row.champion.as_str()) else { return Ok(()) };
    let (mut rows, _) = shadow_rows(context)?;
    // Another run may have been here meanwhile.
    let until = shadowed_until(&rows, champion).unwrap_or_default().to_owned();
    let new: Vec<&ShadowRow> = new.iter().filter(|row| row.date > until).collect();
    let path = context.layout.model_shadow();
    let line = |row: &ShadowRow| {
        serde_json::to_vec(row)
            .map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })
    };
    if rows.len() + new.len() <= ROWS_MAX {
        let lines = new.into_iter().map(line).collect::<Result<Vec<_>, _>>()?;
        return append_lines(context.disk, &path, &lines);
    }
    rows.extend(new.into_iter().cloned());
    rows.drain(..rows.len() - ROWS_MAX);
    let lines = rows.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let mut text = lines.join(&b'\n');
    text.push(b'\n');
    replace_state(context.disk, &path, &text, Durability::Durable)
}

/// Whether a champion is worse than what was in shadow beside it. Challengers may follow one another: each session's was
/// there before its rows, so that evidence goes on.
pub(crate) fn test_of_shadow(rows: &[ShadowRow], champion: &str) -> ForecastTest {
    let of_champion: Vec<&ShadowRow> = rows.iter().filter(|row| row.champion == champion).collect();
    let mut test = ForecastTest::default();
    for session in of_champion.chunk_by(|a, b| a.date == b.date) {
        test.push(&session.iter().map(|row| row.forecast()).collect::<Vec<Forecast>>());
    }
    test
}
