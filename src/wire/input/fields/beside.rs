//! What a record says beside its fields.

use serde_json::Value;

use crate::wire::input::smell::{Smell, smell_of};

/// What a stored trade says of itself, by its key.
pub(super) fn won(key: &str, value: &Value) -> Option<bool> {
    match (key, value) {
        ("success", Value::Bool(won)) => Some(*won),
        ("outcome", Value::String(word)) if word.eq_ignore_ascii_case("win") => Some(true),
        ("outcome", Value::String(word)) if word.eq_ignore_ascii_case("loss") => Some(false),
        _ => None,
    }
}

/// The names that smell of money within an object that is no field, such as the fees of `{"trade": {"fees": 3}}`.
pub(super) fn money_within(key: &str, value: &Value) -> Vec<String> {
    let Value::Object(inside) = value else { return Vec::new() };
    let smells =
        |(name, value): &(&String, &Value)| smell_of(name) == Some(Smell::Money) && says_something(value);
    inside.iter().filter(smells).map(|(name, _)| format!("{key}.{name}")).collect()
}

/// Whether a value is anything but nothing or zero.
pub(super) fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    }
}
