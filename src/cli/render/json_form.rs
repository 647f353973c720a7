//! JSON and JSON Lines.

use std::cell::RefCell;
use std::io::{self, Write};

use serde::ser::{Error, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value as Json;

use super::escape::is_treacherous;
use crate::domain::Timestamp;
use crate::report::{Late, Object, View};
use crate::store::StoreError;

/// One object: schema, moment, payload.
pub(super) fn write_object(view: &View, now: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let mut harmless = Harmless { out, held: Vec::new() };
    let whole = Whole { view, now, failed: RefCell::default() };
    if let Err(error) = serde_json::to_writer_pretty(&mut harmless, &whole) {
        return Err(whole.failed.take().map_or_else(|| error.into(), io::Error::other));
    }
    harmless.finish()?.write_all(b"\n")
}

/// A view as one object.
struct Whole<'v> {
    view: &'v View,
    now: Timestamp,
    /// Why what is made late could not be made, if so: of an error within JSON no more than words are left.
    failed: RefCell<Option<StoreError>>,
}

/// An object that holds what is made late.
struct Holding<'v> {
    object: &'v Object,
    late: &'v Late,
    failed: &'v RefCell<Option<StoreError>>,
}

impl Serialize for Holding<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut holding = serializer.serialize_map(None)?;
        for (key, value) in self.object {
            if key == self.late.key {
                holding.serialize_entry(key, &EachLate(self.late, self.failed))?;
            } else {
                holding.serialize_entry(key, value)?;
            }
        }
        holding.end()
    }
}

/// What of a view is made late, each object when it is written.
struct EachLate<'v>(&'v Late, &'v RefCell<Option<StoreError>>);

impl Serialize for EachLate<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for object in self.0.objects() {
            match object {
                Ok(object) => list.serialize_element(&object)?,
                Err(error) => {
                    let words = error.to_string();
                    self.1.replace(Some(error));
                    return Err(S::Error::custom(words));
                }
            }
        }
        list.end()
    }
}

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut whole = serializer.serialize_map(None)?;
        whole.serialize_entry("schema", &format!("dtlearn.{}/2", self.view.name))?;
        whole.serialize_entry("generated_at", &self.now.to_string())?;
        // A file that is an answer as well has a version of its own under that key.
        for (key, value) in self.view.payload.iter().filter(|(key, _)| *key != "schema") {
            let late = self.view.late.iter().find(|late| late.within.unwrap_or(late.key) == key);
            match (late, value) {
                (None, _) => whole.serialize_entry(key, value)?,
                (Some(late), Json::Object(object)) if late.within.is_some() => {
                    whole.serialize_entry(key, &Holding { object, late, failed: &self.failed })?;
                }
                (Some(late), _) => whole.serialize_entry(key, &EachLate(late, &self.failed))?,
            }
        }
        whole.end()
    }
}

/// JSON on its way out, a piece at a time, as [`harmless_json`] makes it.
struct Harmless<'o> {
    out: &'o mut dyn Write,
    held: Vec<u8>,
}

/// Bytes of a piece.
const PIECE: usize = 64 << 10;

impl<'o> Harmless<'o> {
    /// Hands on what is held, but for the beginning of a character whose end has not come.
    fn hand_on(&mut self) -> io::Result<()> {
        let whole = match std::str::from_utf8(&self.held) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let rest = self.held.split_off(whole);
        let text = String::from_utf8(std::mem::replace(&mut self.held, rest)).map_err(io::Error::other)?;
        self.out.write_all(harmless_json(text).as_bytes())
    }

    fn finish(mut self) -> io::Result<&'o mut dyn Write> {
        self.hand_on()?;
        Ok(self.out)
    }
}

impl Write for Harmless<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= PIECE {
            self.hand_on()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// One object a row.
pub(super) fn write_lines(view: &View, out: &mut dyn Write) -> io::Result<()> {
    let columns = view.columns().map_err(io::Error::other)?;
    for row in view.rows(&columns) {
        let row = row.map_err(io::Error::other)?;
        let cells = columns.iter().zip(row.iter()).map(|(column, cell)| (column.key.clone(), cell.json()));
        writeln!(out, "{}", harmless_json(serde_json::to_string(&Json::Object(cells.collect()))?))?;
    }
    Ok(())
}

/// The same JSON with every character that could deceive a terminal written as an escape: `\u202e`. Outside of
/// strings JSON has none, so that the text can be treated as a whole.
pub(in crate::cli) fn harmless_json(json: String) -> String {
    escaped(&json, |c| c != '\n' && is_treacherous(c)).unwrap_or(json)
}

/// The same of a line that any program may have written, with blanks of any kind between its tokens; none where
/// nothing needs it.
pub(in crate::cli) fn harmless_line(line: &[u8]) -> Option<String> {
    let json = if line.is_ascii() { None } else { std::str::from_utf8(line).ok() };
    escaped(json?, |c| !c.is_ascii() && is_treacherous(c))
}

fn escaped(json: &str, treacherous: impl Fn(char) -> bool) -> Option<String> {
    if !json.contains(&treacherous) {
        return None;
    }
    let mut out = String::with_capacity(json.len() + 32);
    for c in json.chars() {
        if treacherous(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_deceive_is_escaped_and_means_the_same() {
        let value = serde_json::json!({"A\u{202e}": "x\u{1b}\u{e0001}\u{7f}\n東"});
        let text = harmless_json(serde_json::to_string_pretty(&value).unwrap());
        assert!(
            text.contains("A\\u202e") && text.contains("\\udb40\\udc01") && text.contains("\\u007f"),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Json>(&text).unwrap(), value);
        // However it comes in pieces.
        let mut out = Vec::new();
        let mut pieces = Harmless { out: &mut out, held: Vec::new() };
        for byte in serde_json::to_string_pretty(&value).unwrap().as_bytes() {
            pieces.write_all(&[*byte]).unwrap();
            pieces.hand_on().unwrap();
        }
        pieces.finish().unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), text);
        // A tab between tokens is no part of a text.
        let line = "{\t\"A\":\"\u{202e}é\"}";
        let shown = harmless_line(line.as_bytes()).unwrap();
        assert_eq!(shown, "{\t\"A\":\"\\u202eé\"}");
        assert!(harmless_line("{\"A\":\"é東\"}".as_bytes()).is_none() && harmless_line(b"{}").is_none());
    }
}
