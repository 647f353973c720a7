//! Any text as the brain file: it is refused and left alone, or changed with every foreign key kept.
#![no_main]

use dtlearn::app::{AdjustRequest, Context, Settings, Silent, adjust};
use dtlearn::domain::{KnobName, Timestamp};
use dtlearn::store::{Layout, RealDisk, SpoolFolders};
use dtlearn::wire::RawObject;
use libfuzzer_sys::fuzz_target;
use std::io::{Read, Write};

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
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    let packed = packed.finish().unwrap();
    std::fs::create_dir_all(layout.brain().parent().unwrap()).unwrap();
    std::fs::write(layout.brain(), &packed).unwrap();
    let request = AdjustRequest::Set(vec![(KnobName::MaxPositions, 4.0)]);
    let before = RawObject::parse(bytes);
    if adjust(&context, &request, false).is_err() {
        assert_eq!(std::fs::read(layout.brain()).unwrap(), packed, "refused and touched");
        return;
    }
    let before = before.unwrap();
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(&*std::fs::read(layout.brain()).unwrap()).read_to_end(&mut text).unwrap();
    let after = RawObject::parse(&text).unwrap();
    for key in before.keys().filter(|key| !["knobs", "knobs_smoothed", "_meta"].contains(key)) {
        assert_eq!(before.get(key), after.get(key), "{key}");
    }
});
