//! News that a record carries among its features, and that came after it: what it says cannot have been known.

use serde_json::Value;

use super::fields::Fields;
use super::json::JsonObject;
use crate::domain::{Refusal, Timestamp};

/// Whether a feature speaks of news.
pub(in crate::wire) fn is_of_news(name: &str) -> bool {
    name.trim_start().get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("news"))
}

/// The moment that a value says: a time with a zone, or under a name of a time seconds or milliseconds since 1970.
fn moment(name: &str, value: &Value) -> Option<Timestamp> {
    if let Value::String(text) = value {
        return Timestamp::parse(text).ok();
    }
    let name = name.to_ascii_lowercase();
    let is_time = ["time", "timestamp", "_ts", "_at"].iter().any(|end| name.ends_with(end));
    let number = value.as_f64().filter(|number| is_time && *number >= 1e9)?;
    let millis = if number < 1e11 { number * 1e3 } else { number };
    (millis < 1e14).then(|| Timestamp::from_millis(millis as i64)).flatten()
}

/// The latest item of news that `features` give a time of, where it is later than `at`.
pub(in crate::wire) fn later_news(features: &JsonObject, at: Timestamp) -> Option<Timestamp> {
    let times = features.iter().filter(|(name, _)| is_of_news(name));
    times.filter_map(|(name, value)| moment(name, value)).filter(|time| *time > at).max()
}

/// Refuses a record whose features give an item of news a time later than the record's own.
///
/// # Errors
/// [`Refusal::LaterNews`].
pub(super) fn no_later_news(features: Option<&JsonObject>, at: Timestamp) -> Result<(), Refusal> {
    match features.and_then(|features| later_news(features, at)) {
        Some(news) => Err(Refusal::LaterNews { news: news.to_string(), at: at.to_string() }),
        None => Ok(()),
    }
}

/// Of a trade, which is worth keeping without: puts news aside that are later than its entry.
pub(super) fn put_later_news_aside(
    features: Option<&mut JsonObject>,
    at: Timestamp,
    fields: &mut Fields<'_>,
) {
    let Some((features, news)) = features.and_then(|features| {
        let news = later_news(features, at)?;
        Some((features, news))
    }) else {
        return;
    };
    let names: Vec<String> = features.keys().filter(|name| is_of_news(name)).cloned().collect();
    for name in names {
        if let Some(value) = features.shift_remove(&name) {
            fields.put_aside(&name, value);
        }
    }
    fields.warn(format!("features has news of {news}, later than the entry ({at}): kept under extra, the record goes without it"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::parse_object;

    #[test]
    fn an_item_that_is_later_is_found_however_its_time_is_written() {
        let at = Timestamp::parse("2026-03-02T15:00:00Z").unwrap();
        let later =
            |text: &str| later_news(&parse_object(text.as_bytes()).unwrap(), at).map(|t| t.to_string());
        let found = Some("2026-03-02T15:00:01Z".to_owned());
        assert_eq!(later(r#"{"news_mean":0.5,"news_time":"2026-03-02T15:00:01Z"}"#), found);
        assert_eq!(later(r#"{"newsLastTimestamp":"2026-03-02T10:00:01-05:00"}"#), found);
        assert_eq!(later(r#"{"news_ts":1772463601}"#), found);
        assert_eq!(later(r#"{"news_at":1772463601000}"#), found);
        for earlier in [
            r#"{"news_time":"2026-03-02T15:00:00Z"}"#,
            r#"{"news_time":"soon","news_n":1772463601,"bar_time":"2026-03-02T15:00:01Z"}"#,
            r#"{"news_ts":17,"news_at":null}"#,
        ] {
            assert_eq!(later(earlier), None, "{earlier}");
        }
    }
}
