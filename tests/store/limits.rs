//! Processes that the system keeps short of threads, of file descriptors and of file size: nothing panics, nothing is
//! killed, and what was acknowledged is there.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

use crate::common::{CLOSE, Home, exit, fixture, program, unpack};

/// Whether limits of processes count here: for the superuser they do not, so that the test becomes somebody else.
fn other_user() -> Option<&'static [&'static str]> {
    let id = Command::new("id").arg("-u").output().ok()?;
    if String::from_utf8_lossy(&id.stdout).trim() != "0" {
        return Some(&[]);
    }
    let as_nobody: &[&str] = &["setpriv", "--reuid=64321", "--regid=64321", "--clear-groups"];
    let works =
        Command::new(as_nobody[0]).args(&as_nobody[1..]).arg("true").status().is_ok_and(|s| s.success());
    works.then_some(as_nobody)
}

/// The program where whoever runs it may read it.
fn prepared(home: &Home) {
    std::fs::copy(program(), home.path("dtlearn")).unwrap();
    let owned = Command::new("chown").args(["-R", "64321:64321"]).arg(home.0.path()).status();
    let opened = Command::new("chmod").args(["-R", "a+rX"]).arg(home.0.path()).status();
    assert!(owned.is_ok() && opened.is_ok_and(|status| status.success()));
}

fn limited(home: &Home, become_other: &[&str], limit: &str, args: &[&str], input: &[u8]) -> Output {
    let script = format!("{limit}; exec ./dtlearn \"$@\"");
    let mut line: Vec<&str> = become_other.to_vec();
    line.extend(["bash", "-c", &script, "dtlearn"]);
    line.extend(args);
    let output = home.program(&line, input);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked"), "{limit}: {args:?}: {said}");
    assert_eq!(output.status.signal(), None, "{limit}: {args:?}: {said}");
    output
}

/// The ids that are stored, each once.
fn stored(home: &Home) -> BTreeSet<String> {
    let output = home.dtlearn().args(["export", "--format", "jsonl"]).output().unwrap();
    let mut ids = BTreeSet::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(ids.insert(value["trade_id"].as_str().unwrap().to_owned()), "twice: {line}");
    }
    ids
}

#[test]
fn without_a_thread_to_be_had_every_command_works_alone() {
    let Some(become_other) = other_user() else {
        eprintln!("SKIPPED: this machine limits the superuser's threads for nobody");
        return;
    };
    let home = Home::with_real_signals();
    // Enough that the log would be read on all cores.
    let many: String = (0..4_000)
        .map(|n| exit(&format!("many{n}"), f64::from(n % 7) - 3.0, "2019-02-15T19:50:00Z") + "\n")
        .collect();
    std::fs::write(home.path("many.jsonl"), many).unwrap();
    home.dtlearn().args(["import", "many.jsonl"]).assert().success();
    let _ = std::fs::remove_file(home.store(".dtlearn/checkpoint.outcomes"));
    prepared(&home);
    let trade = exit("alone", 1.0, "2019-02-15T19:51:00Z");
    // As many closings as are made into lines on all cores.
    let fills = |account: &str| -> String {
        let fill = |n: u32| {
            let (side, time) = (["BUY", "SELL"][n as usize % 2], format!("15:{:02}:{:02}", n / 60, n % 60));
            format!(
                "{{\"fill_id\":\"f{n}\",\"account\":\"{account}\",\"symbol\":\"MSFT\",\"side\":\"{side}\",\"qty\":1,\"price\":100,\"fees\":0,\"timestamp\":\"2019-02-15T{time}Z\"}}\n"
            )
        };
        (0..200).map(fill).collect()
    };
    let fills = [fills("A"), fills("B")];
    let pick = r#"{"symbol":"MSFT","side":"long","timestamp":"2019-02-15T19:51:00Z","score":7}"#;
    let picks = format!("{pick}\n").repeat(400);
    let commands: &[(&[&str], &[u8])] = &[
        (&["record-exit"], trade.as_bytes()),
        (&["score"], pick.as_bytes()),
        (&["score"], picks.as_bytes()),
        (&["size"], b""),
        (&["heat"], b""),
        (&["guard"], b""),
        (&["report", "patterns"], b""),
        (&["report"], b""),
        (&["analyze"], b""),
        (&["report", "trades"], b""),
        (&["what-if", "--days", "all"], b""),
        (&["brain-adjust", "--dry-run"], b""),
        (&["retrain", "--force", "--dry-run"], b""),
        (&["replay"], b""),
        (&["post-market"], b""),
        (&["doctor", "--repair"], b""),
    ];
    for (limit, fills) in ["true", "ulimit -u 1"].iter().zip(&fills) {
        let output = limited(&home, become_other, limit, &["record-fill"], fills.as_bytes());
        assert!(output.status.success(), "{limit}: {}", String::from_utf8_lossy(&output.stderr));
    }
    for (args, input) in commands {
        let free = limited(&home, become_other, "true", args, input).status.code();
        let alone = limited(&home, become_other, "ulimit -u 1", args, input);
        assert_eq!(alone.status.code(), free, "{args:?}: {}", String::from_utf8_lossy(&alone.stderr));
    }
    assert!(stored(&home).contains("alone"));
    crate::common::cases::tried("limit", commands.len() + 1, false);
}

