//! News that a record carries among its features, and that came after it: what it says cannot have been known.

use serde_json::Value;

use super::fields::Fields;
use super::json::JsonObject;
use super::raw::Raw;
use super::time_parts::TimeRules;
use super::times::{epoch, read_time};
use super::vocabulary::Field;
use crate::domain::{Refusal, Timestamp};
use crate::wire::feature_key::feature_key;

/// Words of a name under which a number is a moment.
const TIMES: [&str; 8] = ["time", "timestamp", "ts", "at", "date", "datetime", "epoch", "published"];

/// Units that may follow such a word, and that the age of an item may have, with their microseconds.
const UNITS: [(&str, f64); 22] = [
    ("d", 86_400e6),
    ("days", 86_400e6),
    ("h", 3_600e6),
    ("hours", 3_600e6),
    ("hrs", 3_600e6),
    ("m", 60e6),
    ("min", 60e6),
    ("mins", 60e6),
    ("minutes", 60e6),
    ("s", 1e6),
    ("sec", 1e6),
    ("secs", 1e6),
    ("seconds", 1e6),
    ("ms", 1e3),
    ("millis", 1e3),
    ("milliseconds", 1e3),
    ("us", 1.0),
    ("micros", 1.0),
    ("microseconds", 1.0),
    ("ns", 1e-3),
    ("nanos", 1e-3),
    ("nanoseconds", 1e-3),
];

/// Words of what is announced: that it lies ahead was known.
const AHEAD: [&str; 3] = ["next", "upcoming", "scheduled"];

/// Words, besides news, for what is read and sounds good or bad.
const KINDS: [&str; 7] = ["headline", "headlines", "sentiment", "article", "articles", "tweet", "tweets"];

/// Words for how long ago an item came; below zero it is still to come.
const AGES: [&str; 3] = ["age", "ago", "lag"];

/// Whether a feature says what the news said. `key` is in the form of [`feature_key`].
pub(crate) fn is_of_news(key: &str) -> bool {
    let first = key.split('_').next().unwrap_or(key);
    first == "news" || KINDS.contains(&first)
}

/// Whether a feature of this name may say when an item of news came.
pub(in crate::wire) fn may_be_news(name: &str) -> bool {
    let has = |word: &[u8]| name.as_bytes().windows(word.len()).any(|w| w.eq_ignore_ascii_case(word));
    [&b"news"[..], b"headline", b"sentiment", b"article", b"tweet"].into_iter().any(has)
}

fn unit_us(word: &str) -> Option<f64> {
    UNITS.iter().find(|(unit, _)| *unit == word).map(|(_, micros)| *micros)
}

/// Whether a name stands for a moment: its last word does, or the one before a unit.
fn is_time(key: &str) -> bool {
    let mut words = key.rsplit('_').filter(|word| !word.is_empty());
    let is_one = |word: &str| TIMES.contains(&word.strip_prefix("news").unwrap_or(word));
    let last = words.next().unwrap_or_default();
    let is_unit = unit_us(last).is_some() || matches!(last, "utc" | "unix");
    is_one(last) || (is_unit && words.next().is_some_and(is_one))
}

/// Whether a name speaks of news at all.
fn speaks_of_news(key: &str) -> bool {
    let is_one = |word: &str| {
        let is_time_of_news = || word.strip_prefix("news").is_some_and(|rest| TIMES.contains(&rest));
        word == "news" || KINDS.contains(&word) || is_time_of_news()
    };
    key.split('_').any(is_one)
}

/// A count since 1970 in the unit that its size tells: seconds, milliseconds, microseconds or nanoseconds.
fn since_1970(value: &Value) -> Option<Timestamp> {
    let number = value.as_f64().filter(|number| (1e9..1e19).contains(number))?;
    let (times, parts) = match number {
        n if n < 1e11 => (1_000_000, 1),
        n if n < 1e14 => (1_000, 1),
        n if n < 1e17 => (1, 1),
        _ => (1, 1_000),
    };
    let whole = value.as_i64().and_then(|whole| Some(whole.checked_mul(times)? / parts));
    let micros = whole.unwrap_or_else(|| (number * times as f64 / parts as f64).round() as i64);
    // Within the years that times may have.
    Timestamp::parse(&Timestamp::from_micros(micros).to_string()).ok()
}

/// The moment that a value says.
fn moment(key: &str, value: &Value, rules: &TimeRules) -> Option<Timestamp> {
    match value {
        Value::Number(_) if is_time(key) => since_1970(value),
        // Digits alone may be the number of a headline.
        Value::String(text) if text.trim().bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') => {
            if is_time(key) {
                epoch(text.trim()).flatten()
            } else {
                None
            }
        }
        Value::String(text) => read_time(text, rules).ok().map(|read| read.at),
        _ => None,
    }
}

