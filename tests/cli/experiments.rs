//! `experiment` and `report experiments`: from the plan to the end.

use dtlearn::domain::ExperimentUnit;
use serde_json::Value;

use crate::common::Home;
use crate::common::experiment_store::{Engine, dates, evening, halves};

/// 60 sessions without an experiment, and the evening of the last one.
pub(super) fn store(signals: usize) -> (Home, String) {
    let home = Home::new();
    let before = dates("2026-01-02", 60);
    Engine { seed: 1, signals, effect: 0.0 }.record(&home, &before, None, |_, _| 0);
    (home, evening(before[59]))
}

/// The first session after the plan.
pub(super) const STARTS: &str = "2026-03-31";

pub(super) fn plan(home: &Home, now: &str, line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    home.seen_at(now, &[&["experiment", "plan"][..], &words].concat())
}

pub(super) fn standing(home: &Home, now: &str, name: &str) -> Value {
    home.json_at(now, &["report", "experiments", name])["experiments"][0].clone()
}

const TIGHT: &str = "tight-stops --arms A,B --unit signal --min-effect 0.3% --knob DT_STOP_LOSS_PCT=0.012";

#[test]
fn an_effect_is_found_and_the_record_says_so() {
    let (home, now) = store(24);
    let said = plan(&home, &now, TIGHT);
    assert!(said.starts_with("status 0\n") && said.contains("tight-stops is planned"), "{said}");
    let none = standing(&home, &now, "tight-stops");
    assert_eq!((&none["sessions"], &none["compared"][0]["verdict"]), (&0.into(), &"unclear".into()));
    let assignment = halves("tight-stops", ExperimentUnit::Signal, STARTS);
    let during = dates(STARTS, 40);
    let engine = Engine { seed: 2, signals: 24, effect: 0.004 };
    engine.record(&home, &during, Some("tight-stops"), |id, _| assignment.of_signal(id));
    let now = evening(during[39]);
    let found = standing(&home, &now, "tight-stops");
    let compared = &found["compared"][0];
    assert_eq!(compared["verdict"], "better", "{found}");
    // Three of four signals are traded: an effect of .4 % a trade is .3 % a signal.
    let end = |key: &str| compared[key].as_f64().unwrap();
    assert!(end("difference_low") < 0.003 && end("difference_high") > 0.003, "{compared}");
    let arms = &found["arms"];
    assert_eq!(arms[0]["units"].as_u64().unwrap() + arms[1]["units"].as_u64().unwrap(), 40 * 24);
    assert_eq!((&found["signals_without_arm"], &found["records_in_other_arm"]), (&0.into(), &0.into()));
    // What was known earlier is what was said earlier.
    let path = compared["path"].as_array().unwrap();
    assert_eq!(path.len(), 40);

    let stopped =
        home.seen_at(&now, &["experiment", "stop", "tight-stops", "--keep", "B", "--why", "it pays"]);
    assert!(stopped.contains("tight-stops is stopped after 40 sessions: B stays"), "{stopped}");
    assert!(stopped.contains("brain-adjust --set DT_STOP_LOSS_PCT=0.012"), "{stopped}");
    let again = home.seen_at(&now, &["experiment", "stop", "tight-stops", "--keep", "A", "--why", "no"]);
    assert!(again.starts_with("status 1\n") && again.contains("tight-stops was stopped already"), "{again}");
    let after = home.seen_at(&now, &["experiment", "arm", "tight-stops", "--signal-id", "any"]);
    assert!(after.contains("arm B") && after.contains("the arm that was kept"), "{after}");
    let said = home.seen_at(&now, &["report", "experiments"]);
    assert!(said.contains("was stopped on 2026-05-27: B kept. Reason: it pays"), "{said}");
    // Before the stop it still ran.
    let earlier = home.seen_at(&now, &["report", "experiments", "--as-of", "2026-05-26T21:30:00Z"]);
    assert!(!earlier.contains("was stopped"), "{earlier}");

    // A damaged day is shown as it stands there.
    let log = home.store("experiments.jsonl");
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, text.replace("\"at\":\"2026-05-27", "\"at\":\"2026-05-2é")).unwrap();
    let damaged = home.seen_at(&now, &["report", "experiments"]);
    assert!(damaged.starts_with("status ") && !damaged.contains("panicked"), "{damaged}");
}

