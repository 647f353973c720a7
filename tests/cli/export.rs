//! Trades on their way out, and in again.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::common::Home;

#[test]
fn what_goes_out_comes_in_again_unchanged() {
    let home = Home::with_real_days();
    for (name, form) in [("all.jsonl", "jsonl"), ("all.csv", "csv")] {
        let said = home.seen(&["export", "-o", name], "");
        assert_eq!(said, "status 0\n--- out\n--- err\n");
        let other = Home::new();
        std::fs::copy(home.path(name), other.path(name)).unwrap();
        let said = other.seen(&["--quiet", "import", name], "");
        assert_eq!(said, "status 0\n--- out\nrecorded 222 trades\n--- err\n", "{form}");
        let figures = |home: &Home| {
            let mut all = home.json(&["report", "metrics"]);
            all.as_object_mut().unwrap().remove("generated_at");
            all
        };
        assert_eq!(figures(&home), figures(&other), "{form}");
        let again = other.seen(&["export", "--format", "jsonl"], "");
        assert_eq!(again, home.seen(&["export", "--format", "jsonl"], ""), "{form}");
    }
    // The log of another store is a file of JSON Lines too.
    let other = Home::new();
    let log = home.store("trade_outcomes.jsonl.gz");
    assert!(other.seen(&["import", log.to_str().unwrap()], "").contains("recorded 222 trades\n"));
}

#[test]
fn a_formula_is_guarded_on_its_way_out_and_bare_again_on_its_way_in() {
    let home = Home::new();
    let evil = r#"{"symbol":"=HYPERLINK(1)","side":"BUY","entry_price":1,"price":2,"timestamp":"2019-02-15T19:50:00Z","setup":"\u001b[31m\u202ex"}"#;
    home.dtlearn().arg("record-exit").write_stdin(evil).assert().success();
    let csv = home.seen(&["export", "--format", "csv"], "");
    assert!(
        csv.contains("\n'=HYPERLINK(1),") && !csv.contains('\u{1b}') && !csv.contains('\u{202e}'),
        "{csv}"
    );
    for view in ["summary", "metrics", "trades", "history"] {
        for form in ["table", "csv"] {
            let said = home.seen(&["report", view, "--format", form, "--wide"], "");
            assert!(!said.contains('\u{1b}') && !said.contains('\u{202e}'), "{view} {form}: {said}");
        }
    }
}

/// A number of so many decimals, as a program or a person writes it.
fn amount(most: u32) -> impl Strategy<Value = Value> {
    (1..most, 0..4usize, any::<bool>()).prop_map(|(number, decimals, is_text)| {
        let number = f64::from(number) / 10f64.powi(decimals as i32 + 1);
        if is_text { format!("{number:.3}").into() } else { number.into() }
    })
}

/// A record of a closed trade with any of the fields that a result rests on or that ride along.
fn record() -> impl Strategy<Value = Map<String, Value>> {
    let whole = (0..6u32, any::<bool>(), 1..30_000u32, 1..30_000u32, 0..2_000u32);
    let money: [(&str, BoxedStrategy<Value>); 10] = [
        ("qty", amount(90_000).boxed()),
        ("fees", amount(900).boxed()),
        ("rebate", amount(90).boxed()),
        ("funding", (-500..500i32).prop_map(|n| (f64::from(n) / 7.0).into()).boxed()),
        ("multiplier", prop_oneof![Just(json!(50)), Just(json!(0.1)), Just(json!("12.50"))].boxed()),
        ("pnl", (-90_000..90_000i32).prop_map(|n| format!("{:.2}", f64::from(n) / 100.0).into()).boxed()),
        ("inverse", Just(json!(true)).boxed()),
        ("stop_price", amount(90_000).boxed()),
        ("mfe_pct", (0..900u32).prop_map(|n| (f64::from(n) / 7e4).into()).boxed()),
        ("est_tax_due", amount(900).boxed()),
    ];
    let (names, values): (Vec<&str>, Vec<_>) = money.into_iter().unzip();
    let said = (values, proptest::collection::vec(any::<bool>(), names.len()));
    let currency =
        proptest::option::of((prop_oneof![Just("EUR"), Just("JPY"), Just("USDT")], amount(30_000)));
    let words = (proptest::option::of("[a-c]"), proptest::option::of("[ -~éß\u{4e00}]{1,9}"));
    (whole, said, currency, words).prop_map(move |(whole, (values, has), currency, (id, setup))| {
        let (symbol, is_long, entry, exit, minute) = whole;
        // The third of the symbols may have prices below zero, by the settings.
        let sign = if symbol == 2 { -1.0 } else { 1.0 };
        let price = |cents: u32| sign * f64::from(cents) / 100.0;
        let time = format!("2019-02-{:02}T{:02}:{:02}:00Z", 1 + minute / 1440, minute / 60 % 24, minute % 60);
        let mut record = Map::new();
        record.insert("symbol".into(), format!("S{symbol}").into());
        record.insert("side".into(), if is_long { "LONG" } else { "SHORT" }.into());
        record.insert("entry_price".into(), price(entry).into());
        // Some break even.
        record.insert("exit_price".into(), price(if minute % 9 == 0 { entry } else { exit }).into());
        record.insert("exit_time".into(), time.into());
        for ((name, value), _) in names.iter().zip(values).zip(has).filter(|(_, has)| *has) {
            record.insert((*name).into(), value);
        }
        if let Some((code, rate)) = currency {
            record.insert("currency".into(), code.into());
            record.insert("fx_rate".into(), rate);
        }
        record.extend(id.map(|id| ("trade_id".to_owned(), id.into())));
        record.extend(setup.map(|setup| ("setup".to_owned(), setup.into())));
        record
    })
}

