//! What the news said before a moment: of the symbol, else of its sector.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::domain::{Instruments, NewsItem, Timestamp, sector_key, symbol_key};

/// The features: items of the 24 hours before, mean and last of their sentiment (−1 to 1), and minutes since the last.
pub const NEWS_FEATURES: [&str; 4] = ["news_n", "news_mean", "news_last", "news_age_minutes"];

/// How long an item counts, in microseconds.
const COUNTS_US: i64 = 86_400_000_000;

/// An item recorded within so many microseconds of its time was recorded live, whatever else: it was known once it was there.
const LIVE_US: i64 = 86_400_000_000;

/// One item; moments are in microseconds, as a cache keeps them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Told {
    /// When it was published.
    at_us: i64,
    /// From when on it was known.
    known_us: i64,
    sentiment: f64,
    /// Which headline of which source it is, where that is said.
    headline: Option<u64>,
}

/// When an item was known: once it was published and, where it was recorded live, recorded. An item of before the log was begun,
/// recorded a day later or more, was brought in from an archive, and is taken as known when it was published. One that was
/// published since and comes a day late or more was not known: the feed was down.
fn known_at(published: Timestamp, written: Option<Timestamp>, begun_us: Option<i64>) -> Timestamp {
    let is_live = |written: &Timestamp| {
        written.micros().saturating_sub(published.micros()) < LIVE_US
            || begun_us.is_some_and(|begun_us| published.micros() >= begun_us)
    };
    written.filter(is_live).map_or(published, |written| written.max(published))
}

/// News by what they are about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct News {
    by_symbol: BTreeMap<String, Vec<Told>>,
    by_sector: BTreeMap<String, Vec<Told>>,
    /// When the first item of the log was published, in microseconds; nothing is said of the day after it.
    first_us: Option<i64>,
    /// When the first line of the log was written: what is older comes from an archive.
    begun_us: Option<i64>,
    /// What the settings say of sectors, which no cache keeps.
    #[serde(skip)]
    instruments: Instruments,
}

impl News {
    /// A number that changes with every item that can count before a moment, with whom it is of, and with what the settings say of
    /// sectors.
    pub fn mark(&self, until: Timestamp) -> u64 {
        let told = self.by_symbol.iter().chain(&self.by_sector);
        let counts = |item: &&Told| item.at_us.max(item.known_us) < until.micros();
        let sectors: Vec<_> =
            self.instruments.rules.iter().map(|rule| (&rule.pattern, &rule.sector)).collect();
        let of_settings = xxhash_rust::xxh3::xxh3_64(format!("{sectors:?}").as_bytes());
        told.fold(of_settings, |mark, (name, items)| {
            let of_name = xxhash_rust::xxh3::xxh3_64_with_seed(name.as_bytes(), mark);
            items.iter().filter(counts).fold(of_name, |mark, item| {
                let bits = [
                    item.at_us as u64,
                    item.known_us as u64,
                    item.sentiment.to_bits(),
                    item.headline.unwrap_or_default(),
                ];
                bits.iter()
                    .fold(mark, |mark, bits| xxhash_rust::xxh3::xxh3_64_with_seed(&bits.to_le_bytes(), mark))
            })
        })
    }
}

/// The items that count at a moment: later than a day before it and known before it, each headline once.
fn before(told: &[Told], at: Timestamp) -> Vec<Told> {
    let at_us = at.micros();
    let end = told.partition_point(|item| item.at_us < at_us);
    let begin = told[..end].partition_point(|item| item.at_us <= at_us.saturating_sub(COUNTS_US));
    let mut headlines = HashSet::new();
    let mut counts =
        |item: &&Told| item.known_us < at_us && item.headline.is_none_or(|one| headlines.insert(one));
    told[begin..end].iter().filter(|item| counts(item)).copied().collect()
}

/// Which headline of which source an item is.
fn headline_of(item: &NewsItem) -> Option<u64> {
    let id = item.headline_id.as_deref()?;
    let source = item.source.as_deref().unwrap_or_default();
    Some(xxhash_rust::xxh3::xxh3_64(format!("{}:{source}{id}", source.len()).as_bytes()))
}

impl News {
    /// No items yet, of a log whose first one is of `first`: none for one that is empty.
    pub fn new(first: Option<Timestamp>, instruments: &Instruments) -> Self {
        Self { first_us: first.map(Timestamp::micros), instruments: instruments.clone(), ..Self::default() }
    }

