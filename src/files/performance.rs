//! `performance_metrics.json`: written for other programs, never read back.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::Context;
use super::PerformanceJson;
use crate::metrics::{Dimension, Performance, RunningTotals};
use crate::store::{Durability, Position, StoreError, replace_state};

/// What the file says, but for the windows.
#[derive(Serialize)]
struct Content<'a> {
    schema: &'static str,
    updated_at: String,
    position: Place,
    capital_usd: f64,
    currency: &'a str,
    calendar: &'a str,
    sessions_per_year: u32,
    /// Trades that came too late to be counted before the next analysis.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u64>,
    #[serde(flatten)]
    figures: PerformanceJson<'a>,
}

#[derive(Serialize)]
struct Place {
    bytes: u64,
    rows: u64,
}

fn content<'a>(
    context: &'a Context<'_>,
    performance: &'a Performance,
    left_out: u64,
    position: Position,
) -> Content<'a> {
    Content {
        schema: "dtlearn.performance/1",
        updated_at: context.now.to_string(),
        position: Place { bytes: position.len, rows: position.rows },
        capital_usd: context.settings.capital,
        currency: &context.settings.currency,
        calendar: context.market().calendar().name(),
        sessions_per_year: context.market().calendar().sessions_per_year(),
        left_out: (left_out > 0).then_some(left_out),
        figures: PerformanceJson(performance),
    }
}

/// Keys of the file that say when and of what it was made, not what the figures are.
const CIRCUMSTANCES: [&str; 4] = ["updated_at", "windows", "position", "schema"];

/// Whether a file that was read says what the ledger says.
pub(crate) fn agrees(context: &Context<'_>, ledger: &RunningTotals, found: &Map<String, Json>) -> bool {
    let fresh = serde_json::to_value(content(
        context,
        &ledger.performance(context.market()),
        ledger.left_out(),
        Position::default(),
    ));
    let Ok(Json::Object(fresh)) = fresh else { return false };
    fresh.iter().all(|(key, value)| CIRCUMSTANCES.contains(&key.as_str()) || found.get(key) == Some(value))
}

/// JSON as it stands under a key of the file.
pub(crate) fn windows_text(windows: &Map<String, Json>) -> Option<String> {
    Some(serde_json::to_string_pretty(windows).ok()?.replace('\n', "\n  "))
}

/// Replaces the file by the figures of the ledger, which rest on the log up to `position`. `windows` is
/// what the last analysis said of the windows, from [`windows_text`]. Call it under the lock.
///
/// # Errors
/// [`StoreError::Write`].
pub(crate) fn write(
    context: &Context<'_>,
    ledger: &RunningTotals,
    position: Position,
    windows: Option<&str>,
) -> Result<(), StoreError> {
    let path = context.layout.performance();
    let performance = ledger.performance(context.market());
    let windows = windows.unwrap_or("null");
    // A group takes some 900 bytes, a day 160: the text does not grow by steps.
    let groups: usize = Dimension::ALL.iter().map(|dimension| performance.groups(*dimension).len()).sum();
    let days = performance.daily().days().count();
    let mut text = Vec::with_capacity(8_192 + 1_000 * groups + 180 * days + windows.len());
    serde_json::to_writer_pretty(&mut text, &content(context, &performance, ledger.left_out(), position))
        .map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })?;
    // The windows go in as they were written: every exit would else read them only to write them again.
    text.truncate(text.len() - "\n}".len());
    text.extend(b",\n  \"windows\": ");
    text.extend(windows.as_bytes());
    text.extend(b"\n}\n");
    replace_state(context.disk, &path, &text, Durability::Cache)
}
