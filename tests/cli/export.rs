//! Trades on their way out, and in again.

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
