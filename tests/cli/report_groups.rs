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
