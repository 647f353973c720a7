//! `retrain`: when, on what, and what is deployed.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::common::planted_store::{
    current, dealt, joined, planted, put_into_use, store, with_engine_models,
};
use crate::common::{EVENING, Home, fixture};

fn session(row: &Value) -> &str {
    &row.get("entry_timestamp").unwrap_or(&row["timestamp"]).as_str().unwrap()[..10]
}

#[test]
fn a_model_is_trained_deployed_used_and_taken_back() {
    let (picks, exits) = planted();
    let home = store(&picks, &exits);
    let due = home.seen_at(EVENING, &["retrain", "--check"]);
    assert!(due.contains("A retrain is due: no model was ever deployed"), "{due}");
    let dry = home.seen_at(EVENING, &["retrain", "--dry-run"]);
    assert!(dry.contains("would be deployed") && !home.store("models").exists(), "{dry}");

    let done = home.json_at(EVENING, &["retrain"]);
    assert_eq!(done["status"], "deployed", "{done}");
    assert_eq!(done["training"]["sessions"], 15);
    assert_eq!(done["validation"]["held_out"]["n"], 200);
    assert!(done["accuracy_new"].as_f64() >= done["accuracy_old"].as_f64().map(|old| 0.95 * old));
    let version = done["version"].as_str().unwrap().to_owned();
    assert_eq!(current(&home), version);
    assert!(
        std::fs::metadata(home.store(&format!("models/{version}/model.json.gz"))).unwrap().len() < 500_000
    );
    let baseline: Value =
        serde_json::from_slice(&std::fs::read(home.store("baseline_performance.json")).unwrap()).unwrap();
    assert_eq!(baseline["version"], version);
    assert!(baseline["metrics"]["win_rate"].as_f64().is_some());
    let overfit: Value =
        serde_json::from_slice(&std::fs::read(home.store("overfit_history.json")).unwrap()).unwrap();
    assert!(overfit[0]["gap"].as_f64().unwrap() < 0.2);

    // Once a date by itself; forced, and on another date when something calls for it.
    let again = home.seen_at(EVENING, &["retrain", "--exit-code"]);
    assert!(again.starts_with("status 4\n") && again.contains("already tried on 2026-06-26"), "{again}");
    assert_eq!(home.json_at("2026-06-26T20:30:00Z", &["retrain", "--force"])["status"], "deployed");
    let second = current(&home);
    assert_ne!(second, version);

    let model = home.seen_at(EVENING, &["report", "model"]);
    assert!(
        model.contains(&format!("Model {second} in use")) && model.contains("Calibration, held out"),
        "{model}"
    );
    let retrains = home.json_at(EVENING, &["report", "retrains"]);
    assert_eq!(
        (retrains["count"].as_u64(), &retrains["retrains"][0]["status"]),
        (Some(2), &"deployed".into())
    );
    let metrics = home.json_at("2026-06-30T20:30:00Z", &["report", "metrics"]);
    assert_eq!(metrics["model_health"]["days_since_retrain"], 4.0);
    assert_eq!(metrics["baseline"]["version"], second);

    let back = home.seen_at(EVENING, &["retrain", "--rollback"]);
    assert!(back.contains(&format!("Model {version} is in use again")), "{back}");
    assert_eq!(current(&home), version);
    let none = home.seen_at(EVENING, &["retrain", "--rollback"]);
    assert!(
        none.starts_with("status 1\n") && none.contains("there is no earlier model to roll back to"),
        "{none}"
    );
}

#[test]
fn the_same_input_gives_the_same_model_in_any_process_and_on_any_number_of_threads() {
    let (picks, exits) = planted();
    let home = store(&picks, &exits);
    let mut sums = std::collections::BTreeSet::new();
    for threads in ["1", "2", "1", "3"] {
        let mut command = home.dtlearn();
        command.env("DTLEARN_NOW", EVENING).env("RAYON_NUM_THREADS", threads);
        command.args(["retrain", "--force"]).assert().success();
        let made = home.store(&format!("models/{}/model.json.gz", current(&home)));
        sums.insert(std::fs::read(made).unwrap());
        // Without a champion again: what it is judged beside stands in its file.
        std::fs::remove_dir_all(home.store("models")).unwrap();
    }
    assert_eq!(sums.len(), 1);
}

