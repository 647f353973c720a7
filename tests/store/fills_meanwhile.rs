//! While fills are imported, somebody else records or analyzes: every trade is there once, as if one had come after the other.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use dtlearn::app::{Context, ImportOptions, analyze, import, record_exits, record_fills};
use dtlearn::files::Progress;
use dtlearn::store::{Layout, Log, ScanOptions, scan};

use crate::common::exit;
use crate::common::memory_disk::MemoryDisk;
use crate::faults::{context, healed};

/// Some batches of fills that close half as many trades.
const FILLS: usize = 9_000;

fn fills() -> String {
    let mut text = "fill_id,symbol,side,qty,price,fees,time\n".to_owned();
    for number in 0..FILLS {
        let side = if number / 3 % 2 == 0 { "BUY" } else { "SELL" };
        let (hour, minute, second) = (14 + number / 3_600, number / 60 % 60, number % 60);
        let price = 100.0 + (number % 17) as f64 / 4.0;
        text.push_str(&format!(
            "f{number},S{},{side},10,{price},0.5,2019-02-14T{hour}:{minute:02}:{second:02}Z\n",
            number % 3
        ));
    }
    text
}

/// Does something between two batches of an import.
struct Meanwhile<'d> {
    disk: &'d MemoryDisk,
    what: fn(&MemoryDisk),
    /// What is going on, and how many batches are still to come before it is done.
    state: Mutex<(Vec<String>, usize)>,
}

impl Progress for Meanwhile<'_> {
    fn begin(&self, what: &str, _: Option<u64>) {
        self.state.lock().unwrap().0.push(what.to_owned());
    }

    fn advance(&self, _: u64) {
        let mut state = self.state.lock().unwrap();
        if state.0.last().is_some_and(|what| what == "importing trades") {
            state.1 = state.1.wrapping_sub(1);
            if state.1 == 0 {
                (self.what)(self.disk);
            }
        }
    }

    fn end(&self) {
        self.state.lock().unwrap().0.pop();
    }

    fn waiting_for_lock(&self) {}
}

fn import_all(context: &Context<'_>) {
    import(context, &[PathBuf::from("/x.csv")], &ImportOptions::default()).unwrap();
}

/// The lines of all trades, in an order of their own.
fn trades(disk: &MemoryDisk) -> Vec<String> {
    let mut lines = Vec::new();
    let path = Layout::new("/store").log(Log::Outcomes);
    let read = |chunk: dtlearn::store::Chunk<'_>| -> Vec<String> {
        chunk.lines().map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    };
    scan(disk, &path, ScanOptions::default(), read, |_, found| lines.extend(found)).unwrap();
    lines.sort();
    lines
}

fn fill(disk: &MemoryDisk, id: &str, symbol: &str, side: &str, time: &str) {
    let text = format!(
        r#"{{"fill_id":"{id}","symbol":"{symbol}","side":"{side}","qty":10,"price":99,"time":"2019-02-14T{time}Z"}}"#
    );
    assert_eq!(record_fills(&context(disk), text.as_bytes()).unwrap().stored, 1);
}

fn record_an_exit(disk: &MemoryDisk) {
    record_exits(&context(disk), exit("e", 5.0, "2019-02-14T20:00:00Z").as_bytes()).unwrap();
}

fn fill_another_position(disk: &MemoryDisk) {
    fill(disk, "o1", "KO", "BUY", "18:00:00");
    fill(disk, "o2", "KO", "SELL", "18:30:00");
}

fn fill_late(disk: &MemoryDisk) {
    fill(disk, "l1", "S1", "BUY", "13:00:00");
    fill(disk, "l2", "S1", "SELL", "13:30:00");
}

fn look(disk: &MemoryDisk) {
    analyze(&context(disk)).unwrap();
}

#[test]
fn what_is_done_between_two_batches_counts_as_if_it_came_after() {
    let start = MemoryDisk::default();
    start.put(Path::new("/x.csv"), fills().as_bytes());
    let alone = start.copy();
    import_all(&context(&alone));
    assert_eq!(trades(&alone).len(), FILLS / 2);
    for (name, what) in [
        ("exit", record_an_exit as fn(&MemoryDisk)),
        ("fill", fill_another_position),
        ("late fill", fill_late),
        ("analysis", look),
    ] {
        let after = alone.copy();
        what(&after);
        look(&after);
        for batch in [2, 5] {
            let disk = start.copy();
            let meanwhile = Meanwhile { disk: &disk, what, state: Mutex::new((Vec::new(), batch)) };
            import_all(&Context { progress: &meanwhile, ..context(&disk) });
            look(&disk);
            assert!(trades(&disk) == trades(&after), "{name} before batch {batch}");
            healed(&disk, &[], "", name);
        }
    }
}
