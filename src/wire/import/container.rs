//! What a file is packed in, by its first bytes: read, or named with what to do.

use std::io::Read as _;

use super::error::FormatError;
use super::{metatrader_html, metatrader_tester};

/// The most that the entries of a zip unpack to together, in bytes.
const MAX_UNPACKED_BYTES: u64 = 256 << 20;

/// The most entries that a zip may have.
const MAX_ENTRIES: usize = 10_000;

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// Text, as far as can be seen.
    Text,
    /// Packed with gzip.
    Gzip,
    /// A zip archive.
    Zip,
    /// Text in UTF-16.
    Utf16,
    /// An SQLite database.
    Sqlite,
}

/// Kinds of files that are named, not read: their first bytes, what they are, what to do.
const NAMED: &[(&[u8], &str, &str)] = &[
    (b"\x28\xb5\x2f\xfd", "a file packed with Zstandard", "unpack it first: zstd -d FILE"),
    (b"BZh", "a file packed with bzip2", "unpack it first: bzip2 -d FILE"),
    (b"\xfd7zXZ\0", "a file packed with xz", "unpack it first: xz -d FILE"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first"),
    (b"Rar!", "a RAR archive", "unpack it first"),
    (
        b"PAR1",
        "a Parquet file",
        "write it as JSON Lines first, in DuckDB: COPY (FROM 'FILE') TO 'FILE.jsonl' (FORMAT json)",
    ),
    (b"ARROW1", "an Arrow file", "write it as CSV or JSON Lines first"),
    (b"%PDF", "a PDF document", "ask the broker for a CSV file"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old form", "save it as CSV (UTF-8)"),
    (b"\x80\x04", "a Python pickle", "write it as CSV or JSON Lines first"),
    (b"\x89HDF", "an HDF5 file", "write it as CSV or JSON Lines first"),
];

/// What a file is packed in.
///
/// # Errors
/// [`FormatError::Other`] names a kind of file that is not read.
pub fn container_of(start: &[u8]) -> Result<Container, FormatError> {
    if let Some((_, what, hint)) = NAMED.iter().find(|(magic, ..)| start.starts_with(magic)) {
        return Err(FormatError::other(*what, *hint));
    }
    if start.starts_with(b"SQLite format 3\0") {
        return Ok(Container::Sqlite);
    }
    if start.starts_with(&[0x1f, 0x8b]) {
        return Ok(Container::Gzip);
    }
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return Ok(Container::Zip);
    }
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") || is_bare_utf16(start) {
        return Ok(Container::Utf16);
    }
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    if text.starts_with(b"<") {
        let head = String::from_utf8_lossy(&text[..text.len().min(2_000)]).to_lowercase();
        let is_page = ["<html", "<!doctype html", "<table", "<body"].iter().any(|tag| head.contains(tag));
        let is_saved = metatrader_html::is_report(&head) || metatrader_tester::is_report(&head);
        if head.contains("<flexqueryresponse") || is_saved {
            return Ok(Container::Text);
        }
        return Err(match is_page {
            true => FormatError::other(
                "an HTML page",
                "export the trades as CSV, or save the table from a spreadsheet as CSV",
            ),
            false => FormatError::other("an XML file", "export the trades as CSV"),
        });
    }
    if start.contains(&0) {
        return Err(FormatError::other(
            "a binary file of a kind that is not known",
            "export the trades as CSV or JSON Lines",
        ));
    }
    Ok(Container::Text)
}

/// Latin text in UTF-16 has a zero in every second byte.
fn is_bare_utf16(start: &[u8]) -> bool {
    let head = &start[..start.len().min(64) & !1];
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    head.len() >= 8 && [zeros(0), zeros(1)].iter().any(|zeros| zeros * 2 >= head.len() - 2)
}

