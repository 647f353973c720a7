//! The language: what holds, what is open, and where errors point.

use proptest::prelude::*;

use super::*;

/// Fields as a filter of trades has them.
struct Table;

impl FieldTable for Table {
    type Field = &'static str;

    fn find(&self, name: &str) -> Option<(&'static str, FieldKind)> {
        let known = [
            ("symbol", FieldKind::Text),
            ("tags", FieldKind::Texts),
            ("setup", FieldKind::Text),
            ("confidence", FieldKind::Number),
            ("mfe_pct", FieldKind::Number),
            ("mae_pct", FieldKind::Number),
            ("success", FieldKind::Flag),
            ("exit_time", FieldKind::Time),
            ("date", FieldKind::Date),
        ];
        known.into_iter().find(|(known, _)| *known == name)
    }

    fn names(&self) -> Vec<&str> {
        vec!["symbol", "tags", "setup", "confidence", "mfe_pct", "mae_pct", "success", "exit_time", "date"]
    }

    fn word(&self, field: &&'static str, word: &str) -> Result<String, String> {
        let known = *field != "setup" || ["orb", "vwap fade"].contains(&word);
        known.then(|| word.to_owned()).ok_or_else(|| format!("setup is orb or vwap fade, not {word}"))
    }
}

fn get(field: &&'static str) -> Option<FieldValue> {
    Some(match *field {
        "symbol" => FieldValue::Text("AAPL".into()),
        "tags" => FieldValue::Texts(vec!["FOMO".into(), "late entry".into()]),
        "setup" => FieldValue::Text("vwap fade".into()),
        "confidence" => FieldValue::Number(0.7),
        "mfe_pct" => FieldValue::Number(0.012),
        "success" => FieldValue::Flag(true),
        "exit_time" => FieldValue::Time(Timestamp::parse("2026-03-02T15:30:00Z").unwrap()),
        "date" => FieldValue::Date(Date::from_ymd_opt(2026, 3, 2).unwrap()),
        // mae_pct is not on record.
        _ => return None,
    })
}

fn said(text: &str) -> Option<bool> {
    Filter::parse(text, &Table).unwrap_or_else(|error| panic!("{text}: {error}")).holds(&get)
}

#[test]
fn what_holds_and_what_does_not() {
    for (text, expected) in [
        ("symbol = AAPL", true),
        ("symbol=aapl", true),
        ("tags = fomo", true),
        ("tags = 'late entry' and tags = FOMO", true),
        ("tags = late", false),
        ("tags != fomo", false),
        ("tags != planned", true),
        ("tags in (planned, fomo)", true),
        ("tags not in (planned, chased)", true),
        ("symbol == 'AAPL' && setup = \"vwap fade\"", true),
        ("symbol in (AAPL, MSFT) and confidence >= .7 and setup != orb", true),
        ("symbol not in (AAPL, MSFT)", false),
        ("confidence between .6 and .7", true),
        ("confidence not between .6 and .7", false),
        ("confidence > 69%", true),
        ("mfe_pct > 1.2%", false),
        ("mfe_pct < confidence", true),
        ("success", true),
        ("not success", false),
        ("success = false", false),
        ("exit_time >= 2026-03-02T15:30:00Z and date = 2026-03-02", true),
        ("date > 2026-03-02", false),
        // `and` binds closer than `or`, and `not` closer than both.
        ("symbol = AAPL or symbol = MSFT and confidence > .9", true),
        ("(symbol = AAPL or symbol = MSFT) and confidence > .9", false),
        ("not symbol = MSFT and confidence > .9", false),
        ("not (symbol = MSFT and confidence > .9)", true),
        ("! success || symbol = AAPL", true),
        (
            "NOT symbol = MSFT AND Confidence > .9 or symbol <> MSFT"
                .replace("Confidence", "confidence")
                .as_str(),
            true,
        ),
    ] {
        assert_eq!(said(text), Some(expected), "{text}");
    }
}

#[test]
fn what_is_not_on_record_is_neither() {
    for text in [
        "mae_pct < 0",
        "not mae_pct < 0",
        "mae_pct in (1, 2)",
        "mae_pct < 0 and success",
        "mfe_pct > mae_pct",
    ] {
        assert_eq!(said(text), None, "{text}");
    }
    // Unless the rest decides.
    assert_eq!(said("mae_pct < 0 and not success"), Some(false));
    assert_eq!(said("mae_pct < 0 or success"), Some(true));
    assert_eq!(said("mae_pct is missing and symbol is not missing"), Some(true));
}

