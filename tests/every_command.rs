//! Every command as people and programs meet it: narrow terminals, pipes that close, machine formats, hostile names.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test may stop where it stands, and says when it is skipped"
)]

mod common;
#[path = "common/hostile.rs"]
mod hostile;

use common::{CLOSE, Home};
use hostile::{assert_clean, names};

/// Every command that answers and changes nothing that the next one needs.
const ANSWERS: &[&[&str]] = &[
    &["report"],
    &["report", "metrics"],
    &["report", "trades"],
    &["report", "history"],
    &["report", "missed"],
    &["report", "brain"],
    &["report", "brain", "--effects"],
    &["report", "model"],
    &["report", "retrains"],
    &["report", "patterns"],
    &["report", "health"],
    &["report", "post-market"],
    &["analyze"],
    &["retrain", "--check"],
    &["retrain", "--force", "--dry-run"],
    &["brain-adjust", "--dry-run", "--explain", "--force"],
    &["doctor"],
    &["post-market"],
    &["what-if", "DT_MAX_POSITIONS"],
    &["what-if", "DT_EXEC_MIN_CONF=0.3,DT_MAX_POSITIONS=1"],
    &["replay"],
];

/// Data, as they are stored: JSON Lines and CSV.
const EXPORT: &[&str] = &["export"];

fn runs(home: &Home, args: &[&str], more: &[&str], columns: &str) -> std::process::Output {
    home.dtlearn().env("COLUMNS", columns).env("NO_COLOR", "1").args(args).args(more).output().unwrap()
}

/// Whether the status is one of an answer: done, in part, or damage that doctor tells of.
fn answered(output: &std::process::Output) -> bool {
    matches!(output.status.code(), Some(0 | 3 | 12))
}

#[test]
fn hostile_names_are_text_in_every_view_and_format() {
    let home = hostile::store();
    let forms = ["table", "json", "jsonl", "csv"].into_iter();
    let exports = ["jsonl", "csv"].into_iter().map(|form| (&EXPORT, form));
    for (args, form) in
        ANSWERS.iter().flat_map(|args| forms.clone().map(move |form| (args, form))).chain(exports)
    {
        {
            let output = runs(&home, args, &["--format", form], "80");
            let what = format!("{args:?} {form}");
            assert!(answered(&output), "{what}: {}", String::from_utf8_lossy(&output.stderr));
            assert_clean(&what, &output.stderr);
            // What is exported are the records letter by letter.
            if (args, form) != (&EXPORT, "jsonl") {
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
    let home = hostile::store();
    // Lines to search and to copy from are never broken; everything else is.
    let copied =
        |line: &str| ["warning ", "damage ", "ok ", "failed ", " "].iter().any(|head| line.starts_with(head));
    for args in ANSWERS.iter().filter(|args| args[0] != "doctor") {
        for columns in [40usize, 80] {
            let output = runs(&home, args, &[], &columns.to_string());
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
    let home = hostile::store();
    for args in ANSWERS {
        for form in ["table", "json", "jsonl", "csv"] {
            let args = args.join(" ");
            let program = env!("CARGO_BIN_EXE_dtlearn");
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
    let home = hostile::store();
    home.dtlearn().args(["report", "--html", "page.html"]).assert().success();
    let page = std::fs::read(home.path("page.html")).unwrap();
    assert_clean("page", &page);
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("&lt;b&gt;BOLD&lt;/b&gt;"), "markup is shown as it was written");
    for tag in ["<b>BOLD", "<script", "<svg/onload", "\" onload=\"x"] {
        assert!(!page.contains(tag), "{tag}");
    }
    assert!(names().len() > 10);
}
