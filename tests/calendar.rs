//! Sessions of real markets, from settings to figures: each with trades and prices made by hand, and with results that
//! were worked out by hand.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may stop where it stands, and reads its own environment"
)]

mod common;

use common::{Home, seen, unpack};
use serde_json::{Value, json};

/// A store with settings.
fn store(settings: &str) -> Home {
    let home = Home::new();
    std::fs::create_dir_all(home.store("")).unwrap();
    std::fs::write(home.store("dtlearn.toml"), settings).unwrap();
    home
}

/// Pipes lines into a command at a moment.
fn send(home: &Home, now: &str, command: &str, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let said = seen(home.dtlearn().env("DTLEARN_NOW", now).arg(command).write_stdin(text), home);
    assert!(said.starts_with("status 0\n"), "{said}");
}

/// A closed trade: entry, exit, result in USD.
fn trade(symbol: &str, entry: &str, exit: &str, pnl: f64) -> Value {
    json!({
        "type": "exit", "trade_id": format!("{symbol} {exit}"), "symbol": symbol, "side": "BUY", "entry_price": 100.0,
        "price": 100.0 + pnl / 100.0, "qty": 100, "timestamp": exit, "entry_timestamp": entry,
    })
}

/// A signal at a price of 100 that was not traded, without stop and target.
fn missed(symbol: &str, at: &str) -> Value {
    json!({
        "signal_id": format!("{symbol} {at}"), "symbol": symbol, "timestamp": at, "label": "BUY", "confidence": 0.9,
        "price_at_signal": 100.0, "reason_not_traded": "max_positions", "stop_price": 1.0, "target_price": 1000.0,
    })
}

/// Prices at moments.
fn prices(home: &Home, symbol: &str, rows: &[(&str, f64)]) {
    let rows: String = rows.iter().map(|(at, price)| format!("{symbol},{at},{price}\n")).collect();
    std::fs::write(home.path("prices.csv"), format!("symbol,timestamp,close\n{rows}")).unwrap();
}

/// The price at the end of the session of the only missed signal.
fn price_at_close(home: &Home, now: &str) -> Value {
    let said = home.seen_at(now, &["analyze", "--prices", "prices.csv"]);
    assert!(said.starts_with("status 0\n"), "{said}");
    let text = String::from_utf8(unpack(&home.store("missed_signals.jsonl.gz"))).unwrap();
    let record: Value = serde_json::from_str(text.trim()).unwrap();
    assert!(record["state"] != "resolved" || record["exit_reason"] == "end_of_day", "{record}");
    record["price_eod"].clone()
}

/// Days with their results, all parts of the day, and the figures over everything.
struct Seen {
    days: Vec<(String, f64)>,
    parts: Vec<String>,
    all: Value,
    metrics: Value,
}

fn figures(home: &Home, now: &str) -> Seen {
    let history = home.json_at(now, &["report", "history", "--days", "all"]);
    let days = history["daily"].as_array().unwrap().iter();
    let days = days.map(|day| {
        (day["date"].as_str().unwrap().to_owned(), (day["pnl"].as_f64().unwrap() * 1e6).round() / 1e6)
    });
    let metrics = home.json_at(now, &["report", "metrics"]);
    Seen {
        days: days.collect(),
        parts: history["by_time_of_day"].as_object().unwrap().keys().cloned().collect(),
        all: metrics["windows"]["all"]["global_metrics"].clone(),
        metrics,
    }
}

/// Mean over deviation (n − 1), made one of a year.
fn sharpe(days: &[f64], sessions_per_year: f64) -> f64 {
    let n = days.len() as f64;
    let mean = days.iter().sum::<f64>() / n;
    let variance = days.iter().map(|day| (day - mean) * (day - mean)).sum::<f64>() / (n - 1.0);
    mean / variance.sqrt() * sessions_per_year.sqrt()
}

fn assert_close(found: &Value, want: f64) {
    assert!((found.as_f64().unwrap() - want).abs() < 1e-9, "{found} is not {want}");
}