    /// The same, of a log whose first line was written at that moment.
    #[must_use]
    pub fn begun(self, begun: Option<Timestamp>) -> Self {
        Self { begun_us: begun.map(Timestamp::micros), ..self }
    }

    /// Takes in that an item of the log is of that moment, though it is not among these.
    pub fn reach_back(&mut self, first: Option<Timestamp>) {
        let earlier = first.map(Timestamp::micros).into_iter().chain(self.first_us);
        self.first_us = earlier.min();
    }

    /// The same items under the settings of today.
    #[must_use]
    pub fn with(self, instruments: &Instruments) -> Self {
        Self { instruments: instruments.clone(), ..self }
    }

    /// Whether both say the same of every moment that is later than `since` by a day or more.
    pub fn agrees(&self, other: &Self, since: Timestamp) -> bool {
        let reaches = |news: &Self| news.first_us.map(|first| first.max(since.micros()));
        self.by_symbol == other.by_symbol
            && self.by_sector == other.by_sector
            && reaches(self) == reaches(other)
    }

    /// Forgets the items of a moment or before it. What is asked of moments a day later is the same without them.
    pub fn forget(&mut self, until: Timestamp) {
        for by in [&mut self.by_symbol, &mut self.by_sector] {
            by.values_mut().for_each(|told| told.retain(|item| item.at_us > until.micros()));
            by.retain(|_, told| !told.is_empty());
        }
    }

    /// Adds items, each with when it was written, of one moment in the order in which they were recorded.
    pub fn extend(&mut self, items: impl IntoIterator<Item = (NewsItem, Option<Timestamp>)>) {
        for (item, written) in items {
            let at_us = item.timestamp.micros();
            self.reach_back(Some(item.timestamp));
            let (known_us, headline) =
                (known_at(item.timestamp, written, self.begun_us).micros(), headline_of(&item));
            let told = Told { at_us, known_us, sentiment: item.sentiment, headline };
            if let Some(symbol) = item.symbol.as_deref().map(symbol_key).filter(|key| !key.is_empty()) {
                self.by_symbol.entry(symbol).or_default().push(told);
            }
            if let Some(sector) = item.sector.as_deref().map(sector_key).filter(|key| !key.is_empty()) {
                self.by_sector.entry(sector).or_default().push(told);
            }
        }
        // What is in order already costs a look.
        for told in self.by_symbol.values_mut().chain(self.by_sector.values_mut()) {
            told.sort_by_key(|item| item.at_us);
        }
    }

