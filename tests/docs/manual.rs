//! The manual against the program: knobs, rules, metrics, and the page of each command.

use dtlearn::decide::{AskedUnder, Line, Rulebook, Test};
use dtlearn::domain::KNOBS;
use dtlearn::metrics::{Dimension, HORIZON_MINUTES, Metric, MissedDimension, Unit};

use crate::common::Home;
use crate::common::command_line::names;
use crate::pages::{has_entry, page};

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
        let under = match rule.under {
            AskedUnder::Both => "both",
            AskedUnder::Point => "point",
            AskedUnder::Strict => "strict",
        };
        assert!(line.ends_with(&format!("\t{under}\t{}", rule.target)), "{row}: {line}");
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

/// Made anew by running this test once with `DTLEARN_WRITE_MANUAL=1`.
#[test]
fn the_manual_of_each_command_is_what_help_says() {
    let home = Home::new();
    let commands = names();
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

/// A line that begins with a dot or an apostrophe is a request: a figure such as `.61` that a line break left there would be
/// swallowed by the reader's pager.
#[test]
fn no_line_of_a_page_is_taken_for_a_request() {
    let requests: Vec<&str> =
        ".TP .B .BR .IP .SH .PP .br .I .RS .RE .RB .IR .nf .fi .TH .P .TS .TE .ie .el .SS '\\\" .\\\" .RI .BI"
            .split(' ')
            .collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let mut taken = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| !end.as_encoded_bytes().iter().all(u8::is_ascii_digit)) {
            continue;
        }
        for (number, line) in (1..).zip(std::fs::read_to_string(&path).unwrap().lines()) {
            let word = line.split(' ').next().unwrap_or_default();
            if line.starts_with(['.', '\'']) && !requests.contains(&word) {
                taken.push(format!("{}:{number}: {line}", path.display()));
            }
        }
    }
    assert!(taken.is_empty(), "{}", taken.join("\n"));
}