#[test]
fn a_champion_that_is_better_is_kept() {
    let (picks, exits) = planted();
    let (dealt_right, dealt_wrong) = (dealt(&picks, &exits, false), dealt(&picks, &exits, true));
    let good = store(&picks, &dealt_right);
    assert_eq!(good.json_at(EVENING, &["retrain"])["status"], "deployed");
    let champion = current(&good);
    // Another store in which the trades that a challenger learns from came out the other way round.
    let held_out = "2026-06-23";
    let mixed: Vec<Value> = dealt_right
        .into_iter()
        .zip(dealt_wrong)
        .map(|(right, wrong)| if session(&right) < held_out { wrong } else { right })
        .collect();
    let home = store(&picks, &mixed);
    put_into_use(&good, &home, &champion, None);
    let refused = home.json_at(EVENING, &["retrain", "--force"]);
    assert_eq!(refused["status"], "rejected", "{refused}");
    let reason = refused["reason"].as_str().unwrap();
    assert!(
        refused["accuracy_old"].as_f64() > Some(0.7)
            && reason.contains("the model in use reaches 7")
            && reason.contains("log loss worse than that of the model in use: -0."),
        "{refused}"
    );
    // The model in use was fitted on these rows as well: what meets the challenger is the fit that was not.
    let judged = &refused["validation"]["champion"];
    assert_eq!((&judged["n"], &refused["validation"]["held_out"]["n"]), (&200.into(), &200.into()));
    assert_eq!(current(&home), champion);
    // Without that fit nothing is left to judge on, and nothing is deployed.
    std::fs::remove_file(home.store(&format!("models/{champion}/judged.json.gz"))).unwrap();
    let refused = home.json_at(EVENING, &["retrain", "--force"]);
    assert_eq!(refused["reason"], "cannot be judged yet: 0 held-out rows, it takes 30", "{refused}");
    assert_eq!((current(&home), &refused["validation"]["sessions"]), (champion, &0.into()));
}

#[test]
fn a_planted_overfit_is_refused() {
    let (mut picks, exits) = planted();
    let good: BTreeMap<&str, bool> = exits
        .iter()
        .map(|exit| (exit["signal_id"].as_str().unwrap(), exit["exit_reason"] == "take_profit"))
        .collect();
    for (at, pick) in picks.iter_mut().enumerate() {
        // Tells the outcome of four trades of five, until the sessions on which it is judged.
        let known = session(pick) < "2026-06-22" && at % 5 != 0;
        let won = good[pick["signal_id"].as_str().unwrap()];
        pick["features"]["memory"] = json!(if known { u8::from(won) } else { u8::from(at % 3 == 0) });
    }
    let home = store(&picks, &exits);
    let refused = home.json_at(EVENING, &["retrain"]);
    assert_eq!(refused["status"], "rejected", "{refused}");
    assert!(refused["reason"].as_str().unwrap().contains("overfit: accuracy"), "{refused}");
    assert!(!home.store("models/current").exists());
    let log = std::fs::read_to_string(home.store("retrain_log.jsonl")).unwrap();
    assert!(log.contains("\"status\":\"rejected\"") && log.lines().count() == 1);
}

#[test]
fn a_leak_is_refused_by_its_name_and_caught_without_one() {
    let (mut picks, exits) = planted();
    let good: BTreeMap<&str, bool> = exits
        .iter()
        .map(|exit| (exit["signal_id"].as_str().unwrap(), exit["exit_reason"] == "take_profit"))
        .collect();
    for pick in &mut picks {
        let won = good[pick["signal_id"].as_str().unwrap()];
        pick["features"]["pnlPct"] = json!(if won { 0.01 } else { -0.01 });
    }
    let named = store(&picks, &exits);
    let said = named.seen_at(EVENING, &["retrain", "--dry-run"]);
    assert!(
        said.contains("[auto_retrain] warning: feature pnlPct reveals the outcome: left out of 1000 records"),
        "{said}"
    );
    assert!(said.contains("would be deployed") && !said.contains("pnl_pct  "), "{said}");
    for (at, pick) in picks.iter_mut().enumerate() {
        let won = good[pick["signal_id"].as_str().unwrap()];
        pick["features"].as_object_mut().unwrap().remove("pnlPct");
        pick["features"]["vwap_gap"] = json!(f64::from(u8::from(won)) + (at % 10) as f64 / 6.0);
    }
    let hidden = store(&picks, &exits);
    let refused = hidden.json_at(EVENING, &["retrain"]);
    assert_eq!(refused["status"], "rejected");
    assert!(
        refused["reason"].as_str().unwrap().starts_with("vwap_gap alone predicts the outcome (AUC 0.9"),
        "{refused}"
    );
}

