//! News under a fault anywhere: whatever was acknowledged is there exactly once, and the next item heals.

use std::collections::BTreeMap;

use dtlearn::app::{Recorded, Severity, examine, record_news, repair_logs};
use dtlearn::store::{Layout, Log, ScanOptions, scan};

use crate::common::every_fault::with_every_fault;
use crate::common::memory_disk::MemoryDisk;
use crate::faults::context;

fn record(disk: &MemoryDisk, id: &str) -> Option<Recorded> {
    let item = format!(
        r#"{{"headline_id":"{id}","symbol":"MSFT","timestamp":"2019-02-15T15:01:00Z","sentiment":0.5,"source":"wire"}}"#
    );
    record_news(&context(disk), item.as_bytes()).ok()
}

fn took(recorded: &Option<Recorded>) -> bool {
    recorded.as_ref().is_some_and(|r| r.stored + r.already_there + r.spooled.len() as u64 == 1)
}

/// How often each headline stands in the log.
fn stored(disk: &MemoryDisk) -> BTreeMap<String, usize> {
    let mut ids = BTreeMap::new();
    let id = |line: &[u8]| -> String {
        let value: serde_json::Value = serde_json::from_slice(line).unwrap();
        value["headline_id"].as_str().unwrap().to_owned()
    };
    let all = |chunk: dtlearn::store::Chunk<'_>| chunk.lines().map(id).collect::<Vec<_>>();
    scan(disk, &Layout::new("/store").log(Log::News), ScanOptions::default(), all, |_, found| {
        found.into_iter().for_each(|id| *ids.entry(id).or_default() += 1);
    })
    .unwrap();
    ids
}

fn sound(disk: &MemoryDisk, what: &str) {
    let found = examine(&context(disk)).unwrap().findings;
    let bad: Vec<_> = found.into_iter().filter(|finding| finding.severity == Severity::Damage).collect();
    assert!(bad.is_empty(), "after {what}: {bad:?}");
}

fn with_news(ids: &[&str]) -> MemoryDisk {
    let disk = MemoryDisk::default();
    for id in ids {
        assert_eq!(record(&disk, id).unwrap().stored, 1);
    }
    disk.restart();
    disk
}

#[test]
fn record_news_survives_a_fault_anywhere() {
    for start in [MemoryDisk::default(), with_news(&["a", "b"])] {
        let before = stored(&start);
        let tried = with_every_fault(
            &start,
            |disk| took(&record(disk, "c")),
            |disk, acknowledged, what| {
                assert_eq!(record(disk, "d").map(|next| next.stored), Some(1), "after {what}");
                let ids = stored(disk);
                let there = |id: &str| ids.get(id) == Some(&1);
                assert!(before.keys().all(|id| there(id)) && there("d"), "after {what}: {ids:?}");
                assert!(!acknowledged || there("c"), "lost after {what}: {ids:?}");
                sound(disk, what);
                // A feed that saw no acknowledgement sends the item again: it is there once.
                assert!(took(&record(disk, "c")));
                assert_eq!(stored(disk).get("c"), Some(&1), "after {what}");
            },
        );
        assert!(tried > 100, "only {tried} faults tried");
    }
}

#[test]
fn packing_and_repair_keep_every_item() {
    let start = with_news(&["a", "b", "c"]);
    with_every_fault(
        &start,
        |disk| repair_logs(&context(disk), false, false, true).is_ok_and(|done| !done.sealed.is_empty()),
        |disk, _, what| {
            assert_eq!(record(disk, "d").map(|next| next.stored), Some(1), "after {what}");
            assert_eq!(stored(disk).values().sum::<usize>(), 4, "after {what}");
            sound(disk, what);
        },
    );
    // A flipped byte in the middle costs its own item, and repair the others none.
    let path = Layout::new("/store").log(Log::News);
    let mut bytes = start.bytes(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    start.put(&path, &bytes);
    let found = examine(&context(&start)).unwrap().findings;
    assert!(found.iter().any(|finding| finding.severity == Severity::Damage), "{found:?}");
    assert_eq!(repair_logs(&context(&start), true, false, false).unwrap().repaired.len(), 1);
    sound(&start, "repair");
    assert_eq!(stored(&start).keys().collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(record(&start, "b").unwrap().stored, 1);
}
