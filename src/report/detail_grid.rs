//! What the tables of risk, execution and behaviour share.

use serde_json::{Value as Json, json};

use super::grid::Cell;
use crate::metrics::{DetailGroup, Grouped, MeanBySession};

/// Groups of a table; the machine formats have all.
pub(super) const GROUPS_SHOWN: usize = 15;

/// A mean as a cell, or a dash where no trade has a part in it.
pub(super) fn mean_cell(mean: &MeanBySession, of: fn(f64) -> Cell) -> Cell {
    mean.value.map_or(Cell::Absent, of)
}

/// An end of a mean's interval.
pub(super) fn ends(mean: &MeanBySession, of: fn(f64) -> Cell) -> [Cell; 2] {
    mean.interval.map_or([Cell::Absent, Cell::Absent], |(low, high)| [of(low), of(high)])
}

/// A mean with its interval and n as payloads give it.
pub(super) fn mean_json(mean: &MeanBySession) -> Json {
    json!({
        "value": mean.value.ok(),
        "low": mean.interval.map(|interval| interval.0),
        "high": mean.interval.map(|interval| interval.1),
        "n": mean.n,
    })
}

/// ` (−0.10 to 0.20)`, or nothing.
pub(super) fn interval_text(mean: &MeanBySession, of: impl Fn(f64) -> String) -> String {
    mean.interval.map_or_else(String::new, |(low, high)| format!(" ({} to {})", of(low), of(high)))
}

/// The groups of a payload: a list for each grouping.
pub(super) fn groups_json<T>(
    groups: &Grouped<T>,
    one: impl Fn(&T) -> Json,
) -> impl Iterator<Item = (String, Json)> {
    groups.iter().map(move |(group, found)| {
        let rows: Vec<Json> = found
            .iter()
            .map(|(name, figures)| {
                let mut row = one(figures);
                row["name"] = name.as_str().into();
                row
            })
            .collect();
        (group.key().to_owned(), rows.into())
    })
}

/// The groups of a table, in their order where they have one, else those with the most trades first.
pub(super) fn shown<T>(
    group: DetailGroup,
    found: &[(String, T)],
    trades: impl Fn(&T) -> u64,
) -> Vec<&(String, T)> {
    let mut rows: Vec<&(String, T)> = found.iter().collect();
    match group {
        DetailGroup::Hour => {}
        DetailGroup::TimeOfDay => {
            let order = ["pre_market", "open", "mid_morning", "lunch", "afternoon", "close", "after_hours"];
            rows.sort_by_key(|row| order.iter().position(|name| *name == row.0).unwrap_or(order.len()));
        }
        _ => rows.sort_by(|a, b| trades(&b.1).cmp(&trades(&a.1)).then_with(|| a.0.cmp(&b.0))),
    }
    rows.truncate(GROUPS_SHOWN);
    rows
}
