//! `replay`: what happened comes back, what helps and hurts is found, noise is left alone, and nothing is known
//! before its time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it stands")]

mod common;
#[path = "common/desks.rs"]
mod desks;
#[path = "common/memory_disk.rs"]
mod memory_disk;

use common::Home;
use desks::{Pick, Spec, dates, desk_at, everything, files, history, replayed};
use dtlearn::app::last_replay;
use dtlearn::domain::{Calendar, Timestamp};
use dtlearn::store::Layout;
use memory_disk::{Fault, MemoryDisk};
use proptest::prelude::*;
use serde_json::Value;

fn disk_with(picks: &[Pick]) -> MemoryDisk {
    let disk = MemoryDisk::default();
    for (log, bytes) in files(picks) {
        disk.put(&Layout::new("r").log(log), &bytes);
    }
    disk
}

fn quiet(seed: u64, sessions: usize, picks: usize) -> Spec<impl Fn(f64, &[f64], usize) -> f64> {
    Spec {
        seed,
        sessions,
        picks,
        hold_minutes: 25,
        features: 0,
        mean: |_: f64, _: &[f64], _| 0.0,
        noise: (0.001, 0.005),
    }
}

fn scenario<'a>(found: &'a Value, name: &str) -> &'a Value {
    found["lives"].as_array().unwrap().iter().find(|scenario| scenario["life"] == name).unwrap()
}

fn pnl(scenario: &Value) -> f64 {
    scenario["figures"]["total_pnl"].as_f64().unwrap()
}

#[test]
fn knobs_left_alone_live_what_happened() {
    let picks = history(&quiet(3, 15, 60));
    let disk = disk_with(&picks);
    let found = replayed(&desk_at(&disk, "r"), &everything(true));
    assert_eq!((&found["sessions"], &found["records_not_the_engine"]), (&15.into(), &0.into()));
    let really: f64 =
        picks.iter().filter(|pick| pick.refused.is_none()).map(|pick| 1000.0 * pick.moved).sum();
    let trades = picks.iter().filter(|pick| pick.refused.is_none()).count();
    let defaults = scenario(&found, "defaults");
    assert!((pnl(defaults) - really).abs() < 1e-6, "{} {really}", pnl(defaults));
    assert_eq!(defaults["figures"]["total_trades"].as_f64().unwrap() as usize, trades);
    assert_eq!(defaults["knob_moves"], 0);
    let rules = scenario(&found, "rules");
    assert!(rules["knob_moves"].as_u64().unwrap() > 0);
    let strict = scenario(&found, "strict");
    assert!(strict["knob_moves"].as_u64() <= rules["knob_moves"].as_u64());
    // Moves one way and the other are counted by hand.
    let moves = rules["moves"].as_array().unwrap();
    let mut reversed = 0;
    for (at, step) in moves.iter().enumerate() {
        let way = |step: &Value| step["new"].as_f64().unwrap() > step["old"].as_f64().unwrap();
        let before = moves[..at].iter().rev().find(|before| before["knob"] == step["knob"]);
        reversed += u64::from(before.is_some_and(|before| way(before) != way(step)));
    }
    assert_eq!(rules["knob_moves_reversed"], reversed);
}

/// Picks below a confidence of 0.32 lose, and lose and lose.
fn planted(seed: u64) -> Spec<impl Fn(f64, &[f64], usize) -> f64> {
    Spec {
        seed,
        sessions: 60,
        picks: 60,
        hold_minutes: 25,
        features: 0,
        mean: |confidence: f64, _: &[f64], _| if confidence < 0.32 { -0.012 } else { 0.0 },
        noise: (0.0005, 0.004),
    }
}

#[test]
fn rules_that_help_are_found_and_said() {
    let disk = disk_with(&history(&planted(1)));
    let context = desk_at(&disk, "r");
    let found = replayed(&context, &everything(true));
    let beside = &scenario(&found, "rules")["beside_defaults"];
    assert_eq!(beside["verdict"], "better", "{beside}");
    assert!(beside["net_pnl_difference"]["low"].as_f64().unwrap() > 0.0);
    let sentence = found["sentences"][0].as_str().unwrap();
    assert!(
        sentence.starts_with("The adjustments brought ") && sentence.contains("the interval excludes zero"),
        "{sentence}"
    );
    let last = last_replay(&context).unwrap();
    assert_eq!((last.sentence.as_str(), last.verdict.as_str()), (sentence, "better"));
    assert_eq!((last.date.as_str(), last.sessions), ("2029-12-31", 60));
}

