//! The views of `report`, in terminals of any width and in forms for machines.

use insta::assert_snapshot;

use crate::common::command_line::views;
use crate::common::{CLOSE, Home, exit, seen};

#[test]
fn the_week_in_a_terminal_of_80_columns() {
    let home = Home::with_real_days();
    let said = home.seen(&["report"], "");
    // The whole answer is a snapshot of every_answer.
    assert!(
        said.contains("Engine  loses: -0.066 % a trade after costs")
            && said.contains("Session 2019-02-15: -24.48 USD"),
        "{said}"
    );
}

#[test]
fn days_in_a_narrow_terminal() {
    let home = Home::with_real_days();
    let said = seen(home.dtlearn().env("COLUMNS", "44").args(["report", "history"]), &home);
    let head: Vec<&str> = said.lines().skip(2).take(12).collect();
    assert_snapshot!(head.join("\n"), @r"
    5 trading days: -143.00 USD in 222 trades,
    34.7 % won (29–41 %), profit factor 0.58

    Date        Trades  Win rate  P&L (USD)
    2019-02-11      12    25.0 %     -11.99
    2019-02-12      55    41.8 %     -14.99
    2019-02-13      51    33.3 %     -44.76
    2019-02-14      56    26.8 %     -46.80
    2019-02-15      48    39.6 %     -24.48
    left out for width: Day, Wins, Losses,
    Running (--wide shows all)
    ");
}

#[test]
fn no_line_is_wider_than_the_terminal_and_no_number_is_broken() {
    let home = Home::with_real_days();
    let long = exit("long", 5.0, CLOSE).replace("MSFT", &"W".repeat(300));
    home.dtlearn().arg("record-exit").write_stdin(long).assert().success();
    for columns in [20usize, 40, 60, 80, 120] {
        for view in views() {
            let output =
                home.dtlearn().env("COLUMNS", columns.to_string()).args(["report", &view]).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            for line in text.lines().filter(|_| columns >= 40) {
                let width = line.chars().count();
                assert!(width <= columns, "{view} at {columns}: {width} in {line:?}");
            }
            // Too narrow for any table, the figures still stand whole.
            let tells_sums = ["summary", "metrics", "history"].contains(&view.as_str());
            assert!(!tells_sums || text.contains("-143.00") || text.contains("-138.00"), "{view} {columns}");
        }
    }
}

#[test]
fn every_view_parses_whole_in_every_machine_form() {
    let home = Home::with_real_days();
    for view in views().iter().map(|view| vec!["report", view.as_str()]).chain([vec!["analyze"]]) {
        let run = |form: &str| home.dtlearn().args(&view).args(["--format", form]).output().unwrap().stdout;
        let json: serde_json::Value = serde_json::from_slice(&run("json")).unwrap();
        assert!(json["schema"].as_str().unwrap().starts_with("dtlearn."), "{view:?}");
        assert_eq!(json["generated_at"], CLOSE);
        let lines = String::from_utf8(run("jsonl")).unwrap();
        let tells_trades = ["summary", "metrics", "trades", "history"].iter().any(|told| view.contains(told));
        assert!(!tells_trades || lines.lines().count() > 4, "{view:?}");
        for line in lines.lines() {
            assert!(serde_json::from_str::<serde_json::Value>(line).unwrap().is_object());
        }
        let csv = run("csv");
        let mut reader = csv::Reader::from_reader(&*csv);
        let rows = reader.records().map(Result::unwrap).count();
        assert_eq!(rows, lines.lines().count(), "{view:?}");
    }
}

#[test]
fn the_payload_keys_are_the_engines() {
    let home = Home::with_real_days();
    let keys = |view: &str| -> Vec<String> {
        home.json(&["report", view]).as_object().unwrap().keys().cloned().collect()
    };
    let metrics = keys("metrics");
    for key in [
        "performance_7d",
        "performance_30d",
        "baseline",
        "model_health",
        "missed_opportunities",
        "dt_brain_knobs",
        "trade_quality",
        "timestamp",
    ] {
        assert!(metrics.contains(&key.to_owned()), "{key}");
    }
    assert_eq!(keys("trades"), ["schema", "generated_at", "trades", "count", "days"]);
    let history = keys("history");
    for key in ["global_metrics", "by_symbol", "by_regime", "by_time_of_day", "confidence_buckets", "daily"] {
        assert!(history.contains(&key.to_owned()), "{key}");
    }
    let metrics = home.json(&["report", "metrics"]);
    assert_eq!(metrics["dt_brain_knobs"].as_object().unwrap().len(), 7);
    assert_eq!(metrics["trade_quality"]["total_trades_7d"], 222);
}

#[test]
fn a_missing_store_is_a_clear_state() {
    let home = Home::new();
    for args in [&["report"][..], &["report", "trades"], &["analyze"], &["export"]] {
        let said = home.seen(args, "");
        assert!(said.starts_with("status 10\n--- out\n--- err\n"), "{args:?}: {said}");
        assert!(said.contains("./da_brains/dt_learning: there is no store here"), "{said}");
        assert!(said.contains("hint: record a trade with `dtlearn record-exit`"), "{said}");
    }
}

#[test]
fn as_of_shows_the_past_and_writes_nothing() {
    let home = Home::with_real_days();
    let before = std::fs::read(home.store("performance_metrics.json")).unwrap();
    let past = home.json(&["analyze", "--as-of", "2019-02-12T21:05:00Z"]);
    // Everything was recorded on the 15th, so that on the 12th nothing was known.
    assert_eq!(past["windows"]["all"]["global_metrics"]["total_trades"], 0);
    assert_eq!(std::fs::read(home.store("performance_metrics.json")).unwrap(), before);
}

#[test]
fn a_mistyped_symbol_is_met_with_the_nearest_known() {
    let home = Home::with_real_days();
    let said = home.seen(&["report", "trades", "--symbol", "APPL"], "");
    assert!(
        said.contains("No trades of APPL in the last 7 days") && said.contains("Did you mean AAPL?"),
        "{said}"
    );
    assert!(home.seen(&["report", "brain", "--symbol", "msft"], "").contains("Did you mean MSFT?"));
    let of_one = home.json(&["report", "trades", "--symbol", "AAPL"]);
    assert_eq!(of_one["count"], 12);
    assert!(of_one["trades"].as_array().unwrap().iter().all(|trade| trade["symbol"] == "AAPL"));
}

#[test]
fn damage_is_told_in_every_summary_and_no_window_hides_it() {
    let home = Home::with_real_days();
    home.dtlearn().args(["doctor", "--seal"]).assert().success();
    home.dtlearn().arg("analyze").assert().success();
    let path = home.store("trade_outcomes.jsonl.gz");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[5000] ^= 0xff;
    std::fs::write(&path, bytes).unwrap();
    // With the kept days or without them, and without any cache.
    for cache in ["", "checkpoint.days", "checkpoint"] {
        if !cache.is_empty() {
            let _ = std::fs::remove_file(home.store(".dtlearn").join(cache));
        }
        let output = home.dtlearn().args(["report", "--format", "json"]).output().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let trades = |window: &str| told["windows"][window]["total_trades"].as_u64();
        assert_eq!(trades("7d"), trades("all"), "without {cache:?}");
        if trades("all") != Some(222) {
            assert_eq!(output.status.code(), Some(3));
            assert_eq!(told["attention"][0]["severity"], "damage", "{told}");
            assert!(home.seen(&["report"], "").contains("figures are based on the others"), "{cache}");
        }
    }
    assert!(home.seen(&["report", "health"], "").starts_with("status 12\n"));
}

#[test]
fn small_currencies_and_empty_windows_are_told_as_they_are() {
    let home = Home::new();
    let exit = |id: &str, price: f64, day: u32| {
        format!(
            r#"{{"type":"exit","trade_id":"{id}","symbol":"XBT","side":"BUY","entry_price":100,"price":{price},"qty":0.000001,"timestamp":"2019-02-{day}T19:30:00Z"}}"#
        )
    };
    let trades = format!("{}\n{}\n", exit("a", 101.5, 14), exit("b", 99.0, 15));
    home.dtlearn().arg("record-exit").write_stdin(trades).assert().success();
    let said = home.seen(&["report"], "");
    assert!(said.contains("Session 2019-02-15: -0.00000100 USD in 1 trade"), "{said}");
    assert!(said.contains("Week    +0.00000050 USD in 2 trades"), "{said}");
    let later = home.seen_at("2019-06-03T21:05:00Z", &["report", "metrics"]);
    let notes: Vec<&str> = later.lines().filter(|line| line.starts_with("– ")).collect();
    assert!(notes.iter().all(|note| !note.contains("entry time, no trades")), "{notes:?}");
    let json = home.json_at("2019-06-03T21:05:00Z", &["report", "metrics"]);
    assert_eq!(json["performance_7d"]["undefined"]["avg_confidence"], "no trades");
    let said = home.seen(&["report", "trades", "--symbol", "NOPE", "--days", "all"], "");
    assert!(said.contains("No trades of NOPE in all."), "{said}");
}

#[test]
fn an_interval_is_shown_whole_or_not_at_all() {
    let home = Home::with_real_days();
    for columns in 40..120 {
        let said =
            seen(home.dtlearn().env("COLUMNS", columns.to_string()).args(["report", "history"]), &home);
        for line in said.lines().filter(|line| line.contains(" from") && line.contains("Win rate")) {
            assert!(line.contains(" to"), "{columns}: {line}");
        }
    }
}
