//! `--where` and `--against` on what is no view of trades: missed signals, and the rows in which patterns are looked for.

use serde_json::{Value, json};

use crate::common::{Home, fixture, unpack};

/// The real days with their missed signals held against the real prices, and the records of these with their results
/// after costs.
fn priced() -> (Home, Vec<Value>) {
    let home = Home::with_real_signals();
    home.seen(&["analyze", "--prices", fixture("real/bars_1m.csv.gz").to_str().unwrap()], "");
    let text = String::from_utf8(unpack(&home.store("missed_signals.jsonl.gz"))).unwrap();
    let costs = home.json(&["report", "missed", "--days", "all"])["patterns"]["costs_frac"].as_f64().unwrap();
    let with_result = |line: &str| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        record["result"] = json!(record["hypothetical_pnl_pct"].as_f64().map(|before| before - costs));
        record
    };
    let records = text.lines().map(with_result).collect();
    (home, records)
}

/// How many signals are resolved and how many wait, of those of which an expression holds.
fn counts(home: &Home, filter: &str) -> (u64, u64) {
    let view = home.json(&["report", "missed", "--days", "all", "--where", filter]);
    assert_eq!(view["where"], filter);
    assert_eq!(view["suggestions"], json!([]), "a knob acts on all signals");
    (view["patterns"]["total_evaluated"].as_u64().unwrap(), view["unevaluated_count"].as_u64().unwrap())
}

/// Each condition takes what a reader of the records takes, and a condition and its negation share nothing.
#[test]
fn missed_signals_are_chosen_by_what_they_say() {
    let (home, records) = priced();
    type Test = fn(&Value) -> bool;
    let cases: [(&str, Test); 6] = [
        ("symbol in (MSFT, nvda)", |of| of["symbol"] == "MSFT" || of["symbol"] == "NVDA"),
        ("side = short and confidence >= .6", |of| {
            of["label"] == "SELL" && of["confidence"].as_f64() >= Some(0.6)
        }),
        ("reason = max_positions", |of| of["reason_not_traded"] == "max_positions"),
        ("timestamp >= 2019-02-13T15:30:00Z", |of| of["timestamp"].as_str() >= Some("2019-02-13T15:30:00Z")),
        ("would_have_won", |of| of["result"].as_f64() > Some(0.0)),
        ("hypothetical_pnl_pct between -1% and 0", |of| {
            of["hypothetical_pnl_pct"].as_f64().is_some_and(|result| (-0.01..=0.0).contains(&result))
        }),
    ];
    for (filter, expected) in cases {
        let resolved = |of: &&Value| of["state"] == "resolved" && expected(of);
        let wanted = records.iter().filter(resolved).count() as u64;
        let all = records.iter().filter(|of| of["state"] == "resolved").count() as u64;
        assert!(wanted > 0 && wanted < all, "{filter} tells nothing apart: {wanted} of {all}");
        assert_eq!(counts(&home, filter).0, wanted, "{filter}");
        assert_eq!(counts(&home, &format!("not ({filter})")).0, all - wanted, "{filter}");
    }
    let pending = records.iter().filter(|of| of["state"] == "pending").count() as u64;
    assert_eq!(counts(&home, "state = pending"), (0, pending));
    // A feature that only the recorded signal carries.
    let [some, rest, missing] =
        ["rsi_14 > 50", "rsi_14 <= 50", "rsi_14 is missing"].map(|f| counts(&home, f).0);
    let all = counts(&home, "symbol is not missing").0;
    assert!(some > 0 && rest > 0 && some + rest + missing == all, "{some} {rest} {missing} {all}");
    let said = home.seen(&["report", "missed", "--days", "all", "--where", "rsi_14 > 50"], "");
    assert!(said.starts_with("status 0\n--- out\nWhere rsi_14 > 50\n"), "{said}");
}

