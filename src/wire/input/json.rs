//! One JSON object at a time, as Python writes them, and the splitting of an input into such objects.

use serde_json::{Map, Value};

use crate::domain::Refusal;

/// A JSON object with its keys in the order in which they came; of a repeated key the last value counts,
/// as in Python.
pub type JsonObject = Map<String, Value>;

/// The longest record that is taken on input, in bytes.
pub const MAX_RECORD_BYTES: usize = 32 * 1024;

/// The only key of the object that stands for a number that JSON has no word for, between the reading of a text and
/// the reading of its fields: no text can be taken for it.
const NON_FINITE: &str = "\u{f8ff}non-finite";

/// Why a text is not a record.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WireError {
    /// Not JSON at all.
    #[error("not JSON{}", after(.0))]
    NotJson(String),
    /// JSON, but a list, a number or a text.
    #[error("{0} where one JSON object was expected")]
    NotObject(&'static str),
    /// Longer than a record may be.
    #[error("{0} bytes long, a record has at most {MAX_RECORD_BYTES}")]
    TooLong(usize),
    /// A row of a file of separated values that is none.
    #[error("{0}")]
    Row(String),
    /// Understood, and refused.
    #[error("{0}")]
    Refused(#[from] Refusal),
}

/// What is wrong, behind the first words of the sentence: a place alone needs no colon.
fn after(what: &str) -> String {
    if what.starts_with("at ") { format!(" {what}") } else { format!(": {what}") }
}

/// What kind of value it is, in the words of JSON's users.
pub(in crate::wire) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        value if is_non_finite(value) => "not a finite number",
        Value::Object(_) => "an object",
    }
}

pub(super) fn is_non_finite(value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.len() == 1 && map.contains_key(NON_FINITE))
}

/// Reads one JSON object; `NaN` and the infinities are kept as marks that [`super::Fields`] understands.
///
/// # Errors
/// [`WireError`] in the words of the sender.
pub fn parse_object(text: &[u8]) -> Result<JsonObject, WireError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let text = std::str::from_utf8(text)
        .map_err(|e| WireError::NotJson(format!("byte {} is not UTF-8", e.valid_up_to() + 1)))?
        .trim_matches(['\r', '\n', ' ', '\t', '\0']);
    if text.is_empty() {
        return Err(WireError::NotJson("nothing there".into()));
    }
    let value = match serde_json::from_str::<Value>(text) {
        Ok(value) => value,
        Err(error) => {
            let marked = mark_non_finite(text).ok_or_else(|| not_json(&error))?;
            serde_json::from_str(&marked).map_err(|_| not_json(&error))?
        }
    };
    match value {
        Value::Object(map) => Ok(map),
        other => Err(WireError::NotObject(kind(&other))),
    }
}

fn not_json(error: &serde_json::Error) -> WireError {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default().to_owned();
    let place = match (error.line(), error.column()) {
        (0, _) => return WireError::NotJson(what),
        (1, column) => format!("at character {column}"),
        (line, column) => format!("at line {line}, character {column}"),
    };
    // The parser's own words, where they say no more than that.
    let says_nothing = matches!(what.as_str(), "expected ident" | "expected value");
    WireError::NotJson(if says_nothing { place } else { format!("{what} {place}") })
}

/// Replaces Python's bare `NaN`, `Infinity` and `-Infinity`, and numbers that no float holds, by marks; `None` when
/// there are none.
fn mark_non_finite(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    let mut found = false;
    while let Some(at) = rest.find(|c: char| matches!(c, '"' | 'N' | 'I' | '-') || c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = if from.starts_with('"') {
            let (string, behind) = from.split_at(end_of_string(from));
            out.push_str(string);
            behind
        } else if let Some(behind) =
            ["NaN", "Infinity", "-Infinity"].iter().find_map(|word| from.strip_prefix(*word))
        {
            found = true;
            push_mark(&mut out);
            behind
        } else {
            // A number beyond what a float holds is infinite to Python.
            let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
            let end = from.find(|c: char| !is_part(c)).unwrap_or(from.len()).max(1);
            let (number, behind) = from.split_at(end);
            let is_infinite = number.parse::<f64>().is_ok_and(f64::is_infinite);
            found |= is_infinite;
            if is_infinite {
                push_mark(&mut out);
            } else {
                out.push_str(number);
            }
            behind
        };
    }
    out.push_str(rest);
    found.then_some(out)
}

