//! Venues of crypto currencies, and hummingbot: executions in the quote currency; times are UTC.

use serde_json::Value;

use super::freqtrade::from_python;
use super::profile::{Profile, cost_in_asset, number, result_in_quote, split_asset, text};
use crate::domain::base_and_quote_of_pair;
use crate::wire::input::{JsonObject, Kind};

/// Trades of spot and futures, from the web export and the API.
pub(super) const BINANCE: Profile = Profile {
    name: "binance",
    about: "trade history of spot and USD-M futures as CSV, and userTrades, myTrades as JSON; times are UTC",
    kind: Kind::Fill,
    signatures: &[
        &["dateutc", "symbol", "side", "price", "quantity", "realizedprofit"],
        &["timeutc", "symbol", "side", "price", "quantity", "realizedprofit"],
        &["time", "symbol", "side", "price", "quantity", "realizedprofit", "buyer", "maker"],
        &["dateutc", "pair", "side", "price", "executed", "fee"],
        &["dateutc", "market", "type", "price", "amount", "feecoin"],
        &["symbol", "orderid", "price", "qty", "commission", "commissionasset", "time"],
    ],
    names: &[
        ("dateutc", "timestamp"),
        ("timeutc", "timestamp"),
        ("time", "row_time"),
        ("uid", ""),
        ("pair", "symbol"),
        ("market", "symbol"),
        ("executed", "qty"),
        ("quantity", "qty"),
        ("total", ""),
        ("quoteqty", ""),
        ("tradeid", "fill_id"),
        ("id", "fill_id"),
        ("fee", "fee_text"),
        ("commission", "fee_text"),
        ("feecoin", "fee_asset"),
        ("commissionasset", "fee_asset"),
        ("marginasset", ""),
        ("realizedprofit", ""),
        ("realizedpnl", ""),
        ("buyer", "is_buyer"),
        ("isbuyer", "is_buyer"),
        ("maker", ""),
        ("ismaker", ""),
        ("isbestmatch", ""),
        ("amount", "amount"),
        ("positionside", "position_side"),
    ],
    finish: binance,
};

fn binance(record: &mut JsonObject) {
    // The oldest form has the side as its type and the quantity as its amount.
    if !record.contains_key("side")
        && let Some(side) = record.shift_remove("type")
    {
        record.insert("side".into(), side);
    }
    if let Some(Value::Bool(is_buyer)) = record.shift_remove("is_buyer")
        && !record.contains_key("side")
    {
        record.insert("side".into(), if is_buyer { "BUY" } else { "SELL" }.into());
    }
    if !record.contains_key("qty")
        && let Some(amount) = record.shift_remove("amount")
    {
        record.insert("qty".into(), amount);
    }
    record.shift_remove("amount");
    let (quantity, _) = split_asset(text(record, "qty"));
    let quantity = quantity.to_owned();
    if !quantity.is_empty() {
        record.insert("qty".into(), quantity.into());
    }
    in_hedge_mode(record);
    costs(record);
    zoned(record, "timestamp");
    // A column that does not say UTC is in the zone that the account shows.
    if let Some(time) = record.shift_remove("row_time") {
        record.entry("timestamp").or_insert(time);
    }
    with_century(record, "timestamp");
    priced_in_quote(record);
}

/// `26-03-17 09:34:12` is of 2026: the year stands first.
fn with_century(record: &mut JsonObject, key: &str) {
    let time = text(record, key);
    let is_short = time.len() > 8
        && [2, 5].into_iter().all(|at| time.as_bytes().get(at) == Some(&b'-'))
        && time.bytes().take(2).all(|byte| byte.is_ascii_digit());
    if is_short {
        let whole = format!("20{time}");
        record.insert(key.into(), whole.into());
    }
}

