//! Files of separated values: their delimiter, the line of headings wherever it stands, and their rows.

use std::borrow::Cow;
use std::io::BufRead;

use serde_json::Value;

use super::cells::{Dialect, Lines, split_cells};
use super::error::FormatError;
use super::headings::{find_format, find_headings, lines_of, top_lines};
use super::layout::{Layout, Use};
use super::metatrader_html::told_apart;
use super::profile::is_kept_back;
use super::rewriter::Rewriter;
use super::rows::{ColumnUse, Piece, Row, RowReader, Splitter};
use super::{ImportFormat, ImportNames, nearest_format};
use crate::wire::input::{
    Conventions, Field, Fields, Found, JsonObject, Kind, MapError, Names, Raw, WireError,
};

/// What is unusual about the form of a file.
fn notes_of(delimiter: u8, top: usize, is_latin: bool) -> Vec<String> {
    let cells = match delimiter {
        b',' => None,
        b'\t' => Some("tabs"),
        b';' => Some("semicolons"),
        _ => Some("bars"),
    };
    let above = match top {
        0 => None,
        1 => Some("1 line above the headings passed over".to_owned()),
        top => Some(format!("{top} lines above the headings passed over")),
    };
    let latin = is_latin.then(|| "not UTF-8: read as Windows-1252".to_owned());
    cells.map(|name| format!("cells are parted by {name}")).into_iter().chain(above).chain(latin).collect()
}

/// A file of separated values.
pub(super) struct CsvReader {
    dialect: Dialect,
    /// Lines up to and with the headings.
    top: u64,
    layout: Layout,
    names: Names,
    /// The names of a record that its format has rewritten.
    plain: Names,
    rewriter: Option<Rewriter>,
    kind: Kind,
    notes: Vec<String>,
}

impl CsvReader {
    /// Finds delimiter and headings in the beginning of a file.
    pub(super) fn open(
        head: &[u8],
        names: &ImportNames,
        has_symbol: bool,
        wanted: Option<&'static dyn ImportFormat>,
    ) -> Result<Self, FormatError> {
        let (text, is_cr_only, is_latin) = top_lines(head);
        let lines = lines_of(&text, is_cr_only);
        let of_format = find_format(&lines, wanted);
        let (top, delimiter) = match (of_format, names.any()) {
            (Some((_, top, delimiter)), _) => (top, delimiter),
            (None, Some(names)) => find_headings(&lines, names)?,
            (None, None) => find_headings(&lines, &Names::of(Kind::Exit))?,
        };
        let mut cells = Vec::new();
        split_cells(lines[top], delimiter, &mut cells);
        let mut headings: Vec<String> = cells.into_iter().map(Cow::into_owned).collect();
        let format = wanted.or(of_format.map(|(format, ..)| format));
        if format.is_some() {
            headings = told_apart(headings);
        }
        let (kind, layout) = match format {
            // A format of its own sorts out its names itself.
            Some(format) => {
                let names = names.of(format.kind())?;
                let mut layout = Layout::of(&headings, names).or_else(|error| match error {
                    MapError::NoSuchColumn { .. } => Err(error),
                    _ => Ok(Layout::plain(&headings, names)),
                })?;
                layout.ignore(is_kept_back);
                if !has_symbol && !names_a_symbol(format, &headings) {
                    let has = headings.join(", ");
                    return Err(FormatError::NoColumn { field: "symbol", has, nearest: None });
                }
                (format.kind(), layout)
            }
            None => layout_of(&headings, names, has_symbol)?,
        };
        let names = names.of(kind)?;
        let notes = notes_of(delimiter, top, is_latin);
        let dialect = Dialect { delimiter, is_cr_only };
        Ok(Self {
            dialect,
            top: top as u64 + 1,
            layout,
            names: names.clone(),
            plain: names.without_maps(&headings),
            rewriter: format.map(Rewriter::of),
            kind,
            notes,
        })
    }

