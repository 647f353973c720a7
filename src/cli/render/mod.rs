//! A view in the form that was asked for.

mod ascii;
mod csv_form;
mod escape;
mod html;
mod icalendar;
mod json_form;
mod number;
mod prometheus;
mod table;
mod wrap;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};

pub(super) use csv_form::{csv_cell, csv_writer};
pub(super) use escape::safe;
pub(super) use html::{Page, page};
pub(super) use icalendar::write_icalendar;
pub(super) use json_form::{harmless_json, harmless_line};
pub(super) use wrap::wrapped;

use super::config::Config;
use super::options::Format;
use crate::report::{Cell, View};

/// Writes a view.
///
/// # Errors
/// As the stream says.
pub(super) fn render(view: &View, config: &Config, out: &mut dyn Write) -> io::Result<()> {
    match config.format {
        Format::Table if config.ascii => {
            let mut text = Vec::new();
            table::write(view, config.width, config.color, &mut text)?;
            out.write_all(ascii::ascii(&String::from_utf8_lossy(&text)).as_bytes())
        }
        Format::Table => table::write(view, config.width, config.color, out),
        Format::Json => json_form::write_object(view, config.now, out),
        Format::Jsonl => json_form::write_lines(view, out),
        Format::Csv => csv_form::write(view, out),
        Format::Prometheus => prometheus::write(&view.gauges, out),
        // Of the calendar alone, which writes it itself.
        Format::Ics => Ok(()),
        Format::Env => {
            let mut lines = view.assignments.iter().map(|(name, value)| (name, for_shell(value)));
            lines.try_for_each(|(name, value)| writeln!(out, "{name}={value}"))
        }
    }
}

/// A value as a shell reads it back: in quotes unless it is plain. It may hold symbols, which come from records.
fn for_shell(value: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:+-/".contains(&byte);
    if value.bytes().all(is_plain) {
        return Cow::Borrowed(value);
    }
    Cow::Owned(format!("'{}'", safe(value).replace('\'', r"'\''")))
}

/// Why some of the values have none, for below a table: `∞ no losses; – needs 2 trading days, has 1`.
fn reasons<'a>(shown: impl Iterator<Item = &'a Cell>) -> Option<String> {
    let mut found: BTreeSet<(bool, String)> = BTreeSet::new();
    for value in shown {
        if let Cell::Undefined(why) = value {
            found.insert((!why.is_infinite(), why.to_string()));
        }
    }
    let of = |dash: bool, sign: &str| {
        let told: Vec<&str> = found.iter().filter(|r| r.0 == dash).map(|r| r.1.as_str()).collect();
        (!told.is_empty()).then(|| format!("{sign} {}", told.join(", ")))
    };
    let parts: Vec<String> = [of(false, "∞"), of(true, "–")].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
