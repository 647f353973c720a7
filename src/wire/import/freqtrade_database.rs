//! freqtrade's own database, `tradesv3.sqlite`: the trades of a bot with their orders.

use std::collections::HashMap;

use serde_json::Value;

use super::error::FormatError;
use super::objects::lines;
use crate::wire::input::{JsonObject, parse_object};
use crate::wire::sqlite::Database;

/// The most that the trades of a database come to as text.
const MAX_TEXT_BYTES: usize = 256 << 20;

/// What is read of an order.
const ORDER_KEYS: [&str; 6] = ["ft_order_side", "status", "filled", "amount", "average", "price"];

/// The first bytes of a journal that still says how the database was before.
const HOT_JOURNAL: &[u8] = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";

/// The trades of a database, one a line, under what its write-ahead log has committed; those of one strategy where
/// `only` names it.
///
/// # Errors
/// [`FormatError`] when it is damaged, in the middle of a change, or holds no trades of freqtrade.
pub fn database_lines(
    file: Vec<u8>,
    wal: Vec<u8>,
    journal: &[u8],
    only: Option<&str>,
) -> Result<Vec<u8>, FormatError> {
    let copy = "copy it with `sqlite3 FILE '.backup COPY'` while the bot runs, or stop the bot first";
    if journal.starts_with(HOT_JOURNAL) {
        return Err(FormatError::other("an SQLite database in the middle of a change", copy));
    }
    let bad = |error: crate::wire::sqlite::SqliteError| FormatError::other(error.to_string(), copy);
    let database = Database::open(file, wal).map_err(bad)?;
    let has = |wanted: &str| {
        database.columns("trades").is_some_and(|columns| columns.iter().any(|column| column == wanted))
    };
    if !["pair", "open_rate", "close_rate", "amount"].into_iter().all(has) {
        let tables = database.tables().take(8).collect::<Vec<_>>().join(", ");
        return Err(FormatError::other(
            format!("an SQLite database without freqtrade's trades; its tables are: {tables}"),
            "export its trades as CSV first: sqlite3 -header -csv FILE 'select * from TABLE'",
        ));
    }
    let mut orders: HashMap<String, Vec<Box<str>>> = HashMap::new();
    database
        .rows("orders", |mut order| {
            if let Some(trade) = order.get("ft_trade_id").map(Value::to_string) {
                order.retain(|key, value| ORDER_KEYS.contains(&key.as_str()) && !value.is_null());
                orders.entry(trade).or_default().push(Value::Object(order).to_string().into());
            }
        })
        .map_err(bad)?;
    let mut text = Vec::new();
    database
        .rows("trades", |mut trade| {
            let strategy = trade.get("strategy").and_then(Value::as_str);
            if only.is_none_or(|only| strategy == Some(only)) && text.len() <= MAX_TEXT_BYTES {
                let id = trade.get("id").map(Value::to_string).unwrap_or_default();
                complete(&mut trade, &orders.remove(&id).unwrap_or_default());
                text.extend(lines(std::iter::once(&trade)));
            }
        })
        .map_err(bad)?;
    match text.len() {
        0 => Err(FormatError::other("an SQLite database of freqtrade without trades", "")),
        len if len > MAX_TEXT_BYTES => {
            let hint = "export them as CSV: sqlite3 -header -csv FILE 'select * from trades'";
            Err(FormatError::other("an SQLite database with more than 256 MiB of trades", hint))
        }
        _ => Ok(text),
    }
}

/// A trade as `show-trades` writes it: under the same names, with its orders.
fn complete(trade: &mut JsonObject, orders: &[Box<str>]) {
    let is_short = trade.get("is_short").and_then(Value::as_i64) == Some(1);
    let entry = if is_short { "sell" } else { "buy" };
    for key in ["is_short", "is_open", "is_stop_loss_trailing"] {
        if let Some(flag) = trade.get_mut(key).filter(|flag| flag.is_i64()) {
            *flag = (flag.as_i64() != Some(0)).into();
        }
    }
    for key in ["open_date", "close_date"] {
        // Without a zone, in UTC.
        if let Some(Value::String(time)) = trade.get_mut(key)
            && !time.ends_with('Z')
            && !time.contains('+')
        {
            time.push('Z');
        }
    }
    // What all parts of the position came to, where the last part alone is the other.
    let realized =
        trade.shift_remove("realized_profit").filter(|profit| profit.as_f64().is_some_and(|p| p != 0.0));
    let is_closed = trade.get("is_open") != Some(&Value::Bool(true));
    if is_closed
        && trade.get("close_profit_abs").is_none_or(Value::is_null)
        && let Some(realized) = realized
    {
        trade.insert("close_profit_abs".into(), realized);
    }
    for (key, name) in [("stop_loss", "stop_loss_abs"), ("stop_loss_pct", "stop_loss_ratio")] {
        if let Some(value) = trade.shift_remove(key) {
            trade.insert(name.into(), value);
        }
    }
    let order = |text: &str| -> Option<Value> {
        let mut order = parse_object(text.as_bytes()).ok()?;
        let is_entry = order.get("ft_order_side").and_then(Value::as_str) == Some(entry);
        order.insert("ft_is_entry".into(), is_entry.into());
        Some(order.into())
    };
    let orders: Vec<Value> = orders.iter().filter_map(|text| order(text)).collect();
    if !orders.is_empty() {
        trade.insert("orders".into(), orders.into());
    }
}