fn dated(days: &[(&str, f64)]) -> Vec<(String, f64)> {
    days.iter().map(|(date, pnl)| ((*date).to_owned(), *pnl)).collect()
}

#[test]
fn a_crypto_week() {
    let home = store("[market]\ncalendar = \"24/7\"\n");
    let now = "2026-03-09T00:05:00Z";
    send(
        &home,
        now,
        "record-exit",
        &[
            trade("BTC", "2026-03-02T01:00:00Z", "2026-03-02T02:00:00Z", 100.0),
            trade("BTC", "2026-03-07T21:00:00Z", "2026-03-07T23:59:59Z", -50.0),
            trade("BTC", "2026-03-08T03:59:59Z", "2026-03-08T07:30:00Z", 80.0),
        ],
    );
    send(&home, now, "track-missed", &[missed("BTC", "2026-03-07T22:00:00Z")]);
    let rows =
        [("2026-03-07T22:15:00Z", 101.0), ("2026-03-07T23:59:00Z", 105.0), ("2026-03-08T00:30:00Z", 50.0)];
    prices(&home, "BTC", &rows);
    assert_eq!(price_at_close(&home, now), 105.0);
    let seen = figures(&home, now);
    assert_eq!(seen.days, dated(&[("2026-03-02", 100.0), ("2026-03-07", -50.0), ("2026-03-08", 80.0)]));
    assert_eq!(seen.parts, ["00-04", "20-24"]);
    // Every day of the week is a session.
    assert_close(&seen.all["sharpe_ratio"], sharpe(&[100.0, 0.0, 0.0, 0.0, 0.0, -50.0, 80.0], 365.0));
    // Held for 1 h, 2 h 59 min 59 s and 3 h 30 min 1 s of seven days.
    assert_close(&seen.all["exposure_pct"], 27_000.0 / (7.0 * 86_400.0));
    assert_eq!(
        (&seen.metrics["calendar"], &seen.metrics["sessions_per_year"]),
        (&json!("24/7"), &json!(365))
    );
    assert!(home.seen_at(now, &["report", "metrics"]).contains("√365 of 24/7"));
    // Five minutes after midnight the day that is over is worked on, although the next one runs.
    let said = home.seen_at(now, &["post-market"]);
    assert!(said.starts_with("status 0\n--- out\n2026-03-08: all of 4 steps done\n"), "{said}");
    let said = home.seen_at("2026-03-09T12:00:00Z", &["post-market"]);
    assert!(
        said.starts_with("status 1\n") && said.contains("the session of 2026-03-09 runs until 00:00"),
        "{said}"
    );
}

#[test]
fn currencies_over_a_sunday_and_a_change_of_clocks() {
    let home = store("[market]\ncalendar = \"24/5\"\n");
    let now = "2026-03-10T21:05:00Z";
    // 17:30 in New York is 22:30 UTC before 2026-03-08 and 21:30 UTC from then on.
    send(
        &home,
        now,
        "record-exit",
        &[
            trade("EURUSD", "2026-03-05T22:00:00Z", "2026-03-05T22:30:00Z", 10.0),
            trade("EURUSD", "2026-03-06T21:44:59Z", "2026-03-06T21:59:59Z", 20.0),
            trade("EURUSD", "2026-03-08T21:00:00Z", "2026-03-08T21:30:00Z", -40.0),
            trade("EURUSD", "2026-03-10T20:45:00Z", "2026-03-10T20:59:59Z", 5.0),
        ],
    );
    send(&home, now, "track-missed", &[missed("EURUSD", "2026-03-08T21:10:00Z")]);
    let rows =
        [("2026-03-08T21:25:00Z", 101.0), ("2026-03-09T20:59:00Z", 103.0), ("2026-03-09T21:01:00Z", 50.0)];
    prices(&home, "EURUSD", &rows);
    assert_eq!(price_at_close(&home, now), 103.0);
    let seen = figures(&home, now);
    assert_eq!(seen.days, dated(&[("2026-03-06", 30.0), ("2026-03-09", -40.0), ("2026-03-10", 5.0)]));
    assert_eq!(seen.parts, ["afternoon", "close", "open"]);
    assert_close(&seen.all["sharpe_ratio"], sharpe(&[30.0, -40.0, 5.0], 261.0));
    assert_eq!(seen.all["sessions"], 3);
}

