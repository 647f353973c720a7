//! Every answer as JSON in stores that have next to nothing, or are several: each fits the schema that it names.

use serde_json::Value;

use crate::common::command_line::views;
use crate::common::{CLOSE, Home, exit, schemas};

/// What is asked beside the views of `report`.
const ASKED: [&[&str]; 16] = [
    &["analyze"],
    &["doctor"],
    &["size"],
    &["size", "--by", "symbol"],
    &["size", "--by", "strategy"],
    &["size", "--off-policy"],
    &["heat"],
    &["guard"],
    &["replay"],
    &["what-if", "--all"],
    &["brain-adjust", "--dry-run", "--force"],
    &["retrain", "--check"],
    &["report", "model", "--ensemble"],
    &["report", "brain", "--effects"],
    &["report", "history", "--by", "symbol", "--windows", "7,all"],
    &["report", "patterns", "--ask", "side = long"],
];

/// Asks with the roots that are given, and holds what comes back against its schema; how many answers there were.
fn ask(home: &Home, roots: &[&str]) -> usize {
    let views: Vec<String> = views();
    let reports = views.iter().map(|view| vec!["report", view.as_str()]);
    let asked = reports.chain(ASKED.iter().map(|args| args.to_vec()));
    let mut answers = 0;
    for args in asked {
        let output = home.dtlearn().args(roots).args(&args).args(["--format", "json"]).output().unwrap();
        let Ok(answer) = serde_json::from_slice::<Value>(&output.stdout) else { continue };
        let name = schemas::name_in(&answer).unwrap_or_else(|| panic!("{args:?} names no schema: {answer}"));
        schemas::fits(&name, [&answer]);
        answers += 1;
    }
    answers
}

#[test]
fn every_answer_of_a_store_with_next_to_nothing_fits_its_schema() {
    let one = Home::new();
    one.dtlearn().arg("record-exit").write_stdin(exit("t1", 1.0, CLOSE)).assert().success();
    assert!(ask(&one, &[]) > 30);
    // Trades alone, as most begin: no signal, no feature.
    assert!(ask(&Home::with_real_days(), &[]) > 30);
    let signal = r#"{"signal_id":"s1","symbol":"A","side":"BUY","timestamp":"2019-02-15T19:00:00Z","entry_price":100}"#;
    let signals = Home::new();
    signals.dtlearn().arg("record-signal").write_stdin(signal).assert().success();
    assert!(ask(&signals, &[]) > 20);
}

#[test]
fn every_answer_of_several_stores_fits_its_schema() {
    let home = Home::new();
    for (root, symbol) in [("one", "MSFT"), ("two", "AAPL")] {
        for (n, pnl) in [(0, 5.0), (1, -3.0)] {
            let trade =
                exit(&format!("t{n}"), pnl, &format!("2019-02-15T19:5{n}:00Z")).replace("MSFT", symbol);
            home.dtlearn().args(["--root", root, "record-exit"]).write_stdin(trade).assert().success();
        }
    }
    std::fs::create_dir(home.path("empty")).unwrap();
    assert!(ask(&home, &["--root", "one", "--root", "two"]) > 8);
    // One of them cannot be read, which the answer says.
    assert!(ask(&home, &["--root", "one", "--root", "two", "--root", "empty"]) > 8);
}
