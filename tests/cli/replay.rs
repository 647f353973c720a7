//! `replay` as an operator meets it.

use dtlearn::store::Layout;
use serde_json::Value;

use crate::common::Home;
use crate::common::histories::{Pick, Spec, files, history, planted, scenario};
use crate::common::sized_store::{evening_after, record_sized};

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
    let beside = &scenario(&found, "defaults + model")["against_defaults"];
    assert!(
        beside["expectancy_pct_difference"]["value"].as_f64().unwrap() > 0.0,
        "a model that knows, helps: {beside}"
    );
}

#[test]
fn an_operator_reads_it_and_nothing_else_is_touched() {
    let home = home_with(&history(&planted(4)));
    let before = home.json_at(LATER, &["report", "brain"]);
    let seen = home.seen_at(LATER, &["replay", "--without-model"]);
    assert!(seen.starts_with("status 0\n--- out\nThis engine loses: "), "{seen}");
    assert!(seen.contains("4 scenarios compared with the first"), "{seen}");
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
            .contains(&format!("Replay of 2029-12-31, 2024-01-02 to 2024-03-27: {sentence}")),
        "{brain}"
    );
    assert_eq!(home.json_at(LATER, &["report", "brain"])["last_replay"]["sentence"], sentence);
    // Seen from before it was run, there was none; and looking back writes none.
    std::fs::remove_file(home.store("last_replay.json")).unwrap();
    let past = home.json_at(LATER, &["replay", "--without-model", "--as-of", "2024-02-01T00:00:00Z"]);
    assert_eq!((&past["to"], &past["sessions"]), (&"2024-01-31".into(), &21.into()));
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

#[test]
fn multipliers_of_sizes_are_lived_with_once_they_are_published() {
    let home = Home::new();
    record_sized(&home, 70, [-0.004, 0.0, 0.006], |_| String::new());
    let now = evening_after(70);
    let asked = |args: &[&str]| home.json_at(&now, &[&["replay", "--without-model"][..], args].concat());
    let said = asked(&[]);
    let sized = scenario(&said, "defaults + sizes");
    assert_eq!((&sized["multipliers"], &sized["publications"]), (&true.into(), &1.into()), "{sized}");
    let number = |value: &Value| value.as_f64().unwrap();
    let beside = &sized["against_defaults"];
    assert!(number(&beside["expectancy_pct_difference"]["value"]) > 0.0, "{beside}");
    assert!((number(&beside["exposure_ratio"]) - 1.0).abs() < 0.05, "{beside}");
    // Only what was known: the sessions of a shorter replay are the first ones of the longer, to the bit.
    let until = said["dates"][49].as_str().unwrap();
    let part = asked(&["--to", until]);
    let days = |of: &Value| scenario(of, "defaults + sizes")["daily"].as_array().unwrap().clone();
    assert_eq!(days(&part)[..], days(&said)[..50]);
    let seen = home.seen_at(&now, &["replay", "--without-model"]).replace('\n', " ");
    assert!(seen.contains("Multipliers of sizes by context made trades "), "{seen}");
    let seen =
        home.seen_at(&now, &["replay", "--without-model", "--to", said["dates"][20].as_str().unwrap()]);
    assert!(seen.contains("Multipliers of sizes were never published in 21 sessions"), "{seen}");
}
