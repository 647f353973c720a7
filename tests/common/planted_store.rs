//! Stores of planted picks and trades, changed to order, and the model in use.

use serde_json::Value;

use crate::common::{EVENING, Home, fixture, unpack};

pub fn lines(name: &str) -> Vec<Value> {
    let text = String::from_utf8(unpack(&fixture(name))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn joined(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

/// A store with these picks and exits, as it stands on that evening.
pub fn store(picks: &[Value], exits: &[Value]) -> Home {
    let home = Home::new();
    home.dtlearn()
        .env("DTLEARN_NOW", EVENING)
        .arg("record-signal")
        .write_stdin(joined(picks))
        .assert()
        .success();
    home.dtlearn()
        .env("DTLEARN_NOW", EVENING)
        .arg("record-exit")
        .write_stdin(joined(exits))
        .assert()
        .success();
    home
}

pub fn planted() -> (Vec<Value>, Vec<Value>) {
    (lines("planted/1000/signals.jsonl.gz"), lines("planted/1000/exits.jsonl.gz"))
}

pub fn current(home: &Home) -> String {
    let text = std::fs::read_to_string(home.store("models/current")).unwrap();
    text.lines().next().unwrap().to_owned()
}