const CME: &str = "[market]\ncalendar = \"CME\"\n[market.calendars.CME]\nzone = \"America/Chicago\"\nsessions = \"Mon-Fri 17:00-16:00\"\nholidays = [\"2026-04-03 Good Friday\"]\nearly_closes = [\"2026-11-27 12:15\"]\n";

#[test]
fn futures_from_seventeen_to_sixteen_in_chicago() {
    let home = store(CME);
    let now = "2026-04-07T21:05:00Z";
    send(
        &home,
        now,
        "record-exit",
        &[
            // Wednesday's session, before and after midnight; the pause belongs to the session that ended.
            trade("ES", "2026-03-31T22:00:00Z", "2026-03-31T23:00:00Z", 10.0),
            trade("ES", "2026-04-01T20:45:00Z", "2026-04-01T20:59:59Z", 20.0),
            trade("ES", "2026-04-01T20:50:00Z", "2026-04-01T21:30:00Z", 5.0),
            trade("ES", "2026-04-01T22:30:00Z", "2026-04-02T13:00:00Z", -7.0),
            // Sunday evening, after Good Friday without a session.
            trade("ES", "2026-04-05T22:30:00Z", "2026-04-05T23:00:00Z", 40.0),
        ],
    );
    send(&home, now, "track-missed", &[missed("ES", "2026-03-31T22:30:00Z")]);
    let rows =
        [("2026-03-31T22:45:00Z", 101.0), ("2026-04-01T21:00:00Z", 104.0), ("2026-04-01T21:01:00Z", 50.0)];
    prices(&home, "ES", &rows);
    assert_eq!(price_at_close(&home, now), 104.0);
    let seen = figures(&home, now);
    assert_eq!(seen.days, dated(&[("2026-04-01", 35.0), ("2026-04-02", -7.0), ("2026-04-06", 40.0)]));
    assert_eq!(seen.parts, ["close", "open"]);
    // 261 sessions a year less the one holiday of the year that is named.
    assert_close(&seen.all["sharpe_ratio"], sharpe(&[35.0, -7.0, 40.0], 260.0));
    // 1,380 minutes a session, three of them; held for 60, 14 min 59 s + 1 s (to 16:00), 870 and 30 minutes.
    assert_close(&seen.all["exposure_pct"], (60.0 + 15.0 + 870.0 + 30.0) / (3.0 * 1_380.0));
}

const XETRA: &str = "[market]\ncalendar = \"XETR\"\n[market.calendars.XETR]\nzone = \"Europe/Berlin\"\nsessions = \"Mon-Fri 09:00-17:30\"\nholidays = [\"2026-04-03 Good Friday\", \"2026-04-06 Easter Monday\"]\n";

#[test]
fn stocks_in_frankfurt_around_easter_and_a_change_of_clocks() {
    let home = store(XETRA);
    let now = "2026-04-07T15:35:00Z";
    // Berlin is an hour ahead of UTC until 2026-03-29, two from then on.
    send(
        &home,
        now,
        "record-exit",
        &[
            trade("SAP", "2026-03-27T08:30:00Z", "2026-03-27T09:30:00Z", 10.0),
            trade("SAP", "2026-03-30T07:59:59Z", "2026-03-30T09:00:00Z", -20.0),
            trade("SAP", "2026-04-02T15:15:00Z", "2026-04-02T15:29:59Z", 30.0),
            trade("SAP", "2026-04-07T11:00:00Z", "2026-04-07T12:00:00Z", 5.0),
        ],
    );
    send(&home, now, "track-missed", &[missed("SAP", "2026-04-02T14:00:00Z")]);
    prices(
        &home,
        "SAP",
        &[("2026-04-02T14:15:00Z", 101.0), ("2026-04-02T15:30:00Z", 102.0), ("2026-04-02T16:00:00Z", 50.0)],
    );
    assert_eq!(price_at_close(&home, now), 102.0);
    let seen = figures(&home, now);
    let days = [("2026-03-27", 10.0), ("2026-03-30", -20.0), ("2026-04-02", 30.0), ("2026-04-07", 5.0)];
    assert_eq!(seen.days, dated(&days));
    // 13:00 in Berlin is 240 minutes after the open: beyond 60 + 2/7 of 435 minutes, before 60 + 2/3 of them.
    assert_eq!(seen.parts, ["close", "lunch", "open"]);
    // Tuesday and Wednesday of Holy Week without a trade are zero; Good Friday and Easter Monday are not there.
    assert_close(&seen.all["sharpe_ratio"], sharpe(&[10.0, -20.0, 0.0, 0.0, 30.0, 5.0], 259.0));
}