/// An engine that loses a little three times at the end of each day and wins much before: after every losing run the
/// rules make positions smaller, and the wins with them.
#[test]
fn rules_that_cost_are_found_and_said() {
    let mut picks = history(&quiet(2, 40, 20));
    for pick in &mut picks {
        pick.refused = None;
        pick.confidence = 0.5;
        let n: usize = pick.id[6..].parse().unwrap();
        pick.exit = Timestamp::from_micros(pick.at.micros() + 10 * 60_000_000);
        pick.symbol = format!("T{n}");
        let day: usize = pick.id[1..5].parse().unwrap();
        // On one day of five it loses before as well: what is never otherwise is not called.
        pick.moved = if n >= 17 { -0.001 } else { [0.004, 0.0045, 0.005, 0.0055, -0.002][day % 5] };
        (pick.mae, pick.mfe, pick.regime) = (pick.moved.min(0.0), pick.moved.max(0.0), "trend");
    }
    let found = replayed(&desk_at(&disk_with(&picks), "r"), &everything(true));
    let beside = &scenario(&found, "rules")["beside_defaults"];
    assert_eq!(beside["verdict"], "worse", "{beside}");
    let sentence = found["sentences"][0].as_str().unwrap();
    assert!(
        sentence.starts_with("The adjustments cost ") && sentence.contains("excludes zero"),
        "{sentence}"
    );
}

/// 200 histories without any skill or lack of it: the rules move knobs all the time, and a word is said about them
/// one time in twenty at most; 18 or more of 200 have a chance of 1 in 80.
#[test]
fn noise_is_called_one_time_in_twenty_at_most() {
    let (mut rules, mut any) = (0, 0);
    for seed in 0..200 {
        let disk = disk_with(&history(&quiet(1000 + seed, 15, 20)));
        let found = replayed(&desk_at(&disk, "r"), &everything(true));
        let called = |name: &str| scenario(&found, name)["beside_defaults"]["verdict"] != "unclear";
        rules += usize::from(called("rules"));
        any += usize::from(called("rules") || called("strict"));
    }
    assert!(rules <= 18 && any <= 18, "rules {rules}, any {any} of 200 called");
}

/// What was decided and what was earned up to a session, of every life.
fn up_to(found: &Value, date: &str) -> Vec<Value> {
    let days =
        found["dates"].as_array().unwrap().iter().take_while(|day| day.as_str().unwrap() <= date).count();
    let until = |list: &Value| -> Vec<Value> {
        let by_then = |one: &&Value| one["date"].as_str().unwrap() <= date;
        list.as_array().unwrap().iter().filter(by_then).cloned().collect()
    };
    found["lives"]
        .as_array()
        .unwrap()
        .iter()
        .map(|scenario| {
            let daily: Vec<&Value> = scenario["daily"].as_array().unwrap().iter().take(days).collect();
            serde_json::json!([
                scenario["life"],
                until(&scenario["moves"]),
                until(&scenario["models"]),
                daily
            ])
        })
        .collect()
}

