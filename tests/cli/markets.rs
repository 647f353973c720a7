//! Sessions of real markets, from settings to figures: each with trades and prices made by hand, and with results that
//! were worked out by hand.

use serde_json::{Value, json};

use crate::common::{Home, seen, unpack};

/// A store with settings.
pub(super) fn store(settings: &str) -> Home {
    let home = Home::new();
    std::fs::create_dir_all(home.store("")).unwrap();
    std::fs::write(home.store("dtlearn.toml"), settings).unwrap();
    home
}

/// Pipes lines into a command at a moment.
pub(super) fn send(home: &Home, now: &str, command: &str, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let said = seen(home.dtlearn().env("DTLEARN_NOW", now).arg(command).write_stdin(text), home);
    assert!(said.starts_with("status 0\n"), "{said}");
}

/// A closed trade: entry, exit, result in USD.
pub(super) fn trade(symbol: &str, entry: &str, exit: &str, pnl: f64) -> Value {
    json!({
        "type": "exit", "trade_id": format!("{symbol} {exit}"), "symbol": symbol, "side": "BUY", "entry_price": 100.0,
        "price": 100.0 + pnl / 100.0, "qty": 100, "timestamp": exit, "entry_timestamp": entry,
    })
}

/// A signal at a price of 100 that was not traded, without stop and target.
pub(super) fn missed(symbol: &str, at: &str) -> Value {
    json!({
        "signal_id": format!("{symbol} {at}"), "symbol": symbol, "timestamp": at, "label": "BUY", "confidence": 0.9,
        "price_at_signal": 100.0, "reason_not_traded": "max_positions", "stop_price": 1.0, "target_price": 1000.0,
    })
}

/// Prices at moments.
pub(super) fn prices(home: &Home, symbol: &str, rows: &[(&str, f64)]) {
    let rows: String = rows.iter().map(|(at, price)| format!("{symbol},{at},{price}\n")).collect();
    std::fs::write(home.path("prices.csv"), format!("symbol,timestamp,close\n{rows}")).unwrap();
}

/// The price at the end of the session of the only missed signal.
pub(super) fn price_at_close(home: &Home, now: &str) -> Value {
    let said = home.seen_at(now, &["analyze", "--prices", "prices.csv"]);
    assert!(said.starts_with("status 0\n"), "{said}");
    let text = String::from_utf8(unpack(&home.store("missed_signals.jsonl.gz"))).unwrap();
    let record: Value = serde_json::from_str(text.trim()).unwrap();
    assert!(record["state"] != "resolved" || record["exit_reason"] == "end_of_day", "{record}");
    record["price_eod"].clone()
}

/// Days with their results, all parts of the day, and the figures over everything.
pub(super) struct Seen {
    pub days: Vec<(String, f64)>,
    pub parts: Vec<String>,
    pub all: Value,
    pub metrics: Value,
}

pub(super) fn figures(home: &Home, now: &str) -> Seen {
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
pub(super) fn sharpe(days: &[f64], sessions_per_year: f64) -> f64 {
    let n = days.len() as f64;
    let mean = days.iter().sum::<f64>() / n;
    let variance = days.iter().map(|day| (day - mean) * (day - mean)).sum::<f64>() / (n - 1.0);
    mean / variance.sqrt() * sessions_per_year.sqrt()
}

pub(super) fn assert_close(found: &Value, want: f64) {
    assert!((found.as_f64().unwrap() - want).abs() < 1e-9, "{found} is not {want}");
}

pub(super) fn dated(days: &[(&str, f64)]) -> Vec<(String, f64)> {
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
    assert!(home.seen_at(now, &["report", "metrics"]).contains("Sharpe ratio (√365)"));
    // Five minutes after midnight the day that is over is worked on, although the next one runs.
    let said = home.seen_at(now, &["post-market"]);
    assert!(said.contains("\n2026-03-08: all of 5 steps done\n"), "{said}");
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

pub(super) const XETRA: &str = "[market]\ncalendar = \"XETR\"\n[market.calendars.XETR]\nzone = \"Europe/Berlin\"\nsessions = \"Mon-Fri 09:00-17:30\"\nholidays = [\"2026-04-03 Good Friday\", \"2026-04-06 Easter Monday\"]\n";

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
