//! What a registry lists is listed nowhere else: a new metric, view, import format or knob is a row of it and no second list
//! to be kept in step by hand.

use dtlearn::domain::KnobName;
use dtlearn::metrics::Metric;
use dtlearn::wire::FORMATS;

use super::layering::files;
use crate::common::command_line::views;

/// What a registry lists, as it would stand in code that lists it again, and the file of the registry.
fn registries() -> Vec<(Vec<String>, &'static str)> {
    let quoted = |name: &str| format!("{name:?}");
    vec![
        (views().iter().map(|name| quoted(name)).collect(), "cli/report_registry.rs"),
        (Metric::ALL.iter().map(|metric| quoted(metric.name())).collect(), "metrics/catalog.rs"),
        (Metric::ALL.iter().map(|metric| format!("Metric::{metric:?}")).collect(), "metrics/catalog.rs"),
        (FORMATS.iter().map(|format| quoted(format.name())).collect(), "wire/import/mod.rs"),
        (KnobName::ALL.iter().map(|knob| quoted(knob.as_str())).collect(), "domain/knob.rs"),
        (KnobName::ALL.iter().map(|knob| format!("KnobName::{knob:?}")).collect(), "domain/knob.rs"),
    ]
}

/// Whether a text names so many of a registry's names that it lists them again: most is chance no more.
fn is_a_list(names: &[String], text: &str) -> bool {
    let named = names.iter().filter(|name| text.contains(name.as_str())).count();
    named * 4 >= names.len() * 3
}

#[test]
fn no_registry_has_a_second_list() {
    let files = files();
    for (names, home) in registries() {
        assert!(names.len() > 5, "{home}: {names:?}");
        let second = files.iter().find(|(file, text)| file != home && is_a_list(&names, text));
        assert_eq!(second.map(|(file, _)| file), None, "it lists what {home} does");
    }
}

#[test]
fn the_check_of_registries_would_notice() {
    for (names, home) in registries() {
        assert!(is_a_list(&names, &names[1..].join(", ")), "{home}");
        assert!(!is_a_list(&names, &names[..names.len() / 2].join(", ")), "{home}");
    }
}
