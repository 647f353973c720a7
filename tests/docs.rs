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

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The guides, whose commands are held against the program like those of the README.
const GUIDES: [&str; 4] =
    ["dtlearn-operator.7", "dtlearn-integrator.7", "dtlearn-troubleshooting.7", "dtlearn-timers.7"];

fn readme() -> String {
    std::fs::read_to_string(std::path::Path::new(ROOT).join("README.md")).unwrap()
}

/// Blocks of the README in that language, as they stand between the fences.
fn blocks<'a>(readme: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    readme.split(&opening).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The words after `dtlearn` in a line of code, up to what ends a command there.
fn calls_in(code: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    for (at, name) in code.match_indices("dtlearn ") {
        let before = code[..at].trim_end();
        if !before.is_empty() && !before.ends_with('|') {
            continue;
        }
        let call = &code[at + name.len()..];
        let end = call.find(['|', '>', ';', '<', ')', '\u{60}']).unwrap_or(call.len());
        calls.push(call[..end].split_whitespace().map(str::to_owned).collect());
    }
    calls
}

/// Every call of the README: in its shell blocks, its answers, and its code spans.
fn readme_calls(readme: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    for line in blocks(readme, "sh").iter().flat_map(|block| block.lines()) {
        calls.extend(calls_in(line.split(" #").next().unwrap_or_default()));
    }
    for line in blocks(readme, "text").iter().flat_map(|block| block.lines()) {
        calls.extend(line.strip_prefix("$ ").map(calls_in).unwrap_or_default());
    }
    let prose = readme.split("```").step_by(2).flat_map(str::lines);
    for span in prose.flat_map(|line| line.split('`').skip(1).step_by(2)) {
        calls.extend(calls_in(span));
    }
    calls
}

/// Every call of a manual page: what is set in bold, and what stands between `.nf` and `.fi`.
fn manual_calls(page: &str) -> Vec<Vec<String>> {
    let page = page.replace("\\e\n", " ");
    let (mut calls, mut verbatim) = (Vec::new(), false);
    for line in page.lines() {
        verbatim = (verbatim || line == ".nf") && line != ".fi";
        if verbatim {
            calls.extend(calls_in(line.split(" #").next().unwrap_or_default()));
        } else if let Some(bold) = line.strip_prefix(".B ").or_else(|| line.strip_prefix(".BR \"")) {
            calls.extend(calls_in(bold.split('"').next().unwrap_or_default()));
        } else {
            let spans = line.split("\\fB").skip(1).filter_map(|span| span.split("\\fR").next());
            calls.extend(spans.flat_map(calls_in));
        }
    }
    calls
}

#[test]
fn every_command_of_the_readme_and_the_guides_exists() {
    let home = Home::new();
    let commands = commands(&home);
    let help: std::collections::BTreeMap<&String, String> = commands
        .iter()
        .map(|command| {
            let output = home.dtlearn().args([command, "--help"]).output().unwrap();
            (command, String::from_utf8(output.stdout).unwrap())
        })
        .collect();
    let readme = readme();
    let mut calls = readme_calls(&readme);
    assert!(calls.len() > 10, "{calls:?}");
    for guide in GUIDES {
        let found = manual_calls(&page(guide));
        assert!(found.len() > 2, "{guide}: {found:?}");
        calls.extend(found);
    }
    let mut flags = 0;
    for call in calls.iter().filter(|call| *call != &["--version"]) {
        let command = call.iter().find(|word| commands.contains(word));
        let command = command.unwrap_or_else(|| panic!("{call:?} names no command"));
        for word in call.iter().filter(|word| word.starts_with("--")) {
            let flag = word.split('=').next().unwrap_or_default();
            assert!(help[command].contains(flag), "{call:?}: {command} has no {flag}");
            flags += 1;
        }
    }
    assert!(flags > 40, "{flags}");
    for command in &commands {
        assert!(readme.contains(&format!("`{command}`")), "the README does not name {command}");
    }
}

#[test]
fn the_readme_is_short_and_names_every_page() {
    let readme = readme();
    assert!(readme.lines().count() <= 200, "{} lines", readme.lines().count());
    for entry in std::fs::read_dir(std::path::Path::new(ROOT).join("man")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".5") || name.ends_with(".7") {
            assert!(readme.contains(&format!("](man/{name})")), "the README does not name {name}");
        }
    }
    for link in readme.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(std::path::Path::new(ROOT).join(link).exists(), "the README links to {link}");
    }
}

/// Runs a script as the README has it, with the store below `home`.
fn shell(home: &Home, script: &str) -> String {
    let script = script.replace("/tmp/quarter", home.path("quarter").to_str().unwrap());
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_dtlearn")).parent().unwrap();
    let path = std::env::join_paths([program, "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
    let output = std::process::Command::new("sh")
        .args(["-e", "-c", &script])
        .current_dir(ROOT)
        .env_clear()
        .envs([("HOME", home.path("")), ("TMPDIR", home.path("")), ("PATH", path.into())])
        .envs([("COLUMNS", "100"), ("TZ", "UTC")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Made anew by running this test once with `DTLEARN_WRITE_MANUAL=1`.
#[test]
fn the_answers_in_the_readme_are_what_the_program_says() {
    let home = Home::new();
    let mut readme = readme();
    let setup = blocks(&readme, "sh").into_iter().find(|block| block.contains("export DTLEARN_ROOT"));
    let setup = setup.unwrap().to_owned();
    shell(&home, &setup);
    let environment: Vec<&str> = setup.lines().filter(|line| line.starts_with("export ")).collect();
    let shown: Vec<String> = blocks(&readme, "text").into_iter().map(str::to_owned).collect();
    assert!(shown.len() >= 5, "{shown:?}");
    let mut stale = Vec::new();
    for block in shown {
        let command = block.lines().next().and_then(|line| line.strip_prefix("$ ")).unwrap();
        let said = shell(&home, &format!("{}\n{command}", environment.join("\n")));
        let now = format!("$ {command}\n{said}");
        if now != block {
            stale.push(now.clone());
            readme = readme.replace(&block, &now);
        }
    }
    if std::env::var_os("DTLEARN_WRITE_MANUAL").is_some() {
        std::fs::write(std::path::Path::new(ROOT).join("README.md"), readme).unwrap();
    } else {
        assert!(stale.is_empty(), "run the tests once with DTLEARN_WRITE_MANUAL=1: {}", stale.join("\n"));
    }
}

#[test]
fn the_integrator_s_guide_has_every_exit_status() {
    let home = Home::new();
    let help = String::from_utf8(home.dtlearn().arg("--help").output().unwrap().stdout).unwrap();
    let listed = help.lines().skip_while(|line| *line != "Exit status:").skip(1);
    let codes: Vec<&str> = listed.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(codes.len() >= 10, "{codes:?}");
    let page = page("dtlearn-integrator.7");
    for code in codes {
        assert!(has_entry(&page, code), "the guide does not explain exit status {code}");
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
