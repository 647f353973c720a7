//! Which reader a file takes.

use super::error::FormatError;
use super::rows::RowReader;
use super::{ImportFormat, ImportNames};
use super::{csv, json};

/// What the rows of a file are, by its beginning, or by the format that the user says.
///
/// # Errors
/// [`FormatError`].
pub fn open_rows(
    head: &[u8],
    names: &ImportNames,
    has_symbol: bool,
    wanted: Option<&'static dyn ImportFormat>,
) -> Result<Box<dyn RowReader>, FormatError> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match text.first() {
        None => Err(FormatError::other("an empty file", "")),
        Some(b'{' | b'[') => Ok(Box::new(json::JsonReader::open(text, names, wanted)?)),
        _ => Ok(Box::new(csv::CsvReader::open(head, names, has_symbol, wanted)?)),
    }
}
