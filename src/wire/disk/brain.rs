//! The brain file's text. What this program does not know is kept letter by letter: numbers of any length,
//! Python's `NaN`, the order of keys.

use serde_json::Value as Json;

use crate::wire::input::{JsonObject, WireError, end_of_string, parse_object};

/// A JSON object whose values are left as they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawObject {
    /// Keys, as they are meant, with the text of their values.
    members: Vec<(String, String)>,
}

impl RawObject {
    /// Reads an object.
    ///
    /// # Errors
    /// [`WireError`] when the text is not a JSON object, apart from Python's words for numbers that are none.
    pub fn parse(text: &[u8]) -> Result<Self, WireError> {
        // Checks the whole text, so that the spans below can be taken as they come.
        parse_object(text)?;
        let text = String::from_utf8_lossy(text);
        let text = text.trim_start_matches('\u{feff}').trim_matches(['\r', '\n', ' ', '\t', '\0']);
        let mut members = Vec::new();
        let mut rest = text.strip_prefix('{').unwrap_or_default().trim_start();
        while rest.starts_with('"') {
            let (key, behind) = rest.split_at(end_of_string(rest));
            let key =
                serde_json::from_str(key).map_err(|_| WireError::NotJson("a key that is no text".into()))?;
            let value = behind.trim_start().trim_start_matches(':').trim_start();
            let (value, after) = value.split_at(end_of_value(value));
            members.push((key, value.trim_end().to_owned()));
            rest = after.trim_start_matches(',').trim_start();
        }
        Ok(Self { members })
    }

    /// The object as text, on one line, spaced as Python does it.
    pub fn text(&self) -> String {
        let member = |(key, value): &(String, String)| format!("{}: {value}", Json::from(key.as_str()));
        format!("{{{}}}", self.members.iter().map(member).collect::<Vec<_>>().join(", "))
    }

    /// The text of a value; of a repeated key the last, as in Python.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.members.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// The keys in their order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(key, _)| key.as_str())
    }

    /// The object below a key; an empty one when there is none.
    ///
    /// # Errors
    /// [`WireError`] when something else stands there.
    pub fn object(&self, key: &str) -> Result<Self, WireError> {
        match self.get(key) {
            None | Some("null") => Ok(Self::default()),
            Some(text) => Self::parse(text.as_bytes()),
        }
    }

    /// Puts a value in the place of the old one, or behind the others.
    pub fn set(&mut self, key: &str, value: &Json) {
        self.set_text(key, value.to_string());
    }

    /// Puts an object in the place of the old value, or behind the others.
    pub fn set_object(&mut self, key: &str, value: &Self) {
        self.set_text(key, value.text());
    }

    fn set_text(&mut self, key: &str, value: String) {
        match self.members.iter_mut().rev().find(|(known, _)| known == key) {
            Some(member) => member.1 = value,
            None => self.members.push((key.to_owned(), value)),
        }
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) {
        self.members.retain(|(known, _)| known != key);
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The object with its values read.
    ///
    /// # Errors
    /// [`WireError`], never for an object that was read.
    pub fn read(&self) -> Result<JsonObject, WireError> {
        parse_object(self.text().as_bytes())
    }
}

/// The length of the JSON value that `text` begins with, up to the comma or bracket after it.
fn end_of_value(text: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while at < text.len() {
        match text.as_bytes()[at] {
            b'"' => {
                at += text.get(at..).map_or(1, end_of_string);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_ours_stays_as_it_is() {
        let text = r#"{"a": 1.50, "knobs": {"X": 12345678901234567890123, "y" : NaN }, "b": [1, {"c": "},\""}], "é": 1e300}"#;
        let mut object = RawObject::parse(text.as_bytes()).unwrap();
        assert_eq!(object.text(), text);
        let mut knobs = object.object("knobs").unwrap();
        knobs.set("X", &Json::from(2.5));
        knobs.set("z", &Json::from("new"));
        object.set_object("knobs", &knobs);
        assert_eq!(
            object.text(),
            r#"{"a": 1.50, "knobs": {"X": 2.5, "y": NaN, "z": "new"}, "b": [1, {"c": "},\""}], "é": 1e300}"#
        );
        for bad in ["", "[]", "{\"a\":}", "{\"a\":1", "nonsense"] {
            assert!(RawObject::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(RawObject::parse(b"{}").unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn every_object_comes_back(
            pairs in proptest::collection::vec(("[a-z\\\\\"{},:\\[\\]é ]{0,6}", "[ -~é]{0,8}", -1e9f64..1e9), 0..6),
        ) {
            let mut map = serde_json::Map::new();
            for (key, word, number) in pairs {
                map.insert(key, serde_json::json!({"w": [word, null, {"n": number}], "t": true}));
            }
            let text = serde_json::to_string_pretty(&map).unwrap();
            let object = RawObject::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(object.read().unwrap(), map);
            prop_assert_eq!(RawObject::parse(object.text().as_bytes()).unwrap(), object);
        }

        #[test]
        fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = RawObject::parse(&bytes);
        }
    }
}
