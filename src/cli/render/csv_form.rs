//! Comma-separated values that a spreadsheet can open without running what it finds in them.

use std::io::{self, Write};

use crate::report::{Cell, View};

/// A heading and a row for each row, as UTF-8 with `\n`.
pub(super) fn write(view: &View, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = csv_writer(out);
    let columns = view.columns().map_err(io::Error::other)?;
    writer.write_record(columns.iter().map(|column| column.key.as_str())).map_err(plain)?;
    for row in view.rows(&columns) {
        let row = row.map_err(io::Error::other)?;
        writer.write_record(row.iter().map(cell)).map_err(plain)?;
    }
    writer.flush()
}

/// A writer of the same form.
pub(in crate::cli) fn csv_writer(out: &mut dyn Write) -> csv::Writer<&mut dyn Write> {
    csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(out)
}

fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A text cell, guarded so that it is not taken for a formula.
pub(in crate::cli) fn csv_cell(text: &str) -> String {
    let text = super::safe(text);
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.into_owned() }
}

fn cell(value: &Cell) -> String {
    match value {
        Cell::Text(text) => csv_cell(text),
        Cell::Undefined(_) | Cell::Absent => String::new(),
        other => match other.json() {
            serde_json::Value::String(text) => text,
            json => json.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_numbers_are_not() {
        assert_eq!(cell(&Cell::Text("=HYPERLINK(1)".into())), "'=HYPERLINK(1)");
        assert_eq!(cell(&Cell::Text("\tx".into())), "\\tx");
        assert_eq!(cell(&Cell::Money(-1.5)), "-1.5");
        assert_eq!(cell(&Cell::Absent), "");
    }
}
