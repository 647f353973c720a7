//! Bybit: executions and closed results, of the API and of the web export; times are UTC.

use super::crypto::zoned;
use super::profile::{Profile, Special, text};
use super::sides_held::CLOSED_SIZE;
use crate::domain::is_told_in_dollars;
use crate::wire::input::{JsonObject, Kind};

/// Executions of the API and of the web export.
pub(super) const BYBIT: Special =
    Special { profile: EXECUTIONS, is_newest_first: false, turn: None, holds: None, shows_sides: true };

const EXECUTIONS: Profile = Profile {
    name: "bybit",
    about: "executions (trade history) as JSON or CSV; closed P&L is read by its names; times are UTC",
    kind: Kind::Fill,
    signatures: &[
        &["symbol", "side", "execprice", "execqty", "exectime"],
        &["contracts", "direction", "filledprice", "filledqty*", "transactiontime*"],
    ],
    names: &[
        ("execprice", "price"),
        ("filledprice", "price"),
        ("execqty", "qty"),
        ("filledqty*", "qty"),
        ("exectime", "timestamp"),
        ("transactiontime*", "timestamp"),
        ("execfee", "fees"),
        ("feepaid", "fees"),
        ("execid", "fill_id"),
        ("tradeid", "fill_id"),
        ("exectype", "type"),
        ("execvalue", ""),
        ("contracts", "symbol"),
        ("direction", "side"),
        ("ordertype", "order_type"),
        ("orderqty", ""),
        ("orderprice", ""),
        ("leavesqty", ""),
        ("closedsize", CLOSED_SIZE),
        ("feerate", ""),
        ("markprice", ""),
        ("indexprice", ""),
        ("feecurrency", "fee_currency"),
    ],
    finish: bybit,
};

fn bybit(record: &mut JsonObject) {
    // A position that the venue closes is closed as well.
    let closes = match text(record, "type").to_ascii_lowercase().as_str() {
        "trade" | "blocktrade" => Some(None),
        "busttrade" => Some(Some("liquidation")),
        "adltrade" => Some(Some("auto_deleveraging")),
        "delivery" | "settle" => Some(Some("delivery")),
        _ => None,
    };
    if let Some(reason) = closes {
        record.shift_remove("type");
        if let Some(reason) = reason {
            record.insert("exit_reason".into(), reason.into());
        }
    }
    inverse_in_dollars(record);
    zoned(record, "timestamp");
}

/// There are no pairs in dollars themselves.
fn inverse_in_dollars(record: &mut JsonObject) {
    if is_told_in_dollars(text(record, "symbol")) && !record.contains_key("inverse") {
        record.insert("inverse".into(), true.into());
    }
}

/// Closed results of the web export and the API; the side is that of the closing order.
pub(super) const BYBIT_CLOSED: Profile = Profile {
    name: "bybit-closed",
    about: "closed P&L as CSV or JSON; times are UTC",
    kind: Kind::Exit,
    signatures: &[
        &["contracts", "closingdirection", "entryprice", "exitprice", "closedpl"],
        &["symbol", "orderid", "avgentryprice", "avgexitprice", "closedpnl"],
    ],
    names: &[
        ("contracts", "symbol"),
        ("closingdirection", "side"),
        ("tradetime*", "exit_time"),
        ("exittype", "exit_reason"),
        ("orderprice", ""),
        ("cumentryvalue", ""),
        ("cumexitvalue", ""),
    ],
    finish: bybit_closed,
};

fn bybit_closed(record: &mut JsonObject) {
    let position = match text(record, "side").to_ascii_lowercase().as_str() {
        "sell" => Some("LONG"),
        "buy" => Some("SHORT"),
        _ => None,
    };
    if let Some(position) = position {
        record.insert("side".into(), position.into());
    }
    inverse_in_dollars(record);
    zoned(record, "exit_time");
}
