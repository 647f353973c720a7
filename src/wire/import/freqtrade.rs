//! freqtrade: backtest results, exports of its database, `show-trades` and its REST interface.
//!
//! The keys and their meaning were taken from freqtrade's own result files.

use serde_json::Value;

use super::ImportFormat;
use super::error::FormatError;
use super::objects::lines;
use super::profile::{number, result_in_quote, text};
use crate::domain::quote_currency;
use crate::wire::input::JsonObject;

/// The format.
#[derive(Debug)]
pub(super) struct Freqtrade;

impl ImportFormat for Freqtrade {
    fn name(&self) -> &'static str {
        "freqtrade"
    }

    fn about(&self) -> &'static str {
        "backtest results (JSON, or the zip with them), trades as CSV, show-trades and REST as JSON"
    }

    fn signatures(&self) -> &'static [&'static [&'static str]] {
        &[&["pair", "openrate", "closerate", "amount"]]
    }

    fn rewrite(&self, mut record: JsonObject) -> JsonObject {
        if let Some(short) = record.shift_remove("is_short").filter(|_| !record.contains_key("side")) {
            record.insert("side".into(), if is_true(&short) { "SELL" } else { "BUY" }.into());
        }
        name(&mut record);
        as_list(&mut record);
        from_orders(&mut record);
        if let Some(amount) = record.shift_remove("amount") {
            record.entry("qty").or_insert(amount);
        }
        let fees = fees_of(&record);
        for rate in ["fee_open", "fee_close", "fee_open_cost", "fee_close_cost"] {
            record.shift_remove(rate);
        }
        if let Some(fees) = fees {
            record.entry("fees").or_insert(fees.into());
        }
        excursions(&mut record);
        // Of two spellings, older and newer, the one that says something counts.
        for (one, other) in
            [("exit_reason", "sell_reason"), ("enter_tag", "buy_tag"), ("profit_abs", "close_profit_abs")]
        {
            if record.get(one).is_some_and(|value| !value.is_null()) {
                record.shift_remove(other);
            }
        }
        // A fraction of the stake, whatever its name says: the amounts beside it are the result.
        if ["profit_abs", "close_profit_abs"].iter().any(|key| number(&record, key).is_some())
            && let Some(fraction) = record.shift_remove("close_profit")
        {
            record.insert("close_profit_ratio".into(), fraction);
        }
        record.retain(|_, value| !value.is_null());
        in_pairs_currency(&mut record);
        for result in ["profit_abs", "close_profit_abs"] {
            result_in_quote(&mut record, result);
        }
        record
    }
}

/// The stake currency is the pair's second one. Of a CSV the pair alone says it: the forms that say it once more mean no other.
fn in_pairs_currency(record: &mut JsonObject) {
    let pair = ["pair", "symbol"].map(|key| text(record, key)).into_iter().find(|pair| !pair.is_empty());
    let Some(quote) = pair.and_then(quote_currency) else { return };
    for key in ["stake_currency", "quote_currency"] {
        if text(record, key).eq_ignore_ascii_case(quote) {
            record.shift_remove(key);
        }
    }
}

/// Numbers of its database count from 1 in every bot: with the time of entry they name one trade.
fn name(record: &mut JsonObject) {
    let ids = ["trade_id", "id"].map(|id| record.shift_remove(id));
    let id = ids.into_iter().flatten().find(|id| !id.is_null());
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    if let Some(id) = id {
        let opened = text(record.get("open_date"));
        let digits: String = opened.chars().filter(char::is_ascii_digit).take(14).collect();
        let opened = if digits.is_empty() { text(record.get("open_timestamp")) } else { digits };
        record.insert("trade_id".into(), format!("ft-{}-{opened}", text(Some(&id))).into());
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::String(text) => text.eq_ignore_ascii_case("true") || text == "1",
        Value::Number(number) => number.as_f64() == Some(1.0),
        _ => false,
    }
}

/// Rates of both sides make the fees: amount × (open_rate × fee_open + close_rate × fee_close).
fn fees_of(record: &JsonObject) -> Option<f64> {
    let (open, close) = (number(record, "open_rate")?, number(record, "close_rate")?);
    let rates = (number(record, "fee_open"), number(record, "fee_close"));
    if rates == (None, None) {
        return None;
    }
    let fees = number(record, "qty")? * (open * rates.0.unwrap_or(0.0) + close * rates.1.unwrap_or(0.0));
    Some(fees).filter(|fees| fees.is_finite())
}

/// The orders of a CSV, which pandas writes as Python would, as a list.
fn as_list(record: &mut JsonObject) {
    let Some(Value::String(text)) = record.get("orders") else { return };
    if let Ok(orders @ Value::Array(_)) = serde_json::from_str(&from_python(text)) {
        record.insert("orders".into(), orders);
    }
}

