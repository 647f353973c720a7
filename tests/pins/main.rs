//! What the program says, letter by letter: every view and every answer as a table of 80 columns and as JSON, and the
//! page, on the five shipped days and on planted trades with a model in use.
//!
//! What changes here changes for every user. Look at the difference, then take it over:
//! `INSTA_UPDATE=always cargo test --test pins`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    clippy::disallowed_methods,
    reason = "a test may stop where it stands"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/desks.rs"]
mod desks;
mod errors;
mod forms;
#[path = "../common/memory_disk.rs"]
mod memory_disk;
mod stored;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::CommandFactory;
use common::{CLOSE, EVENING, Home, exit, fixture, unpack};
use dtlearn::cli::Cli;
use serde_json::Value;

/// A prepared store, the moment at which it is asked, and what it said so far.
struct Pins {
    world: &'static str,
    home: Home,
    root: &'static str,
    now: &'static str,
    taken: BTreeSet<String>,
}

impl Pins {
    fn new(world: &'static str, home: Home, now: &'static str) -> Self {
        Self { world, home, root: "da_brains", now, taken: BTreeSet::new() }
    }

    /// Status, answer and what is said beside it.
    fn said(&self, args: &[&str], stdin: &str) -> String {
        let mut command = self.home.dtlearn();
        command.env("PWD", "/srv").env("DTLEARN_ROOT", self.root).env("DTLEARN_NOW", self.now);
        let said = common::seen(command.args(args).write_stdin(stdin), &self.home);
        said.replace(env!("CARGO_MANIFEST_DIR"), "CHECKOUT")
    }

    fn pin(&mut self, name: &str, text: &str) {
        let name = format!("{}_{name}", self.world);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name.as_str(), text));
        assert!(self.taken.insert(name.clone()), "{name:?} twice");
    }

    /// Pins the answer as a table.
    fn table(&mut self, args: &[&str], stdin: &str) {
        let said = self.said(args, stdin);
        self.pin(&format!("{}.table", name_of(args)), &said);
    }

    /// Pins the answer as JSON, one short line for each short value.
    fn json(&mut self, args: &[&str], stdin: &str) {
        let said = self.said(&[args, &["--format", "json"]].concat(), stdin);
        let (head, rest) = said.split_once("--- out\n").unwrap();
        let (answer, beside) = rest.split_once("--- err\n").unwrap();
        let value: Value =
            serde_json::from_str(answer).unwrap_or_else(|why| panic!("{args:?}: {why}: {said}"));
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(pretty, answer.trim_end(), "{args:?}: the short form keeps every letter");
        let short = format!("{head}--- out\n{}\n--- err\n{beside}", forms::short_json(&value));
        self.pin(&format!("{}.json", name_of(args)), &short);
    }

    /// Pins the first lines of an answer that goes on in the same way.
    fn head(&mut self, args: &[&str]) {
        let said = self.said(args, "");
        let lines: Vec<&str> = said.lines().take(6).collect();
        self.pin(&format!("{}.head", name_of(args)), &lines.join("\n"));
    }

    fn both(&mut self, args: &[&str]) {
        self.table(args, "");
        self.json(args, "");
    }

    /// Pins each section of the page.
    fn page(&mut self) {
        let said = self.said(&["report", "--html", "-"], "");
        for (id, section) in forms::sections(&said) {
            self.pin(&format!("page_{id}"), &section);
        }
    }

    /// Fails when a snapshot is left of an answer that nobody asks for any more.
    fn done(self) {
        let of_world = format!("{}_", self.world);
        let left: Vec<String> = snapshots().into_iter().filter(|name| name.starts_with(&of_world)).collect();
        let left: Vec<&String> = left.iter().filter(|name| !self.taken.contains(*name)).collect();
        assert!(left.is_empty(), "asked for by nobody, remove them: {left:?}");
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")
}

/// The names of all snapshots.
fn snapshots() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(".snap").map(str::to_owned)).collect()
}

/// The command line as the name of a file.
fn name_of(args: &[&str]) -> String {
    let words = args.iter().map(|arg| arg.rsplit('/').next().unwrap().trim_start_matches('-'));
    words.collect::<Vec<_>>().join("_").replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_")
}

/// Every view of `report`, as the command line knows them.
fn views() -> Vec<String> {
    let cli = Cli::command();
    let report = cli.find_subcommand("report").unwrap();
    let view = report.get_arguments().find(|arg| arg.get_id() == "view").unwrap();
    view.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect()
}

/// A line of input, as an engine would write it.
const SIGNAL: &str = r#"{"signal_id":"s1","symbol":"MSFT","side":"LONG","timestamp":"2019-02-15T19:00:00Z","entry_price":100,"confidence":0.7}"#;

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
    pins.both(&["report", "brain", "--effects"]);
    pins.both(&["report", "brain", "--symbol", "MSFT"]);
    pins.table(&["report", "brain", "--format", "env"], "");
    pins.table(&["report", "trades", "--symbol", "MSFT", "--limit", "3"], "");
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
    let bars = fixture("real/bars_1m.csv.gz");
    let bars = bars.to_str().unwrap();
    pins.both(&["what-if", "DT_STOP_LOSS_PCT=0.015,DT_TAKE_PROFIT_PCT=0.03", "--prices", bars]);
    pins.both(&["replay"]);
    pins.both(&["doctor"]);
    pins.both(&["post-market", "--prices", bars]);
    pins.both(&["report", "post-market", "2019-02-15"]);
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
    pins.both(&["doctor"]);
    pins.table(&["retrain", "--exit-code"], "");
    pins.table(&["retrain", "--force"], "");
    pins.table(&["retrain", "--rollback"], "");
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
    pins.table(&["record-signal"], SIGNAL);
    pins.json(&["record-signal"], SIGNAL);
    let missed = SIGNAL.replace("s1", "m1");
    pins.table(&["track-missed", "--reason", "max_positions"], &missed);
    pins.json(&["track-missed"], &missed.replace("0.7}", "0.3}"));
    std::fs::write(pins.home.path("trades.csv"), forms::TRADES).unwrap();
    let import = ["import", "trades.csv", "--map", "Fill Px=entry_price", "--tz", "America/New_York"];
    pins.both(&import);
    let freqtrade = fixture("freqtrade/backtest-result.json");
    pins.both(&["import", freqtrade.to_str().unwrap()]);
    pins.table(&["report", "trades"], "");
    pins.both(&["analyze"]);
    pins.both(&["doctor", "--seal"]);
    pins.table(&["schedule", "cron"], "");
    pins.both(&["calendar", "2026"]);
    pins.table(&["calendar", "2026", "--calendar", "24/5"], "");
    pins.head(&["calendar", "2026", "--format", "csv"]);
    pins.head(&["calendar", "2026", "--format", "ics"]);
    pins.table(&["schedule", "systemd"], "");
    pins.done();
}

#[test]
fn an_empty_store() {
    let mut pins = Pins::new("empty", Home::new(), CLOSE);
    std::fs::create_dir_all(pins.home.store("")).unwrap();
    for view in views() {
        pins.table(&["report", &view], "");
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
    let names = snapshots();
    for command in Cli::command().get_subcommands().filter(|command| !command.is_hide_set()) {
        // What the shells take is checked with the shells.
        let is_pinned = |name: &String| name.contains(&format!("_{}", command.get_name()));
        let name = command.get_name();
        assert!(
            name == "completions" || names.iter().any(is_pinned),
            "no snapshot shows what {name} answers"
        );
    }
}
