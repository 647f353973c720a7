//! What the program says, letter by letter: every view and every answer as a table of 80 columns and as JSON, and the
//! page, on the five shipped days and on planted trades with a model in use.
//!
//! What changes here changes for every user. Look at the difference, then take it over:
//! `INSTA_UPDATE=always cargo test --test cli`.

use crate::common::command_line::{names, views};
use crate::common::pins::{Pins, snapshots};
use crate::common::planted_store::{dealt, planted, store, with_engine_models};
use crate::common::sized_store::record_sized;
use crate::common::{CLOSE, EVENING, Home, exit, fixture, unpack};

/// Trades as a broker would write them.
const TRADES: &str = "Symbol,Side,Fill Px,Exit Price,Qty,Entry Time,Exit Time\n\
    MSFT,BUY,100,101,10,2019-02-14 10:00:00,2019-02-14 10:30:00\n\
    AAPL,SELL,200,199,5,2019-02-14 11:00:00,2019-02-14 11:45:00\n\
    AAPL,SELL,200,0,5,2019-02-14 11:00:00,2019-02-14 11:45:00\n";

/// A line of input, as an engine would write it.
const SIGNAL: &str = r#"{"signal_id":"s1","symbol":"MSFT","side":"LONG","timestamp":"2019-02-15T19:00:00Z","entry_price":100,"confidence":0.7}"#;

/// An execution, as an engine would write it.
const FILL: &str = r#"{"fill_id":"e1","symbol":"KO","side":"BUY","timestamp":"2019-02-15T19:40:00Z","price":45.1,"qty":9,"fees":0.5,"stop_price":44.6}"#;

/// An item of news, as a feed would write it.
const NEWS: &str = r#"{"headline_id":"n1","symbol":"MSFT","sector":"technology","timestamp":"2019-02-15T18:00:00Z","sentiment":0.5,"source":"wire"}"#;

