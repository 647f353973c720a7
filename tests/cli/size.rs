//! `size`: what the own record supports, where it is kept, and when it moves the knob.

use dtlearn::decide::drawn_size;
use serde_json::{Value as Json, json};

use crate::common::Home;
use crate::common::sized_store::{evening_after, record_sized};

/// Sessions that were recorded.
const SESSIONS: usize = 70;

fn store(edges: [f64; 3]) -> Home {
    let home = Home::new();
    record_sized(&home, SESSIONS, edges, |_| String::new());
    home
}

/// Runs a command on the evening of the last session.
fn run(home: &Home, args: &[&str]) -> String {
    home.seen_at(&evening_after(SESSIONS), args)
}

fn asked(home: &Home, args: &[&str]) -> Json {
    home.json_at(&evening_after(SESSIONS), args)
}

#[test]
fn what_is_kept_is_the_same_bytes_however_it_was_lost() {
    let home = store([-0.002, 0.001, 0.005]);
    let said = asked(&home, &["size"]);
    assert_eq!((&said["base"]["sessions"], &said["base"]["trades"]), (&json!(70), &json!(700)));
    let kept = std::fs::read(home.store("sizing.json")).unwrap();
    let file: Json = serde_json::from_slice(&kept).unwrap();
    assert_eq!((&file["schema"], &file["key"]), (&json!("dtlearn.sizing/1"), &json!("score")));
    for damage in [None, Some(&b"{\"schema\":"[..]), Some(b"")] {
        match damage {
            None => std::fs::remove_file(home.store("sizing.json")).unwrap(),
            Some(bytes) => std::fs::write(home.store("sizing.json"), bytes).unwrap(),
        }
        // A report, and a look at an earlier moment, write nothing.
        run(&home, &["report", "sizing"]);
        run(&home, &["size", "--as-of", &evening_after(SESSIONS - 5)]);
        let after = std::fs::read(home.store("sizing.json")).ok();
        assert_eq!(after.as_deref(), damage);
        asked(&home, &["size"]);
        assert_eq!(std::fs::read(home.store("sizing.json")).unwrap(), kept);
    }
}

#[test]
fn too_few_sessions_are_no_opinion() {
    let home = Home::new();
    record_sized(&home, 58, [0.0; 3], |_| String::new());
    let now = evening_after(58);
    let said = home.json_at(&now, &["size"]);
    assert_eq!((&said["base"]["binding"], &said["base"]["sessions"]), (&json!("too_few"), &json!(58)));
    let text = home.seen_at(&now, &["size"]);
    let wanted = "No opinion on size yet: it needs 60 sessions and 200 trades, has 58 and 580.";
    assert!(text.replace('\n', " ").contains(wanted), "{text}");
}