    /// What was known of a symbol at a moment, in the order of [`NEWS_FEATURES`]: from the items about it, where there are
    /// none from those about its sector, which is the settings' or else the record's. Without any the number is 0 and the
    /// rest is missing; where the log does not reach a day back, all of it is.
    pub fn before(&self, symbol: Option<&str>, sector: Option<&str>, at: Timestamp) -> [Option<f64>; 4] {
        let reaches = |first_us: i64| at.micros() >= first_us.saturating_add(COUNTS_US);
        if !self.first_us.is_some_and(reaches) {
            return [None; 4];
        }
        let own = symbol.and_then(|symbol| self.by_symbol.get(&symbol_key(symbol)));
        let own = own.map_or(Vec::new(), |told| before(told, at));
        let told = if own.is_empty() {
            let set = symbol.and_then(|symbol| self.instruments.sector(symbol));
            let of_sector = set.or(sector).and_then(|sector| self.by_sector.get(&sector_key(sector)));
            of_sector.map_or(Vec::new(), |told| before(told, at))
        } else {
            own
        };
        let Some(last) = told.last() else { return [Some(0.0), None, None, None] };
        let n = told.len() as f64;
        let mean = told.iter().map(|item| item.sentiment).sum::<f64>() / n;
        [
            Some(n),
            Some(mean),
            Some(last.sentiment),
            Some(at.minutes_since(Timestamp::from_micros(last.at_us))),
        ]
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
            rest: 0,
        }
    }

    fn news_of(items: impl IntoIterator<Item = NewsItem>, instruments: &Instruments) -> News {
        let mut news = News::new(Some(at("01T00:00")), instruments);
        news.extend(items.into_iter().map(|item| (item, None)));
        news
    }

    fn mean(news: &News, time: &str) -> Option<f64> {
        news.before(Some("MSFT"), None, at(time))[1]
    }

    #[test]
    fn what_was_recorded_live_is_known_once_it_was_recorded() {
        let one = || item(Some("MSFT"), None, "03T10:00", 0.5);
        let known = |written: &str| {
            let mut news = News::new(Some(at("01T00:00")), &Instruments::default());
            news.extend([(one(), Some(at(written)))]);
            (mean(&news, "03T10:01"), mean(&news, "03T12:00"), mean(&news, "03T12:01"))
        };
        assert_eq!(known("03T12:00"), (None, None, Some(0.5)));
        assert_eq!(known("03T09:00"), (Some(0.5), Some(0.5), Some(0.5)), "announced before its time");
        assert_eq!(known("04T10:00"), (Some(0.5), Some(0.5), Some(0.5)), "from an archive");
    }

    #[test]
    fn what_comes_a_day_late_into_a_running_log_was_not_known() {
        let of = |begun: &str| {
            let mut news = News::new(Some(at("01T00:00")), &Instruments::default()).begun(Some(at(begun)));
            news.extend([(item(Some("MSFT"), None, "03T10:00", 0.5), Some(at("04T16:00")))]);
            (mean(&news, "03T12:00"), mean(&news, "04T09:00"))
        };
        assert_eq!(of("02T00:00"), (None, None), "the feed was down");
        assert_eq!(of("04T15:59"), (Some(0.5), Some(0.5)), "older than the log: from an archive");
    }

    #[test]
    fn a_headline_counts_once() {
        let told = |sector: Option<&str>, sentiment| NewsItem {
            headline_id: Some("h".into()),
            source: Some("wire".into()),
            ..item(Some("MSFT"), sector, "03T10:00", sentiment)
        };
        let other = NewsItem { source: Some("desk".into()), ..told(None, -0.5) };
        let news = news_of([told(None, 0.5), told(Some("Tech"), 0.25), other], &Instruments::default());
        assert_eq!(news.before(Some("MSFT"), None, at("03T11:00"))[..2], [Some(2.0), Some(0.0)]);
    }

    #[test]
    fn nothing_is_said_of_the_first_day_of_a_log() {
        let mut news = News::new(None, &Instruments::default());
        assert_eq!(news.before(Some("KO"), None, at("03T11:00")), [None; 4]);
        news.extend([(item(Some("MSFT"), None, "03T10:00", 0.5), None)]);
        assert_eq!(news.before(Some("MSFT"), None, at("04T09:59")), [None; 4]);
        assert_eq!(news.before(Some("KO"), None, at("04T10:00")), [Some(0.0), None, None, None]);
    }

    #[test]
    fn what_a_day_later_is_asked_is_the_same_without_what_was_forgotten() {
        let items = || {
            (1..30).map(|hour| {
                item(
                    Some("MSFT"),
                    None,
                    &format!("{:02}T{:02}:30", 2 + hour / 24, hour % 24),
                    0.01 * f64::from(hour),
                )
            })
        };
        let whole = news_of(items(), &Instruments::default());
        let mut less = whole.clone();
        less.forget(at("02T15:30"));
        assert_ne!(less, whole);
        for time in ["03T15:30", "03T15:31", "03T23:00"] {
            assert_eq!(less.before(Some("MSFT"), None, at(time)), whole.before(Some("MSFT"), None, at(time)));
        }
        assert_ne!(
            less.before(Some("MSFT"), None, at("03T15:29")),
            whole.before(Some("MSFT"), None, at("03T15:29"))
        );
        less.forget(at("09T00:00"));
        assert_eq!(
            less,
            News::new(Some(at("01T00:00")), &Instruments::default()),
            "a symbol without items is none"
        );
    }

    #[test]
    fn only_what_came_before_counts_and_for_a_day() {
        let items = [
            item(Some("msft"), None, "03T15:00", 0.9),
            item(Some("MSFT"), None, "02T14:59", 0.5),
            item(Some("MSFT"), None, "02T20:00", -0.5),
            item(Some("MSFT"), None, "03T14:59", 0.25),
        ];
        let news = news_of(items, &Instruments::default());
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
        let news = news_of(items, &instruments);
        let mean = |symbol, sector| news.before(Some(symbol), sector, at("03T15:00"))[1];
        assert_eq!(mean("XOM", Some("health")), Some(-0.375), "the settings know better");
        assert_eq!(mean("JNJ", Some("Health")), Some(1.0));
        assert_eq!(mean("CVX", Some("health")), Some(-0.25), "its own come first");
        assert_eq!(mean("KO", None), None);
    }
}
