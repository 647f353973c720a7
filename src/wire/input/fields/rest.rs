//! What is left of a record once its fields are taken.

use serde_json::Value;

use super::Fields;
use crate::wire::input::json::{JsonObject, is_non_finite, null_non_finite};
use crate::wire::input::vocabulary::Field;

impl Fields<'_> {
    /// Everything that was not taken, merged over an `extra` object of the input itself.
    pub fn finish(mut self) -> Rest {
        let mut extra = match self.take(Field::Extra).map(|(_, _, raw)| raw.into_json()) {
            Some(value) if is_non_finite(&value) => JsonObject::new(),
            Some(Value::Object(map)) => map,
            Some(Value::String(text)) => match serde_json::from_str(&text) {
                Ok(Value::Object(map)) => map,
                _ if text.trim().is_empty() => JsonObject::new(),
                _ => JsonObject::from_iter([("extra".to_owned(), Value::String(text))]),
            },
            Some(Value::Null) | None => JsonObject::new(),
            Some(other) => JsonObject::from_iter([("extra".to_owned(), other)]),
        };
        extra.append(&mut self.extra);
        for slot in self.slots.drain(..).chain(self.more) {
            if let Some(raw) = slot.raw {
                extra.insert(slot.key.into_owned(), raw.into_json());
            }
        }
        let mut whole = Value::Object(extra);
        let nulled = null_non_finite(&mut whole);
        if nulled > 0 {
            self.warnings.push(format!("extra: {} stored as null", non_finite(nulled)));
        }
        let Value::Object(extra) = whole else { return Rest::default() };
        Rest { extra, warnings: self.warnings, left_over: self.left_over }
    }
}

/// What is left of a record once its fields are taken.
#[derive(Debug, Default)]
pub struct Rest {
    /// What no field is.
    pub extra: JsonObject,
    /// What the sender should know.
    pub warnings: Vec<String>,
    /// Names in it that look like money.
    pub left_over: Vec<String>,
}

/// Numbers that are none, counted in words.
pub(super) fn non_finite(count: usize) -> String {
    if count == 1 { "1 non-finite number".to_owned() } else { format!("{count} non-finite numbers") }
}