/// Text in UTF-16 as UTF-8.
pub fn decode_utf16(bytes: &[u8]) -> String {
    let is_big =
        bytes.starts_with(b"\xfe\xff") || (!bytes.starts_with(b"\xff\xfe") && bytes.first() == Some(&0));
    let body = bytes.strip_prefix(b"\xff\xfe").or_else(|| bytes.strip_prefix(b"\xfe\xff")).unwrap_or(bytes);
    let (pairs, _) = body.as_chunks::<2>();
    let units =
        pairs.iter().map(|pair| if is_big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) });
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The files of a zip that can hold trades, in the order of their names.
///
/// # Errors
/// [`FormatError::Other`] when it is damaged, is a workbook, or holds nothing of the kind.
pub fn unzip(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, FormatError> {
    let broken =
        |why: &dyn std::fmt::Display| FormatError::other(format!("a zip that cannot be read: {why}"), "");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(|why| broken(&why))?;
    if archive.len() > MAX_ENTRIES {
        let what = format!("a zip of {} files, more than {MAX_ENTRIES}", archive.len());
        return Err(FormatError::other(what, "name the file of trades itself"));
    }
    let mut names: Vec<String> =
        archive.file_names().filter_map(|name| Some(name.ok()?.into_owned())).collect();
    names.sort();
    if names.iter().any(|name| name.starts_with("xl/")) {
        return Err(FormatError::other("an Excel workbook", "save the sheet as CSV (UTF-8)"));
    }
    if names.iter().any(|name| name == "mimetype" || name.ends_with("content.xml")) {
        return Err(FormatError::other("an OpenDocument spreadsheet", "save the sheet as CSV"));
    }
    let is_text = |name: &str| {
        let name = name.to_lowercase();
        let ends = ["csv", "tsv", "txt", "json", "jsonl", "ndjson"]
            .iter()
            .any(|end| name.ends_with(&format!(".{end}")));
        // What freqtrade puts beside its result: settings and parameters, no trades.
        let beside =
            name.ends_with("_config.json") || name.ends_with(".meta.json") || name.starts_with("__macosx/");
        ends && !beside
    };
    let mut found = Vec::new();
    let mut room = MAX_UNPACKED_BYTES;
    for name in names.iter().filter(|name| is_text(name)) {
        let entry = archive.by_name(name).map_err(|why| broken(&why))?;
        let mut text = Vec::new();
        entry.take(room + 1).read_to_end(&mut text).map_err(|why| broken(&why))?;
        let Some(left) = room.checked_sub(text.len() as u64) else {
            return Err(FormatError::other("a zip that unpacks to more than 256 MiB", "unpack it first"));
        };
        room = left;
        if !is_parameters(&text) {
            found.push((name.clone(), text));
        }
    }
    if found.is_empty() {
        let has = names.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
        return Err(FormatError::other(
            format!("a zip without trades; it has: {has}"),
            "name the file of trades itself",
        ));
    }
    Ok(found)
}

/// A strategy's parameters, which freqtrade puts beside its result.
fn is_parameters(text: &[u8]) -> bool {
    let object = crate::wire::input::parse_object(text);
    object.is_ok_and(|map| {
        map.contains_key("strategy_name") && map.contains_key("params") && !map.contains_key("trades")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_for_what_they_are() {
        let said = |start: &[u8]| container_of(start).map_err(|error| error.to_string());
        assert_eq!(said(b"symbol,side\n"), Ok(Container::Text));
        assert_eq!(said(b"\x1f\x8b\x08"), Ok(Container::Gzip));
        assert_eq!(said(b"s\0y\0m\0b\0o\0l\0"), Ok(Container::Utf16));
        assert_eq!(said(b"PAR1\x15\x04"), Err("a Parquet file".into()));
        assert_eq!(said(b" <!DOCTYPE html><table>"), Err("an HTML page".into()));
        assert_eq!(said(b"<?xml version='1.0'?><a/>"), Err("an XML file".into()));
        assert_eq!(said(b"abc\0\x01def"), Err("a binary file of a kind that is not known".into()));
        assert_eq!(decode_utf16(b"\xff\xfeA\0\xe9\0"), "A\u{e9}");
        assert_eq!(decode_utf16(b"\xfe\xff\0A"), "A");
    }
}
