//! Cuts a text into its JSON objects: one a line, in an array, or spread over lines, one behind the other.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use serde_json::Value;

use super::rows::{MAX_ROW_BYTES, Piece, Splitter, text_of};
use crate::wire::bounded::read_line_within;
use crate::wire::input::{JsonObject, parse_object};

/// One object a line.
pub(super) struct JsonLines<'i> {
    input: Box<dyn BufRead + 'i>,
    line: u64,
    bytes: Vec<u8>,
}

impl<'i> JsonLines<'i> {
    pub(super) fn new(input: Box<dyn BufRead + 'i>) -> Self {
        Self { input, line: 0, bytes: Vec::new() }
    }
}

impl Splitter for JsonLines<'_> {
    fn next(&mut self, piece: &mut Piece) -> io::Result<bool> {
        loop {
            self.bytes.clear();
            if !read_line_within(&mut self.input, b'\n', MAX_ROW_BYTES + 1, &mut self.bytes)? {
                return Ok(false);
            }
            self.line += 1;
            let text = self.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.bytes).trim_ascii();
            if !text.is_empty() {
                piece.line = self.line;
                piece.text.clear();
                text_of(text, &mut piece.text);
                return Ok(true);
            }
        }
    }
}

/// Objects wherever they stand. What stands between them and is neither comma nor bracket is handed out as it is,
/// up to the end of its line or the next object, so that it is refused and not passed over; and so is the bracket of a list that
/// does not end, as of a file that was cut.
pub(super) struct Objects<'i> {
    input: Box<dyn BufRead + 'i>,
    line: u64,
    bytes: Vec<u8>,
    /// Lists that have begun and not ended.
    open: u64,
}

/// Where the walk is.
enum State {
    Between,
    Inside { depth: usize, in_text: bool, escaped: bool },
    Stray,
}

impl State {
    /// Goes over a byte, counting the lists that begin and end; whether the piece ends with it.
    fn step(&mut self, byte: u8, open: &mut u64) -> bool {
        match self {
            Self::Between => match byte {
                b'{' => *self = Self::Inside { depth: 1, in_text: false, escaped: false },
                b'[' => *open += 1,
                b']' => *open = open.saturating_sub(1),
                b',' | b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf => {}
                _ => *self = Self::Stray,
            },
            Self::Inside { in_text: true, escaped: escaped @ true, .. } => *escaped = false,
            Self::Inside { in_text: in_text @ true, escaped, .. } => match byte {
                b'\\' => *escaped = true,
                b'"' => *in_text = false,
                _ => {}
            },
            Self::Inside { depth, in_text, .. } => match byte {
                b'"' => *in_text = true,
                b'{' => *depth += 1,
                b'}' => {
                    *depth -= 1;
                    return *depth == 0;
                }
                _ => {}
            },
            Self::Stray => return byte == b'\n',
        }
        false
    }
}

impl<'i> Objects<'i> {
    pub(super) fn new(input: Box<dyn BufRead + 'i>) -> Self {
        Self { input, line: 1, bytes: Vec::new(), open: 0 }
    }
}

impl Splitter for Objects<'_> {
    fn next(&mut self, piece: &mut Piece) -> io::Result<bool> {
        let mut state = State::Between;
        self.bytes.clear();
        let mut is_done = false;
        while !is_done {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                if matches!(state, State::Between) && std::mem::take(&mut self.open) > 0 {
                    piece.line = self.line;
                    self.bytes.push(b'[');
                }
                break;
            }
            let mut used = 0;
            for byte in chunk {
                if matches!(state, State::Stray)
                    && *byte == b'{'
                    && self.bytes.trim_ascii_end().ends_with(b",")
                {
                    self.bytes.truncate(self.bytes.trim_ascii_end().len() - 1);
                    is_done = true;
                    break;
                }
                used += 1;
                let is_between = matches!(state, State::Between);
                is_done = state.step(*byte, &mut self.open);
                if is_between && !matches!(state, State::Between) {
                    piece.line = self.line;
                }
                if !matches!(state, State::Between) && self.bytes.len() <= MAX_ROW_BYTES {
                    self.bytes.push(*byte);
                }
                self.line += u64::from(*byte == b'\n');
                if is_done {
                    break;
                }
            }
            self.input.consume(used);
        }
        if matches!(state, State::Stray) {
            let ends = self.bytes.iter().filter(|byte| **byte == b']').count();
            self.open = self.open.saturating_sub(ends as u64);
        }
        piece.text.clear();
        text_of(self.bytes.trim_ascii(), &mut piece.text);
        Ok(!piece.text.is_empty())
    }
}