#[test]
fn on_the_real_days_the_gate_says_what_is_true() {
    let home = Home::with_real_signals();
    home.dtlearn()
        .args(["analyze", "--prices", fixture("real/bars_1m.csv.gz").to_str().unwrap()])
        .assert()
        .success();
    let said = home.json(&["retrain"]);
    assert_eq!(said["status"], "rejected", "{said}");
    assert_eq!((said["rows"].as_u64(), said["sessions"].as_u64()), (Some(447), Some(5)));
    assert!(said["reason"].as_str().unwrap().contains("no skill"), "{said}");
    let sources = &said["training"]["sources"];
    assert!(sources[0].as_u64().unwrap() > 0 && sources[1].as_u64().unwrap() > 0, "{sources}");
}

#[test]
fn too_few_rows_say_how_many_more_and_when() {
    let (picks, exits) = planted();
    let home = store(&picks[..40], &exits[..40]);
    let said = home.seen_at("2026-06-02T20:05:00Z", &["retrain", "--exit-code", "--wide"]);
    assert!(said.starts_with("status 4\n"), "{said}");
    assert!(
        said.contains(
            "Not retrained: 40 labelled rows, it takes 50 to train: 10 more, at 40 a session, reached about 2026-06-03;"
        ),
        "{said}"
    );
    let bare = Home::with_real_days();
    let said = bare.seen(&["retrain"], "");
    assert!(said.contains("222 trades have no features and are left out of training"), "{said}");
    assert!(
        said.contains("0 labelled rows, it takes 50") && said.contains("`dtlearn record-signal`"),
        "{said}"
    );
    assert!(Home::new().seen(&["retrain"], "").starts_with("status 10\n"));
}

#[test]
fn a_model_that_does_worse_than_its_predecessor_goes_back_by_itself() {
    let (picks, exits) = planted();
    let before = |exits: Vec<Value>| -> (Vec<Value>, Vec<Value>) {
        exits.into_iter().partition(|exit| session(exit) < "2026-06-24")
    };
    let (early, late) = before(dealt(&picks, &exits, false));
    let home = store(&picks, &early);
    let said = home.json_at("2026-06-23T20:05:00Z", &["retrain"]);
    assert_eq!(said["status"], "deployed", "{said}");
    let first = current(&home);
    // The successor learned from trades that came out the other way round.
    let wrong = store(&picks, &before(dealt(&picks, &exits, true)).0);
    let said = wrong.json_at("2026-06-23T20:30:00Z", &["retrain"]);
    assert_eq!(said["status"], "deployed", "{said}");
    let second = current(&wrong);
    put_into_use(&wrong, &home, &second, Some(&first));
    home.dtlearn()
        .env("DTLEARN_NOW", EVENING)
        .arg("record-exit")
        .write_stdin(joined(&late))
        .assert()
        .success();
    let said = home.seen_at(EVENING, &["retrain", "--wide"]);
    assert!(
        said.contains(&format!(
            "Model {first} is in use again: on the 150 rows of 3 sessions since it was put into use, {second} was worse than its predecessor by 0.23"
        )) && said.contains("it takes 20"),
        "{said}"
    );
    assert_eq!(current(&home), first);
    let log = std::fs::read_to_string(home.store("retrain_log.jsonl")).unwrap();
    assert!(log.lines().last().unwrap().contains("\"status\":\"rolled_back\""));
}

