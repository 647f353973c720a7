//! One fault at every operation of what takes records out again: each record is in the log or kept beside it, never
//! in neither, and every correction is noted once.

use std::path::{Path, PathBuf};

use dtlearn::app::{CorrectionError, ImportOptions, import, undo_import, void};
use dtlearn::store::{Chunk, Disk, Layout, Log, ScanOptions, scan};
use dtlearn::wire::Correction;

use crate::common::every_fault::with_every_fault;
use crate::common::memory_disk::MemoryDisk;
use crate::faults::{context, healed, record, stored, with_trades};

/// The corrections that are noted, and how often a trade stands among the lines that were kept.
fn corrections(disk: &MemoryDisk, id: &str) -> (Vec<Correction>, usize) {
    let layout = Layout::new("/store");
    let noted = disk.bytes(&layout.corrections()).unwrap_or_default();
    let noted = String::from_utf8(noted).unwrap();
    let noted = noted.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut kept = 0;
    for entry in disk.list(&layout.voided()).unwrap() {
        let text = disk.bytes(&layout.voided().join(entry.name)).unwrap();
        // The head names ids too.
        let lines = text.split(|byte| *byte == b'\n').skip(1);
        kept += lines.filter(|line| String::from_utf8_lossy(line).contains(&format!("\"{id}\""))).count();
    }
    (noted, kept)
}

#[test]
fn void_survives_a_fault_anywhere() {
    let start = with_trades(&["a", "b", "c"]);
    let ids = ["b".to_owned()];
    let tried = with_every_fault(
        &start,
        |disk| void(&context(disk), &ids, "a test").is_ok(),
        |disk, acknowledged, what| {
            assert_eq!(record(disk, "d").unwrap().stored, 1, "after {what}");
            healed(disk, &["a", "c", "d"], "b", what);
            assert!(!acknowledged || !stored(disk).contains_key("b"), "there after {what}");
            match void(&context(disk), &ids, "a test") {
                Ok(_) | Err(CorrectionError::NoSuchTrade(_)) => {}
                Err(error) => panic!("after {what}: {error}"),
            }
            healed(disk, &["a", "c", "d"], "", what);
            assert!(!stored(disk).contains_key("b"), "there after {what}");
            let (noted, kept) = corrections(disk, "b");
            assert_eq!((noted.len(), kept), (1, 1), "after {what}");
            assert_eq!((&noted[0].action[..], noted[0].records), ("void", 1), "after {what}");
        },
    );
    assert!(tried > 50, "only {tried} faults tried");
}

/// The exit prices of a symbol's trades.
fn exit_prices(disk: &MemoryDisk, symbol: &str) -> Vec<f64> {
    let mut prices = Vec::new();
    let price = |line: &[u8]| -> Option<f64> {
        let trade: serde_json::Value = serde_json::from_slice(line).unwrap();
        trade["exit_price"].as_f64().filter(|_| trade["symbol"] == symbol)
    };
    let path = Layout::new("/store").log(Log::Outcomes);
    let all = |chunk: Chunk<'_>| chunk.lines().filter_map(price).collect::<Vec<_>>();
    scan(disk, &path, ScanOptions::default(), all, |_, found| prices.extend(found)).unwrap();
    prices
}

const ROWS: &str = "trade_id,symbol,side,qty,entry_price,exit_price,fees,entry_time,exit_time\n\
    i1,MSFT,BUY,10,100,101,1,2019-02-15T15:00:00Z,2019-02-15T15:30:00Z\n\
    i2,MSFT,BUY,10,100,102,1,2019-02-15T16:00:00Z,2019-02-15T16:30:00Z\n";

fn files() -> [PathBuf; 1] {
    [PathBuf::from("/x.csv")]
}

#[test]
fn import_survives_a_fault_anywhere() {
    let start = with_trades(&["a"]);
    start.put(Path::new("/x.csv"), ROWS.as_bytes());
    start.restart();
    let options = ImportOptions::default();
    with_every_fault(
        &start,
        |disk| import(&context(disk), &files(), &options).is_ok(),
        |disk, acknowledged, what| {
            assert_eq!(record(disk, "d").unwrap().stored, 1, "after {what}");
            healed(disk, if acknowledged { &["a", "d", "i1", "i2"] } else { &["a", "d"] }, "i1", what);
            import(&context(disk), &files(), &options)
                .unwrap_or_else(|error| panic!("after {what}: {error}"));
            healed(disk, &["a", "d", "i1", "i2"], "", what);
        },
    );
}

