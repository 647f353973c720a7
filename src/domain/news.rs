//! A piece of news about a symbol or a sector, with how it sounds.

use super::{Refusal, Timestamp};

/// A piece of news.
#[derive(Clone, Debug, PartialEq)]
pub struct NewsItem {
    /// When it was published.
    pub timestamp: Timestamp,
    /// What it is about; there is a symbol, a sector or both.
    pub symbol: Option<String>,
    /// The sector that it is about.
    pub sector: Option<String>,
    /// How it sounds, from −1 to 1.
    pub sentiment: f64,
    /// Who published it.
    pub source: Option<String>,
    /// The publisher's own id of the headline.
    pub headline_id: Option<String>,
}

impl NewsItem {
    /// Checks an item.
    ///
    /// # Errors
    /// [`Refusal::NoSubject`] and [`Refusal::NotSentiment`].
    pub fn checked(self) -> Result<Self, Refusal> {
        let says = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        if !says(&self.symbol) && !says(&self.sector) {
            return Err(Refusal::NoSubject);
        }
        if !(-1.0..=1.0).contains(&self.sentiment) {
            return Err(Refusal::NotSentiment { value: self.sentiment });
        }
        Ok(self)
    }

    /// Made of time, source and headline, and of what it is about: a headline about two symbols is two items. An item
    /// without a headline's id is told from others by its sentiment.
    pub fn id(&self) -> String {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let headline = self.headline_id.clone().unwrap_or_else(|| format!("\u{1e}{}", self.sentiment));
        let moment = self.timestamp.to_string();
        let parts = [moment, text(&self.source), headline, text(&self.symbol), text(&self.sector)];
        format!("h{:032x}", xxhash_rust::xxh3::xxh3_128(parts.join("\u{1f}").as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> NewsItem {
        NewsItem {
            timestamp: Timestamp::parse("2026-03-02T15:00:00Z").unwrap(),
            symbol: Some("MSFT".into()),
            sector: None,
            sentiment: 0.5,
            source: Some("wire".into()),
            headline_id: Some("h-1".into()),
        }
    }

    #[test]
    fn time_source_headline_and_subject_tell_items_apart() {
        let same = NewsItem { sentiment: -0.5, ..item() };
        assert_eq!(item().id(), same.id(), "the same headline with another sentiment is a conflict");
        for other in [
            NewsItem { source: None, ..item() },
            NewsItem { headline_id: Some("h-2".into()), ..item() },
            NewsItem { symbol: Some("KO".into()), ..item() },
            NewsItem { timestamp: Timestamp::parse("2026-03-02T15:00:01Z").unwrap(), ..item() },
            NewsItem { headline_id: None, ..item() },
        ] {
            assert_ne!(item().id(), other.id(), "{other:?}");
        }
    }

    #[test]
    fn an_item_is_about_something_and_sounds_somehow() {
        assert!(item().checked().is_ok());
        assert!(NewsItem { symbol: None, sector: Some("Energy".into()), ..item() }.checked().is_ok());
        assert_eq!(NewsItem { symbol: Some(" ".into()), ..item() }.checked(), Err(Refusal::NoSubject));
        assert_eq!(
            NewsItem { sentiment: 1.01, ..item() }.checked(),
            Err(Refusal::NotSentiment { value: 1.01 })
        );
    }
}
