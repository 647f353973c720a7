//! Any bytes as checkpoint, settings and metrics file: commands end, and the figures are those of the log.
#![no_main]

use dtlearn::app::{Context, Settings, Silent, analyze, record_exits};
use dtlearn::domain::Timestamp;
use dtlearn::store::{Layout, Log, RealDisk, SpoolFolders};
use libfuzzer_sys::fuzz_target;

const TRADE: &[u8] = br#"{"symbol":"A","side":"BUY","entry_price":1,"price":2,"timestamp":"1970-01-01T00:00:00Z","trade_id":"a"}"#;

fuzz_target!(|bytes: &[u8]| {
    let dir = tempfile::tempdir_in("/dev/shm").unwrap();
    let layout = Layout::new(dir.path());
    let context = Context {
        disk: &RealDisk,
        spool: SpoolFolders::new(&RealDisk, &layout, None, None, None),
        layout: layout.clone(),
        now: Timestamp::from_micros(1),
        as_of: None,
        session: None,
        desks: Vec::new(),
        settings: Settings::default(),
        progress: &Silent,
    };
    assert_eq!(record_exits(&context, TRADE).unwrap().stored, 1);
    // The checksum is made right, so that what is behind it is met.
    let mut checkpoint = b"DTCK".to_vec();
    checkpoint.extend(10u32.to_le_bytes());
    checkpoint.extend(crc32(bytes).to_le_bytes());
    checkpoint.extend(bytes);
    std::fs::write(layout.checkpoint(Log::Outcomes), &checkpoint).unwrap();
    std::fs::write(layout.performance(), bytes).unwrap();
    let second = String::from_utf8_lossy(TRADE).replace("\"a\"", "\"b\"");
    let recorded = record_exits(&context, second.as_bytes()).unwrap();
    assert_eq!(recorded.stored + recorded.already_there, 1);
    analyze(&context).unwrap();
});

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}
