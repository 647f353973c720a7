//! A challenger in shadow: it scores along, both scores are kept, and one that is better is put into use.

use serde_json::Value;

use crate::common::planted_store::{current, dealt, joined, planted, put_into_use, store};
use crate::common::schemas::fits;
use crate::common::store_schemas::store_fits;
use crate::common::{EVENING, Home};

const FIRST_EVENING: &str = "2026-06-23T20:05:00Z";

fn session(exit: &Value) -> &str {
    &exit["entry_timestamp"].as_str().unwrap()[..10]
}

/// Trades before the last three sessions, and those of them, as they were dealt.
fn halves(turned: bool) -> (Vec<Value>, Vec<Value>, Vec<Value>) {
    let (picks, exits) = planted();
    let (early, late) =
        dealt(&picks, &exits, turned).into_iter().partition(|exit| session(exit) < "2026-06-24");
    (picks, early, late)
}

/// A store whose model in use learned from trades that came out the other way round, and which one that learned from its
/// own is in shadow of; with both versions.
fn worse_in_use() -> (Home, String, String) {
    let (picks, early, _) = halves(false);
    let home = store(&picks, &early);
    assert_eq!(home.json_at(FIRST_EVENING, &["retrain"])["status"], "deployed");
    let good = current(&home);
    let turned = store(&picks, &halves(true).1);
    assert_eq!(turned.json_at("2026-06-23T20:30:00Z", &["retrain"])["status"], "deployed");
    let bad = current(&turned);
    put_into_use(&turned, &home, &bad, None);
    let file = |name: &str| home.store(&format!("models/{name}"));
    for (from, to) in [("model", "challenger"), ("judged", "challenger-judged")] {
        std::fs::rename(file(&format!("{good}/{from}.json.gz")), file(&format!("{to}.json.gz"))).unwrap();
    }
    std::fs::remove_dir(file(&good)).unwrap();
    (home, bad, good)
}

fn record(home: &Home, exits: &[Value], now: &str) {
    let mut command = home.dtlearn();
    command.env("DTLEARN_NOW", now).arg("record-exit").write_stdin(joined(exits)).assert().success();
}

fn score(home: &Home, signal: &str) -> Value {
    let mut ask = home.dtlearn();
    ask.env("DTLEARN_NOW", EVENING).args(["score", "--format", "json"]);
    let output = ask.write_stdin(signal).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    fits("score", [&answer]);
    answer["scores"][0].clone()
}