/// Closed positions of the web export; the result is after fees and funding.
pub(super) const BINANCE_POSITIONS: Profile = Profile {
    name: "binance-positions",
    about: "position history of futures as CSV, those that are closed; --tz as the account shows times",
    kind: Kind::Exit,
    signatures: &[&["symbol", "positionside", "entryprice", "avgcloseprice", "closedvol*", "closingpnl"]],
    names: &[
        ("positionside", "side"),
        ("avgcloseprice", "exit_price"),
        ("closedvol*", "qty"),
        ("closingpnl", "pnl"),
        ("opened", "entry_time"),
        ("closed", "exit_time"),
        ("marginmode", ""),
        ("maxopeninterest", ""),
    ],
    finish: binance_positions,
};

fn binance_positions(record: &mut JsonObject) {
    if text(record, "status").eq_ignore_ascii_case("closed") {
        record.shift_remove("status");
    } else {
        // What it came to is told once all of it is closed.
        record.insert("status".into(), "open".into());
    }
    with_century(record, "entry_time");
    with_century(record, "exit_time");
    // Fees and funding have no column: they are what the result lacks of what the prices give.
    let moved = number(record, "entry_price").zip(number(record, "exit_price"));
    let (qty, result) = (number(record, "qty"), number(record, "pnl"));
    if let (Some((entry, exit)), Some(qty), Some(result)) = (moved, qty, result) {
        let sign = if text(record, "side").eq_ignore_ascii_case("short") { -1.0 } else { 1.0 };
        let costs = (exit - entry) * qty * sign - result;
        // More than a twentieth of the value is no cost: another unit, or another currency.
        if costs.abs() <= 0.05 * entry * qty {
            record.insert("fees".into(), costs.into());
        }
    }
    result_in_quote(record, "pnl");
}

/// Long and short positions of one symbol side by side.
fn in_hedge_mode(record: &mut JsonObject) {
    let side = text(record, "position_side").to_uppercase();
    record.shift_remove("position_side");
    if side == "LONG" || side == "SHORT" {
        record.insert("position_id".into(), side.into());
    }
}

fn costs(record: &mut JsonObject) {
    let fee = record.shift_remove("fee_text");
    let fee = match &fee {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return,
    };
    let (value, beside) = split_asset(&fee);
    let named = record.shift_remove("fee_asset").and_then(|asset| asset.as_str().map(str::to_owned));
    let asset = named.unwrap_or_else(|| beside.to_owned());
    let symbol = text(record, "symbol").to_owned();
    let (base, quote) = base_and_quote_of_pair(&symbol).unwrap_or((&symbol, ""));
    cost_in_asset(record, value, &asset, base, quote);
}

/// Every symbol is a pair: its price is in the second of the two.
fn priced_in_quote(record: &mut JsonObject) {
    let quote = base_and_quote_of_pair(text(record, "symbol")).map(|(_, quote)| quote);
    if let (Some(quote), Some(price)) = (quote, record.shift_remove("price")) {
        record.insert(format!("price ({quote})"), price);
    }
}

/// A time without a zone is UTC.
pub(super) fn zoned(record: &mut JsonObject, key: &str) {
    let time = text(record, key);
    let is_bare = time.len() >= 16 && time.as_bytes().get(4) == Some(&b'-') && !time.ends_with('Z');
    // Where the tenth byte lies inside a letter it is no time, and refused as one.
    if is_bare && time.get(10..).is_some_and(|clock| !clock.contains(['+', '-'])) {
        let zoned = format!("{}Z", time.replace(' ', "T"));
        record.insert(key.into(), zoned.into());
    }
}

