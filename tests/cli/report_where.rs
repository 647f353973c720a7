//! `--where` and `--against`: which trades are looked at, and what the difference of two groups is worth.

use serde_json::Value;

use crate::common::{Home, exit};

fn trades(home: &Home, filter: &str) -> Vec<Value> {
    let found = home.json(&["report", "trades", "--days", "all", "--where", filter]);
    let trades = found["trades"].as_array().unwrap().clone();
    assert_eq!(found["count"].as_u64(), Some(trades.len() as u64));
    assert_eq!(found["where"], filter);
    trades
}

/// Each condition takes what a reader of the records takes, and a condition and its negation share nothing.
#[test]
fn a_filter_takes_what_it_says() {
    let home = Home::with_real_signals();
    let all = home.json(&["report", "trades", "--days", "all"]);
    let all = all["trades"].as_array().unwrap();
    type Test = fn(&Value) -> Option<bool>;
    let text = |trade: &Value, key: &str| trade[key].as_str().map(str::to_owned);
    let cases: [(&str, Test); 5] = [
        ("symbol in (MSFT, nvda)", |t| Some(["MSFT", "NVDA"].contains(&t["symbol"].as_str()?))),
        ("confidence >= .6 and side = short", |t| {
            Some(t["model_confidence"].as_f64()? >= 0.6 && t["side"] == "SELL")
        }),
        ("pnl_pct between -0.2% and 0.2%", |t| Some(t["pnl_pct"].as_f64()?.abs() <= 0.002)),
        ("success or exit_reason = stop_loss", |t| {
            Some(t["pnl"].as_f64()? > 0.0 || t["exit_reason"] == "stop_loss")
        }),
        ("hold_minutes > 30", |t| Some(t["hold_duration_minutes"].as_f64()? > 30.0)),
    ];
    for (filter, expected) in cases {
        let found = trades(&home, filter);
        let wanted = all.iter().filter(|trade| expected(trade) == Some(true)).count();
        assert!(wanted > 0 && wanted < all.len(), "{filter} tells nothing apart");
        assert_eq!(found.len(), wanted, "{filter}");
        assert!(found.iter().all(|trade| expected(trade) == Some(true)), "{filter}");
        let others = trades(&home, &format!("not ({filter})"));
        assert_eq!(found.len() + others.len(), all.len(), "{filter}");
        let id = |trade: &Value| text(trade, "trade_id");
        assert!(others.iter().all(|other| found.iter().all(|trade| id(trade) != id(other))), "{filter}");
    }
}

