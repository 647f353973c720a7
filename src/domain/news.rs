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
    /// A hash of whatever else its record says; 0 for nothing.
    pub rest: u64,
}

/// The one form of a symbol among news.
pub fn symbol_key(symbol: &str) -> String {
    symbol.trim().to_uppercase()
}

/// The one form of a sector among news.
pub fn sector_key(sector: &str) -> String {
    sector.trim().to_lowercase()
}

impl NewsItem {
    /// Checks an item.
    ///
    /// # Errors
    /// [`Refusal::NoSubject`], [`Refusal::SeveralSymbols`] and [`Refusal::NotSentiment`].
    pub fn checked(self) -> Result<Self, Refusal> {
        let says = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        if !says(&self.symbol) && !says(&self.sector) {
            return Err(Refusal::NoSubject);
        }
        if let Some(symbols) = self.symbol.as_ref().filter(|symbol| symbol.contains([',', ';'])) {
            return Err(Refusal::SeveralSymbols { symbols: symbols.clone() });
        }
        if !(-1.0..=1.0).contains(&self.sentiment) {
            return Err(Refusal::NotSentiment { value: self.sentiment });
        }
        // −0 is 0.
        Ok(Self { sentiment: self.sentiment + 0.0, ..self })
    }

    /// Made of time, source and headline, and of what it is about: a headline about two symbols is two items. An item
    /// without a headline's id is told from others by its sentiment and by whatever else its record says.
    pub fn id(&self) -> String {
        let headline = match &self.headline_id {
            Some(id) => format!("id {id}"),
            None => format!("{} {:016x}", self.sentiment, self.rest),
        };
        let moment = self.timestamp.to_string();
        let (symbol, sector) =
            (self.symbol.as_deref().map(symbol_key), self.sector.as_deref().map(sector_key));
        let parts = [Some(&moment), self.source.as_ref(), Some(&headline), symbol.as_ref(), sector.as_ref()];
        // Each with its length, so that no separator within one makes two of it.
        let mut text = String::new();
        for part in parts.map(|part| part.map_or("", String::as_str)) {
            text.push_str(&format!("{}:{part}", part.len()));
        }
        format!("h{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
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
            rest: 0,
        }
    }

    #[test]
    fn time_source_headline_and_subject_tell_items_apart() {
        let same = NewsItem { sentiment: -0.5, rest: 7, ..item() };
        assert_eq!(item().id(), same.id(), "the same headline with another sentiment is a conflict");
        let folded = NewsItem { symbol: Some(" msft".into()), sector: Some(String::new()), ..item() };
        assert_eq!(item().id(), folded.id());
        for other in [
            NewsItem { source: None, ..item() },
            NewsItem { headline_id: Some("h-2".into()), ..item() },
            NewsItem { symbol: Some("KO".into()), ..item() },
            NewsItem { timestamp: Timestamp::parse("2026-03-02T15:00:01Z").unwrap(), ..item() },
            NewsItem { headline_id: None, ..item() },
        ] {
            assert_ne!(item().id(), other.id(), "{other:?}");
        }
        let text = |source: &str, id: &str| {
            NewsItem { source: Some(source.into()), headline_id: Some(id.into()), ..item() }.id()
        };
        assert_ne!(text("a\u{1f}b", "c"), text("a", "b\u{1f}c"), "no separator makes two of one");
    }

    #[test]
    fn without_an_id_sentiment_and_the_rest_tell_headlines_apart() {
        let bare = |sentiment: f64, rest: u64| {
            NewsItem { headline_id: None, sentiment, rest, ..item() }.checked().unwrap().id()
        };
        assert_ne!(bare(0.5, 1), bare(0.5, 2));
        assert_ne!(bare(0.5, 1), bare(0.25, 1));
        assert_eq!(bare(-0.0, 1), bare(0.0, 1));
        let plain = NewsItem { headline_id: Some("0.5".into()), ..item() };
        assert_ne!(plain.id(), bare(0.5, 0));
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
