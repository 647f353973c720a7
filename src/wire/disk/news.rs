//! The line of `news.jsonl.gz`.

use serde::Serialize;
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::json_line;
use crate::domain::{NewsItem, Refusal, Timestamp};
use crate::wire::SCHEMA;
use crate::wire::input::{JsonObject, NewsRecord, WireError, hash_of_extra, parse_object};

#[derive(Serialize)]
struct Line<'a> {
    news_id: &'a str,
    timestamp: String,
    symbol: Option<&'a str>,
    sector: Option<&'a str>,
    sentiment: f64,
    source: Option<&'a str>,
    headline_id: Option<&'a str>,
    extra: Option<&'a JsonObject>,
    schema: u32,
    _ts: String,
}

impl NewsRecord {
    /// The line of the record with its newline, as written at `now`.
    pub fn to_line(&self, now: Timestamp) -> Vec<u8> {
        let item = &self.item;
        json_line(&Line {
            news_id: &item.id(),
            timestamp: item.timestamp.to_string(),
            symbol: item.symbol.as_deref(),
            sector: item.sector.as_deref(),
            sentiment: item.sentiment,
            source: item.source.as_deref(),
            headline_id: item.headline_id.as_deref(),
            extra: Some(&self.extra).filter(|extra| !extra.is_empty()),
            schema: SCHEMA,
            _ts: now.to_string(),
        })
    }
}

/// When a stored piece of news was published, without a look at the rest of its line.
pub fn moment_of_news(line: &[u8]) -> Option<Timestamp> {
    #[derive(serde::Deserialize)]
    struct Moment<'a> {
        #[serde(borrow)]
        timestamp: std::borrow::Cow<'a, str>,
    }
    match serde_json::from_slice::<Moment<'_>>(line) {
        Ok(moment) => Timestamp::parse(&moment.timestamp).ok(),
        // Another program's JSON, which has words of its own for numbers that are none.
        Err(_) => read_stored_news(line).ok().map(|(item, _)| item.timestamp),
    }
}

/// Reads a stored piece of news, with when the line was written, where it says so.
///
/// # Errors
/// [`WireError`] when it is no such line.
pub fn read_stored_news(line: &[u8]) -> Result<(NewsItem, Option<Timestamp>), WireError> {
    let map = parse_object(line)?;
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    let missing = |field| WireError::from(Refusal::Missing { field });
    let moment = |key: &str| Timestamp::parse(text(key)?).ok();
    let sentiment = map.get("sentiment").and_then(Value::as_f64);
    let item = NewsItem {
        timestamp: moment("timestamp").ok_or_else(|| missing("timestamp"))?,
        symbol: text("symbol").map(str::to_owned),
        sector: text("sector").map(str::to_owned),
        sentiment: sentiment.ok_or_else(|| missing("sentiment"))?,
        source: text("source").map(str::to_owned),
        headline_id: text("headline_id").map(str::to_owned),
        rest: hash_of_extra(map.get("extra").and_then(Value::as_object)),
    };
    Ok((item.checked()?, moment("_ts")))
}

/// The id and the content of a stored piece of news. The id follows from what the line says, whoever wrote it.
pub fn news_content(line: &[u8]) -> Option<(String, u64)> {
    let (item, _) = read_stored_news(line).ok()?;
    Some((item.id(), xxh3_64(&item.sentiment.to_bits().to_le_bytes())))
}
