//! Lines of a file with separated values: which lines make a row, and its cells.

use std::borrow::Cow;
use std::io::{self, BufRead};

use super::rows::{MAX_ROW_BYTES, Piece, Splitter, text_of};

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
        let before = self.bytes.len();
        let got = self.input.read_until(end, &mut self.bytes)?;
        self.line += u64::from(got > 0);
        // A line without an end is not held whole.
        if self.bytes.len() - before > MAX_ROW_BYTES {
            self.bytes.truncate(before + MAX_ROW_BYTES);
        }
        Ok(got > 0)
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
            while memchr::memchr(b'"', &self.bytes).is_some()
                && is_open(&self.bytes, self.dialect.delimiter)
                && self.bytes.len() < MAX_ROW_BYTES
            {
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

/// Whether a quote that begins a cell is not closed yet.
fn is_open(bytes: &[u8], delimiter: u8) -> bool {
    let (mut inside, mut at_start) = (false, true);
    for byte in bytes {
        match byte {
            b'"' if inside => inside = false,
            // A doubled quote closes and opens again.
            b'"' => inside = at_start,
            byte if *byte == delimiter && !inside => {
                at_start = true;
                continue;
            }
            b' ' if at_start => continue,
            _ => {}
        }
        at_start = !inside && *byte == b'"';
    }
    inside
}

/// The cells of a row; false when a quote is never closed.
pub(super) fn split_cells<'t>(text: &'t str, delimiter: u8, cells: &mut Vec<Cow<'t, str>>) -> bool {
    cells.clear();
    let delimiter = char::from(delimiter);
    if memchr::memchr(b'"', text.as_bytes()).is_none() {
        cells.extend(text.split(delimiter).map(|cell| Cow::Borrowed(cell.trim())));
        return true;
    }
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches(' ');
        let Some(inside) = trimmed.strip_prefix('"') else {
            let end = rest.find(delimiter).unwrap_or(rest.len());
            cells.push(Cow::Borrowed(rest[..end].trim()));
            match rest.get(end + 1..) {
                Some(more) => rest = more,
                None => return true,
            }
            continue;
        };
        let Some((cell, more)) = quoted(inside) else { return false };
        cells.push(cell);
        let end = more.find(delimiter).unwrap_or(more.len());
        match more.get(end + 1..) {
            Some(more) => rest = more,
            None => return true,
        }
    }
}

/// The cell up to its closing quote, and what follows.
fn quoted(inside: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut at = 0;
    let mut is_doubled = false;
    loop {
        at += inside[at..].find('"')?;
        if inside[at + 1..].starts_with('"') {
            is_doubled = true;
            at += 2;
        } else {
            break;
        }
    }
    let cell = &inside[..at];
    let cell = if is_doubled {
        Cow::Owned(cell.replace("\"\"", "\"").trim().to_owned())
    } else {
        Cow::Borrowed(cell.trim())
    };
    Some((cell, &inside[at + 1..]))
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
            prop_assert!(!is_open(line.as_bytes(), b','));
            prop_assert_eq!(rows(&format!("{line}\n{line}\n")).len(), 2);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = cells(&text);
            let _ = is_open(text.as_bytes(), b',');
        }
    }
}
