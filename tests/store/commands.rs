//! Every command that writes, killed or failed at one system call after the other: no trade is lost, nothing is damaged,
//! and the same command works the next time.
//!
//! A few calls of each in every run; all of them with `DTLEARN_TEST_WHOLE=1`.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use crate::common::folders::copy_folder;
use crate::common::{Home, exit, program};

/// The commands that write, each with its input, on a store with five days.
fn writing() -> Vec<(&'static [&'static str], String)> {
    let signal = r#"{"signal_id":"s","symbol":"A","side":"BUY","timestamp":"2019-02-15T15:01:00Z","label":"BUY","confidence":0.7,"price":100,"entry_price":100}"#;
    let news = r#"{"symbol":"A","timestamp":"2019-02-15T15:01:00Z","sentiment":0.5,"source":"wire","headline_id":"n"}"#;
    vec![
        (&["record-exit"], exit("new", 1.0, "2019-02-15T19:50:00Z")),
        (&["record-fill"], fill("BUY", 40, 100.0) + &fill("SELL", 45, 101.0)),
        // A day's loss that locks: the state, its log and the overlay of the knobs are written.
        (&LOCKED, String::new()),
        (&["record-signal"], signal.into()),
        (&["track-missed"], signal.into()),
        (&["record-news"], news.into()),
        (&["void", "VOIDED", "--why", "sent twice"], String::new()),
        (&PLAN, String::new()),
        (&["size"], String::new()),
        (&["portfolio", "--apply"], String::new()),
        (&["report", "patterns", "--ask", "setup = orb"], String::new()),
        (&["import", "more.jsonl"], String::new()),
        (&["analyze"], String::new()),
        (&["analyze", "--prices", "prices.csv"], String::new()),
        (&["brain-adjust"], String::new()),
        (&["report", "--save"], String::new()),
        (&["post-market"], String::new()),
        (&["doctor", "--seal"], String::new()),
        (&["doctor", "--repair"], String::new()),
    ]
}

/// The commands that write where another one wrote before them.
const BEHIND: [(&[&str], &[&str]); 8] = [
    (&[], &["brain-adjust", "--set", "DT_MAX_POSITIONS=2"]),
    (&["brain-adjust", "--set", "DT_MAX_POSITIONS=2"], &["brain-adjust", "--rollback"]),
    (&[], &["retrain", "--force"]),
    (&[], &["replay"]),
    (&PLAN, &["experiment", "stop", "stops", "--keep", "A", "--why", "a test"]),
    (&LOCKED, &["guard", "--now", "2019-02-15T19:56:00Z", "release", "--why", "a test"]),
    // The settings of this store let the size in force follow.
    (&[], &["--config", "apply.toml", "size"]),
    (&["import", "more.jsonl"], &["import", "--undo", "20190215210500"]),
];

/// A day's loss that locks while the session runs.
const LOCKED: [&str; 5] = ["guard", "--now", "2019-02-15T19:55:00Z", "--open-pnl", "-900"];

/// An experiment that is drawn up, and noted in the brain file.
const PLAN: [&str; 11] = [
    "experiment",
    "plan",
    "stops",
    "--arms",
    "A,B",
    "--unit",
    "signal",
    "--min-effect",
    "0.3%",
    "--knob",
    "DT_STOP_LOSS_PCT=0.012",
];

/// An execution of one share at a minute past 19:00.
fn fill(side: &str, minute: u32, price: f64) -> String {
    format!(
        "{{\"fill_id\":\"{side}{minute}\",\"symbol\":\"FILLED\",\"side\":\"{side}\",\"qty\":1,\"price\":{price},\"timestamp\":\"2019-02-15T19:{minute}:00Z\"}}\n"
    )
}

fn run(home: &Home, before: &[&str], args: &[&str], input: &str) -> Output {
    let mut line: Vec<&str> = before.to_vec();
    line.push(program());
    line.extend(args);
    home.program(&line, input.as_bytes())
}

/// The trades of a store, but for the one that is taken out on purpose.
fn stored(home: &Home) -> BTreeSet<String> {
    let output = run(home, &[], &["export", "--format", "jsonl"], "");
    let mut ids = BTreeSet::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(ids.insert(value["trade_id"].as_str().unwrap().to_owned()), "twice: {line}");
    }
    ids.remove("VOIDED");
    ids
}