/// The first two planted picks.
fn picks() -> String {
    let text = String::from_utf8(unpack(&fixture("planted/1000/signals.jsonl.gz"))).unwrap();
    text.lines().take(2).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_five_days() {
    let mut pins = Pins::new("days", Home::new(), CLOSE);
    pins.table(&["demo", "demo"], "");
    pins.root = "demo/da_brains";
    for view in views() {
        pins.table(&["report", &view], "");
        // Nine thousand lines of trades would tell no more than those of a day.
        let last_day: &[&str] = if view == "trades" { &["--days", "1"] } else { &[] };
        pins.json(&[&["report", &view][..], last_day].concat(), "");
    }
    pins.table(&["report", "metrics", "--wide"], "");
    pins.head(&["report", "metrics", "--format", "prometheus"]);
    pins.both(&["report", "brain", "--effects"]);
    pins.both(&["report", "brain", "--symbol", "MSFT"]);
    pins.table(&["report", "brain", "--format", "env"], "");
    pins.table(&["report", "trades", "--symbol", "MSFT", "--limit", "3"], "");
    pins.table(&["report", "trades", "--where", "setup = orb and r < -1", "--limit", "3"], "");
    pins.both(&["report", "metrics", "--where", "side = long", "--against", "side = short"]);
    pins.table(&["report", "history", "--days", "2", "--format", "csv"], "");
    pins.table(&["report", "patterns", "--save"], "");
    pins.table(&["report", "patterns", "--since-last"], "");
    pins.page();
    pins.table(&["analyze"], "");
    pins.both(&["brain-adjust", "--dry-run", "--explain", "--force"]);
    pins.both(&["brain-adjust", "--dry-run", "--evidence", "strict", "--force"]);
    pins.both(&["brain-adjust", "--set", "DT_MAX_POSITIONS=2"]);
    pins.both(&["brain-adjust", "--rollback"]);
    pins.both(&["retrain", "--check"]);
    pins.both(&["retrain", "--force", "--dry-run"]);
    pins.both(&["what-if", "DT_MAX_POSITIONS"]);
    pins.both(&["what-if", "--all"]);
    pins.both(&["report", "history", "--by", "hold", "--windows", "2,7"]);
    let bars = fixture("real/bars_1m.csv.gz");
    let bars = bars.to_str().unwrap();
    pins.both(&["what-if", "DT_STOP_LOSS_PCT=0.015,DT_TAKE_PROFIT_PCT=0.03", "--prices", bars]);
    pins.both(&["replay"]);
    pins.both(&["doctor"]);
    pins.both(&["post-market", "--prices", bars]);
    pins.both(&["report", "post-market", "2019-02-15"]);
    pins.table(&["size"], "");
    pins.head(&["export"]);
    pins.head(&["export", "--format", "csv"]);
    pins.table(&["score"], &picks());
    pins.done();
}

#[test]
fn a_model_in_use() {
    let mut pins = Pins::new("model", Home::with_planted_rows(), EVENING);
    pins.both(&["retrain"]);
    pins.both(&["report", "model"]);
    pins.both(&["report", "model", "--ensemble"]);
    pins.both(&["report", "retrains"]);
    pins.both(&["report", "patterns"]);
    pins.table(&["report"], "");
    pins.table(&["report", "health"], "");
    pins.table(&["report", "metrics"], "");
    pins.table(&["score"], &picks());
    pins.json(&["score"], &picks());
    pins.table(&["score", "--format", "csv"], &picks());
    pins.table(&["score", "--stream"], &picks());
    pins.page();
    pins.table(&["what-if", "DT_EXEC_MIN_CONF=0.4", "DT_EXEC_MIN_CONF=0.3"], "");
    let late = ["guard", "--now", "2026-06-26T19:00:00Z", "--open-pnl", "-150"];
    pins.both(&late);
    pins.table(&[&late[..], &["--for", "MSFT", "--format", "env"]].concat(), "");
    pins.table(&["guard", "--now", "2026-06-26T20:00:00Z"], "");
    let open = r#"[{"symbol":"SYN1","side":"LONG","qty":9,"entry_price":100,"stop_price":99,"sector":"energy"},
        {"symbol":"SYN2","side":"SHORT","qty":5,"entry_price":80}]"#;
    std::fs::write(pins.home.path("open.json"), open).unwrap();
    let asked = ["--for", "SYN3", "--side", "LONG", "--qty", "50", "--price", "120", "--stop", "117"];
    pins.both(&[&["heat", "--open", "open.json"], &asked[..]].concat());
    pins.both(&["portfolio", "--apply"]);
    pins.both(&["doctor"]);
    pins.table(&["retrain", "--exit-code"], "");
    pins.table(&["retrain", "--force"], "");
    pins.table(&["retrain", "--rollback"], "");
    pins.done();
}

#[test]
fn patterns_that_are_there() {
    let (mut picks, exits) = planted();
    let mut exits = dealt(&picks, &exits, false);
    // A setup that wins, so that a question of those that are asked beforehand is answered too.
    for (pick, exit) in picks.iter_mut().zip(&mut exits) {
        let setup = if pick["features"]["momentum_15m"].as_f64() > Some(0.0) { "orb" } else { "fade" };
        pick["setup"] = setup.into();
        exit["setup"] = setup.into();
    }
    let mut pins = Pins::new("patterns", store(&picks, &exits), EVENING);
    pins.said(&["retrain"], "");
    let ask = ["report", "patterns", "--ask", "momentum_15m > 0", "--days", "60"];
    pins.now = "2026-06-19T21:00:00Z";
    pins.both(&ask);
    pins.said(&["report", "patterns", "--save"], "");
    pins.now = EVENING;
    pins.fits(&["report", "patterns"]);
    pins.both(&["report", "patterns", "--since-last"]);
    pins.json(&[&ask[..], &["--since-last"]].concat(), "");
    // A question about what no row has any more.
    let asked = pins.home.store("patterns_asked.jsonl");
    let kept = std::fs::read_to_string(&asked).unwrap();
    std::fs::write(&asked, kept.replace("momentum_15m", "momentum_16m")).unwrap();
    pins.json(&["report", "patterns", "--since-last", "--days", "30"], "");
    pins.done();
}