#[test]
fn the_knob_moves_once_a_session_and_only_where_the_settings_say_so() {
    let home = store([0.0, 0.002, 0.004]);
    let said = asked(&home, &["size"]);
    assert_eq!((&said["base"]["suggested_usd"], &said["base"]["binding"]), (&json!(1100.0), &json!("step")));
    let adjustments = |home: &Home| std::fs::read_to_string(home.store("knob_adjustments.jsonl"));
    assert!(adjustments(&home).is_err(), "a suggestion moved the knob");
    // What is only suggested is not given to engines.
    let env = |home: &Home| run(home, &["size", "--format", "env"]);
    assert!(env(&home).contains("DT_POSITION_SIZE_BASE_USD=1000\n"), "{}", env(&home));
    let said = run(&home, &["size", "--explain"]);
    assert!(said.contains("Rule winning_run") && said.contains("Suggested size 1000 → 1100 USD"), "{said}");
    std::fs::write(home.store("dtlearn.toml"), "[size]\napply = true\n").unwrap();
    let mut first = None;
    for _ in 0..2 {
        // A second time in the session says the same, and moves nothing.
        let said = (asked(&home, &["size"]), std::fs::read(home.store("sizing.json")).unwrap());
        assert_eq!(
            (&said.0["base"]["suggested_usd"], &said.0["base"]["applied_usd"]),
            (&json!(1100.0), &json!(1100.0))
        );
        assert_eq!(*first.get_or_insert(said.clone()), said);
        let lines = adjustments(&home).unwrap();
        let line: Json = serde_json::from_str(lines.trim()).unwrap();
        assert_eq!(
            (&line["source"], &line["new"], &line["trades"]),
            (&json!("size"), &json!(1100.0), &json!(700))
        );
    }
    let of_brain = run(&home, &["report", "brain", "--format", "env"]);
    assert!(of_brain.contains("DT_POSITION_SIZE_BASE_USD=1100\n"), "{of_brain}");
    let given = env(&home);
    assert!(
        given.contains("DT_POSITION_SIZE_BASE_USD=1100\n") && given.contains("DT_SIZE_POLICY="),
        "{given}"
    );
    let said = run(&home, &["size", "--explain"]);
    assert!(said.contains("Size 1000 → 1100 USD") && !said.contains("Not applied"), "{said}");
    // The rules on runs leave the knob alone now.
    assert!(!said.contains("Rule winning_run"), "{said}");
    // What a hand put in its place since counts, and stays for the session.
    run(&home, &["brain-adjust", "--set", "DT_POSITION_SIZE_BASE_USD=1200"]);
    let said = run(&home, &["size"]);
    assert!(said.contains("Not applied: it was moved in this session already."), "{said}");
    assert!(env(&home).contains("DT_POSITION_SIZE_BASE_USD=1200\n"), "{}", env(&home));
    // Another knob that is brought back into its range is no size that was applied.
    std::fs::write(
        home.store("dtlearn.toml"),
        "[size]\napply = true\n[knobs.DT_MAX_ORDERS_PER_CYCLE]\ndefault = 4\nlow = 4\n",
    )
    .unwrap();
    let said = run(&home, &["size"]);
    assert!(adjustments(&home).unwrap().contains(r#""source":"range""#), "{}", adjustments(&home).unwrap());
    assert!(said.contains("Not applied: it was moved in this session already."), "{said}");
}

#[test]
fn a_damaged_brain_file_is_said_once() {
    let home = store([0.0; 3]);
    let brain = home.path("da_brains/core/dt_brain.json.gz");
    std::fs::create_dir_all(brain.parent().unwrap()).unwrap();
    std::fs::write(brain, "damaged").unwrap();
    for command in ["size", "post-market"] {
        let said = run(&home, &[command]);
        assert_eq!(said.matches("every knob counts as its default").count(), 1, "{said}");
    }
}

#[test]
fn only_what_engines_read_is_written_as_assignments() {
    let home = store([0.0; 3]);
    for more in [&["--off-policy"][..], &["--by", "symbol"]] {
        let said = run(&home, &[&["size", "--format", "env"], more].concat());
        assert!(
            said.starts_with("status 2") && said.contains("can be written as NAME=value lines"),
            "{said}"
        );
    }
}

#[test]
fn a_signal_gets_what_its_context_is_given() {
    let home = store([-0.004, 0.0, 0.006]);
    let pick = |score: f64| {
        let pick = json!({"symbol": "MSFT", "signal_id": format!("p{score}"), "score": score}).to_string();
        let output = home
            .dtlearn()
            .env("DTLEARN_NOW", evening_after(SESSIONS))
            .arg("score")
            .write_stdin(pick)
            .output()
            .unwrap();
        serde_json::from_slice::<Json>(&output.stdout).unwrap()
    };
    assert_eq!(
        (&pick(9.0)["size_multiplier"], &pick(9.0)["size_policy"]),
        (&json!(1.0), &json!("none: `dtlearn size` makes one"))
    );
    let said = asked(&home, &["size"]);
    assert_eq!(said["policy"]["state"], "published", "{}", said["policy"]);
    let given = |score: f64| pick(score)["size_multiplier"].as_f64().unwrap();
    assert!(given(9.0) > 1.2 && given(1.0) < 0.8, "{} {}", given(9.0), given(1.0));
    assert!(pick(9.0)["size_policy"].as_str().unwrap().starts_with("published, E "));
    std::fs::write(home.store("dtlearn.toml"), "[size]\nexplore = 0.5\n").unwrap();
    let drawn: Vec<Json> = (0..40).map(|n| pick(f64::from(n) / 10.0)).collect();
    for answer in &drawn {
        let (m, p) =
            (answer["size_multiplier"].as_f64().unwrap(), answer["size_propensity"].as_f64().unwrap());
        assert!([(0.8, 0.25), (1.0, 0.5), (1.25, 0.25)].contains(&(m, p)), "{answer}");
    }
    assert!(drawn.iter().any(|answer| answer["size_multiplier"] != 1.0));
}

#[test]
fn drawn_sizes_say_what_others_bring_and_certain_ones_are_refused() {
    let home = store([0.001; 3]);
    let seen = run(&home, &["size", "--off-policy"]);
    assert!(seen.starts_with("status 4") && seen.contains("no trade says with which chance"), "{seen}");
    let certain = Home::new();
    record_sized(&certain, SESSIONS, [0.001; 3], |_| {
        r#","size_multiplier":1.0,"size_propensity":1.0"#.into()
    });
    let seen = run(&certain, &["size", "--off-policy"]);
    assert!(seen.starts_with("status 4") && seen.contains("every size was certain"), "{seen}");
    let other = Home::new();
    record_sized(&other, SESSIONS, [0.001; 3], |_| r#","size_propensity":0.5"#.into());
    let seen = run(&other, &["size", "--off-policy"]);
    assert!(seen.starts_with("status 4") && seen.contains("no trade with a size_propensity"), "{seen}");
    let drawn = Home::new();
    record_sized(&drawn, SESSIONS, [0.001; 3], |id| {
        let size = drawn_size(id, 0.2);
        format!(r#","size_multiplier":{},"size_propensity":{}"#, size.multiplier, size.propensity)
    });
    let said = asked(&drawn, &["size", "--off-policy"]);
    let targets = said["targets"].as_array().unwrap();
    assert_eq!((targets.len(), &targets[0]["trades"], &targets[0]["sessions"]), (5, &json!(700), &json!(70)));
    // One in ten had 1.25: all of them at it are worth a tenth, half of them a third.
    assert!(targets[4]["refused"].as_str().unwrap().contains("it takes 30 %"), "{said}");
    let (half, interval) = (&targets[3], &targets[3]["interval"]);
    let truth = 0.5 * 0.001 + 0.5 * 1.25 * 0.001;
    assert!(half["refused"].is_null() && half["effective_frac"].as_f64().unwrap() > 0.3, "{half}");
    let (low, high) = (interval[0].as_f64().unwrap(), interval[1].as_f64().unwrap());
    assert!(low < truth && truth < high && high - low < 0.01, "{half}");
}

#[test]
fn sizes_across_strategies_are_given_at_the_same_exposure() {
    let home = store([0.001; 3]);
    let said = asked(&home, &["size", "--by", "strategy"]);
    let groups = said["groups"].as_array().unwrap();
    let names: Vec<&Json> = groups.iter().map(|group| &group["name"]).collect();
    assert_eq!(names, [&json!("orb"), &json!("vwap")]);
    // Both have half of the trades: their sizes are 1 in the mean.
    let size = |at: usize| groups[at]["multiplier"].as_f64().unwrap();
    assert!((size(0) + size(1) - 2.0).abs() < 1e-9, "{said}");
    assert_eq!((&said["sessions"], &said["left_out"]), (&json!(70), &json!(0)));
    let seen = run(&home, &["size", "--by", "strategy"]);
    assert!(seen.contains("One size for every strategy: nothing shows"), "{seen}");
    let seen = run(&home, &["size", "--by", "symbol"]);
    assert!(seen.contains("No answer: it takes two that have a symbol, there is 1."), "{seen}");
}
