//! The engine's own models together: who is weighed, who is taken out, and what `score` says of it.

use serde_json::{Value, json};

use crate::common::planted_store::{planted, store, with_engine_models};
use crate::common::{EVENING, Home};

/// More than twenty sessions after the evening.
const FIVE_WEEKS_LATER: &str = "2026-08-03T20:05:00Z";

/// The planted picks, each changed.
fn store_of(mut change: impl FnMut(usize, &mut Value)) -> Home {
    let (mut picks, exits) = planted();
    for (at, pick) in picks.iter_mut().enumerate() {
        pick["lgb_prob"] = pick["confidence"].clone();
        pick["lstm_prob"] = json!(0.05 + 0.9 * ((at * 7919) % 1000) as f64 / 1000.0);
        change(at, pick);
    }
    store(&picks, &exits)
}

/// What is said, as if no line were too long for the terminal.
fn told(home: &Home, now: &str, args: &[&str]) -> String {
    home.seen_at(now, args).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn kept(home: &Home) -> Value {
    serde_json::from_str(&std::fs::read_to_string(home.store("ensemble.json")).unwrap()).unwrap()
}

fn members(home: &Home) -> Vec<String> {
    let file = kept(home);
    file["members"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap().to_owned()).collect()
}

fn score_at(home: &Home, now: &str, fields: &str) -> Value {
    let mut ask = home.dtlearn();
    ask.env("DTLEARN_NOW", now).args(["score", "--format", "json"]);
    let line = format!(r#"{{"symbol":"A","side":"BUY"{fields}}}"#);
    let output = ask.write_stdin(line).output().unwrap();
    serde_json::from_slice::<Value>(&output.stdout).unwrap()["scores"][0].clone()
}

const ENV: [&str; 5] = ["report", "model", "--ensemble", "--format", "env"];

#[test]
fn one_row_of_another_model_does_not_switch_the_weights_off() {
    let home = store_of(|at, pick| {
        if at == 300 {
            pick["transformer_prob"] = json!(0.7);
        }
    });
    let said = told(&home, EVENING, &["retrain", "--force"]);
    assert!(said.contains("transformer_prob is not weighed yet: it gave a probability to 1 of"), "{said}");
    assert_eq!(members(&home), ["lgb_prob", "lstm_prob"]);
    let report = told(&home, EVENING, &["report", "model", "--ensemble"]);
    assert!(report.contains("transformer_prob is not weighed yet"), "{report}");
    assert_eq!(home.json_at(EVENING, &["report", "model", "--ensemble"])["base_of"], "lgb_prob");
    assert!(home.seen_at(EVENING, &ENV).contains("DT_W_LGB=1.000"));
}

#[test]
fn a_model_that_disappeared_is_taken_out_with_the_next_retrain() {
    let both = with_engine_models();
    assert_eq!(both.json_at(EVENING, &["retrain"])["status"], "deployed");
    let home = store_of(|_, pick| {
        if pick["timestamp"].as_str().unwrap() > "2026-06-15" {
            pick["lstm_prob"] = Value::Null;
        }
    });
    let mut file = kept(&both);
    file["evidence"] = json!(50.0);
    std::fs::write(home.store("ensemble.json"), file.to_string()).unwrap();
    // Before the next retrain it is said wherever somebody looks.
    let gone = "lstm_prob gave no probability after the session of 2026-06-";
    for ask in [&["report", "health"][..], &["doctor"], &["report", "model", "--ensemble"]] {
        let said = told(&home, EVENING, ask);
        assert!(said.contains(gone), "{said}");
    }
    let said = told(&home, EVENING, &["retrain", "--force"]);
    assert!(said.contains(gone) && said.contains("and is taken out of the ensemble"), "{said}");
    assert_eq!(members(&home), ["lgb_prob"]);
    let env = home.seen_at(EVENING, &ENV);
    assert!(env.contains("DT_W_LGB=1.000\nDT_W_LSTM=0.000\nDT_W_TRANSFORMER=0.000\n"), "{env}");
    let said = told(&home, EVENING, &["report", "model", "--ensemble"]);
    assert!(said.contains("the only one of the engine's models that gives probabilities"), "{said}");
    assert!(!told(&home, EVENING, &["doctor"]).contains("lstm_prob"));
}

#[test]
fn weights_grow_old() {
    let home = with_engine_models();
    home.json_at(EVENING, &["retrain"]);
    let then = told(&home, FIVE_WEEKS_LATER, &["report", "model", "--ensemble"]);
    assert!(then.contains("are of 2026-06-26, more than 20 sessions ago, and no longer used"), "{then}");
    let report = home.json_at(FIVE_WEEKS_LATER, &["report", "model", "--ensemble"]);
    assert_eq!((&report["base"], &report["base_of"]), (&Value::Null, &json!("mean")));
    assert!(home.seen_at(FIVE_WEEKS_LATER, &ENV).contains("DT_W_LGB=\n"));
    let scored = score_at(&home, FIVE_WEEKS_LATER, r#","lgb_prob":0.9,"lstm_prob":0.1"#);
    assert_eq!((&scored["base_of"], &scored["base"]), (&json!("mean"), &json!(5.0)));
    assert!(scored["warnings"].to_string().contains("no longer used"), "{scored}");
    assert!(told(&home, FIVE_WEEKS_LATER, &["doctor"]).contains("made more than 20 sessions ago"));
}

#[test]
fn a_signal_without_the_best_model_says_so() {
    let home = with_engine_models();
    home.json_at(EVENING, &["retrain"]);
    let score = |fields: &str| score_at(&home, EVENING, fields);
    let said = |scored: &Value| scored["warnings"].to_string();
    let next = score(r#","lstm_prob":0.2,"confidence":0.9"#);
    assert_eq!(next["base_of"], "lstm_prob");
    assert!(
        said(&next).contains("lgb_prob is missing and taken out of the ensemble: lstm_prob stands alone")
    );
    let mean = score(r#","confidence":0.9"#);
    assert_eq!((&mean["base_of"], &mean["base"]), (&json!("mean"), &json!(9.0)));
    assert!(said(&mean).contains("lgb_prob is missing"), "{mean}");
    let odd = score(r#","lgb_prob":1.9,"lstm_prob":0.2"#);
    assert!(said(&odd).contains("lgb_prob 1.9 is not a number from 0 to 1; treated as missing"), "{odd}");
    let none = score("");
    assert_eq!((&none["base_of"], &none["base"]), (&json!("none"), &json!(5.0)));
    assert!(said(&none).contains("nothing is left: the base is 5"), "{none}");
}
