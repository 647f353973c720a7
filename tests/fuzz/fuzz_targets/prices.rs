//! A file of prices of any bytes, packed or not: reading ends, in bounded memory, and no price is none.
#![no_main]

use std::io::{BufRead, BufReader, Read};

use dtlearn::store::gunzip;
use dtlearn::wire::{BoundedLines, MAX_LINE_BYTES, PriceRules, read_prices};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let plain = || BoundedLines::new(BufReader::new(bytes));
    let rules = PriceRules::default();
    let _ = read_prices(plain(), &rules, |_| true, |price| {
        if let Ok(price) = price {
            assert!(price.close.is_finite());
        }
    });
    // What is handed on of a packed file: no line longer than one may be.
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut lines = BoundedLines::new(BufReader::new(gunzip(bytes).take(64 << 20)));
        let mut line = Vec::new();
        loop {
            line.clear();
            lines.start_record();
            match lines.read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => break,
                Ok(_) => assert!(line.len() <= MAX_LINE_BYTES + 1),
            }
        }
    }
});
