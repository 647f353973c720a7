//! The layers of the source, as they are meant to be: each folder may name only those before it.

use std::fs;
use std::path::{Path, PathBuf};

/// In the order in which they may name each other: only what stands before.
const LAYERS: &[&str] = &[
    "domain", "stats", "wire", "store", "metrics", "learn", "decide", "simulate", "files", "report", "app",
    "cli",
];

fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The code of a file without comments and without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Every file of src by its path below it, with its code.
pub fn files() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let found = sources(&src);
    assert!(found.len() > 50, "the walk found only {} files", found.len());
    found.iter().map(|path| (path.strip_prefix(&src).unwrap().display().to_string(), code(path))).collect()
}

/// What breaks a rule in a file of a layer.
fn upward(layer: usize, text: &str) -> Vec<&'static str> {
    let above = LAYERS[layer + 1..].iter();
    above
        .filter(|name| {
            let paths =
                [format!("crate::{name}::"), format!("crate::{name};"), format!("super::super::{name}::")];
            let grouped = text.split("use crate::{").skip(1).any(|rest| {
                let inside = rest.split(';').next().unwrap_or_default();
                inside.split([',', '{', '}', ' ', '\n']).any(|word| word.split("::").next() == Some(name))
            });
            grouped || paths.iter().any(|path| text.contains(path.as_str()))
        })
        .copied()
        .collect()
}

#[test]
fn no_layer_names_one_above_it() {
    let mut bad = Vec::new();
    for (name, text) in files() {
        let Some(layer) = LAYERS.iter().position(|layer| name.starts_with(&format!("{layer}/"))) else {
            assert!(["lib.rs", "main.rs"].contains(&name.as_str()), "{name} belongs to no layer");
            continue;
        };
        bad.extend(upward(layer, &text).into_iter().map(|above| format!("{name} names {above}")));
    }
    assert!(bad.is_empty(), "{bad:#?}");
}

/// A use case answers with typed data: what is drawn can only be searched for words, and nobody is to.
#[test]
fn no_use_case_draws_and_no_command_makes_a_view() {
    for (name, text) in files() {
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        if name.starts_with("app/") {
            let drawn = words.find(|word| *word == "View" || word.ends_with("_view"));
            assert_eq!(drawn, None, "{name} draws");
        } else if name.starts_with("cli/") {
            assert!(
                !["= View {", "(View {", "View { name:"].iter().any(|made| text.contains(made)),
                "{name} makes a view"
            );
            for key in ["view.payload", "view.lead", "view.notes", "view.grids"] {
                let is_rendering = name.starts_with("cli/render/");
                assert!(is_rendering || !text.contains(key), "{name} uses {key}");
            }
        }
    }
}

#[test]
fn only_the_disk_touches_the_file_system() {
    for (name, text) in
        files().iter().filter(|(name, _)| name != "store/disk.rs" && !name.starts_with("store/disk/"))
    {
        for word in ["std::fs", "File::open", "File::create", "use std::{fs"] {
            assert!(!text.contains(word), "{name} uses {word}");
        }
    }
}

#[test]
fn clock_environment_and_terminal_stay_outside() {
    let outside = |name: &str| name == "main.rs" || name.starts_with("cli/");
    for (name, text) in files().iter().filter(|(name, _)| !outside(name)) {
        for word in [
            "SystemTime::now",
            "Instant::now",
            "Utc::now",
            "Local::now",
            "std::env",
            "env::var",
            "println!",
            "print!(",
            "std::io::stdin",
            "std::io::stdout",
            "std::io::stderr",
        ] {
            // How long a pause really was is for the disk to say, which makes it.
            let is_pause = name == "store/disk.rs" && word == "Instant::now";
            assert!(is_pause || !text.contains(word), "{name} uses {word}");
        }
    }
}

#[test]
fn the_domain_knows_nothing_of_serialisation_and_learning_alone_of_linfa() {
    for (name, text) in files() {
        if name.starts_with("domain/") {
            assert!(!text.contains("serde"), "{name} names serde");
            assert!(!text.contains("std::io"), "{name} names std::io");
        }
        if name != "learn/trees.rs" {
            assert!(!text.contains("linfa"), "{name} names linfa");
        }
    }
}