    fn cells<'t>(&self, piece: &'t Piece, cells: &mut Vec<Cow<'t, str>>) -> Result<(), WireError> {
        if !split_cells(&piece.text, self.dialect.delimiter, cells) {
            return Err(WireError::Row("a quote is opened and never closed".into()));
        }
        let (has, wanted) = (cells.len(), self.layout.columns.len());
        if has > wanted {
            if cells[wanted..].iter().any(|cell| !cell.is_empty()) {
                return Err(WireError::Row(format!(
                    "the row has {has} cells, the heading has {wanted}: a comma inside a number has to be quoted"
                )));
            }
            cells.truncate(wanted);
        } else if has < wanted && !self.layout.columns[has..].iter().all(|column| column.name.is_empty()) {
            // Sums below the rows and notes are shorter than rows.
            return Err(WireError::Row(format!("the row has {has} cells, the heading has {wanted}")));
        }
        Ok(())
    }

    /// A row as an object under its headings, for a format that rewrites it.
    fn object(&self, cells: &[Cow<'_, str>]) -> JsonObject {
        let mut object = JsonObject::new();
        for (column, cell) in self.layout.columns.iter().zip(cells) {
            if !column.name.is_empty() && column.what != Use::Ignored {
                let said = Some(unguarded(cell)).filter(|cell| !cell.is_empty());
                object.insert(column.name.clone(), said.map_or(Value::Null, Value::from));
            }
        }
        object
    }
}

/// What the columns of a file stand for that is of no format: closed trades, or else executions.
fn layout_of(
    headings: &[String],
    names: &ImportNames,
    has_symbol: bool,
) -> Result<(Kind, Layout), FormatError> {
    let nearest = || {
        let plain: Vec<&str> = headings.iter().map(String::as_str).collect();
        nearest_format(&plain)
    };
    let trades = names.of(Kind::Exit).map_err(FormatError::from).and_then(|names| {
        let layout = Layout::of(headings, names)?;
        layout.has_what_a_trade_needs(has_symbol)?;
        Ok(layout)
    });
    let why = match trades {
        Ok(layout) => return Ok((Kind::Exit, layout)),
        Err(why) => why,
    };
    let fills = names.of(Kind::Fill).map_err(FormatError::from).and_then(|names| {
        let layout = Layout::of(headings, names)?;
        layout.has_what_a_fill_needs(has_symbol)?;
        Ok(layout)
    });
    match (fills, why) {
        (Ok(layout), _) => Ok((Kind::Fill, layout)),
        (Err(_), FormatError::NoColumn { field, has, .. }) => {
            Err(FormatError::NoColumn { field, has, nearest: nearest() })
        }
        (Err(_), why) => Err(why),
    }
}

/// Whether the records of a format have a symbol under these headings.
fn names_a_symbol(format: &dyn ImportFormat, headings: &[String]) -> bool {
    let plain = Names::of(format.kind());
    let is_symbol =
        |key: &String| matches!(plain.find(key), Found::Field(meaning) if meaning.field == Field::Symbol);
    // Of what is no order some leave nothing.
    ["x", "buy"].into_iter().any(|word| {
        let record = headings.iter().map(|heading| (heading.clone(), word.into())).collect();
        format.rewrite(record).keys().any(is_symbol)
    })
}

/// An export guards cells that a spreadsheet would run as a formula with an apostrophe.
fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest,
        _ => cell,
    }
}

const TOTALS: [&str; 9] =
    ["total", "totals", "sum", "subtotal", "grand total", "summe", "gesamt", "total:", "totale"];

