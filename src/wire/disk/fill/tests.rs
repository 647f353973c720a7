//! What `fill.rs` must do.

use proptest::prelude::*;

use super::*;
use crate::wire::input::{Conventions, ExitRules, Fields, FillInput, Kind, Names, parse_object, read_fill};

/// The keys of a stored fill that are always there, in their order; `null` where they say nothing.
const FILL_KEYS: &[&str] = &[
    "fill_id",
    "order_id",
    "account",
    "strategy",
    "symbol",
    "timestamp",
    "side",
    "qty",
    "price",
    "fees",
    "signal_id",
    "stop_price",
    "target_price",
];

proptest! {
    /// Lines as they are written, with a byte of them changed, cut out or put in.
    #[test]
    fn the_quick_way_reads_as_the_plain_one(
        text in "[a-zé\"\\\\ ]{0,4}", numbers in proptest::array::uniform4(proptest::option::of(-1e6f64..1e6)),
        has in proptest::array::uniform4(any::<bool>()), qty in 0.001f64..1e5,
        at in any::<proptest::sample::Index>(), byte in any::<u8>(), damage in 0u8..6,
    ) {
        let name = |has: bool| has.then(|| SmolStr::from(text.as_str()));
        let [fees, funding, fx_rate, stop_price] = numbers;
        let fill = Fill {
            fill_id: format!("x{text}").into(),
            order_id: name(has[0]),
            position_id: name(has[1]),
            account: name(has[2]),
            strategy: name(has[3]),
            symbol: format!("S{text}").into(),
            folded: None,
            is_buy: has[0],
            qty,
            price: qty + 1.0,
            fees,
            funding,
            terms: ContractTerms { multiplier: fees.map(f64::abs), ..ContractTerms::default() },
            currency: funding.map(|_| text.clone()),
            fx_rate,
            time: Timestamp::from_micros(1_700_000_000_000_000 + i64::from(byte)),
            stated: None,
            stated_is_gross: false,
            effect: has[1].then_some(Effect::Close),
            signal_id: name(has[2]).map(String::from),
            stop_price,
            target_price: None,
            exit_reason: has[3].then(|| text.clone()),
            at_entry: AtEntry { vix: fx_rate, ..AtEntry::default() }.boxed(),
        };
        let mut extra = JsonObject::new();
        if has[1] {
            extra.insert("note".into(), text.clone().into());
        }
        let mut line = line_of(&fill, &extra, &[], Timestamp::default());
        line.pop();
        let at = at.index(line.len());
        match damage {
            0 => line[at] = byte,
            1 => drop(line.remove(at)),
            2 => line.insert(at, byte),
            _ => {}
        }
        if let Some(quick) = read_in_order(&line) {
            let told = |fill: Result<Fill, WireError>| format!("{:?}", fill.map_err(|error| error.to_string()));
            prop_assert_eq!(told(fill_of(quick)), told(read_in_any_order(&line)));
        } else if damage > 2 && text.is_ascii() && !text.contains(['"', '\\']) {
            prop_assert!(has[3] || fx_rate.is_some(), "{}", String::from_utf8_lossy(&line));
        }
    }
}

#[test]
fn a_line_reads_back_to_the_bit() {
    let text = r#"{"fill_id":"a","order_id":"o","account":"U1","strategy":"orb","symbol":"ES","side":"sell",
        "qty":0.1,"price":6000.25,"fees":2.0999999999999996,"multiplier":50,"timestamp":"2026-03-02T15:30:00.123456Z",
        "pnl":-12.5,"signal_id":"s","stop_price":6010,"confidence":0.7,"features":{"b":1,"a":[2]},"note":"x"}"#;
    let (names, conventions) = (Names::of(Kind::Fill), Conventions::default());
    let fields = Fields::of_object(parse_object(text.as_bytes()).unwrap(), &names, &conventions);
    let FillInput::Fill(read) = read_fill(fields, &ExitRules::default()).unwrap() else { panic!("an event") };
    let mut record = read.read.record;
    let line = record.to_line(Timestamp::default());
    record.read_back();
    assert_eq!(read_stored_fill(&line).unwrap(), record.fill);
    assert_eq!(read_stored_fill(&fill_line(&record.fill)).unwrap().at_entry, record.fill.at_entry);
    let map = parse_object(&line).unwrap();
    assert!(map.keys().take(FILL_KEYS.len()).eq(FILL_KEYS));
    assert_eq!(map["extra"]["note"], "x");
}

proptest! {
    /// What checkpoints remember of a fill is a hash of this text, in every version.
    #[test]
    fn a_number_stands_in_a_content_as_it_always_did(
        number in prop_oneof![
            any::<f64>(),
            -1e18f64..1e18,
            (-1_000_000i64..1_000_000).prop_map(|cents| cents as f64 / 100.0),
            (-20i32..20).prop_map(|exponent| 10f64.powi(exponent)),
        ],
    ) {
        let mut text = Vec::new();
        put_number(&mut text, number);
        prop_assert_eq!(String::from_utf8(text).unwrap(), format!("{number:?}"));
    }
}

proptest! {
    /// What is netted of a fill on its way into the log is what the log says of it.
    #[test]
    fn a_record_is_read_back_as_it_says(
        text in "[a-zA-Z0-9é\"\\\\ /.-]{1,6}", has in proptest::array::uniform12(any::<bool>()),
        numbers in proptest::array::uniform6(0.0001f64..1e6), is_whole in any::<bool>(), negative in any::<bool>(),
        side in proptest::sample::select(&["BUY", "sell short", "btc", "STO", "b"][..]), us in 0u32..1_000_000,
    ) {
        let number = |at: usize| if is_whole { numbers[at].ceil() } else { numbers[at] };
        let mut record = serde_json::json!({
            "symbol": format!("A{text}"), "side": side, "qty": number(0), "price": number(1),
            "timestamp": format!("2026-03-02T15:30:00.{us:06}Z"),
        });
        let optional = [
            ("fill_id", text.clone().into()), ("account", text.clone().into()), ("strategy", "orb".into()),
            ("position_id", text.clone().into()), ("fees", if negative { -number(2) } else { number(2) }.into()),
            ("pnl", number(3).into()), ("gross_pnl", number(3).into()), ("multiplier", number(4).into()),
            ("signal_id", text.clone().into()), ("stop_price", number(5).into()), ("regime", text.clone().into()),
            ("features", serde_json::json!({ text.clone(): [number(3), null_or(negative)], "b": { "c": text } })),
        ];
        for ((key, value), _) in optional.into_iter().zip(has).filter(|(_, has)| *has) {
            record[key] = value;
        }
        let (names, conventions) = (Names::of(Kind::Fill), Conventions::default());
        let fields = Fields::of_object(parse_object(record.to_string().as_bytes()).unwrap(), &names, &conventions);
        if let Ok(FillInput::Fill(read)) = read_fill(fields, &ExitRules::default()) {
            let mut record = read.read.record;
            let line = record.to_line(Timestamp::default());
            record.read_back();
            prop_assert_eq!(read_stored_fill(&line).unwrap(), record.fill);
        }
    }
}

fn null_or(is_null: bool) -> serde_json::Value {
    if is_null { serde_json::Value::Null } else { true.into() }
}
