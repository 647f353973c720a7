//! The year of the demo: what was planted in it is found.

use std::path::Path;

use dtlearn::app::{DemoStep, Silent, YEAR_SESSIONS, demo_year};
use dtlearn::report::{View, demo_view};

use crate::common::memory_disk::MemoryDisk;

/// What was planted, with the answer to it.
fn answers(sessions: usize) -> Vec<(String, View)> {
    let disk = MemoryDisk::default();
    let (mut planted, mut found) = (None, Vec::new());
    demo_year(&disk, Path::new("/year"), sessions, &Silent, &mut |step| match step {
        DemoStep::Told(text) => planted = text.strip_prefix("Planted: ").map(str::to_owned),
        DemoStep::Answer(_, answer) => {
            found.extend(planted.take().map(|planted| (planted, demo_view(&answer))))
        }
        _ => {}
    })
    .unwrap();
    found
}

#[test]
fn what_was_planted_in_the_year_is_found() {
    let found = answers(YEAR_SESSIONS);
    let said = |planted: &str| {
        let (_, view) = found.iter().find(|(text, _)| text.starts_with(planted)).unwrap();
        view.lead.join("\n")
    };
    for (planted, word) in [
        ("an edge", "edge: setup orb and part of session first two hours"),
        // 90 days are too few to be sure of it, and the program says so.
        (
            "a drag",
            "unclear: side SHORT and regime volatile won 22 % (16–31, n 107 over 22 days), 18 points below",
        ),
        ("a feature", " in use, trained on "),
        ("nothing about the knobs", "of 7 knobs off their defaults"),
        ("a session in which every trade falls", "day_loss"),
        ("an experiment", "tight-stop: better"),
        ("the same of every trade", "DT_STOP_LOSS_PCT=0.01: better"),
        ("a check that costs money", "trade_gap<15m: cost"),
    ] {
        assert!(said(planted).contains(word), "{planted}: {}", said(planted));
    }
    assert_eq!(found.len(), 8);
}
