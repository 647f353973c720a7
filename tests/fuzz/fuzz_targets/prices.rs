//! A file of prices of any bytes, packed or not: reading ends, in bounded memory, and no price is none.
#![no_main]

use std::io::{BufRead, BufReader, Read};

use dtlearn::store::gunzip;
use dtlearn::wire::{PriceRules, read_prices};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let input: Box<dyn BufRead> = if bytes.starts_with(&[0x1f, 0x8b]) {
        Box::new(BufReader::new(gunzip(bytes).take(64 << 20)))
    } else {
        Box::new(bytes)
    };
    let _ = read_prices(input, &PriceRules::default(), |_| true, |price| {
        if let Ok(price) = price {
            assert!(price.close.is_finite());
        }
    });
});
