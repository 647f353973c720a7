//! What lies on disk: the checkpoints to the byte, everything else by its form, each together with its version.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dtlearn::store::Layout;
use serde_json::Value;

use crate::common::folders::files_below;
use crate::common::histories::{Spec, desk_at, everything, files, history};
use crate::common::memory_disk::{Fault, MemoryDisk};
use crate::common::pins::Pins;
use crate::common::{CLOSE, EVENING, Home, fixture, unpack};

/// The checkpoints of the real week: version, file, bytes without the first field, and their checksum. A row is
/// never changed: whoever changes the layout, or what the bytes mean, raises VERSION in `store/checkpoint.rs` and
/// puts rows of the new version in the place of these.
const CHECKPOINTS: [(u32, &str, usize, u64); 3] = [
    (15, "checkpoint.outcomes", 30_248, 17_303_586_359_929_758_600),
    (15, "checkpoint.days", 32_574, 2_963_355_428_673_407_418),
    (15, "checkpoint.signals", 12_027, 5_691_002_048_885_072_200),
];

#[test]
fn a_checkpoint_of_other_bytes_has_another_version() {
    let home = Home::with_real_signals();
    home.dtlearn().arg("analyze").assert().success();
    let found = CHECKPOINTS.map(|(_, name, _, _)| {
        let bytes = std::fs::read(home.store(".dtlearn").join(name)).unwrap();
        let version = u32::from_le_bytes(bytes[4..8].try_into().unwrap());
        // The length of the log, which depends on the compressor.
        let length = bytes[12..].iter().take_while(|byte| **byte >= 0x80).count() + 1;
        let rest = &bytes[12 + length..];
        (version, name, rest.len(), xxhash_rust::xxh3::xxh3_64(rest))
    });
    assert_eq!(found, CHECKPOINTS, "checkpoints written before would be read as something that they are not");
}

/// A form in lines: the path of every value with the kinds that were seen there.
#[derive(Default)]
struct Form(BTreeMap<String, BTreeSet<&'static str>>);

impl Form {
    fn see(&mut self, path: &str, value: &Value) {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            // Forms say their version in a text.
            Value::String(text) if path.ends_with("schema") => {
                self.0.entry(format!("{path} = {text}")).or_default();
                return;
            }
            Value::String(_) => "text",
            Value::Array(items) => {
                items.iter().for_each(|item| self.see(&format!("{path}[]"), item));
                "list"
            }
            Value::Object(fields) => {
                for (key, value) in fields {
                    // Symbols, dates, setups and knobs are values that happen to be keys.
                    let named = key.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
                        && !["by_", "importances", "features", "performance_by"]
                            .iter()
                            .any(|part| path.rsplit('.').next().is_some_and(|last| last.starts_with(part)));
                    let key = if named { key.as_str() } else { "*" };
                    self.see(&format!("{path}.{key}"), value);
                }
                "object"
            }
        };
        self.0.entry(path.to_owned()).or_default().insert(kind);
    }

    fn text(&self) -> String {
        let line = |(path, kinds): (&String, &BTreeSet<&str>)| {
            let kinds: Vec<&str> = kinds.iter().copied().collect();
            format!("{path}  {}", kinds.join(" or ")).trim_end().to_owned() + "\n"
        };
        self.0.iter().map(line).collect()
    }
}

/// The form of JSON, or of JSON Lines, plain or packed.
fn form_of(path: &Path) -> String {
    let bytes = if path.extension().is_some_and(|end| end == "gz") {
        unpack(path)
    } else {
        std::fs::read(path).unwrap()
    };
    let mut form = Form::default();
    for value in serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>() {
        form.see("", &value.unwrap_or_else(|why| panic!("{}: {why}", path.display())));
    }
    form.text()
}

/// Every file of a store but those that are no JSON, which have tests of their own.
fn stored(root: &Path) -> Vec<PathBuf> {
    let mut found = files_below(root);
    let is_other = |path: &PathBuf| path.ends_with("current") || path.iter().any(|part| part == ".dtlearn");
    found.retain(|path| !is_other(path));
    found
}

#[test]
fn every_stored_file_has_the_form_that_its_version_says() {
    let days = Home::with_real_signals();
    let bars = fixture("real/bars_1m.csv.gz");
    let model = Home::with_planted_rows();
    for (home, now, args) in [
        (&days, CLOSE, &["post-market", "--prices", bars.to_str().unwrap()][..]),
        (&days, CLOSE, &["report", "--save"]),
        (&days, CLOSE, &["report", "patterns", "--save"]),
        (&days, CLOSE, &["replay"]),
        (&model, EVENING, &["retrain"]),
        (&model, EVENING, &["report", "metrics"]),
    ] {
        assert!(home.seen_at(now, args).starts_with("status 0\n"), "{args:?}");
    }
    let mut pins = Pins::new("stored", Home::new(), EVENING);
    for (world, home) in [("days", days), ("model", model)] {
        let mut files = stored(&home.path("da_brains"));
        files.sort();
        for path in files {
            let name = path.file_name().unwrap().to_str().unwrap().split('.').next().unwrap();
            let name = name.replace(|c: char| c.is_ascii_digit() || c == '-', "");
            pins.pin(&format!("{world}_{}", name.trim_end_matches('_')), &form_of(&path));
        }
    }
    pins.pin("replay_state", &replay_state());
    pins.done();
}

/// The form of what a replay leaves behind that is killed when all is done but the last file.
fn replay_state() -> String {
    let picks = history(&Spec {
        seed: 5,
        sessions: 21,
        picks: 8,
        hold_minutes: 25,
        features: 2,
        mean: |_: f64, features: &[f64], _| 0.01 * (features[0] - 0.5),
        noise: (0.001, 0.004),
    });
    let disk = || {
        let disk = MemoryDisk::default();
        files(&picks).iter().for_each(|(log, bytes)| disk.put(&Layout::new("r").log(*log), bytes));
        disk
    };
    let whole = disk();
    dtlearn::app::replay(&desk_at(&whole, "r"), &everything(true)).unwrap();
    let killed = disk();
    killed.fail_at(whole.restart().len() - 1, Fault::Kill);
    let _ = dtlearn::app::replay(&desk_at(&killed, "r"), &everything(true));
    killed.restart();
    let bytes = killed.bytes(&Layout::new("r").replay_state()).unwrap();
    // Behind a checksum of 16 letters.
    let value: Value = serde_json::from_slice(&bytes[16..]).unwrap();
    let mut form = Form::default();
    form.see("", &value);
    format!("form = {}\n{}", value["form"], form.text())
}