#[test]
fn errors_point_at_the_place() {
    for (text, expected) in [
        (
            "symbol = AAPL and confidance >= .7",
            "there is no field `confidance`, did you mean `confidence`?\n    symbol = AAPL and confidance >= .7\n                      ^^^^^^^^^^",
        ),
        (
            "confidence >= high",
            "confidence is a number, `high` is none\n    confidence >= high\n                  ^^^^",
        ),
        ("symbol > A", "symbol is a text and has no order: use = or !=\n    symbol > A\n           ^"),
        (
            "symbol = AAPL setup = orb",
            "`and` or `or` is missing here\n    symbol = AAPL setup = orb\n                  ^^^^^",
        ),
        ("(symbol = AAPL", "this ( is never closed\n    (symbol = AAPL\n    ^"),
        ("symbol = AAPL)", "this ) closes nothing\n    symbol = AAPL)\n                 ^"),
        (
            "symbol",
            "what of symbol? one of = != < <= > >= in between is missing here\n    symbol\n          ^",
        ),
        ("symbol =", "a value is missing here: symbol is a text\n    symbol =\n            ^"),
        ("symbol = 'AAPL", "the quote ' that begins here has no end\n    symbol = 'AAPL\n             ^"),
        ("setup = gap", "setup is orb or vwap fade, not gap\n    setup = gap\n            ^^^"),
        (
            "date = 2026-02-30",
            "date is a date, such as 2026-03-02, `2026-02-30` is none\n    date = 2026-02-30\n           ^^^^^^^^^^",
        ),
        (
            "0.7 < confidence",
            "a field stands before the sign, 0.7 is a number\n    0.7 < confidence\n    ^^^",
        ),
        (
            "confidence > nan",
            "confidence is a number, `nan` is none\n    confidence > nan\n                 ^^^",
        ),
        ("tags < fomo", "tags is a list of texts and has no order: use = or !=\n    tags < fomo\n         ^"),
        (
            "tags between a and b",
            "tags is a list of texts and has no order: use = or !=\n    tags between a and b\n         ^^^^^^^",
        ),
        ("symbol = A; drop", "`;` has no meaning here\n    symbol = A; drop\n              ^"),
        ("  ", "the filter is empty; write one such as `symbol = AAPL`\n      \n    ^"),
    ] {
        let error = Filter::parse(text, &Table).unwrap_err().to_string();
        assert_eq!(error, expected, "{text}");
    }
    let deep = format!("{}success{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(Filter::parse(&deep, &Table).unwrap_err().to_string().starts_with("too many parentheses"));
    assert!(Filter::parse(&"not ".repeat(50_000), &Table).is_err());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[a-z_ ()=<>!,.'\"0-9%\u{1b}é-]{0,60}") {
        if let Err(error) = Filter::parse(&text, &Table) {
            let _ = error.to_string();
        }
    }

    /// A condition and its negation share no record.
    #[test]
    fn a_condition_and_its_negation_are_apart(limit in 0.0f64..1.5, on_record: bool) {
        let get = |field: &&'static str| get(field).filter(|_| on_record);
        let yes = Filter::parse(&format!("confidence >= {limit}"), &Table).unwrap().holds(&get);
        let no = Filter::parse(&format!("not (confidence >= {limit})"), &Table).unwrap().holds(&get);
        prop_assert_eq!(yes.map(|yes| !yes), no);
    }
}

#[test]
fn what_a_writer_may_choose_makes_no_other_question() {
    for (one, other, same) in [
        ("symbol=BAC", " symbol  = 'BAC' ", true),
        ("a == 1 && !b", "a = 1 and not b", true),
        ("setup = 'opening range'", "setup = \"opening range\"", true),
        ("setup = orb", "setup = vwap", false),
        ("setup = 'a b'", "setup = a b", false),
    ] {
        assert_eq!(plain_expression(one) == plain_expression(other), same, "{one}, {other}");
    }
}

#[test]
fn one_form_for_all_that_ask_the_same() {
    let form = |text: &str| Filter::parse(text, &Table).unwrap().canonical();
    for (one, other, same) in [
        ("symbol = BAC", "(symbol = bac)", true),
        ("symbol = BAC", "symbol in (BAC)", true),
        ("symbol = BAC", "not symbol != BAC", true),
        ("symbol in (A, B)", "symbol = B or symbol = A", true),
        ("confidence between .6 and .8", "confidence <= .8 and confidence >= 60%", true),
        (
            "success and confidence between .6 and .8",
            "confidence >= .6 and (confidence <= .8 and success = yes)",
            true,
        ),
        ("not (success or symbol = A)", "symbol != A and success = no", true),
        ("not (symbol = B or symbol = A)", "symbol != A and symbol != B", true),
        ("symbol = A and (symbol = B or success)", "(symbol = A and symbol = B) or success", false),
        ("confidence > .6", "confidence >= .6", false),
        ("symbol is missing", "symbol is not missing", false),
    ] {
        assert_eq!(form(one) == form(other), same, "{one}, {other}: {} {}", form(one), form(other));
    }
}
