//! Groups over several windows, sectors that turned, and the timeframe of a signal.

use crate::common::{CLOSE, Home, unpack};

fn record(home: &Home, command: &str, lines: &str) {
    home.dtlearn().arg(command).write_stdin(lines).assert().success();
}

#[test]
fn a_grouping_stands_side_by_side_over_the_windows_asked_for() {
    let home = Home::with_real_days();
    let all = home.json(&["report", "history", "--by", "symbol", "--windows", "2,7,all"]);
    assert_eq!(all["by"], "symbol");
    let week = home.json(&["analyze"])["windows"]["7d"]["by_symbol"].clone();
    let groups = all["groups"].as_array().unwrap();
    assert_eq!(groups.len(), week.as_object().unwrap().len());
    for group in groups {
        let of_week = &week[group["key"].as_str().unwrap()];
        assert_eq!(group["7d"], *of_week);
        assert_eq!(group["all"]["trades"], group["7d"]["trades"]);
        assert!(group["2d"]["trades"].as_u64() <= group["7d"]["trades"].as_u64());
    }
    // A filter narrows it as it narrows every view of trades.
    let orb = home.json(&["report", "history", "--by", "setup", "--where", "setup = orb"]);
    assert_eq!(orb["groups"].as_array().unwrap().len(), 1);
    let held = home.seen(&["report", "history", "--by", "hold", "--windows", "2,7"], "");
    assert!(held.contains("\nHeld") && held.contains("\n5-15 min"), "{held}");
    for (args, want) in [
        (&["report", "history", "--windows", "7,30"][..], "--by"),
        (&["report", "trades", "--by", "symbol"], "--by goes with `history`"),
        (&["report", "history", "--by", "colour"], "possible values: symbol, sector"),
        (&["report", "history", "--by", "symbol", "--windows", "0"], "a number of days"),
    ] {
        let said = home.seen(args, "");
        assert!(said.starts_with("status 2\n") && said.contains(want), "{args:?}: {said}");
    }
}

#[test]
fn a_group_that_is_added_up_with_others_in_a_span_is_not_said_to_have_no_trade() {
    let home = Home::new();
    let trade = |id: String, symbol: usize, day: u32| {
        format!(
            "{{\"trade_id\":\"{id}\",\"symbol\":\"S{symbol:03}\",\"side\":\"BUY\",\"entry_price\":100,\"exit_price\":101,\"exit_time\":\"2019-{}-14T15:30:00Z\"}}\n",
            if day == 0 { "02" } else { "01" }
        )
    };
    // 150 symbols with a trade each in the last week; the last of them alone traded before.
    let mut lines: String = (0..150).map(|n| trade(format!("a{n}"), n, 0)).collect();
    lines.extend((0..3).map(|n| trade(format!("b{n}"), 149, 1)));
    record(&home, "record-exit", &lines);
    let said = home.seen(&["report", "history", "--by", "symbol", "--windows", "7,90"], "");
    let row = said.lines().find(|line| line.starts_with("S149")).unwrap();
    assert_eq!(row.split_whitespace().take(3).collect::<Vec<_>>(), ["S149", "–", "–"], "{said}");
    assert!(said.contains("the rest is counted under"), "{said}");
}