/// What would have won against what would have lost is higher; a signal that is in both groups is in neither.
#[test]
fn two_groups_of_missed_signals_are_judged_like_trades() {
    let (home, records) = priced();
    let compare = |first: &str, second: &str| {
        home.json(&["report", "missed", "--days", "all", "--where", first, "--against", second])
    };
    let found = compare("would_have_won", "not would_have_won");
    assert_eq!((&found["of"], &found["in_both"]), (&json!("missed"), &json!(0)));
    let rows = found["comparison"].as_array().unwrap();
    let row = |metric: &str| rows.iter().find(|row| row["metric"] == metric).unwrap();
    assert_eq!(rows.len(), 2);
    let results: Vec<f64> = records.iter().filter_map(|of| of["result"].as_f64()).collect();
    let mean = |of: &dyn Fn(f64) -> bool| {
        let these: Vec<f64> = results.iter().copied().filter(|result| of(*result)).collect();
        these.iter().sum::<f64>() / these.len() as f64
    };
    let difference = mean(&|result| result > 0.0) - mean(&|result| result <= 0.0);
    assert!((row("expectancy_pct")["difference"].as_f64().unwrap() - difference).abs() < 1e-12, "{found}");
    assert_eq!(row("expectancy_pct")["verdict"], "higher");
    let overlapping = compare("minutes_since_open < 100", "minutes_since_open >= 50");
    assert!(overlapping["in_both"].as_u64().unwrap() > 0, "{overlapping}");
    let args = ["report", "missed", "--where", "symbol = MSFT", "--against", "symbol = NVDA"];
    let said = home.seen(&args, "");
    assert!(said.contains("A  symbol = MSFT: ") && said.contains(" signals\n"), "{said}");
    assert!(said.lines().all(|line| line.chars().count() <= 80), "{said}");
}

/// In 30 sessions of 20 trades, breakouts win in even ones only, which are those that are not calm.
fn trades() -> String {
    let mut lines = String::new();
    for session in 0..30u32 {
        let day = format!("2026-{:02}-{:02}", 3 + session / 20, 1 + session % 20);
        for n in 0..20u32 {
            let breakout = n % 2 == 0;
            let dice = (session * 7 + n * 3 + n / 2) % 15;
            let won = if breakout && session % 2 == 0 { dice < 12 } else { dice % 3 == 0 };
            let event = json!({
                "symbol": "AAA", "side": "BUY", "setup": if breakout { "breakout" } else { "fade" },
                "entry_price": 100, "price": if won { 101 } else { 99 }, "qty": 1, "fees": 0,
                "entry_timestamp": format!("{day}T15:{n:02}:00Z"), "timestamp": format!("{day}T16:{n:02}:00Z"),
                "features": {"calm": session % 2}, "trade_id": format!("{session}-{n}"),
            });
            lines.push_str(&format!("{event}\n"));
        }
    }
    lines
}

#[test]
fn patterns_are_looked_for_in_the_rows_that_match() {
    let home = Home::new();
    home.dtlearn().arg("record-exit").write_stdin(trades()).assert().success();
    let now = "2026-04-20T21:00:00Z";
    let edges = |filter: &str| {
        let view = home.json_at(now, &["report", "patterns", "--where", filter]);
        let patterns = view["patterns"].as_array().unwrap();
        let edges: Vec<Value> = patterns.iter().filter(|of| of["verdict"] == "edge").cloned().collect();
        (view, edges)
    };
    let (view, even) = edges("calm = 0");
    assert_eq!(
        (&view["where"], &view["matching"], &view["rows"]),
        (&json!("calm = 0"), &json!(300), &json!(600))
    );
    assert_eq!((&view["tried"][0]["rows"], &view["tried"][0]["sessions"]), (&json!(300), &json!(15)));
    assert_eq!((&even[0]["conditions"], &even[0]["n"]), (&json!(["setup breakout"]), &json!(150)));
    assert_eq!(edges("calm = 1").1, [Value::Null; 0]);
    let said = home.seen_at(now, &["report", "patterns", "--where", "calm = 0"]);
    assert!(said.contains("Searched where calm = 0: 300 of 600 rows\n"), "{said}");
    // What is kept for later would be held against other rows.
    let kept = home.seen_at(now, &["report", "patterns", "--where", "calm = 0", "--save"]);
    assert!(kept.starts_with("status 2") && kept.contains("cannot be used with"), "{kept}");
    // The result is no field: what is looked for may not be what is looked in.
    let leak = home.seen_at(now, &["report", "patterns", "--where", "pnl > 0"]);
    assert!(leak.starts_with("status 2") && leak.contains("`pnl` is known only after the trade"), "{leak}");
}