fn is_total(cells: &[Cow<'_, str>], layout: &Layout) -> bool {
    let first = cells.iter().find(|cell| !cell.is_empty());
    let names_a_sum = first.is_some_and(|cell| TOTALS.iter().any(|total| cell.eq_ignore_ascii_case(total)));
    let times = layout.columns.iter().zip(cells).filter(|(column, _)| column.is_time());
    names_a_sum && times.map(|(_, cell)| cell).all(|cell| cell.is_empty())
}

/// Whether a row is the line of headings once more, as in files that were put one behind the other.
fn is_heading(cells: &[Cow<'_, str>], layout: &Layout) -> bool {
    let same = layout
        .columns
        .iter()
        .zip(cells)
        .take_while(|(column, cell)| column.name == cell.trim_start_matches('\u{feff}'));
    cells.len() >= layout.columns.len() && same.count() == layout.columns.len()
}

impl RowReader for CsvReader {
    fn format(&self) -> &'static str {
        self.rewriter.as_ref().map_or("csv", |rewriter| rewriter.format.name())
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn costs_are_negative(&self) -> Option<bool> {
        self.rewriter.as_ref().and_then(Rewriter::costs_are_negative)
    }

    fn split<'i>(&self, input: Box<dyn BufRead + 'i>) -> Box<dyn Splitter + 'i> {
        Box::new(Lines::new(input, self.dialect, self.top))
    }

    fn learn(&mut self, piece: &Piece) {
        let is_learning = self.rewriter.as_ref().is_some_and(Rewriter::is_learning);
        let mut cells = Vec::new();
        if (!is_learning && self.layout.is_all_said())
            || !split_cells(&piece.text, self.dialect.delimiter, &mut cells)
        {
            return;
        }
        self.layout.learn(&cells);
        let object = self.object(&cells);
        if let Some(rewriter) = self.rewriter.as_mut().filter(|_| is_learning) {
            rewriter.learn(object, &self.names);
        }
    }

    fn end_learning(&mut self) {
        self.rewriter.iter_mut().for_each(Rewriter::end_learning);
    }

    fn row<'a>(&'a self, piece: &'a Piece, conventions: &'a Conventions) -> Result<Row<'a>, WireError> {
        let mut cells = Vec::with_capacity(self.layout.columns.len() + 1);
        let fits = self.cells(piece, &mut cells);
        if cells.iter().all(|cell| cell.is_empty()) {
            return Ok(Row::Blank);
        }
        if is_total(&cells, &self.layout) || is_heading(&cells, &self.layout) {
            return Ok(Row::Total);
        }
        fits?;
        if let Some(rewriter) = &self.rewriter {
            let object = rewriter.rewrite(self.object(&cells), &self.names);
            let mut fields = Fields::of_object(object, &self.plain, conventions);
            fields.expect_an_exit();
            let of_row = self.layout.columns.iter().zip(cells);
            for (column, cell) in
                of_row.filter(|(column, cell)| column.what == Use::Ignored && !cell.is_empty())
            {
                fields.put_aside(&column.name, Value::String(unguarded(&cell).to_owned()));
            }
            return Ok(Row::Record(fields));
        }
        let mut fields = Fields::with_room(conventions, self.layout.columns.len().min(20));
        fields.expect_an_exit();
        for (column, cell) in self.layout.columns.iter().zip(cells) {
            if cell.is_empty() {
                continue;
            }
            match column.what {
                Use::Field(meaning) => {
                    let cell = match cell {
                        Cow::Borrowed(cell) => Cow::Borrowed(unguarded(cell)),
                        Cow::Owned(cell) => Cow::Owned(unguarded(&cell).to_owned()),
                    };
                    fields.put(meaning, Cow::Borrowed(&column.name), Raw::Text(cell));
                }
                Use::Derived => fields.note_derived(&column.name, Value::String(cell.into_owned())),
                Use::Aside(_) | Use::Ignored => {
                    fields.put_aside(&column.name, Value::String(unguarded(&cell).to_owned()));
                }
            }
        }
        Ok(Row::Record(fields))
    }

    fn columns(&self) -> Vec<ColumnUse> {
        let Some(rewriter) = &self.rewriter else { return self.layout.uses() };
        let headings = self.layout.columns.iter().filter(|column| !column.name.is_empty());
        let names = headings.map(|column| (&*column.name, column.what == Use::Ignored));
        rewriter.columns(names, (&self.names, &self.plain))
    }

    fn is_newest_first(&self) -> bool {
        self.rewriter.as_ref().is_some_and(|rewriter| rewriter.format.is_newest_first())
    }

    fn left_over(&self) -> Vec<String> {
        if self.rewriter.is_some() { Vec::new() } else { self.layout.left_over() }
    }

    fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    fn has_what_was_mapped(&self) -> Result<(), MapError> {
        self.layout.has_what_was_mapped(&self.names)
    }
}
