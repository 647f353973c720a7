//! Whether the signals of the last 7 days still look like the rows that the model in use learned from.

use std::collections::BTreeMap;

use super::Context;
use crate::domain::{Timestamp, Window};
use crate::files::stored_line::moment_of;
use crate::files::surroundings::{Wanted, read_surroundings};
use crate::learn::{ModelFile, ReadyModel, Surroundings, Table, drift};
use crate::report::ModelDrift;
use crate::store::{Log, ScanOptions, StoreError, scan};
use crate::wire::{EntryFeatures, parse_object};

/// Signals of so many days are looked at.
const DAYS: u16 = 7;

/// What one signal says.
struct Seen {
    row: Vec<f64>,
    probability: f64,
    unfamiliar: Vec<String>,
}

/// What was known beside signals since a moment, as far as a model learned from it.
fn around_signals(
    context: &Context<'_>,
    ready: &ReadyModel,
    since: Timestamp,
) -> Result<Surroundings, StoreError> {
    let wanted = Wanted::of(ready);
    read_surroundings(context, context.market().trading_date(since), wanted)
}

/// The drift of the recorded signals of the last 7 days; no outcome is needed for it. `None` without a signal.
///
/// # Errors
/// [`StoreError`] when the log of signals cannot be read at all.
pub(super) fn model_drift(context: &Context<'_>, file: &ModelFile) -> Result<Option<ModelDrift>, StoreError> {
    let ready = ReadyModel::new(file.clone(), context.market());
    let now = context.seen_from();
    let since = Window::Days(DAYS).start(now);
    let around = match since {
        Some(since) => around_signals(context, &ready, since)?,
        None => Surroundings::default(),
    };
    let options = ScanOptions { after_us: since.map(Timestamp::micros), ..ScanOptions::default() };
    let look = |line: &[u8]| {
        let map = parse_object(line).ok()?;
        let at = moment_of(&map)?;
        if at > now || since.is_some_and(|since| at <= since) {
            return None;
        }
        let mut known = EntryFeatures::of(&map, Some(at));
        around.complete(context.market(), &mut known);
        let row = ready.row(&known);
        let probability = file.model.predict(&row);
        Some(Seen { row, probability, unfamiliar: ready.unfamiliar(&known) })
    };
    let mut columns = vec![Vec::new(); file.manifest.columns.len()];
    let (mut sum, mut rows, mut outside) = (0.0, 0, 0);
    let mut unfamiliar: BTreeMap<String, u64> = BTreeMap::new();
    scan(
        context.disk,
        &context.layout.log(Log::Signals),
        options,
        |chunk| chunk.lines().filter_map(look).collect::<Vec<_>>(),
        |_, found| {
            for seen in found {
                rows += 1;
                sum += seen.probability;
                let is_outside = file.profiles.iter().zip(&seen.row).any(|(p, value)| p.is_outside(*value));
                outside += u64::from(is_outside);
                for word in seen.unfamiliar {
                    *unfamiliar.entry(word).or_default() += 1;
                }
                columns.iter_mut().zip(seen.row).for_each(|(column, value)| column.push(value));
            }
        },
    )?;
    if rows == 0 {
        return Ok(None);
    }
    let table = Table { columns, rows };
    let title = |column: usize| file.manifest.columns[column].title();
    let found = drift(&file.profiles, &table);
    Ok(Some(ModelDrift {
        days: DAYS,
        signals: rows as u64,
        expected_win_rate: sum / rows as f64,
        outside_frac: outside as f64 / rows as f64,
        columns: found.into_iter().map(|drift| (title(drift.column), drift)).collect(),
        unfamiliar: unfamiliar.into_iter().collect(),
    }))
}