#[test]
fn an_ensemble_gives_weight_to_what_knows_more() {
    let home = with_engine_models();
    let before = home.json_at(EVENING, &["report", "model", "--ensemble"]);
    assert!(before["weights"]["lgb_prob"].as_f64() > before["weights"]["lstm_prob"].as_f64(), "{before}");
    assert!(before["weights"].get("transformer_prob").is_none(), "it never speaks");
    let said = home.seen_at(EVENING, &["report", "model", "--ensemble"]);
    assert!(
        said.contains("The blend is not clearly better than lgb_prob, the best single model")
            || said.contains("The blend beats"),
        "{said}"
    );
    assert_eq!(home.json_at(EVENING, &["retrain"])["status"], "deployed");
    let after = home.json_at(EVENING, &["report", "model", "--ensemble"]);
    // The model learned until 2026-06-19: only the five sessions after that can weigh it.
    assert_eq!(after["rows"], 250, "{after}");
    assert!(after["weights"]["this_model"].as_f64().unwrap() > 0.0, "{after}");

    // The engine's own two, as signals without a score are scored by them.
    let file: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(home.store("ensemble.json")).unwrap()).unwrap();
    let names: Vec<&str> =
        file["members"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["lgb_prob", "lstm_prob"]);
    assert!(file["evidence"].as_f64().unwrap() < 20.0, "the second one is noise: {file}");
    let score = |fields: &str| {
        let mut ask = home.dtlearn();
        ask.env("DTLEARN_NOW", EVENING).args(["score", "--format", "json"]);
        let line = format!(r#"{{"symbol":"A","side":"BUY"{fields}}}"#);
        let output = ask.write_stdin(line).output().unwrap();
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()["scores"][0].clone()
    };
    let alone = score(r#","lgb_prob":0.9,"lstm_prob":0.1"#);
    assert_eq!(
        (&alone["base_of"], &alone["base"]),
        (&json!("lgb_prob"), &score(r#","lgb_prob":0.9"#)["base"]),
        "{alone}"
    );
    assert!(alone["base"].as_f64() > score(r#","lgb_prob":0.5,"lstm_prob":0.9"#)["base"].as_f64());
    assert_eq!(score(r#","score":7,"lgb_prob":0.9"#)["base_of"], "signal");
    assert_eq!(score(r#","lstm_prob":0.2"#)["base_of"], "lstm_prob", "the best one says nothing of it");
    let env = home.seen_at(EVENING, &["report", "model", "--ensemble", "--format", "env"]);
    assert!(env.contains("DT_W_LGB=1.000\nDT_W_LSTM=0.000\nDT_W_TRANSFORMER=0.000\n"), "{env}");
    // Seen from before it was made, and damaged, it is not used; the latter is said.
    std::fs::write(home.store("ensemble.json"), "{").unwrap();
    let damaged = score(r#","lgb_prob":0.9,"lstm_prob":0.1"#);
    assert!(
        damaged["base_of"] == "mean" && damaged["warnings"].to_string().contains("ensemble.json"),
        "{damaged}"
    );
    assert!(home.seen_at(EVENING, &["doctor"]).contains("ensemble.json"));
}

#[test]
fn the_way_back_and_what_is_in_use_survive_odd_files() {
    let (picks, exits) = planted();
    let home = store(&picks, &exits);
    assert_eq!(home.json_at(EVENING, &["retrain"])["status"], "deployed");
    let first = current(&home);
    for _ in 0..2 {
        // The same moment, so the same model: the way back stays.
        assert_eq!(home.json_at("2026-06-26T21:00:00Z", &["retrain", "--force"])["status"], "deployed");
        let text = std::fs::read_to_string(home.store("models/current")).unwrap();
        assert!(text.ends_with(&format!("previous {first}\n")), "{text}");
    }
    // Seen from before the second: the first was in use.
    let then = home.json_at(EVENING, &["report", "model", "--as-of", "2026-06-26T20:30:00Z"]);
    assert_eq!(then["model"]["version"], first);
    assert_eq!(home.json_at(EVENING, &["report", "retrains", "--as-of", "2026-06-26T20:30:00Z"])["count"], 1);
    // A note that cannot be written does not make a deployment a failure.
    std::fs::remove_file(home.store("last_retrain.json")).unwrap();
    std::fs::create_dir(home.store("last_retrain.json")).unwrap();
    let said = home.seen_at("2026-06-26T22:00:00Z", &["retrain", "--force"]);
    assert!(
        said.starts_with("status 0\n")
            && said.contains("the model is deployed, but the retrain log is incomplete"),
        "{said}"
    );
    assert!(home.seen(&["doctor"], "").contains("last_retrain.json"));
    std::fs::remove_dir(home.store("last_retrain.json")).unwrap();
    // Damaged files are named by doctor, and a forced retrain gets past them.
    for (name, text) in [
        ("models/current", "../../x\n"),
        ("baseline_performance.json", "{"),
        ("overfit_history.json", "garbage"),
        ("retrain_log.jsonl", "garbage\n"),
    ] {
        std::fs::write(home.store(name), text).unwrap();
        let doctor = home.seen(&["doctor"], "");
        assert!(!doctor.starts_with("status 0\n") && doctor.contains(name), "{doctor}");
    }
    assert!(home.seen(&["report", "retrains"], "").contains("1 line cannot be read"));
    assert_eq!(home.json_at("2026-06-26T23:00:00Z", &["retrain", "--force"])["status"], "deployed");
    let csv = home.seen_at("2026-06-26T23:30:00Z", &["retrain", "--check", "--format", "csv"]);
    assert!(csv.contains("status,reason,triggers,version\n"), "{csv}");
}
