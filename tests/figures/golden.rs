//! The figures of the real days against those that an independent implementation computed.

use serde_json::Value;

use crate::common::{Home, exit, fixture};

const TOLERANCE: f64 = 1e-9;

fn close(name: &str, ours: &Value, golden: &Value) {
    let (Some(a), Some(b)) = (ours.as_f64(), golden.as_f64()) else {
        panic!("{name}: ours {ours}, golden {golden}");
    };
    assert!((a - b).abs() <= TOLERANCE * b.abs().max(1.0), "{name}: ours {a}, golden {b}");
}

/// Compares the week of a report with the golden file, and returns how many figures were compared.
fn compare(week: &Value, golden: &Value) -> usize {
    let mut compared = 0;
    for (name, value) in golden["window"].as_object().unwrap() {
        close(name, &week["global_metrics"][name], value);
        compared += 1;
    }
    for grouping in [
        "by_symbol",
        "by_regime",
        "by_sector",
        "by_time_of_day",
        "confidence_buckets",
        "by_exit_reason",
        "by_setup",
    ] {
        let groups = golden[grouping].as_object().unwrap();
        assert_eq!(week[grouping].as_object().unwrap().len(), groups.len(), "{grouping}");
        for (key, group) in groups {
            for (name, value) in group.as_object().unwrap() {
                close(&format!("{grouping}.{key}.{name}"), &week[grouping][key][name], value);
                compared += 1;
            }
        }
    }
    compared
}

#[test]
fn the_real_days_equal_the_golden_figures() {
    let home = Home::with_real_days();
    let golden: Value =
        serde_json::from_slice(&std::fs::read(fixture("golden/real_days.json")).unwrap()).unwrap();
    let report = home.json(&["report", "metrics"]);
    assert!(compare(&report["windows"]["7d"], &golden) > 170);
    // The file that every exit keeps current says the same.
    let file: Value =
        serde_json::from_slice(&std::fs::read(home.store("performance_metrics.json")).unwrap()).unwrap();
    compare(&file, &golden);
    for key in ["performance_7d", "performance_30d"] {
        close(key, &report[key]["win_rate"], &golden["window"]["win_rate"]);
    }
}

fn results(pnls: &[f64]) -> (Home, Value) {
    let home = Home::new();
    let lines: Vec<String> = pnls
        .iter()
        .enumerate()
        .map(|(at, pnl)| exit(&format!("t{at}"), *pnl, &format!("2019-02-15T19:{:02}:00Z", at + 10)))
        .collect();
    home.dtlearn().arg("record-exit").write_stdin(lines.join("\n")).assert().success();
    let metrics = home.json(&["report", "metrics"])["performance_7d"].clone();
    (home, metrics)
}

fn near(metrics: &Value, name: &str, value: f64, within: f64) {
    let ours = metrics[name].as_f64().unwrap_or_else(|| panic!("{name} is {}", metrics[name]));
    assert!((ours - value).abs() <= within, "{name}: {ours}, not {value}");
}

#[test]
fn ten_trades_worked_by_hand() {
    let (_home, m) = results(&[120.0, -80.0, 45.0, 0.0, -60.0, 200.0, -30.0, 15.0, -95.0, 60.0]);
    near(&m, "win_rate", 0.5, 1e-12);
    near(&m, "win_rate_low", 0.2366, 5e-5);
    near(&m, "win_rate_high", 0.7634, 5e-5);
    near(&m, "profit_factor", 1.66038, 5e-6);
    near(&m, "expectancy_usd", 17.5, 1e-9);
    // Every position is worth 10,000, so the ratio of percentages is that of dollars.
    near(&m, "payoff_ratio", 1.32830, 5e-6);
    near(&m, "drawdown_usd", 110.0, 1e-9);
    near(&m, "drawdown_pct", 0.0107579, 5e-8);
    assert_eq!((&m["wins"], &m["losses"], &m["scratches"]), (&5.into(), &4.into(), &1.into()));
}

