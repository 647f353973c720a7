//! Any text as a model, under a checksum that fits: it is refused, or it answers every row.
#![no_main]

use dtlearn::learn::ModelFile;
use libfuzzer_sys::fuzz_target;
use std::io::Write;

fuzz_target!(|bytes: &[u8]| {
    let _ = ModelFile::from_bytes(bytes);
    let Ok(body) = std::str::from_utf8(bytes) else { return };
    let sum = xxhash_rust::xxh3::xxh3_64(body.as_bytes());
    let text = format!(r#"{{"schema":"dtlearn.model/1","checksum":"xxh3-{sum:016x}","body":{body}}}"#);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    let Ok(file) = ModelFile::from_bytes(&packed.finish().unwrap()) else { return };
    let columns = file.manifest.columns.len();
    for value in [0.0, -1e300, f64::NAN, f64::INFINITY] {
        let row = vec![value; columns];
        let probability = file.model.predict(&row);
        assert!((0.0..=1.0).contains(&probability), "{probability}");
        assert_eq!(file.model.contributions(&row).len(), columns);
    }
});