/// Records, each with those behind it that stand in it under a key.
pub(super) struct Unfolded<'i> {
    rows: Box<dyn Splitter + 'i>,
    key: &'static str,
    /// What the last record held, and its line.
    held: VecDeque<String>,
    line: u64,
}

impl<'i> Unfolded<'i> {
    pub(super) fn new(rows: Box<dyn Splitter + 'i>, key: &'static str) -> Self {
        Self { rows, key, held: VecDeque::new(), line: 0 }
    }
}

impl Splitter for Unfolded<'_> {
    fn next(&mut self, piece: &mut Piece) -> io::Result<bool> {
        if let Some(text) = self.held.pop_front() {
            (piece.line, piece.text) = (self.line, text);
            return Ok(true);
        }
        let is_row = self.rows.next(piece)?;
        self.line = piece.line;
        if is_row
            && piece.text.contains(self.key)
            && let Ok(record) = parse_object(piece.text.as_bytes())
            && let Some(Value::Array(held)) = record.get(self.key)
        {
            self.held.extend(held.iter().filter(|one| one.is_object()).map(Value::to_string));
        }
        Ok(is_row)
    }
}

/// Records, one a line.
pub(super) fn lines<'a>(records: impl Iterator<Item = &'a JsonObject>) -> Vec<u8> {
    let mut text = Vec::new();
    for record in records {
        text.extend(serde_json::to_vec(record).unwrap_or_default());
        text.push(b'\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn objects(text: &str) -> Vec<(u64, String)> {
        let mut objects = Objects::new(Box::new(text.as_bytes()));
        let (mut piece, mut found) = (Piece::default(), Vec::new());
        while objects.next(&mut piece).unwrap() {
            found.push((piece.line, piece.text.clone()));
        }
        found
    }

    #[test]
    fn objects_are_found_wherever_they_stand() {
        let want = [(1, "{\"a\":\"}]\\\"\"}".to_owned()), (3, "{\n \"b\":{}\n}".to_owned())];
        assert_eq!(objects("[{\"a\":\"}]\\\"\"},\n\n{\n \"b\":{}\n}]"), want);
        assert_eq!(objects("{\"a\":\"}]\\\"\"}\n\n{\n \"b\":{}\n}\n"), want);
        assert_eq!(objects("[1,2]\n{\"a\":1}"), [(1, "1,2]".to_owned()), (2, "{\"a\":1}".to_owned())]);
        assert_eq!(objects("{\"a\":1"), [(1, "{\"a\":1".to_owned())]);
        assert_eq!(objects("[null, {\"a\":1}]"), [(1, "null".to_owned()), (1, "{\"a\":1}".to_owned())]);
        assert_eq!(objects("[{\"a\":1},\n"), [(1, "{\"a\":1}".to_owned()), (2, "[".to_owned())]);
        assert_eq!((objects("[[[").len(), objects("[]").len(), objects("[]\n[]").len()), (1, 0, 0));
    }

    proptest! {
        #[test]
        fn every_byte_of_a_record_is_kept(texts in proptest::collection::vec("[a-z{}\\[\\]\"\\\\]{0,6}", 1..5), form in 0..3) {
            let records: Vec<String> =
                texts.iter().map(|text| serde_json::json!({ "k": text, "n": {"m": [1]} }).to_string()).collect();
            let text = match form {
                0 => records.join("\n"),
                1 => format!("[{}]", records.join(",")),
                _ => format!("[\n{}\n]\n", records.join(",\n")),
            };
            let found: Vec<String> = objects(&text).into_iter().map(|(_, text)| text).collect();
            prop_assert_eq!(found, records);
        }
    }
}
