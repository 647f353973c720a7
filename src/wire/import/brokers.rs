//! Brokers whose executions differ from the vocabulary in little more than their names.

use super::profile::{Profile, Special, as_it_is, is_some_amount, text};
use crate::wire::input::{JsonObject, Kind};

/// Account activities and orders. Times have their zone; costs are not in them.
pub(super) const ALPACA: Special = Special {
    profile: Profile {
        name: "alpaca",
        about: "account activities (FILL) and orders, as JSON or CSV; without fees",
        kind: Kind::Fill,
        signatures: &[
            &["activitytype", "transactiontime", "symbol", "side", "qty", "price"],
            &["filledavgprice", "filledqty", "filledat", "symbol", "side"],
        ],
        names: &[
            ("activitytype", "type"),
            ("type", "order_type"),
            ("transactiontime", "timestamp"),
            ("filledat", "timestamp"),
            ("filledavgprice", "price"),
            ("filledqty", "filled_part"),
            ("cumqty", ""),
            ("leavesqty", ""),
            ("id", "fill_id"),
            ("stopprice", ""),
            ("limitprice", ""),
            ("notional", ""),
            ("legs", ""),
        ],
        finish: alpaca,
    },
    is_newest_first: false,
    turn: None,
    // What an order of several parts is filled of, where they are listed below it.
    holds: Some("legs"),
    shows_sides: false,
};

fn alpaca(record: &mut JsonObject) {
    let kind = text(record, "type").to_uppercase();
    if !kind.is_empty() && kind != "FILL" && kind != "PTC" {
        return;
    }
    record.shift_remove("type");
    if let Some(filled) = record.shift_remove("filled_part") {
        record.insert("qty".into(), filled);
    }
    // The legs of one that trades several symbols are what was filled.
    if text(record, "order_class").eq_ignore_ascii_case("mleg") && text(record, "symbol").is_empty() {
        record.insert("type".into(), "order of several legs".into());
        return;
    }
    // An order that nothing was filled of.
    if record.contains_key("status") && !is_some_amount(record, "qty") {
        record.insert("type".into(), "not filled".into());
    } else {
        record.shift_remove("status");
    }
}

/// Orders: what was filled, at the average price. Times name their zone (EST, EDT).
pub(super) const WEBULL: Profile = Profile {
    name: "webull",
    about: "orders as CSV, those that were filled",
    kind: Kind::Fill,
    signatures: &[&["symbol", "side", "status", "filled", "avgprice", "filledtime"]],
    names: &[
        ("filled", "qty"),
        ("totalqty", ""),
        ("price", ""),
        ("avgprice", "price"),
        ("placedtime", ""),
        ("filledtime", "timestamp"),
        ("name", "name"),
    ],
    finish: webull,
};

fn webull(record: &mut JsonObject) {
    if is_some_amount(record, "qty") {
        record.shift_remove("status");
    }
    let zoned = |time: &str| {
        let (moment, zone) = time.rsplit_once(' ')?;
        let offset = match zone {
            "EST" | "CDT" => "-05:00",
            "EDT" => "-04:00",
            "CST" | "MDT" => "-06:00",
            "MST" | "PDT" => "-07:00",
            "PST" => "-08:00",
            "UTC" | "GMT" => "Z",
            _ => return None,
        };
        let (date, clock) = moment.split_once(' ')?;
        let mut parts = date.split('/');
        let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
        Some(format!("{year}-{month:0>2}-{day:0>2}T{clock}{offset}"))
    };
    if let Some(time) = zoned(text(record, "timestamp")) {
        record.insert("timestamp".into(), time.into());
    }
}

/// Executions: the column `Position` is what was held behind the execution.
pub(super) const NINJATRADER: Profile = Profile {
    name: "ninjatrader",
    about: "the grid of executions as CSV; the trade performance grid is read by its names",
    kind: Kind::Fill,
    signatures: &[&["instrument", "action", "quantity", "price", "time", "id", "ex"]],
    names: &[
        ("id", "fill_id"),
        ("time", "timestamp"),
        ("ex", ""),
        ("position", ""),
        ("rate", ""),
        ("name", "exit_reason"),
        ("accountdisplayname", "account"),
        ("account", "account"),
        ("orderid", "order_id"),
        ("connection", ""),
    ],
    finish: as_it_is,
};

/// Fills and orders; the performance report is read by its names.
pub(super) const TRADOVATE: Profile = Profile {
    name: "tradovate",
    about: "fills and orders as CSV (TopstepX and Tradovate's performance reports are read by their names)",
    kind: Kind::Fill,
    signatures: &[
        &["orderid", "bs", "contract", "avgprice", "filledqty", "filltime"],
        &["contract", "action", "qty", "price", "timestamp", "orderid"],
        &["fillid", "orderid", "timestamp", "bs", "quantity", "price", "contract"],
    ],
    names: &[
        ("id", "fill_id"),
        ("fillid", "fill_id"),
        ("orderid", "order_id"),
        ("bs", "side"),
        ("action", "side"),
        ("contract", "symbol"),
        ("product*", ""),
        ("avgprice", "price"),
        ("filledqty", "qty"),
        ("quantity", "order_qty"),
        ("filltime", "timestamp"),
        ("timestamp", "row_time"),
        ("date", ""),
        ("text", "exit_reason"),
        ("type", "order_type"),
        ("limitprice", ""),
        ("stopprice", ""),
        ("decimal*", ""),
        ("notionalvalue", ""),
        ("avgfillprice", ""),
    ],
    finish: tradovate,
};

fn tradovate(record: &mut JsonObject) {
    if is_some_amount(record, "qty") {
        record.shift_remove("status");
    }
    if let Some(time) = record.shift_remove("row_time") {
        record.entry("timestamp").or_insert(time);
    }
    if let Some(qty) = record.shift_remove("order_qty") {
        // Of an order it is what was asked for; a fill has no other.
        record.entry("qty").or_insert(qty);
    }
}

/// Executions; the gross result of the one that closes rides along.
pub(super) const QUANTOWER: Profile = Profile {
    name: "quantower",
    about: "trades as CSV",
    kind: Kind::Fill,
    signatures: &[&["datetime", "side", "ordertype", "quantity", "price", "tradeid", "positionid"]],
    names: &[
        ("datetime", "timestamp"),
        ("tradeid", "fill_id"),
        // A position's id holds from its first fill to its last: the netting finds the same by itself.
        ("positionid", "venue_position"),
        ("grosspl", "gross_pnl"),
        ("netpl", ""),
        ("tradevalue", ""),
        ("symboltype", "symbol_type"),
        ("ordertype", "order_type"),
    ],
    finish: as_it_is,
};

/// Executions with their currency.
pub(super) const QUESTRADE: Profile = Profile {
    name: "questrade",
    about: "executions as CSV; --tz America/New_York",
    kind: Kind::Fill,
    signatures: &[&["symbol", "action", "fillqty", "fillprice", "exectime"]],
    names: &[
        ("fillqty", "qty"),
        ("fillprice", "price"),
        ("exectime", "timestamp"),
        ("action", "side"),
        ("totalvalue", ""),
    ],
    finish: as_it_is,
};