#[test]
fn models_of_the_engine() {
    let mut pins = Pins::new("engine-models", with_engine_models(), EVENING);
    pins.table(&["retrain"], "");
    pins.both(&["report", "model", "--ensemble"]);
    pins.table(&["report", "model", "--ensemble", "--format", "env"], "");
    let signal = r#"{"symbol":"SYN1","side":"BUY","lgb_prob":0.7,"lstm_prob":0.2}"#;
    pins.table(&["score"], signal);
    pins.done();
}

#[test]
fn several_desks() {
    let mut pins = Pins::new("desks", Home::new(), CLOSE);
    for (desk, pnl) in [("breakout", 12.0), ("reversal", -7.0)] {
        // The second day loses.
        let exits = [(14, pnl), (15, pnl - 21.0)]
            .map(|(day, pnl)| exit("t1", pnl, &format!("2019-02-{day}T19:50:00Z")));
        let root = format!("desks/{desk}");
        let mut record = pins.home.dtlearn();
        record.args(["record-exit", "--root", &root]).write_stdin(exits.join("\n")).assert().success();
    }
    pins.root = "desks/*";
    pins.both(&["analyze"]);
    pins.both(&["report", "desks"]);
    for view in ["summary", "metrics", "trades", "history", "risk"] {
        pins.table(&["report", view], "");
    }
    for view in ["excursions", "execution", "behaviour", "missed", "patterns"] {
        pins.fits(&["report", view]);
    }
    pins.done();
}

#[test]
fn what_size_the_record_supports() {
    let home = Home::new();
    record_sized(&home, 70, [-0.004, 0.0, 0.006], |_| String::new());
    let mut pins = Pins::new("size", home, "2026-04-15T21:30:00Z");
    pins.table(&["size"], "");
    pins.both(&["size", "--explain"]);
    pins.table(&["size", "--format", "env"], "");
    pins.both(&["size", "--by", "strategy"]);
    pins.table(&["size", "--off-policy"], "");
    pins.table(&["report", "sizing"], "");
    pins.table(&["report", "sizing", "--format", "csv"], "");
    pins.done();
}

#[test]
fn what_is_recorded() {
    let mut pins = Pins::new("records", Home::new(), CLOSE);
    let sell = ["--symbol", "MSFT", "--side", "SELL"];
    pins.table(&["record-exit"], &exit("t1", 5.0, "2019-02-15T19:50:00Z"));
    let mixed = [
        exit("t1", 5.0, "2019-02-15T19:50:00Z"),
        exit("t2", -5.0, "2019-02-15T19:50:00Z"),
        "{\"symbol\":\"MSFT\"}".into(),
    ];
    pins.json(&["record-exit"], &mixed.join("\n"));
    let by_hand =
        [&["record-exit"], &sell[..], &["--entry-price", "105.27", "--exit-price", "105.54"]].concat();
    pins.table(&by_hand, "");
    pins.table(&["record-fill"], FILL);
    pins.json(
        &["record-fill"],
        &FILL.replace("e1", "e2").replace("BUY", "SELL").replace("\"qty\":9", "\"qty\":4"),
    );
    pins.both(&["report", "positions"]);
    pins.table(&["record-signal"], SIGNAL);
    pins.json(&["record-signal"], SIGNAL);
    pins.table(&["record-news"], NEWS);
    pins.json(&["record-news"], &NEWS.replace("n1", "n2").replace("0.5", "5"));
    let missed = SIGNAL.replace("s1", "m1");
    pins.table(&["track-missed", "--reason", "max_positions"], &missed);
    pins.json(&["track-missed"], &missed.replace("0.7}", "0.3}"));
    std::fs::write(pins.home.path("trades.csv"), TRADES).unwrap();
    let import = ["import", "trades.csv", "--map", "Fill Px=entry_price", "--tz", "America/New_York"];
    pins.both(&import);
    let broker = TRADES.replace("101,10", "101.5,10").replace("AAPL,SELL,200,0,5", "KO,BUY,45,46,5");
    std::fs::write(pins.home.path("broker.csv"), broker).unwrap();
    pins.both(&["reconcile", "broker.csv", "--map", "Fill Px=entry_price", "--tz", "America/New_York"]);
    let freqtrade = fixture("freqtrade/backtest-result.json");
    pins.both(&["import", freqtrade.to_str().unwrap(), "--currency", "BTC"]);
    pins.table(&["report", "trades"], "");
    pins.both(&["analyze"]);
    pins.both(&["doctor", "--seal"]);
    pins.table(&["void", "t1", "--why", "sent twice"], "");
    pins.json(&["void", "t2", "--why", "sent twice"], "");
    pins.table(&["schedule", "cron"], "");
    pins.both(&["calendar", "2026"]);
    pins.table(&["calendar", "2026", "--calendar", "24/5"], "");
    pins.head(&["calendar", "2026", "--format", "csv"]);
    pins.head(&["calendar", "2026", "--format", "ics"]);
    pins.table(&["schedule", "systemd"], "");
    pins.done();
}

