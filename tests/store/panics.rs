//! The program itself fails, anywhere in a recording command: the record is kept, and the status is as promised.

use std::time::Duration;

use crate::common::memory_disk::{Fault, MemoryDisk};
use crate::common::unattended::unattended;
use crate::common::{CLOSE, exit};
use dtlearn::cli::{ClockAndTerminal, run};
use dtlearn::domain::Timestamp;
use dtlearn::store::{Chunk, Layout, Log, ScanOptions, scan};

/// Runs the program on a disk in memory; status, stdout and stderr.
fn program(disk: &MemoryDisk, args: &[&str], input: &str) -> (u8, String, String) {
    let clock = Timestamp::parse(CLOSE).unwrap();
    let wait = |_: Duration| ClockAndTerminal { clock, terminal: None };
    let around = unattended(args, &[("DTLEARN_ROOT", "/store")], clock, &wait, disk);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = run(&around, &mut input.as_bytes(), &mut out, &mut err);
    (status, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn stored(disk: &MemoryDisk, log: Log) -> String {
    let mut lines = Vec::new();
    let all = |chunk: Chunk<'_>| chunk.to_lines();
    scan(disk, &Layout::new("/store").log(log), ScanOptions::default(), all, |_, found| lines.extend(found))
        .unwrap();
    String::from_utf8(lines.join(&b'\n')).unwrap()
}

#[test]
fn a_panic_anywhere_in_a_recording_command_keeps_the_record() {
    let trade = |id: &str| exit(id, 1.0, "2019-02-15T19:50:00Z");
    let signal = |id: &str| {
        format!(
            r#"{{"signal_id":"{id}","symbol":"A","side":"BUY","timestamp":"2019-02-15T15:01:00Z","label":"BUY","confidence":0.7,"price":100,"entry_price":100}}"#
        )
    };
    let news = |id: &str| {
        format!(
            r#"{{"headline_id":"{id}","symbol":"A","timestamp":"2019-02-15T15:01:00Z","sentiment":0.5,"source":"wire"}}"#
        )
    };
    let cases: [(&str, Log, &dyn Fn(&str) -> String); 4] = [
        ("record-exit", Log::Outcomes, &trade),
        ("record-signal", Log::Signals, &signal),
        ("track-missed", Log::Missed, &signal),
        ("record-news", Log::News, &news),
    ];
    let mut tried = 0;
    for (command, log, record) in cases {
        let start = MemoryDisk::default();
        assert_eq!(program(&start, &[command], &record("first")).0, 0);
        for number in 0.. {
            let disk = start.copy();
            disk.fail_at(number, Fault::Panic);
            let (status, out, err) = program(&disk, &[command], &record("second"));
            if disk.restart().len() <= number {
                break;
            }
            tried += 1;
            assert_eq!(status, 0, "{command} at {number}: {err}");
            if err.contains("the program itself failed") {
                assert_eq!(out, "1 spooled\n", "{command} at {number}: {err}");
                assert_eq!(err.matches("the disk panics").count(), 2, "what failed, and the reason: {err}");
            } else {
                assert!(out.starts_with("recorded 1 "), "{command} at {number}: {out}{err}");
            }
            assert_eq!(program(&disk, &[command], &record("third")).0, 0);
            for id in ["first", "second", "third"] {
                assert_eq!(
                    stored(&disk, log).matches(&format!("\"{id}\"")).count(),
                    1,
                    "{id}, {command} at {number}"
                );
            }
        }
    }
    assert!(tried > 60, "only {tried}");
    crate::common::cases::tried("panic", tried, false);
}

#[test]
fn a_panic_elsewhere_is_one_line_and_a_status_of_its_own() {
    let disk = MemoryDisk::default();
    assert_eq!(program(&disk, &["record-exit"], &exit("a", 1.0, "2019-02-15T19:50:00Z")).0, 0);
    disk.fail_at(6, Fault::Panic);
    let (status, out, err) = program(&disk, &["analyze"], "");
    assert_eq!((status, out.as_str()), (70, ""), "{err}");
    assert!(err.starts_with("[trade_analyzer] error: the program itself failed, tests/"), "{err}");
    assert_eq!(err.lines().count(), 2, "{err}");
}
