//! The README against the program.

use crate::common::Home;
use crate::common::command_line::names;

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
    let commands = names();
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
