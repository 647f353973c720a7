//! What the manual says is what the program does.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may stop where it stands"
)]

mod common;

use common::Home;
use dtlearn::decide::{Line, Rulebook, Test};
use dtlearn::domain::KNOBS;
use dtlearn::metrics::{Dimension, HORIZON_MINUTES, Metric, MissedDimension, Unit};

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

/// Whether a page has an entry of that name: a tag in bold, with a definition under it.
fn has_entry(page: &str, name: &str) -> bool {
    let lines: Vec<&str> = page.lines().collect();
    let tag = |line: &str| {
        line.starts_with(".B") && line.split([' ', ',', '"']).skip(1).any(|word| word.trim() == name)
    };
    lines.windows(3).any(|three| three[0] == ".TP" && tag(three[1]) && !three[2].starts_with(".TP"))
}

#[test]
fn the_manual_has_every_metric_as_it_is() {
    let page = page("dtlearn-metrics.7");
    for metric in Metric::ALL {
        let unit = match metric.unit() {
            Unit::Count => "count",
            Unit::Fraction => "fraction",
            Unit::Money => "money",
            Unit::Ratio => "ratio",
            Unit::Minutes => "minutes",
        };
        let groups = if metric.in_groups() { "yes" } else { "no" };
        let row = format!("{}\t{}\t{unit}\t{groups}", metric.name(), metric.heading().trim());
        assert!(page.lines().any(|line| line == row), "no row {row:?}");
        assert!(has_entry(&page, metric.name()), "no definition of {}", metric.name());
    }
    for dimension in Dimension::ALL {
        let row = format!("{}\t", dimension.key());
        assert!(page.lines().any(|line| line.starts_with(&row)), "no row {row:?}");
    }
    let (_, missed) = page.split_once(".SH MISSED SIGNALS").unwrap();
    for dimension in MissedDimension::ALL {
        assert!(missed.contains(dimension.key()), "{}", dimension.key());
    }
    let [a, b, c] = HORIZON_MINUTES;
    assert!(page.contains(&format!("{a}, {b}, {c} minutes after the signal")));
}

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

/// What follows `dtlearn` in code of the README, up to what ends a command there.
fn readme_calls(readme: &str) -> Vec<Vec<String>> {
    let flat = readme.replace("\\|", "|");
    let mut calls = Vec::new();
    let (mut fence, mut spans) = (None, Vec::new());
    for line in flat.lines() {
        if let Some(language) = line.strip_prefix("```") {
            fence = fence.is_none().then_some(language);
        } else if fence == Some("sh") {
            spans.push(line.split(" #").next().unwrap_or_default().to_owned());
        } else if fence.is_none() {
            spans.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    for span in spans {
        for call in span.split("dtlearn ").skip(1) {
            let end = call.find(['|', '>', ';', '<', ')']).unwrap_or(call.len());
            calls.push(call[..end].split_whitespace().map(str::to_owned).collect());
        }
    }
    calls
}

#[test]
fn the_readme_names_what_there_is() {
    let home = Home::new();
    let commands = commands(&home);
    let help = |command: &str| {
        let output = home.dtlearn().args([command, "--help"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let mut seen = 0;
    for call in readme_calls(&readme()) {
        if call == ["--version"] {
            continue;
        }
        let command = call.iter().find(|word| commands.contains(word));
        let command = command.unwrap_or_else(|| panic!("{call:?} names no command"));
        let help = help(command);
        for word in call.iter().filter(|word| word.starts_with("--")) {
            let flag = word.split('=').next().unwrap_or_default();
            assert!(help.contains(flag), "{call:?}: {command} has no {flag}");
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
    let readme = readme();
    for command in &commands {
        assert!(readme.contains(&format!("`{command}")), "the README does not name {command}");
    }
}

#[test]
fn the_readme_has_every_exit_status() {
    let home = Home::new();
    let help = String::from_utf8(home.dtlearn().arg("--help").output().unwrap().stdout).unwrap();
    let listed = help.lines().skip_while(|line| *line != "Exit status:").skip(1);
    let codes: Vec<&str> = listed.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(codes.len() >= 10, "{codes:?}");
    let readme = readme();
    for code in codes {
        assert!(readme.contains(&format!("\n| {code} | ")), "the README does not explain exit status {code}");
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
