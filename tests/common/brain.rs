//! The brain file and the record of its changes, as tests write and read them.

use std::path::PathBuf;

use serde_json::Value;

use crate::common::{Home, unpack};

pub fn brain_path(home: &Home) -> PathBuf {
    home.path("da_brains/core/dt_brain.json.gz")
}

pub fn brain_text(home: &Home) -> String {
    String::from_utf8(unpack(&brain_path(home))).unwrap()
}

pub fn log(home: &Home) -> Vec<Value> {
    let text = std::fs::read_to_string(home.store("knob_adjustments.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
