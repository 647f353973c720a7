//! Half days, holidays and missed sessions, another calendar for the same store, and a year in every form.

use serde_json::{Value, json};

use super::markets::{
    XETRA, assert_close, dated, figures, missed, price_at_close, prices, send, sharpe, store, trade,
};
use crate::common::{Home, seen};

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
    assert!(said.contains("\n2026-11-27: all of 5 steps done\n"), "{said}");
    assert_eq!(price_at_close(&home, now), 101.0);
    let seen = figures(&home, now);
    assert_eq!(seen.days, dated(&[("2026-11-25", 10.0), ("2026-11-27", 2.0)]));
    assert_eq!(seen.parts, ["close", "open"]);
    // Thanksgiving is not there.
    assert_close(&seen.all["sharpe_ratio"], sharpe(&[10.0, 2.0], 252.0));
    assert_close(&seen.all["exposure_pct"], (60.0 + 30.0 + 15.0) / (390.0 + 210.0));
    assert_eq!(
        (
            &seen.metrics["session_date"],
            &seen.metrics["windows"]["session"]["global_metrics"]["total_trades"]
        ),
        (&json!("2026-11-27"), &json!(2))
    );
    let summary = home.seen_at(now, &["report"]);
    assert!(summary.contains("Session 2026-11-27: "), "{summary}");
}

/// A trade of that date in July 2026, between 11:00 and noon in New York, recorded at `now`.
fn traded(home: &Home, day: u32, now: &str, pnl: f64) {
    let (entry, exit) = (format!("2026-07-{day:02}T15:00:00Z"), format!("2026-07-{day:02}T16:00:00Z"));
    send(home, now, "record-exit", &[trade("MSFT", &entry, &exit, pnl)]);
}

/// Sessions that nobody was there for are made up for, each under its own date, before the last one is taken.
fn missed_sessions_are_made_up_for(home: &Home) {
    traded(home, 6, "2026-07-06T20:00:00Z", 7.0);
    traded(home, 8, "2026-07-08T20:00:00Z", 9.0);
    let health = home.seen_at("2026-07-08T20:05:00Z", &["report", "health"]);
    assert!(health.contains("no post-market run for 3 sessions, the last one for 2026-07-02"), "{health}");
    let said = home.seen_at("2026-07-08T20:05:00Z", &["post-market"]);
    let whole = "status 0 --- out Session 2026-07-08: +9.00 USD in 1 trade, 1 won (100.0 %, 95 % interval 20.7 % to 100.0 %) Account at its peak 2026-07-08: all of 5 steps done Made up for 2 missed sessions, 2026-07-06 to 2026-07-07, each under its own date. ";
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
}

#[test]
fn the_week_of_independence_day_and_sessions_that_were_missed() {
    let home = Home::new();
    let done = |now: &str| home.seen_at(now, &["post-market"]);
    traded(&home, 1, "2026-07-01T20:05:00Z", 10.0);
    assert!(done("2026-07-01T20:05:00Z").contains("\n2026-07-01: all of 5 steps done\n"));
    traded(&home, 2, "2026-07-02T20:00:00Z", -4.0);
    // While the session runs nothing is done; 2026-07-02 is a full day.
    let said = done("2026-07-02T19:59:59Z");
    assert!(
        said.starts_with("status 1\n")
            && said.contains("the session of 2026-07-02 runs until 16:00 in New York"),
        "{said}"
    );
    // At midnight, on the holiday, on Saturday and before Monday's open the work is that of Thursday, once.
    let said = done("2026-07-03T04:00:00Z");
    assert!(said.contains("\n2026-07-02: all of 5 steps done\n"), "{said}");
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
    missed_sessions_are_made_up_for(&home);
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
