//! Lines of a file with separated values: which lines make a row, and its cells.

use std::borrow::Cow;
use std::io::{self, BufRead};

use super::rows::{MAX_ROW_BYTES, Piece, Splitter, text_of};
use crate::wire::bounded::read_line_within;

/// How a file parts its cells and lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub delimiter: u8,
    /// Whether a carriage return alone ends a line.
    pub is_cr_only: bool,
}

/// Rows of such a file.
pub(super) struct Lines<'i> {
    input: Box<dyn BufRead + 'i>,
    dialect: Dialect,
    /// Lines that are still passed over at the top.
    skip: u64,
    line: u64,
    bytes: Vec<u8>,
}

impl<'i> Lines<'i> {
    pub(super) fn new(input: Box<dyn BufRead + 'i>, dialect: Dialect, skip: u64) -> Self {
        Self { input, dialect, skip, line: 0, bytes: Vec::new() }
    }

    /// Adds a line to what is held; false at the end of the input.
    fn read_line(&mut self) -> io::Result<bool> {
        let end = if self.dialect.is_cr_only { b'\r' } else { b'\n' };
        let is_any = read_line_within(&mut self.input, end, MAX_ROW_BYTES, &mut self.bytes)?;
        self.line += u64::from(is_any);
        Ok(is_any)
    }
}

impl Splitter for Lines<'_> {
    fn next(&mut self, piece: &mut Piece) -> io::Result<bool> {
        loop {
            self.bytes.clear();
            if !self.read_line()? {
                return Ok(false);
            }
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            if self.bytes.trim_ascii().is_empty() {
                continue;
            }
            piece.line = self.line;
            let mut quotes = Quotes::new(self.dialect.delimiter);
            let mut seen = 0;
            while self.bytes.len() < MAX_ROW_BYTES && quotes.are_open_after(&self.bytes[seen..]) {
                seen = self.bytes.len();
                if !self.read_line()? {
                    break;
                }
            }
            piece.text.clear();
            let ends: &[u8] = b"\r\n";
            let len = self.bytes.iter().rposition(|byte| !ends.contains(byte)).map_or(0, |at| at + 1);
            text_of(&self.bytes[..len], &mut piece.text);
            return Ok(true);
        }
    }
}

/// Whether a quote that begins a cell is not closed yet, told line by line: a row that is never closed is looked
/// through once.
struct Quotes {
    delimiter: u8,
    is_inside: bool,
    at_start: bool,
}

impl Quotes {
    const fn new(delimiter: u8) -> Self {
        Self { delimiter, is_inside: false, at_start: true }
    }

    fn are_open_after(&mut self, bytes: &[u8]) -> bool {
        if !self.is_inside && memchr::memchr(b'"', bytes).is_none() {
            return false;
        }
        for byte in bytes {
            match byte {
                b'"' if self.is_inside => self.is_inside = false,
                // A doubled quote closes and opens again.
                b'"' => self.is_inside = self.at_start,
                byte if *byte == self.delimiter && !self.is_inside => {
                    self.at_start = true;
                    continue;
                }
                b' ' if self.at_start => continue,
                _ => {}
            }
            self.at_start = !self.is_inside && *byte == b'"';
        }
        self.is_inside
    }
}

/// The cells of a row; false when a quote is never closed.
pub(super) fn split_cells<'t>(text: &'t str, delimiter: u8, cells: &mut Vec<Cow<'t, str>>) -> bool {
    cells.clear();
    if memchr::memchr(b'"', text.as_bytes()).is_none() {
        let mut rest = text;
        while let Some((cell, more)) =
            memchr::memchr(delimiter, rest.as_bytes()).and_then(|at| rest.split_at_checked(at))
        {
            cells.push(Cow::Borrowed(trimmed(cell)));
            rest = more.get(1..).unwrap_or_default();
        }
        cells.push(Cow::Borrowed(trimmed(rest)));
        return true;
    }
    let delimiter = char::from(delimiter);
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches(' ');
        let Some(inside) = trimmed.strip_prefix('"') else {
            let (cell, more) =
                rest.split_once(delimiter).map_or((rest, None), |(cell, more)| (cell, Some(more)));
            cells.push(Cow::Borrowed(cell.trim()));
            match more {
                Some(more) => rest = more,
                None => return true,
            }
            continue;
        };
        let Some((cell, more)) = quoted(inside) else { return false };
        cells.push(cell);
        match more.split_once(delimiter) {
            Some((_, more)) => rest = more,
            None => return true,
        }
    }
}

/// A cell without the blanks around it. Most have none, which its first and last byte tell.
fn trimmed(cell: &str) -> &str {
    let is_plain = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_graphic);
    let bytes = cell.as_bytes();
    if is_plain(bytes.first()) && is_plain(bytes.last()) { cell } else { cell.trim() }
}

/// The cell up to its closing quote, and what follows.
fn quoted(inside: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut at = 0;
    let mut is_doubled = false;
    loop {
        let (_, behind) = inside.get(at..)?.split_once('"')?;
        let end = inside.len() - behind.len() - 1;
        if !behind.starts_with('"') {
            let cell = inside.get(..end)?;
            let cell = if is_doubled {
                Cow::Owned(cell.replace("\"\"", "\"").trim().to_owned())
            } else {
                Cow::Borrowed(cell.trim())
            };
            return Some((cell, behind));
        }
        is_doubled = true;
        at = end + 2;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells(text: &str) -> Option<Vec<String>> {
        let mut found = Vec::new();
        split_cells(text, b',', &mut found).then(|| found.into_iter().map(Cow::into_owned).collect())
    }

    fn rows(text: &str) -> Vec<(u64, String)> {
        let dialect = Dialect { delimiter: b',', is_cr_only: false };
        let mut lines = Lines::new(Box::new(text.as_bytes()), dialect, 0);
        let (mut piece, mut found) = (Piece::default(), Vec::new());
        while lines.next(&mut piece).unwrap() {
            found.push((piece.line, piece.text.clone()));
        }
        found
    }

    #[test]
    fn cells_are_parted_as_spreadsheets_do() {
        assert_eq!(cells("a, b ,,\"c,\"\"d\"\"\",e").unwrap(), ["a", "b", "", "c,\"d\"", "e"]);
        assert_eq!(cells("a,").unwrap(), ["a", ""]);
        assert_eq!(cells("5\" pipe,b").unwrap(), ["5\" pipe", "b"]);
        assert_eq!(cells("a,\"never closed"), None);
    }

    #[test]
    fn lines_keep_their_numbers() {
        let found = rows("a,b\n\n\r\n\"two\nlines\",c\r\nd\n5\" x,y\nz");
        let numbers: Vec<u64> = found.iter().map(|(line, _)| *line).collect();
        assert_eq!(numbers, [1, 4, 6, 7, 8]);
        assert_eq!(found[1].1, "\"two\nlines\",c");
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(texts in proptest::collection::vec("[a-z\",\n;]{0,8}", 1..6)) {
            let quoted: Vec<String> = texts.iter().map(|text| format!("\"{}\"", text.replace('"', "\"\""))).collect();
            let line = quoted.join(",");
            let want: Vec<String> = texts.iter().map(|text| text.trim().to_owned()).collect();
            prop_assert_eq!(cells(&line).unwrap(), want);
            prop_assert!(!Quotes::new(b',').are_open_after(line.as_bytes()));
            prop_assert_eq!(rows(&format!("{line}\n{line}\n")).len(), 2);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = cells(&text);
            let _ = Quotes::new(b',').are_open_after(text.as_bytes());
        }
    }
}