/// How far in the future an item lies whose age is below zero; minutes where no unit is said.
fn ahead_us(key: &str, value: &Value) -> Option<i64> {
    if !key.split('_').any(|word| AGES.contains(&word)) {
        return None;
    }
    // The unit stands in the name, before or after such a word, or behind the number: -3m.
    let text = value.as_str().map(str::trim).unwrap_or_default();
    let (digits, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let age: f64 = value.as_f64().or_else(|| digits.trim().parse().ok()).filter(|age| *age < 0.0)?;
    let of_name = || key.rsplit('_').find_map(unit_us);
    let unit = unit_us(&unit.trim().to_ascii_lowercase()).or_else(of_name).unwrap_or(60e6);
    Some(((-age * unit) as i64).max(1))
}

/// What features say of the times of news.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::wire) struct NewsTimes {
    /// The latest moment that is stated.
    pub latest: Option<Timestamp>,
    /// How long after the record's own moment an item came whose age is below zero, in microseconds.
    ahead_us: Option<i64>,
}

impl NewsTimes {
    /// Reads them; a time without a zone is of that of `rules`, and none without one.
    pub(in crate::wire) fn of(features: &JsonObject, rules: &TimeRules) -> Self {
        let mut found = Self::default();
        features.iter().for_each(|(name, value)| found.see(name, value, false, rules));
        found
    }

    fn of_one(name: &str, value: &Value, rules: &TimeRules) -> Self {
        let mut found = Self::default();
        found.see(name, value, false, rules);
        found
    }

    /// `within`: whether what it stands in is of news.
    fn see(&mut self, name: &str, value: &Value, within: bool, rules: &TimeRules) {
        let is_nested = matches!(value, Value::Object(_) | Value::Array(_));
        if !within && !is_nested && !may_be_news(name) {
            return;
        }
        let key = feature_key(name);
        if key.split('_').any(|word| AHEAD.contains(&word)) {
            return;
        }
        let of_news = within || speaks_of_news(&key);
        match value {
            Value::Object(map) => map.iter().for_each(|(name, value)| self.see(name, value, of_news, rules)),
            Value::Array(list) => list.iter().for_each(|value| self.see(name, value, of_news, rules)),
            _ if of_news => {
                self.latest = self.latest.max(moment(&key, value, rules));
                self.ahead_us = self.ahead_us.max(ahead_us(&key, value));
            }
            _ => {}
        }
    }

    /// Whether there are any that a record without a moment of its own cannot be held against.
    pub(in crate::wire) fn is_any(self) -> bool {
        self.latest.is_some() || self.ahead_us.is_some()
    }

    /// The latest, where it is later than `at`.
    pub(in crate::wire) fn later_than(self, at: Timestamp) -> Option<Timestamp> {
        let ahead = self.ahead_us.map(|ahead| Timestamp::from_micros(at.micros().saturating_add(ahead)));
        self.latest.max(ahead).filter(|time| *time > at)
    }
}

/// How times are read that stand among features: as the others of the input, else in the account's zone.
fn rules_of(fields: &Fields<'_>) -> TimeRules {
    let conventions = fields.conventions();
    TimeRules { zone: conventions.times.zone.or(conventions.account_zone), ..conventions.times }
}

/// Refuses a record whose features give an item of news a time later than the record's own.
///
/// # Errors
/// [`Refusal::LaterNews`].
pub(super) fn no_later_news(
    features: Option<&JsonObject>,
    at: Timestamp,
    fields: &Fields<'_>,
) -> Result<(), Refusal> {
    let rules = rules_of(fields);
    match features.and_then(|features| NewsTimes::of(features, &rules).later_than(at)) {
        Some(news) => Err(Refusal::LaterNews { news: news.to_string(), at: at.to_string() }),
        None => Ok(()),
    }
}

/// Of a trade or a fill, which is worth keeping without: puts news aside that are later than its entry. Without the time of
/// an entry nothing says that they are not, and any with a time go.
pub(super) fn put_later_news_aside(
    features: Option<&mut JsonObject>,
    entered: Option<Timestamp>,
    fields: &mut Fields<'_>,
) {
    let Some(features) = features else { return };
    let rules = rules_of(fields);
    let is_late = |times: NewsTimes| match entered {
        Some(at) => times.later_than(at).is_some(),
        None => times.is_any(),
    };
    let times = NewsTimes::of(features, &rules);
    if !is_late(times) {
        return;
    }
    let goes = |name: &str, value: &Value| {
        is_of_news(&feature_key(name)) || is_late(NewsTimes::of_one(name, value, &rules))
    };
    let names = features.iter().filter(|(name, value)| goes(name, value)).map(|(name, _)| name.clone());
    for name in names.collect::<Vec<_>>() {
        if let Some(value) = features.shift_remove(&name) {
            put_beside(fields, name, value);
        }
    }
    let news = match entered {
        Some(at) => times.later_than(at),
        None => times.latest,
    };
    let of = news.map_or(String::new(), |news| format!(" of {news}"));
    let why = match entered {
        Some(at) => format!("later than the entry ({at})"),
        None => "and the record has no time of entry to hold it against".to_owned(),
    };
    fields.warn(format!("features has news{of}, {why}: kept under extra, the record goes without it"));
}

