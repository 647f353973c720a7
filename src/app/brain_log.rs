//! `knob_adjustments.jsonl`: every change of a knob. The brain file holds the last update's changes as well,
//! so that none is lost when a write fails between the two files.

use super::Desk;
use super::brain::Brain;
use crate::store::{StoreError, append_lines, read_state};
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
    let lines: Result<Vec<Vec<u8>>, _> = changes.iter().map(serde_json::to_vec).collect();
    let lines = lines.map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })?;
    append_lines(desk.disk, &path, &lines)
}
