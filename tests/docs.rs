//! What the manual says is what the program does.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may stop where it stands")]

mod common;

use common::Home;
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

/// Every command that `--help` lists.
fn commands(home: &Home) -> Vec<String> {
    let help = home.dtlearn().arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let listed =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .filter(|name| name != "help")
        .collect()
}

/// Made anew by running this test once with `DTLEARN_WRITE_MANUAL=1`.
#[test]
fn the_manual_of_each_command_is_what_help_says() {
    let home = Home::new();
    let commands = commands(&home);
    assert!(commands.len() >= 15, "{commands:?}");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let mut stale = Vec::new();
    let pages = std::iter::once((None, "dtlearn.1".to_owned()))
        .chain(commands.iter().map(|name| (Some(name.as_str()), format!("dtlearn-{name}.1"))));
    for (command, name) in pages {
        let made = home.dtlearn().arg("generate").args(command).output().unwrap();
        assert!(made.status.success());
        if std::env::var_os("DTLEARN_WRITE_MANUAL").is_some() {
            std::fs::write(folder.join(&name), &made.stdout).unwrap();
        }
        if std::fs::read(folder.join(&name)).unwrap_or_default() != made.stdout {
            stale.push(name);
        }
    }
    assert!(stale.is_empty(), "stale: {stale:?}; run the tests once with DTLEARN_WRITE_MANUAL=1");
}

#[test]
fn completions_are_what_the_shells_take() {
    let home = Home::new();
    for (shell, check) in [("bash", Some("bash")), ("zsh", None), ("fish", None)] {
        let made = home.dtlearn().args(["completions", shell]).output().unwrap();
        assert!(made.status.success());
        let text = String::from_utf8(made.stdout).unwrap();
        assert!(text.contains("brain-adjust") && text.contains("never-fail"), "{shell}");
        if let Some(program) = check {
            let file = home.path("completion");
            std::fs::write(&file, text).unwrap();
            let run = std::process::Command::new(program).arg("-n").arg(&file).status();
            assert!(run.map_or(true, |status| status.success()), "{shell} does not read it");
        }
    }
}
