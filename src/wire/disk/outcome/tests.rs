//! What `outcome.rs` must do.

use proptest::prelude::*;

use super::*;
use crate::wire::input::{Conventions, ExitRules, Fields, Kind, Names, read_exit};

fn quickly(line: &[u8]) -> Option<StoredOutcome<'_>> {
    let mut stored = StoredOutcome::default();
    read_in_order(line, &mut stored).then_some(stored)
}

/// Values as records have them, and some that they should not have.
fn value(key: &str) -> BoxedStrategy<String> {
    let time = "\"20[0-9]{2}-0[1-9]-[0-2][1-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{3}){0,1}Z\"";
    let text = prop_oneof![
        12 => "\"[A-Za-z_ é]{0,12}\"",
        1 => "\"[a-z]{0,3}(\\\\n|\\\\u00e9|\t)[a-z]{0,3}\"",
        4 => "null",
    ];
    let number = prop_oneof![
        20 => "-{0,1}(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20}){0,1}([eE][+-]{0,1}[0-9]{1,3}){0,1}",
        20 => any::<f64>().prop_filter("JSON has no other", |n| n.is_finite()).prop_map(|n| format!("{n:?}")),
        1 => "-{0,1}[0-9]{0,2}\\.{0,1}[0-9]{0,2}",
        8 => "null",
        1 => "NaN",
    ];
    let object = prop_oneof![
        "null",
        "\\{\\}",
        "\\{\"a\":[0-9]{1,2},( ){0,1}\"b\":( ){0,1}(true|\"x\"|null|\\[1\\])\\}"
    ];
    match key {
        "entry_time" | "exit_time" | "_ts" => time.boxed(),
        "side" => prop_oneof![Just("\"BUY\"".to_owned()), Just("\"SELL\"".to_owned()), text].boxed(),
        "symbol" | "model_label" | "regime" | "sector" | "time_of_day" | "quality" | "exit_reason"
        | "trade_id" | "signal_id" | "outcome" | "setup" | "strategy" | "variant" | "experiment" => {
            text.boxed()
        }
        "left_over" => prop_oneof!["null", "\\[\"fee x\"\\]"].boxed(),
        "currency" => text.boxed(),
        "leg" => "2|3|null|1".boxed(),
        "success" | "hit_target" | "hit_stop" | "inverse" | "pnl_disputed" => {
            "true|false|null|true|1".boxed()
        }
        "features" | "extra" => object.boxed(),
        "schema" => "1|2|null|1|1|1\\.0|-1|99999999999".boxed(),
        _ => number.boxed(),
    }
}

fn line() -> impl Strategy<Value = String> {
    let values: Vec<_> = OUTCOME_KEYS.iter().map(|key| value(key)).collect();
    (values, proptest::collection::vec(0u8..12, OUTCOME_KEYS.len()), any::<bool>()).prop_map(
        |(values, present, blanks)| {
            let (comma, colon) = if blanks { (", ", ": ") } else { (",", ":") };
            let fields = OUTCOME_KEYS.iter().zip(values).zip(present);
            let fields = fields.filter(|(_, present)| *present > 0);
            let text: Vec<String> =
                fields.map(|((key, value), _)| format!("\"{key}\"{colon}{value}")).collect();
            format!("{{{}}}", text.join(comma))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the quick way reads, the plain way reads alike, also in lines that are damaged.
    #[test]
    fn both_ways_read_alike(
        line in line(), at in any::<proptest::sample::Index>(), byte in any::<u8>(), damage in 0u8..4,
    ) {
        let mut line = line.into_bytes();
        let at = at.index(line.len());
        match damage {
            0 => line[at] = byte,
            1 => drop(line.remove(at)),
            2 => line.insert(at, byte),
            _ => {}
        }
        if let Some(quick) = quickly(&line) {
            let plain = read_in_any_order(&line);
            prop_assert!(plain.is_ok(), "{}", String::from_utf8_lossy(&line));
            let plain = plain.unwrap();
            prop_assert_eq!(&quick, &plain, "{}", String::from_utf8_lossy(&line));
            for (one, other) in [(quick.pnl, plain.pnl), (quick.pnl_pct, plain.pnl_pct)] {
                prop_assert_eq!(one.map(|n| n.0.to_bits()), other.map(|n| n.0.to_bits()));
            }
        }
    }

    #[test]
    fn the_quick_way_reads_what_this_program_writes(pnl in -1e6f64..1e6, frac in -1.0f64..1.0, blanks in any::<bool>()) {
        let line = format!(
            r#"{{"symbol":"MSFT","entry_time":null,"exit_time":"2026-03-02T21:05:00.123Z","side":"BUY","pnl":{pnl:?},"pnl_pct":{frac:?},"success":true,"trade_id":"t1","features":{{"rsi":55.5,"gap":null}},"extra":null,"schema":1,"_ts":"2026-03-02T21:05:00Z"}}"#
        );
        let line = if blanks { line.replace("\":", "\": ").replace(",\"", ", \"") } else { line };
        let quick = quickly(line.as_bytes());
        prop_assert_eq!(quick, read_in_any_order(line.as_bytes()).ok());
    }
}

#[test]
fn a_recorded_exit_is_read_the_quick_way() {
    let event = parse_object(br#"{"symbol":"A","side":"LONG","entry_price":10,"exit_price":11.5,"timestamp":"2026-03-02T21:05:00Z","entry_timestamp":"2026-03-02T20:05:00Z","confidence":0.61,"note":"kept","features":{"rsi":70}}"#).unwrap();
    let (names, conventions) = (Names::of(Kind::Exit), Conventions::default());
    let fields = Fields::of_object(event, &names, &conventions);
    let record = read_exit(fields, &ExitRules::default()).unwrap().into_trade().unwrap().record;
    let line = record.to_line(Timestamp::from_micros(0), &crate::domain::Market::default());
    assert!(quickly(line.trim_ascii()).is_some(), "{}", String::from_utf8_lossy(&line));
}
