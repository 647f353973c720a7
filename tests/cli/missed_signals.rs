//! Missed signals against real prices: every price and outcome against a plain scan that shares no code, and
//! the odd sessions, files and orders.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::{CLOSE, Home, fixture, unpack};

/// A bar as the file has it: seconds since 1970, high, low, close.
type Bar = (i64, f64, f64, f64);

/// Seconds since 1970 of `YYYY-MM-DDTHH:MM:SSZ`, worked out here and nowhere else.
fn seconds(text: &str) -> i64 {
    let n = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
    let (year, month, day) = (n(0, 4), n(5, 7), n(8, 10));
    let (y, m) = if month <= 2 { (year - 1, month + 12) } else { (year, month) };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 + day - 719_469;
    days * 86_400 + n(11, 13) * 3_600 + n(14, 16) * 60 + n(17, 19)
}

fn bars() -> BTreeMap<String, Vec<Bar>> {
    let text = String::from_utf8(unpack(&fixture("real/bars_1m.csv.gz"))).unwrap();
    let mut bars: BTreeMap<String, Vec<Bar>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |at: usize| cells[at].parse::<f64>().unwrap();
        bars.entry(cells[0].into()).or_default().push((seconds(cells[1]), number(3), number(4), number(5)));
    }
    bars
}

/// The first close stamped at or within five minutes after the moment.
fn close_at(bars: &[Bar], due: i64) -> Option<f64> {
    bars.iter().filter(|bar| bar.0 >= due && bar.0 <= due + 300).min_by_key(|bar| bar.0).map(|bar| bar.3)
}

fn tracked(home: &Home) {
    let missed = unpack(&fixture("real/missed.jsonl.gz"));
    let output =
        home.dtlearn().args(["track-missed", "--format", "json"]).write_stdin(missed).output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&said["stored"], &said["below_confidence"]), (&225.into(), &411.into()));
}

