//! What a record says beside its fields.

use serde_json::Value;

use crate::wire::input::likeness::{Likeness, likeness_of};
use crate::wire::input::numbers::{Commas, read_number};

/// What a stored trade says of itself, by its key.
pub(super) fn won(key: &str, value: &Value) -> Option<(&'static str, bool)> {
    match (key, value) {
        ("success", Value::Bool(won)) => Some(("success", *won)),
        ("outcome", Value::String(word)) if word.eq_ignore_ascii_case("win") => Some(("outcome", true)),
        ("outcome", Value::String(word)) if word.eq_ignore_ascii_case("loss") => Some(("outcome", false)),
        _ => None,
    }
}

/// The names that look like money within an object that is no field, such as the fees of `{"trade": {"fees": 3}}`.
pub(super) fn money_within(key: &str, value: &Value) -> Vec<String> {
    let Value::Object(inside) = value else { return Vec::new() };
    let is_money =
        |(name, value): &(&String, &Value)| likeness_of(name) == Some(Likeness::Money) && is_amount(value);
    inside.iter().filter(is_money).map(|(name, _)| format!("{key}.{name}")).collect()
}

/// Whether a value is an amount other than zero: `"comm": "placed by hand"` is none, whatever its name looks like.
pub(super) fn is_amount(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64() != Some(0.0),
        // One that cannot be read, such as `1,000`, is one all the same.
        Value::String(text) => match read_number(text, Commas::Unknown) {
            Ok(number) => number.is_some_and(|number| number.value != 0.0),
            Err(_) => text.starts_with(|c: char| c.is_ascii_digit() || "+-(.".contains(c)),
        },
        Value::Array(_) | Value::Object(_) => true,
        Value::Null | Value::Bool(_) => false,
    }
}