fn push_mark(out: &mut String) {
    out.push_str("{\"");
    out.push_str(NON_FINITE);
    out.push_str("\":null}");
}

/// The length of the JSON string that `text` begins with, quotes included.
pub(in crate::wire) fn end_of_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Turns every mark of a non-finite number in `value` into null and returns how many there were.
pub(in crate::wire) fn null_non_finite(value: &mut Value) -> usize {
    match value {
        other if is_non_finite(other) => {
            *other = Value::Null;
            1
        }
        Value::Array(items) => items.iter_mut().map(null_non_finite).sum(),
        Value::Object(map) => map.values_mut().map(null_non_finite).sum(),
        _ => 0,
    }
}

/// The line as JSON that every program reads: non-finite numbers null, of repeated keys the last.
pub fn normalized(line: &[u8]) -> Option<Vec<u8>> {
    let mut value = Value::Object(parse_object(line).ok()?);
    null_non_finite(&mut value);
    Some(value.to_string().into_bytes())
}

/// Splits an input into its records: JSON Lines, or a single object that spreads over several lines.
/// Empty lines are passed over. The number with each record is that of its line, from 1.
pub fn split_records(input: &[u8]) -> Vec<(usize, &[u8])> {
    let input = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);
    let lines: Vec<(usize, &[u8])> = input
        .split(|byte| *byte == b'\n')
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty())
        .collect();
    // A record spread over lines: its first line is no object, the whole is one.
    if lines.len() > 1
        && input.len() <= MAX_RECORD_BYTES
        && parse_object(lines[0].1).is_err()
        && parse_object(input).is_ok()
    {
        return vec![(lines[0].0, input.trim_ascii())];
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_what_python_writes() {
        let map = parse_object(
            b"\xef\xbb\xbf{\"a\": NaN, \"b\": -Infinity, \"NaN\": \"Infinity \\\" NaN\", \"c\": -1}\r\n",
        )
        .unwrap();
        assert!(is_non_finite(&map["a"]) && is_non_finite(&map["b"]));
        assert_eq!(map["NaN"], "Infinity \" NaN");
        assert_eq!(map["c"], -1);
        assert_eq!(parse_object(b"{\"a\":1,\"a\":2}").unwrap()["a"], 2);
    }

    #[test]
    fn no_text_is_taken_for_a_number_that_there_is_not() {
        let mut value =
            Value::Object(parse_object("{\"a\":\"\u{f8ff}non-finite\",\"b\":[NaN]}".as_bytes()).unwrap());
        assert_eq!(kind(&value["a"]), "text");
        assert_eq!(kind(&value["b"][0]), "not a finite number");
        assert_eq!(null_non_finite(&mut value), 1);
        assert_eq!(value["b"][0], Value::Null);
        assert_eq!(value["a"], "\u{f8ff}non-finite");
    }

    #[test]
    fn says_what_is_wrong() {
        let said = |text: &[u8]| parse_object(text).unwrap_err().to_string();
        assert_eq!(said(b"{\"a\":1"), "not JSON: EOF while parsing an object at character 6");
        assert_eq!(said(b"[1]"), "a list where one JSON object was expected");
        assert_eq!(said(b"{\"a\":\"\xff\"}"), "not JSON: byte 7 is not UTF-8");
        assert_eq!(said(b"  "), "not JSON: nothing there");
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(200), "]".repeat(200));
        assert_eq!(said(deep.as_bytes()), "not JSON: recursion limit exceeded at character 132");
    }

    #[test]
    fn splits_lines_and_keeps_a_spread_object_together() {
        assert_eq!(split_records(b"{\"a\":1}\r\n\n{\"a\":2}\n").len(), 2);
        assert_eq!(split_records(b"{\n  \"a\": 1\n}\n"), vec![(1, &b"{\n  \"a\": 1\n}"[..])]);
        assert_eq!(split_records(b"{bad\n{\"a\":2}\n").len(), 2);
        assert!(split_records(b"\n\n").is_empty());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_object(&bytes);
            let _ = split_records(&bytes);
        }

        #[test]
        fn json_like_text_never_panics(text in "[{}\\[\\]\",:0-9eE.+NaInfty\\\\-]{0,80}") {
            let _ = parse_object(text.as_bytes());
        }
    }
}
