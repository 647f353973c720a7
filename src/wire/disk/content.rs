//! What makes a record the same as another: everything that a line says, but when it was written and which exit
//! of its position it is.

use xxhash_rust::xxh3::xxh3_64;

/// What a line says, as a hash; and of a trade what tells one exit of a position from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Content {
    /// Of all that the line says.
    pub whole: u64,
    /// Of time, price and quantity of the exit.
    pub exit: u64,
}

/// The content of a line in this program's own form. A line of another writer has one too, but it tells of the way
/// the line is written, not of the record alone.
pub fn content_of(line: &[u8]) -> Content {
    let said = said(line);
    let mut exit = xxhash_rust::xxh3::Xxh3::new();
    for key in [&b"\"exit_time\":"[..], b"\"exit_price\":", b"\"qty\":"] {
        exit.update(value_of(said, key));
        exit.update(b"\x1f");
    }
    Content { whole: xxh3_64(said), exit: exit.digest() }
}

/// The line up to what says when it was written, and without the number of its leg.
fn said(line: &[u8]) -> &[u8] {
    let end = memchr::memmem::rfind(line, b",\"schema\":").unwrap_or(line.len());
    let said = &line[..end];
    match memchr::memmem::rfind(said, b",\"leg\":") {
        Some(at) if said[at + 7..].iter().all(u8::is_ascii_digit) && said.len() > at + 7 => &said[..at],
        _ => said,
    }
}

/// What stands behind a key up to the next comma.
fn value_of<'l>(line: &'l [u8], key: &[u8]) -> &'l [u8] {
    let Some(at) = memchr::memmem::find(line, key) else { return b"" };
    let rest = &line[at + key.len()..];
    &rest[..rest.iter().position(|byte| *byte == b',').unwrap_or(rest.len())]
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
        assert!(one.whole != other.whole && one.exit != other.exit);
        let conflict = content_of(line("101", "target", "").as_bytes());
        assert!(one.whole != conflict.whole && one.exit == conflict.exit);
    }
}
