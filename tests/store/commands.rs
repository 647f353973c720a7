//! Every command that writes, killed or failed at one system call after the other: no trade is lost, nothing is damaged,
//! and the same command works the next time.
//!
//! A few calls of each in every run; all of them with `DTLEARN_TEST_WHOLE=1`.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use crate::common::{Home, exit, program};

/// The commands that write, each with its input, on a store with five days.
fn writing() -> Vec<(&'static [&'static str], String)> {
    let signal = r#"{"signal_id":"s","symbol":"A","side":"BUY","timestamp":"2019-02-15T15:01:00Z","label":"BUY","confidence":0.7,"price":100,"entry_price":100}"#;
    vec![
        (&["record-exit"], exit("new", 1.0, "2019-02-15T19:50:00Z")),
        (&["record-fill"], fill("BUY", 40, 100.0) + &fill("SELL", 45, 101.0)),
        // A day's loss that locks: the state, its log and the overlay of the knobs are written.
        (&["guard", "--open-pnl", "-900"], String::new()),
        (&["record-signal"], signal.into()),
        (&["track-missed"], signal.into()),
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

fn stored(home: &Home) -> BTreeSet<String> {
    let output = run(home, &[], &["export", "--format", "jsonl"], "");
    let mut ids = BTreeSet::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(ids.insert(value["trade_id"].as_str().unwrap().to_owned()), "twice: {line}");
    }
    ids
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
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
    let before = stored(&start);
    let mut tried = 0;
    for (args, input) in writing() {
        for (inject, calls) in [
            (
                "signal=KILL",
                &["openat", "write", "fdatasync", "rename", "renameat", "ftruncate", "flock"][..],
            ),
            ("error=EIO", &["openat", "write", "pread64", "fdatasync", "fsync", "rename", "statx", "close"]),
            ("error=ENOSPC", &["openat", "write", "mkdir"]),
        ] {
            for call in calls {
                let mut when = 1;
                while when < 4_000 {
                    let home = Home::new();
                    copy(start.0.path(), home.0.path());
                    let inject = format!("inject={call}:{inject}:when={when}");
                    let strace =
                        ["strace", "-f", "-o", "trace", "-e", &format!("trace={call}"), "-e", &inject];
                    let done = run(&home, &strace, args, &input);
                    let trace = std::fs::read_to_string(home.path("trace")).unwrap_or_default();
                    if !trace.contains("(INJECTED)") && !trace.contains("killed by SIGKILL") {
                        break;
                    }
                    tried += 1;
                    let said = String::from_utf8_lossy(&done.stderr).into_owned();
                    assert!(!said.contains("panicked"), "{args:?} {inject}: {said}");
                    let acknowledged = done.status.success();
                    let again = run(&home, &[], args, &input);
                    let said = String::from_utf8_lossy(&again.stderr).into_owned();
                    assert!(matches!(again.status.code(), Some(0 | 3)), "{args:?} after {inject}: {said}");
                    run(&home, &[], &["analyze"], "");
                    let ids = stored(&home);
                    assert!(ids.is_superset(&before), "{args:?} {inject} lost {:?}", before.difference(&ids));
                    assert!(!acknowledged || args[0] != "record-exit" || ids.contains("new"), "{inject}");
                    let made = usize::from(args[0] == "record-fill");
                    assert!(
                        made == 0 || ids.len() == before.len() + made,
                        "{inject}: {:?}",
                        ids.difference(&before)
                    );
                    let doctor = run(&home, &[], &["doctor"], "");
                    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
                    assert_ne!(doctor.status.code(), Some(12), "{args:?} after {inject}: {said}");
                    when = if whole { when + 1 } else { when * 4 + 1 };
                }
            }
        }
    }
    assert!(tried > 200, "only {tried} faults were met");
    eprintln!("{tried} faults met");
}

fn run_of(program: &str, args: &[&str]) -> bool {
    Command::new(program).args(args).output().is_ok_and(|output| output.status.success())
}