/// A history of which everything after a session was dealt anew: other results, other picks, none at all.
fn altered(picks: &[Pick], date: &str, seed: u64) -> Vec<Pick> {
    let close = Calendar::xnys().session(date.parse().unwrap()).unwrap().post_market();
    let mut rng = dtlearn::learn::Rng::new(seed, 77);
    let mut found = Vec::new();
    for pick in picks {
        let mut pick = pick.clone();
        if pick.at > close {
            match rng.below(5) {
                0 => continue,
                1 => pick.refused = pick.refused.xor(Some("max_positions".into())),
                2 => pick.symbol = "OTHER".into(),
                3 => pick.features.iter_mut().for_each(|value| *value = 1.0 - *value),
                _ => {}
            }
            pick.moved = 0.02 * (rng.below(1000) as f64 / 500.0 - 1.0);
            (pick.mae, pick.mfe) = (pick.moved.min(0.0), pick.moved.max(0.0));
            pick.regime = ["trend", "range", "volatile"][rng.below(3)];
        } else if pick.exit > close {
            // Entered before and closed after it: how it came out was not known.
            pick.moved = 0.02 * (rng.below(1000) as f64 / 500.0 - 1.0);
            (pick.mae, pick.mfe) = (pick.moved.min(0.0), pick.moved.max(0.0));
        }
        found.push(pick);
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever becomes of the records after a session: what was decided up to it stays.
    #[test]
    fn nothing_is_known_before_its_time(seed in 0u64..1_000_000, cut in 5usize..9, other: u64) {
        let spec = Spec {
            seed,
            sessions: 10,
            picks: 24,
            hold_minutes: 30,
            features: 3,
            mean: |_: f64, features: &[f64], _| 0.01 * (features[0] - 0.5),
            noise: (0.001, 0.004),
        };
        let mut picks = history(&spec);
        // Some positions are held over night, and closed at an hour of the next session.
        for (n, pick) in picks.iter_mut().enumerate() {
            if n % 9 == 0 && pick.refused.is_none() {
                pick.exit = Timestamp::from_micros(pick.at.micros() + 20 * 3_600_000_000);
            }
        }
        let (eve, date) = (dates(10)[cut - 1].to_string(), dates(10)[cut].to_string());
        let before = replayed(&desk_at(&disk_with(&picks), "r"), &everything(false));
        let after = replayed(&desk_at(&disk_with(&altered(&picks, &date, other)), "r"), &everything(false));
        prop_assert_eq!(up_to(&before, &date), up_to(&after, &date));
        // A day less, and it shows: what is compared would tell of a leak.
        let leaked = replayed(&desk_at(&disk_with(&altered(&picks, &eve, other)), "r"), &everything(false));
        prop_assert_ne!(up_to(&before, &date), up_to(&leaked, &date));
    }
}

#[test]
fn a_replay_that_was_killed_goes_on_to_the_same_bytes() {
    let picks = history(&Spec {
        seed: 5,
        sessions: 45,
        picks: 16,
        hold_minutes: 25,
        features: 2,
        mean: |_: f64, features: &[f64], _| 0.01 * (features[0] - 0.5),
        noise: (0.001, 0.004),
    });
    let whole = disk_with(&picks);
    let want = replayed(&desk_at(&whole, "r"), &everything(false)).to_string();
    let operations = whole.restart();
    let state = Layout::new("r").replay_state();
    assert!(whole.bytes(&state).is_none(), "what is done leaves nothing behind");
    let saves: Vec<usize> = operations
        .iter()
        .enumerate()
        .filter(|(_, what)| what.starts_with("rename to") && what.ends_with("/replay/state"))
        .map(|(at, _)| at)
        .collect();
    assert_eq!(saves.len(), 2, "{operations:?}");
    // Killed in the second save, before and after its rename, and when all is done but the last file.
    let mut found = Vec::new();
    for at in [saves[1], saves[1] + 1, operations.len() - 1] {
        let disk = disk_with(&picks);
        disk.fail_at(at, Fault::Kill);
        let _ = dtlearn::app::replay(&desk_at(&disk, "r"), &everything(false));
        disk.restart();
        let left = disk.bytes(&state);
        assert!(left.is_some(), "killed at {at}: {}", operations[at]);
        let done = dtlearn::app::replay(&desk_at(&disk, "r"), &everything(false)).unwrap();
        assert!(
            done.warnings.iter().any(|warning| warning.contains("went on after ")),
            "{:?}",
            done.warnings
        );
        assert_eq!(Value::Object(done.view.payload).to_string(), want);
        assert!(disk.bytes(&state).is_none());
        found = left.unwrap();
    }
    // Of another history nothing goes on, nor of a damaged state.
    let mut more = picks.clone();
    more[0].moved += 0.001;
    let mut bytes = found.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    for (picks, left) in [(&more, found), (&picks, bytes)] {
        let disk = disk_with(picks);
        disk.put(&state, &left);
        let done = dtlearn::app::replay(&desk_at(&disk, "r"), &everything(true)).unwrap();
        assert!(done.warnings.is_empty(), "{:?}", done.warnings);
    }
}

/// In a store that cannot be written the answer is the same; it is not kept, and that is said.
#[test]
fn what_cannot_be_kept_is_answered_all_the_same() {
    let picks = history(&quiet(6, 15, 20));
    let disk = disk_with(&picks);
    let want = replayed(&desk_at(&disk, "r"), &everything(true)).to_string();
    let operations = disk.restart().len();
    for at in 0..operations {
        let disk = disk_with(&picks);
        disk.fail_at(at, Fault::Error);
        let Ok(done) = dtlearn::app::replay(&desk_at(&disk, "r"), &everything(true)) else {
            // What cannot be read cannot be replayed.
            let log = disk.restart();
            assert!(!log.iter().any(|what| what.contains("last_replay")), "{at}: {log:?}");
            continue;
        };
        assert_eq!(Value::Object(done.view.payload).to_string(), want);
        if disk.bytes(&Layout::new("r").last_replay()).is_none() {
            let said = done.warnings.iter().any(|warning| warning.starts_with("what follows is not kept"));
            assert!(said, "{at}: {:?}", done.warnings);
        }
    }
}

/// A home whose store holds a history.
fn home_with(picks: &[Pick]) -> Home {
    let home = Home::new();
    let layout = Layout::new(home.path("da_brains"));
    std::fs::create_dir_all(layout.learning()).unwrap();
    for (log, bytes) in files(picks) {
        std::fs::write(layout.log(log), bytes).unwrap();
    }
    home
}

const LATER: &str = "2030-01-01T00:00:00Z";

#[test]
fn threads_change_no_byte() {
    let picks = history(&Spec {
        seed: 8,
        sessions: 25,
        picks: 40,
        hold_minutes: 25,
        features: 4,
        mean: |_: f64, features: &[f64], _| 0.01 * (features[1] - 0.5),
        noise: (0.001, 0.004),
    });
    let home = home_with(&picks);
    let run = |threads: &str| {
        let mut command = home.dtlearn();
        command.env("RAYON_NUM_THREADS", threads).env("DTLEARN_NOW", LATER);
        let output = command.args(["replay", "--format", "json"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let one = run("1");
    assert_eq!(one, run("2"));
    assert_eq!(one, run("5"));
    let found: Value = serde_json::from_slice(&one).unwrap();
    assert!(scenario(&found, "defaults + model")["models_deployed"].as_u64().unwrap() > 0, "{found}");
    assert!(scenario(&found, "defaults + model")["vetoed"].as_u64().unwrap() > 0);
    let beside = &scenario(&found, "defaults + model")["beside_defaults"];
    assert!(
        beside["net_pnl_difference"]["value"].as_f64().unwrap() > 0.0,
        "a model that knows, helps: {beside}"
    );
}

#[test]
fn an_operator_reads_it_and_nothing_else_is_touched() {
    let home = home_with(&history(&planted(4)));
    let before = home.json_at(LATER, &["report", "brain"]);
    let seen = home.seen_at(LATER, &["replay", "--without-model"]);
    assert!(seen.starts_with("status 0\n--- out\nThe adjustments brought "), "{seen}");
    assert!(seen.contains("2 lives held against the first"), "{seen}");
    assert_eq!(home.json_at(LATER, &["report", "brain"])["knobs"], before["knobs"]);
    assert!(!home.store("models").exists() && !home.store("knob_adjustments.jsonl").exists());
    assert!(!home.store(".dtlearn/replay/state").exists());
    let brain = home.seen_at(LATER, &["report", "brain"]);
    let last: Value =
        serde_json::from_slice(&std::fs::read(home.store("last_replay.json")).unwrap()).unwrap();
    let sentence = last["sentence"].as_str().unwrap();
    assert!(seen.replace('\n', " ").contains(sentence), "{sentence}");
    assert!(
        brain
            .replace('\n', " ")
            .contains(&format!("Replay of 2029-12-31, 2024-01-02 to 2024-03-25: {sentence}")),
        "{brain}"
    );
    assert_eq!(home.json_at(LATER, &["report", "brain"])["last_replay"]["sentence"], sentence);
    // Seen from before it was run, there was none; and looking back writes none.
    std::fs::remove_file(home.store("last_replay.json")).unwrap();
    let past = home.json_at(LATER, &["replay", "--without-model", "--as-of", "2024-02-01T00:00:00Z"]);
    assert_eq!((&past["to"], &past["sessions"]), (&"2024-01-31".into(), &22.into()));
    assert!(!home.store("last_replay.json").exists());
    let part =
        home.json_at(LATER, &["replay", "--without-model", "--from", "2024-01-08", "--to", "2024-01-12"]);
    assert_eq!((&part["from"], &part["sessions"]), (&"2024-01-08".into(), &5.into()));
    assert_eq!(part["verdict"], "unclear");
    let none = home.seen_at(LATER, &["replay", "--from", "2025-01-01"]);
    assert!(none.contains("No trade and no missed signal between these dates"), "{none}");
    for args in [&["replay", "--from", "2024-02-01", "--to", "2024-01-01"][..], &["replay", "--from", "soon"]]
    {
        assert!(home.seen_at(LATER, args).starts_with("status 2\n"), "{args:?}");
    }
    assert!(Home::new().seen(&["replay"], "").starts_with("status 10\n"));
}
