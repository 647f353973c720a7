//! Takes fields out of a JSON object one by one, under any of their names; what is left over is `extra`.

use serde_json::Value;

use super::json::{JsonObject, WireError, is_non_finite, kind, null_non_finite};
use crate::domain::{Refusal, Timestamp};

/// How times without a zone and times as numbers are read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum TimeForm {
    /// RFC 3339 only.
    #[default]
    Strict,
    /// Times without a zone are local times of this zone.
    Local(chrono_tz::Tz),
}

/// The fields of one record that have not been taken yet.
#[derive(Debug)]
pub struct Fields {
    map: JsonObject,
    times: TimeForm,
    warnings: Vec<String>,
}

impl Fields {
    /// Starts with all fields of `map`.
    pub fn new(map: JsonObject, times: TimeForm) -> Self {
        Self { map, times, warnings: Vec::new() }
    }

    /// Notes something that the sender should know.
    pub fn warn(&mut self, sentence: String) {
        self.warnings.push(sentence);
    }

    /// Removes the first of `names` that is there and not null, and every other of them that is null.
    fn take(&mut self, names: &[&'static str]) -> Option<(&'static str, Value)> {
        let mut found = None;
        for name in names {
            match self.map.get(*name) {
                Some(Value::Null) => {
                    self.map.shift_remove(*name);
                }
                Some(_) if found.is_none() => {
                    found = self.map.shift_remove(*name).map(|value| (*name, value));
                }
                _ => {}
            }
        }
        found
    }

    /// Drops fields that this program derives itself.
    pub fn drop_all(&mut self, names: &[&'static str]) {
        for name in names {
            self.map.shift_remove(*name);
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// Missing, empty, or not a text.
    pub fn text(&mut self, names: &[&'static str]) -> Result<String, WireError> {
        match self.take(names) {
            Some((_, Value::String(text))) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
            Some((_, Value::Number(number))) => Ok(number.to_string()),
            None | Some((_, Value::String(_))) => Err(Refusal::Missing { field: names[0] }.into()),
            Some((field, other)) => {
                Err(Refusal::WrongKind { field, found: kind(&other), wanted: "a text" }.into())
            }
        }
    }

    /// A text that may be absent. Anything but a text or a number stays in the record as an extra.
    pub fn optional_text(&mut self, names: &[&'static str]) -> Option<String> {
        match self.take(names)? {
            (field, value) if is_non_finite(&value) => {
                self.warn(format!("{field} is not a finite number, taken as absent"));
                None
            }
            (_, Value::String(text)) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            (_, Value::Number(number)) => Some(number.to_string()),
            (field, other) => {
                self.keep_aside(field, other, "a text");
                None
            }
        }
    }

    /// A number that must be there and finite.
    ///
    /// # Errors
    /// Missing, not finite, or not a number.
    pub fn number(&mut self, names: &[&'static str]) -> Result<f64, WireError> {
        match self.take(names) {
            None => Err(Refusal::Missing { field: names[0] }.into()),
            Some((field, value)) => match number_of(&value) {
                Some(number) if number.is_finite() => Ok(number),
                Some(_) => Err(Refusal::NotFinite { field }.into()),
                None => Err(Refusal::WrongKind { field, found: kind(&value), wanted: "a number" }.into()),
            },
        }
    }

    /// A number that may be absent; one that is not finite counts as absent, with a warning.
    pub fn optional_number(&mut self, names: &[&'static str]) -> Option<f64> {
        let (field, value) = self.take(names)?;
        if matches!(&value, Value::String(text) if text.trim().is_empty()) {
            return None;
        }
        match number_of(&value) {
            Some(number) if number.is_finite() => Some(number),
            Some(_) => {
                self.warn(format!("{field} is not a finite number, taken as absent"));
                None
            }
            None => {
                self.keep_aside(field, value, "a number");
                None
            }
        }
    }

    /// A number that may be absent, but not wrong, because everything else rests on it.
    ///
    /// # Errors
    /// Not finite, or not a number.
    pub fn sound_number(&mut self, names: &[&'static str]) -> Result<Option<f64>, WireError> {
        let Some((field, value)) = self.take(names) else { return Ok(None) };
        if matches!(&value, Value::String(text) if text.trim().is_empty()) {
            return Ok(None);
        }
        self.map.insert(field.to_owned(), value);
        self.number(&[field]).map(Some)
    }

    /// A number above zero that may be absent; any other counts as absent, with a warning.
    pub fn optional_positive(&mut self, names: &[&'static str]) -> Option<f64> {
        let number = self.optional_number(names)?;
        if number > 0.0 {
            return Some(number);
        }
        self.warn(format!("{} is {number}, not above 0, taken as absent", names[0]));
        None
    }

    /// True or false, that may be absent; Python's 0 and 1 count too.
    pub fn optional_flag(&mut self, names: &[&'static str]) -> Option<bool> {
        match self.take(names)? {
            (_, Value::Bool(flag)) => Some(flag),
            (_, Value::Number(number)) if number.as_f64() == Some(0.0) => Some(false),
            (_, Value::Number(number)) if number.as_f64() == Some(1.0) => Some(true),
            (_, Value::String(text)) if text.eq_ignore_ascii_case("true") => Some(true),
            (_, Value::String(text)) if text.eq_ignore_ascii_case("false") => Some(false),
            (_, Value::String(text)) if text.trim().is_empty() => None,
            (field, other) => {
                self.keep_aside(field, other, "true or false");
                None
            }
        }
    }

    /// A time that must be there.
    ///
    /// # Errors
    /// Missing, or not a time.
    pub fn time(&mut self, names: &[&'static str]) -> Result<Timestamp, WireError> {
        self.optional_time(names)?.ok_or_else(|| Refusal::Missing { field: names[0] }.into())
    }

    /// A time that may be absent, but not wrong.
    ///
    /// # Errors
    /// [`Refusal::BadTime`] or [`Refusal::WrongKind`].
    pub fn optional_time(&mut self, names: &[&'static str]) -> Result<Option<Timestamp>, WireError> {
        let Some((field, value)) = self.take(names) else { return Ok(None) };
        let Value::String(text) = value else {
            let wanted = "a text such as 2026-03-02T21:05:00Z";
            return Err(Refusal::WrongKind { field, found: kind(&value), wanted }.into());
        };
        if text.trim().is_empty() {
            return Ok(None);
        }
        let read = match self.times {
            TimeForm::Strict => Timestamp::parse(text.trim()),
            TimeForm::Local(zone) => Timestamp::parse_in(text.trim(), zone),
        };
        read.map(Some).map_err(|why| Refusal::BadTime { field, text, why }.into())
    }

    /// An object that may be absent, its non-finite numbers turned into null.
    pub fn optional_object(&mut self, name: &'static str) -> Option<JsonObject> {
        match self.take(&[name])? {
            (_, mut value @ Value::Object(_)) => {
                let nulled = null_non_finite(&mut value);
                if nulled > 0 {
                    self.warn(format!("{name}: {nulled} non-finite number(s) stored as null"));
                }
                match value {
                    Value::Object(map) => Some(map),
                    _ => None,
                }
            }
            (field, other) => {
                self.keep_aside(field, other, "an object");
                None
            }
        }
    }

    fn keep_aside(&mut self, field: &'static str, value: Value, wanted: &str) {
        self.warn(format!("{field} is a {}, not {wanted}: kept under extra", kind(&value)));
        self.map.insert(field.to_owned(), value);
    }

    /// Everything that was not taken, merged over an `extra` object of the input itself; and the warnings.
    pub fn finish(mut self) -> (JsonObject, Vec<String>) {
        let mut extra = match self.map.shift_remove("extra") {
            Some(Value::Null) | None => JsonObject::new(),
            Some(value) if is_non_finite(&value) => JsonObject::new(),
            Some(Value::Object(map)) => map,
            Some(other) => JsonObject::from_iter([("extra".to_owned(), other)]),
        };
        extra.append(&mut self.map);
        let mut whole = Value::Object(extra);
        let nulled = null_non_finite(&mut whole);
        if nulled > 0 {
            self.warnings.push(format!("extra: {nulled} non-finite number(s) stored as null"));
        }
        let Value::Object(extra) = whole else { return (JsonObject::new(), self.warnings) };
        (extra, self.warnings)
    }
}

/// The number that a value stands for, NaN for a mark of a non-finite one; texts that hold just a number
/// count, because a decimal type often travels as text.
fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        value if is_non_finite(value) => Some(f64::NAN),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}