#[test]
fn taking_an_import_back_survives_a_fault_anywhere() {
    let start = with_trades(&["a"]);
    start.put(Path::new("/x.csv"), ROWS.as_bytes());
    let batch = import(&context(&start), &files(), &ImportOptions::default()).unwrap().batch.unwrap();
    start.restart();
    let tried = with_every_fault(
        &start,
        |disk| undo_import(&context(disk), &batch, None).is_ok(),
        |disk, acknowledged, what| {
            assert_eq!(record(disk, "d").unwrap().stored, 1, "after {what}");
            healed(disk, &["a", "d"], "i1", what);
            assert!(!acknowledged || stored(disk).len() == 2, "there after {what}");
            undo_import(&context(disk), &batch, None).unwrap_or_else(|error| panic!("after {what}: {error}"));
            healed(disk, &["a", "d"], "", what);
            assert_eq!(stored(disk).len(), 2, "after {what}");
            let (noted, kept) = corrections(disk, "i2");
            assert_eq!((noted.len(), kept), (1, 1), "after {what}");
        },
    );
    assert!(tried > 50, "only {tried} faults tried");
}

/// A trade and the rows of a file, which stands there with another reading, and what imports that in their place.
fn to_be_replaced(rows: &str, (old, new): (&str, &str)) -> (MemoryDisk, ImportOptions) {
    let start = with_trades(&["a"]);
    start.put(Path::new("/x.csv"), rows.as_bytes());
    import(&context(&start), &files(), &ImportOptions::default()).unwrap();
    start.put(Path::new("/x.csv"), rows.replace(old, new).as_bytes());
    start.restart();
    (start, ImportOptions { is_replacing: true, ..ImportOptions::default() })
}

#[test]
fn replacing_survives_a_fault_anywhere() {
    let (start, options) = to_be_replaced(ROWS, (",102,1,", ",103,1,"));
    with_every_fault(
        &start,
        |disk| import(&context(disk), &files(), &options).is_ok(),
        |disk, _, what| {
            assert_eq!(record(disk, "d").unwrap().stored, 1, "after {what}");
            healed(disk, &["a", "d", "i1", "i2"], "", what);
            import(&context(disk), &files(), &options)
                .unwrap_or_else(|error| panic!("after {what}: {error}"));
            healed(disk, &["a", "d", "i1", "i2"], "", what);
            let (_, kept) = corrections(disk, "i2");
            assert_eq!(kept, 1, "after {what}");
        },
    );
}

const FILLS: &str = "fill_id,symbol,side,qty,price,time\n\
    f1,KO,BUY,10,100,2019-02-15T15:00:00Z\n\
    f2,KO,SELL,10,101,2019-02-15T15:30:00Z\n";

#[test]
fn importing_fills_survives_a_fault_anywhere() {
    let start = with_trades(&["a"]);
    start.put(Path::new("/x.csv"), FILLS.as_bytes());
    with_every_fault(
        &start,
        |disk| import(&context(disk), &files(), &ImportOptions::default()).is_ok(),
        |disk, _, what| {
            assert_eq!(record(disk, "d").unwrap().stored, 1, "after {what}");
            import(&context(disk), &files(), &ImportOptions::default())
                .unwrap_or_else(|error| panic!("after {what}: {error}"));
            healed(disk, &["a", "d"], "", what);
            assert_eq!(exit_prices(disk, "KO"), [101.0], "after {what}");
        },
    );
}

/// The trade that a fill closes follows the new reading of the fill, whatever happens in between.
#[test]
fn replacing_fills_survives_a_fault_anywhere() {
    let (start, options) = to_be_replaced(FILLS, (",101,", ",103,"));
    with_every_fault(
        &start,
        |disk| import(&context(disk), &files(), &options).is_ok(),
        |disk, _, what| {
            assert_eq!(record(disk, "d").unwrap().stored, 1, "after {what}");
            import(&context(disk), &files(), &options)
                .unwrap_or_else(|error| panic!("after {what}: {error}"));
            let ids = stored(disk);
            assert_eq!(ids.len(), 3, "after {what}: {ids:?}");
            assert!(ids.values().all(|count| *count == 1), "after {what}: {ids:?}");
            let prices = exit_prices(disk, "KO");
            assert_eq!(prices, [103.0], "after {what}");
        },
    );
}
