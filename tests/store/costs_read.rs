//! What a round trip costs is read from the end of the log: a desk that paused does not unpack the years before.

use dtlearn::app::{missed_totals, record_exits, repair_logs, track_missed};
use dtlearn::domain::{Timestamp, Window};
use dtlearn::store::{Layout, Log};

use crate::common::contexts::context_of;
use crate::common::memory_disk::MemoryDisk;

/// Exits a minute apart from a day on, each with its fees.
fn exits(name: &str, count: usize, day: &str) -> String {
    let line = |n: usize| {
        format!(
            r#"{{"trade_id":"{name}{n}","symbol":"S{}","side":"BUY","entry_price":100,"exit_price":{},"qty":10,"fees":1.5,"exit_time":"{day}T{:02}:{:02}:00Z"}}"#,
            n * 7_919 % 997,
            100.0 + (n * 104_729 % 1_009) as f64 / 1_000.0,
            n / 60 % 24,
            n % 60
        )
    };
    (0..count).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn blocks_before_the_trades_that_tell_the_costs_are_passed_over() {
    let disk = MemoryDisk::default();
    let context = context_of(&disk, "/store", Timestamp::parse("2019-02-15T21:05:00Z").unwrap(), None);
    for day in 1..=25 {
        let lines = exits(&format!("old{day}."), 400, &format!("2017-03-{day:02}"));
        record_exits(&context, lines.as_bytes()).unwrap();
    }
    record_exits(&context, exits("paused", 40, "2018-12-20").as_bytes()).unwrap();
    record_exits(&context, exits("new", 5, "2019-02-14").as_bytes()).unwrap();
    let missed = r#"{"symbol":"MSFT","label":"BUY","confidence":0.7,"price":100,"reason_not_traded":"max_positions","timestamp":"2019-02-15T18:00:00Z"}"#;
    track_missed(&context, missed.as_bytes(), None).unwrap();
    repair_logs(&context, false, false, true).unwrap();
    let log = disk.bytes(&Layout::new("/store").log(Log::Outcomes)).unwrap().len();
    disk.bytes_read();
    assert_eq!(missed_totals(&context, Window::All).unwrap().0.pending, 1);
    let read = disk.bytes_read();
    assert!(read < log / 2, "{read} bytes of a log of {log} bytes");
}
