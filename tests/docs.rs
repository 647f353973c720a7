//! What the manual says is what the program does.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may stop where it stands")]

use dtlearn::decide::{Line, Rulebook, Test};
use dtlearn::domain::KNOBS;

fn page(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("man").join(name);
    std::fs::read_to_string(path).unwrap().replace("\\-", "-")
}

#[test]
fn the_manual_has_every_knob_and_rule_as_they_are() {
    let page = page("dtlearn-brain.5");
    for knob in KNOBS {
        let row = format!("\n{}\t{}\t", knob.name.as_str(), knob.default);
        let line = page.lines().find(|line| format!("\n{line}").starts_with(&row)).unwrap_or_default();
        let numbers: Vec<f64> = line.split(['\t', ' ']).filter_map(|word| word.parse().ok()).collect();
        assert_eq!(numbers, [knob.default, knob.low, knob.high], "{row}");
    }
    let rulebook = Rulebook::default();
    for rule in &rulebook.rules {
        let row = format!("{}\t{}\t", rule.name, rule.knob.as_str());
        let line = page.lines().find(|line| line.starts_with(&row)).unwrap_or_default();
        assert!(line.ends_with(&format!("\t{}", rule.target)), "{row}: {line}");
        for test in &rule.when {
            match test {
                Test::Regime(word) => assert!(line.contains(&format!("regime {word}")), "{line}"),
                Test::Measured { measure, line: Line::At(at), .. } => {
                    assert!(line.contains(measure.name()) && line.contains(&at.to_string()), "{line}");
                }
                Test::Measured { measure, .. } => assert!(line.contains(measure.name()), "{line}"),
            }
        }
    }
}
