//! `knob_adjustments.jsonl`: every change of a knob. The brain file holds the last update's changes as well,
//! so that none is lost when a write fails between the two files.

use super::Desk;
use super::brain::Brain;
use crate::store::{Durability, StoreError, read_state, replace_state};
use crate::wire::{Adjustment, read_adjustments};

/// The changes on record.
#[derive(Clone, Debug, Default)]
pub(super) struct AdjustmentLog {
    /// Oldest first.
    pub changes: Vec<Adjustment>,
    /// The last of them, where only the brain file holds them.
    pub not_logged: Vec<Adjustment>,
}

/// Reads the log, and adds what only the brain file knows.
///
/// # Errors
/// [`StoreError`] when the file is there and cannot be read.
pub(super) fn read_log(desk: &Desk<'_>, brain: &Brain) -> Result<AdjustmentLog, StoreError> {
    let text = read_state(desk.disk, &desk.layout.adjustments())?.unwrap_or_default();
    let (mut changes, _) = read_adjustments(&text);
    let (update, _, last) = brain.own();
    let known = changes.iter().any(|change| change.update == update);
    let not_logged = if known { Vec::new() } else { last };
    changes.extend(not_logged.iter().cloned());
    Ok(AdjustmentLog { changes, not_logged })
}

/// Adds changes to the file, and those of an earlier update that did not get there. Call it under the lock.
///
/// # Errors
/// [`StoreError`]; the file is then as it was.
pub(super) fn append_changes(desk: &Desk<'_>, changes: &[Adjustment]) -> Result<(), StoreError> {
    let path = desk.layout.adjustments();
    if changes.is_empty() {
        return Ok(());
    }
    let mut text = read_state(desk.disk, &path)?.unwrap_or_default();
    if text.last().is_some_and(|byte| *byte != b'\n') {
        text.push(b'\n');
    }
    for change in changes {
        let line = serde_json::to_vec(change)
            .map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })?;
        text.extend(line);
        text.push(b'\n');
    }
    replace_state(desk.disk, &path, &text, Durability::Durable)
}
