//! Rows of a file, one after the other, whatever it is made of.

use std::io::{self, BufRead};

use crate::wire::MAX_LINE_BYTES;
use crate::wire::input::{Conventions, Fields, Kind, MapError, WireError};

/// The longest row that is held, in bytes; of a longer one the beginning is, and it is refused.
pub(super) const MAX_ROW_BYTES: usize = MAX_LINE_BYTES;

/// The text of a row, and where it begins.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The text, as it came.
    pub text: String,
}

/// Cuts a file into the texts of its rows.
pub trait Splitter {
    /// The next row; false at the end.
    ///
    /// # Errors
    /// Those of the input.
    fn next(&mut self, piece: &mut Piece) -> io::Result<bool>;

    /// The next rows, at most `most`, in the first of `pieces`: how many. Fewer at the end.
    ///
    /// # Errors
    /// Those of the input.
    fn next_rows(&mut self, pieces: &mut Vec<Piece>, most: usize) -> io::Result<usize> {
        for count in 0..most {
            if pieces.len() == count {
                pieces.push(Piece::default());
            }
            if !self.next(&mut pieces[count])? {
                return Ok(count);
            }
        }
        Ok(most)
    }
}

/// What a row is.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every row is a record, and each is used up at once")]
pub enum Row<'a> {
    /// A record.
    Record(Fields<'a>),
    /// Cells without anything in them.
    Blank,
    /// Sums below the rows.
    Total,
}

/// What became of a column or key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnUse {
    /// The name in the file.
    pub name: String,
    /// The field that it stands for; none where it is kept under `extra` or left out.
    pub field: Option<&'static str>,
    /// What else there is to say: `added up`, `looks like money`, `ignored`, `worked out anew`.
    pub note: &'static str,
}

/// Reads the rows of one file.
pub trait RowReader: Send + Sync {
    /// The format, as it is said.
    fn format(&self) -> &'static str;

    /// What its rows are: closed trades, or executions.
    fn kind(&self) -> Kind;

    /// Whether its costs are below zero, where its program has one sign.
    fn costs_are_negative(&self) -> Option<bool>;

    /// Cuts the file into rows.
    fn split<'i>(&self, input: Box<dyn BufRead + 'i>) -> Box<dyn Splitter + 'i>;

    /// Remembers which names the rows have, before any is read for good.
    fn learn(&mut self, piece: &Piece);

    /// Says that all rows were remembered.
    fn end_learning(&mut self);

    /// The fields of a row.
    ///
    /// # Errors
    /// Why it is none.
    fn row<'a>(&'a self, piece: &'a Piece, conventions: &'a Conventions) -> Result<Row<'a>, WireError>;

    /// What became of each name.
    fn columns(&self) -> Vec<ColumnUse>;

    /// Whether the newest rows stand first, also where times without a clock do not tell.
    fn is_newest_first(&self) -> bool;

    /// Names that look like money and were not taken.
    fn left_over(&self) -> Vec<String>;

    /// What was found of the form of the file, a sentence each.
    fn notes(&self) -> Vec<String>;

    /// Whether every name that the user mapped is there.
    ///
    /// # Errors
    /// [`MapError::NoSuchColumn`].
    fn has_what_was_mapped(&self) -> Result<(), MapError>;
}

/// Bytes as text; what is not UTF-8 is taken for Windows-1252, as old exports are.
pub(super) fn text_of(bytes: &[u8], text: &mut String) {
    match std::str::from_utf8(bytes) {
        Ok(plain) => text.push_str(plain),
        Err(_) => text.extend(bytes.iter().map(|byte| windows_1252(*byte))),
    }
}

fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        byte => char::from(byte),
    }
}
