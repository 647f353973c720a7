//! Every message of an error, with its hint and its exit status: one file of `tests/errors` each.
//!
//! A file says what is prepared, what is typed, and after a line of dashes what must be seen on stderr:
//!
//! ```text
//! store: days                        the real days; `empty` is a store without trades; nothing is no store
//! file da_brains/x.toml: a = 1       a file with this text (\n ends a line)
//! folder PATH:                       a folder
//! bytes PATH: ff00                   a file with these bytes
//! gz PATH: text                      a packed file with this text
//! cut PATH: 9                        a file without its last bytes
//! first: retrain --force             a command that is not looked at
//! env: DTLEARN_FORMAT=xml
//! locked:                            another program holds the lock
//! long-line:                         a line of stdin of more than a megabyte
//! $ report metrics                   the command line; '…' keeps blanks together
//! < {"symbol":"MSFT"}                a line of stdin
//! ---
//! status 2
//! ```
//!
//! `DTLEARN_WRITE_ERRORS=1 cargo test --test cli every_error` writes what is seen now.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::common::Home;
use crate::common::folders::{copy_folder, files_below};

static DAYS: LazyLock<Home> = LazyLock::new(Home::with_real_signals);

/// What a file says before its line of dashes.
struct Case {
    home: Home,
    env: Vec<(String, String)>,
    first: Vec<Vec<String>>,
    args: Vec<String>,
    stdin: String,
    locked: bool,
}

/// Words of a command line; quotes keep blanks together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

impl Case {
    fn read(text: &str) -> Self {
        let (env, first, args) = (Vec::new(), Vec::new(), Vec::new());
        let mut case = Self { home: Home::new(), env, first, args, stdin: String::new(), locked: false };
        for line in text.lines() {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "store:" if rest == "days" => {
                    copy_folder(&DAYS.path("da_brains"), &case.home.path("da_brains"))
                }
                "store:" => std::fs::create_dir_all(case.home.store("")).unwrap(),
                "file" | "folder" | "bytes" | "gz" | "cut" => case.put(word, rest),
                "first:" => case.first.push(words(rest)),
                "env:" => {
                    let (name, value) = rest.split_once('=').unwrap();
                    case.env.push((name.into(), value.into()));
                }
                "locked:" => case.locked = true,
                "long-line:" => case.stdin = format!("{{\"symbol\":\"{}\"}}\n", "M".repeat(1 << 20)),
                "$" => case.args = words(rest),
                "<" => case.stdin += &format!("{rest}\n"),
                _ => panic!("{line:?} says nothing"),
            }
        }
        case
    }

    fn put(&self, kind: &str, line: &str) {
        let (path, text) = line.split_once(':').unwrap();
        let (path, text) = (self.home.path(path), text.trim_start());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let number = |text: &str, radix| u64::from_str_radix(text, radix).unwrap();
        match kind {
            "folder" => std::fs::create_dir_all(path).unwrap(),
            "file" => std::fs::write(path, text.replace("\\n", "\n")).unwrap(),
            "bytes" => {
                let pairs = (0..text.len()).step_by(2).map(|at| number(&text[at..at + 2], 16) as u8);
                std::fs::write(path, pairs.collect::<Vec<u8>>()).unwrap();
            }
            "gz" => {
                let to = std::fs::File::create(path).unwrap();
                let mut packed = flate2::write::GzEncoder::new(to, flate2::Compression::fast());
                packed.write_all(text.as_bytes()).unwrap();
                packed.finish().unwrap();
            }
            _ => {
                let file = std::fs::File::options().write(true).open(path).unwrap();
                file.set_len(file.metadata().unwrap().len() - number(text, 10)).unwrap();
            }
        }
    }

    /// Status and stderr.
    fn seen(&self) -> String {
        let run = |args: &[String], stdin: &str| {
            let mut command = self.home.dtlearn();
            for (name, value) in &self.env {
                command.env(name, value.replace("HOME", &self.home.0.path().display().to_string()));
            }
            command.args(args.iter().filter(|arg| !arg.is_empty()));
            command.write_stdin(stdin).output().unwrap()
        };
        self.first.iter().for_each(|args| drop(run(args, "")));
        let lock = self.home.store(".dtlearn/lock");
        let held = self.locked.then(|| {
            std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
            let file = std::fs::File::create(&lock).unwrap();
            file.lock().unwrap();
            file
        });
        let output = run(&self.args, &self.stdin);
        drop(held);
        // What is wrong is said beside the answer, or is the answer.
        let said = if output.stderr.is_empty() { output.stdout } else { output.stderr };
        let said =
            String::from_utf8(said).unwrap().replace(&self.home.0.path().display().to_string(), "HOME");
        format!("status {}\n{}", output.status.code().unwrap(), without_place(&said))
    }
}

/// Without the name of a spool folder, which is that of the store in another form.
fn without_place(said: &str) -> String {
    let mut parts = said.split("spool/");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let name = part.chars().take_while(char::is_ascii_hexdigit).count();
        text += &format!(
            "spool/{}{}",
            if name == 16 { "STORE" } else { "" },
            &part[if name == 16 { 16 } else { 0 }..]
        );
    }
    text
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/errors")
}

