//! A log of any bytes: reading ends, and what it reads is read again the same; repair and sealing end too.
#![no_main]

use dtlearn::app::{Context, Settings, Silent, examine, repair_logs};
use dtlearn::domain::Timestamp;
use dtlearn::store::{Layout, Log, RealDisk, ScanOptions, SpoolFolders, scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let dir = tempfile::tempdir_in("/dev/shm").unwrap();
    let layout = Layout::new(dir.path());
    std::fs::create_dir_all(layout.learning()).unwrap();
    let path = layout.log(Log::Outcomes);
    std::fs::write(&path, bytes).unwrap();
    let lines = || {
        let mut lines = Vec::new();
        let all = |chunk: dtlearn::store::Chunk<'_>| chunk.lines().map(<[u8]>::to_vec).collect::<Vec<_>>();
        let report = scan(&RealDisk, &path, ScanOptions::default(), all, |_, found| lines.extend(found));
        report.map(|report| {
            assert!(report.end.len <= report.size);
            assert_eq!(report.end.rows as usize, lines.len());
            (lines, report.tail().is_some())
        })
    };
    let Ok((before, torn)) = lines() else { return };
    let context = Context {
        disk: &RealDisk,
        spool: SpoolFolders::new(&RealDisk, &layout, None, None, None),
        layout: layout.clone(),
        now: Timestamp::from_micros(0),
        as_of: None,
        session: None,
        desks: Vec::new(),
        settings: Settings::default(),
        progress: &Silent,
    };
    let _ = examine(&context);
    // A torn end is waited for, which is too slow to do a million times.
    if !torn && repair_logs(&context, true, true, true).is_ok() {
        let (after, _) = lines().unwrap();
        assert!(after.len() <= before.len() + bytes.len());
    }
});
