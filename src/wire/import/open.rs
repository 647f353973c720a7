//! Which reader a file takes.

use super::error::FormatError;
use super::rows::RowReader;
use super::{csv, json};
use crate::wire::input::Names;

/// What the rows of a file are, by its beginning.
///
/// # Errors
/// [`FormatError`].
pub fn open_rows(head: &[u8], names: &Names, has_symbol: bool) -> Result<Box<dyn RowReader>, FormatError> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match text.first() {
        None => Err(FormatError::other("an empty file", "")),
        Some(b'{' | b'[') => Ok(Box::new(json::JsonReader::open(text, names)?)),
        _ => Ok(Box::new(csv::CsvReader::open(head, names, has_symbol)?)),
    }
}
