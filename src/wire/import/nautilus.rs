//! nautilus_trader: its report of positions.

use serde_json::Value;

use super::ImportFormat;
use crate::wire::input::JsonObject;

/// The format.
#[derive(Debug)]
pub(super) struct Nautilus;

impl ImportFormat for Nautilus {
    fn name(&self) -> &'static str {
        "nautilus_trader"
    }

    fn about(&self) -> &'static str {
        "the report of positions as CSV (generate_positions_report)"
    }

    fn claims(&self, names: &[&str]) -> bool {
        let has = |name: &str| names.contains(&name);
        ["instrument_id", "entry", "peak_qty", "avg_px_open", "avg_px_close", "realized_pnl"]
            .into_iter()
            .all(has)
    }

    /// A closed position is FLAT; the order of its entry says which way it was, its peak how large.
    fn rewrite(&self, mut record: JsonObject) -> JsonObject {
        let is_flat =
            record.get("side").and_then(Value::as_str).is_some_and(|side| side.eq_ignore_ascii_case("flat"));
        if is_flat {
            record.shift_remove("side");
        } else if ["ts_closed", "exit_time"].iter().all(|key| record.get(*key).is_none_or(Value::is_null)) {
            record.insert("is_open".into(), true.into());
        }
        for (theirs, ours) in [("entry", "side"), ("peak_qty", "qty"), ("commissions", "fees")] {
            if let Some(value) = record.shift_remove(theirs) {
                record.entry(ours).or_insert(value);
            }
        }
        for empty in ["quantity", "is_snapshot"] {
            record.shift_remove(empty);
        }
        record
    }
}