#[test]
fn an_experiment() {
    let mut pins = Pins::new("experiment", Home::new(), "2026-03-30T21:30:00Z");
    let text =
        |name: &str| String::from_utf8(unpack(&fixture(&format!("experiment/{name}.jsonl.gz")))).unwrap();
    pins.said(&["record-signal"], &text("before-signals"));
    pins.said(&["record-exit"], &text("before-exits"));
    let knob = "DT_STOP_LOSS_PCT=0.012";
    let plan = [
        "experiment",
        "plan",
        "tight-stops",
        "--arms",
        "A,B",
        "--unit",
        "signal",
        "--min-effect",
        "0.3%",
        "--knob",
        knob,
    ];
    pins.table(&[&plan[..], &["--dry-run"]].concat(), "");
    pins.json(&plan, "");
    pins.both(&["report", "experiments"]);
    pins.now = "2026-05-29T21:30:00Z";
    pins.said(&["record-signal"], &text("during-signals"));
    pins.said(&["record-exit"], &text("during-exits"));
    pins.both(&["experiment", "arm", "tight-stops", "--signal-id", "s7"]);
    pins.table(&["experiment", "arm", "tight-stops", "--signal-id", "s7", "--format", "env"], "");
    pins.table(&["report", "experiments", "--format", "csv"], "");
    pins.json(&["report", "experiments", "tight-stops"], "");
    pins.table(&["experiment", "stop", "tight-stops", "--keep", "B", "--why", "it pays"], "");
    pins.table(&["report", "experiments", "tight-stops"], "");
    pins.done();
}

#[test]
fn an_empty_store() {
    let mut pins = Pins::new("empty", Home::new(), CLOSE);
    std::fs::create_dir_all(pins.home.store("")).unwrap();
    for view in views() {
        pins.table(&["report", &view], "");
        pins.fits(&["report", &view]);
    }
    for args in [
        &["analyze"][..],
        &["brain-adjust", "--dry-run"],
        &["retrain", "--check"],
        &["retrain", "--force"],
        &["what-if", "DT_MAX_POSITIONS"],
        &["replay"],
        &["doctor"],
        &["export"],
        &["post-market"],
    ] {
        pins.table(args, "");
    }
    pins.page();
    pins.done();
}

#[test]
fn every_command_has_its_pin() {
    let pinned: Vec<String> =
        snapshots().iter().filter_map(|name| Some(name.split_once('_')?.1.to_owned())).collect();
    // What shells and Python take is checked with them.
    for command in names().iter().filter(|name| !["completions", "generate"].contains(&name.as_str())) {
        let is_pinned = pinned.iter().any(|name| name.split(['_', '.']).next() == Some(command));
        assert!(is_pinned, "no snapshot shows what {command} answers");
    }
}
