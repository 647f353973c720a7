//! A view in the form that was asked for.

mod csv_form;
mod escape;
mod json_form;
mod number;
mod table;

use std::io::{self, Write};

pub(super) use csv_form::{csv_cell, csv_writer};
pub(super) use escape::safe;

use super::args::Format;
use super::config::Config;
use crate::report::View;

/// Writes a view.
///
/// # Errors
/// As the stream says.
pub(super) fn render(view: &View, config: &Config, out: &mut dyn Write) -> io::Result<()> {
    match config.format {
        Format::Table => table::write(view, config.width, config.color, out),
        Format::Json => json_form::write_object(view, config.now, out),
        Format::Jsonl => json_form::write_lines(&view.records, out),
        Format::Csv => csv_form::write(&view.records, out),
        Format::Env => view.assignments.iter().try_for_each(|(name, value)| writeln!(out, "{name}={value}")),
    }
}