/// Puts a feature aside without taking the place of what is there.
fn put_beside(fields: &mut Fields<'_>, mut name: String, value: Value) {
    let is_taken = |fields: &Fields<'_>, name: &str| {
        let own = matches!(fields.peek(Field::Extra), Some(Raw::Json(Value::Object(own))) if own.contains_key(name));
        own || fields.is_aside(name)
    };
    while is_taken(fields, &name) {
        name.insert_str(0, "features.");
    }
    fields.put_aside(&name, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::parse_object;

    fn later(text: &str) -> Option<String> {
        let at = Timestamp::parse("2026-03-02T15:00:00Z").unwrap();
        let rules = TimeRules { zone: Some(chrono_tz::America::New_York), order: None };
        NewsTimes::of(&parse_object(text.as_bytes()).unwrap(), &rules).later_than(at).map(|t| t.to_string())
    }

    #[test]
    fn an_item_that_is_later_is_found_however_its_time_is_written() {
        for text in [
            r#"{"news_mean":0.5,"news_time":"2026-03-02T15:00:01Z"}"#,
            r#"{"newsLastTimestamp":"2026-03-02T10:00:01-05:00"}"#,
            r#"{"news_ts":1772463601}"#,
            r#"{"news_at":1772463601000}"#,
            r#"{"news_time_us":1772463601000000}"#,
            r#"{"newsTimeNs":1772463601000000000}"#,
            r#"{"news_ts":"1772463601"}"#,
            r#"{"last-news-time":1772463601.0}"#,
            r#"{"headline_published":"2026-03-02 10:00:01"}"#,
            r#"{"newstime":1772463601}"#,
            r#"{"news":{"time":1772463601,"score":0.1}}"#,
            r#"{"news":[{"at":"2026-03-02T09:00:00Z"},{"at":"2026-03-02T15:00:01Z"}]}"#,
            r#"{"news_times":["2026-03-02T15:00:01Z"]}"#,
            r#"{"feed":{"headline":{"ts":1772463601000}}}"#,
            r#"{"news_age_seconds":-1}"#,
            r#"{"newsAgeMs":"-1000"}"#,
            r#"{"sentiment":0.4,"sentiment_time":"2026-03-02T15:00:01Z"}"#,
            r#"{"last_article_ts":1772463601}"#,
            r#"{"tweetTime":1772463601}"#,
            r#"{"news_age":"-1s"}"#,
            r#"{"news_lag_s":-1}"#,
            r#"{"news_seconds_ago":-1}"#,
        ] {
            assert_eq!(later(text).as_deref(), Some("2026-03-02T15:00:01Z"), "{text}");
        }
        for text in [
            r#"{"news_age_minutes":-2.0}"#,
            r#"{"news_age":"-2m"}"#,
            r#"{"news_minutes_ago":-2}"#,
            r#"{"news_age":-2}"#,
        ] {
            assert_eq!(later(text).as_deref(), Some("2026-03-02T15:02:00Z"), "{text}");
        }
    }

    #[test]
    fn what_is_earlier_announced_or_no_time_is_left_alone() {
        for text in [
            r#"{"news_time":"2026-03-02T15:00:00Z"}"#,
            r#"{"news_time":"soon","news_n":1772463601,"bar_time":"2026-03-02T15:00:01Z"}"#,
            r#"{"news_ts":17,"news_at":null,"news_age_minutes":3}"#,
            r#"{"next_news_time":"2026-03-03T15:00:01Z","news":{"scheduledAt":1779999999}}"#,
            r#"{"upcoming_headline":{"time":"2026-03-03T15:00:01Z"}}"#,
            r#"{"news_id":"1772463601","headline_id":1772463601,"newspaper_ts":1772463601}"#,
            r#"{"headline":"10:00:01 Profits up","headline_published":"2026-03-02 10:00:00"}"#,
            r#"{"news_ts":1e300}"#,
            r#"{"sentiment":-0.4,"tweet_count":1772463601,"news_minutes_ago":5,"market_lag_s":-30}"#,
            r#"{"news_age":"3m","news_average":-2}"#,
        ] {
            assert_eq!(later(text), None, "{text}");
        }
    }
}