/// A feature that only the signal carries, R from the signal's stop, and what is not on record.
/// As a list in JSON, as a text with commas in JSON and in CSV, and those of the signal.
#[test]
fn tags_are_found_one_by_one() {
    let home = Home::new();
    let record = |id: &str, more: &str| {
        format!(
            r#"{{"trade_id":"{id}","symbol":"AAPL","side":"long","entry_price":100,"exit_price":101,"quantity":1,"exit_time":"2019-02-12T15:30:00Z"{more}}}"#
        )
    };
    let lines = [
        record("a", r#","tags":["FOMO","late entry"]"#),
        record("b", r#","tags":"planned, fomo""#),
        record("c", r#","features":{"tag":"planned"}"#),
        record("d", ""),
    ];
    home.seen(&["record-exit"], &(lines.join("\n") + "\n"));
    let csv = "trade_id,symbol,side,entry_price,exit_price,qty,exit_time,Tags\ne,AAPL,long,100,101,1,2019-02-12T15:31:00Z,chased|fomo\n";
    std::fs::write(home.path("more.csv"), csv).unwrap();
    home.seen(&["import", "more.csv"], "");
    let found = |filter: &str| {
        let mut ids: Vec<String> = trades(&home, filter)
            .iter()
            .map(|trade| trade["trade_id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids.join(" ")
    };
    assert_eq!(found("tags = fomo"), "a b e");
    assert_eq!(found("tag in (planned, 'late entry')"), "a b c");
    assert_eq!(found("tags != fomo"), "c");
    assert_eq!(found("tags is missing"), "d");
}

#[test]
fn signals_add_what_they_know() {
    let home = Home::with_real_signals();
    let some = trades(&home, "rsi_14 > 50").len();
    let rest = trades(&home, "features.rsi_14 <= 50").len();
    let (total, missing) =
        (trades(&home, "symbol is not missing").len(), trades(&home, "rsi_14 is missing").len());
    assert!(some > 0 && rest > 0);
    assert_eq!(some + rest + missing, total);
    // A trade that lost all that it risked, and its costs, is worse than −1 R.
    let stopped = trades(&home, "r <= -1");
    assert!(stopped.len() > 20 && stopped.iter().all(|trade| trade["pnl"].as_f64().unwrap() < 0.0));
    for trade in &stopped {
        let number = |key: &str| trade[key].as_f64().unwrap();
        let risk = (number("entry_price") - number("stop_price")).abs() / number("entry_price");
        assert!(number("pnl_pct") / risk <= -1.0 + 1e-9, "{trade}");
    }
    let note = home.seen(&["report", "history", "--where", "gap_pct > 0", "--days", "all"], "");
    assert!(note.contains("Trades that do not say gap_pct are left out."), "{note}");
}

#[test]
fn figures_are_those_of_the_trades_that_are_left() {
    let home = Home::with_real_days();
    let filter = ["--where", "setup = orb and confidence > .5"];
    let found = trades(&home, filter[1]);
    let sum: f64 = found.iter().map(|trade| trade["pnl"].as_f64().unwrap()).sum();
    let figures = home.json(&[&["report", "metrics"], &filter[..]].concat());
    let all = &figures["windows"]["all"]["global_metrics"];
    assert_eq!(all["total_trades"].as_u64(), Some(found.len() as u64));
    assert!((all["total_pnl"].as_f64().unwrap() - sum).abs() < 1e-6, "{all}");
    let history = home.json(&[&["report", "history", "--days", "all"], &filter[..]].concat());
    assert_eq!(history["global_metrics"]["total_trades"], all["total_trades"]);
    // The cache of all trades is not that of some.
    let again = home.json(&["report", "metrics"]);
    assert!(
        again["windows"]["all"]["global_metrics"]["total_trades"].as_u64() > all["total_trades"].as_u64()
    );
}

/// Twenty sessions of ten trades: those of setup A earn 10 more than the others of the same session, which chance
/// would do to so many only rarely; by the minute of the exit nothing differs.
fn planted() -> Home {
    let home = Home::new();
    let mut lines = String::new();
    let mut state = 7u64;
    for day in 1..=20 {
        for at in 0..10 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let noise = (state >> 40) as f64 / f64::from(1 << 24) * 20.0 - 10.0;
            let day_shock = f64::from(day % 7) * 4.0 - 12.0;
            let pnl = noise + day_shock + if at % 2 == 0 { 10.0 } else { 0.0 };
            let time = format!("2019-01-{day:02}T16:{at:02}:00Z");
            let line = exit(&format!("t{day}-{at}"), pnl, &time);
            let setup = if at % 2 == 0 { "A" } else { "B" };
            lines.push_str(&line.trim_end().replacen(
                '{',
                &format!("{{\"setup\":\"{setup}\",\"strategy\":\"s{}\",", (at / 2) % 2),
                1,
            ));
            lines.push('\n');
        }
    }
    home.dtlearn().arg("record-exit").write_stdin(lines).assert().success();
    home
}

#[test]
fn a_difference_has_a_word_where_it_is_and_none_where_it_is_not() {
    let home = planted();
    let compare = |first: &str, second: &str| {
        home.json(&["report", "metrics", "--where", first, "--against", second, "--days", "all"])
    };
    let found = compare("setup = A", "not setup = A");
    let rows = found["comparison"].as_array().unwrap();
    let row = |name: &str| rows.iter().find(|row| row["metric"] == name).unwrap();
    let usd = row("expectancy_usd");
    assert_eq!(
        (usd["verdict"].as_str(), usd["a_n"].as_u64(), usd["b_n"].as_u64()),
        (Some("higher"), Some(100), Some(100))
    );
    let difference = |row: &Value| row["difference"].as_f64().unwrap();
    assert!((difference(usd) - (usd["a"].as_f64().unwrap() - usd["b"].as_f64().unwrap())).abs() < 1e-9);
    assert!(usd["difference_low"].as_f64().unwrap() > 5.0 && usd["e"].as_f64().unwrap() > 1e3, "{usd}");
    assert_eq!(row("expectancy_r")["verdict"], "too few");
    // The other way around it is lower, by as much.
    let turned = compare("setup = B", "setup = A");
    let lower = &turned["comparison"].as_array().unwrap()[2];
    assert_eq!(lower["verdict"], "lower");
    assert!((difference(lower) + difference(usd)).abs() < 1e-9);
    let nothing = compare("strategy = s0", "strategy = s1");
    for row in nothing["comparison"].as_array().unwrap() {
        assert_ne!(row["verdict"], "higher");
        assert_ne!(row["verdict"], "lower");
    }
    let both = compare("setup = A", "strategy = s0");
    assert!(both["in_both"].as_u64().unwrap() > 0);
    let shown = home
        .seen(&["report", "metrics", "--where", "setup = A", "--against", "setup = B", "--days", "all"], "");
    assert!(
        shown.contains("A differs from B: ") && shown.lines().all(|line| line.chars().count() <= 80),
        "{shown}"
    );
    let few = home
        .seen(&["report", "metrics", "--where", "hour > 30", "--against", "setup = B", "--days", "all"], "");
    assert!(few.contains("Too few trades to tell A from B"), "{few}");
}

/// Half sold at 103, the rest at 101: the first exit brought 2 on half of the position of 100.
#[test]
fn exits_in_parts_are_held_against_closing_all_at_the_last_price() {
    let home = Home::new();
    let half = |price: u32, at: &str| {
        format!(
            r#"{{"trade_id":"p1","symbol":"AAPL","side":"long","entry_price":100,"exit_price":{price},"quantity":5,"exit_time":"2019-02-12T{at}:00Z"}}"#
        )
    };
    home.seen(&["record-exit"], &format!("{}\n{}\n", half(103, "15:30"), half(101, "15:45")));
    let view = home.json(&["report", "excursions", "--days", "all"]);
    let legs = &view["legs"];
    assert_eq!(
        (legs["positions"].as_u64(), legs["exits"].as_u64(), legs["better"].as_u64()),
        (Some(1), Some(2), Some(1))
    );
    assert!((legs["brought"].as_f64().unwrap() - 10.0).abs() < 1e-9, "{legs}");
    assert!((legs["brought_pct"]["value"].as_f64().unwrap() - 0.01).abs() < 1e-12, "{legs}");
    let said = home.seen(&["report", "excursions", "--days", "all"], "").replace('\n', " ");
    let sentence =
        "1 position closed in parts: against closing all at the last price the earlier exits brought +1.00 %";
    assert!(said.contains(sentence), "{said}");
    // Its second exit alone says nothing.
    let rest = home.json(&["report", "excursions", "--days", "all", "--where", "leg = 2"]);
    assert!(rest["legs"].is_null(), "{rest}");
}
