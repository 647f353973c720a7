//! Where answers go: files, pipes, terminals.

use std::time::Duration;

use dtlearn::cli::{ClockAndTerminal, run};
use dtlearn::domain::Timestamp;

use crate::common::command_line::views;
use crate::common::unattended::unattended;
use crate::common::{CLOSE, Home, program};

#[test]
fn a_closed_pipe_is_no_failure() {
    let home = Home::with_real_days();
    for view in views() {
        let command = format!("set -o pipefail; {} report {view} | head -1", program());
        let output = std::process::Command::new("bash")
            .args(["-c", &command])
            .current_dir(home.0.path())
            .env("DTLEARN_NOW", CLOSE)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{view}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty(), "{view}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn colour_is_an_addition_to_the_sign() {
    let home = Home::with_real_days();
    let coloured = home.seen(&["report", "--color", "always"], "");
    assert!(coloured.contains("\u{1b}[38;5;9m") || coloured.contains("\u{1b}[31m"), "{coloured:?}");
    assert!(!home.seen(&["report"], "").contains('\u{1b}'));
}

#[test]
fn an_output_file_is_touched_only_by_an_answer() {
    let home = Home::with_real_days();
    std::fs::write(home.path("kept.json"), "old").unwrap();
    assert!(home.seen(&["--root", "nowhere", "report", "-o", "kept.json"], "").starts_with("status 10"));
    assert_eq!(std::fs::read_to_string(home.path("kept.json")).unwrap(), "old");
    assert_eq!(home.seen(&["report", "-o", "kept.json"], ""), "status 0\n--- out\n--- err\n");
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(home.path("kept.json")).unwrap()).unwrap();
    assert_eq!(json["schema"], "dtlearn.report.summary/2");
    let said = home.seen(&["report", "-o", "no/such/folder.json"], "");
    assert!(said.starts_with("status 14\n") && said.contains("no/such/folder.json"), "{said}");
}

#[test]
fn an_answer_never_takes_the_place_of_the_store() {
    let home = Home::with_real_signals();
    home.dtlearn().arg("brain-adjust").assert().success();
    let log = home.store("trade_outcomes.jsonl.gz");
    std::os::unix::fs::symlink(home.store(""), home.path("way")).unwrap();
    let before = std::fs::read(&log).unwrap();
    let places = [
        "da_brains/dt_learning/trade_outcomes.jsonl.gz",
        "da_brains/dt_learning/../dt_learning/signals.jsonl.gz",
        "way/trade_outcomes.jsonl.gz",
        "da_brains/dt_learning/new.csv",
        "da_brains/dt_learning/.dtlearn/lock",
        "da_brains/core/dt_brain.json.gz",
    ];
    for place in places {
        for args in
            [&["report", "--html", place][..], &["report", "metrics", "-o", place], &["export", "-o", place]]
        {
            let said = home.seen(args, "");
            assert!(
                said.starts_with("status 14\n") && said.contains("is a file of the store"),
                "{args:?}: {said}"
            );
        }
    }
    assert_eq!(std::fs::read(&log).unwrap(), before);
    assert!(home.seen(&["doctor"], "").starts_with("status 0\n"));
    // Beside the daily reports there is room for a page.
    std::fs::create_dir_all(home.store("reports")).unwrap();
    home.dtlearn().args(["report", "--html", "da_brains/dt_learning/reports/today.html"]).assert().success();
}

#[test]
fn ascii_has_nothing_else_and_keeps_the_columns() {
    let home = Home::with_real_days();
    for view in ["summary", "metrics", "behaviour", "brain", "risk"] {
        let said = home.seen(&["report", view, "--ascii"], "");
        assert!(said.is_ascii(), "{view}: {said}");
        let letters = home.seen(&["report", view], "");
        let widths = |text: &str| text.lines().map(|line| line.chars().count()).collect::<Vec<_>>();
        assert_eq!(widths(&said), widths(&letters), "{view}");
        assert_ne!(said, letters, "{view}");
    }
}

/// On a terminal errors and hints are broken between words, and not inside of a command; a log gets whole lines.
#[test]
fn what_is_said_beside_the_answer_fits_the_terminal() {
    let clock = Timestamp::parse(CLOSE).unwrap();
    let wait = |_: Duration| ClockAndTerminal { clock, terminal: None };
    let said = |is_terminal: bool| {
        let args = ["--root", "/nowhere", "report"];
        let mut around = unattended(&args, &[], clock, &wait, &dtlearn::store::RealDisk);
        (around.stderr_is_terminal, around.terminal_width) = (is_terminal, Some(60));
        let mut err = Vec::new();
        assert_eq!(run(&around, &mut std::io::empty(), &mut Vec::new(), &mut err), 10);
        String::from_utf8(err).unwrap()
    };
    let (whole, broken) = (said(false), said(true));
    assert_eq!(whole.lines().count(), 2, "{whole}");
    assert!(broken.lines().count() > 3 && broken.lines().all(|line| line.chars().count() <= 60), "{broken}");
    assert_eq!(broken.split_whitespace().collect::<Vec<_>>(), whole.split_whitespace().collect::<Vec<_>>());
    for command in ["`dtlearn record-exit`", "--root DIR", "`dtlearn demo DIR`"] {
        assert!(whole.contains(command) && broken.contains(command), "{broken}");
    }
}
