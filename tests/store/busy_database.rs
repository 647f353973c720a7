//! A bot that works on while its database is read: pages of two moments are never put together.

use std::path::Path;

use dtlearn::app::{ImportError, ImportOptions, import};
use dtlearn::report::Imported;
use dtlearn::store::Layout;

use crate::common::fixture;
use crate::common::memory_disk::MemoryDisk;
use crate::faults::context;

const DATABASE: &str = "/bot/tradesv3.sqlite";
const LOG: &str = "/bot/tradesv3.sqlite-wal";

/// The head of a write-ahead log of its own salts, without a page in it.
fn log(salt: u8) -> Vec<u8> {
    let mut head = vec![0x37, 0x7f, 0x06, 0x82, 0x00, 0x2d, 0xe2, 0x18];
    head.resize(32, salt);
    head
}

/// Imports a database of which the bot begins the log anew each time that it is read, so many times.
fn imported(times: u8) -> (MemoryDisk, Result<Imported, ImportError>) {
    let database = std::fs::read(fixture("intake/f14-freqtrade-database/tradesv3.sqlite")).unwrap();
    let disk = MemoryDisk::default();
    disk.put(Path::new(DATABASE), &database);
    disk.put(Path::new(LOG), &log(0));
    // The first opening looks only at what kind of file it is.
    for salt in 0..=times {
        disk.write_meanwhile(Path::new(DATABASE), Path::new(LOG), &log(salt));
    }
    let mut context = context(&disk);
    context.settings.currency = "USDT".into();
    let done = import(&context, &[DATABASE.into()], &ImportOptions::default());
    drop(context);
    (disk, done)
}

#[test]
fn a_database_that_changes_once_is_read_again() {
    let plain = imported(0).1.unwrap().recorded.stored;
    assert_eq!((plain, imported(1).1.unwrap().recorded.stored), (3, 3));
}

#[test]
fn a_database_that_changes_each_time_it_is_read_is_refused() {
    let (disk, refused) = imported(2);
    let refused = refused.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "/bot/tradesv3.sqlite: an SQLite database that is written to while it is read"
    );
    let ImportError::Form { source, .. } = refused else { panic!("{refused}") };
    let hint = "copy it first, and import the copy: sqlite3 FILE '.backup COPY'";
    assert_eq!(source.hint().as_deref(), Some(hint));
    assert_eq!(disk.bytes(&Layout::new("/store").log(dtlearn::store::Log::Outcomes)), None);
}
