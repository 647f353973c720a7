//! `guard`: limits within a session, what they lock and for how long, and that nothing of it costs a record.

use serde_json::{Value, json};

use crate::common::Home;
use crate::common::brain::brain_path;

/// A Monday with a session from 14:30 to 21:00 UTC.
const DAY: &str = "2026-03-02";

fn at(clock: &str) -> String {
    format!("{DAY}T{clock}:00Z")
}

/// Records a trade that was closed at `clock` with a result of `pnl` on a position of 10,000, of which 200 were risked.
fn exit(home: &Home, clock: &str, symbol: &str, pnl: f64, more: &Value) -> Value {
    let mut event = json!({
        "symbol": symbol, "side": "BUY", "entry_price": 100.0, "exit_price": 100.0 + pnl / 100.0, "qty": 100,
        "entry_time": at("14:31"), "exit_time": at(clock), "stop_price": 98.0, "reason": "signal",
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut command = home.dtlearn();
    command.env("DTLEARN_NOW", at(clock)).args(["record-exit", "--format", "json"]);
    let output = command.write_stdin(event.to_string()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn guard(home: &Home, clock: &str, args: &[&str]) -> Value {
    let args: Vec<&str> = ["guard"].iter().chain(args).copied().collect();
    home.json_at(&at(clock), &args)
}

fn settings(home: &Home, text: &str) {
    std::fs::create_dir_all(home.store("")).unwrap();
    std::fs::write(home.store("dtlearn.toml"), text).unwrap();
}

fn env(home: &Home, clock: &str) -> String {
    home.seen_at(&at(clock), &["report", "brain", "--format", "env"])
}

#[test]
fn a_loss_of_one_percent_reduces_and_one_of_two_halts_until_the_close() {
    let home = Home::new();
    exit(&home, "15:00", "MSFT", -99.0, &json!({}));
    assert_eq!(guard(&home, "15:01", &[])["state"], "ACTIVE");
    exit(&home, "16:42", "AAPL", -5.2, &json!({}));
    let seen = home.seen_at(&at("16:43"), &["guard"]);
    assert!(
        seen.contains(
            "REDUCING since 11:42: -104.20 USD in 2 trades today, -1.04 % of 10000; positions\n3 → 2, size 1000 → 500, until 16:00"
        ),
        "{seen}"
    );
    let said = env(&home, "16:43");
    assert!(
        said.contains("DT_GUARD=REDUCING\n") && said.contains("DT_POSITION_SIZE_BASE_USD=500\n"),
        "{said}"
    );
    let halted = home.seen_at(&at("16:44"), &["guard", "--open-pnl", "-96", "--exit-code"]);
    assert!(halted.starts_with("status 4\n") && halted.contains("HALTED since 11:44"), "{halted}");
    // What was open once is not forgotten when it is closed better.
    exit(&home, "16:50", "AAPL", 50.0, &json!({}));
    assert_eq!(guard(&home, "16:51", &[])["state"], "HALTED");
    // Nothing holds at the close, whether or not anybody asks.
    let said = env(&home, "20:59");
    assert!(said.contains("DT_GUARD=HALTED\n") && said.contains("DT_MAX_POSITIONS=2\n"), "{said}");
    let said = env(&home, "21:00");
    assert!(!said.contains("DT_GUARD") && said.contains("DT_POSITION_SIZE_BASE_USD=1000\n"), "{said}");
    assert_eq!(guard(&home, "21:00", &[])["state"], "ACTIVE");
    let text = crate::common::brain::brain_text(&home);
    assert!(!text.contains("guard"), "{text}");
}

#[test]
fn a_record_asks_the_guard_and_never_fails_by_it() {
    let home = Home::new();
    settings(&home, "[guard]\nenabled = true\n");
    let said = exit(&home, "15:00", "MSFT", -210.0, &json!({}));
    assert_eq!((&said["stored"], &said["guard"]["state"]), (&json!(1), &json!("HALTED")));
    let file: Value = serde_json::from_slice(&std::fs::read(home.store("guard.json")).unwrap()).unwrap();
    assert_eq!((&file["state"], &file["expires_at"]), (&json!("HALTED"), &json!(at("21:00"))));
    assert_eq!(file["knobs"], json!({"DT_MAX_POSITIONS": 2.0, "DT_POSITION_SIZE_BASE_USD": 500.0}));
    // A brain file that is damage costs a warning, not the record.
    std::fs::write(brain_path(&home), b"damaged").unwrap();
    let said = exit(&home, "15:01", "MSFT", -1.0, &json!({}));
    assert_eq!(said["stored"], 1);
    assert!(said["warnings"][0].as_str().unwrap().starts_with("recorded, but the guard"), "{said}");
    std::fs::remove_file(brain_path(&home)).unwrap();
    // And the next call completes what is missing.
    exit(&home, "15:02", "MSFT", 1.0, &json!({}));
    assert!(env(&home, "15:03").contains("DT_GUARD=HALTED\n"));
}

#[test]
fn stops_and_low_profit_lock_what_they_are_about() {
    let home = Home::new();
    settings(
        &home,
        "[guard]\nenabled = true\n[guard.cooldown]\n[guard.low_profit]\nlimit_r = 1\n\
         [[guard.stop_losses]]\nstops = 2\nwithin_min = 30\nlock_min = 20\nper = \"side\"\n",
    );
    let stop = json!({"hit_stop": true, "reason": "stop_loss", "stop_price": 99.8});
    exit(&home, "15:00", "MSFT", -20.0, &stop);
    let asked = guard(&home, "15:05", &["--for", "MSFT", "--side", "LONG"]);
    assert_eq!(
        (&asked["state"], &asked["entry"]["refused_by"]["rule"]),
        (&json!("ACTIVE"), &json!("cooldown"))
    );
    assert_eq!(guard(&home, "15:05", &["--for", "AAPL", "--side", "LONG"])["entry"]["allowed"], true);
    assert_eq!(guard(&home, "15:10", &["--for", "MSFT", "--side", "LONG"])["entry"]["allowed"], true);
    exit(&home, "15:29", "AAPL", -20.0, &stop);
    let asked = guard(&home, "15:45", &["--for", "NVDA", "--side", "BUY"]);
    assert_eq!(asked["entry"]["refused_by"]["reason"], "guard:stop_losses");
    assert_eq!(guard(&home, "15:45", &["--for", "NVDA", "--side", "SHORT"])["entry"]["allowed"], true);
    let seen = home.seen_at(&at("15:45"), &["guard", "--format", "env"]);
    assert!(seen.contains("DT_GUARD=ACTIVE\n") && seen.contains("DT_GUARD_SIDES=LONG\n"), "{seen}");
    // A winner renews nothing, a further stop does.
    exit(&home, "15:46", "NVDA", 20.0, &json!({}));
    assert_eq!(guard(&home, "15:49", &["--for", "NVDA", "--side", "BUY"])["entry"]["allowed"], true);
    // With a stop .2 % away 20 are 1 R: MSFT has lost it in its third trade.
    exit(&home, "16:30", "MSFT", -1.0, &json!({}));
    assert_eq!(guard(&home, "16:31", &["--for", "MSFT"])["entry"]["allowed"], true);
    exit(&home, "16:40", "MSFT", -1.0, &json!({}));
    let asked = guard(&home, "16:41", &["--for", "MSFT"]);
    assert_eq!(asked["entry"]["refused_by"]["rule"], "low_profit");
    assert_eq!(asked["entry"]["refused_by"]["until"], at("21:00"));
}

#[test]
fn a_release_ends_what_holds_and_what_comes_later_locks_again() {
    let home = Home::new();
    exit(&home, "15:00", "MSFT", -210.0, &json!({}));
    let seen = home.seen_at(&at("15:05"), &["guard", "release"]);
    assert!(seen.starts_with("status 2\n") && seen.contains("--why"), "{seen}");
    let seen =
        home.seen_at(&at("15:05"), &["guard", "release", "--why", "a test trade", "--rule", "day_loss"]);
    assert!(seen.contains("REDUCING since 10:00") && seen.contains("1 lock released"), "{seen}");
    let seen = home.seen_at(&at("15:06"), &["guard", "release", "--why", "all of it"]);
    assert!(seen.contains("ACTIVE: -210.00 USD") && seen.contains("released"), "{seen}");
    assert!(!env(&home, "15:07").contains("DT_GUARD"));
    let seen = home.seen_at(&at("15:07"), &["guard", "release", "--why", "again"]);
    assert!(seen.starts_with("status 1\n") && seen.contains("nothing to release: no lock holds"), "{seen}");
    exit(&home, "15:10", "MSFT", 5.0, &json!({}));
    assert_eq!(guard(&home, "15:11", &[])["state"], "ACTIVE");
    exit(&home, "15:12", "MSFT", -1.0, &json!({}));
    assert_eq!(guard(&home, "15:13", &[])["state"], "HALTED");
    let log = std::fs::read_to_string(home.store("guard_log.jsonl")).unwrap();
    assert!(log.contains("\"why\":\"a test trade\""), "{log}");
}

#[test]
fn the_answer_is_the_same_from_the_cache_and_from_the_log_alone() {
    let [kept, bare] = [Home::new(), Home::new()];
    settings(&kept, "[guard]\nenabled = true\n");
    let results = [-30.0, 12.0, -45.5, -20.0, 33.0, -61.25, -8.0];
    for (at, pnl) in results.iter().enumerate() {
        for home in [&kept, &bare] {
            exit(home, &format!("15:{:02}", 10 + at), ["MSFT", "AAPL"][at % 2], *pnl, &json!({}));
        }
        if at % 3 == 0 {
            let _ = std::fs::remove_file(kept.store(".dtlearn/checkpoint.guard"));
            guard(&kept, "15:30", &[]);
        }
    }
    let [a, b] = [&kept, &bare].map(|home| guard(home, "15:40", &[]));
    assert_eq!(a, b);
    assert_eq!(a["equity_at_open_usd"], 10_000.0);
    assert!((a["realised_usd"].as_f64().unwrap() + 119.75).abs() < 1e-9);
    // The next morning the result of the day before is part of the equity, and no lock is left.
    let morning = kept.json_at("2026-03-03T15:00:00Z", &["guard"]);
    assert_eq!((&morning["state"], &morning["equity_at_open_usd"]), (&json!("ACTIVE"), &json!(9_880.25)));
}

#[test]
fn silence_counts_only_while_something_is_open() {
    let home = Home::new();
    settings(&home, "");
    exit(&home, "15:00", "MSFT", 1.0, &json!({}));
    // The files were written now, by the clock of the machine.
    let later = "2126-03-04T16:00:00Z";
    let seen = |args: &[&str]| home.json_at(later, args)["state"].clone();
    assert_eq!(seen(&["guard"]), "ACTIVE");
    assert_eq!(seen(&["guard", "--open-positions", "0"]), "ACTIVE");
    assert_eq!(seen(&["guard", "--open-positions", "2"]), "HALTED");
    // It is over as soon as it is not said any more.
    assert_eq!(seen(&["guard"]), "ACTIVE");
}

#[test]
fn a_folder_without_a_store_is_said_and_not_made_one() {
    let home = Home::new();
    let seen = home.seen_at(&at("15:00"), &["guard", "--root", "mistyped"]);
    assert!(
        seen.starts_with("status 0\n--- out\nACTIVE") && seen.contains("there is no store at mistyped"),
        "{seen}"
    );
    assert!(!home.path("mistyped").exists());
}

#[test]
fn the_report_tells_locks_from_chance() {
    let home = Home::with_planted_rows();
    let report = home.json_at("2026-06-26T20:05:00Z", &["report", "guard"]);
    // One of the 20 planted days is a holiday.
    assert_eq!(report["sessions"].as_array().unwrap().len(), 19);
    let chance = report["by_chance"].as_array().unwrap();
    assert_eq!(chance.len(), 10);
    let again = home.json_at("2026-06-26T20:05:00Z", &["report", "guard"]);
    assert_eq!(report, again);
    // What the sessions say is what the guard said on the last of them.
    let last = home.json_at("2026-06-26T19:59:00Z", &["guard"]);
    let of_last = &report["sessions"][18];
    assert_eq!(of_last["date"], "2026-06-26");
    let rules = |list: &Value| -> Vec<Value> {
        let mut rules: Vec<Value> =
            list.as_array().unwrap().iter().map(|lock| lock["rule"].clone()).collect();
        rules.sort_by_key(|rule| rule.as_str().unwrap().to_owned());
        rules.dedup();
        rules
    };
    let held = rules(&last["locks"]);
    assert!(held.iter().all(|rule| rules(&of_last["locks"]).contains(rule)), "{held:?} {of_last}");
    // A loss that passes a limit is a lock of its session, and the release stands beside it.
    let home = Home::new();
    exit(&home, "15:00", "MSFT", -210.0, &json!({}));
    home.seen_at(&at("15:05"), &["guard", "release", "--why", "a test"]);
    let report = home.json_at(&at("21:05"), &["report", "guard"]);
    let session = &report["sessions"][0];
    assert!(
        (session["net_usd"].as_f64().unwrap() + 210.0).abs() < 1e-9 && session["released"] == 1,
        "{session}"
    );
    assert_eq!(session["locks"][0]["released"], at("15:05"));
}

#[test]
fn an_execution_asks_the_guard_as_an_exit_does() {
    let home = Home::new();
    settings(&home, "[guard]\nenabled = true\n");
    let fill = |clock: &str, id: &str, side: &str, price: f64| {
        let event = json!({
            "fill_id": id, "symbol": "MSFT", "side": side, "qty": 100, "price": price, "timestamp": at(clock),
        });
        let mut command = home.dtlearn();
        command.env("DTLEARN_NOW", at(clock)).args(["record-fill", "--format", "json"]);
        let output = command.write_stdin(event.to_string()).output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    assert_eq!(fill("14:40", "f1", "BUY", 100.0)["guard"]["state"], "ACTIVE");
    let closed = fill("15:00", "f2", "SELL", 97.9);
    assert_eq!((&closed["trades"], &closed["guard"]["state"]), (&json!(1), &json!("HALTED")), "{closed}");
    assert!(env(&home, "15:01").contains("DT_GUARD=HALTED\n"));
}

#[test]
fn what_an_exit_says_of_open_positions_counts_and_stays() {
    let home = Home::new();
    settings(&home, "[guard]\nenabled = true\n");
    let said = exit(&home, "15:00", "MSFT", -50.0, &json!({"open_pnl": -160.0}));
    assert_eq!((&said["guard"]["state"], &said["warnings"]), (&json!("HALTED"), &json!([])), "{said}");
    // The exit alone is half a percent; what was open once is not forgotten.
    let said = exit(&home, "15:10", "MSFT", -1.0, &json!({"open_pnl": 20.0}));
    assert_eq!(said["guard"]["state"], "HALTED");
    assert_eq!(guard(&home, "15:11", &[])["state"], "HALTED");
}

#[test]
fn a_knob_that_moves_leaves_the_sessions_before_as_they_were() {
    let home = Home::new();
    settings(&home, "[guard]\nenabled = true\n");
    let dates = crate::common::experiment_store::dates("2026-01-05", 24);
    let set_stop = |date: chrono::NaiveDate, value: &str| {
        let set = format!("DT_STOP_LOSS_PCT={value}");
        home.json_at(&format!("{date}T22:00:00Z"), &["brain-adjust", "--set", &set]);
    };
    for (number, date) in dates.iter().enumerate() {
        // Without a stop on record: how much was risked is what the knob says.
        let lines: String = (0..6)
            .map(|at| {
                let event = json!({
                    "trade_id": format!("{date} {at}"), "symbol": "MSFT", "side": "BUY", "qty": 1,
                    "entry_price": 100.0, "exit_price": 99.0 - 0.01 * number as f64,
                    "entry_time": format!("{date}T15:0{at}:00Z"), "exit_time": format!("{date}T15:1{at}:00Z"),
                });
                format!("{event}\n")
            })
            .collect();
        let now = format!("{date}T15:20:00Z");
        home.dtlearn().env("DTLEARN_NOW", now).arg("record-exit").write_stdin(lines).assert().success();
        match number {
            9 => set_stop(*date, "0.018"),
            16 => set_stop(*date, "0.016"),
            _ => {}
        }
    }
    let asked = || home.json_at(&format!("{}T15:21:00Z", dates[23]), &["guard"]);
    let kept = asked();
    let low = kept["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == "low_profit").unwrap();
    // The worst of the sessions: 6 of -1.22 % against 1.6 %, a day before the last.
    assert!((low["limit"].as_f64().unwrap() - 6.0 * 1.22 / 1.6).abs() < 1e-6, "{low}");
    assert!((low["value"].as_f64().unwrap() - 6.0 * 1.23 / 1.6).abs() < 1e-6, "{low}");
    std::fs::remove_file(home.store(".dtlearn/checkpoint.guard")).unwrap();
    assert_eq!(asked(), kept);
    // Moved during the session it holds from the next one on.
    home.json_at(&format!("{}T15:30:00Z", dates[23]), &["brain-adjust", "--set", "DT_STOP_LOSS_PCT=0.02"]);
    let kept = asked();
    std::fs::remove_file(home.store(".dtlearn/checkpoint.guard")).unwrap();
    assert_eq!(asked(), kept);
}