/// What is stored, but for the moment at which it was.
fn stored(home: &Home) -> Vec<String> {
    let said = home.seen(&["export", "--format", "jsonl"], "");
    let lines = said.lines().filter(|line| line.starts_with('{'));
    let mut lines: Vec<String> =
        lines.map(|line| line[..line.rfind(",\"schema\"").unwrap()].to_owned()).collect();
    lines.sort();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_figure_goes_out_and_comes_in_to_the_byte(records in proptest::collection::vec(record(), 1..24)) {
        let home = Home::new();
        let settings = "[instruments.\"S2\"]\nnegative_prices = true\n[instruments.\"S4\"]\nmultiplier = 20\n";
        std::fs::create_dir_all(home.store("")).unwrap();
        std::fs::write(home.store("dtlearn.toml"), settings).unwrap();
        let input: String = records.into_iter().map(|record| Value::Object(record).to_string() + "\n").collect();
        home.dtlearn().arg("record-exit").write_stdin(input).output().unwrap();
        let there = stored(&home);
        for name in ["all.jsonl", "all.csv"] {
            home.dtlearn().args(["export", "-o", name]).assert().success();
            for way in [&["import", name][..], &["import", "--replace", name]] {
                let said = home.json(way);
                prop_assert_eq!(&said["already_there"], there.len(), "{} {}", name, said);
                prop_assert_eq!(&said["replaced"], 0);
            }
            prop_assert_eq!(&stored(&home), &there, "{}", name);
            // Another store, whose settings say nothing, or something else.
            for settings in ["", "[instruments.\"S*\"]\nmultiplier = 7\ncurrency = \"CHF\"\n"] {
                let other = Home::new();
                std::fs::create_dir_all(other.store("")).unwrap();
                std::fs::write(other.store("dtlearn.toml"), settings).unwrap();
                std::fs::copy(home.path(name), other.path(name)).unwrap();
                other.dtlearn().args(["import", name]).assert().success();
                prop_assert_eq!(stored(&other), there.clone(), "{} {}", name, settings);
            }
        }
    }
}

#[test]
fn a_record_of_a_store_that_counts_in_another_currency_is_refused() {
    let home = Home::new();
    let record = r#"{"symbol":"SAP","side":"BUY","qty":9,"entry_price":1,"price":2,"timestamp":"2019-02-15T19:50:00Z","currency":"EUR","fx_rate":1.1}"#;
    home.dtlearn().arg("record-exit").write_stdin(record).assert().success();
    home.dtlearn().args(["export", "-o", "all.csv"]).assert().success();
    let said = home.seen(&["--root", "other", "--currency", "EUR", "import", "all.csv"], "");
    assert!(said.contains("it is of another account") && said.starts_with("status 1\n"), "{said}");
    // So is one that said nothing of its currency, because it was the account's own.
    for name in ["all.jsonl", "all.csv"] {
        let home = Home::with_real_days();
        home.dtlearn().args(["export", "-o", name]).assert().success();
        let said = home.seen(&["--root", "other", "--currency", "EUR", "import", name], "");
        assert!(said.contains("in USD") && said.starts_with("status 1\n"), "{name}: {said}");
        let said = home.seen(&["--root", "other", "--currency", "USD", "import", name], "");
        assert!(said.contains("recorded 222 trades"), "{name}: {said}");
    }
}
