//! The README and the guides against the program.

use crate::common::command_line::{names, views};
use crate::common::{CLOSE, Home, program};
use crate::pages::{ROOT, has_entry, page};

/// The guides, whose commands are held against the program like those of the README.
const GUIDES: [&str; 5] = [
    "dtlearn-operator.7",
    "dtlearn-integrator.7",
    "dtlearn-troubleshooting.7",
    "dtlearn-timers.7",
    "dtlearn-experiments.7",
];

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
    let commands = names();
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
    shell_in(home, "/tmp/quarter", script)
}

/// Runs a script as it stands, with a folder that it names below `home`.
pub fn shell_in(home: &Home, folder: &str, script: &str) -> String {
    let script = script.replace(folder, home.path("folder").to_str().unwrap());
    let program = std::path::Path::new(program()).parent().unwrap();
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

/// The first four texts between `.nf` and `.fi` after a heading, as a reader sees them.
fn verbatim_after(heading: &str) -> Vec<String> {
    let text = page("dtlearn-integrator.7");
    let section = text.split(heading).nth(1).unwrap();
    let blocks = section.split("\n.nf\n").skip(1).map(|rest| rest.split("\n.fi").next().unwrap());
    blocks.take(4).map(|block| block.replace("\\e", "\\") + "\n").collect()
}

#[test]
fn the_morning_in_the_integrator_s_guide_runs_as_it_stands() {
    let home = Home::new();
    let [script, answer, in_python, python_answer] = verbatim_after(".SH A MORNING").try_into().unwrap();
    let script = format!("cd '{}'\n{script}", home.path("").display());
    assert_eq!(shell(&home, &script), answer);
    // And in Python, in a folder of its own.
    let home = Home::new();
    std::fs::write(home.path("morning.py"), in_python).unwrap();
    let script = format!("cd '{}'\npython3 morning.py", home.path("").display());
    assert_eq!(shell(&home, &script), python_answer);
}

/// Lines of two screens.
const TWO_SCREENS: usize = 120;

#[test]
fn the_questions_of_the_operator_s_guide_are_answered_on_two_screens() {
    let home = Home::with_real_signals();
    let page = page("dtlearn-operator.7");
    let section = page.split(".SH QUESTIONS AND WHERE THEIR ANSWERS STAND").nth(1).unwrap();
    let section = section.split("\n.SH ").next().unwrap().replace("\\-", "-");
    let asked = section.matches("?\n").count();
    let commands: Vec<&str> =
        section.lines().filter_map(|line| line.strip_prefix(".BR \"dtlearn ")?.split('"').next()).collect();
    // One answer stands in the view of the question before it.
    assert!(asked >= 10 && commands.len() + 1 >= asked, "{asked}: {commands:?}");
    for command in commands {
        let script = format!("export DTLEARN_ROOT='{}'\n", home.path("da_brains").display());
        let script = format!("{script}export COLUMNS=80 DTLEARN_NOW={CLOSE}\ndtlearn {command}");
        let said = shell(&home, &script);
        let lines = said.lines().count();
        assert!((1..=TWO_SCREENS).contains(&lines), "{command}: {lines} lines: {said}");
        // What is printed in the guide names what the demo has.
        assert!(!said.contains(": 0 trades") && !said.contains("of none or of all"), "{command}: {said}");
    }
}

/// Numbers of things that a registry holds are written out where people read them.
#[test]
fn counted_views_and_formats_are_those_of_the_registries() {
    let views = format!("shows it in {} views", views().len());
    assert!(readme().contains(&views), "the README does not say: {views}");
    let formats = format!("{} kinds of files of other programs", dtlearn::wire::FORMATS.len());
    assert!(page("dtlearn-import.1").contains(&formats), "the help of import does not say: {formats}");
}
