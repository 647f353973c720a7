//! Closed trades in files of other programs.
//!
//! A file is opened in three steps: what it is packed in ([`container_of`]), which records it has ([`FORMATS`],
//! the first that claims it), and row by row into the fields of the one vocabulary. A format of its own is a file
//! and a row of [`FORMATS`]: the names by which it is known, and what its rows say in the words of the vocabulary.

mod cells;
mod container;
mod csv;
mod error;
mod fills;
mod freqtrade;
mod json;
mod layout;
mod lean;
mod nautilus;
mod objects;
mod open;
mod rows;
mod table;

pub use container::{Container, container_of, decode_utf16, unzip};
pub use error::FormatError;
pub use json::{records_of, unwrap_json};
pub use open::open_rows;
pub use rows::{ColumnUse, Piece, Row, RowReader, Splitter};
pub(super) use table::{Table, json_objects, split_row};

use super::input::JsonObject;

/// A program whose files have a form of their own.
pub trait ImportFormat: Sync {
    /// Its name, as `import --list` says it.
    fn name(&self) -> &'static str;

    /// What of that program it reads.
    fn about(&self) -> &'static str;

    /// Whether a record with these names, as they are written, is one of it.
    fn claims(&self, names: &[&str]) -> bool;

    /// A record in the words of the vocabulary. What it does not know stays as it is.
    fn rewrite(&self, record: JsonObject) -> JsonObject;
}

/// All programs whose files have a form of their own; any other file is read by its names alone.
pub const FORMATS: &[&dyn ImportFormat] = &[&freqtrade::Freqtrade, &lean::Lean, &nautilus::Nautilus];

/// A record in which what the user mapped stands under its field's own name, so that a format finds it there.
fn under_their_fields(record: JsonObject, names: &super::input::Names) -> JsonObject {
    use super::input::{Found, Rank};
    if names.mapped().next().is_none() {
        return record;
    }
    let field = |key: &str| match names.find(key) {
        Found::Field(meaning) if meaning.rank == Rank::Mapped => Some(meaning.field.as_str().to_owned()),
        _ => None,
    };
    // What is mapped comes last, so that it counts where the file has a key of that name too.
    let (mapped, plain): (Vec<_>, Vec<_>) = record
        .into_iter()
        .map(|(key, value)| (field(&key), key, value))
        .partition(|(field, ..)| field.is_some());
    let mut out = JsonObject::new();
    for (field, key, value) in plain.into_iter().chain(mapped) {
        out.insert(field.unwrap_or(key), value);
    }
    out
}