#[test]
fn an_indian_session_on_a_clock_without_summer_time() {
    let home = store(
        "[market]\ncalendar = \"XNSE\"\n[market.calendars.XNSE]\nzone = \"Asia/Kolkata\"\nsessions = \"Mon-Fri 09:15-15:30\"\n",
    );
    let now = "2026-07-07T10:05:00Z";
    send(
        &home,
        now,
        "record-exit",
        &[
            trade("INFY", "2026-07-06T03:45:00Z", "2026-07-06T04:30:00Z", 10.0),
            trade("INFY", "2026-07-06T09:45:00Z", "2026-07-06T09:59:59Z", -5.0),
            trade("INFY", "2026-07-07T03:44:59Z", "2026-07-07T04:45:00Z", 20.0),
        ],
    );
    send(&home, now, "track-missed", &[missed("INFY", "2026-07-06T09:00:00Z")]);
    prices(
        &home,
        "INFY",
        &[("2026-07-06T09:15:00Z", 101.0), ("2026-07-06T10:00:00Z", 102.0), ("2026-07-06T10:01:00Z", 50.0)],
    );
    assert_eq!(price_at_close(&home, now), 102.0);
    let seen = figures(&home, now);
    assert_eq!(seen.days, dated(&[("2026-07-06", 5.0), ("2026-07-07", 20.0)]));
    assert_eq!(seen.parts, ["close", "open", "pre_market"]);
    assert_close(&seen.all["sharpe_ratio"], sharpe(&[5.0, 20.0], 261.0));
    // 375 minutes a session; 45, 14 min 59 s and 60 of them held.
    assert_close(&seen.all["exposure_pct"], (45.0 + 899.0 / 60.0 + 60.0) / 750.0);
}

#[test]
fn lunch_breaks_in_tokyo_and_hong_kong() {
    for (settings, symbol, open_h, lunch, close) in [
        (
            "[market]\ncalendar = \"XTKS\"\n[market.calendars.XTKS]\nzone = \"Asia/Tokyo\"\nsessions = \"Mon-Fri 09:00-15:30\"\nlunch = \"11:30-12:30\"\n",
            "7203",
            "00:00",
            ("02:30", "03:30"),
            "06:30",
        ),
        (
            "[market]\ncalendar = \"XHKG\"\n[market.calendars.XHKG]\nzone = \"Asia/Hong_Kong\"\nsessions = \"Mon-Fri 09:30-16:00\"\nlunch = \"12:00-13:00\"\n",
            "0700",
            "01:30",
            ("04:00", "05:00"),
            "08:00",
        ),
    ] {
        let home = store(settings);
        let at = |time: &str| format!("2026-03-10T{time}:00Z");
        let now = at("23:00");
        send(
            &home,
            &now,
            "record-exit",
            &[
                trade(symbol, &at(open_h), &at(lunch.0), 10.0),
                // Over lunch and half an hour on.
                trade(symbol, &at(lunch.0), &at(if lunch.1 == "03:30" { "04:00" } else { "05:30" }), 20.0),
                trade(symbol, &at(lunch.1), &at(close), -15.0),
            ],
        );
        send(&home, &now, "track-missed", &[missed(symbol, &at(open_h))]);
        prices(&home, symbol, &[(&at(lunch.0), 101.0), (&at(close), 102.0), (&at("09:00"), 50.0)]);
        assert_eq!(price_at_close(&home, &now), 102.0, "{symbol}");
        let seen = figures(&home, &now);
        assert_eq!(seen.days, dated(&[("2026-03-10", 15.0)]));
        assert_eq!(seen.parts, ["afternoon", "lunch", "open"]);
        // Held through the whole session: the break is no part of it.
        assert_close(&seen.all["exposure_pct"], 1.0);
    }
}

