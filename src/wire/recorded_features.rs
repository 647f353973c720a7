//! The features and extras of records, as filters name them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::feature_key::feature_key;
use super::input::JsonObject;
use crate::domain::{FieldKind, FieldValue};

/// How a filter keeps a field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordField {
    /// A row of the table of fields that every record of its kind may have, by its place.
    Known(usize),
    /// A feature, by the form of [`feature_key`].
    Feature(String),
}

/// A field that every record of a kind may have; `G` finds its value.
#[derive(Debug)]
pub struct KnownField<G> {
    /// Its name.
    pub name: &'static str,
    /// Other names of it, besides those of the vocabulary.
    pub(super) aliases: &'static [&'static str],
    /// What it holds.
    pub kind: FieldKind,
    /// What it says.
    pub meaning: &'static str,
    pub(super) get: G,
}

/// The features that are on record, and what each holds.
#[derive(Clone, Debug, Default)]
pub struct RecordedFeatures {
    kinds: BTreeMap<String, FieldKind>,
}

impl RecordedFeatures {
    /// Notes the features and extras of a record.
    pub fn learn(&mut self, object: &JsonObject) {
        for key in ["features", "extra"] {
            let Some(Value::Object(inside)) = object.get(key) else { continue };
            for (name, value) in inside {
                let kind = match value_of(value) {
                    Some(FieldValue::Number(_)) => FieldKind::Number,
                    Some(_) => FieldKind::Text,
                    None => continue,
                };
                let key = feature_key(name);
                self.kinds.entry(key).or_insert(kind);
            }
        }
    }

    /// Adds what others learned.
    pub fn merge(&mut self, other: Self) {
        for (key, kind) in other.kinds {
            self.kinds.entry(key).or_insert(kind);
        }
    }

    /// The feature of a name and what it holds.
    pub(super) fn find(&self, name: &str) -> Option<(RecordField, FieldKind)> {
        let key = feature_key(name.strip_prefix("features.").unwrap_or(name));
        let kind = *self.kinds.get(&key)?;
        Some((RecordField::Feature(key), kind))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.kinds.keys().map(String::as_str)
    }
}

/// A feature by the form of its name.
pub(super) fn feature<'o>(object: &'o JsonObject, key: &str) -> Option<&'o Value> {
    let in_object = |name: &str| match object.get(name) {
        Some(Value::Object(inside)) => {
            inside.iter().find(|(name, _)| feature_key(name) == key).map(|(_, value)| value)
        }
        _ => None,
    };
    in_object("features").or_else(|| in_object("extra"))
}

/// A value as a filter compares it; a flag of a feature is 0 or 1, as the learner takes it.
pub(super) fn value_of(value: &Value) -> Option<FieldValue> {
    match value {
        Value::Number(number) => number.as_f64().map(FieldValue::Number),
        Value::Bool(flag) => Some(FieldValue::Number(f64::from(u8::from(*flag)))),
        Value::String(text) if !text.trim().is_empty() => Some(FieldValue::Text(text.trim().to_owned())),
        _ => None,
    }
}

/// The tags of a record: a list, or a text with commas, semicolons or bars between them.
pub(super) fn tags_of(object: &JsonObject) -> Option<FieldValue> {
    let tidy = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let tags: Vec<String> = match ["tags", "tag", "labels"].iter().find_map(|key| feature(object, key))? {
        Value::Array(list) => list.iter().filter_map(|tag| tidy(tag.as_str()?)).collect(),
        Value::String(text) => text.split([',', ';', '|']).filter_map(tidy).collect(),
        _ => return None,
    };
    (!tags.is_empty()).then_some(FieldValue::Texts(tags))
}

/// The known word that another one is, of which only the first `letters` count.
pub(super) fn one_of(field: &str, word: &str, known: &[&str], letters: usize) -> Result<String, String> {
    let begin: String = word.chars().take(letters).collect();
    let found = known.iter().find(|known| known.eq_ignore_ascii_case(&begin));
    found
        .map(|word| (*word).to_owned())
        .ok_or_else(|| format!("{field} is one of {}, not {word}", known.join(", ")))
}
