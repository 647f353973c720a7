//! Results by sentiment: below the patterns, and as the groups of a history.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::domain::Window;
use crate::learn::{Dataset, Example};
use crate::metrics::{Clustered, WinRate, win_rate};

/// Rows of a decile below which nothing is said.
const NEEDED: u64 = 10;

/// Results by decile of a feature that speaks of sentiment.
#[derive(Clone, Debug, PartialEq)]
pub struct SentimentDecile {
    /// The feature.
    pub feature: String,
    /// From 1 to 10.
    pub decile: usize,
    /// The smallest and the largest value.
    pub range: (f64, f64),
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
        if (valued.len() as u64) < 10 * NEEDED {
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
            let rows: Vec<&Example> = part.iter().map(|(_, row)| *row).collect();
            let wins = rows.iter().filter(|row| row.net_frac > 0.0).count() as u64;
            found.push(SentimentDecile {
                feature: name.clone(),
                decile: decile + 1,
                range: (part[0].0, part[part.len() - 1].0),
                n: rows.len() as u64,
                win_rate: win_rate(wins, rows.len() as u64).ok(),
                mean: mean(&rows).unwrap_or(0.0),
                mean_interval: interval(&rows),
            });
        }
    }
    found
}

/// What deciles say, with their keys.
fn decile_json(decile: &SentimentDecile) -> Json {
    json!({
        "trades": decile.n,
        "from": decile.range.0,
        "to": decile.range.1,
        "win_rate": decile.win_rate.map(|rate| rate.point),
        "win_rate_low": decile.win_rate.map(|rate| rate.low),
        "win_rate_high": decile.win_rate.map(|rate| rate.high),
        "mean_pnl_pct": decile.mean,
        "mean_low": decile.mean_interval.map(|interval| interval.0),
        "mean_high": decile.mean_interval.map(|interval| interval.1),
    })
}

/// `report history --by sentiment`: the deciles of each window, in the order in which they were asked for.
pub fn sentiment_view(windows: &[(Window, Vec<SentimentDecile>)]) -> View {
    let mut view = View { name: "report.history", ..View::default() };
    let name = |decile: &SentimentDecile| format!("{} {}", decile.feature, decile.decile);
    let mut groups: BTreeMap<(&str, usize), Map<String, Json>> = BTreeMap::new();
    for (window, deciles) in windows {
        for decile in deciles {
            let group = groups.entry((&decile.feature, decile.decile)).or_default();
            group.insert(window.key(), decile_json(decile));
            group.insert("key".into(), name(decile).into());
        }
        if !deciles.is_empty() {
            let title = window
                .days()
                .map_or_else(|| "All".into(), |days| format!("Last {}", plural(u64::from(days), "day")));
            view.grids.push(Grid { title: Some(title), ..sentiment_grid(deciles) });
        }
    }
    for group in groups.values_mut() {
        for (window, _) in windows {
            group.entry(window.key()).or_insert(Json::Null);
        }
    }
    view.lead.push(if view.grids.is_empty() {
        "No window has 100 trades with a sentiment before them: `dtlearn record-news` records it, or the engine sends it as a feature.".into()
    } else {
        "Results by decile of the sentiment that was known at entry, the worst news first.".into()
    });
    view.records = windows
        .iter()
        .max_by_key(|(window, _)| window.days().unwrap_or(u16::MAX))
        .map_or_else(|| sentiment_grid(&[]), |(_, deciles)| sentiment_grid(deciles));
    view.payload.insert("by".into(), "sentiment".into());
    view.payload.insert("groups".into(), groups.into_values().map(Json::Object).collect::<Vec<_>>().into());
    view
}

pub(super) fn sentiment_grid(deciles: &[SentimentDecile]) -> Grid {
    let share = |value: Option<f64>| value.map_or(Cell::Absent, Cell::Share);
    let change = |value: Option<f64>| value.map_or(Cell::Absent, Cell::Change);
    Grid {
        title: Some("Sentiment".into()),
        columns: vec![
            Column::text("feature", "Feature", 2),
            Column::number("decile", "Decile", 0),
            Column::number("from", "from", 1),
            Column::number("to", "to", 1),
            Column::number("n", "n", 0),
            Column::number("win_rate", "Win rate", 0),
            Column::number("win_rate_low", "from", 3),
            Column::number("win_rate_high", "to", 3),
            Column::number("mean_pnl_pct", "Mean", 0),
            Column::number("mean_low", "from", 4),
            Column::number("mean_high", "to", 4),
        ],
        rows: deciles
            .iter()
            .map(|d| {
                vec![
                    Cell::Text(d.feature.clone()),
                    Cell::Count(d.decile as u64),
                    Cell::Ratio(d.range.0),
                    Cell::Ratio(d.range.1),
                    Cell::Count(d.n),
                    share(d.win_rate.map(|rate| rate.point)),
                    share(d.win_rate.map(|rate| rate.low)),
                    share(d.win_rate.map(|rate| rate.high)),
                    Cell::Change(d.mean),
                    change(d.mean_interval.map(|interval| interval.0)),
                    change(d.mean_interval.map(|interval| interval.1)),
                ]
            })
            .collect(),
        empty: String::new(),
    }
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
        let parts: Vec<(usize, (f64, f64), u64)> = found.iter().map(|d| (d.decile, d.range, d.n)).collect();
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
