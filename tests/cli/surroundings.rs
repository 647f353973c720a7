//! What was known beside a signal at its moment is learned from and scored with; what came later never is.

use serde_json::{Value, json};

use crate::common::planted_store::{current, joined, planted, store};
use crate::common::{EVENING, Home, unpack};

/// Planted signals of two sectors, each of which wins in one half of the four weeks and loses in the other: what it did
/// in the days before is all that there is to know of it.
fn two_sectors() -> (Vec<Value>, Vec<Value>) {
    let (mut picks, mut exits) = planted();
    for (at, (pick, exit)) in picks.iter_mut().zip(&mut exits).enumerate() {
        let sector = at % 2;
        let late = pick["timestamp"].as_str() >= Some("2026-06-12");
        for record in [&mut *pick, &mut *exit] {
            record["sector"] = ["Energy", "Health"][sector].into();
        }
        let features = pick["features"].as_object_mut().unwrap();
        features.retain(|name, _| ["rsi_14", "spread_bps", "vwap_dist"].contains(&name.as_str()));
        let won = ((sector == 0) ^ late) ^ (at % 8 == 7);
        let moved = if won { 0.375 } else { -0.25 };
        exit["price"] = (100.0 + if exit["side"] == "BUY" { moved } else { -moved }).into();
        exit["exit_reason"] = if won { "take_profit" } else { "stop_loss" }.into();
    }
    (picks, exits)
}

fn model(home: &Home) -> Vec<u8> {
    unpack(&home.store(&format!("models/{}/model.json.gz", current(home))))
}

/// Trades without features, which are no rows to learn from, that close at a moment.
fn closed(home: &Home, from: usize, time: &str, price: f64) {
    let trades: Vec<Value> = (from..from + 40)
        .map(|at| {
            json!({"trade_id": format!("x{at}"), "symbol": "SYN1", "side": "BUY", "entry_price": 100, "price": price,
                "qty": 10, "fees": 0, "timestamp": time, "sector": "Energy"})
        })
        .collect();
    let now = "2026-06-30T20:30:00Z";
    home.dtlearn().env("DTLEARN_NOW", now).arg("record-exit").write_stdin(joined(&trades)).assert().success();
}

fn score(home: &Home, pick: &Value) -> Value {
    home.scored_at("2026-06-30T20:30:00Z", pick)
}

fn moved(said: &Value, feature: &str) -> Option<f64> {
    said["moved"].as_array()?.iter().find(|moved| moved["feature"] == feature)?["value"].as_f64()
}

#[test]
fn how_sectors_did_is_learned_from_and_no_outcome_of_the_session_or_later_enters() {
    let (picks, exits) = two_sectors();
    let home = store(&picks, &exits);
    let train = |home: &Home| {
        assert_eq!(home.json_at(EVENING, &["retrain", "--force"])["status"], "deployed");
        model(home)
    };
    let first = train(&home);
    assert!(String::from_utf8_lossy(&first).contains("\"name\":\"sector_rel_5d\""));

    // Of the next session, and of the one after it.
    let mut pick = picks[0].clone();
    pick["timestamp"] = "2026-06-29T14:30:00Z".into();
    let before = score(&home, &pick);
    let known = moved(&before, "sector_rel_5d").expect("it counts for most of the score");
    assert!(known < 0.0, "{before}");
    closed(&home, 0, "2026-06-29T14:29:00Z", 101.0);
    closed(&home, 40, "2026-06-29T14:31:00Z", 101.0);
    closed(&home, 80, "2026-06-30T14:31:00Z", 101.0);
    assert_eq!(score(&home, &pick), before, "outcomes of the session itself or later");
    closed(&home, 120, "2026-06-26T14:31:00Z", 101.0);
    let after = score(&home, &pick);
    assert!(moved(&after, "sector_rel_5d").unwrap() > known, "{after}");

    // Old signals of a file, the newest first: each with what was known on its day.
    let mut backwards: Vec<Value> = picks.iter().step_by(97).cloned().collect();
    backwards.reverse();
    let output = home
        .dtlearn()
        .env("DTLEARN_NOW", EVENING)
        .arg("score")
        .write_stdin(joined(&backwards))
        .output()
        .unwrap();
    let lines: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for (pick, said) in backwards.iter().zip(&lines) {
        let alone = home
            .dtlearn()
            .env("DTLEARN_NOW", EVENING)
            .arg("score")
            .write_stdin(pick.to_string())
            .output()
            .unwrap();
        assert_eq!(&serde_json::from_slice::<Value>(&alone.stdout).unwrap(), said);
    }
}

#[test]
fn outcomes_of_the_last_session_leave_the_model_as_it_is() {
    let (picks, exits) = two_sectors();
    let plain = store(&picks, &exits);
    let with_more = store(&picks, &exits);
    // The last session of the rows: nobody looks back on it yet.
    closed(&with_more, 0, "2026-06-26T14:31:00Z", 101.0);
    let models = [&plain, &with_more].map(|home| {
        assert_eq!(home.json_at(EVENING, &["retrain", "--force"])["status"], "deployed");
        model(home)
    });
    assert!(models[0] == models[1]);
    let earlier = store(&picks, &exits);
    closed(&earlier, 0, "2026-06-24T14:31:00Z", 101.0);
    assert_eq!(earlier.json_at(EVENING, &["retrain", "--force"])["status"], "deployed");
    assert!(model(&earlier) != models[0], "what was over before does count");
}
