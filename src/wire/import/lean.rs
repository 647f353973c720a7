//! LEAN (QuantConnect): closed trades of a backtest's result.

use serde_json::Value;

use super::ImportFormat;
use super::profile::{Profile, number, text};
use crate::wire::input::{JsonObject, Kind, folded};

/// The format.
#[derive(Debug)]
pub(super) struct Lean;

impl ImportFormat for Lean {
    fn name(&self) -> &'static str {
        "lean"
    }

    fn about(&self) -> &'static str {
        "closed trades of a result as JSON (closedTrades), and the trades of a cloud backtest as CSV"
    }

    fn signatures(&self) -> &'static [&'static [&'static str]] {
        &[
            &["direction", "entryprice", "exitprice", "profitloss", "totalfees"],
            &["symbols", "direction", "entryprice", "exitprice", "quantity", "pl", "fees", "orderids"],
        ]
    }

    fn rewrite(&self, record: JsonObject) -> JsonObject {
        let mut out = JsonObject::new();
        for (key, value) in record {
            out.insert(name_of(&key), value);
        }
        // Newer versions write a list, of the one symbol or of the legs of a combination.
        if let Some(Value::Array(symbols)) = out.get("symbol")
            && let [symbol, ..] = symbols.as_slice()
        {
            out.insert("symbol".into(), symbol.clone());
        }
        if let Some(Value::Object(symbol)) = out.get("symbol") {
            let name = symbol.get("value").or_else(|| symbol.get("Value")).or_else(|| symbol.get("permtick"));
            let name = name.cloned().unwrap_or(Value::Null);
            out.insert("symbol".into(), name);
        }
        if let Some(direction) = out.shift_remove("direction") {
            let is_short = direction.as_f64() == Some(1.0)
                || direction
                    .as_str()
                    .is_some_and(|word| ["short", "sell", "1"].contains(&word.to_lowercase().as_str()));
            out.entry("side").or_insert(if is_short { "SHORT" } else { "LONG" }.into());
        }
        let fees = number(&out, "totalFees").unwrap_or(0.0);
        let prices = number(&out, "entryPrice").zip(number(&out, "exitPrice"));
        let position = prices
            .zip(number(&out, "quantity"))
            .map(|((entry, exit), qty)| (entry * qty.abs(), (exit - entry) * qty));
        if let (Some((size, moved)), Some(stated)) = (position, number(&out, "profitLoss")) {
            // The result is before fees, as its documentation has it, or after them, as some versions write it.
            let is_gross = fees != 0.0 && (stated.abs() - moved.abs()).abs() <= 0.006 + 1e-6 * size.abs();
            if is_gross && let Some(stated) = out.shift_remove("profitLoss") {
                out.insert("gross_pnl".into(), stated);
            }
            // Excursions are amounts.
            for (key, name) in [("mae", "mae_pct"), ("mfe", "mfe_pct")] {
                if let Some(amount) = number(&out, key).filter(|_| size > 0.0) {
                    out.shift_remove(key);
                    out.insert(name.into(), (amount / size).into());
                }
            }
        }
        out
    }
}

/// A key as the JSON of older versions writes it: newer ones write capitals, the file of the cloud names of its own.
fn name_of(key: &str) -> String {
    let own = match folded(key).as_str() {
        "symbols" => "symbol",
        "entrytime" => "entryTime",
        "exittime" => "exitTime",
        "entryprice" => "entryPrice",
        "exitprice" => "exitPrice",
        "pl" => "profitLoss",
        "fees" => "totalFees",
        "iswin" => "isWin",
        "mae" => "mae",
        "mfe" => "mfe",
        "orderids" => "orderIds",
        _ => {
            let small = key.chars().next().map_or(String::new(), |c| c.to_lowercase().collect::<String>());
            return format!("{small}{}", key.chars().skip(1).collect::<String>());
        }
    };
    own.to_owned()
}

/// Orders of a backtest or a live run, those that were filled; quantities are signed.
pub(super) const ORDERS: Profile = Profile {
    name: "lean-orders",
    about: "orders as CSV (Time, Symbol, Price, Quantity, Type, Status, Value, Tag); times are UTC",
    kind: Kind::Fill,
    signatures: &[&["time", "symbol", "price", "quantity", "type", "status", "value"]],
    names: &[("time", "timestamp"), ("type", "order_type"), ("value", ""), ("tag", "exit_reason")],
    finish: orders,
};

fn orders(record: &mut JsonObject) {
    // Of the states of an order these two say that something was filled.
    let status = text(record, "status").to_lowercase();
    if ["filled", "partiallyfilled", "3", "2"].contains(&status.as_str()) {
        record.shift_remove("status");
    } else if !status.is_empty() {
        record.insert("type".into(), format!("not filled: {status}").into());
    }
    if !record.contains_key("side")
        && let Some(qty) = number(record, "qty")
    {
        record.insert("side".into(), if qty < 0.0 { "SELL" } else { "BUY" }.into());
        record.insert("qty".into(), qty.abs().into());
    }
}