fn shadow_lines(home: &Home) -> Vec<Value> {
    let text = std::fs::read_to_string(home.store("model_shadow.jsonl")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A store whose next attempt is refused: what it learns from came out the other way round than what it is judged on, and than
/// what its model in use knows. With the version of that.
fn about_to_refuse() -> (Home, String) {
    let (picks, exits) = planted();
    let good = store(&picks, &dealt(&picks, &exits, false));
    assert_eq!(good.json_at(EVENING, &["retrain"])["status"], "deployed");
    let champion = current(&good);
    let none = good.json_at(EVENING, &["report", "model"]);
    assert_eq!(
        (&none["challenger"], good.store("models/challenger.json.gz").exists()),
        (&Value::Null, false)
    );
    let mixed: Vec<Value> = dealt(&picks, &exits, false)
        .into_iter()
        .zip(dealt(&picks, &exits, true))
        .map(|(right, wrong)| if session(&right) < "2026-06-23" { wrong } else { right })
        .collect();
    let home = store(&picks, &mixed);
    put_into_use(&good, &home, &champion, None);
    (home, champion)
}

#[test]
fn what_is_refused_scores_along() {
    let (home, champion) = about_to_refuse();
    let (picks, _) = planted();
    let signal = picks[7].to_string();
    let alone = score(&home, &signal);
    assert_eq!(alone["challenger"], Value::Null);
    let refused = home.seen_at(EVENING, &["retrain", "--force"]);
    assert!(refused.contains("rejected") && refused.contains("It is the challenger now"), "{refused}");

    let beside = score(&home, &signal);
    assert_eq!((&beside["probability"], &beside["score"]), (&alone["probability"], &alone["score"]));
    let said = home.json_at(EVENING, &["report", "model"]);
    assert_eq!(beside["challenger"]["version"], said["challenger"]["version"], "{said}");
    assert_eq!(
        (&beside["model_version"], &said["model"]["version"]),
        (&champion.as_str().into(), &champion.as_str().into())
    );
    let of = |answer: &Value| answer["probability"].as_f64().unwrap();
    assert!((of(&beside) - 0.5) * (of(&beside["challenger"]) - 0.5) < 0.0, "{beside}");
    let table = home.seen_at(EVENING, &["report", "model", "--wide"]);
    assert!(
        table.contains("in shadow since 2026-06-26T20:")
            && table.contains("nothing that closed since is scored yet"),
        "{table}"
    );
    let mut ask = home.dtlearn();
    ask.env("DTLEARN_NOW", EVENING).args(["score", "--wide", "--format", "table"]);
    let shown = String::from_utf8(ask.write_stdin(signal.clone()).output().unwrap().stdout).unwrap();
    assert!(shown.contains("Challenger"), "{shown}");

    // Another attempt takes its place, but not at once: of few sessions nothing can be said.
    let after = |now: &str| {
        assert!(home.seen_at(now, &["retrain", "--force", "--days", "60"]).contains("rejected"));
        home.json_at(now, &["report", "model"])["challenger"]["version"].clone()
    };
    assert_eq!(after("2026-07-01T20:05:00Z"), said["challenger"]["version"]);
    assert_ne!(after("2026-07-06T20:05:00Z"), said["challenger"]["version"]);
    std::fs::write(home.store("models/challenger.json.gz"), "x").unwrap();
    assert!(score(&home, &signal)["warnings"].to_string().contains("no challenger"));
    assert!(home.seen_at(EVENING, &["doctor"]).contains("challenger.json.gz"));
}

#[test]
fn an_attempt_is_noted_where_its_challenger_cannot_be_kept() {
    let (home, champion) = about_to_refuse();
    std::fs::create_dir_all(home.store("models/challenger.json.gz/in-the-way")).unwrap();
    let refused = home.seen_at(EVENING, &["retrain", "--force"]);
    assert!(refused.starts_with("status 0\n") && refused.contains("rejected"), "{refused}");
    assert!(
        refused.contains("it is not kept as the challenger: ") && !refused.contains("It is the challenger")
    );
    assert_eq!(home.json_at(EVENING, &["report", "retrains"])["count"], 1);
    assert_eq!(current(&home), champion);
}

#[test]
fn a_deployment_leaves_no_challenger() {
    let (picks, exits) = planted();
    let home = store(&picks, &dealt(&picks, &exits, false));
    assert_eq!(home.json_at(EVENING, &["retrain"])["status"], "deployed");
    let file = home.store("models/challenger.json.gz");
    std::fs::copy(home.store(&format!("models/{}/model.json.gz", current(&home))), &file).unwrap();
    assert_eq!(home.json_at("2026-06-26T22:00:00Z", &["retrain", "--force"])["status"], "deployed");
    assert!(!file.exists());
}

#[test]
fn a_challenger_that_is_better_is_put_into_use_and_can_be_taken_back() {
    let (home, champion, challenger) = worse_in_use();
    let (.., late) = halves(false);
    record(&home, &late, EVENING);
    // Asked alone it changes nothing.
    let due = home.seen_at(EVENING, &["retrain", "--check", "--exit-code"]);
    assert!(due.starts_with("status 0\n") && due.contains("A retrain is due: on the 150 rows"), "{due}");
    assert!(shadow_lines(&home).is_empty() && current(&home) == champion);
    // Neither a damaged fit nor a file in the way of the rows stops it.
    std::fs::write(home.store("models/challenger-judged.json.gz"), "x").unwrap();
    assert!(home.seen_at(EVENING, &["doctor"]).contains("challenger-judged.json.gz"));
    let judged = std::fs::read(home.store("models/challenger-judged.json.gz")).unwrap();
    assert_eq!(judged, b"x");
    let said = home.seen_at(EVENING, &["retrain", "--wide"]);
    assert!(
        said.contains(&format!(
            "Model {challenger}, until now in shadow, is in use: on the 150 rows of 3 sessions that both scored, {champion} was worse than its challenger {challenger} by 0.2"
        )),
        "{said}"
    );
    assert_eq!(current(&home), challenger);
    let file = |name: &str| home.store(&format!("models/{name}"));
    assert!(!file("challenger.json.gz").exists() && !file(&format!("{challenger}/judged.json.gz")).exists());
    let rows = shadow_lines(&home);
    assert_eq!(rows.len(), 150);
    store_fits(&home.store(""));
    // What was kept is what `score` says.
    let (picks, _) = planted();
    let row = &rows[40];
    let pick = picks.iter().find(|pick| row["timestamp"] == pick["timestamp"]).unwrap();
    assert_eq!(score(&home, &pick.to_string())["probability"], row["challenger_probability"], "{row}");
    let last = home.json_at(EVENING, &["report", "retrains"])["retrains"][0].clone();
    assert_eq!((&last["status"], &last["version"]), (&"deployed".into(), &challenger.as_str().into()));
    assert!(last["held_out"].as_u64() > Some(0) && last["rows"].as_u64() > Some(0), "{last}");
    let then = home.json_at(EVENING, &["report", "model", "--as-of", "2026-06-26T20:00:00Z"]);
    assert_eq!(then["challenger"], Value::Null);
    // It is in use since today, not since it was made.
    let metrics = home.json_at("2026-06-30T20:30:00Z", &["report", "metrics"]);
    assert_eq!(metrics["model_health"]["days_since_retrain"], 4.0);
    let next = home.seen_at("2026-06-29T20:05:00Z", &["retrain", "--check"]);
    assert!(!next.contains("days since the last deployed retrain"), "{next}");
    // What was shown against the one before is done with: gone back to, it makes room for nobody that has shown nothing.
    home.seen_at(EVENING, &["retrain", "--rollback"]);
    assert_eq!(current(&home), champion);
    let version = file(&challenger).join("model.json.gz");
    std::fs::copy(version, file("challenger.json.gz")).unwrap();
    let said = home.seen_at("2026-06-26T20:40:00Z", &["retrain", "--force"]);
    assert!(said.contains("it passed the gate"), "{said}");
}

#[test]
fn a_challenger_that_is_better_is_put_into_use_whatever_is_in_the_way() {
    let (home, _, challenger) = worse_in_use();
    record(&home, &halves(false).2, EVENING);
    std::fs::remove_file(home.store("models/challenger-judged.json.gz")).unwrap();
    std::fs::create_dir_all(home.store("models/challenger-judged.json.gz/in-the-way")).unwrap();
    let said = home.seen_at("2026-06-26T20:30:00Z", &["retrain"]);
    assert!(said.contains("the challenger cannot be taken away"), "{said}");
    assert_eq!(current(&home), challenger);
    let model = home.json_at("2026-06-26T20:30:00Z", &["report", "model"]);
    assert_eq!(model["challenger"], Value::Null, "it is no challenger of itself");
}

#[test]
fn a_trade_that_closes_late_counts_when_it_is_known() {
    let (home, ..) = worse_in_use();
    let (.., late) = halves(false);
    let of = |date: &str| late.iter().filter(|exit| session(exit) == date).cloned().collect::<Vec<_>>();
    let (early, after) = (&of("2026-06-24")[..3], &of("2026-06-24")[3..5]);
    record(&home, early, "2026-06-24T20:01:00Z");
    home.seen_at("2026-06-24T20:05:00Z", &["retrain"]);
    record(&home, after, "2026-06-25T19:00:00Z");
    home.seen_at("2026-06-25T20:05:00Z", &["retrain"]);
    let rows = shadow_lines(&home);
    assert_eq!(rows.len(), 5);
    assert!(rows[3]["date"] == "2026-06-24" && rows[3]["scored_at"] == "2026-06-25T20:05:00Z", "{rows:?}");
    // A line that is there twice counts once, and is said.
    let doubled: String = rows.iter().chain(&rows).map(|row| format!("{row}\n")).collect();
    std::fs::write(home.store("model_shadow.jsonl"), doubled).unwrap();
    let said = home.json_at("2026-06-25T20:10:00Z", &["report", "model"]);
    assert_eq!(said["challenger"]["shadow"]["rows"], 5);
    assert!(home.seen_at(EVENING, &["doctor"]).contains("5 lines skipped"));
}

#[test]
fn each_row_is_held_against_both_once_and_when_its_session_is_over() {
    let (home, champion, challenger) = worse_in_use();
    // Trades that tell nothing: neither is shown to be better.
    let (.., late) = halves(false);
    let few: Vec<Value> = late.into_iter().step_by(10).collect();
    let of = |date: &str| few.iter().filter(|exit| session(exit) == date).cloned().collect::<Vec<_>>();
    record(&home, &of("2026-06-24"), "2026-06-24T19:59:00Z");
    home.seen_at("2026-06-24T19:59:30Z", &["retrain"]);
    assert!(shadow_lines(&home).is_empty(), "the session is not over");
    for _ in 0..2 {
        home.seen_at("2026-06-24T20:05:00Z", &["retrain"]);
        assert_eq!(shadow_lines(&home).len(), 5);
    }
    record(&home, &of("2026-06-25"), "2026-06-25T20:01:00Z");
    home.seen_at("2026-06-25T20:05:00Z", &["retrain"]);
    let rows = shadow_lines(&home);
    assert_eq!(rows.len(), 10);
    assert!(rows.iter().all(|row| row["champion"] == champion && row["challenger"] == challenger));
    let said = home.json_at("2026-06-25T20:10:00Z", &["report", "model"]);
    let shadow = &said["challenger"]["shadow"];
    assert_eq!(
        (&shadow["rows"], &shadow["sessions"], &shadow["needed"]),
        (&10.into(), &2.into(), &20.0.into())
    );
    let brier = |of: &str| {
        let square = |row: &Value| {
            (row[of].as_f64().unwrap() - f64::from(u8::from(row["won"].as_bool().unwrap()))).powi(2)
        };
        rows.iter().map(square).sum::<f64>() / rows.len() as f64
    };
    assert_eq!(shadow["champion_brier"].as_f64().unwrap(), brier("champion_probability"));
    assert_eq!(shadow["challenger_brier"].as_f64().unwrap(), brier("challenger_probability"));
    assert!(shadow["e"].as_f64().unwrap() < 20.0 && current(&home) == champion);
    let doubted = home.store("model_shadow.jsonl");
    std::fs::write(&doubted, format!("{}\nnonsense\n", std::fs::read_to_string(&doubted).unwrap())).unwrap();
    assert!(
        home.seen_at(EVENING, &["doctor"])
            .contains("1 line skipped: not rows that two models scored, or there twice")
    );
    assert_eq!(home.json_at("2026-06-25T20:10:00Z", &["report", "model"])["challenger"]["shadow"], *shadow);
}
