//! Backtest results of freqtrade, as it writes and exports them.
//!
//! The keys and their meaning were taken from freqtrade's own result files.

use std::io::Read as _;

use serde_json::Value;

use crate::wire::input::{JsonObject, WireError, kind, null_non_finite, parse_object};

/// The largest result file that is read out of a zip, in bytes.
const MAX_RESULT_BYTES: u64 = 1 << 30;

/// The trades of a result file, as events that [`crate::wire::read_exit`] understands.
#[derive(Debug, Default)]
pub struct FreqtradeTrades {
    /// Closed trades, each with what the sender should know about it.
    pub events: Vec<(JsonObject, Vec<String>)>,
    /// Trades that are still open, passed over.
    pub open: usize,
    /// Names of the strategies in the file.
    pub strategies: Vec<String>,
    /// The currency in which results are counted, where the file says so.
    pub currency: Option<String>,
}

/// Whether the headings or keys are those of a freqtrade trade.
pub fn looks_like_freqtrade<'a>(names: impl IntoIterator<Item = &'a str>) -> bool {
    let names: Vec<&str> = names.into_iter().map(|n| n.trim_start_matches('\u{feff}').trim()).collect();
    ["pair", "open_rate", "close_rate", "amount"].iter().all(|need| names.contains(need))
}

/// Takes the result out of the zip that newer versions write.
///
/// # Errors
/// [`WireError::NotJson`] when the archive is damaged or holds no result.
pub fn unzip_result(bytes: &[u8]) -> Result<Vec<u8>, WireError> {
    let broken =
        |error: zip::result::ZipError| WireError::NotJson(format!("a zip that cannot be read: {error}"));
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(broken)?;
    let names: Vec<String> = archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    let side_file = |name: &str| name.ends_with(".meta.json") || name.ends_with("_config.json");
    let name = names
        .iter()
        .find(|name| name.ends_with(".json") && !side_file(name))
        .ok_or_else(|| WireError::NotJson("a zip without a backtest result".into()))?;
    let entry = archive.by_name(name).map_err(broken)?;
    let mut text = Vec::new();
    entry
        .take(MAX_RESULT_BYTES)
        .read_to_end(&mut text)
        .map_err(|error| WireError::NotJson(format!("a zip that cannot be read: {error}")))?;
    Ok(text)
}

/// Reads a result file; with `only`, the trades of that strategy alone.
///
/// # Errors
/// [`WireError`] when it is not a result file, or has no strategy of that name.
pub fn read_freqtrade(text: &[u8], only: Option<&str>) -> Result<FreqtradeTrades, WireError> {
    let whole = parse_object(text)?;
    let Some(Value::Object(strategies)) = whole.get("strategy") else {
        return Err(WireError::NotJson("no strategies in it: not a freqtrade result".into()));
    };
    let names: Vec<String> = strategies.keys().cloned().collect();
    if let Some(name) = only
        && !strategies.contains_key(name)
    {
        return Err(WireError::NotJson(format!("no strategy {name:?} in it; it has: {}", names.join(", "))));
    }
    let mut out = FreqtradeTrades { strategies: names, ..FreqtradeTrades::default() };
    for (name, body) in strategies.iter().filter(|(name, _)| only.is_none_or(|o| o == *name)) {
        if let Some(Value::String(currency)) = body.get("stake_currency") {
            out.currency.get_or_insert_with(|| currency.clone());
        }
        let Some(Value::Array(trades)) = body.get("trades") else { continue };
        for trade in trades {
            match trade {
                Value::Object(map) => match freqtrade_event(map.clone(), Some(name)) {
                    Some(event) => out.events.push(event),
                    None => out.open += 1,
                },
                other => {
                    // Refused further on, with the reason that fits.
                    let odd = JsonObject::from_iter([("type".into(), Value::from(kind(other)))]);
                    out.events.push((odd, Vec::new()));
                }
            }
        }
    }
    Ok(out)
}