#[test]
fn sessions_take_turns_without_a_word_in_the_records() {
    let (home, now) = store(12);
    let line = "fewer --arms A,B --unit session --metric net_usd --min-effect 60 --knob DT_MAX_POSITIONS=2";
    let said = plan(&home, &now, line);
    assert!(said.contains("--format env"), "{said}");
    let assignment = halves("fewer", ExperimentUnit::Session, STARTS);
    let calendar = dtlearn::domain::Calendar::xnys();
    let arm_of = |date| assignment.of_session(date, &calendar).unwrap();
    let during = dates(STARTS, 30);
    Engine { seed: 3, signals: 12, effect: 0.01 }.record(&home, &during, None, |_, date| arm_of(date));
    for date in &during {
        let arm = home.json_at(&now, &["experiment", "arm", "fewer", "--session", &date.to_string()]);
        assert_eq!(arm["variant"], ["A", "B"][arm_of(*date)]);
        assert_eq!(arm["knobs"]["DT_MAX_POSITIONS"], [3.0, 2.0][arm_of(*date)]);
    }
    let env = home.seen_at(&now, &["experiment", "arm", "fewer", "--session", STARTS, "--format", "env"]);
    let wanted = format!("DT_MAX_POSITIONS={}\n", [3, 2][arm_of(during[0])]);
    assert!(env.contains(&wanted) && env.contains("DT_STOP_LOSS_PCT=0.02\n"), "{env}");
    let now = evening(during[29]);
    let found = standing(&home, &now, "fewer");
    // Nine trades of 1,000 USD a session, a hundredth better each.
    assert_eq!(
        (&found["sessions"], &found["compared"][0]["verdict"]),
        (&30.into(), &"better".into()),
        "{found}"
    );
    assert_eq!((&found["arms"][0]["units"], &found["arms"][1]["units"]), (&15.into(), &15.into()));
    let low = found["compared"][0]["difference_low"].as_f64().unwrap();
    assert!((0.0..100.0).contains(&low), "{low}");
}

#[test]
fn a_signal_that_its_arm_did_not_trade_counts_nothing() {
    let (home, now) = store(12);
    plan(&home, &now, TIGHT);
    // B trades its winners alone: its trades are better, its signals are not.
    let assignment = halves("tight-stops", ExperimentUnit::Signal, STARTS);
    let during = dates(STARTS, 20);
    let engine = Engine { seed: 4, signals: 12, effect: 0.0 };
    let (signals, exits) = engine.lines(&during, Some("tight-stops"), |id, _| assignment.of_signal(id));
    let kept = |line: &&str| {
        let exit: Value = serde_json::from_str(line).unwrap();
        let is_b = assignment.of_signal(exit["signal_id"].as_str().unwrap()) == 1;
        !is_b || exit["price"].as_f64().unwrap() > 101.2
    };
    let exits: String = exits.lines().filter(kept).map(|line| format!("{line}\n")).collect();
    let now = evening(during[19]);
    for (command, lines) in [("record-signal", signals), ("record-exit", exits)] {
        home.dtlearn().env("DTLEARN_NOW", &now).arg(command).write_stdin(lines).assert().success();
    }
    let found = standing(&home, &now, "tight-stops");
    let arm = &found["arms"][1];
    let (traded, wins) = (arm["traded"].as_u64().unwrap(), arm["wins"].as_u64().unwrap());
    assert!(traded > 0 && traded == wins && traded < 15, "{arm}");
    assert_eq!(found["compared"][0]["verdict"], "unclear");
    let sum = arm["sum"].as_f64().unwrap() / arm["units"].as_f64().unwrap();
    assert!(sum < 0.002, "{sum}");
}

