//! The features and extras of records, as filters name them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::feature_key::feature_key;
use super::input::{JsonObject, Kind, Rank, meaning_of};
use crate::domain::{FieldKind, FieldValue, Market, Side, Timestamp, WEEKDAYS};

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

impl<G> KnownField<G> {
    /// A row of a table.
    pub(super) const fn new(
        name: &'static str,
        aliases: &'static [&'static str],
        kind: FieldKind,
        meaning: &'static str,
        get: G,
    ) -> Self {
        Self { name, aliases, kind, meaning, get }
    }
}

/// The place of a field in the table of its kind of records, by any of its names.
pub(super) fn place_of<G>(table: &[KnownField<G>], kind: Kind, name: &str) -> Option<usize> {
    let at = |key: &str| table.iter().position(|field| field.name == key || field.aliases.contains(&key));
    at(&feature_key(name)).or_else(|| {
        let meaning = meaning_of(name, kind).filter(|meaning| meaning.rank >= Rank::Certain)?;
        at(meaning.field.as_str())
    })
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

    /// The field of a name and what it holds: one of the table, else a feature.
    pub(super) fn find_beside<G>(
        &self,
        table: &[KnownField<G>],
        kind: Kind,
        name: &str,
    ) -> Option<(RecordField, FieldKind)> {
        match place_of(table, kind, name) {
            Some(at) => Some((RecordField::Known(at), table[at].kind)),
            None => self.find(name),
        }
    }

    /// The names of all fields, those of the table first.
    pub(super) fn names_beside<'n, G>(&'n self, table: &[KnownField<G>]) -> Vec<&'n str> {
        table.iter().map(|field| field.name).chain(self.names()).collect()
    }

    /// The feature of a name and what it holds.
    fn find(&self, name: &str) -> Option<(RecordField, FieldKind)> {
        let key = feature_key(name.strip_prefix("features.").unwrap_or(name));
        let kind = *self.kinds.get(&key)?;
        Some((RecordField::Feature(key), kind))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
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

/// Minutes of a moment behind the open of its session, by the calendar of a symbol; below 0 before it.
pub(super) fn minutes_since_open(market: &Market, symbol: &str, at: Timestamp) -> Option<f64> {
    let calendar = market.of_symbol(symbol);
    Some(at.minutes_since(calendar.session(calendar.trading_date(at))?.open))
}

/// The hour of a moment, local to the market of a symbol.
pub(super) fn local_hour(market: &Market, symbol: &str, at: Timestamp) -> Option<f64> {
    let local = market.of_symbol(symbol).local(at);
    local.rsplit(' ').next()?.get(..2)?.parse().ok()
}

/// A word of an expression as records have it: sides, weekdays, and the words that a kind of records has `own` for a field.
///
/// # Errors
/// That it is none of those that the field knows.
pub(super) fn known_word(field: &str, word: &str, own: &[(&str, &[&str])]) -> Result<String, String> {
    match field {
        "side" => Side::parse(word)
            .map(|side| side.as_position().to_owned())
            .map_err(|_| format!("side is long or short, not {word}")),
        "weekday" => one_of(field, word, &WEEKDAYS, 3),
        _ => match own.iter().find(|(of, _)| *of == field) {
            Some((_, known)) => one_of(field, word, known, usize::MAX),
            None => Ok(word.to_owned()),
        },
    }
}

/// The known word that another one is, of which only the first `letters` count.
fn one_of(field: &str, word: &str, known: &[&str], letters: usize) -> Result<String, String> {
    let begin: String = word.chars().take(letters).collect();
    let found = known.iter().find(|known| known.eq_ignore_ascii_case(&begin));
    found
        .map(|word| (*word).to_owned())
        .ok_or_else(|| format!("{field} is one of {}, not {word}", known.join(", ")))
}
