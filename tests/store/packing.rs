//! Logs that are packed, and what comes in meanwhile.

use std::collections::BTreeMap;

use dtlearn::store::{RealDisk, ScanOptions, encode_plain_member, scan};

use crate::common::damaged_log::{read, record};
use crate::common::{Home, exit};

#[test]
fn sealing_keeps_every_line_and_a_window_skips_old_blocks() {
    let home = Home::new();
    let mut input = BTreeMap::new();
    for day in 0..40u32 {
        for trade in 0..200u32 {
            let (month, date) = (1 + day / 28, 1 + day % 28);
            let time = format!("2019-{month:02}-{date:02}T{:02}:{:02}:00Z", 15 + trade / 60, trade % 60);
            let line = exit(&format!("t{day}.{trade}"), f64::from(trade % 7) - 3.0, &time);
            input.entry(day).or_insert_with(Vec::new).push(line);
        }
    }
    for lines in input.values() {
        home.dtlearn().arg("record-exit").write_stdin(lines.join("\n")).assert().success();
    }
    let log = home.store("trade_outcomes.jsonl.gz");
    let (before, _) = read(&log);
    let figures = home.json(&["report", "metrics"]);
    let said = home.seen(&["doctor", "--seal"], "");
    assert!(said.contains("members packed") && said.starts_with("status 0\n"), "{said}");
    assert_eq!(read(&log).0, before);
    assert_eq!(home.json(&["report", "metrics"]), figures);
    let week = ScanOptions { after_us: Some(1_549_600_000_000_000), ..ScanOptions::default() };
    let report = scan(&RealDisk, &log, week, |_| (), |_, ()| {}).unwrap();
    assert!(report.skipped_rows > 6_500, "{report:?}");
    assert_eq!(report.end.rows, 8_000);
    // The checkpoint moved along: the next record does not read everything again.
    home.dtlearn()
        .arg("record-exit")
        .write_stdin(exit("new", 1.0, "2019-02-15T19:40:00Z"))
        .assert()
        .success();
    assert!(home.seen(&["doctor"], "").starts_with("status 0\n"));
}

/// The checkpoint may be behind its log when the log is packed.
#[test]
fn packing_keeps_what_the_last_analysis_said() {
    let home = Home::new();
    let record = |id: &str| record(&home, id);
    (0..40).for_each(|number| record(&format!("t{number}")));
    assert!(home.seen(&["analyze"], "").starts_with("status 0\n"));
    record("after the analysis");
    assert!(home.seen(&["doctor", "--seal"], "").contains("members packed"));
    record("after packing");
    let written = std::fs::read(home.store("performance_metrics.json")).unwrap();
    let written: serde_json::Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(written["global_metrics"]["total_trades"], 42);
    assert_eq!(written["windows"]["all"]["total_trades"], 40);
    assert!(home.seen(&["doctor"], "").starts_with("status 0\n"));
}

/// A program that ignores the lock appends while the log is looked at: its rows are in the packed log once.
#[test]
fn rows_that_come_while_a_log_is_packed_are_kept_once() {
    use std::io::Write;
    use std::sync::atomic::{AtomicBool, Ordering};

    use dtlearn::store::{Layout, LineKind, LockTimeout, Log, lock_store, seal};

    let home = Home::new();
    for id in ["a", "b", "c"] {
        record(&home, id);
    }
    let path = home.store("trade_outcomes.jsonl.gz");
    let layout = Layout::new(path.parent().unwrap().parent().unwrap());
    let lock = lock_store(&RealDisk, &layout, LockTimeout::ENGINE, &mut || {}).unwrap();
    let came = AtomicBool::new(false);
    let kind = |_: &[u8]| {
        if !came.swap(true, Ordering::Relaxed) {
            let line = exit("d", 1.0, "2019-02-15T19:41:00Z") + "\n";
            let mut log = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
            log.write_all(&encode_plain_member(line.as_bytes())).unwrap();
        }
        LineKind::At(1)
    };
    let sealed = seal(&RealDisk, &layout, Log::Outcomes, &lock, 7, true, kind).unwrap().unwrap();
    assert_eq!((sealed.rows, sealed.trailer), (4, None));
    drop(lock);
    let (lines, report) = read(&path);
    assert!(report.damage.is_empty());
    let ids: Vec<String> = lines
        .iter()
        .map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap()["trade_id"].to_string())
        .collect();
    assert_eq!(ids, ["\"a\"", "\"b\"", "\"c\"", "\"d\""]);
}

/// A line that cannot be read and is appended to the file before the packing is brought over once.
#[test]
fn an_unreadable_late_line_is_kept_once() {
    use std::io::Write;

    let home = Home::new();
    let record = |id: &str| record(&home, id);
    ["a", "b", "c"].into_iter().for_each(record);
    home.seen(&["doctor", "--seal"], "");
    for id in ["d", "e", "f"] {
        let mut files = std::fs::read_dir(home.store(".dtlearn")).unwrap().map(|entry| entry.unwrap().path());
        let old = files.find(|path| path.to_string_lossy().contains("prev.outcomes")).unwrap();
        let mut old = std::fs::OpenOptions::new().append(true).open(old).unwrap();
        old.write_all(&encode_plain_member(b"{bad line\n")).unwrap();
        record(id);
    }
    let (lines, _) = read(&home.store("trade_outcomes.jsonl.gz"));
    assert_eq!(lines.iter().filter(|line| line.starts_with(b"{bad")).count(), 1);
    assert_eq!(lines.len(), 7);
}

/// A fixed `--now` makes two rewrites of one moment, which differ in nothing that a name is made of.
#[test]
fn rewrites_of_one_moment_keep_every_old_file() {
    use std::io::Write;

    use dtlearn::store::{Layout, LineKind, LockTimeout, Log, lock_store, rewrite_lines};

    let home = Home::new();
    ["a", "b", "c"].into_iter().for_each(|id| record(&home, id));
    let path = home.store("trade_outcomes.jsonl.gz");
    let (lines, _) = read(&path);
    let layout = Layout::new(path.parent().unwrap().parent().unwrap());
    let lock = lock_store(&RealDisk, &layout, LockTimeout::ENGINE, &mut || {}).unwrap();
    let mut before = Vec::new();
    for _ in 0..4 {
        before.push(std::fs::read(&path).unwrap());
        let same = |_: &[u8]| None;
        rewrite_lines(&RealDisk, &layout, Log::Outcomes, &lock, 7, |_| LineKind::At(1), same).unwrap();
    }
    drop(lock);
    assert_eq!(read(&path).0, lines);
    let names = |(at, bytes): (usize, &Vec<u8>)| {
        let number = if at < 2 { String::new() } else { format!(".{}", at - 1) };
        home.store(".dtlearn").join(format!("prev.outcomes.{}.7{number}", bytes.len()))
    };
    let kept: Vec<_> = before.iter().enumerate().map(names).collect();
    for (path, bytes) in kept.iter().zip(&before) {
        assert_eq!(&std::fs::read(path).unwrap(), bytes, "{}", path.display());
    }
    // A late line in any of them is brought over.
    for (path, id) in kept.iter().zip(["w", "x", "y", "z"]) {
        let line = exit(id, 1.0, "2019-02-15T19:41:00Z") + "\n";
        let mut old = std::fs::OpenOptions::new().append(true).open(path).unwrap();
        old.write_all(&encode_plain_member(line.as_bytes())).unwrap();
    }
    record(&home, "d");
    assert_eq!(read(&path).0.len(), lines.len() + 5);
}
