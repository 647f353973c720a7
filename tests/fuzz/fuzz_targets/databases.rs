//! Any bytes as a database of freqtrade, with any bytes as its write-ahead log: an answer or a reason, in time and room that
//! follow their size.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: (Vec<u8>, Vec<u8>)| {
    let (file, log) = input;
    let most = file.len() + log.len();
    if let Ok(lines) = dtlearn::wire::database_lines(file, log, &[], None) {
        assert!(lines.len() <= 2_048 * most);
    }
});
