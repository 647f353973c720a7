//! What makes a record the same as another: everything that a line says, but when it was written and which exit
//! of its position it is.

use xxhash_rust::xxh3::xxh3_64;

use crate::domain::Timestamp;
use crate::wire::input::{JsonObject, parse_object};

/// The content of a line: in the upper half a hash of all that it says, in the lower one of time, price and quantity
/// of its exit. The upper half tells of the way another writer spells the line as well; the lower one does not, so
/// that the same exit is never taken for a further one.
pub fn content_of(line: &[u8], exit_time: Timestamp, exit_price: Option<f64>, qty: f64) -> u64 {
    let mut exit = [0u8; 24];
    exit[..8].copy_from_slice(&exit_time.micros().to_le_bytes());
    // A price that is not there differs from every one that is; zero has one spelling.
    exit[8..16].copy_from_slice(&exit_price.map_or(u64::MAX, |price| (price + 0.0).to_bits()).to_le_bytes());
    exit[16..].copy_from_slice(&(qty + 0.0).to_bits().to_le_bytes());
    (xxh3_64(said(line.trim_ascii_end())) & 0xffff_ffff_0000_0000) | (xxh3_64(&exit) >> 32)
}

/// Whether two contents are of one exit: same time, price and quantity.
pub fn is_same_exit(one: u64, other: u64) -> bool {
    one as u32 == other as u32
}

/// The id of a stored signal.
pub fn signal_id_of(map: &JsonObject) -> Option<String> {
    Some(match map.get("signal_id")? {
        serde_json::Value::String(id) => id.clone(),
        other => other.to_string(),
    })
}

/// The id and the content of a stored signal: what it was, not what became of it later.
pub fn signal_content(line: &[u8]) -> Option<(String, u64)> {
    signal_content_of(&parse_object(line).ok()?)
}

/// As [`signal_content`], of a line that was parsed already.
pub fn signal_content_of(map: &JsonObject) -> Option<(String, u64)> {
    let id = signal_id_of(map)?;
    let mut text = String::new();
    for key in ["symbol", "timestamp", "side", "label", "entry_price", "price_at_signal"] {
        text.push_str(&map.get(key).map(ToString::to_string).unwrap_or_default());
        text.push('\u{1f}');
    }
    Some((id, xxh3_64(text.as_bytes())))
}

/// The line up to what says when it was written, and without the number of its leg.
fn said(line: &[u8]) -> &[u8] {
    // It is the last key but one.
    let is_schema = |at: &usize| line[*at..].starts_with(b",\"schema\":");
    let end = memchr::memrchr_iter(b',', line).find(is_schema).unwrap_or(line.len());
    let said = &line[..end];
    let digits = said.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    match said[..said.len() - digits].strip_suffix(b",\"leg\":") {
        Some(before) if digits > 0 => before,
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_is_the_same_whenever_it_was_written() {
        let line = |price: &str, reason: &str, tail: &str| {
            format!(
                "{{\"symbol\":\"A\",\"exit_time\":\"2026-03-02T15:30:00Z\",\"exit_price\":{price},\"exit_reason\":\"{reason}\",\"qty\":5,\"extra\":null{tail},\"schema\":1,\"_ts\":\"x\"}}"
            )
        };
        let of =
            |line: &str, price: f64| content_of(line.as_bytes(), Timestamp::from_micros(7), Some(price), 5.0);
        let one = of(&line("101", "stop", ""), 101.0);
        assert_eq!(one, of(&line("101", "stop", ",\"leg\":2").replace("\"x\"", "\"y\""), 101.0));
        let other = of(&line("95", "stop", ""), 95.0);
        assert!(one >> 32 != other >> 32 && !is_same_exit(one, other));
        let conflict = of(&line("101", "target", ""), 101.0);
        assert!(one >> 32 != conflict >> 32 && is_same_exit(one, conflict));
        let spelled_otherwise = of(&line("101", "stop", "").replace(":", ": "), 101.0);
        assert!(one != spelled_otherwise && is_same_exit(one, spelled_otherwise));
    }
}