fn records(home: &Home) -> Vec<Value> {
    let text = String::from_utf8(unpack(&home.store("missed_signals.jsonl.gz"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn same(what: &str, ours: &Value, plain: Option<f64>) {
    match (ours.as_f64(), plain) {
        (None, None) => {}
        (Some(a), Some(b)) if (a - b).abs() <= 1e-12 * b.abs().max(1.0) => {}
        other => panic!("{what}: {other:?}"),
    }
}

/// How a signal ends, bar by bar: why, and at what price. `last` is the last price of the session.
fn plain_outcome(record: &Value, session: &[&Bar], last: f64) -> (&'static str, f64) {
    let is_buy = record["label"] == "BUY";
    let (stop, target) = (record["stop_price"].as_f64().unwrap(), record["target_price"].as_f64().unwrap());
    for bar in session {
        let (stopped, hit) =
            if is_buy { (bar.2 <= stop, bar.1 >= target) } else { (bar.1 >= stop, bar.2 <= target) };
        if stopped {
            return ("stop_loss", stop);
        }
        if hit {
            return ("take_profit", target);
        }
    }
    ("end_of_day", last)
}

#[test]
fn every_price_and_outcome_of_the_real_days_equals_a_plain_scan() {
    let home = Home::new();
    tracked(&home);
    let file = fixture("real/bars_1m.csv.gz");
    home.dtlearn().args(["analyze", "--prices", file.to_str().unwrap()]).assert().success();
    let bars = bars();
    let records = records(&home);
    let (mut wins, mut total, mut exits) = (0, 0.0, BTreeMap::new());
    for record in &records {
        let id = record["signal_id"].as_str().unwrap();
        let at = seconds(record["timestamp"].as_str().unwrap());
        let price = record["price_at_signal"].as_f64().unwrap();
        let sign = if record["label"] == "BUY" { 1.0 } else { -1.0 };
        let moved = |to: f64| sign * (to - price) / price;
        // New York is five hours behind in February; the session ends at 21:00 UTC.
        let close_of_day = (at - 5 * 3_600) / 86_400 * 86_400 + 21 * 3_600;
        let bars = &bars[record["symbol"].as_str().unwrap()];
        for (key, pnl, minutes) in
            [("price_15m", "pnl_15m", 15), ("price_30m", "pnl_30m", 30), ("price_1h", "pnl_1h", 60)]
        {
            let plain = close_at(bars, at + minutes * 60);
            same(&format!("{id} {key}"), &record[key], plain);
            same(&format!("{id} {pnl}"), &record[pnl], plain.map(moved));
        }
        let session: Vec<&Bar> = bars.iter().filter(|bar| bar.0 >= at && bar.0 <= close_of_day).collect();
        let last = session.iter().max_by_key(|bar| bar.0).unwrap().3;
        same(&format!("{id} price_eod"), &record["price_eod"], Some(last));
        let outcome = plain_outcome(record, &session, last);
        assert_eq!(record["exit_reason"], outcome.0, "{id}");
        same(&format!("{id} result"), &record["hypothetical_pnl_pct"], Some(moved(outcome.1)));
        assert_eq!(record["would_have_won"], moved(outcome.1) > 0.0, "{id}");
        assert_eq!((&record["state"], &record["evaluated"]), (&"resolved".into(), &true.into()), "{id}");
        wins += i32::from(moved(outcome.1) > 0.0);
        total += moved(outcome.1);
        *exits.entry(outcome.0).or_insert(0) += 1;
    }
    assert_eq!(records.len(), 225);
    assert!(exits.len() == 3, "the days have every kind of exit: {exits:?}");
    let analysis: Value =
        serde_json::from_slice(&std::fs::read(home.store("missed_analysis.json")).unwrap()).unwrap();
    assert_eq!((&analysis["total_evaluated"], &analysis["would_have_won"]), (&225.into(), &wins.into()));
    same("total", &analysis["total_hypothetical_pnl_pct"], Some(total));
    same("usd", &analysis["missed_pnl_usd"], Some(total * 1000.0));
    // However often it runs, each signal is counted once.
    let before = std::fs::read(home.store("missed_signals.jsonl.gz")).unwrap();
    home.dtlearn().args(["analyze", "--prices", file.to_str().unwrap()]).assert().success();
    assert_eq!(std::fs::read(home.store("missed_signals.jsonl.gz")).unwrap(), before);
    let report = home.json(&["report", "missed"]);
    assert_eq!(report["unevaluated_count"], 0);
    let reasons =
        report["patterns"]["groups"].as_array().unwrap().iter().filter(|p| p["grouping"] == "by_reason");
    assert_eq!(reasons.map(|p| p["n"].as_u64().unwrap()).sum::<u64>(), 225);
}

#[test]
fn a_price_file_in_any_order_with_duplicates_and_bad_rows_says_the_same() {
    let (sorted, shuffled) = (Home::new(), Home::new());
    tracked(&sorted);
    tracked(&shuffled);
    let text = String::from_utf8(unpack(&fixture("real/bars_1m.csv.gz"))).unwrap();
    let mut lines: Vec<&str> = text.lines().skip(1).collect();
    lines.sort_by_key(|line| line.bytes().fold(11u64, |a, b| a.wrapping_mul(131).wrapping_add(u64::from(b))));
    lines.extend_from_within(..5_000);
    let bad = [
        "AAPL,yesterday,1,1,1,1,1",
        "AAPL,2019-02-11T15:00:00Z,1,1,1,-5,1",
        ",2019-02-11T15:00:00Z,1,1,1,1,1",
    ];
    let whole = format!("{}\n{}\n{}\n", text.lines().next().unwrap(), bad.join("\n"), lines.join("\n"));
    std::fs::write(shuffled.path("shuffled.csv"), whole).unwrap();
    let file = fixture("real/bars_1m.csv.gz");
    sorted.dtlearn().args(["analyze", "--prices", file.to_str().unwrap()]).assert().success();
    let said = shuffled.seen(&["analyze", "--prices", "shuffled.csv", "-q"], "");
    assert!(said.starts_with("status 3\n"), "{said}");
    assert_eq!(records(&sorted), records(&shuffled));
    let named = shuffled.seen(&["analyze", "--prices", "shuffled.csv"], "");
    assert!(
        named.contains("shuffled.csv:4: no symbol") || named.contains("shuffled.csv:2: timestamp"),
        "{named}"
    );
}

fn signal(id: &str, time: &str, more: &str) -> String {
    format!(
        r#"{{"signal_id":"{id}","symbol":"{id}","timestamp":"{time}","label":"BUY","confidence":0.7,"price":100{more}}}"#
    )
}

#[test]
fn what_cannot_be_priced_waits_and_is_given_up_after_seven_days() {
    let home = Home::new();
    let input = [
        signal("NOBARS", "2019-02-15T15:00:00Z", ""),
        signal("LATE", "2019-02-15T21:02:00Z", ""),
        signal("HALF", "2019-02-15T15:00:00Z", ",\"venue\":\"X\""),
    ]
    .join("\n");
    home.dtlearn().args(["track-missed", "--reason", "order_rate"]).write_stdin(input).assert().success();
    std::fs::write(
        home.path("bars.csv"),
        "symbol,timestamp,high,low,close\nHALF,2019-02-15T15:15:00Z,102,99,101\nHALF,2019-02-15T17:59:00Z,104,103,103.5\nLATE,2019-02-15T20:59:00Z,101,99,100\n",
    )
    .unwrap();
    let said = home.seen(&["analyze", "--prices", "bars.csv"], "");
    assert!(said.contains("1 missed signal priced, 2 waiting for prices"), "{said}");
    let half = records(&home).into_iter().find(|r| r["symbol"] == "HALF").unwrap();
    assert_eq!(
        (&half["price_15m"], &half["price_30m"], &half["price_eod"]),
        (&101.0.into(), &Value::Null, &103.5.into())
    );
    assert_eq!((&half["extra"]["venue"], &half["exit_policy"]), (&"X".into(), &"end_of_day".into()));
    assert_eq!(half["reason_not_traded"], "order_rate");
    let said = home.seen(&["report", "missed"], "");
    assert!(said.contains("2 still waiting for prices, the oldest since 2019-02-15"), "{said}");
    // An age in days is that of sessions: until the session a week later is over prices may come, whatever the hour.
    for now in ["2019-02-22T15:00:01Z", "2019-02-22T20:59:59Z"] {
        let said = home.seen(&["analyze", "--now", now], "");
        assert!(said.contains("2 waiting for prices") && !said.contains("unresolvable"), "{said}");
    }
    let said = home.seen(&["analyze", "--now", "2019-02-22T21:05:00Z"], "");
    assert!(said.contains("2 unresolvable after 7 days"), "{said}");
    assert!(records(&home).iter().filter(|r| r["state"] == "unresolvable").count() == 2);
}

#[test]
fn a_session_that_is_not_over_is_not_judged() {
    let home = Home::new();
    let morning = "2019-02-15T17:00:00Z";
    let record = |args: &[&str], input: &str| {
        home.dtlearn().env("DTLEARN_NOW", morning).args(args).write_stdin(input).assert().success();
    };
    record(&["track-missed"], &signal("A", "2019-02-15T15:00:00Z", ""));
    std::fs::write(home.path("bars.csv"), "symbol,timestamp,close\nA,2019-02-15T16:59:00Z,90\n").unwrap();
    record(&["analyze", "--prices", "bars.csv"], "");
    assert_eq!(records(&home)[0]["state"], "pending");
}

#[test]
fn naive_times_need_their_zone_and_the_brains_knobs_are_frozen() {
    let home = Home::new();
    let brain = br#"{"knobs":{"DT_STOP_LOSS_PCT":0.01,"DT_TAKE_PROFIT_PCT":0.02,"DT_POSITION_SIZE_BASE_USD":2000},"mine":1}"#;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut packed, brain).unwrap();
    std::fs::create_dir_all(home.path("da_brains/core")).unwrap();
    std::fs::write(home.path("da_brains/core/dt_brain.json.gz"), packed.finish().unwrap()).unwrap();
    home.dtlearn()
        .arg("track-missed")
        .write_stdin(signal("A", "2019-02-15T15:00:00Z", ""))
        .assert()
        .success();
    let before = &records(&home)[0];
    assert_eq!((&before["exit_policy"], &before["stop_price"]), (&"knobs 0.01/0.02".into(), &99.0.into()));
    std::fs::write(
        home.path("bars.csv"),
        "Ticker,When,Hi,Lo,Px\nA,2019-02-15 10:01,102.5,100,101\nA,2019-02-15 15:59,98,97,97\n",
    )
    .unwrap();
    let map = ["--map", "When=timestamp", "--map", "Hi=high", "--map", "Lo=low", "--map", "Px=close"];
    let without = [&["analyze", "--prices", "bars.csv"], &map[..]].concat();
    assert!(home.seen(&without, "").contains("it has no time zone"), "{}", home.seen(&without, ""));
    let with = [&without[..], &["--prices-tz", "America/New_York"]].concat();
    assert!(home.seen(&with, "").starts_with("status 0\n"));
    let after = &records(&home)[0];
    assert_eq!(
        (&after["exit_reason"], after["hypothetical_pnl_pct"].as_f64()),
        (&"take_profit".into(), Some(0.02))
    );
    let analysis: Value =
        serde_json::from_slice(&std::fs::read(home.store("missed_analysis.json")).unwrap()).unwrap();
    assert_eq!(analysis["missed_pnl_usd"], 40.0);
}

#[test]
fn untraded_picks_are_priced_when_asked() {
    let home = Home::with_real_days();
    let picks = unpack(&fixture("real/signals.jsonl.gz"));
    home.dtlearn().arg("record-signal").write_stdin(picks).assert().success();
    let file = fixture("real/bars_1m.csv.gz");
    let said = home.seen(&["analyze", "--prices", file.to_str().unwrap(), "--all-signals"], "");
    assert!(said.contains("636 untraded signals priced"), "{said}");
    let text = String::from_utf8(unpack(&home.store("signals.jsonl.gz"))).unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 858);
    assert_eq!(rows.iter().filter(|row| row["state"] == "resolved").count(), 636);
    assert!(rows.iter().all(|row| row["features"].is_object()));
    assert!(home.seen(&["doctor"], "").starts_with("status 0\n"), "{}", home.seen(&["doctor"], ""));
}

#[test]
fn a_reason_that_refused_winners_suggests_its_knob() {
    let home = Home::new();
    let input: Vec<String> = (0..8)
        .map(|n| signal(&format!("S{n}"), "2019-02-15T15:00:00Z", ",\"reason\":\"conf<0.8\""))
        .collect();
    home.dtlearn().arg("track-missed").write_stdin(input.join("\n")).assert().success();
    let rows: Vec<String> =
        (0..8).map(|n| format!("S{n},2019-02-15T20:59:00Z,{}", if n < 7 { 101 + n } else { 99 })).collect();
    std::fs::write(home.path("bars.csv"), format!("symbol,timestamp,close\n{}\n", rows.join("\n"))).unwrap();
    home.dtlearn().args(["analyze", "--prices", "bars.csv"]).assert().success();
    let said = home.seen(&["report", "missed", "--wide"], "");
    assert!(
        said.contains(
            "lower DT_EXEC_MIN_CONF: of 8 signals refused for conf<0.8, 88 % would have won (53–98 %)"
        ),
        "{said}"
    );
    let json = home.json(&["report", "missed"]);
    assert_eq!(
        (&json["suggestions"][0]["knob"], &json["suggestions"][0]["n"]),
        (&"DT_EXEC_MIN_CONF".into(), &8.into())
    );
    assert_eq!(json["generated_at"], CLOSE);
}

#[test]
fn nothing_missed_is_an_empty_state() {
    let home = Home::with_real_days();
    let said = home.seen(&["report", "missed"], "");
    assert!(said.contains("No missed signals in this span: the engine records them with"), "{said}");
    let weak = home.seen(&["track-missed"], &signal("A", "2019-02-15T15:00:00Z", "").replace("0.7", "0.59"));
    assert!(weak.starts_with("status 0\n--- out\n1 skipped: confidence below 0.60\n"), "{weak}");
}
