//! Records of an engine and files of other programs, whatever their bytes: nothing panics, and what is read and
//! written is read again as the same.

#![no_main]

use dtlearn::domain::{Market, Timestamp};
use dtlearn::wire::{
    Conventions, Fields, ImportNames, Kind, Names, Piece, Row, Survey, TimeRules, container_of, decode_utf16, open_rows,
    parse_object, read_exit_event, read_missed, read_signal, records_of, unwrap_json,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let now = Timestamp::from_micros(1_600_000_000_000_000);
    let conventions = Conventions::default();
    for piece in records_of(bytes) {
        let Ok(map) = parse_object(piece.text.as_bytes()) else { continue };
        if let Ok(read) = read_exit_event(map.clone()) {
            let line = read.record.to_line(now, &Market::default());
            let again = read_exit_event(parse_object(&line).unwrap()).unwrap();
            assert_eq!(again.record.trade.trade_id(), read.record.trade.trade_id());
        }
        let of = |kind| Names::of(kind);
        let _ = read_signal(Fields::of_object(map.clone(), &of(Kind::Signal), &conventions));
        let _ = read_missed(Fields::of_object(map, &of(Kind::Missed), &conventions));
    }
    let _ = (container_of(bytes), decode_utf16(bytes), unwrap_json(bytes, Kind::Exit, None));
    let names = ImportNames::parse(Ok(Names::of(Kind::Exit)), Ok(Names::of(Kind::Fill))).unwrap();
    let Ok(mut reader) = open_rows(bytes, &names, true, None) else { return };
    let mut survey = Survey::default();
    let mut pieces = Vec::new();
    {
        let mut splitter = reader.split(Box::new(bytes));
        let mut piece = Piece::default();
        while splitter.next(&mut piece).unwrap_or(false) {
            pieces.push(piece.clone());
        }
    }
    for piece in &pieces {
        reader.learn(piece);
        if let Ok(Row::Record(fields)) = reader.row(piece, &conventions) {
            survey.see(&fields);
        }
    }
    let _ = survey.conventions(TimeRules::default(), None, None);
});
