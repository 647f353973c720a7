//! `performance_metrics.json`: written for other programs, never read back.

use serde_json::{Map, Value as Json, json};

use super::Desk;
use crate::metrics::Ledger;
use crate::report::performance_json;
use crate::store::{Durability, Position, StoreError, replace_state};

/// What the file says, but for the windows.
pub(super) fn content(desk: &Desk<'_>, ledger: &Ledger, position: Position) -> Map<String, Json> {
    let mut out = Map::new();
    out.insert("schema".into(), "dtlearn.performance/1".into());
    out.insert("updated_at".into(), desk.now.to_string().into());
    out.insert("position".into(), json!({"bytes": position.len, "rows": position.rows}));
    out.insert("capital_usd".into(), desk.settings.capital.into());
    out.insert("currency".into(), desk.settings.currency.as_str().into());
    out.append(&mut performance_json(&ledger.performance()));
    out
}

/// JSON as it stands under a key of the file.
pub(super) fn windows_text(windows: &Map<String, Json>) -> Option<String> {
    Some(serde_json::to_string_pretty(windows).ok()?.replace('\n', "\n  "))
}

/// Replaces the file by the figures of the ledger, which rest on the log up to `position`. `windows` is
/// what the last analysis said of the windows, from [`windows_text`]. Call it under the lock.
///
/// # Errors
/// [`StoreError::Write`].
pub(super) fn write(
    desk: &Desk<'_>,
    ledger: &Ledger,
    position: Position,
    windows: Option<&str>,
) -> Result<(), StoreError> {
    let path = desk.layout.performance();
    let mut text = serde_json::to_string_pretty(&content(desk, ledger, position))
        .map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })?;
    // The windows go in as they were written: every exit would else read them only to write them again.
    text.truncate(text.len() - "\n}".len());
    text.push_str(",\n  \"windows\": ");
    text.push_str(windows.unwrap_or("null"));
    text.push_str("\n}\n");
    replace_state(desk.disk, &path, text.as_bytes(), Durability::Cache)
}
