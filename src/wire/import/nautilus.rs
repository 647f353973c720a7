//! nautilus_trader: its reports of positions, fills and orders.

use serde_json::Value;

use super::ImportFormat;
use super::profile::{Profile, text};
use crate::wire::input::{JsonObject, Kind};

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

    fn signatures(&self) -> &'static [&'static [&'static str]] {
        &[&["instrumentid", "entry", "peakqty", "avgpxopen", "avgpxclose", "realizedpnl"]]
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

/// Its reports of fills and of orders that were filled.
pub(super) const FILLS: Profile = Profile {
    name: "nautilus_trader-fills",
    about: "the reports of fills and of order fills as CSV (generate_fills_report, generate_order_fills_report)",
    kind: Kind::Fill,
    signatures: &[
        &["clientorderid", "instrumentid", "side", "filledqty", "avgpx", "tslast"],
        &["instrumentid", "orderside", "lastqty", "lastpx", "tsevent"],
    ],
    names: &[
        ("clientorderid", "order_id"),
        ("venueorderid", ""),
        ("traderid", ""),
        // A netting account has one position a symbol and strategy, a hedging one has several: its id tells them apart.
        ("positionid", "position_id"),
        ("accountid", "account"),
        ("tradeid", "fill_id"),
        ("lasttradeid", "fill_id"),
        ("orderside", "side"),
        ("lastqty", "qty"),
        ("filledqty", "qty"),
        ("quantity", ""),
        ("lastpx", "price"),
        ("avgpx", "price"),
        ("tsevent", "timestamp"),
        ("tslast", "timestamp"),
        ("tsinit", ""),
        ("commissions", "fees"),
        ("commission", "fees"),
        ("type", "order_type"),
        ("eventid", ""),
        ("info", ""),
        ("slippage", ""),
        ("isquotequantity", ""),
    ],
    finish: fills,
};

fn fills(record: &mut JsonObject) {
    // `['5.54 USD']`
    let fees = text(record, "fees").trim_matches(['[', ']', '\'', '"', ' ']).to_owned();
    if fees.is_empty() || fees == "None" {
        record.shift_remove("fees");
    } else {
        record.insert("fees".into(), fees.into());
    }
}
