//! TradingView: the list of trades of a strategy report, old and new. Two rows a trade, the exit first; no symbol (say
//! it with --symbol); times in the zone of the chart; the result is net of commission.

use serde_json::Value;

use super::profile::{Profile, text};
use crate::wire::input::{JsonObject, Kind};

pub(super) const TRADINGVIEW: Profile = Profile {
    name: "tradingview",
    about: "the list of trades of a strategy report as CSV, old and new; --symbol says the symbol",
    kind: Kind::Fill,
    signatures: &[&["trade#", "type", "signal", "price*"], &["trade", "type", "signal", "price*"]],
    names: &[
        ("trade", "position_id"),
        ("trade#", "position_id"),
        ("datetime", "timestamp"),
        ("dateandtime", "timestamp"),
        ("contracts", "qty"),
        ("quantity", "qty"),
        ("sizeqty", "qty"),
        ("positionsizeqty", "qty"),
        ("sizevalue", ""),
        ("positionsizevalue", ""),
        ("signal", "exit_reason"),
        ("profit%", ""),
        ("netpl%", ""),
        ("netpnl%", ""),
        ("cumulative*", ""),
        ("cumprofit*", ""),
        ("runup*", ""),
        ("drawdown*", ""),
        ("favorable*", ""),
        ("adverse*", ""),
        ("profit*", "pnl"),
        ("netpl*", "pnl"),
        ("netpnl*", "pnl"),
        ("price*", "price"),
    ],
    finish,
};

fn finish(record: &mut JsonObject) {
    let kind = text(record, "type").to_lowercase();
    let is_open = text(record, "exit_reason").eq_ignore_ascii_case("open");
    let (is_entry, is_long) = (kind.starts_with("entry"), kind.ends_with("long"));
    let is_exit = kind.starts_with("exit") && !is_open;
    if !is_entry && !is_exit {
        // The exit of a position that is still open stands for its last price.
        record.insert("type".into(), if is_open { "open" } else { "other" }.into());
        return;
    }
    record.shift_remove("type");
    record.insert("side".into(), if is_entry == is_long { "buy" } else { "sell" }.into());
    record.insert("effect".into(), if is_entry { "open" } else { "close" }.into());
    if is_entry {
        record.shift_remove("pnl");
        if let Some(signal) = record.shift_remove("exit_reason") {
            record.insert("setup".into(), signal);
        }
    }
    let trade = record.get("position_id").map_or(String::new(), Value::to_string);
    record.insert("position_id".into(), trade.trim_matches('"').into());
}
