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

/// The planted rows with a model of the engine that knows what its confidence knows, and one that guesses.
pub fn with_engine_models() -> Home {
    let (mut picks, exits) = planted();
    for (at, pick) in picks.iter_mut().enumerate() {
        pick["lgb_prob"] = pick["confidence"].clone();
        pick["lstm_prob"] = serde_json::json!(0.05 + 0.9 * ((at * 7919) % 1000) as f64 / 1000.0);
    }
    store(&picks, &exits)
}

pub fn current(home: &Home) -> String {
    let text = std::fs::read_to_string(home.store("models/current")).unwrap();
    text.lines().next().unwrap().to_owned()
}

/// The exits dealt anew: three of four trades win where `momentum_15m` is above zero, and lose where it is not; `turned`:
/// the other way round.
pub fn dealt(picks: &[Value], exits: &[Value], turned: bool) -> Vec<Value> {
    let rows = picks.iter().enumerate();
    let won: std::collections::BTreeMap<&str, bool> = rows
        .map(|(at, pick)| {
            let up = pick["features"]["momentum_15m"].as_f64().unwrap() > 0.0;
            (pick["signal_id"].as_str().unwrap(), up ^ turned ^ (at % 4 == 0))
        })
        .collect();
    let deal = |exit: &Value| {
        let mut exit = exit.clone();
        let won = won[exit["signal_id"].as_str().unwrap()];
        let moved = if won { 0.375 } else { -0.25 };
        let sign = if exit["side"] == "BUY" { 1.0 } else { -1.0 };
        exit["price"] = (100.0 + sign * moved).into();
        exit["exit_reason"] = if won { "take_profit" } else { "stop_loss" }.into();
        exit
    };
    exits.iter().map(deal).collect()
}

/// Copies a model version of one store into another and puts it into use there.
pub fn put_into_use(from: &Home, to: &Home, version: &str, previous: Option<&str>) {
    std::fs::create_dir_all(to.store("models").join(version)).unwrap();
    for name in ["model.json.gz", "judged.json.gz"] {
        let file = format!("models/{version}/{name}");
        std::fs::copy(from.store(&file), to.store(&file)).unwrap();
    }
    let previous = previous.map(|name| format!("previous {name}\n")).unwrap_or_default();
    std::fs::write(to.store("models/current"), format!("{version}\n{previous}")).unwrap();
}