/// The trades that it writes to its CSV, now and in older versions. The fee is a fraction of the value, in the quote
/// currency, or flat.
pub(super) const HUMMINGBOT: Profile = Profile {
    name: "hummingbot",
    about: "trades as CSV; times are milliseconds in UTC",
    kind: Kind::Fill,
    signatures: &[
        &["configfile", "timestamp", "market", "trade", "price", "amount", "exchangetradeid"],
        &[
            "configfilepath",
            "timestamp",
            "market",
            "symbol",
            "tradetype",
            "price",
            "amount",
            "exchangetradeid",
        ],
    ],
    names: &[
        ("trade", "side"),
        ("market", "market"),
        ("configfilepath", ""),
        ("configfile", ""),
        ("leverage", ""),
        ("position", "action"),
        ("baseasset", "base"),
        ("quoteasset", "quote"),
        ("tradefeeinquote", "fee_in_quote"),
        ("amount", "qty"),
        ("exchangetradeid", "fill_id"),
        ("exchange", "account"),
        ("type", "order_type"),
        ("tradetype", "side"),
        ("fee", "fee_text"),
        ("tradefee", "fee_text"),
        ("age", ""),
        ("base", "base"),
        ("quote", "quote"),
    ],
    finish: hummingbot,
};

fn hummingbot(record: &mut JsonObject) {
    // What is traded was the market once; by now that is where.
    if let Some(market) = record.shift_remove("market") {
        let is_venue = !text(record, "symbol").is_empty();
        record.entry(if is_venue { "account" } else { "symbol" }).or_insert(market);
    }
    let action = text(record, "action").to_lowercase();
    record.shift_remove("action");
    if action == "open" || action == "close" {
        record.insert("effect".into(), action.into());
    }
    if let Some(fee) = record.shift_remove("fee_in_quote").filter(|fee| !fee.is_null()) {
        record.shift_remove("fee_text");
        record.insert("fees".into(), fee);
        return;
    }
    let fee = match record.shift_remove("fee_text") {
        Some(Value::String(said)) => serde_json::from_str(&from_python(&said)).unwrap_or(Value::String(said)),
        fee => fee.unwrap_or_default(),
    };
    if !fee.is_object() {
        // Whatever it is, the reader takes it for a number or refuses it.
        record.insert("fees".into(), fee);
        return;
    }
    let percent = fee.get("percent").and_then(|percent| match percent {
        Value::String(text) => text.parse::<f64>().ok(),
        other => other.as_f64(),
    });
    let quote = text(record, "quote").to_owned();
    let (mut sum, mut others) = (0.0, Vec::new());
    match percent.zip(number(record, "qty").zip(number(record, "price"))) {
        Some((percent, (qty, price))) => sum = percent * qty * price,
        None => others
            .extend(percent.filter(|percent| *percent != 0.0).map(|part| format!("{part} of the value"))),
    }
    for flat in fee.get("flat_fees").and_then(Value::as_array).into_iter().flatten() {
        let (Some(asset), Some(amount)) = (flat.get("token").and_then(Value::as_str), flat.get("amount"))
        else {
            continue;
        };
        match amount.as_f64().or_else(|| amount.as_str()?.parse().ok()) {
            Some(amount) if asset.eq_ignore_ascii_case(&quote) => sum += amount,
            Some(0.0) => {}
            Some(amount) => others.push(format!("{amount} {asset}")),
            None => others.push(format!("{amount} {asset}")),
        }
    }
    record.insert("fees".into(), sum.into());
    if !others.is_empty() {
        // One is converted or refused by the reader, several are refused.
        record.insert("commission".into(), others.join(" + ").into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_without_a_zone_is_utc_and_one_that_is_none_is_left() {
        let of = |time: &str| {
            let mut record = JsonObject::new();
            record.insert("t".into(), time.into());
            zoned(&mut record, "t");
            text(&record, "t").to_owned()
        };
        assert_eq!(of("2026-03-02 09:35:00"), "2026-03-02T09:35:00Z");
        assert_eq!(of("2026-03-02 09:35:00+01:00"), "2026-03-02 09:35:00+01:00");
        // The tenth byte lies inside a letter.
        assert_eq!(of("2026-03-0é 09:35:00"), "2026-03-0é 09:35:00");
    }
}