#[test]
fn what_is_wrong_with_an_experiment_shuts_the_verdict() {
    let (home, now) = store(24);
    plan(&home, &now, TIGHT);
    let assignment = halves("tight-stops", ExperimentUnit::Signal, STARTS);
    let during = dates(STARTS, 20);
    let engine = Engine { seed: 5, signals: 24, effect: 0.01 };
    let (signals, exits) = engine.lines(&during, Some("tight-stops"), |id, _| assignment.of_signal(id));
    let now = evening(during[19]);
    let recorded = |keep: &dyn Fn(usize, &str) -> Option<String>| {
        let home_of = Home::new();
        let from = home.store("experiments.jsonl");
        let lines = |text: &str| -> String {
            text.lines().enumerate().filter_map(|(at, line)| keep(at, line)).collect()
        };
        std::fs::create_dir_all(home_of.store("")).unwrap();
        std::fs::copy(from, home_of.store("experiments.jsonl")).unwrap();
        for (command, text) in [("record-signal", &signals), ("record-exit", &exits)] {
            let mut run = home_of.dtlearn();
            run.env("DTLEARN_NOW", &now).arg(command).write_stdin(lines(text)).assert().success();
        }
        let found = standing(&home_of, &now, "tight-stops");
        (found["compared"][0]["verdict"].as_str().unwrap().to_owned(), found["invalid"].to_string(), home_of)
    };
    let whole = |_: usize, line: &str| Some(format!("{line}\n"));
    assert_eq!(recorded(&whole).0, "better");
    // A third of one arm's records never arrives.
    let lost = |at: usize, line: &str| {
        let is_b = line.contains(r#""variant":"B""#);
        (!is_b || !at.is_multiple_of(3)).then(|| format!("{line}\n"))
    };
    let (word, why, _) =
        recorded(&|at, line| if line.contains("entry_timestamp") { whole(at, line) } else { lost(at, line) });
    // The trades of the signals that are missing still name their signals, and no arm.
    assert!(word == "invalid" && why.contains("sample ratio mismatch"), "{word} {why}");
    // An engine that trades its own arm.
    let (word, why, _) =
        recorded(&|_, line| Some(format!("{}\n", line.replace(r#""variant":"B""#, r#""variant":"A""#))));
    assert!(word == "invalid" && why.contains("does not follow the arms"), "{word} {why}");
    // A plan that was changed afterwards.
    let (_, _, home_of) = recorded(&whole);
    let path = home_of.store("experiments.jsonl");
    let text =
        std::fs::read_to_string(&path).unwrap().replace(r#""min_effect":0.003"#, r#""min_effect":0.001"#);
    std::fs::write(&path, text).unwrap();
    let found = standing(&home_of, &now, "tight-stops");
    assert_eq!(found["compared"][0]["verdict"], "invalid");
    assert!(found["invalid"][0].as_str().unwrap().contains("not as it was frozen"), "{found}");
}

#[test]
fn a_plan_that_makes_no_sense_is_refused() {
    let (home, now) = store(12);
    for (line, status, said) in [
        ("x --arms A --unit signal --min-effect 0.3%", 2, "--arms takes 2 to 6 different names"),
        ("x --arms A,A --unit signal --min-effect 0.3%", 2, "--arms takes 2 to 6 different names"),
        ("x --arms A,B --unit signal --min-effect 0.3", 2, "write --min-effect 0.3% if percent is meant"),
        ("x --arms A,B --unit signal --min-effect 0.3% --metric r", 2, "goes with net_pct"),
        ("x --arms A,B --unit signal --min-effect 0.01%", 1, "more than 250"),
        ("x --arms A,B --unit session --min-effect 1% --share 0.3", 2, "--share goes with"),
        ("x --arms A,B --unit signal --min-effect 0.3% --share 0.97", 2, "leaves an arm less than"),
        ("x --arms A,B --unit shadow --min-effect 3 --metric net_usd", 2, "what is not traded has no size"),
        ("x --arms A,B --unit signal --min-effect 0.3% --knob DT_MAX_POSITIONS=9", 2, "its range is 1 to 6"),
        ("x --arms A,B --unit signal --min-effect 0.3% --knob C:DT_MAX_POSITIONS=2", 2, "the arms are A, B"),
        ("x/y --arms A,B --unit signal --min-effect 0.3%", 2, "a name has letters"),
    ] {
        let answer = plan(&home, &now, line).replace('\n', " ");
        assert!(
            answer.starts_with(&format!("status {status} ")) && answer.contains(said),
            "{line}: {answer}"
        );
    }
    assert!(!home.store("experiments.jsonl").exists());
    // What it would take may be asked, and told to take as long as it takes.
    let long = "x --arms A,B --unit signal --min-effect 0.01% --max-sessions 5000 --dry-run";
    assert!(plan(&home, &now, long).contains("Nothing was written."));
    assert!(!home.store("experiments.jsonl").exists());
    plan(&home, &now, TIGHT);
    let again = plan(&home, &now, TIGHT);
    assert!(again.contains("there is an experiment tight-stops on record"), "{again}");
    let held = plan(&home, &now, "y --arms A,B --unit signal --min-effect 0.3% --knob DT_STOP_LOSS_PCT=0.03");
    assert!(held.contains("DT_STOP_LOSS_PCT belongs to the running experiment tight-stops"), "{held}");
    let wrong = home.seen_at(&now, &["report", "experiments", "tight-stop"]);
    assert!(wrong.starts_with("status 2\n") && wrong.contains("did you mean tight-stops?"), "{wrong}");
    let unit = home.seen_at(&now, &["experiment", "arm", "tight-stops"]);
    assert!(
        unit.starts_with("status 2\n") && unit.contains("draws arms by signal: say --signal-id"),
        "{unit}"
    );
    let few = Home::new();
    Engine { seed: 1, signals: 2, effect: 0.0 }.record(&few, &dates("2026-01-02", 5), None, |_, _| 0);
    let few = plan(&few, "2026-01-09T21:30:00Z", TIGHT).replace('\n', " ");
    assert!(few.starts_with("status 1 ") && few.contains("there are 5"), "{few}");
}

#[test]
fn no_rule_moves_a_knob_of_a_running_experiment() {
    let (home, now) = store(24);
    plan(&home, &now, "pairs --arms A,B --unit session --min-effect 1% --knob DT_MIN_TRADE_GAP_MINUTES=20");
    let rules = home.json_at(&now, &["brain-adjust", "--dry-run", "--force", "--regime", "volatile"]);
    assert_eq!(rules["held_by_experiments"]["DT_MIN_TRADE_GAP_MINUTES"], "pairs");
    let moves = |rules: &Value| {
        let changes = rules["changes"].as_array().unwrap().iter();
        changes.filter(|change| change["knob"] == "DT_MIN_TRADE_GAP_MINUTES").count()
    };
    assert_eq!(moves(&rules), 0);
    home.seen_at(&now, &["experiment", "stop", "pairs", "--keep", "A", "--why", "enough"]);
    let free = home.json_at(&now, &["brain-adjust", "--dry-run", "--force", "--regime", "volatile"]);
    assert!(free["held_by_experiments"].as_object().unwrap().is_empty());
    let by_hand = |name: &str| {
        let said = plan(
            &home,
            &now,
            &format!("{name} --arms A,B --unit session --min-effect 1% --knob DT_MAX_POSITIONS=2"),
        );
        assert!(said.contains("is planned"), "{said}");
        home.seen_at(&now, &["brain-adjust", "--set", "DT_MAX_POSITIONS=4"])
    };
    assert!(by_hand("places").contains("belongs to the running experiment places"));
}

#[test]
fn score_names_the_arm_of_each_signal() {
    let (home, now) = store(12);
    plan(&home, &now, TIGHT);
    plan(&home, &now, "places --arms A,B --unit session --min-effect 1% --knob DT_MAX_POSITIONS=2");
    plan(&home, &now, "symbols --arms A,B,C --unit symbol-session --min-effect 1%");
    let assignment = halves("tight-stops", ExperimentUnit::Signal, STARTS);
    let signal = |id: &str| {
        format!(r#"{{"signal_id":"{id}","symbol":"MSFT","timestamp":"{STARTS}T15:00:00Z","score":5}}"#)
    };
    let lines: Vec<String> = (0..20).map(|at| signal(&format!("s{at}"))).collect();
    for way in [&["score"][..], &["score", "--stream"]] {
        let mut run = home.dtlearn();
        let run = run.env("DTLEARN_NOW", &now).args(way).write_stdin(lines.join("\n")).output().unwrap();
        let said = String::from_utf8(run.stdout).unwrap();
        let scored: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(scored.len(), 20);
        for (at, scored) in scored.iter().enumerate() {
            let arm = assignment.of_signal(&format!("s{at}"));
            assert_eq!(scored["variants"]["tight-stops"], ["A", "B"][arm], "{scored}");
            let of_day = home.json_at(&now, &["experiment", "arm", "places", "--session", STARTS]);
            assert_eq!(scored["variants"]["places"], of_day["variant"]);
            if at == 0 {
                let asked = ["experiment", "arm", "symbols", "--symbol", "MSFT", "--session", STARTS];
                assert_eq!(scored["variants"]["symbols"], home.json_at(&now, &asked)["variant"]);
            }
        }
    }
    let unnamed = home
        .dtlearn()
        .env("DTLEARN_NOW", &now)
        .arg("score")
        .write_stdin(r#"{"symbol":"X"}"#)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&unnamed.stderr).into_owned();
    assert!(said.contains("no arm of tight-stops: the signal has no signal_id"), "{said}");
}
