//! Random operations of engines, operators and other programs against a model that is a set of ids.

use std::collections::BTreeSet;

use dtlearn::app::{Context, Severity, analyze, examine, record_exits, repair_logs};
use dtlearn::domain::Timestamp;
use dtlearn::store::{Disk, Layout, Log, encode_plain_member};
use proptest::prelude::*;

use crate::common::contexts::context_of;
use crate::common::memory_disk::{Fault, MemoryDisk};
use crate::common::{CLOSE, exit};

#[derive(Clone, Debug)]
enum Operation {
    /// The engine records a trade, perhaps again, perhaps late.
    Record(u8),
    /// The engine records several at once.
    Batch(Vec<u8>),
    /// The engine is killed at some operation of its next record.
    Killed(u8, u8),
    /// The disk fails at some operation of the engine's next record.
    Failed(u8, u8),
    /// Another program appends a member.
    Foreign(u8),
    /// Another program leaves half a member.
    Torn(u8),
    /// An operator analyses, packs, or deletes the caches.
    Analyze,
    Seal,
    DropCaches,
    Repair,
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let one = prop_oneof![
        6 => any::<u8>().prop_map(Operation::Record),
        2 => prop::collection::vec(any::<u8>(), 1..6).prop_map(Operation::Batch),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(id, at)| Operation::Killed(id, at)),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(id, at)| Operation::Failed(id, at)),
        2 => any::<u8>().prop_map(Operation::Foreign),
        1 => any::<u8>().prop_map(Operation::Torn),
        1 => Just(Operation::Analyze),
        1 => Just(Operation::Seal),
        1 => Just(Operation::DropCaches),
        1 => Just(Operation::Repair),
    ];
    prop::collection::vec(one, 1..25)
}

fn context(disk: &MemoryDisk) -> Context<'_> {
    context_of(disk, "/store", Timestamp::parse(CLOSE).unwrap(), None)
}

/// The trade of an id; ids are not in the order of time.
fn trade(id: u8) -> String {
    let minute = id.wrapping_mul(37) % 60;
    exit(&format!("t{id}"), f64::from(id % 9) - 4.0, &format!("2019-02-15T19:{minute:02}:00Z"))
}

/// As another program would write it.
fn foreign_member(id: u8) -> Vec<u8> {
    let (minute, pnl) = (id.wrapping_mul(37) % 60, f64::from(id % 9) - 4.0);
    let line = format!(
        r#"{{"symbol":"MSFT","side":"BUY","exit_time":"2019-02-15T19:{minute:02}:00Z","entry_price":100,"exit_price":{},"qty":100,"pnl":{pnl},"pnl_pct":{},"trade_id":"t{id}"}}"#,
        100.0 + pnl / 100.0,
        pnl / 10_000.0
    );
    encode_plain_member(format!("{line}\n").as_bytes())
}

fn append(disk: &MemoryDisk, bytes: &[u8]) {
    let layout = Layout::new("/store");
    disk.create_dir_all(&layout.learning()).unwrap();
    disk.open_append(&layout.log(Log::Outcomes)).unwrap().write(bytes).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn nothing_acknowledged_is_lost_or_counted_twice(operations in operations()) {
        let disk = MemoryDisk::default();
        let mut acknowledged: BTreeSet<u8> = BTreeSet::new();
        let mut perhaps: BTreeSet<u8> = BTreeSet::new();
        for operation in operations {
            match operation {
                Operation::Record(id) => {
                    record_exits(&context(&disk), trade(id).as_bytes()).unwrap();
                    acknowledged.insert(id);
                }
                Operation::Batch(ids) => {
                    let lines: Vec<String> = ids.iter().map(|id| trade(*id)).collect();
                    record_exits(&context(&disk), lines.join("\n").as_bytes()).unwrap();
                    acknowledged.extend(ids);
                }
                Operation::Killed(id, at) | Operation::Failed(id, at) => {
                    let killed = matches!(operation, Operation::Killed(..));
                    disk.fail_at(usize::from(at), if killed { Fault::Kill } else { Fault::Error });
                    let taken = record_exits(&context(&disk), trade(id).as_bytes()).is_ok_and(|r| {
                        r.stored + r.already_there + r.spooled.len() as u64 == 1
                    });
                    disk.restart();
                    if taken { acknowledged.insert(id); } else { perhaps.insert(id); }
                }
                Operation::Foreign(id) => {
                    append(&disk, &foreign_member(id));
                    acknowledged.insert(id);
                }
                Operation::Torn(cut) => {
                    let member = foreign_member(cut);
                    append(&disk, &member[..usize::from(cut) % member.len()]);
                }
                Operation::Analyze => { let _ = analyze(&context(&disk)); }
                Operation::Seal => { let _ = repair_logs(&context(&disk), false, false, true); }
                Operation::Repair => { repair_logs(&context(&disk), true, false, false).ok(); }
                Operation::DropCaches => {
                    let _ = disk.remove(&Layout::new("/store").checkpoint(Log::Outcomes));
                }
            }
        }
        record_exits(&context(&disk), trade(0).as_bytes()).unwrap();
        acknowledged.insert(0);
        analyze(&context(&disk)).unwrap();
        repair_logs(&context(&disk), true, false, false).unwrap();
        let file = disk.bytes(&Layout::new("/store").performance()).unwrap();
        let file: serde_json::Value = serde_json::from_slice(&file).unwrap();
        let counted = file["global_metrics"]["total_trades"].as_u64().unwrap() as usize;
        let at_most = acknowledged.union(&perhaps).count();
        prop_assert!((acknowledged.len()..=at_most).contains(&counted), "{counted} of {} to {at_most}", acknowledged.len());
        let findings = examine(&context(&disk)).unwrap().findings;
        let bad: Vec<_> = findings.iter().filter(|f| f.severity == Severity::Damage).collect();
        prop_assert!(bad.is_empty(), "{bad:?}");
    }
}