#[test]
fn a_half_day_from_fill_to_report() {
    let home = Home::new();
    // The day after Thanksgiving: New York closes at 13:00, which is 18:00 UTC.
    let now = "2026-11-27T18:05:00Z";
    send(
        &home,
        now,
        "record-exit",
        &[
            trade("MSFT", "2026-11-25T15:00:00Z", "2026-11-25T16:00:00Z", 10.0),
            trade("MSFT", "2026-11-27T14:30:00Z", "2026-11-27T15:00:00Z", -4.0),
            trade("MSFT", "2026-11-27T17:45:00Z", "2026-11-27T18:00:00Z", 6.0),
        ],
    );
    // The touch of the stop at 15:30 comes hours after the close.
    let mut signal = missed("MSFT", "2026-11-27T15:00:00Z");
    signal["stop_price"] = json!(95.0);
    send(&home, now, "track-missed", &[signal]);
    prices(
        &home,
        "MSFT",
        &[("2026-11-27T15:15:00Z", 100.5), ("2026-11-27T18:00:00Z", 101.0), ("2026-11-27T20:30:00Z", 90.0)],
    );
    let said = home.seen_at(now, &["post-market", "--prices", "prices.csv"]);
    assert!(said.starts_with("status 0\n--- out\n2026-11-27: all of 4 steps done\n"), "{said}");
    assert_eq!(price_at_close(&home, now), 101.0);
    let seen = figures(&home, now);
    assert_eq!(seen.days, dated(&[("2026-11-25", 10.0), ("2026-11-27", 2.0)]));
    assert_eq!(seen.parts, ["close", "open"]);
    // Thanksgiving is not there.
    assert_close(&seen.all["sharpe_ratio"], sharpe(&[10.0, 2.0], 252.0));
    assert_close(&seen.all["exposure_pct"], (60.0 + 30.0 + 15.0) / (390.0 + 210.0));
    assert_eq!(
        (&seen.metrics["session"], &seen.metrics["windows"]["session"]["global_metrics"]["total_trades"]),
        (&json!("2026-11-27"), &json!(2))
    );
    let summary = home.seen_at(now, &["report"]);
    assert!(summary.contains("Day     Fri 2026-11-27: "), "{summary}");
}

