//! A piece of news, from its JSON.

use serde_json::Value;

use super::fields::Fields;
use super::json::{JsonObject, WireError};
use super::raw::Raw;
use super::vocabulary::Field;
use crate::domain::{NewsItem, Refusal};
use crate::wire::Read;

/// A piece of news with what rides along in its record.
#[derive(Clone, Debug)]
pub struct NewsRecord {
    /// The item.
    pub item: NewsItem,
    /// Keys of the input that this program does not know.
    pub extra: JsonObject,
}

/// A hash of what rides along, whatever the order of its keys; 0 for nothing.
pub(in crate::wire) fn hash_of_extra(extra: Option<&JsonObject>) -> u64 {
    fn write(value: &Value, text: &mut String) {
        match value {
            Value::Object(map) => {
                let mut keys: Vec<&String> = map.keys().collect();
                keys.sort_unstable();
                text.push('{');
                for key in keys {
                    text.push_str(&Value::from(key.as_str()).to_string());
                    text.push(':');
                    write(&map[key], text);
                    text.push(',');
                }
                text.push('}');
            }
            Value::Array(list) => {
                text.push('[');
                for value in list {
                    write(value, text);
                    text.push(',');
                }
                text.push(']');
            }
            plain => text.push_str(&plain.to_string()),
        }
    }
    let Some(extra) = extra.filter(|extra| !extra.is_empty()) else { return 0 };
    let mut text = String::new();
    write(&Value::Object(extra.clone()), &mut text);
    xxhash_rust::xxh3::xxh3_64(text.as_bytes())
}

/// Reads a piece of news.
///
/// # Errors
/// The refusal that applies first.
pub fn read_news(mut fields: Fields<'_>) -> Result<Read<NewsRecord>, WireError> {
    fields.no_clash()?;
    // A list stands for as many items.
    if let Some(Raw::Json(Value::Array(list))) = fields.peek(Field::Symbol) {
        let named: Vec<String> =
            list.iter().map(|one| one.as_str().map_or(one.to_string(), str::to_owned)).collect();
        return Err(Refusal::SeveralSymbols { symbols: named.join(", ") }.into());
    }
    let item = NewsItem {
        timestamp: fields.time(Field::Timestamp)?.at,
        symbol: fields.optional_text(Field::Symbol),
        sector: fields.optional_text(Field::Sector),
        sentiment: fields.number(Field::Sentiment)?.value,
        source: fields.optional_text(Field::Source),
        headline_id: fields.optional_text(Field::HeadlineId),
        rest: 0,
    }
    .checked()?;
    let rest = fields.finish();
    let item = NewsItem { rest: hash_of_extra(Some(&rest.extra)), ..item };
    Ok(Read { record: NewsRecord { item, extra: rest.extra }, warnings: rest.warnings })
}
