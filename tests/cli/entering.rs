//! Records that enter wrong if nobody looks: in another currency, counted twice, the other way round, cut.

use std::fs;

use crate::common::{Home, unpack};

/// Another currency, said beside a number, in a heading, in a column of its own or by the name of a pair, is never the account's.
#[test]
fn another_currency_is_refused_however_it_is_said() {
    let record = |more: &str| {
        format!(
            r#"{{"side":"long","quantity":10,"entry_time":"2019-02-15T15:00:00Z","exit_time":"2019-02-15T15:30:00Z",{more}}}"#
        )
    };
    let prices = r#""entry_price":100,"exit_price":101"#;
    let of = |symbol: &str, rest: &str| record(&format!(r#""symbol":"{symbol}",{rest}"#));
    let refused = [
        (of("SAP", r#""entry_price":"€100.00","exit_price":"€101.00""#), "EUR"),
        (of("VOD", r#""entry_price":"100 GBX","exit_price":"101 GBX""#), "GBX"),
        (of("SONY", &format!(r#"{prices},"pnl":"¥10.00""#)), "¥"),
        (of("SAP", &format!(r#"{prices},"pnl (EUR)":10"#)), "EUR"),
        (of("SAP", r#""Entry Price (EUR)":100,"Exit Price (EUR)":101"#), "EUR"),
        (of("SAP", &format!(r#"{prices},"Asset Currency":"EUR""#)), "EUR"),
        (of("USD/JPY", prices), "JPY"),
        (of("USDJPY", prices), "JPY"),
        (of("BTC/EUR", prices), "EUR"),
        (of("ETH-BTC", prices), "BTC"),
    ];
    for (record, code) in &refused {
        let home = Home::new();
        let said = home.seen(&["record-exit"], record);
        let why = format!("the result is in {code}, this store counts in USD, and there is no fx_rate");
        assert!(said.starts_with("status 1\n") && said.contains(&why), "{record}: {said}");
        let file = home.path("one.jsonl");
        std::fs::write(&file, record).unwrap();
        let said = home.seen(&["import", "one.jsonl"], "");
        assert!(said.contains(&why) && !said.contains("recorded 1"), "{record}: {said}");
    }
    // In the account's currency, its coin, with a rate, or with a result that somebody stated.
    for record in [
        of("EURUSD", prices),
        of("SOL/USDT", prices),
        of("AAPL", r#""entry_price":"$100.00","exit_price":"100.00 USD""#),
        of("SAP", r#""Entry Price (USD)":100,"Exit Price (USDT)":101"#),
        of("USD/JPY", &format!(r#"{prices},"fx_rate":0.0066"#)),
        of("USD/JPY", &format!(r#"{prices},"pnl":10"#)),
        of("USD/JPY", &format!(r#"{prices},"currency":"USD""#)),
        of("BRK-B", prices),
    ] {
        let said = Home::new().seen(&["record-exit"], &record);
        assert!(said.contains("recorded 1 trade"), "{record}: {said}");
    }
}

/// A format that is known by its headings takes their currency along.
#[test]
fn a_known_format_keeps_the_currency_of_its_headings() {
    let text = fs::read_to_string(crate::common::fixture("intake/20-tradingview-new/in.csv")).unwrap();
    for (code, is_taken) in [("USD", true), ("USDT", true), ("EUR", false), ("JPY", false)] {
        let home = Home::new();
        fs::write(home.path("in.csv"), text.replace("USD", code)).unwrap();
        let said = home.seen(&["import", "in.csv", "--symbol", "SAP", "--tz", "UTC"], "");
        assert_eq!(said.contains("1 trade closed"), is_taken, "{code}: {said}");
        assert_eq!(
            said.contains(&format!("is in {code}, this store counts in USD")),
            !is_taken,
            "{code}: {said}"
        );
    }
}

#[test]
fn a_total_is_not_added_to_its_part() {
    for (fees, is_taken) in [
        (r#""fee":1,"total_fees":2"#, false),
        (r#""fee":1,"total_fees":1"#, true),
        (r#""fee":1,"commission":2"#, true),
    ] {
        let record = format!(
            r#"{{"symbol":"AAPL","side":"long","quantity":10,"entry_price":100,"exit_price":101,"exit_time":"2019-02-15T15:30:00Z",{fees}}}"#
        );
        let home = Home::new();
        let said = home.seen(&["record-exit"], &record);
        assert_eq!(said.contains("recorded 1 trade"), is_taken, "{fees}: {said}");
        assert_eq!(
            said.contains("both stand for fees") || said.contains("fees"),
            !is_taken,
            "{fees}: {said}"
        );
    }
}

/// What was stored in small letters before `fold_case` was set is there, whoever sends it again: with an id and without,
/// equal trades too, by an engine's call and from a file.
#[test]
fn what_was_stored_before_symbols_were_folded_is_there_already() {
    let trade = |symbol: &str, fees: u32, id: &str| {
        format!(
            r#"{{"symbol":"{symbol}","side":"long","quantity":10,"entry_price":100,"exit_price":101,"fees":{fees},"exit_time":"2026-03-02T15:30:00Z"{id}}}"#
        )
    };
    let named = r#","trade_id":"T1""#;
    let all = |symbol: &str| {
        [trade(symbol, 1, named), trade(symbol, 1, ""), trade(symbol, 1, ""), trade(symbol, 2, "")].join("\n")
    };
    let signal = r#"{"symbol":"zzz","side":"long","confidence":0.8,"price":100,"entry_price":100,"reason":"x","timestamp":"2026-03-02T15:00:00Z"}"#;
    let news = r#"{"symbol":"zzz","sentiment":0.5,"timestamp":"2026-03-02T15:00:00Z"}"#;
    let home = Home::new();
    let others = [("record-signal", signal), ("track-missed", signal), ("record-news", news)];
    assert!(home.seen(&["record-exit"], &all("zzz")).contains("recorded 4 trades"));
    for (command, input) in others {
        assert!(home.seen(&[command], input).contains("recorded 1"), "{command}");
    }
    fs::write(home.store("dtlearn.toml"), "[instruments]\nfold_case = true\n").unwrap();
    fs::write(home.path("again.jsonl"), all("zzz")).unwrap();
    for (command, input, count) in [("record-exit", all("zzz").as_str(), 4)]
        .into_iter()
        .chain(others.map(|(command, input)| (command, input, 1)))
        .chain([("import", "", 4)])
    {
        let arguments = if command == "import" { &[command, "again.jsonl"][..] } else { &[command] };
        let said = home.seen(arguments, input);
        assert!(said.contains(&format!("{count} already there")), "{command}: {said}");
        assert!(!said.contains("in conflict") && !said.contains("recorded 1"), "{command}: {said}");
    }
    // One more of its kind is one more, and from here on it is written in capitals.
    let said = home.seen(&["record-exit"], &[all("zzz"), trade("zzz", 3, "")].join("\n"));
    assert!(said.contains("recorded 1 trade, 4 already there"), "{said}");
    let said = home.seen(&["record-exit"], &trade("ZZZ", 3, ""));
    assert!(said.contains("1 already there"), "{said}");
}

/// Symbols that differ in case alone are one where the settings say so: of every record, and of prices.
#[test]
fn symbols_are_folded_in_every_record_and_in_price_files() {
    let home = Home::with_real_days();
    fs::write(home.store("dtlearn.toml"), "[instruments]\nfold_case = true\n").unwrap();
    let at = |minute: u32| format!("2019-02-15T15:{minute:02}:00Z");
    let missed = format!(
        r#"{{"signal_id":"m1","symbol":"zzz","side":"long","confidence":0.8,"price":100,"reason":"x","timestamp":"{}"}}"#,
        at(0)
    );
    let signal = format!(
        r#"{{"signal_id":"s1","symbol":"zzz","side":"long","entry_price":100,"timestamp":"{}"}}"#,
        at(0)
    );
    let fill = format!(
        r#"{{"fill_id":"f1","symbol":"zzz","side":"buy","qty":1,"price":100,"fees":0,"timestamp":"{}"}}"#,
        at(1)
    );
    let news = format!(r#"{{"symbol":"zzz","sentiment":0.5,"timestamp":"{}"}}"#, at(0));
    for (command, input) in
        [("track-missed", missed), ("record-signal", signal), ("record-fill", fill), ("record-news", news)]
    {
        let said = home.seen(&[command], &input);
        assert!(said.contains("recorded 1"), "{said}");
    }
    let logs = ["missed_signals", "signals", "fills", "news"];
    for log in logs {
        let bytes = unpack(&home.store(&format!("{log}.jsonl.gz")));
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("\"ZZZ\"") && !text.contains("\"zzz\""), "{log}: {text}");
    }
    let bars: String = (1..40).map(|m| format!("zzz,{},101,99,100.5\n", at(m))).collect();
    fs::write(home.path("bars.csv"), format!("symbol,timestamp,high,low,close\n{bars}")).unwrap();
    home.seen(&["analyze", "--prices", "bars.csv"], "");
    let evaluated = home.json(&["report", "missed"]);
    assert_eq!(evaluated["patterns"]["total_evaluated"], 1, "{evaluated}");
}

/// What was not traded, what says of itself that it went the other way, money under names that nobody knows, and a list that was
/// cut: none of it passes without a word.
#[test]
fn what_contradicts_itself_or_is_not_whole_is_said() {
    let record = |more: &str| {
        format!(
            r#"{{"symbol":"AAPL","side":"long","quantity":10,"entry_price":100,"exit_price":101,"exit_time":"2019-02-15T15:30:00Z"{more}}}"#
        )
    };
    for (more, word) in [
        (r#","status":"Cancelled""#, "passed over (1 cancelled)"),
        (r#","success":false"#, "success says a loss, the result is 10: check side, prices and costs"),
        (r#","outcome":"LOSS""#, "outcome says a loss"),
        (r#","pnl_pct":-0.05"#, "pnl_pct says a loss"),
        (r#","GST":2"#, "GST"),
        (r#","Realized":8"#, "Realized"),
        (r#","trade":{"fees":3}"#, "trade.fees"),
    ] {
        let said = Home::new().seen(&["record-exit"], &record(more));
        assert!(said.contains(word), "{more}: {said}");
    }
    let said =
        Home::new().seen(&["record-exit"], &record(r#","success":true,"pnl_pct":0.01,"trade":{"note":"x"}"#));
    assert!(!said.contains("warning"), "{said}");
    let home = Home::new();
    for (text, word) in [
        (format!("[{},\n", record("")), "recorded 1 trade"),
        ("[".to_owned(), "refused"),
        (format!("[null, {}]", record("")), "already there"),
    ] {
        fs::write(home.path("list.json"), &text).unwrap();
        let said = home.seen(&["import", "list.json"], "");
        assert!(
            said.contains(word) && said.contains("refused") && !said.starts_with("status 0"),
            "{text}: {said}"
        );
    }
}
