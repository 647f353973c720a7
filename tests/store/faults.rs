//! One fault at every operation and at every byte of a write: whatever was acknowledged is there exactly once,
//! and the next command heals.

use std::collections::BTreeMap;
use std::path::Path;

use dtlearn::app::{Context, Recorded, Severity, analyze, examine, record_exits, repair_logs};
use dtlearn::domain::Timestamp;
use dtlearn::store::{Layout, Log, ScanOptions, scan};

use crate::common::contexts::context_of;
use crate::common::every_fault::with_every_fault;
use crate::common::memory_disk::MemoryDisk;
use crate::common::{CLOSE, exit};

pub(crate) fn context(disk: &MemoryDisk) -> Context<'_> {
    context_of(disk, "/store", Timestamp::parse(CLOSE).unwrap(), Some("/home/state"))
}

pub(crate) fn record(disk: &MemoryDisk, id: &str) -> Option<Recorded> {
    let minute = id.bytes().map(u32::from).sum::<u32>() % 60;
    record_exits(&context(disk), exit(id, 5.0, &format!("2019-02-15T19:{minute:02}:00Z")).as_bytes()).ok()
}

/// How often each trade id stands in the log.
pub(crate) fn stored(disk: &MemoryDisk) -> BTreeMap<String, usize> {
    let mut ids = BTreeMap::new();
    let id = |line: &[u8]| -> String {
        let value: serde_json::Value = serde_json::from_slice(line).unwrap();
        value["trade_id"].as_str().unwrap().to_owned()
    };
    let path = Layout::new("/store").log(Log::Outcomes);
    scan(
        disk,
        &path,
        ScanOptions::default(),
        |chunk| chunk.lines().map(id).collect::<Vec<_>>(),
        |_, found| {
            found.into_iter().for_each(|id| *ids.entry(id).or_default() += 1);
        },
    )
    .unwrap();
    ids
}

pub(crate) fn healed(disk: &MemoryDisk, expected: &[&str], perhaps: &str, what: &str) {
    let ids = stored(disk);
    for id in expected {
        assert_eq!(ids.get(*id), Some(&1), "{id} after {what}: {ids:?}");
    }
    assert!(ids.get(perhaps).is_none_or(|count| *count == 1), "{perhaps} twice after {what}");
    let bad: Vec<_> = examine(&context(disk))
        .unwrap()
        .findings
        .into_iter()
        .filter(|f| f.severity == Severity::Damage)
        .collect();
    assert!(bad.is_empty(), "after {what}: {bad:?}");
    let file = disk.bytes(&Layout::new("/store").performance()).unwrap();
    let file: serde_json::Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(file["global_metrics"]["total_trades"], ids.len(), "metrics after {what}");
}

pub(crate) fn with_trades(ids: &[&str]) -> MemoryDisk {
    let disk = MemoryDisk::default();
    for id in ids {
        assert_eq!(record(&disk, id).unwrap().stored, 1);
    }
    disk.restart();
    disk
}

fn took(recorded: &Option<Recorded>) -> bool {
    recorded.as_ref().is_some_and(|r| r.stored + r.already_there + r.spooled.len() as u64 == 1)
}

