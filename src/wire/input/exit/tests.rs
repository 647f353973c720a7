//! What `exit.rs` must do.

use super::*;
use crate::wire::input::{Conventions, Kind, Names};
use crate::wire::{parse_object, read_stored_outcome};
use serde_json::Value;

const EVENT: &str = r#"{"type":"exit","trade_id":"t1","symbol":"MSFT","side":"BUY","price":105.081,
    "entry_price":105.265,"qty":9,"fees":0.2795,"confidence":0.60912,"label":"BUY","vix":NaN,
    "timestamp":"2019-02-11T19:50:00Z","entry_timestamp":"2019-02-11T19:35:00Z","exit_reason":"stop_loss",
    "mfe_pct":-0.1,"venue":"ARCA","features":{"rsi":NaN,"gap":0.1}}"#;

fn read(text: &str) -> Result<Read<OutcomeRecord>, WireError> {
    let (names, conventions) = (Names::of(Kind::Exit), Conventions::default());
    read_exit(Fields::of_object(parse_object(text.as_bytes())?, &names, &conventions), &ExitRules::default())?
        .into_trade()
}

#[test]
fn an_event_becomes_a_line_that_is_read_back() {
    let read = read(EVENT).unwrap();
    let line = read
        .record
        .to_line(Timestamp::parse("2019-02-11T19:50:01Z").unwrap(), &crate::domain::Market::default());
    let text = String::from_utf8(line.clone()).unwrap();
    assert!(
        text.starts_with(r#"{"symbol":"MSFT","entry_time":"2019-02-11T19:35:00Z","exit_time":"#),
        "{text}"
    );
    let keys: Vec<String> = parse_object(&line).unwrap().keys().cloned().collect();
    // From `timeframe` on, keys of what says nothing are absent, not null.
    let always = crate::wire::OUTCOME_KEYS.iter().copied().take_while(|key| *key != "timeframe");
    let at_the_end = ["features", "extra", "schema", "_ts"];
    assert_eq!(keys, always.chain(at_the_end).collect::<Vec<_>>());
    assert!(text.ends_with(
        "\"features\":{\"rsi\":null,\"gap\":0.1},\"extra\":{\"venue\":\"ARCA\",\"mfe_pct\":-0.1},\"schema\":1,\"_ts\":\"2019-02-11T19:50:01Z\"}\n"
    ), "{text}");
    let stored = read_stored_outcome(&line).unwrap();
    // The hash of its content comes with what is stored.
    let facts = stored.facts();
    assert_eq!(facts, crate::domain::TradeFacts { content: facts.content, ..read.record.trade.facts() });
    assert_eq!(
        read.warnings,
        [
            "vix is not a finite number; treated as missing",
            "mfe_pct is -0.1, it must be 0 or above: kept under extra, the record goes without it",
            "features: 1 non-finite number stored as null",
        ]
    );
}

#[test]
fn what_is_optional_never_refuses_a_trade() {
    let changed =
        EVENT.replace("0.60912", "61").replace("\"vix\":NaN", "\"mae_pct\":0.7,\"stop_price\":\"n/k\"");
    let read = read(&changed).unwrap();
    assert_eq!(read.record.trade.closed().confidence, None);
    for (key, value) in
        [("confidence", Value::from(61)), ("mae_pct", 0.7.into()), ("stop_price", "n/k".into())]
    {
        assert_eq!(read.record.extra[key], value);
    }
    assert_eq!(read.warnings.len(), 4 + 1, "{:?}", read.warnings);
}

#[test]
fn names_money_and_signs() {
    let exit = |rest: &str| {
        let text = format!(
            r#"{{"symbol":"A","side":"long","entry_price":100,"exit_price":101,"exit_time":"2026-03-02T15:30:00Z",{rest}}}"#
        );
        read(&text)
            .map(|read| (read.record.trade.pnl(), read.record.left_over))
            .map_err(|why| why.to_string())
    };
    let pnl = |rest: &str| exit(rest).map(|found| found.0);
    assert_eq!(pnl(r#""quantity":250,"commission":2.5"#), Ok(247.5));
    assert_eq!(pnl(r#""Qty":10,"Commission":2,"Exchange Fee":"0.5""#), Ok(7.5));
    assert_eq!(pnl(r#""qty":10,"fees":"(2.00)","rebate":0.5"#), Ok(12.5));
    assert_eq!(pnl(r#""qty":2,"multiplier":50,"fees":4.2,"funding":-1"#), Ok(94.8));
    assert_eq!(pnl(r#""qty":10,"pnl":7.25"#), Ok(7.25));
    assert_eq!(exit(r#""qty":10,"est_tax_due":7.25"#).unwrap().1, ["est_tax_due"]);
    assert_eq!(pnl(r#""qty":10,"shares":11"#), Err("qty and shares both stand for qty and differ".into()));
    assert_eq!(
        pnl(r#""qty":-10"#),
        Err("qty is -10 and side is long: a negative quantity is a short position".into())
    );
    assert_eq!(pnl(r#""qty":1,"currency":"JPY""#), Ok(1.0));
}

#[test]
fn a_stored_line_recorded_again_is_the_same_line() {
    let now = Timestamp::parse("2019-02-11T19:50:01Z").unwrap();
    let line = read(EVENT).unwrap().record.to_line(now, &crate::domain::Market::default());
    let again = read(std::str::from_utf8(&line).unwrap()).unwrap();
    assert_eq!(again.record.to_line(now, &crate::domain::Market::default()), line);
    assert!(again.warnings.is_empty(), "{:?}", again.warnings);
}

#[test]
fn lines_of_other_writers_are_understood() {
    let line = br#"{"symbol":"A","side":"SELL","exit_time":"2019-02-11T19:50:00+00:00","entry_price":100,"exit_price":99,"qty":"2","fees":null,"symbol":"B","vix":NaN}"#;
    let stored = read_stored_outcome(line).unwrap();
    let facts = stored.facts();
    assert_eq!((facts.symbol, facts.pnl, facts.pnl_frac), ("B", 2.0, 0.01));
    assert!(facts.trade_id.starts_with('h'));
}

#[test]
fn each_refusal_has_its_own_words() {
    for (from, to, message) in [
        ("\"symbol\":\"MSFT\"", "\"symbol\":\"\"", "no symbol"),
        ("\"price\":105.081", "\"pric\":1", "no exit_price"),
        ("\"price\":105.081", "\"price\":null", "no exit_price"),
        ("\"price\":105.081", "\"price\":Infinity", "price is not a finite number"),
        ("\"price\":105.081", "\"price\":[1]", "price is a list; it must be a number"),
        (
            "\"price\":105.081",
            "\"price\":-1",
            "exit_price is -1, a price is not below 0 unless [instruments] negative_prices says so",
        ),
        ("\"entry_price\":105.265", "\"entry_price\":0", "entry_price is 0, it must be above 0"),
        ("\"qty\":9", "\"qty\":0", "qty is 0, it must be above 0"),
        ("\"qty\":9", "\"qty\":NaN", "qty is not a finite number"),
        ("\"qty\":9", "\"qty\":\"many\"", "qty \"many\" is not a number"),
        (
            "\"side\":\"BUY\"",
            "\"side\":\"FLAT\"",
            "side \"FLAT\" is unknown: BUY, LONG, SELL or SHORT (the position's side, not the closing order's)",
        ),
        ("\"side\":\"BUY\"", "\"side\":null", "no side"),
        (
            "\"type\":\"exit\"",
            "\"type\":\"fill\"",
            "type \"fill\" is not a closed trade: exit, fill_exit or close",
        ),
        (
            "2019-02-11T19:50:00Z",
            "2019-02-11T19:50:00",
            "timestamp \"2019-02-11T19:50:00\" is not a time: it has no time zone; add Z or an offset such as -05:00",
        ),
        ("2019-02-11T19:50:00Z", "", "no exit_time"),
        (
            "2019-02-11T19:35:00Z",
            "2019-02-11T19:55:00Z",
            "the exit (2019-02-11T19:50:00Z) is before the entry (2019-02-11T19:55:00Z)",
        ),
    ] {
        let changed = EVENT.replacen(from, to, 1);
        assert_ne!(changed, EVENT, "{from}");
        assert_eq!(read(&changed).unwrap_err().to_string(), message);
    }
}