#[test]
fn the_week_of_independence_day_and_sessions_that_were_missed() {
    let home = Home::new();
    let done = |now: &str| home.seen_at(now, &["post-market"]);
    send(
        &home,
        "2026-07-01T20:05:00Z",
        "record-exit",
        &[trade("MSFT", "2026-07-01T15:00:00Z", "2026-07-01T16:00:00Z", 10.0)],
    );
    assert!(done("2026-07-01T20:05:00Z").starts_with("status 0\n--- out\n2026-07-01: all of 4 steps done\n"));
    send(
        &home,
        "2026-07-02T20:00:00Z",
        "record-exit",
        &[trade("MSFT", "2026-07-02T15:00:00Z", "2026-07-02T16:00:00Z", -4.0)],
    );
    // While the session runs nothing is done; 2026-07-02 is a full day.
    let said = done("2026-07-02T19:59:59Z");
    assert!(
        said.starts_with("status 1\n")
            && said.contains("the session of 2026-07-02 runs until 16:00 in New York"),
        "{said}"
    );
    // At midnight, on the holiday, on Saturday and before Monday's open the work is that of Thursday, once.
    let said = done("2026-07-03T04:00:00Z");
    assert!(said.starts_with("status 0\n--- out\n2026-07-02: all of 4 steps done\n"), "{said}");
    let latest = || std::fs::read(home.store("reports/post_market_latest.json")).unwrap();
    let before = latest();
    for (now, why) in [
        ("2026-07-03T20:05:00Z", "2026-07-03 is no session (Independence Day)"),
        ("2026-07-04T20:05:00Z", "2026-07-04 is no session (Saturday)"),
        ("2026-07-06T13:00:00Z", "the session of 2026-07-06 opens at 09:30"),
    ] {
        let said = done(now);
        let whole = format!(
            "status 0 --- out Nothing to do: {why}, and the work of the last one, 2026-07-02, is done. "
        );
        assert!(said.replace('\n', " ").starts_with(&whole), "{said}");
        let health = home.seen_at(now, &["report", "health"]);
        assert!(health.starts_with("status 0\n"), "{health}");
    }
    assert_eq!(latest(), before);
    // Monday and Tuesday were missed: they are made up for, each under its own date, before Wednesday is taken.
    send(
        &home,
        "2026-07-06T20:00:00Z",
        "record-exit",
        &[trade("MSFT", "2026-07-06T15:00:00Z", "2026-07-06T16:00:00Z", 7.0)],
    );
    send(
        &home,
        "2026-07-08T20:00:00Z",
        "record-exit",
        &[trade("MSFT", "2026-07-08T15:00:00Z", "2026-07-08T16:00:00Z", 9.0)],
    );
    let health = home.seen_at("2026-07-08T20:05:00Z", &["report", "health"]);
    assert!(health.contains("no post-market run for 3 sessions, the last one for 2026-07-02"), "{health}");
    let said = done("2026-07-08T20:05:00Z");
    let whole = "status 0 --- out 2026-07-08: all of 4 steps done Made up for 2 missed sessions, 2026-07-06 to 2026-07-07, each under its own date. ";
    assert!(said.replace('\n', " ").starts_with(whole), "{said}");
    for (date, at, pnl) in [
        ("2026-07-06", "2026-07-06T20:05:00Z", 13.0),
        ("2026-07-07", "2026-07-07T20:05:00Z", 13.0),
        ("2026-07-08", "2026-07-08T20:05:00Z", 22.0),
    ] {
        let report: Value = serde_json::from_slice(
            &std::fs::read(home.store(&format!("reports/post_market_{date}.json"))).unwrap(),
        )
        .unwrap();
        assert_eq!((&report["date"], &report["timestamp"]), (&json!(date), &json!(at)));
        assert_close(&report["summary"]["windows"]["all"]["total_pnl"], pnl);
    }
    assert!(!home.store("reports/post_market_2026-07-03.json").exists());
    // The holiday and the day without a trade: 1, 2, 6, 7 and 8 July.
    let seen = figures(&home, "2026-07-08T20:05:00Z");
    assert_close(&seen.all["sharpe_ratio"], sharpe(&[10.0, -4.0, 7.0, 0.0, 9.0], 252.0));
}

