//! A JSON object as it stands in its line: texts are borrowed and there is no table of keys. What many lines are read for
//! is looked up but once in each.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use super::digits::{Digits, quote};
use super::input::{JsonObject, WireError, parse_object};

/// Records have fewer keys than this, nearly all of them.
const FEW_KEYS: usize = 128;

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
        if let Some(object) = Quick::read(line) {
            return Ok(object);
        }
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

    /// Its keys, a repeated one as often as it stands there.
    pub(in crate::wire) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(key, _)| &**key)
    }

    /// The keys with their values, each key once; where it is known that none is repeated, that is not looked for.
    pub(in crate::wire) fn each(&self, are_distinct: bool) -> impl Iterator<Item = (&str, &Lean<'a>)> {
        // Of few keys each is looked for among those behind it; of many that would be the square of them.
        let last: Option<HashMap<&str, usize>> = (!are_distinct && self.0.len() > FEW_KEYS)
            .then(|| self.0.iter().enumerate().map(|(at, (key, _))| (&**key, at)).collect());
        let is_last = move |at: usize, key: &str| match &last {
            Some(last) => last.get(key) == Some(&at),
            None => !self.0[at + 1..].iter().any(|(later, _)| later == key),
        };
        let each = self.0.iter().enumerate().filter(move |(at, (key, _))| are_distinct || is_last(*at, key));
        each.map(|(_, (key, value))| (&**key, value))
    }

    /// The object with a table of its keys.
    pub(in crate::wire) fn to_map(&self) -> JsonObject {
        self.0.iter().map(|(key, value)| (key.clone().into_owned(), value.to_value())).collect()
    }
}

/// Objects in each other that are read the quick way: a line may hold any number of them.
const DEEP: usize = 4;

/// The quick way through a line as this program writes it: no blanks, no escapes, numbers that one division makes. At anything
/// else it gives up, and serde_json decides.
struct Quick<'a> {
    text: &'a str,
    rest: &'a [u8],
}

impl<'a> Quick<'a> {
    fn read(line: &'a [u8]) -> Option<LeanObject<'a>> {
        // No early end and no branch: it is done for many bytes at once.
        if line.iter().fold(false, |odd, byte| odd | (*byte < b' ') | (*byte == b'\\')) {
            return None;
        }
        let mut at = Self { text: std::str::from_utf8(line).ok()?, rest: line };
        let object = at.value(0)?;
        if let (Lean::Object(object), []) = (object, at.rest) { Some(object) } else { None }
    }

    fn is_next(&mut self, byte: u8) -> bool {
        let rest = self.rest.strip_prefix(&[byte]);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// A word, where it stands here.
    fn word(&mut self, word: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(word.as_bytes())?;
        Some(())
    }

    /// A text from behind its first quote.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        let (from, len) = (self.text.len() - self.rest.len(), quote(self.rest)?);
        self.rest = self.rest.get(len + 1..)?;
        self.text.get(from..from + len).map(Cow::Borrowed)
    }

    fn value(&mut self, depth: usize) -> Option<Lean<'a>> {
        match self.rest.first()? {
            b'"' => {
                self.rest = self.rest.get(1..)?;
                self.string().map(Lean::Text)
            }
            b'{' if depth < DEEP => self.object(depth).map(Lean::Object),
            b't' => self.word("true").map(|()| Lean::Flag(true)),
            b'f' => self.word("false").map(|()| Lean::Flag(false)),
            b'n' => self.word("null").map(|()| Lean::Null),
            b'-' | b'0'..=b'9' => self.number().map(Lean::Number),
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Number> {
        let (digits, rest) = Digits::read(self.rest)?;
        let (from, to) = (self.text.len() - self.rest.len(), self.text.len() - rest.len());
        self.rest = rest;
        if digits.decimals() == 0 {
            return digits.whole().map(Number::from);
        }
        // Results have as many digits as a float: both ways to the nearest one.
        let value = digits.value().or_else(|| self.text.get(from..to)?.parse().ok())?;
        Number::from_f64(value)
    }

    fn object(&mut self, depth: usize) -> Option<LeanObject<'a>> {
        self.word("{")?;
        // As many as a record has, nearly always, or as few as what stands within it.
        let mut entries = Vec::with_capacity(if depth == 0 { 64 } else { 32 });
        if self.is_next(b'}') {
            return Some(LeanObject::default());
        }
        loop {
            self.word("\"")?;
            let key = self.string()?;
            self.word(":")?;
            entries.push((key, self.value(depth + 1)?));
            if !self.is_next(b',') {
                self.word("}")?;
                return Some(LeanObject(entries));
            }
        }
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
            assert_eq!(lean.each(false).count(), full.len());
        }
    }

    #[test]
    fn it_is_what_the_whole_reading_says() {
        for line in [
            r#"{"a":1,"b":{"c":[1,-2,2.5e3,null,true],"d":"x\ny"},"a":2}"#,
            r#"{"a":NaN,"b":1e999,"c":-0.0,"d":18446744073709551615}"#,
            r#"{"a":-202.10000000000048,"b":-0.004107322862810142,"c":1.5e-7,"d":0.1e999,"e":123456789012345678}"#,
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
