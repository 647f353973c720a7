//! What the news said before a moment: of the symbol, else of its sector.

use std::collections::HashMap;

use crate::domain::{Instruments, NewsItem, Timestamp};

/// The features: items of the 24 hours before, mean and last of their sentiment (−1 to 1), and minutes since the last.
pub const NEWS_FEATURES: [&str; 4] = ["news_n", "news_mean", "news_last", "news_age_minutes"];

/// How long an item counts, in microseconds.
const COUNTS_US: i64 = 86_400_000_000;

/// Items with their sentiment, in the order of time.
type Told = Vec<(Timestamp, f64)>;

/// News by what they are about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct News {
    by_symbol: HashMap<String, Told>,
    by_sector: HashMap<String, Told>,
    /// What the settings say of sectors.
    instruments: Instruments,
}

fn symbol_key(symbol: &str) -> String {
    symbol.trim().to_uppercase()
}

fn sector_key(sector: &str) -> String {
    sector.trim().to_lowercase()
}

/// The items that count at a moment: later than a day before it, and earlier than it.
fn before(told: &[(Timestamp, f64)], at: Timestamp) -> &[(Timestamp, f64)] {
    let end = told.partition_point(|item| item.0 < at);
    let begin = told[..end].partition_point(|item| item.0.micros() <= at.micros().saturating_sub(COUNTS_US));
    &told[begin..end]
}

impl News {
    /// Items, of one moment in the order in which they were recorded.
    pub fn new(items: impl IntoIterator<Item = NewsItem>, instruments: &Instruments) -> Self {
        let mut news = Self { instruments: instruments.clone(), ..Self::default() };
        for item in items {
            let told = (item.timestamp, item.sentiment);
            if let Some(symbol) = item.symbol.as_deref().map(symbol_key).filter(|key| !key.is_empty()) {
                news.by_symbol.entry(symbol).or_default().push(told);
            }
            if let Some(sector) = item.sector.as_deref().map(sector_key).filter(|key| !key.is_empty()) {
                news.by_sector.entry(sector).or_default().push(told);
            }
        }
        for told in news.by_symbol.values_mut().chain(news.by_sector.values_mut()) {
            told.sort_by_key(|item| item.0);
        }
        news
    }

    /// What was known of a symbol at a moment, in the order of [`NEWS_FEATURES`]: from the items about it, where there are
    /// none from those about its sector, which is the settings' or else the record's. Without any the number is 0 and the
    /// rest is missing.
    pub fn before(&self, symbol: Option<&str>, sector: Option<&str>, at: Timestamp) -> [Option<f64>; 4] {
        let own = symbol.and_then(|symbol| self.by_symbol.get(&symbol_key(symbol)));
        let own = own.map_or(&[][..], |told| before(told, at));
        let told = if own.is_empty() {
            let set = symbol.and_then(|symbol| self.instruments.sector(symbol));
            let of_sector = set.or(sector).and_then(|sector| self.by_sector.get(&sector_key(sector)));
            of_sector.map_or(&[][..], |told| before(told, at))
        } else {
            own
        };
        let Some((last_at, last)) = told.last() else { return [Some(0.0), None, None, None] };
        let n = told.len() as f64;
        let mean = told.iter().map(|item| item.1).sum::<f64>() / n;
        [Some(n), Some(mean), Some(*last), Some(at.minutes_since(*last_at))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::InstrumentRule;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(&format!("2026-03-{text}:00Z")).unwrap()
    }

    fn item(symbol: Option<&str>, sector: Option<&str>, time: &str, sentiment: f64) -> NewsItem {
        NewsItem {
            timestamp: at(time),
            symbol: symbol.map(str::to_owned),
            sector: sector.map(str::to_owned),
            sentiment,
            source: None,
            headline_id: None,
        }
    }

    #[test]
    fn only_what_came_before_counts_and_for_a_day() {
        let items = [
            item(Some("msft"), None, "03T15:00", 0.9),
            item(Some("MSFT"), None, "02T14:59", 0.5),
            item(Some("MSFT"), None, "02T20:00", -0.5),
            item(Some("MSFT"), None, "03T14:59", 0.25),
        ];
        let news = News::new(items, &Instruments::default());
        let found = news.before(Some("MSFT"), None, at("03T15:00"));
        assert_eq!(found, [Some(2.0), Some(-0.125), Some(0.25), Some(1.0)], "not that of the same moment");
        assert_eq!(news.before(Some("MSFT"), None, at("02T14:59")), [Some(0.0), None, None, None]);
        assert_eq!(news.before(Some("KO"), None, at("03T15:00"))[0], Some(0.0));
        assert_eq!(news.before(None, None, at("03T15:00"))[0], Some(0.0));
    }

    #[test]
    fn without_news_of_its_own_a_symbol_has_those_of_its_sector() {
        let rule = InstrumentRule {
            pattern: "XOM".into(),
            sector: Some("Energy".into()),
            ..InstrumentRule::default()
        };
        let instruments = Instruments { rules: vec![rule], ..Instruments::default() };
        let items = [
            item(None, Some("energy"), "03T12:00", -0.5),
            item(Some("CVX"), Some("Energy "), "03T13:00", -0.25),
            item(None, Some("health"), "03T12:00", 1.0),
        ];
        let news = News::new(items, &instruments);
        let mean = |symbol, sector| news.before(Some(symbol), sector, at("03T15:00"))[1];
        assert_eq!(mean("XOM", Some("health")), Some(-0.375), "the settings know better");
        assert_eq!(mean("JNJ", Some("Health")), Some(1.0));
        assert_eq!(mean("CVX", Some("health")), Some(-0.25), "its own come first");
        assert_eq!(mean("KO", None), None);
    }
}
