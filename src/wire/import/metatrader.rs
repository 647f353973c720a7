//! MetaTrader: of version 5 the deals of a history, of version 4 the closed transactions of a statement, as CSV, as the
//! page that the terminal saves, or pasted, also in UTF-16. Times are the broker's server's; commission, fee and swap are
//! signed as they change the balance; profit is before them.

use serde_json::Value;

use super::Turn;
use super::profile::{Profile, Special, number, text};
use crate::wire::input::{JsonObject, Kind};

/// Names of the deals of version 5.
pub(super) const DEALS: &[&str] = &["deal", "symbol", "type", "direction", "volume", "price"];

/// Names of the closed transactions of version 4.
pub(super) const ORDERS: &[&str] =
    &["ticket", "opentime", "type", "size", "item", "closetime", "commission", "swap", "profit"];

/// The deals of an account that may hold long and short positions of one symbol side by side: `in` opens and never closes,
/// `out` closes the position of the other side.
pub(super) const METATRADER_DEALS: Special = Special {
    profile: Profile { finish: side_by_side, ..DEALS_PROFILE },
    is_newest_first: false,
    turn: Some(Turn { names: &["direction", "entry"], is_it: is_reversal, format: &NETTING }),
    holds: None,
    shows_sides: false,
};

/// The deals of an account that holds one position of a symbol: it alone has deals that close and open in one.
const NETTING: Special =
    Special { profile: DEALS_PROFILE, is_newest_first: false, turn: None, holds: None, shows_sides: false };

fn is_reversal(direction: &str) -> bool {
    matches!(direction.trim().to_lowercase().as_str(), "in/out" | "inout" | "2")
}

const DEALS_PROFILE: Profile = Profile {
    name: "metatrader",
    about: "MetaTrader 5: the deals of a history as CSV or HTML (Deal, Type, Direction, Volume); say the server's zone with --tz",
    kind: Kind::Fill,
    signatures: &[DEALS, &["ticket", "symbol", "type", "entry", "volume", "price", "positionid"]],
    names: &[
        ("deal", "fill_id"),
        ("ticket", "fill_id"),
        ("order", "order_id"),
        ("positionid", "position_id"),
        ("volume", "qty"),
        ("direction", "effect"),
        ("entry", "effect"),
        ("type", "side"),
        ("profit", "gross_pnl"),
        ("swap", "funding"),
        ("balance", ""),
        ("comment", "exit_reason"),
        ("magic", "strategy"),
        ("timemsc", ""),
        ("externalid", ""),
        ("reason", ""),
        ("fee", "fee"),
        ("commission", "commission"),
    ],
    finish,
};

fn side_by_side(record: &mut JsonObject) {
    finish(record);
    let position = match (text(record, "side"), text(record, "effect")) {
        ("buy", "open") | ("sell", "close") => "LONG",
        ("sell", "open") | ("buy", "close") => "SHORT",
        _ => return,
    };
    // The terminal's own interface numbers positions.
    if record.get("position_id").is_none_or(Value::is_null) {
        record.insert("position_id".into(), position.into());
    }
}

fn finish(record: &mut JsonObject) {
    let side = match text(record, "side") {
        "0" => "buy".to_owned(),
        "1" => "sell".to_owned(),
        word => word.to_lowercase(),
    };
    if side != "buy" && side != "sell" {
        // A deposit, a correction, a commission by itself.
        record.insert("type".into(), if side.is_empty() { "other".into() } else { side.into() });
        return;
    }
    record.insert("side".into(), side.into());
    let effect = text(record, "effect").to_lowercase();
    match effect.as_str() {
        "in" | "0" => record.insert("effect".into(), "open".into()),
        "out" | "1" | "out by" | "3" => record.insert("effect".into(), "close".into()),
        // It closes and opens in one.
        _ => record.shift_remove("effect"),
    };
    without_costs(record, ["commission", "fee"]);
    if matches!(effect.as_str(), "in" | "0") {
        record.shift_remove("gross_pnl");
    }
    // Profit, commission and swap are in the deposit's currency, of whatever pair.
    record.insert("currency".into(), "account".into());
    if record.get("exit_reason").is_some_and(|reason| reason.as_str().is_none_or(str::is_empty)) {
        record.shift_remove("exit_reason");
    }
}

/// A row that says nothing of its costs had none.
fn without_costs(record: &mut JsonObject, costs: [&str; 2]) {
    if costs.iter().all(|key| record.get(*key).is_none_or(Value::is_null)) {
        record.insert("fees".into(), 0.into());
    }
}

/// The closed transactions of a statement; volumes are lots.
pub(super) const METATRADER_ORDERS: Profile = Profile {
    name: "metatrader-4",
    about: "MetaTrader 4: the closed transactions of a statement as HTML or CSV; say the server's zone with --tz",
    kind: Kind::Exit,
    signatures: &[ORDERS],
    names: &[
        ("ticket", "trade_id"),
        ("opentime", "entry_time"),
        ("closetime", "exit_time"),
        ("openprice", "entry_price"),
        ("closeprice", "exit_price"),
        ("type", "side"),
        ("size", "qty"),
        ("item", "symbol"),
        ("sl", "stop_price"),
        ("tp", "target_price"),
        ("commission", "commission"),
        ("taxes", "taxes"),
        ("swap", "funding"),
        ("profit", "gross_pnl"),
    ],
    finish: finish_order,
};

fn finish_order(record: &mut JsonObject) {
    let side = text(record, "side").to_lowercase();
    if side != "buy" && side != "sell" {
        // A deposit, or an order that was cancelled before it was filled: no other cell of it is what its column says.
        record.clear();
        record.insert("type".into(), if side.is_empty() { "other".into() } else { side.into() });
        return;
    }
    without_costs(record, ["commission", "taxes"]);
    for level in ["stop_price", "target_price"] {
        // 0 stands for none.
        if number(record, level) == Some(0.0) {
            record.shift_remove(level);
        }
    }
}
