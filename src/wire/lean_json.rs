//! A JSON object as it stands in its line: texts are borrowed and there is no table of keys. What many lines are read for
//! is looked up but once in each.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use super::input::{JsonObject, WireError, parse_object};

/// Records have fewer keys than this, nearly all of them.
const FEW_KEYS: usize = 128;

/// A number by which nearly all different keys differ (FNV-1a: Fowler, Noll and Vo).
fn mark(key: &str) -> u64 {
    key.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |mark, byte| (mark ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::wire) enum Lean<'a> {
    Null,
    Flag(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(LeanObject<'a>),
}

/// An object, its keys in the order of the line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::wire) struct LeanObject<'a>(Vec<(Cow<'a, str>, Lean<'a>)>);

impl<'a> LeanObject<'a> {
    /// Reads a line, as [`parse_object`] does.
    ///
    /// # Errors
    /// [`WireError`].
    pub(in crate::wire) fn parse(line: &'a [u8]) -> Result<Self, WireError> {
        if let Ok(Lean::Object(object)) = serde_json::from_slice(line) {
            return Ok(object);
        }
        // NaN, a byte-order mark, or no object at all.
        Ok(Self::of(parse_object(line)?))
    }

    /// An object that was read already; borrowed from one that is lent.
    fn of(map: impl Deserializer<'a>) -> Self {
        if let Ok(Lean::Object(object)) = Lean::deserialize(map) { object } else { Self::default() }
    }

    /// The value of a key; of a repeated key the last value counts.
    pub(in crate::wire) fn get(&self, key: &str) -> Option<&Lean<'a>> {
        self.0.iter().rfind(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// The keys with their values, each key once.
    pub(in crate::wire) fn iter(&self) -> impl Iterator<Item = (&str, &Lean<'a>)> {
        // Of few keys each is looked for among those behind it, by their marks first; of many that would be the square of
        // them.
        let last: Option<HashMap<&str, usize>> = (self.0.len() > FEW_KEYS)
            .then(|| self.0.iter().enumerate().map(|(at, (key, _))| (&**key, at)).collect());
        let marks: Vec<u64> =
            if last.is_none() { self.0.iter().map(|(key, _)| mark(key)).collect() } else { Vec::new() };
        let is_last = move |at: usize, key: &str| match &last {
            Some(last) => last.get(key) == Some(&at),
            None => {
                !(marks[at + 1..].contains(&marks[at])
                    && self.0[at + 1..].iter().any(|(later, _)| later == key))
            }
        };
        let each = self.0.iter().enumerate().filter(move |(at, (key, _))| is_last(*at, key));
        each.map(|(_, (key, value))| (&**key, value))
    }

    /// The object with a table of its keys.
    pub(in crate::wire) fn to_map(&self) -> JsonObject {
        self.0.iter().map(|(key, value)| (key.clone().into_owned(), value.to_value())).collect()
    }
}

impl Lean<'_> {
    pub(in crate::wire) fn as_f64(&self) -> Option<f64> {
        if let Self::Number(number) = self { number.as_f64() } else { None }
    }

    pub(in crate::wire) fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    pub(in crate::wire) fn as_bool(&self) -> Option<bool> {
        if let Self::Flag(flag) = self { Some(*flag) } else { None }
    }

    pub(in crate::wire) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Flag(flag) => (*flag).into(),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone().into_owned()),
            Self::List(list) => list.iter().map(Self::to_value).collect(),
            Self::Object(object) => Value::Object(object.to_map()),
        }
    }
}

impl<'a> From<&'a JsonObject> for LeanObject<'a> {
    fn from(map: &'a JsonObject) -> Self {
        Self::of(map)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Lean<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyLean)
    }
}

/// A key, borrowed unless it holds escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Lean::deserialize(deserializer)? {
            Lean::Text(text) => Ok(Self(text)),
            _ => Err(D::Error::custom("a key is a text")),
        }
    }
}

struct AnyLean;

impl<'de> Visitor<'de> for AnyLean {
    type Value = Lean<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Lean<'de>, E> {
        Ok(Lean::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Lean<'de>, E> {
        Ok(Lean::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Lean<'de>, E> {
        Ok(Lean::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Lean<'de>, E> {
        Ok(Number::from_f64(number).map_or(Lean::Null, Lean::Number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Lean<'de>, E> {
        Ok(Lean::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Lean<'de>, E> {
        Ok(Lean::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Lean<'de>, E> {
        Ok(Lean::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Lean<'de>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Lean::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lean<'de>, A::Error> {
        // As many as a record has, nearly always.
        let mut entries = Vec::with_capacity(64);
        while let Some((Key(key), value)) = map.next_entry()? {
            entries.push((key, value));
        }
        // A line of a megabyte may hold three hundred thousand small ones.
        if entries.len() < 16 {
            entries.shrink_to_fit();
        }
        Ok(Lean::Object(LeanObject(entries)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agree(line: &[u8]) {
        let (lean, full) = (LeanObject::parse(line), parse_object(line));
        assert_eq!(lean.as_ref().ok().map(LeanObject::to_map), full.as_ref().ok().cloned());
        if let (Ok(lean), Ok(full)) = (lean, full) {
            for (key, value) in &full {
                assert_eq!(lean.get(key).map(Lean::to_value).as_ref(), Some(value));
            }
            assert_eq!(lean.iter().count(), full.len());
        }
    }

    #[test]
    fn it_is_what_the_whole_reading_says() {
        for line in [
            r#"{"a":1,"b":{"c":[1,-2,2.5e3,null,true],"d":"x\ny"},"a":2}"#,
            r#"{"a":NaN,"b":1e999,"c":-0.0,"d":18446744073709551615}"#,
            "\u{feff}{\"a\":1}\r\n",
            "[1]",
            "{\"a\":1",
            "",
        ] {
            agree(line.as_bytes());
        }
        let many: Vec<String> = (0..300).map(|at| format!("\"k{}\":{at}", at % 200)).collect();
        agree(format!("{{{}}}", many.join(",")).as_bytes());
    }

    proptest! {
        #[test]
        fn whatever_the_line(line in r#"\{("[ab]":("x\\u00e9"|-?[0-9]{1,3}(\.[0-9]{1,4})?|null|NaN|\{"k":[0-9]\}),?){0,5}\}?"#) {
            agree(line.as_bytes());
        }
    }
}