#[test]
fn every_writing_command_survives_a_kill_and_an_error_at_a_system_call() {
    if !run_of("strace", &["-o", "/dev/null", "true"]) {
        eprintln!("SKIPPED: strace does not work on this machine");
        return;
    }
    let whole = std::env::var_os("DTLEARN_TEST_WHOLE").is_some();
    let start = Home::with_real_signals();
    std::fs::write(start.path("more.jsonl"), exit("imported", 1.0, "2019-02-15T19:51:00Z")).unwrap();
    std::fs::write(start.path("prices.csv"), "symbol,timestamp,close\nA,2019-02-15T20:59:00Z,102\n").unwrap();
    run(&start, &[], &["record-exit"], &exit("VOIDED", 1.0, "2019-02-15T19:52:00Z"));
    // An experiment is planned from 10 sessions on.
    for day in [1, 4, 5, 6, 7, 8] {
        for (n, pnl) in [(0, 12.0), (1, -9.0), (2, 4.0)] {
            let time = format!("2019-02-0{day}T19:0{n}:00Z");
            run(&start, &[], &["record-exit"], &exit(&format!("old-{day}-{n}"), pnl, &time));
        }
    }
    let before = stored(&start);
    std::fs::write(start.path("apply.toml"), "[size]\napply = true\n").unwrap();
    let mut tried = 0;
    let behind = BEHIND.map(|(first, args)| (first, args, String::new()));
    let writing = writing().into_iter().map(|(args, input)| (&[][..], args, input)).chain(behind);
    for (first, args, input) in writing {
        let start = copy_of(&start);
        if !first.is_empty() {
            let done = run(&start, &[], first, "");
            assert!(matches!(done.status.code(), Some(0 | 4)), "{first:?}: {done:?}");
        }
        for (inject, calls) in FAULTS {
            for call in calls {
                let mut when = 1;
                while when < 4_000 {
                    let fault = format!("inject={call}:{inject}:when={when}");
                    if !is_survived(&start, &before, (args, &input), (call, &fault)) {
                        break;
                    }
                    tried += 1;
                    when = if whole { when + 1 } else { when * 6 + 1 };
                }
            }
        }
    }
    assert!(tried > 200, "only {tried} faults were met");
    crate::common::cases::tried("system call", tried, true);
}

fn copy_of(home: &Home) -> Home {
    let copy = Home::new();
    copy_folder(home.0.path(), copy.0.path());
    copy
}

/// What happens at which system calls.
const FAULTS: [(&str, &[&str]); 3] = [
    ("signal=KILL", &["openat", "write", "fdatasync", "rename", "renameat", "ftruncate", "flock"]),
    ("error=EIO", &["openat", "write", "pread64", "fdatasync", "fsync", "rename", "statx", "close"]),
    ("error=ENOSPC", &["openat", "write", "mkdir"]),
];

/// Runs a command over a copy of a store with a fault at a call, and then once more without; whether the fault was
/// met at all.
fn is_survived(
    start: &Home,
    before: &BTreeSet<String>,
    (args, input): (&[&str], &str),
    (call, inject): (&str, &str),
) -> bool {
    let home = copy_of(start);
    let strace = ["strace", "-f", "-o", "trace", "-e", &format!("trace={call}"), "-e", inject];
    let done = run(&home, &strace, args, input);
    let trace = std::fs::read_to_string(home.path("trace")).unwrap_or_default();
    if !trace.contains("(INJECTED)") && !trace.contains("killed by SIGKILL") {
        return false;
    }
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(!said.contains("panicked"), "{args:?} {inject}: {said}");
    let acknowledged = done.status.success();
    let again = run(&home, &[], args, input);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    // What is done once and for all was done the first time.
    let is_done = [
        "there is an experiment stops",
        "nothing stored has the id VOIDED",
        "there is no update to undo",
        "stops was stopped already",
        "nothing to release",
    ]
    .iter()
    .any(|done| said.contains(done));
    let code = again.status.code();
    assert!(matches!(code, Some(0 | 3)) || (is_done && code == Some(1)), "{args:?} after {inject}: {said}");
    run(&home, &[], &["analyze"], "");
    let ids = stored(&home);
    assert!(ids.is_superset(before), "{args:?} {inject} lost {:?}", before.difference(&ids));
    assert!(!acknowledged || args[0] != "record-exit" || ids.contains("new"), "{inject}");
    let made = usize::from(args[0] == "record-fill");
    assert!(made == 0 || ids.len() == before.len() + made, "{inject}: {:?}", ids.difference(before));
    let doctor = run(&home, &[], &["doctor"], "");
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert_ne!(doctor.status.code(), Some(12), "{args:?} after {inject}: {said}");
    true
}

fn run_of(program: &str, args: &[&str]) -> bool {
    Command::new(program).args(args).output().is_ok_and(|output| output.status.success())
}