/// Turns a freqtrade trade into an exit event; `None` when the trade is still open.
pub fn freqtrade_event(mut map: JsonObject, strategy: Option<&str>) -> Option<(JsonObject, Vec<String>)> {
    let mut whole = Value::Object(std::mem::take(&mut map));
    null_non_finite(&mut whole);
    let Value::Object(mut map) = whole else { return None };
    let truth = |value: Option<&Value>| match value {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true") || text == "1",
        Some(Value::Number(number)) => number.as_f64() == Some(1.0),
        _ => false,
    };
    if truth(map.get("is_open")) {
        return None;
    }
    let number = |map: &JsonObject, key: &str| match map.get(key) {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse::<f64>().ok(),
        _ => None,
    };
    let short = truth(map.get("is_short"));
    let (open, close) = (number(&map, "open_rate"), number(&map, "close_rate"));
    let amount = number(&map, "amount");
    let mut event = JsonObject::new();
    let mut warnings = Vec::new();
    event.insert("side".into(), if short { "SELL" } else { "BUY" }.into());
    let identity: Vec<String> =
        ["pair", "open_date", "close_date", "open_rate", "close_rate", "amount", "enter_tag"]
            .iter()
            .map(|key| map.get(*key).map(Value::to_string).unwrap_or_default())
            .collect();
    let strategy = strategy.map(str::to_owned).or_else(|| match map.get("strategy") {
        Some(Value::String(name)) => Some(name.clone()),
        _ => None,
    });
    let key = format!("{}\u{1f}{short}\u{1f}{}", strategy.as_deref().unwrap_or(""), identity.join("\u{1f}"));
    event.insert("trade_id".into(), format!("ft{:032x}", xxhash_rust::xxh3::xxh3_128(key.as_bytes())).into());
    if let (Some(amount), Some(open), Some(close)) = (amount, open, close) {
        let (fee_open, fee_close) = (number(&map, "fee_open"), number(&map, "fee_close"));
        let fees = amount * (open * fee_open.unwrap_or(0.0) + close * fee_close.unwrap_or(0.0));
        if fees.is_finite() {
            event.insert("fees".into(), fees.into());
        }
        let sign = if short { -1.0 } else { 1.0 };
        let ours = sign * (close - open) * amount - fees;
        let levered = number(&map, "leverage").is_some_and(|leverage| leverage != 1.0);
        let funded = number(&map, "funding_fees").is_some_and(|funding| funding != 0.0);
        if let Some(said) = number(&map, "profit_abs")
            && !levered
            && !funded
            && (said - ours).abs() > 2e-8 + 1e-6 * open * amount
        {
            warnings
                .push(format!("profit_abs is {said}, prices and fees give {ours:.8}: the latter is stored"));
        }
        for (key, name) in [("min_rate", true), ("max_rate", false)] {
            if let Some(rate) = number(&map, key).filter(|rate| *rate > 0.0) {
                let moved = sign * (rate - open) / open;
                let adverse = name != short;
                let value = if adverse { moved.min(0.0) } else { moved.max(0.0) };
                event.insert(if adverse { "mae_pct" } else { "mfe_pct" }.into(), value.into());
            }
        }
    }
    for (theirs, ours) in [
        ("pair", "symbol"),
        ("open_rate", "entry_price"),
        ("close_rate", "exit_price"),
        ("amount", "qty"),
        ("exit_reason", "exit_reason"),
        ("sell_reason", "exit_reason"),
        ("enter_tag", "setup"),
        ("buy_tag", "setup"),
        ("stop_loss_abs", "stop_price"),
    ] {
        // Older versions spell some keys otherwise; of two spellings the one that says something counts.
        if let Some(value) = map.shift_remove(theirs)
            && !value.is_null()
        {
            event.entry(ours).or_insert(value);
        }
    }
    for (date, stamp, ours) in
        [("open_date", "open_timestamp", "entry_time"), ("close_date", "close_timestamp", "exit_time")]
    {
        let millis = number(&map, stamp).map(|ms| ms as i64);
        let moment = match map.shift_remove(date) {
            Some(Value::String(text)) if !text.is_empty() => Some(Value::String(text)),
            _ => millis.and_then(crate::domain::Timestamp::from_millis).map(|t| t.to_string().into()),
        };
        map.shift_remove(stamp);
        if let Some(moment) = moment {
            event.insert(ours.into(), moment);
        }
    }
    if let Some(name) = strategy {
        map.shift_remove("strategy");
        event.insert("strategy".into(), name.into());
    }
    for taken in ["is_short", "is_open", "fee_open", "fee_close", "min_rate", "max_rate"] {
        map.shift_remove(taken);
    }
    map.retain(|_, value| !value.is_null());
    event.insert("extra".into(), Value::Object(map));
    Some((event, warnings))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{TimeForm, read_exit};

    const TRADE: &str = r#"{"pair":"TRX/BTC","is_short":false,"amount":10.37344398,"open_rate":9.64e-05,
        "close_rate":9.9e-05,"open_date":"2018-01-10 07:15:00+00:00","close_date":"2018-01-10 07:20:00+00:00",
        "fee_open":0.0025,"fee_close":0.0025,"profit_abs":2.19e-05,"exit_reason":"roi","enter_tag":"dip",
        "min_rate":9.6e-05,"max_rate":9.9e-05,"leverage":1.0,"is_open":false,"stop_loss_abs":8.676e-05}"#;

    #[test]
    fn a_trade_keeps_its_meaning() {
        let text = format!(
            r#"{{"strategy":{{"S":{{"stake_currency":"BTC","trades":[{TRADE},{{"is_open":true}}]}}}}}}"#
        );
        let read = read_freqtrade(text.as_bytes(), None).unwrap();
        assert_eq!((read.events.len(), read.open, read.currency.as_deref()), (1, 1, Some("BTC")));
        let (event, warnings) = read.events.into_iter().next().unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        let trade = read_exit(event, TimeForm::Strict).unwrap().record.trade;
        let gross = (9.9e-05 - 9.64e-05) * 10.37344398;
        let fees = 10.37344398 * 0.0025 * (9.64e-05 + 9.9e-05);
        assert!((trade.pnl() - (gross - fees)).abs() < 1e-15);
        assert_eq!(trade.closed().strategy.as_deref(), Some("S"));
        assert!((trade.closed().mae_frac.unwrap() + 0.00414937759).abs() < 1e-9);
    }

    #[test]
    fn a_short_turns_highs_and_lows_round() {
        let map = parse_object(TRADE.replace("\"is_short\":false", "\"is_short\":true").as_bytes()).unwrap();
        let (event, warnings) = freqtrade_event(map, None).unwrap();
        assert!(event["mae_pct"].as_f64().unwrap() < 0.0 && event["mfe_pct"].as_f64().unwrap() > 0.0);
        assert_eq!(warnings.len(), 1, "the profit of the long does not fit the short");
    }

    #[test]
    fn an_unknown_strategy_is_named() {
        let error = read_freqtrade(br#"{"strategy":{"S":{}}}"#, Some("T")).unwrap_err();
        assert_eq!(error.to_string(), "not JSON: no strategy \"T\" in it; it has: S");
    }
}