/// So many trades that the next one writes the checkpoint, which a few do not.
fn with_many_trades() -> MemoryDisk {
    let ids: Vec<String> = (0..32).map(|number| format!("m{number:02}")).collect();
    let disk = with_trades(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(disk.bytes(&Layout::new("/store").checkpoint(Log::Outcomes)).is_none());
    let next = disk.copy();
    assert_eq!(record(&next, "next").unwrap().stored, 1);
    assert!(next.bytes(&Layout::new("/store").checkpoint(Log::Outcomes)).is_some());
    disk
}

#[test]
fn record_exit_survives_a_fault_anywhere() {
    for start in [MemoryDisk::default(), with_trades(&["a", "b"]), with_many_trades()] {
        let before = stored(&start);
        let tried = with_every_fault(
            &start,
            |disk| took(&record(disk, "c")),
            |disk, acknowledged, what| {
                let next = record(disk, "d").unwrap_or_else(|| panic!("the next command fails after {what}"));
                assert_eq!(next.stored, 1, "after {what}");
                let mut expected: Vec<&str> = before.keys().map(String::as_str).collect();
                expected.push("d");
                if acknowledged {
                    expected.push("c");
                }
                healed(disk, &expected, "c", what);
                // An engine that saw no acknowledgement sends the trade again: it is there once.
                assert!(took(&record(disk, "c")));
                assert_eq!(stored(disk).get("c"), Some(&1), "after {what}");
            },
        );
        assert!(tried > 100, "only {tried} faults tried");
    }
}

/// Trade c is taken under every fault: then it is there if that was acknowledged, beside the trades that were `there` and d,
/// which is recorded later.
fn a_trade_more_survives(
    start: &MemoryDisk,
    there: &[&str],
    take: impl Fn(&MemoryDisk, &str) -> Option<Recorded>,
) {
    with_every_fault(
        start,
        |disk| took(&take(disk, "c")),
        |disk, acknowledged, what| {
            assert_eq!(record(disk, "d").unwrap().stored, 1, "after {what}");
            let taken: &[&str] = if acknowledged { &["c", "d"] } else { &["d"] };
            healed(disk, &[there, taken].concat(), "c", what);
        },
    );
}

/// A checkpoint may be lost, or of another time, before the fault comes.
#[test]
fn record_exit_survives_without_its_checkpoint() {
    let start = with_many_trades();
    assert_eq!(record(&start, "a").unwrap().stored, 1);
    dtlearn::store::Disk::remove(&start, &Layout::new("/store").checkpoint(Log::Outcomes)).unwrap();
    a_trade_more_survives(&start, &["a", "m31"], record);
}

#[test]
fn draining_the_spool_survives_a_fault_anywhere() {
    let start = with_trades(&["a"]);
    // The log cannot be opened once: the trade goes to the spool.
    let path = Layout::new("/store").log(Log::Outcomes);
    let log = start.bytes(&path).unwrap();
    start.put(&path, b"plain text, put there by mistake");
    assert_eq!(record(&start, "s").unwrap().spooled.len(), 1);
    start.put(&path, &log);
    a_trade_more_survives(&start, &["a", "s"], record);
}

/// Records a trade under settings on which its result rests, and which make no sense.
fn record_in_doubt(disk: &MemoryDisk, id: &str) -> Option<Recorded> {
    let mut context = context(disk);
    context.settings.doubts.logs.push((Log::Outcomes, "a multiplier is 0".into()));
    let minute = id.bytes().map(u32::from).sum::<u32>() % 60;
    record_exits(&context, exit(id, 5.0, &format!("2019-02-15T19:{minute:02}:00Z")).as_bytes()).ok()
}

/// A record that waits as it came is read when the settings make sense again.
#[test]
fn what_waits_for_its_settings_survives_a_fault_anywhere() {
    let start = with_trades(&["a"]);
    a_trade_more_survives(&start, &["a"], record_in_doubt);
    assert_eq!(record_in_doubt(&start, "s").unwrap().spooled.len(), 1);
    start.restart();
    a_trade_more_survives(&start, &["a", "s"], record);
}

#[test]
fn sealing_survives_a_fault_anywhere() {
    let start = with_trades(&["a", "b", "c"]);
    let tried = with_every_fault(
        &start,
        |disk| repair_logs(&context(disk), false, false, true).is_ok(),
        |disk, _, what| {
            assert_eq!(record(disk, "d").unwrap().stored, 1, "after {what}");
            healed(disk, &["a", "b", "c", "d"], "", what);
            repair_logs(&context(disk), false, false, true).unwrap();
            healed(disk, &["a", "b", "c", "d"], "", what);
        },
    );
    assert!(tried > 100, "only {tried} faults tried");
}

#[test]
fn analyze_survives_a_fault_anywhere() {
    let start = with_trades(&["a", "b"]);
    with_every_fault(
        &start,
        |disk| analyze(&context(disk)).is_ok(),
        |disk, _, what| {
            analyze(&context(disk)).unwrap_or_else(|error| panic!("after {what}: {error}"));
            healed(disk, &["a", "b"], "", what);
        },
    );
}

#[test]
fn repair_survives_a_fault_anywhere() {
    let start = with_trades(&["a", "b", "c"]);
    let path = Layout::new("/store").log(Log::Outcomes);
    let whole = start.bytes(&path).unwrap();
    // A flipped byte in the middle member.
    let mut broken = whole.clone();
    broken[whole.len() / 2] ^= 0x40;
    start.put(&path, &broken);
    with_every_fault(
        &start,
        |disk| repair_logs(&context(disk), true, false, false).is_ok(),
        |disk, _, what| {
            repair_logs(&context(disk), true, false, false)
                .unwrap_or_else(|error| panic!("after {what}: {error}"));
            healed(disk, &["a", "c"], "b", what);
        },
    );
}

/// A program that opened the old file before it was replaced appends to it afterwards.
#[test]
fn a_late_append_to_the_old_file_is_brought_over() {
    let disk = with_trades(&["a", "b"]);
    let other = MemoryDisk::default();
    record(&other, "late").unwrap();
    let late = other.bytes(&Layout::new("/store").log(Log::Outcomes)).unwrap();
    repair_logs(&context(&disk), false, false, true).unwrap();
    let hidden = Path::new("/store/dt_learning/.dtlearn");
    let entries = dtlearn::store::Disk::list(&disk, hidden).unwrap();
    let prev = hidden.join(&entries.iter().find(|e| e.name.starts_with("prev.outcomes.")).unwrap().name);
    let mut file = dtlearn::store::Disk::open_append(&disk, &prev).unwrap();
    file.write(&late).unwrap();
    for _ in 0..2 {
        analyze(&context(&disk)).unwrap();
        healed(&disk, &["a", "b", "late"], "", "a late append");
    }
    // Once nobody can append to it any more the old file goes.
    let later = Context { now: Timestamp::parse("2019-02-15T23:05:00Z").unwrap(), ..context(&disk) };
    analyze(&later).unwrap();
    let entries = dtlearn::store::Disk::list(&disk, hidden).unwrap();
    assert!(!entries.iter().any(|entry| entry.name.starts_with("prev.")), "{entries:?}");
}

/// Filling missed signals with their prices rewrites their log: whatever goes wrong, each is there once.
#[test]
fn filling_missed_signals_survives_a_fault_anywhere() {
    use dtlearn::app::{PriceOptions, price, track_missed};
    let disk = MemoryDisk::default();
    let signal = |id: u32| {
        format!(
            r#"{{"signal_id":"s{id}","symbol":"A","timestamp":"2019-02-15T15:0{id}:00Z","label":"BUY","confidence":0.7,"price":100,"mine":{id}}}"#
        )
    };
    for id in 0..3 {
        assert_eq!(
            track_missed(&context(&disk), signal(id).as_bytes(), Some("max_positions")).unwrap().stored,
            1
        );
    }
    disk.put(
        Path::new("/prices.csv"),
        b"symbol,timestamp,close\nA,2019-02-15T15:30:00Z,101\nA,2019-02-15T20:59:00Z,102\n",
    );
    disk.restart();
    let options = PriceOptions { files: vec!["/prices.csv".into()], ..PriceOptions::default() };
    let tried = with_every_fault(
        &disk,
        |disk| price(&context(disk), &options).is_ok(),
        |disk, _, what| {
            assert_eq!(
                track_missed(&context(disk), signal(3).as_bytes(), None).unwrap().stored,
                1,
                "after {what}"
            );
            let done =
                price(&context(disk), &options).unwrap_or_else(|error| panic!("after {what}: {error}"));
            assert_eq!(done.pending, 0, "after {what}");
            let mut seen = Vec::new();
            let path = Layout::new("/store").log(Log::Missed);
            scan(
                disk,
                &path,
                ScanOptions::default(),
                |chunk| chunk.lines().map(<[u8]>::to_vec).collect::<Vec<_>>(),
                |_, lines| {
                    seen.extend(
                        lines.iter().map(|l| serde_json::from_slice::<serde_json::Value>(l).unwrap()),
                    );
                },
            )
            .unwrap();
            assert_eq!(seen.len(), 4, "after {what}");
            for (id, record) in seen.iter().enumerate() {
                assert_eq!(record["signal_id"], format!("s{id}"), "after {what}");
                assert_eq!(
                    (&record["state"], &record["extra"]["mine"]),
                    (&"resolved".into(), &id.into()),
                    "after {what}"
                );
            }
        },
    );
    assert!(tried > 50, "only {tried} faults tried");
}
