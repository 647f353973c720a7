//! Answers as snapshots of `tests/snapshots`, in forms that keep long ones short and changes easy to read.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;

use super::store_schemas::store_fits;
use super::{Home, schemas};

/// A prepared store, the moment at which it is asked, and what it said so far.
pub struct Pins {
    pub world: &'static str,
    pub home: Home,
    pub root: &'static str,
    pub now: &'static str,
    pub taken: BTreeSet<String>,
}

impl Pins {
    pub fn new(world: &'static str, home: Home, now: &'static str) -> Self {
        Self { world, home, root: "da_brains", now, taken: BTreeSet::new() }
    }

    /// Status, answer and what is said beside it.
    pub fn said(&self, args: &[&str], stdin: &str) -> String {
        let mut command = self.home.dtlearn();
        command.env("PWD", "/srv").env("DTLEARN_ROOT", self.root).env("DTLEARN_NOW", self.now);
        let said = super::seen(command.args(args).write_stdin(stdin), &self.home);
        said.replace(super::program(), "PATH/dtlearn").replace(env!("CARGO_MANIFEST_DIR"), "CHECKOUT")
    }

    pub fn pin(&mut self, name: &str, text: &str) {
        let name = format!("{}_{name}", self.world);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder());
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name.as_str(), text));
        assert!(self.taken.insert(name.clone()), "{name:?} twice");
    }

    /// Pins the answer as a table.
    pub fn table(&mut self, args: &[&str], stdin: &str) {
        let said = self.said(args, stdin);
        self.pin(&format!("{}.table", name_of(args)), &said);
    }

    /// Pins the answer as JSON, one short line for each short value.
    pub fn json(&mut self, args: &[&str], stdin: &str) {
        let said = self.said(&[args, &["--format", "json"]].concat(), stdin);
        let (head, rest) = said.split_once("--- out\n").unwrap();
        let (answer, beside) = rest.split_once("--- err\n").unwrap();
        let value: Value =
            serde_json::from_str(answer).unwrap_or_else(|why| panic!("{args:?}: {why}: {said}"));
        schemas::fits(&schemas::name_in(&value).unwrap(), [&value]);
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(pretty, answer.trim_end(), "{args:?}: the short form keeps every letter");
        let short = format!("{head}--- out\n{}\n--- err\n{beside}", short_json(&value));
        self.pin(&format!("{}.json", name_of(args)), &short);
    }

    /// Pins the first lines of an answer that goes on in the same way.
    pub fn head(&mut self, args: &[&str]) {
        let said = self.said(args, "");
        let lines: Vec<&str> = said.lines().take(6).collect();
        self.pin(&format!("{}.head", name_of(args)), &lines.join("\n"));
    }

    pub fn both(&mut self, args: &[&str]) {
        self.table(args, "");
        self.json(args, "");
    }

    /// Pins each section of the page.
    pub fn page(&mut self) {
        let said = self.said(&["report", "--html", "-"], "");
        for (id, section) in sections(&said) {
            self.pin(&format!("page_{id}"), &section);
        }
    }

    /// Holds the answer as JSON against its schema, and pins nothing.
    pub fn fits(&self, args: &[&str]) {
        let said = self.said(&[args, &["--format", "json"]].concat(), "");
        let (_, rest) = said.split_once("--- out\n").unwrap();
        let value: Value = serde_json::from_str(rest.split_once("--- err\n").unwrap().0).unwrap();
        schemas::fits(&schemas::name_in(&value).unwrap(), [&value]);
    }

    /// Fails when a snapshot is left of an answer that nobody asks for any more.
    pub fn done(self) {
        store_fits(&self.home.path(self.root));
        let of_world = format!("{}_", self.world);
        let left: Vec<String> = snapshots().into_iter().filter(|name| name.starts_with(&of_world)).collect();
        let left: Vec<&String> = left.iter().filter(|name| !self.taken.contains(*name)).collect();
        assert!(left.is_empty(), "asked for by nobody, remove them: {left:?}");
    }
}

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots")
}

/// The names of all snapshots.
pub fn snapshots() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter_map(|name| name.strip_suffix(".snap").map(str::to_owned)).collect()
}

/// The command line as the name of a file.
pub fn name_of(args: &[&str]) -> String {
    let words = args.iter().map(|arg| arg.rsplit('/').next().unwrap().trim_start_matches('-'));
    words.collect::<Vec<_>>().join("_").replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_")
}

/// JSON with every value on one line that has the room.
fn short_json(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    let line = value.to_string();
    let inner = " ".repeat(depth + 1);
    let mut first = true;
    let mut next = |out: &mut String| {
        out.push_str(if first { "\n" } else { ",\n" });
        out.push_str(&inner);
        first = false;
    };
    match value {
        _ if depth > 0 && line.len() + depth <= 110 => out.push_str(&line),
        Value::Object(fields) => {
            out.push('{');
            for (at, (key, value)) in fields.iter().enumerate() {
                next(out);
                out.push_str(&format!("{}: ", Value::from(key.as_str())));
                // Five days fill the windows of 7 and of 90 days alike.
                let same = fields.iter().take(at).find(|(_, earlier)| *earlier == value);
                match same.filter(|_| value.to_string().len() > 200) {
                    Some((earlier, _)) => out.push_str(&format!("the same as {earlier}")),
                    None => write(value, depth + 1, out),
                }
            }
            out.push_str(&format!("\n{}}}", " ".repeat(depth)));
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                next(out);
                write(item, depth + 1, out);
            }
            out.push_str(&format!("\n{}]", " ".repeat(depth)));
        }
        _ => out.push_str(&line),
    }
}

/// The sections of a page with the addresses that lead to them, a tag a line.
fn sections(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut id = "head";
    let parts = page.split("<h2 id=\"");
    for (at, part) in parts.enumerate() {
        let text = match at {
            0 => part,
            _ => {
                let (name, text) = part.split_once("\">").unwrap();
                id = name;
                text
            }
        };
        found.push((id.to_owned(), text.replace("><", ">\n<")));
    }
    found
}