#[test]
fn short_of_descriptors_or_of_file_size_a_trade_is_stored_spooled_or_refused_aloud() {
    let limits: Vec<String> =
        (3..14).map(|n| format!("ulimit -n {n}")).chain((0..5).map(|n| format!("ulimit -f {n}"))).collect();
    for limit in &limits {
        let home = Home::new();
        std::fs::copy(program(), home.path("dtlearn")).unwrap();
        home.dtlearn().arg("record-exit").write_stdin(exit("before", 1.0, CLOSE)).assert().success();
        let under = exit("under", 1.0, "2019-02-15T19:51:00Z");
        let output = limited(&home, &[], limit, &["record-exit"], under.as_bytes());
        let acknowledged = output.status.success();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // Where the program cannot even open what it needs to run, the loader says so.
        assert!(acknowledged || [Some(14), Some(1)].contains(&output.status.code()), "{limit}: {output:?}");
        let never = limited(&home, &[], limit, &["--never-fail", "record-exit"], under.as_bytes());
        assert!(never.status.success(), "{limit}: {never:?}");
        home.dtlearn()
            .arg("record-exit")
            .write_stdin(exit("after", 1.0, "2019-02-15T19:52:00Z"))
            .assert()
            .success();
        let ids = stored(&home);
        assert!(ids.contains("before") && ids.contains("after"), "{limit}: {ids:?}");
        assert!(ids.contains("under") || !acknowledged, "{limit}: {ids:?}: {said}");
    }
    // With and without --never-fail.
    crate::common::cases::tried("limit", 2 * limits.len(), false);
}

/// What a command says may go into a file that has reached its largest size: the record is what counts.
#[test]
fn a_record_is_stored_where_what_is_said_of_it_finds_no_room() {
    let home = Home::new();
    std::fs::copy(program(), home.path("dtlearn")).unwrap();
    let full = "head -c 204800 /dev/zero >said; ulimit -f 200; exec >>said 2>&1";
    let output = limited(&home, &[], full, &["record-exit"], exit("told to nobody", 1.0, CLOSE).as_bytes());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let never = exit("never", 1.0, "2019-02-15T19:51:00Z");
    let output = limited(&home, &[], full, &["--never-fail", "record-exit"], never.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(stored(&home).len(), 2);
    crate::common::cases::tried("limit", 2, false);
}

#[test]
fn an_import_over_the_largest_file_ends_with_a_word() {
    let home = Home::new();
    std::fs::copy(program(), home.path("dtlearn")).unwrap();
    std::fs::write(home.path("exits.jsonl"), unpack(&fixture("real/exits.jsonl.gz"))).unwrap();
    let output = limited(&home, &[], "ulimit -f 4", &["import", "exits.jsonl"], b"");
    assert_eq!(output.status.code(), Some(14), "{output:?}");
    home.dtlearn().args(["import", "exits.jsonl"]).assert().success();
    assert_eq!(stored(&home).len(), 222);
}
