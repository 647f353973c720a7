//! Any text as a record: no panic, and whatever is taken is written so that it reads back the same.
#![no_main]

use dtlearn::domain::{Market, Timestamp};
use dtlearn::wire::{
    ColumnMap, TimeForm, parse_object, read_exit, read_freqtrade, read_missed, read_sheet, read_signal,
    read_stored_outcome, split_records, unzip_result,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let now = Timestamp::from_micros(0);
    for (_, record) in split_records(bytes) {
        let Ok(map) = parse_object(record) else { continue };
        if let Ok(read) = read_exit(map.clone(), TimeForm::Strict) {
            let line = read.record.to_line(now, &Market::default());
            let stored = read_stored_outcome(&line).expect("what is written reads back");
            assert_eq!(stored.facts(), read.record.trade.facts());
            let again = read_exit(parse_object(&line).unwrap(), TimeForm::Strict).unwrap();
            assert_eq!(again.record.to_line(now, &Market::default()), line);
        }
        if let Ok(read) = read_signal(map.clone(), TimeForm::Local(chrono_tz())) {
            parse_object(&read.record.to_line(now)).unwrap();
        }
        if let Ok(read) = read_missed(map, TimeForm::Strict) {
            parse_object(&read.record.to_line(now)).unwrap();
        }
    }
    let _ = read_stored_outcome(bytes);
    let _ = read_freqtrade(bytes, None);
    let _ = unzip_result(bytes);
    if let Ok(rows) = read_sheet(bytes, &ColumnMap::default()) {
        for (_, row) in rows {
            if let Ok(map) = row {
                let _ = read_exit(map, TimeForm::Strict);
            }
        }
    }
});

fn chrono_tz() -> dtlearn::domain::Zone {
    "America/New_York".parse().unwrap()
}
