//! Every command as people and programs meet it: narrow terminals, pipes that close, machine formats, hostile names.

use crate::common::command_line::{names, views};
use crate::common::hostile::{self, assert_clean};
use crate::common::{CLOSE, Home, program};

/// How to ask each command for an answer without changing what the next one needs. Where there are several lines
/// each is asked; `report` is asked for every view besides.
const ASKED: &[&str] = &[
    "record-exit --symbol MSFT --side BUY --entry-price 100 --exit-price 101 --trade-id by-hand",
    "record-fill --symbol MSFT --side BUY --qty 1 --price 100 --fill-id by-hand",
    "record-signal --symbol MSFT --side LONG --entry-price 100 --signal-id by-hand",
    "record-news --symbol MSFT --sentiment 0.5 --headline-id by-hand",
    "track-missed --symbol MSFT --side BUY --price 100 --confidence 0.1",
    "analyze",
    "report brain --effects",
    "report model --ensemble",
    "retrain --check",
    "retrain --force --dry-run",
    "brain-adjust --dry-run --explain --force",
    "doctor",
    "post-market",
    "score --file pick.json",
    "what-if DT_MAX_POSITIONS",
    "what-if DT_EXEC_MIN_CONF=0.3,DT_MAX_POSITIONS=1",
    "replay",
    "heat --for MSFT --side LONG --qty 1 --price 100",
    "experiment arm gone --symbol MSFT --session 2019-02-15",
    "portfolio",
    "guard",
    "size --explain",
    "size --by symbol",
    "size --by strategy",
    "guard --for MSFT --side LONG --open-pnl -5",
    "calendar 2026",
    "export",
    "reconcile broker.csv",
];

/// Commands whose answers are no views, with the tests that look at them: texts for shells and schedulers, and a
/// week that is told in words.
const NO_VIEWS: [&str; 6] = ["schedule", "demo", "completions", "generate", "void", "import"];

/// Every way to ask for an answer.
fn answers() -> Vec<Vec<String>> {
    let words = |line: &&str| line.split(' ').map(str::to_owned).collect::<Vec<String>>();
    let of_views = views().into_iter().map(|view| vec!["report".to_owned(), view]);
    let found: Vec<Vec<String>> = ASKED.iter().map(words).chain(of_views).collect();
    for command in names() {
        let is_asked = found.iter().any(|args| args[0] == command);
        assert!(is_asked || NO_VIEWS.contains(&command.as_str()), "say in ASKED how {command} is asked");
    }
    found
}

/// A store with names that no engine should send, and a pick to score.
fn store() -> Home {
    let home = hostile::store();
    std::fs::write(home.path("pick.json"), r#"{"symbol":"MSFT","score":5}"#).unwrap();
    let broker = "symbol,side,qty,price,timestamp\n\"=cmd|'/c'!A0\",BUY,1,10,2019-02-15T15:00:00Z\n\"=cmd|'/c'!A0\",SELL,1,11,2019-02-15T16:00:00Z\n";
    std::fs::write(home.path("broker.csv"), broker).unwrap();
    home
}

fn runs(home: &Home, args: &[String], more: &[&str], columns: &str) -> std::process::Output {
    home.dtlearn().env("COLUMNS", columns).env("NO_COLOR", "1").args(args).args(more).output().unwrap()
}

/// Whether the status is one of an answer: done, in part, or damage that doctor tells of.
fn answered(output: &std::process::Output) -> bool {
    // What `import` is given here is no trade.
    matches!(output.status.code(), Some(0 | 1 | 3 | 12))
}

#[test]
fn hostile_names_are_text_in_every_view_and_format() {
    let home = store();
    let forms = ["table", "json", "jsonl", "csv"];
    for args in &answers() {
        for form in forms.into_iter().filter(|form| args[0] != "export" || ["jsonl", "csv"].contains(form)) {
            let output = runs(&home, args, &["--format", form], "80");
            let what = format!("{args:?} {form}");
            assert!(answered(&output), "{what}: {}", String::from_utf8_lossy(&output.stderr));
            assert_clean(&what, &output.stderr);
            // What is exported are the records letter by letter.
            if (args[0].as_str(), form) != ("export", "jsonl") {
                assert_clean(&what, &output.stdout);
            }
            match form {
                "table" => {}
                "json" => {
                    let value: serde_json::Value =
                        serde_json::from_slice(&output.stdout).unwrap_or_else(|why| panic!("{what}: {why}"));
                    assert!(value["schema"].as_str().is_some_and(|s| s.starts_with("dtlearn.")), "{what}");
                }
                "jsonl" => {
                    for line in String::from_utf8(output.stdout).unwrap().lines() {
                        let value: serde_json::Value = serde_json::from_str(line).unwrap();
                        assert!(value.is_object(), "{what}: {line}");
                    }
                }
                _ => {
                    let mut reader = csv::Reader::from_reader(&*output.stdout);
                    for row in reader.records() {
                        for cell in &row.unwrap_or_else(|why| panic!("{what}: {why}")) {
                            let number = cell.parse::<f64>().is_ok();
                            assert!(
                                number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                                "{what}: {cell:?}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn no_table_is_wider_than_its_terminal() {
    let home = store();
    // Lines to search and to copy from are never broken; everything else is.
    let copied =
        |line: &str| ["warning ", "damage ", "ok ", "failed ", " "].iter().any(|head| line.starts_with(head));
    for args in answers().iter().filter(|args| !["doctor", "export"].contains(&args[0].as_str())) {
        for columns in [40usize, 80] {
            let output = runs(&home, args, &["--format", "table"], &columns.to_string());
            for line in String::from_utf8(output.stdout).unwrap().lines() {
                let width = unicode_width::UnicodeWidthStr::width(line);
                let one_word = !line.trim().contains(' ');
                assert!(
                    width <= columns || one_word || copied(line),
                    "{args:?} at {columns}: {width} in {line:?}"
                );
            }
        }
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let home = store();
    for args in answers().iter().filter(|args| args[0] != "export") {
        let args = args.join(" ");
        for form in ["table", "json", "jsonl", "csv"] {
            let program = program();
            let command =
                format!("set -o pipefail; {program} {args} --format {form} -q | head -c 1 >/dev/null");
            let output = std::process::Command::new("bash")
                .args(["-c", &command])
                .current_dir(home.0.path())
                .env("DTLEARN_NOW", CLOSE)
                .output()
                .unwrap();
            assert!(answered(&output), "{args} {form}: {:?}", output.status);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!said.contains("panicked") && !said.contains("Broken pipe"), "{args} {form}: {said}");
        }
    }
}

#[test]
fn the_page_of_hostile_names_is_a_page() {
    let home = store();
    home.dtlearn().args(["report", "--html", "page.html"]).assert().success();
    let page = std::fs::read(home.path("page.html")).unwrap();
    assert_clean("page", &page);
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("&lt;b&gt;BOLD&lt;/b&gt;"), "markup is shown as it was written");
    for tag in ["<b>BOLD", "<script", "<svg/onload", "\" onload=\"x"] {
        assert!(!page.contains(tag), "{tag}");
    }
    assert!(hostile::names().len() > 10);
}
