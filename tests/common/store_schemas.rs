//! The files of a store held against their schemas.

use std::path::Path;

use serde_json::Value as Json;

use super::folders::files_below;
use super::schemas::fits;

/// Lines of a log that are looked at; more say the same.
const MOST_LINES: usize = 200;

/// Holds every file of a store against the schema of its name: a whole one, or each line of it.
pub fn store_fits(root: &Path) {
    for path in files_below(root) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.contains(".json") && !path.iter().any(|part| part == ".dtlearn") {
            file_fits(&path, &name);
        }
    }
}

fn file_fits(path: &Path, name: &str) {
    if std::fs::metadata(path).unwrap().len() == 0 {
        return;
    }
    let bytes = if name.ends_with(".gz") { super::unpack(path) } else { std::fs::read(path).unwrap() };
    let stem = name.split('.').next().unwrap();
    // Files of a day or of a version are of one form.
    let stem = match stem.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').trim_end_matches('_') {
        "post_market_latest" => "post_market",
        "challenger" => "model",
        "challenger-judged" => "judged",
        _ if path.components().any(|part| part.as_os_str() == "rejected") => "rejected",
        stem => stem,
    };
    let name_of = format!("file.{stem}");
    if name.contains(".jsonl") {
        let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).take(MOST_LINES);
        let values: Vec<Json> = lines.filter_map(|line| serde_json::from_slice(line).ok()).collect();
        fits(&name_of, &values);
    } else if let Ok(value) = serde_json::from_slice::<Json>(&bytes) {
        fits(&name_of, [&value]);
    }
}