#[test]
fn figures_follow_the_setting_and_books_may_mix() {
    let home = store("");
    let now = "2026-03-09T20:05:00Z";
    let trades = [
        trade("MSFT", "2026-03-06T15:00:00Z", "2026-03-06T16:00:00Z", 10.0),
        trade("BTC/USDT", "2026-03-08T02:00:00Z", "2026-03-08T03:00:00Z", 20.0),
        trade("MSFT", "2026-03-09T14:00:00Z", "2026-03-09T16:00:00Z", -5.0),
    ];
    send(&home, now, "record-exit", &trades);
    home.dtlearn().env("DTLEARN_NOW", now).arg("analyze").assert().success();
    // New York: what was closed at 03:00 UTC on Sunday is Saturday's, a day because something was closed on it.
    let seen = figures(&home, now);
    assert_eq!(seen.days, dated(&[("2026-03-06", 10.0), ("2026-03-07", 20.0), ("2026-03-09", -5.0)]));
    assert_eq!(seen.parts, ["after_hours", "open"]);
    let log = std::fs::read(home.store("trade_outcomes.jsonl.gz")).unwrap();
    // The same store by another calendar: the caches of the first say nothing to it.
    std::fs::write(home.store("dtlearn.toml"), "[market]\ncalendar = \"24/7\"\n").unwrap();
    let seen = figures(&home, now);
    assert_eq!(seen.days, dated(&[("2026-03-06", 10.0), ("2026-03-08", 20.0), ("2026-03-09", -5.0)]));
    assert_close(&seen.all["sharpe_ratio"], sharpe(&[10.0, 0.0, 20.0, -5.0], 365.0));
    // And as they were, with the crypto symbol's parts of the day its own.
    std::fs::write(home.store("dtlearn.toml"), "[market.symbols]\n\"*/usdt\" = \"24/7\"\n").unwrap();
    let seen = figures(&home, now);
    assert_eq!(seen.days, dated(&[("2026-03-06", 10.0), ("2026-03-07", 20.0), ("2026-03-09", -5.0)]));
    assert_eq!(seen.parts, ["00-04", "open"]);
    assert_eq!(std::fs::read(home.store("trade_outcomes.jsonl.gz")).unwrap(), log);
    // An engine's record is worth more than a mistake in a setting.
    std::fs::write(home.store("dtlearn.toml"), "[market]\ncalendar = \"moon\"\n").unwrap();
    let more = trade("MSFT", "2026-03-09T17:00:00Z", "2026-03-09T18:00:00Z", 1.0).to_string();
    let said = seen_with(&home, now, &["record-exit"], &more);
    assert!(said.starts_with("status 0\n") && said.contains("there is no calendar \"moon\""), "{said}");
    assert!(seen_with(&home, now, &["report"], "").starts_with("status 2\n"));
}

fn seen_with(home: &Home, now: &str, args: &[&str], stdin: &str) -> String {
    seen(home.dtlearn().env("DTLEARN_NOW", now).args(args).write_stdin(stdin), home)
}

#[test]
fn a_year_is_printed_in_every_form() {
    let home = store(XETRA);
    let table = home.seen(&["calendar", "2026"], "");
    assert!(table.contains("XETR 2026: 259 sessions, 0 early closes, 2 holidays"), "{table}");
    assert!(table.contains("Good Friday"), "{table}");
    let year = home.json(&["calendar", "2026", "--calendar", "XNYS"]);
    assert_eq!((&year["sessions"], &year["zone"]), (&json!(251), &json!("America/New_York")));
    let dates = year["dates"].as_array().unwrap();
    let of = |date: &str| dates.iter().find(|row| row["date"] == date).unwrap();
    assert_eq!(
        (&of("2026-07-03")["kind"], &of("2026-07-03")["name"]),
        (&json!("holiday"), &json!("Independence Day"))
    );
    assert_eq!(of("2026-11-27")["close"], "2026-11-27T18:00:00Z");
    assert_eq!(of("2026-07-02")["close"], "2026-07-02T20:00:00Z");
    let csv = home.seen(&["calendar", "2026", "--calendar", "XNYS", "--format", "csv"], "");
    assert!(csv.contains("\n2026-12-24,Thu,early_close,Christmas Eve,09:30-13:00,2026-12-24T14:30:00Z,2026-12-24T18:00:00Z\n"), "{csv}");
    home.dtlearn().args(["calendar", "2026", "-o", "year.ics"]).assert().success();
    let ics = std::fs::read_to_string(home.path("year.ics")).unwrap();
    assert!(
        ics.starts_with("BEGIN:VCALENDAR\r\n") && ics.contains("SUMMARY:XETR closed: Good Friday\r\n"),
        "{ics}"
    );
    assert!(home.seen(&["report", "--format", "ics"], "").starts_with("status 2\n"));
    assert!(home.seen(&["calendar", "1900"], "").starts_with("status 2\n"));
    let said = home.seen(&["calendar", "--calendar", "XNYSE"], "");
    assert!(said.starts_with("status 2\n") && said.contains("did you mean \"XNYS\"?"), "{said}");
}