/// A value as Python writes it, as JSON.
pub(super) fn from_python(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let behind = rest.strip_prefix(first).unwrap_or_default();
        if first == '\'' || first == '"' {
            let (inside, after) = python_text(behind, first);
            out.push_str(&Value::String(inside).to_string());
            rest = after;
            continue;
        }
        let word = [("True", "true"), ("False", "false"), ("None", "null"), ("nan", "null")];
        match word.iter().find_map(|(python, json)| Some((*json, rest.strip_prefix(python)?))) {
            Some((json, after)) => {
                out.push_str(json);
                rest = after;
            }
            None => {
                out.push(first);
                rest = behind;
            }
        }
    }
    out
}

/// A text up to its closing quote, and what stands behind it.
fn python_text(text: &str, quote: char) -> (String, &str) {
    let (mut inside, mut is_escaped) = (String::new(), false);
    let mut rest = text.chars();
    for c in rest.by_ref() {
        match c {
            _ if is_escaped => {
                inside.push(match c {
                    'n' => '\n',
                    't' => '\t',
                    c => c,
                });
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            c if c == quote => break,
            c => inside.push(c),
        }
    }
    (inside, rest.as_str())
}

/// A position that was closed in parts: its orders have the quantities and prices, the trade only the last ones.
fn from_orders(record: &mut JsonObject) {
    let Some(Value::Array(orders)) = record.get("orders") else { return };
    let mut sides = [(0.0, 0.0, 0usize); 2];
    for order in orders.iter().filter_map(Value::as_object) {
        let is_entry = order.get("ft_is_entry").is_some_and(is_true);
        let filled = number(order, "filled").or_else(|| number(order, "amount")).unwrap_or(0.0);
        let price = ["average", "safe_price", "price"].iter().find_map(|key| number(order, key));
        let is_filled = order.get("order_filled_timestamp").is_some_and(|at| !at.is_null())
            || order.get("status").and_then(Value::as_str).is_some_and(|status| status == "closed");
        if let Some(price) = price.filter(|_| is_filled && filled > 0.0) {
            let (qty, cost, count) = &mut sides[usize::from(is_entry)];
            (*qty, *cost, *count) = (*qty + filled, *cost + filled * price, *count + 1);
        }
    }
    let [(sold, proceeds, exits), (bought, cost, entries)] = sides;
    let is_whole = (sold - bought).abs() <= 1e-6 * bought.abs();
    if entries + exits > 2 && entries > 0 && exits > 0 && is_whole {
        for (key, value) in
            [("amount", bought), ("open_rate", cost / bought), ("close_rate", proceeds / sold)]
        {
            record.insert(key.into(), value.into());
        }
    }
}

/// The lowest and the highest rate as excursions, signed by side.
fn excursions(record: &mut JsonObject) {
    let side = record.get("side").and_then(Value::as_str).unwrap_or("BUY").to_ascii_lowercase();
    let is_short = side == "sell" || side == "short";
    let Some(open) = number(record, "open_rate").filter(|open| *open > 0.0) else { return };
    let sign = if is_short { -1.0 } else { 1.0 };
    for (key, is_low) in [("min_rate", true), ("max_rate", false)] {
        if let Some(rate) = number(record, key).filter(|rate| *rate > 0.0) {
            let moved = sign * (rate - open) / open;
            let is_adverse = is_low != is_short;
            let value = if is_adverse { moved.min(0.0) } else { moved.max(0.0) };
            record.insert(if is_adverse { "mae_pct" } else { "mfe_pct" }.into(), value.into());
        }
        record.shift_remove(key);
    }
}

/// The trades of a result with strategies, one a line, each with its strategy and its currency.
pub(super) fn strategies(strategies: &Value, only: Option<&str>) -> Result<Vec<u8>, FormatError> {
    let Value::Object(strategies) = strategies else { return Ok(Vec::new()) };
    if let Some(name) = only
        && !strategies.contains_key(name)
    {
        let names = strategies.keys().cloned().collect::<Vec<_>>().join(", ");
        return Err(FormatError::other(format!("there is no strategy {name:?} in it; it has: {names}"), ""));
    }
    let mut records = Vec::new();
    for (name, body) in strategies.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
        let Some(Value::Array(trades)) = body.get("trades") else { continue };
        for trade in trades.iter().filter_map(Value::as_object) {
            let mut trade = trade.clone();
            trade.insert("strategy".into(), name.clone().into());
            if let Some(currency) = body.get("stake_currency").filter(|currency| currency.is_string()) {
                trade.insert("stake_currency".into(), currency.clone());
            }
            records.push(trade);
        }
    }
    Ok(lines(records.iter()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_python_writes_is_read_as_a_list() {
        let text =
            r#"[{'a': 1.5, 'b': True, "it's": None, 'c': 'say "x"', 'd': 'it\'s', 'e': nan, 'True': False}]"#;
        let wanted = serde_json::json!([
            {"a": 1.5, "b": true, "it's": null, "c": "say \"x\"", "d": "it's", "e": null, "True": false}
        ]);
        assert_eq!(serde_json::from_str::<Value>(&from_python(text)).unwrap(), wanted);
        for broken in ["'", "['", "'\\", "é'", "[Tru"] {
            drop(from_python(broken));
        }
    }
}
