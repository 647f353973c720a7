//! The brain file under other programs, damage, faults and clocks that go back.

use std::io::Write;

use serde_json::Value;

use crate::common::brain::{brain_path, brain_text, log};
use crate::common::{Home, python};

fn write_brain(home: &Home, text: &str) {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    std::fs::create_dir_all(home.path("da_brains/core")).unwrap();
    std::fs::write(brain_path(home), packed.finish().unwrap()).unwrap();
}

#[test]
fn foreign_keys_survive_and_python_reads_every_file() {
    let home = Home::with_real_days();
    let mine = r#"{"zeta": [1.50, NaN], "knobs": {"MINE": 12345678901234567890123, "DT_MAX_POSITIONS": 4}, "_meta": {"regime": "volatile", "who": "é"}, "alpha": {"deep": {"a": "}"}}}"#;
    write_brain(&home, mine);
    let said = home.seen(&["brain-adjust"], "");
    assert!(said.contains("regime volatile (from the brain file)"), "{said}");
    assert!(said.contains("DT_MAX_POSITIONS 4 → 3.6"), "the smoothed value moves first: {said}");
    let text = brain_text(&home);
    assert!(
        text.starts_with(
            r#"{"zeta": [1.50, NaN], "knobs": {"MINE": 12345678901234567890123, "DT_MAX_POSITIONS": 4, "#
        ),
        "{text}"
    );
    assert!(
        text.contains(r#""_meta": {"regime": "volatile", "who": "é", "updated_at": "2019-02-15T21:05:00Z""#),
        "{text}"
    );
    assert!(text.contains(r#""alpha": {"deep": {"a": "}"}}, "knobs_smoothed""#), "{text}");
    let program = r#"
import gzip, json, sys
path = sys.argv[1]
brain = json.load(gzip.open(path, "rt", encoding="utf-8"))
assert list(brain)[:4] == ["zeta", "knobs", "_meta", "alpha"], list(brain)
assert brain["knobs"]["MINE"] == 12345678901234567890123
brain["knobs"]["DT_STOP_LOSS_PCT"] = 0.03
brain["extra"] = float("nan")
with gzip.open(path, "wt") as out:
    json.dump(brain, out, indent=1)
print(brain["knobs_smoothed"]["DT_MAX_POSITIONS"])
"#;
    if let Some(out) = python(program, &[brain_path(&home).to_str().unwrap()]) {
        assert_eq!(out.trim(), "3.6");
        // Somebody set the stop by hand: that is where the next step starts from.
        assert!(home.seen(&["report", "brain", "--wide"], "").contains("set outside of dtlearn"));
        let next = home.seen_at("2019-02-19T21:05:00Z", &["brain-adjust", "--force", "--regime", "trend"]);
        assert!(next.contains("DT_STOP_LOSS_PCT 0.03 → 0.027"), "{next}");
        assert!(brain_text(&home).contains(r#""extra": NaN"#));
    }
}

#[test]
fn a_damaged_brain_is_an_error_and_stays_as_it_is() {
    let home = Home::with_real_days();
    for (bytes, words) in
        [(&b"not gzip at all"[..], "is damaged: not gzip"), (b"\x1f\x8b\x08\x00", "is damaged: damaged gzip")]
    {
        std::fs::create_dir_all(home.path("da_brains/core")).unwrap();
        std::fs::write(brain_path(&home), bytes).unwrap();
        for args in [&["brain-adjust"][..], &["report", "brain"], &["brain-adjust", "--reset"]] {
            let said = home.seen(args, "");
            assert!(said.starts_with("status 12\n") && said.contains(words), "{said}");
        }
        assert_eq!(std::fs::read(brain_path(&home)).unwrap(), bytes);
        assert!(home.seen(&["doctor"], "").contains("dt_brain.json.gz"));
    }
    for (text, words) in [
        ("[1]", "a list where one JSON object was expected"),
        ("{\"knobs\": 3}", "knobs: a number where one JSON object was expected"),
        ("{\"knobs\": {\"DT_STOP_LOSS_PCT\": \"x\"}}", "knobs: DT_STOP_LOSS_PCT is not a number"),
        ("{\"knobs\": {\"DT_STOP_LOSS_PCT\": NaN}}", "knobs: DT_STOP_LOSS_PCT is not a number"),
    ] {
        write_brain(&home, text);
        let said = home.seen(&["brain-adjust"], "");
        assert!(said.starts_with("status 12\n") && said.contains(words), "{said}");
        assert_eq!(brain_text(&home), text);
    }
    write_brain(&home, "{\"knobs\": {\"DT_STOP_LOSS_PCT\": 0.5}}");
    let said = home.seen(&["brain-adjust"], "");
    assert!(
        said.contains(
            "DT_STOP_LOSS_PCT is 0.5 in the brain file, outside its range 0.01 to 0.04: taken as 0.04"
        ),
        "{said}"
    );
    // 0.8 · 0.04 + 0.2 · 0.015
    assert!(said.contains("DT_STOP_LOSS_PCT 0.04 → 0.035"), "{said}");
}

#[test]
fn a_write_that_fails_between_the_two_files_loses_no_change() {
    let home = Home::with_real_days();
    home.dtlearn().args(["brain-adjust", "--set", "DT_MAX_POSITIONS=2"]).assert().success();
    // A folder in the place of the log: the brain is written, the log is not.
    std::fs::rename(home.store("knob_adjustments.jsonl"), home.path("kept")).unwrap();
    let at_work = brain_text(&home);
    std::fs::create_dir(home.store("knob_adjustments.jsonl")).unwrap();
    let said = home.seen(&["brain-adjust", "--set", "DT_MAX_POSITIONS=4"], "");
    assert!(said.starts_with("status 14\n"), "nothing is moved without its record being possible: {said}");
    assert_eq!(brain_text(&home), at_work);
    std::fs::remove_dir(home.store("knob_adjustments.jsonl")).unwrap();
    // The log is gone for good: the brain file still holds the last update's changes.
    home.dtlearn().args(["brain-adjust", "--set", "DT_MAX_POSITIONS=5"]).assert().success();
    let moves: Vec<(u64, f64)> =
        log(&home).iter().map(|c| (c["update"].as_u64().unwrap(), c["new"].as_f64().unwrap())).collect();
    assert_eq!(moves, [(1, 2.0), (2, 5.0)]);
}

#[test]
fn a_value_outside_of_its_range_is_said_and_brought_back() {
    let home = Home::with_real_days();
    let outside =
        r#"{"knobs": {"DT_POSITION_SIZE_BASE_USD": 50000}, "knobs_smoothed": {"DT_MAX_POSITIONS": 99}}"#;
    write_brain(&home, outside);
    let said = home.seen(&["report", "brain", "--wide"], "");
    assert!(
        said.contains("DT_POSITION_SIZE_BASE_USD is 50000 in the brain file, outside its range 500 to 2000"),
        "{said}"
    );
    // What was smoothed without being given to the engine does not count.
    assert_eq!(home.json(&["report", "brain"])["knobs"]["DT_MAX_POSITIONS"]["current"], 3.0);
    let doctor = home.seen(&["doctor"], "");
    assert!(
        doctor.contains("repair with: dtlearn brain-adjust --reset DT_POSITION_SIZE_BASE_USD"),
        "{doctor}"
    );
    for args in [&["--set", "DT_POSITION_SIZE_BASE_USD=2000"][..], &["--set", "DT_MAX_POSITIONS=2"], &[]] {
        write_brain(&home, outside);
        home.dtlearn().arg("brain-adjust").args(args).assert().success();
        let brain: Value = serde_json::from_str(&brain_text(&home)).unwrap();
        assert_eq!(brain["knobs"]["DT_POSITION_SIZE_BASE_USD"], 2000, "{args:?}");
    }
    assert!(log(&home).iter().any(|change| change["source"] == "range"));
}

#[test]
fn a_clock_that_goes_back_and_a_new_brain_file_make_no_update_due_again() {
    let home = Home::with_real_days();
    home.dtlearn().arg("brain-adjust").assert().success();
    let back = home.seen_at("2019-02-14T22:00:00Z", &["brain-adjust"]);
    assert!(back.contains("The rules have already moved knobs on 2019-02-15"), "{back}");
    write_brain(&home, r#"{"knobs": {"DT_EXEC_MIN_CONF": 0.2}}"#);
    let again = home.seen(&["brain-adjust"], "");
    assert!(again.contains("The rules have already moved knobs on 2019-02-15"), "{again}");
}

#[test]
fn a_torn_record_is_made_whole_from_the_brain_file() {
    let home = Home::with_real_days();
    home.dtlearn().arg("brain-adjust").assert().success();
    let path = home.store("knob_adjustments.jsonl");
    let text = std::fs::read(&path).unwrap();
    std::fs::write(&path, &text[..text.len() - 100]).unwrap();
    let back = home.seen(&["brain-adjust", "--rollback"], "");
    assert!(back.contains("2 knobs moved") && back.contains("1 line skipped: not readable"), "{back}");
    assert_eq!(home.json(&["report", "brain"])["knobs"]["DT_STOP_LOSS_PCT"]["current"], 0.02);
    let more = home.seen(&["brain-adjust", "--rollback", "3"], "");
    assert!(more.starts_with("status 1\n"), "{more}");
}

/// The knobs are made anew from the record of their changes, whether the file is damaged or gone.
#[test]
fn a_lost_brain_is_made_anew_from_its_changes() {
    for is_gone in [false, true] {
        let home = Home::with_real_days();
        home.dtlearn().args(["brain-adjust", "--set", "DT_MAX_POSITIONS=4"]).assert().success();
        home.dtlearn().args(["brain-adjust", "--set", "DT_STOP_LOSS_PCT=0.015"]).assert().success();
        home.dtlearn().args(["brain-adjust", "--set", "DT_MAX_POSITIONS=3"]).assert().success();
        let knobs = || -> serde_json::Value {
            let said: serde_json::Value = serde_json::from_str(&brain_text(&home)).unwrap();
            serde_json::json!([said["knobs"], said["knobs_smoothed"], said["_meta"]["dtlearn"]["update"]])
        };
        let wanted = knobs();
        if is_gone {
            std::fs::remove_file(brain_path(&home)).unwrap();
        } else {
            std::fs::write(brain_path(&home), b"not gzip at all").unwrap();
        }
        let said = home.seen(&["doctor"], "");
        assert!(said.contains("repair with: dtlearn doctor --repair"), "{said}");
        let said = home.seen(&["doctor", "--repair"], "");
        assert!(said.contains("made anew from knob_adjustments.jsonl: 2 knobs"), "{said}");
        assert_eq!(knobs(), wanted);
        assert_eq!(said.contains("as it was: "), !is_gone, "{said}");
        // An update follows, and one can be taken back.
        home.dtlearn().args(["brain-adjust", "--rollback"]).assert().success();
        assert!(brain_text(&home).contains("\"DT_MAX_POSITIONS\": 4"), "{}", brain_text(&home));
    }
}

#[test]
fn of_a_brain_that_can_be_read_only_what_is_damaged_is_made_anew() {
    let home = Home::with_real_days();
    home.dtlearn().args(["brain-adjust", "--set", "DT_MAX_POSITIONS=3"]).assert().success();
    home.dtlearn().args(["brain-adjust", "--set", "DT_STOP_LOSS_PCT=0.015"]).assert().success();
    let sound = brain_text(&home);
    let set = "\"knobs\": {";
    let mine =
        sound.replacen('{', "{\"mine\": [1.50, NaN], ", 1).replacen(set, &format!("{set}\"MINE\": 7, "), 1);
    let hurt = mine.replacen("\"DT_MAX_POSITIONS\": 3", "\"DT_MAX_POSITIONS\": \"three\"", 1);
    assert_ne!(hurt, mine);
    write_brain(&home, &hurt);
    let said = home.seen(&["doctor", "--repair"], "");
    assert!(
        said.contains("damaged values of the brain file were made anew from knob_adjustments.jsonl: 1 knob,"),
        "{said}"
    );
    let (mine, now): (Vec<String>, Vec<String>) = {
        let parts = |text: &str| text.trim_matches(['{', '}', '\n']).split(", ").map(str::to_owned).collect();
        (parts(&mine), parts(&brain_text(&home)))
    };
    for part in &mine {
        let is_there =
            now.iter().any(|now| now.trim_matches(['{', '}']).ends_with(part.trim_matches(['{', '}'])));
        assert!(is_there || part.contains("DT_MAX_POSITIONS"), "{part} is gone: {now:?}");
    }
    assert_eq!(home.json(&["report", "brain"])["knobs"]["DT_MAX_POSITIONS"]["current"], 3.0);
}

#[test]
fn a_record_of_changes_that_cannot_be_read_sets_no_knob_to_its_default() {
    let home = Home::with_real_days();
    home.dtlearn().args(["brain-adjust", "--set", "DT_MAX_POSITIONS=3"]).assert().success();
    let record = home.store("knob_adjustments.jsonl");
    let changes = std::fs::read_to_string(&record).unwrap();
    std::fs::write(brain_path(&home), b"not gzip at all").unwrap();
    std::fs::remove_file(&record).unwrap();
    std::fs::create_dir(&record).unwrap();
    let said = home.seen(&["doctor", "--repair"], "");
    assert!(!said.starts_with("status 0\n") && said.contains("knob_adjustments.jsonl"), "{said}");
    assert_eq!(std::fs::read(brain_path(&home)).unwrap(), b"not gzip at all");
    // Lines in the middle that say nothing are told: what they set is not known.
    std::fs::remove_dir(&record).unwrap();
    let odd = changes.replacen("DT_MAX_POSITIONS", "DT_OF_OLD", 1);
    std::fs::write(&record, format!("{{\"kn\n{odd}{changes}{{\"torn")).unwrap();
    let said = home.seen(&["doctor", "--repair"], "");
    assert!(said.contains("line 1 is not a knob change") && said.contains("DT_OF_OLD is no knob"), "{said}");
    assert!(!said.contains("line 4 is not a knob change, and"), "{said}");
}
