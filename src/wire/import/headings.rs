//! Where the headings of a file of separated values stand, and what parts its cells.

use super::cells::split_cells;
use super::error::FormatError;
use super::rows::text_of;
use super::{ImportFormat, format_of, matched};
use crate::wire::input::{Field, Found, Names, folded};

/// Lines at the top among which the headings are looked for.
const TOP_LINES: usize = 60;

pub(super) const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// The format of a file, the line of its headings and its delimiter.
pub(super) fn find_format(
    lines: &[&str],
    wanted: Option<&'static dyn ImportFormat>,
) -> Option<(&'static dyn ImportFormat, usize, u8)> {
    let mut best: Option<(usize, &'static dyn ImportFormat, usize, u8)> = None;
    for (at, line) in lines.iter().enumerate() {
        for delimiter in
            DELIMITERS.into_iter().filter(|delimiter| line.bytes().any(|byte| byte == *delimiter))
        {
            let mut cells = Vec::new();
            split_cells(line, delimiter, &mut cells);
            let plain: Vec<&str> = cells.iter().map(|cell| &**cell).collect();
            match wanted {
                None => {
                    if let Some(format) = format_of(&plain) {
                        return Some((format, at, delimiter));
                    }
                }
                Some(format) => {
                    let names: Vec<String> = plain.iter().map(|name| folded(name)).collect();
                    let count = format.signatures().iter().map(|signature| matched(&names, signature)).max();
                    let count = count.unwrap_or(0);
                    if count > best.map_or(0, |best| best.0) {
                        best = Some((count, format, at, delimiter));
                    }
                }
            }
        }
    }
    best.map(|(_, format, at, delimiter)| (format, at, delimiter))
}

/// The beginning of a file as text; whether carriage returns alone end its lines, and whether it is not UTF-8.
pub(super) fn top_lines(head: &[u8]) -> (String, bool, bool) {
    let mut text = String::new();
    // The last character may be cut.
    let cut = head.len() - head.iter().rev().take(3).take_while(|byte| **byte >= 0x80).count();
    let is_latin = std::str::from_utf8(&head[..cut]).is_err();
    text_of(if is_latin { head } else { &head[..cut] }, &mut text);
    let is_cr_only = !text.contains('\n') && text.contains('\r');
    (text, is_cr_only, is_latin)
}

/// The lines among which headings are looked for.
pub(super) fn lines_of(text: &str, is_cr_only: bool) -> Vec<&str> {
    text.split(if is_cr_only { '\r' } else { '\n' })
        .map(|line| line.trim_end_matches('\r').trim_start_matches('\u{feff}'))
        .scan(0, |count, line| {
            *count += usize::from(!line.is_empty());
            (*count <= TOP_LINES).then_some(line)
        })
        .collect()
}

/// The line of headings: the one with most names that are known, and its delimiter.
pub(super) fn find_headings(lines: &[&str], names: &Names) -> Result<(usize, u8), FormatError> {
    let mut best = (1, 0, b',');
    let mut fixed = None;
    for (at, line) in lines.iter().enumerate() {
        if let Some(sep) = line.trim().strip_prefix("sep=").and_then(|sep| sep.bytes().next()) {
            fixed = Some(sep);
            continue;
        }
        for delimiter in
            DELIMITERS.into_iter().filter(|delimiter| fixed.is_none_or(|fixed| fixed == *delimiter))
        {
            let mut cells = Vec::new();
            split_cells(line, delimiter, &mut cells);
            let mut fields: Vec<Field> = Vec::new();
            for cell in &cells {
                if let Found::Field(meaning) = names.find(cell)
                    && !fields.contains(&meaning.field)
                {
                    fields.push(meaning.field);
                }
            }
            if fields.len() > best.0 {
                best = (fields.len(), at, delimiter);
            }
        }
    }
    if best.0 < 2 {
        let first = lines.iter().find(|line| !line.trim().is_empty()).copied().unwrap_or_default();
        return Err(FormatError::NoHeadings { first: first.chars().take(80).collect() });
    }
    Ok((best.1, best.2))
}
