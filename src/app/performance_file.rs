//! `performance_metrics.json`: written for other programs, never read back.

use serde_json::{Map, Value as Json, json};

use super::Desk;
use crate::metrics::Ledger;
use crate::report::performance_json;
use crate::store::{Durability, Position, StoreError, replace_state};

/// What the file says.
pub(super) fn content(
    desk: &Desk<'_>,
    ledger: &Ledger,
    position: Position,
    windows: Option<&str>,
) -> Map<String, Json> {
    let mut out = Map::new();
    out.insert("schema".into(), "dtlearn.performance/1".into());
    out.insert("updated_at".into(), desk.now.to_string().into());
    out.insert("position".into(), json!({"bytes": position.len, "rows": position.rows}));
    out.insert("capital_usd".into(), desk.settings.capital.into());
    out.insert("currency".into(), desk.settings.currency.as_str().into());
    out.append(&mut performance_json(&ledger.performance()));
    let windows = windows.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Json::Null);
    out.insert("windows".into(), windows);
    out
}

/// Replaces the file by the figures of the ledger, which rest on the log up to `position`. `windows` is
/// what the last analysis said of the windows, as JSON. Call it under the lock.
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
    let mut bytes = serde_json::to_vec_pretty(&content(desk, ledger, position, windows))
        .map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })?;
    bytes.push(b'\n');
    replace_state(desk.disk, &path, &bytes, Durability::Cache)
}
