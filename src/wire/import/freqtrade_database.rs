//! freqtrade's own database, `tradesv3.sqlite`: the trades of a bot with their orders.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::error::FormatError;
use super::objects::lines;
use crate::wire::input::{JsonObject, parse_object};
use crate::wire::sqlite::{Database, SqliteError};

/// The most that the trades of a database come to as text.
const MAX_TEXT_BYTES: usize = 256 << 20;

/// What is read of an order.
const ORDER_KEYS: [&str; 7] =
    ["ft_order_side", "status", "filled", "amount", "average", "price", "order_filled_date"];

/// What an order takes in memory beside its text.
const ORDER_BYTES: usize = 128;

/// Strategies that are named where the one that was asked for is not among them.
const MAX_NAMED: usize = 20;

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
    let bad = |error: SqliteError| FormatError::other(error.to_string(), copy);
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
    let orders = orders(&database, MAX_TEXT_BYTES).map_err(bad)?;
    let Some(mut orders) = orders else { return Err(too_large("orders")) };
    let (mut text, mut strategies) = (Vec::new(), BTreeSet::new());
    database
        .rows("trades", |mut trade| {
            let strategy = trade.get("strategy").and_then(Value::as_str);
            if let Some(strategy) = strategy.filter(|_| strategies.len() <= MAX_NAMED) {
                strategies.insert(strategy.to_owned());
            }
            if only.is_none_or(|only| strategy == Some(only)) && text.len() <= MAX_TEXT_BYTES {
                let id = trade.get("id").map(Value::to_string).unwrap_or_default();
                complete(&mut trade, &orders.remove(&id).unwrap_or_default());
                text.extend(lines(std::iter::once(&trade)));
            }
        })
        .map_err(bad)?;
    match (text.len(), only) {
        (0, Some(only)) if !strategies.is_empty() => {
            let more = if strategies.len() > MAX_NAMED { " and others" } else { "" };
            let names = strategies.into_iter().take(MAX_NAMED).collect::<Vec<_>>().join(", ");
            Err(FormatError::other(format!("there is no strategy {only:?} in it; it has: {names}{more}"), ""))
        }
        (0, _) => Err(FormatError::other("an SQLite database of freqtrade without trades", "")),
        (len, _) if len > MAX_TEXT_BYTES => Err(too_large("trades")),
        _ => Ok(text),
    }
}

fn too_large(of: &str) -> FormatError {
    let hint = "export them as CSV: sqlite3 -header -csv FILE 'select * from trades'";
    FormatError::other(format!("an SQLite database with more than 256 MiB of {of}"), hint)
}

/// Orders by the trade that they are of.
type Orders = HashMap<String, Vec<Box<str>>>;

/// What is read of all orders; `None` where it takes more than so many bytes.
fn orders(database: &Database, most: usize) -> Result<Option<Orders>, SqliteError> {
    let mut orders = Orders::new();
    let mut bytes = 0;
    database.rows("orders", |mut order| {
        if let Some(trade) = order.get("ft_trade_id").map(Value::to_string).filter(|_| bytes <= most) {
            order.retain(|key, value| ORDER_KEYS.contains(&key.as_str()) && !value.is_null());
            let order = Value::Object(order).to_string();
            bytes += ORDER_BYTES + order.len();
            orders.entry(trade).or_default().push(order.into());
        }
    })?;
    Ok(Some(orders).filter(|_| bytes <= most))
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
        // One that was filled in part and then cancelled has this, and is not closed.
        if let Some(filled) = order.shift_remove("order_filled_date") {
            order.insert("order_filled_timestamp".into(), filled);
        }
        Some(order.into())
    };
    let orders: Vec<Value> = orders.iter().filter_map(|text| order(text)).collect();
    if !orders.is_empty() {
        trade.insert("orders".into(), orders.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[u8] = include_bytes!("../../../fixtures/freqtrade/tradesv3.sqlite");

    #[test]
    fn a_strategy_that_is_not_there_is_told_those_that_are() {
        let error =
            database_lines(SAMPLE.to_vec(), Vec::new(), &[], Some("nobody's")).unwrap_err().to_string();
        let text = database_lines(SAMPLE.to_vec(), Vec::new(), &[], None).unwrap();
        let first = text.split(|byte| *byte == b'\n').next().unwrap();
        let first = parse_object(first).unwrap();
        let (before, names) = error.split_once("; it has: ").unwrap();
        assert_eq!(before, "there is no strategy \"nobody's\" in it");
        assert!(names.contains(first["strategy"].as_str().unwrap()), "{names}");
    }

    #[test]
    fn orders_are_held_up_to_a_bound() {
        let database = Database::open(SAMPLE.to_vec(), Vec::new()).unwrap();
        let all = orders(&database, MAX_TEXT_BYTES).unwrap().unwrap();
        let count: usize = all.values().map(Vec::len).sum();
        assert!(count > 1);
        assert!(orders(&database, count * ORDER_BYTES).unwrap().is_none());
    }

    #[test]
    fn an_order_that_was_filled_in_part_and_cancelled_counts_as_filled() {
        let mut trade = parse_object(br#"{"is_short":0,"is_open":0}"#).unwrap();
        let order = r#"{"ft_order_side":"buy","status":"canceled","filled":2,"order_filled_date":"2026-03-02 10:00:00"}"#;
        complete(&mut trade, &[order.into()]);
        assert_eq!(trade["orders"][0]["order_filled_timestamp"], "2026-03-02 10:00:00");
        assert!(ORDER_KEYS.contains(&"order_filled_date"));
    }
}
