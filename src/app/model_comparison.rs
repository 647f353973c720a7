//! After a deployment: is the new model any worse than the one before it, on the trades since?

use super::Context;
use crate::decide::{WATCHED_TRADES, goes_back};
use crate::domain::Timestamp;
use crate::files::models::{Pointer, load, pointer};
use crate::files::training_rows::{RowsFor, labelled_rows};
use crate::learn::{ModelFile, Source, accuracy};
use crate::store::StoreError;

/// How two models did on the trades since the newer one was deployed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ModelComparison {
    /// Trades that were entered since.
    pub trades: u64,
    /// Share of right calls of the model in use.
    pub current: f64,
    /// Of the one before it.
    pub previous: f64,
    /// The two.
    pub pointer: Pointer,
}

impl ModelComparison {
    /// Whether the model in use goes back to its predecessor.
    pub(super) fn goes_back(&self) -> bool {
        goes_back(self.trades, self.current, self.previous)
    }
}

/// Compares them; `None` where there is no predecessor, or too few trades since. A model that cannot be read is
/// doctor's matter, not a reason to stop.
///
/// # Errors
/// [`StoreError`] when a log cannot be read.
pub(super) fn watch(context: &Context<'_>) -> Result<Option<ModelComparison>, StoreError> {
    let Ok(Some(pointer)) = pointer(context) else { return Ok(None) };
    let Some(previous) = &pointer.previous else { return Ok(None) };
    let (Ok(new), Ok(old)) = (load(context, &pointer.current), load(context, previous)) else {
        return Ok(None);
    };
    let Ok(deployed) = Timestamp::parse(&new.created_at) else { return Ok(None) };
    let days = (context.seen_from().micros() - deployed.micros()).max(0) / 86_400_000_000 + 1;
    let (dataset, _) = labelled_rows(context, days.min(i64::from(u16::MAX)) as u16, RowsFor::Learning)?;
    let rows: Vec<usize> = (0..dataset.examples.len())
        .filter(|row| dataset.examples[*row].source == Source::Trade && dataset.examples[*row].at > deployed)
        .collect();
    if (rows.len() as u64) < WATCHED_TRADES {
        return Ok(None);
    }
    let labels: Vec<bool> = rows.iter().map(|row| dataset.examples[*row].label).collect();
    let right = |file: &ModelFile| {
        let table = file.manifest.table(&dataset, &rows);
        let given: Vec<f64> = (0..rows.len()).map(|row| file.model.predict(&table.row(row))).collect();
        accuracy(&given, &labels)
    };
    let (Some(current), Some(previous)) = (right(&new), right(&old)) else { return Ok(None) };
    Ok(Some(ModelComparison { trades: rows.len() as u64, current, previous, pointer }))
}
