//! Do trades do better after good news? Results by decile of the sentiment that was known at entry.

use std::collections::BTreeMap;

use super::dataset::{Dataset, Example};
use crate::domain::Window;
use crate::metrics::{Clustered, WinRate, win_rate};

/// Trades with a sentiment that deciles need: ten in each.
pub const DECILES_TRADES: u64 = 100;

/// Results by decile of a feature that speaks of sentiment.
#[derive(Clone, Debug, PartialEq)]
pub struct SentimentDecile {
    /// The feature.
    pub feature: String,
    /// From 1 to 10; none of the trades before which nothing was known.
    pub decile: Option<usize>,
    /// The smallest and the largest value.
    pub range: Option<(f64, f64)>,
    /// Trades.
    pub n: u64,
    /// Share that won.
    pub win_rate: Option<WinRate>,
    /// Mean result after costs, a fraction of the position.
    pub mean: f64,
    /// Its 95 % interval by session; none below two sessions.
    pub mean_interval: Option<(f64, f64)>,
}

fn mean(rows: &[&Example]) -> Option<f64> {
    (!rows.is_empty()).then(|| rows.iter().map(|row| row.net_frac).sum::<f64>() / rows.len() as f64)
}

impl SentimentDecile {
    /// The trades of a part, which is not empty.
    fn of(feature: &str, part: Option<(usize, (f64, f64))>, rows: &[&Example]) -> Self {
        let (n, wins) = (rows.len() as u64, rows.iter().filter(|row| row.net_frac > 0.0).count() as u64);
        Self {
            feature: feature.to_owned(),
            decile: part.map(|(decile, _)| decile),
            range: part.map(|(_, range)| range),
            n,
            win_rate: win_rate(wins, n).ok(),
            mean: mean(rows).unwrap_or(0.0),
            mean_interval: interval(rows),
        }
    }
}

/// What a window has to say: its trades, and those before which a sentiment was known.
#[derive(Clone, Debug, PartialEq)]
pub struct SentimentWindow {
    /// The window.
    pub window: Window,
    /// Trades entered in it.
    pub trades: u64,
    /// Those of which a sentiment is known.
    pub with_sentiment: u64,
    /// The deciles, each feature with the trades of which it says nothing.
    pub deciles: Vec<SentimentDecile>,
}

impl SentimentWindow {
    /// Of rows that were entered in a window.
    pub fn new(window: Window, dataset: &Dataset, rows: &[&Example]) -> Self {
        let names: Vec<&String> = dataset.names().iter().filter(|name| is_of_sentiment(name)).collect();
        let knows = |row: &&&Example| names.iter().any(|name| dataset.number(row, name).is_some());
        let with_sentiment = rows.iter().filter(knows).count() as u64;
        let deciles = sentiment_deciles(dataset, rows);
        Self { window, trades: rows.len() as u64, with_sentiment, deciles }
    }
}

/// Whether a feature says how something sounded.
fn is_of_sentiment(name: &str) -> bool {
    name.contains("sentiment") || ["news_mean", "news_last"].contains(&name)
}

/// The interval of the mean by session.
fn interval(rows: &[&Example]) -> Option<(f64, f64)> {
    let mut sessions: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for row in rows {
        let day = sessions.entry(row.session).or_default();
        *day = (day.0 + row.net_frac, day.1 + 1.0);
    }
    Clustered::of(sessions.into_values()).ok().map(|mean| mean.interval())
}

/// Results by decile of each feature whose name speaks of sentiment. Equal values are in one decile, so that one may be
/// large and those after it missing.
pub fn sentiment_deciles(dataset: &Dataset, rows: &[&Example]) -> Vec<SentimentDecile> {
    let mut found = Vec::new();
    let mut names: Vec<&String> = dataset.names().iter().filter(|name| is_of_sentiment(name)).collect();
    names.sort_unstable();
    for name in names {
        let mut valued: Vec<(f64, &Example)> =
            rows.iter().filter_map(|row| Some((dataset.number(row, name)?, *row))).collect();
        valued.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
        if (valued.len() as u64) < DECILES_TRADES {
            continue;
        }
        let mut from = 0;
        for decile in 0..10 {
            // Equal values stay together: a cut among them would part trades by their ids.
            let mut end = from.max(valued.len() * (decile + 1) / 10);
            while end > from && end < valued.len() && valued[end].0 == valued[end - 1].0 {
                end += 1;
            }
            let part = &valued[std::mem::replace(&mut from, end)..end];
            if part.is_empty() {
                continue;
            }
            let of_part: Vec<&Example> = part.iter().map(|(_, row)| *row).collect();
            let range = (part[0].0, part[part.len() - 1].0);
            found.push(SentimentDecile::of(name, Some((decile + 1, range)), &of_part));
        }
        let is_without = |row: &&&Example| dataset.number(row, name).is_none();
        let without: Vec<&Example> = rows.iter().filter(is_without).copied().collect();
        if !without.is_empty() {
            found.push(SentimentDecile::of(name, None, &without));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Market, Timestamp};
    use crate::learn::{Costs, Source};
    use crate::wire::{EntryFeatures, Resolution};

    #[test]
    fn equal_values_are_in_one_decile() {
        let mut dataset = Dataset::new(&Market::default());
        let at = Timestamp::parse("2026-03-02T15:00:00Z").unwrap();
        let resolved = Resolution { result_frac: 0.01, costs_known: true, hit_target: false };
        for row in 0..200_i32 {
            // 0 from 35 to 155.
            let value = if row < 35 { row - 35 } else { (row - 155).max(0) };
            let numbers = vec![("news_mean".into(), f64::from(value))];
            let known = EntryFeatures { at: Some(at), numbers, ..EntryFeatures::default() };
            let draft = dataset.draft(&known);
            dataset.push(format!("{row:03}"), draft, &resolved, Source::Trade, Costs::default());
        }
        let rows: Vec<&Example> = dataset.examples.iter().collect();
        let found = sentiment_deciles(&dataset, &rows);
        let parts: Vec<(usize, (f64, f64), u64)> =
            found.iter().map(|d| (d.decile.unwrap(), d.range.unwrap(), d.n)).collect();
        assert_eq!(
            parts,
            [
                (1, (-35.0, -16.0), 20),
                (2, (-15.0, 0.0), 136),
                (8, (1.0, 4.0), 4),
                (9, (5.0, 24.0), 20),
                (10, (25.0, 44.0), 20),
            ]
        );
    }
}
