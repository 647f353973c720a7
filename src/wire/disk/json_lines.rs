//! State files of lines, each a record of its own.

use serde::de::DeserializeOwned;

/// The lines of a file that are records of one kind, and the numbers of those that are not, from 1; empty ones are neither.
pub fn read_json_lines<T: DeserializeOwned>(text: &[u8], is_one: impl Fn(&T) -> bool) -> (Vec<T>, Vec<u64>) {
    let (mut found, mut bad) = (Vec::new(), Vec::new());
    let lines = (1..).zip(text.split(|byte| *byte == b'\n'));
    for (number, line) in lines.filter(|(_, line)| !line.trim_ascii().is_empty()) {
        match serde_json::from_slice(line) {
            Ok(read) if is_one(&read) => found.push(read),
            _ => bad.push(number),
        }
    }
    (found, bad)
}
