//! What makes a record the same as another: everything that a line says, but when it was written and which exit
//! of its position it is.

use xxhash_rust::xxh3::xxh3_64;

/// The content of a line: in the upper half a hash of all that it says, in the lower one of time, price and quantity
/// of the exit. A line of another writer has one too, but it tells of the way the line is written as well.
pub fn content_of(line: &[u8]) -> u64 {
    let said = said(line.trim_ascii_end());
    let mut exit = 0u64;
    for key in [&b"\"exit_time\":"[..], b"\"exit_price\":", b"\"qty\":"] {
        exit = exit.rotate_left(21).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ xxh3_64(value_of(said, key));
    }
    (xxh3_64(said) & 0xffff_ffff_0000_0000) | (exit >> 32)
}

/// Whether two contents are of one exit: same time, price and quantity.
pub fn is_same_exit(one: u64, other: u64) -> bool {
    one as u32 == other as u32
}

/// The id and the content of a stored signal: what it was, not what became of it later.
pub fn signal_content(line: &[u8]) -> Option<(String, u64)> {
    let map = crate::wire::input::parse_object(line).ok()?;
    let id = match map.get("signal_id")? {
        serde_json::Value::String(id) => id.clone(),
        other => other.to_string(),
    };
    let mut text = String::new();
    for key in ["symbol", "timestamp", "side", "label", "entry_price", "price_at_signal"] {
        text.push_str(&map.get(key).map(ToString::to_string).unwrap_or_default());
        text.push('\u{1f}');
    }
    Some((id, xxh3_64(text.as_bytes())))
}

/// The line up to what says when it was written, and without the number of its leg.
fn said(line: &[u8]) -> &[u8] {
    let end = memchr::memmem::rfind(line, b",\"schema\":").unwrap_or(line.len());
    let said = &line[..end];
    let digits = said.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    match said[..said.len() - digits].strip_suffix(b",\"leg\":") {
        Some(before) if digits > 0 => before,
        _ => said,
    }
}

/// What stands behind a key up to the next comma.
fn value_of<'l>(line: &'l [u8], key: &[u8]) -> &'l [u8] {
    let Some(at) = memchr::memmem::find(line, key) else { return b"" };
    let rest = &line[at + key.len()..];
    &rest[..memchr::memchr(b',', rest).unwrap_or(rest.len())]
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
        let one = content_of(line("101", "stop", "").as_bytes());
        assert_eq!(one, content_of(line("101", "stop", ",\"leg\":2").replace("\"x\"", "\"y\"").as_bytes()));
        let other = content_of(line("95", "stop", "").as_bytes());
        assert!(one >> 32 != other >> 32 && !is_same_exit(one, other));
        let conflict = content_of(line("101", "target", "").as_bytes());
        assert!(one >> 32 != conflict >> 32 && is_same_exit(one, conflict));
    }
}
