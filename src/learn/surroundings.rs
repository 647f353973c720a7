//! What was known at a moment that no record of that moment says: how sectors did, and what the news said.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::dataset::Dataset;
use super::news::{NEWS_FEATURES, News};
use super::sector_results::{SECTOR_REL, SectorResults};
use crate::domain::{Date, Instruments, Market};
use crate::wire::EntryFeatures;

/// What was known beside records, for moments whose past it reaches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// How sectors did.
    pub sectors: SectorResults,
    /// What the news said; none where there is no log of news.
    pub news: Option<News>,
    /// What the settings say of sectors, for records that say none.
    pub instruments: Instruments,
}

impl Surroundings {
    /// Adds to what a record says what was known beside it at its moment. What the record says itself counts.
    pub fn complete(&self, market: &Market, known: &mut EntryFeatures) {
        let Some(at) = known.at else { return };
        if let Some(sector) = self.sector(known.word("sector"), known.symbol.as_deref()) {
            let of_sector = self.sectors.before(market.calendar(), market.trading_date(at)).remove(&*sector);
            if let Some(number) = of_sector {
                known.put(SECTOR_REL, number);
            }
        }
        if let Some(news) = &self.news {
            let told = news.before(known.symbol.as_deref(), known.word("sector"), at);
            for (name, number) in NEWS_FEATURES.into_iter().zip(told) {
                if let Some(number) = number {
                    known.put(name, number);
                }
            }
        }
    }

    /// The sector that a record says, else that of the settings, as results know it.
    fn sector<'s>(&self, said: Option<&'s str>, symbol: Option<&str>) -> Option<Cow<'s, str>> {
        let set = || self.instruments.sector(symbol?).map(|sector| Cow::Owned(sector.trim().to_lowercase()));
        said.map(Cow::Borrowed).or_else(set)
    }

    /// The date of the first session that signals of `session` look back on.
    pub fn first_of(market: &Market, session: Date) -> Option<Date> {
        SectorResults::first_of(market.calendar(), session)
    }
}

impl Dataset {
    /// Adds to each row what was known beside its record at its moment, to the bit what [`Surroundings::complete`] adds to
    /// a signal. What the record says itself counts.
    pub fn surround(&mut self, around: &Surroundings) {
        self.add_sectors(around);
        if let Some(news) = &around.news {
            self.add_news(news);
        }
    }

    fn add_sectors(&mut self, around: &Surroundings) {
        let results = &around.sectors;
        if results.is_empty() {
            return;
        }
        let market = self.market().clone();
        let mut of_session: BTreeMap<i64, BTreeMap<&str, f64>> = BTreeMap::new();
        for row in 0..self.examples.len() {
            let example = &self.examples[row];
            let session = example.session;
            let sector = around.sector(self.word(example, "sector"), self.symbol(example));
            let Some(sector) = sector else { continue };
            let date = market.trading_date(example.at);
            let sectors =
                of_session.entry(session).or_insert_with(|| results.before(market.calendar(), date));
            if let Some(number) = sectors.get(&*sector).copied() {
                self.put(row, SECTOR_REL, number);
            }
        }
    }

    fn add_news(&mut self, news: &News) {
        for row in 0..self.examples.len() {
            let example = &self.examples[row];
            let told = news.before(self.symbol(example), self.word(example, "sector"), example.at);
            for (name, number) in NEWS_FEATURES.into_iter().zip(told) {
                if let Some(number) = number {
                    self.put(row, name, number);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::learn::{Costs, Source};
    use crate::wire::{Resolution, parse_object};

    #[test]
    fn a_signal_gets_what_its_row_got() {
        let market = Market::default();
        let mut around = Surroundings::default();
        for day in 2..28 {
            let session: Date = format!("2026-02-{day:02}").parse().unwrap();
            for at in 0..day * 3 {
                let sector = ["Energy", "health", "Tech"][(at * at % 3) as usize];
                around.sectors.push(session, sector, 0.1 / f64::from(1 + at * day));
            }
        }
        let mut dataset = Dataset::new(&market);
        let resolved = Resolution { result_frac: 0.01, costs_known: true, hit_target: false };
        let known = |day: u32, more: &str| {
            let sector = ["ENERGY", "Health", "none"][(day % 3) as usize];
            let text = format!(r#"{{"sector":"{sector}","features":{{"a":1{more}}}}}"#);
            let at = Timestamp::parse(&format!("2026-02-{day:02}T15:00:00Z")).unwrap();
            EntryFeatures::of(&parse_object(text.as_bytes()).unwrap(), Some(at))
        };
        let all: Vec<EntryFeatures> =
            (2..28).map(|day| known(day, if day == 20 { r#","sector_rel_5d":7"# } else { "" })).collect();
        for (at, known) in all.iter().enumerate() {
            let draft = dataset.draft(known);
            dataset.push(format!("{at:02}"), draft, &resolved, Source::Trade, Costs::default());
        }
        dataset.sort();
        dataset.surround(&around);
        let mut given = 0;
        for (example, mut known) in dataset.examples.iter().zip(all) {
            around.complete(&market, &mut known);
            let number = dataset.number(example, SECTOR_REL);
            assert_eq!(
                number.map(f64::to_bits),
                known.number(SECTOR_REL).map(f64::to_bits),
                "{}",
                example.at
            );
            given += u64::from(number.is_some());
        }
        assert!((10..20).contains(&given), "{given}");
        assert_eq!(
            dataset.number(&dataset.examples[18], SECTOR_REL),
            Some(7.0),
            "what the record says counts"
        );
    }
}