#[test]
fn errors_are_said_as_their_files_say() {
    let mut wrong = Vec::new();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let (case, expected) = text.split_once("---\n").unwrap_or((&text, ""));
        let seen = Case::read(case).seen();
        if std::env::var_os("DTLEARN_WRITE_ERRORS").is_some() {
            std::fs::write(&path, format!("{case}---\n{seen}")).unwrap();
        } else if seen != expected {
            let name = path.file_name().unwrap().display();
            wrong.push(format!("{name}\n{case}--- expected\n{expected}--- seen\n{seen}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Messages that no command line can call forth, with the reason.
const OUT_OF_REACH: &[(&str, &str)] = &[
    (
        "{0}: another program keeps changing it",
        "two programs would have to move knobs at one time, many times",
    ),
    ("cannot train on these rows: {0}", "rows are checked before they are learned from"),
    ("{}: the file system has no locks: {}", "takes a file system without locks"),
    ("no rows to learn from", "of the learner: too few rows are told before"),
    ("rows must stand in the order of their sessions", "of the learner as a library"),
    ("{what}: {got} values for {rows} rows", "of the learner as a library"),
    ("row weights must be finite, not negative, and at least one above zero", "of the learner as a library"),
    ("parameter {name} must be {range}", "of the learner as a library"),
    ("{got} columns, at most {max} are allowed", "of the learner as a library"),
    ("split search: {0}", "of the learner as a library"),
    ("a column of the model does not exist", "a model whose checksum is right: fuzzed in tests/fuzz"),
    ("the parts of the model do not fit each other", "a model whose checksum is right"),
    (
        "schema dtlearn.model/{0}, this dtlearn reads up to dtlearn.model/{MODEL_SCHEMA}",
        "told as a newer file",
    ),
    ("score is {value}, it lies between 0 and 10", "of the domain as a library: a record goes without it"),
    ("mode {text:?} is unknown: SAFE or AGGRESSIVE", "of the domain as a library: a record goes without it"),
    ("type {text:?} is not a closed trade: exit, fill_exit or close", "other events are passed over"),
    (
        "{field} is {value}, a probability lies between 0 and 1{}",
        "of the domain as a library: a record goes without it",
    ),
    ("no losing days", "why a figure is undefined: of the tests of metrics"),
    ("no drawdown", "why a figure is undefined: of the tests of metrics"),
    ("the average confidence is 0", "why a figure is undefined: of the tests of metrics"),
    ("happened as it says, no estimate", "why a figure is undefined: of the tests of metrics"),
    ("positions held across sessions in a log of this size", "why a figure is undefined: takes a large log"),
    ("the capital was used up", "why a figure is undefined: of the tests of metrics"),
    ("the sum is too large", "why a figure is undefined: of the tests of metrics"),
    ("{}: holds files by {other} already", "of a program with Parquet: tests/cli/export_parquet.rs"),
    ("a tree of the model has a node out of place", "a model whose checksum is right"),
    ("the model has a number that is out of range", "a model whose checksum is right"),
];

/// The fixed parts of every message that `#[error("…")]` declares in the sources.
fn declared() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for path in files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for part in text.split("#[error(").skip(1) {
            let Some(quoted) = part.trim_start().strip_prefix('"') else { continue };
            let ends = ["\")", "\",", "\"\n"].iter().filter_map(|end| quoted.find(end));
            let message = &quoted[..ends.min().unwrap()];
            let fixed = message.split('}').map(|part| part.split('{').next().unwrap_or_default().to_owned());
            found.push((message.to_owned(), fixed.collect()));
        }
    }
    found
}

#[test]
fn every_declared_error_has_its_file() {
    // Why a figure is undefined is shown in views.
    let mut said = Vec::new();
    for folder in [folder(), crate::common::pins::folder()] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            said.push(text.split_once("---\n").unwrap().1.to_owned());
        }
    }
    let messages = declared();
    assert!(messages.len() > 40, "{}", messages.len());
    let is_said = |fixed: &[String]| {
        said.iter().flat_map(|text| text.lines()).any(|line| {
            let mut rest = line;
            fixed.iter().all(|part| match rest.find(part.as_str()) {
                Some(at) => {
                    rest = &rest[at + part.len()..];
                    true
                }
                None => false,
            })
        })
    };
    let missing: Vec<&String> = messages
        .iter()
        .filter(|(_, fixed)| fixed.iter().any(|part| part.trim().len() > 2) && !is_said(fixed))
        .map(|(message, _)| message)
        .filter(|message| !OUT_OF_REACH.iter().any(|(known, _)| known == message))
        .collect();
    assert!(missing.is_empty(), "no file of tests/errors shows: {missing:#?}");
    for (known, why) in OUT_OF_REACH {
        let message = messages.iter().find(|(message, _)| message == known);
        let (_, fixed) = message.unwrap_or_else(|| panic!("{known:?} ({why}) is gone"));
        let plain = fixed.iter().map(String::len).sum::<usize>() > 12;
        assert!(!plain || !is_said(fixed), "{known:?} is within reach: {why} is not so");
    }
}
