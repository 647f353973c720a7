//! A file of separated values as readers of other things than trades see it.

use std::borrow::Cow;
use std::io::BufRead;

use super::cells::{Dialect, Lines, split_cells};
use super::error::FormatError;
use super::headings::{find_headings, top_lines};
use super::layout::{Layout, Use};
use super::objects::Objects;
use super::rows::Splitter;
use crate::wire::input::{Field, Meaning, Names};

/// The headings of a file and where its rows begin.
pub(in crate::wire) struct Table {
    dialect: Dialect,
    top: u64,
    layout: Layout,
}

impl Table {
    /// Finds the headings.
    ///
    /// # Errors
    /// [`FormatError`] when there are none, or a needed field has no column.
    pub(in crate::wire) fn open(head: &[u8], names: &Names, needed: &[Field]) -> Result<Self, FormatError> {
        let (text, is_cr_only, _) = top_lines(head);
        let lines: Vec<&str> = super::headings::lines_of(&text, is_cr_only);
        let (top, delimiter) = find_headings(&lines, names)?;
        let mut cells = Vec::new();
        split_cells(lines[top], delimiter, &mut cells);
        let headings: Vec<String> = cells.into_iter().map(Cow::into_owned).collect();
        let layout = Layout::of(&headings, names)?;
        layout.has(needed)?;
        Ok(Self { dialect: Dialect { delimiter, is_cr_only }, top: top as u64 + 1, layout })
    }

    pub(in crate::wire) fn delimiter(&self) -> u8 {
        self.dialect.delimiter
    }

    /// The first column of a field.
    pub(in crate::wire) fn place(&self, field: Field) -> Option<usize> {
        self.layout.columns.iter().position(|column| column.field() == Some(field))
    }

    /// What a column stands for, and its heading.
    pub(in crate::wire) fn meaning(&self, at: usize) -> Option<(Meaning, &str)> {
        let column = self.layout.columns.get(at)?;
        match column.what {
            Use::Field(meaning) => Some((meaning, &column.name)),
            _ => None,
        }
    }

    pub(in crate::wire) fn rows<'i>(&self, input: Box<dyn BufRead + 'i>) -> Box<dyn Splitter + 'i> {
        Box::new(Lines::new(input, self.dialect, self.top))
    }
}

/// The cells of a row; false when a quote is never closed.
pub(in crate::wire) fn split_row<'t>(text: &'t str, delimiter: u8, cells: &mut Vec<Cow<'t, str>>) -> bool {
    split_cells(text, delimiter, cells)
}

/// The JSON objects of a text.
pub(in crate::wire) fn json_objects<'i>(input: Box<dyn BufRead + 'i>) -> Box<dyn Splitter + 'i> {
    Box::new(Objects::new(input))
}