#[test]
fn a_timeframe_comes_with_every_record_and_is_a_group() {
    let home = Home::new();
    record(
        &home,
        "record-exit",
        r#"{"trade_id":"t1","symbol":"A","side":"BUY","entry_price":100,"exit_price":101,"timeframe":"5m","exit_time":"2019-02-15T15:30:00Z"}
{"trade_id":"t2","symbol":"A","side":"BUY","entry_price":100,"exit_price":99,"timeframe":"15m","exit_time":"2019-02-15T15:40:00Z"}
{"trade_id":"t3","symbol":"A","side":"BUY","entry_price":100,"exit_price":102,"exit_time":"2019-02-15T15:50:00Z"}"#,
    );
    record(
        &home,
        "record-fill",
        r#"{"fill_id":"f1","symbol":"B","side":"BUY","qty":1,"price":10,"tf":"5m","timestamp":"2019-02-15T15:00:00Z"}
{"fill_id":"f2","symbol":"B","side":"SELL","qty":1,"price":11,"timestamp":"2019-02-15T15:20:00Z"}"#,
    );
    let signal = r#"{"signal_id":"s","symbol":"A","side":"BUY","timestamp":"2019-02-15T15:01:00Z","price":100,"confidence":0.7,"timeframe":"1h"}"#;
    record(&home, "record-signal", signal);
    record(&home, "track-missed", signal);
    let week = home.json(&["analyze"])["windows"]["7d"].clone();
    let trades = |grouping: &str, key: &str| week[grouping][key]["trades"].clone();
    assert_eq!(
        [trades("by_timeframe", "5m"), trades("by_timeframe", "15m"), trades("by_timeframe", "unknown")],
        [2, 1, 1]
    );
    assert_eq!((trades("by_hold", "15-60 min"), trades("by_hold", "unknown")), (1.into(), 3.into()));
    let five = home.json(&["report", "trades", "--where", "timeframe = 5m"]);
    assert_eq!(five["trades"].as_array().unwrap().len(), 2);
    for log in ["signals.jsonl.gz", "missed_signals.jsonl.gz"] {
        let stored = String::from_utf8(unpack(&home.store(log))).unwrap();
        assert!(stored.contains(r#""timeframe":"1h""#), "{log}: {stored}");
    }
}

#[test]
fn sectors_say_what_turned_or_what_is_missing() {
    let empty = Home::new();
    record(
        &empty,
        "record-exit",
        r#"{"symbol":"A","side":"BUY","entry_price":100,"exit_price":101,"exit_time":"2019-02-15T15:30:00Z"}"#,
    );
    let said = empty.seen_at(CLOSE, &["report", "sectors"]);
    assert!(said.contains("says its sector: record it as `sector`"), "{said}");
    let week = Home::with_real_days();
    let said = week.seen(&["report", "sectors"], "");
    assert!(said.contains("No sector can be judged yet: it takes 10 trades"), "{said}");
    let sectors = week.json(&["report", "sectors"])["sectors"].clone();
    let trades: u64 =
        sectors.as_array().unwrap().iter().map(|of| of["newer"]["trades"].as_u64().unwrap()).sum();
    assert_eq!(trades, 222, "all of five days are in the last seven");
    assert!(sectors.as_array().unwrap().iter().all(|of| of["verdict"] == "too few"), "{sectors}");
}

/// What only the signal says of a trade, and the sector that only the settings say, are there in every group of a history and
/// in every condition.
#[test]
fn what_a_trade_leaves_open_its_signal_and_the_settings_say() {
    let home = Home::new();
    let (mut signals, mut trades) = (String::new(), String::new());
    for n in 0..12 {
        let symbol = if n % 3 == 0 { "AAA1" } else { "BBB" };
        signals.push_str(&format!(
            r#"{{"signal_id":"s{n}","symbol":"{symbol}","side":"BUY","confidence":0.71,"price":100,"setup":"orb","regime":"trend","timeframe":"{}","timestamp":"2019-02-15T15:{n:02}:00Z","features":{{"a":{n}}}}}"#,
            if n % 2 == 0 { "M5" } else { "15min" }
        ));
        signals.push('\n');
        let own = if n == 1 { r#","timeframe":"1h""# } else { "" };
        trades.push_str(&format!(
            r#"{{"trade_id":"t{n}","signal_id":"s{n}","symbol":"{symbol}","side":"BUY","entry_price":100,"exit_price":101,"entry_time":"2019-02-15T15:{n:02}:30Z","exit_time":"2019-02-15T16:{n:02}:00Z"{own}}}"#
        ));
        trades.push('\n');
    }
    record(&home, "record-signal", &signals);
    record(&home, "record-exit", &trades);
    std::fs::write(home.store("dtlearn.toml"), "[instruments.\"AAA*\"]\nsector = \"Tech\"\n").unwrap();
    let groups = |by: &str| {
        let json = home.json(&["report", "history", "--by", by, "--windows", "7"]);
        let groups = json["groups"].as_array().unwrap().clone();
        groups
            .iter()
            .map(|group| (group["key"].as_str().unwrap().to_owned(), group["7d"]["trades"].as_u64().unwrap()))
            .collect::<std::collections::BTreeMap<String, u64>>()
    };
    let of = |pairs: &[(&str, u64)]| pairs.iter().map(|(key, n)| ((*key).to_owned(), *n)).collect();
    assert_eq!(groups("timeframe"), of(&[("5m", 6), ("15m", 5), ("1h", 1)]), "what the trade says counts");
    assert_eq!(groups("regime"), of(&[("trend", 12)]));
    assert_eq!(groups("setup"), of(&[("orb", 12)]));
    assert_eq!(groups("sector"), of(&[("Tech", 4), ("unknown", 8)]));
    for (filter, n) in [
        ("timeframe = 5m", 6),
        ("timeframe = 300s", 6),
        ("timeframe = 1h", 1),
        ("confidence > .7", 12),
        ("regime = trend and sector = tech", 4),
        ("sector is missing", 8),
    ] {
        let found = home.json(&["report", "trades", "--days", "all", "--where", filter]);
        assert_eq!(found["count"], n, "{filter}");
        let metrics = home.json(&["report", "metrics", "--where", filter]);
        assert_eq!(metrics["windows"]["all"]["global_metrics"]["total_trades"], n, "{filter}: {metrics}");
    }
    let sectors = home.json(&["report", "sectors"]);
    assert_eq!(sectors["sectors"][0]["sector"], "Tech", "{sectors}");
    let none = home.seen(&["report", "metrics", "--where", "symbol = ZZZ"], "");
    assert!(none.contains("No trade matches") && !none.contains("record one"), "{none}");
}
