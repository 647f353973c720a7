//! The report that is shown again and again.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::common::{CLOSE, Home, program};

/// The program, watching, with its answers as lines.
fn watching(home: &Home, args: &[&str]) -> std::process::Child {
    Command::new(program())
        .args(args)
        .current_dir(home.0.path())
        .env("DTLEARN_NOW", CLOSE)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_watched_report_is_told_again_until_nobody_reads() {
    let home = Home::with_real_days();
    let mut child = watching(&home, &["report", "trades", "--format", "jsonl", "--watch", "1"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // 222 trades, and then all of them again.
    for _ in 0..300 {
        let line = lines.next().unwrap().unwrap();
        assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
    }
    drop(lines);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_watch_that_cannot_begin_ends() {
    let home = Home::new();
    let output = watching(&home, &["report", "--watch", "1"]).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(10), "{}", String::from_utf8_lossy(&output.stderr));
}
