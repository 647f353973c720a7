//! Backtesting engines whose trades the vocabulary reads by their names, once a few of them are put right.

use serde_json::Value;

use super::profile::{Profile, number, result_in_quote};
use crate::wire::input::{JsonObject, Kind};

/// The table `_trades` of a result. The sign of the size is the side; no symbol (say it with --symbol).
pub(super) const BACKTESTING_PY: Profile = Profile {
    name: "backtesting.py",
    about: "the table _trades as CSV or JSON (to_csv, to_json(orient=\"records\")); --symbol says the symbol",
    kind: Kind::Exit,
    signatures: &[&["size", "entrybar", "exitbar", "entryprice", "exitprice", "entrytime", "exittime"]],
    names: &[("returnpct", ""), ("duration", ""), ("tag", "setup"), ("entrybar", ""), ("exitbar", "")],
    finish: backtesting_py,
};

fn backtesting_py(record: &mut JsonObject) {
    if let Some(size) =
        number(record, "size").or_else(|| number(record, "Size")).or_else(|| number(record, "qty"))
    {
        record.insert("side".into(), if size < 0.0 { "SHORT" } else { "LONG" }.into());
        for name in ["size", "Size"] {
            record.shift_remove(name);
        }
        record.insert("qty".into(), size.abs().into());
    }
}

/// `records_readable` of its trades. Rows whose status is open are passed over.
pub(super) const VECTORBT: Profile = Profile {
    name: "vectorbt",
    about: "portfolio.trades.records_readable as CSV",
    kind: Kind::Exit,
    signatures: &[&["exittradeid", "column", "size", "avgentryprice", "avgexitprice", "direction", "status"]],
    names: &[
        ("column", "symbol"),
        ("exittradeid", "vectorbt_trade"),
        ("positionid", "vectorbt_position"),
        ("size", "qty"),
        ("return", ""),
    ],
    finish: vectorbt,
};

fn vectorbt(record: &mut JsonObject) {
    result_in_quote(record, "pnl");
}

/// Transactions of its analyzer of that name; amounts are signed. Trades come from the recipe in dtlearn-import(7).
pub(super) const BACKTRADER_TRANSACTIONS: Profile = Profile {
    name: "backtrader",
    about: "transactions of the analyzer as CSV; closed trades as the recipe in dtlearn-import(7) writes them",
    kind: Kind::Fill,
    signatures: &[&["amount", "price", "sid", "symbol", "value"]],
    names: &[
        ("datetime", "timestamp"),
        ("date", "timestamp"),
        ("amount", "signed"),
        ("sid", ""),
        ("value", ""),
    ],
    finish: transactions,
};

fn transactions(record: &mut JsonObject) {
    if let Some(amount) = number(record, "signed") {
        record.insert("side".into(), if amount < 0.0 { "SELL" } else { "BUY" }.into());
        record.insert("qty".into(), amount.abs().into());
    }
    record.shift_remove("signed");
}

/// Closed trades of a session or a backtest, with their orders inside.
pub(super) const JESSE: Profile = Profile {
    name: "jesse",
    about: "closed trades as JSON",
    kind: Kind::Exit,
    signatures: &[&[
        "symbol",
        "exchange",
        "type",
        "entryprice",
        "exitprice",
        "openedat",
        "closedat",
        "holdingperiod",
    ]],
    names: &[
        ("type", "side"),
        ("size", ""),
        ("pnlpercentage", ""),
        ("orders", ""),
        ("holdingperiod", ""),
        ("id", "trade_id"),
    ],
    finish: jesse,
};

fn jesse(record: &mut JsonObject) {
    // `created_at` of newer versions says the same as `opened_at`.
    for name in ["created_at", "session_id"] {
        record.shift_remove(name);
    }
    record.retain(|_, value| !matches!(value, Value::Array(_)));
    result_in_quote(record, "pnl");
}