#[test]
fn small_sets_worked_by_hand() {
    let (_home, m) = results(&[-100.0, 50.0, 50.0]);
    near(&m, "drawdown_pct", 0.01, 1e-12);
    let (_home, m) = results(&[10.0, 0.0, 10.0]);
    assert_eq!((&m["consecutive_wins"], &m["max_consecutive_wins"]), (&2.into(), &2.into()));
    let (home, m) = results(&[10.0, 10.0, 10.0]);
    let table = home.seen(&["report", "metrics"], "");
    for (name, sign) in [("Average loss ", "–"), ("Average hold, losses", "–"), ("Profit factor", "∞")]
    {
        let line = table.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line.ends_with(sign), "{line}");
    }
    assert!(m["sharpe_ratio"].is_null());
    assert_eq!(m["undefined"]["sharpe_ratio"], "needs 2 trading days, has 1");
    assert_eq!((&m["sqn"], &m["undefined"]["sqn"]), (&Value::Null, &"no variation".into()));
    let (_home, m) = results(&[-10.0; 5]);
    near(&m, "profit_factor", 0.0, 0.0);
    assert_eq!(m["max_consecutive_losses"], 5);
}

#[test]
fn three_equal_days_have_no_sharpe() {
    let home = Home::new();
    let days = ["2019-02-12", "2019-02-13", "2019-02-14"];
    let lines: Vec<String> = days.iter().map(|day| exit(day, 10.0, &format!("{day}T19:00:00Z"))).collect();
    home.dtlearn().arg("record-exit").write_stdin(lines.join("\n")).assert().success();
    let m = home.json(&["report", "metrics"])["performance_7d"].clone();
    assert!(m["sharpe_ratio"].is_null());
    assert_eq!(m["undefined"]["sharpe_ratio"], "no variation");
}

#[test]
fn no_trades_give_nulls_and_an_empty_state() {
    let home = Home::new();
    std::fs::create_dir_all(home.store("")).unwrap();
    let m = home.json(&["report", "metrics"])["performance_7d"].clone();
    assert_eq!(m["total_trades"], 0);
    for name in ["win_rate", "profit_factor", "expectancy_usd", "drawdown_pct", "sharpe_ratio"] {
        assert!(m[name].is_null(), "{name} is {}", m[name]);
        assert_eq!(m["undefined"][name], "no trades", "{name}");
    }
    assert!(home.seen(&["report"], "").starts_with("status 0\n--- out\nNo trades yet: record one"));
}

/// Figures do not depend on how the log came to be: one by one, in one go, in any order of the moments at which trades
/// were closed (those of one moment stay as they came), with or without the checkpoint, on one thread or two.
#[test]
fn the_way_does_not_matter() {
    let text = String::from_utf8(crate::common::unpack(&fixture("real/exits.jsonl.gz"))).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let whole = Home::with_real_days();
    let figures = |home: &Home, name: &str| -> String {
        let file: Value = serde_json::from_slice(&std::fs::read(home.store(name)).unwrap()).unwrap();
        let mut file = file.as_object().unwrap().clone();
        file.retain(|key, _| !["position", "windows"].contains(&key.as_str()));
        serde_json::to_string(&file).unwrap()
    };
    let expected = figures(&whole, "performance_metrics.json");

    let pieces = Home::new();
    for piece in lines.chunks(37) {
        pieces.dtlearn().arg("record-exit").write_stdin(piece.join("\n")).assert().success();
    }
    assert_eq!(figures(&pieces, "performance_metrics.json"), expected);

    let shuffled = Home::new();
    lines.sort_by_key(|line| {
        let moment = line.split("\"timestamp\"").nth(1).unwrap().split('"').nth(1).unwrap();
        moment
            .bytes()
            .map(u64::from)
            .fold(7u64, |a, b| a.wrapping_mul(31).wrapping_add(b).wrapping_mul(0x9e37_79b9))
    });
    let moved =
        |line: &&str| lines.iter().position(|other| other == line) != text.lines().position(|of| of == *line);
    assert!(lines.iter().filter(|line| moved(line)).count() > 150, "they are shuffled");
    for piece in lines.chunks(50) {
        shuffled.dtlearn().arg("record-exit").write_stdin(piece.join("\n")).assert().success();
        // A checkpoint may vanish at any time.
        std::fs::remove_file(shuffled.store(".dtlearn/checkpoint.outcomes")).unwrap();
    }
    assert_eq!(figures(&shuffled, "performance_metrics.json"), expected);

    let report = |home: &Home, threads: &str| {
        home.dtlearn()
            .env("RAYON_NUM_THREADS", threads)
            .args(["report", "metrics", "--format", "json"])
            .output()
            .unwrap()
            .stdout
    };
    assert_eq!(report(&whole, "1"), report(&shuffled, "2"));
}