#[test]
fn no_file_grows_past_what_one_screenful_of_outline_explains() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in sources(&src) {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines: split it by meaning", path.display());
    }
}

/// Functions that do nothing but name the fields of a record, one a line.
const LISTS: [&str; 3] = ["wire/disk/canonical_json.rs", "wire/disk/fill.rs", "wire/disk/outcome.rs"];

/// Name and lines of the functions of a file, as rustfmt writes them.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let is_word =
        |word: &&str| matches!(*word, "const" | "async" | "extern" | "\"C\"") || word.starts_with("pub");
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let rest = line.trim_start();
        let behind = rest.split(' ').skip_while(is_word).collect::<Vec<_>>().join(" ");
        let Some(name) = behind.strip_prefix("fn ") else { continue };
        let end = format!("{}}}", " ".repeat(line.len() - rest.len()));
        let body = lines[at..].iter().position(|line| *line == end || line.ends_with("; }"));
        if line.ends_with('}') || line.ends_with(';') {
            continue;
        }
        let name = name.split(['(', '<']).next().unwrap();
        found.extend(body.map(|last| (name.to_owned(), last + 1)));
    }
    found
}

#[test]
fn no_function_grows_past_what_one_screen_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in sources(&root.join("src")).into_iter().chain(sources(&root.join("tests"))) {
        if LISTS.iter().any(|list| path.ends_with(list)) {
            continue;
        }
        for (name, lines) in functions(&fs::read_to_string(&path).unwrap()) {
            assert!(lines <= 60, "{}: {name} has {lines} lines: split it by meaning", path.display());
        }
    }
    let long = format!(
        "fn a() {{\n{}}}\n    pub const fn b(self) -> u8 {{\n        1\n    }}\n",
        "    1;\n".repeat(70)
    );
    assert_eq!(functions(&long), [("a".to_owned(), 72), ("b".to_owned(), 3)]);
}

/// Who looks for the number of a full disk finds it in one place.
#[test]
fn exit_numbers_stand_in_one_file() {
    for (name, text) in files() {
        let numbers = [
            "ExitCode::from(1",
            "ExitCode::from(2",
            "ExitCode::FAILURE",
            "process::exit",
            "-> u8 {\n        match self",
        ];
        let is_its = name == "cli/exit_code.rs";
        for word in numbers {
            assert!(is_its || !text.contains(word), "{name} has an exit number: {word}");
        }
        for number in 10..=14 {
            let arm = format!("=> {number},");
            assert!(is_its || !name.starts_with("cli/") || !text.contains(&arm), "{name} has `{arm}`");
        }
    }
}

/// A file that no `main.rs` names is not compiled, and its tests are never run.
#[test]
fn every_test_file_is_run_and_short() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let entries = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    for path in entries(&tests) {
        assert!(path.is_dir(), "{} stands in none of the folders: see tests/*/main.rs", path.display());
    }
    for folder in ["cli", "common", "docs", "figures", "learning", "store"] {
        let root = if folder == "common" { "mod.rs" } else { "main.rs" };
        let main = fs::read_to_string(tests.join(folder).join(root)).unwrap();
        for path in entries(&tests.join(folder)) {
            let name = path.file_stem().unwrap().to_str().unwrap();
            let line = format!("mod {name};");
            let named = main.lines().any(|found| found.trim_start_matches("pub ") == line);
            assert!(named || path.ends_with(root), "{folder}/{root} does not say `{line}`");
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 400, "{} has {lines} lines: split it by meaning", path.display());
        }
    }
}

/// The checks themselves notice what they are for.
#[test]
fn the_check_would_notice() {
    let metrics = LAYERS.iter().position(|layer| *layer == "metrics").unwrap();
    assert_eq!(upward(metrics, "use crate::app::Desk;"), ["app"]);
    assert_eq!(upward(metrics, "use crate::{cli::Cli, domain::Trade};"), ["cli"]);
    assert_eq!(upward(metrics, "let x = crate::report::plural(1, \"x\");"), ["report"]);
    assert!(upward(metrics, "use crate::domain::Trade;").is_empty());
}
