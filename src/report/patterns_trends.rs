//! Sectors over time, and results by sentiment: what stands below the patterns.

use std::collections::BTreeMap;

use super::grid::{Cell, Column, Grid};
use crate::learn::{Dataset, Example};
use crate::metrics::{Clustered, WinRate, win_rate};
use crate::stats::{clear_differences, shrunken_means};

/// Of the sectors that are named, at most so many are chance.
const NAMED_SHARE: f64 = 0.05;

/// Rows of a sector or decile below which nothing is said.
const NEEDED: u64 = 10;

/// A sector's results over several spans of days.
#[derive(Clone, Debug, PartialEq)]
pub struct SectorTrend {
    /// The sector.
    pub sector: String,
    /// Days, trades, and mean result after costs.
    pub spans: Vec<(u16, u64, Option<f64>)>,
    /// The 95 % interval of the newest span's mean less that of the 23 days before it; none where either is too short.
    pub change: Option<(f64, f64)>,
    /// Whether the change is named: at most one in twenty of those named is chance.
    pub is_named: bool,
    /// The newest span's mean, drawn to that of all sectors by as much as chance makes them differ.
    pub shrunk: Option<f64>,
}

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
    /// Mean result after costs.
    pub mean: f64,
}

fn by_day(rows: &[&Example]) -> impl Iterator<Item = (f64, f64)> {
    let mut days: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for row in rows {
        let day = days.entry(row.session).or_default();
        *day = (day.0 + row.net_frac, day.1 + 1.0);
    }
    days.into_values()
}

fn mean(rows: &[&Example]) -> Option<f64> {
    (!rows.is_empty()).then(|| rows.iter().map(|row| row.net_frac).sum::<f64>() / rows.len() as f64)
}

fn of_sector<'a>(dataset: &Dataset, sector: &str, rows: &[&'a Example]) -> Vec<&'a Example> {
    rows.iter().copied().filter(|row| dataset.word(row, "sector") == Some(sector)).collect()
}

/// How each sector's results went over spans of days, the shortest first, each inside the next.
pub fn sector_trends(dataset: &Dataset, spans: &[(u16, Vec<&Example>)]) -> Vec<SectorTrend> {
    let Some((_, widest)) = spans.last() else { return Vec::new() };
    let mut sectors: Vec<&str> = widest.iter().filter_map(|row| dataset.word(row, "sector")).collect();
    sectors.sort_unstable();
    sectors.dedup();
    let mut sides: Vec<(usize, (Clustered, Clustered))> = Vec::new();
    let trend = |(at, sector): (usize, &&str)| {
        let inside: Vec<Vec<&Example>> =
            spans.iter().map(|(_, rows)| of_sector(dataset, sector, rows)).collect();
        let newest = &inside[0];
        let first = newest.iter().map(|row| row.at).min();
        let older: Vec<&Example> = inside[1.min(inside.len() - 1)]
            .iter()
            .copied()
            .filter(|row| first.is_none_or(|first| row.at < first))
            .collect();
        let enough = newest.len() as u64 >= NEEDED && older.len() as u64 >= NEEDED;
        let change = match (Clustered::of(by_day(newest)), Clustered::of(by_day(&older))) {
            (Ok(new), Ok(old)) if enough => {
                sides.push((at, (new, old)));
                Some(new.difference(&old))
            }
            _ => None,
        };
        let spans = spans.iter().zip(&inside).map(|((days, _), rows)| (*days, rows.len() as u64, mean(rows)));
        let (sector, spans) = ((*sector).to_owned(), spans.collect());
        SectorTrend { sector, spans, change, is_named: false, shrunk: None }
    };
    let mut trends: Vec<SectorTrend> = sectors.iter().enumerate().map(trend).collect();
    let pairs: Vec<(Clustered, Clustered)> = sides.iter().map(|(_, pair)| *pair).collect();
    for named in clear_differences(&pairs, NAMED_SHARE) {
        trends[sides[named].0].is_named = true;
    }
    let means: Vec<(f64, f64)> = pairs.iter().map(|(new, _)| (new.value, new.variance)).collect();
    for ((at, _), mean) in sides.iter().zip(shrunken_means(&means)) {
        trends[*at].shrunk = Some(mean);
    }
    trends
}

/// Results by decile of each feature whose name speaks of sentiment.
pub fn sentiment_deciles(dataset: &Dataset, rows: &[&Example]) -> Vec<SentimentDecile> {
    let mut found = Vec::new();
    let mut names: Vec<&String> = dataset.names().iter().filter(|name| name.contains("sentiment")).collect();
    names.sort_unstable();
    for name in names {
        let mut valued: Vec<(f64, &Example)> =
            rows.iter().filter_map(|row| Some((dataset.number(row, name)?, *row))).collect();
        valued.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
        if (valued.len() as u64) < 10 * NEEDED {
            continue;
        }
        for decile in 0..10 {
            let part = &valued[valued.len() * decile / 10..valued.len() * (decile + 1) / 10];
            let rows: Vec<&Example> = part.iter().map(|(_, row)| *row).collect();
            let wins = rows.iter().filter(|row| row.net_frac > 0.0).count() as u64;
            found.push(SentimentDecile {
                feature: name.clone(),
                decile: decile + 1,
                range: (part[0].0, part[part.len() - 1].0),
                n: rows.len() as u64,
                win_rate: win_rate(wins, rows.len() as u64).ok(),
                mean: mean(&rows).unwrap_or(0.0),
            });
        }
    }
    found
}

pub(super) fn sectors_grid(sectors: &[SectorTrend]) -> Grid {
    let mut columns = vec![Column::text("sector", "Sector", 0)];
    for (days, ..) in sectors.first().map_or(&[][..], |trend| &trend.spans) {
        columns.push(Column::number(&format!("n_{days}d"), &format!("n {days} d"), 1));
        columns.push(Column::number(&format!("mean_{days}d"), &format!("Mean {days} d"), 0));
    }
    columns.push(Column::number("shrunk_mean", "Newest, shrunk", 2));
    columns.push(Column::fixed("trend", "Trend", 0));
    let rows = sectors.iter().map(|trend| {
        let spans = trend
            .spans
            .iter()
            .flat_map(|(_, n, mean)| [Cell::Count(*n), mean.map_or(Cell::Absent, Cell::Change)]);
        let word = match trend.change {
            None => "too few",
            Some(_) if !trend.is_named => "unclear",
            Some((low, high)) if low + high > 0.0 => "rising",
            Some(_) => "falling",
        };
        std::iter::once(Cell::Text(trend.sector.clone()))
            .chain(spans)
            .chain([trend.shrunk.map_or(Cell::Absent, Cell::Change), Cell::Text(word.into())])
            .collect()
    });
    Grid { title: Some("Sectors".into()), rows: rows.collect(), columns, empty: String::new() }
}

pub(super) fn sentiment_grid(deciles: &[SentimentDecile]) -> Grid {
    let share = |value: Option<f64>| value.map_or(Cell::Absent, Cell::Share);
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
                ]
            })
            .collect(),
        empty: String::new(),
    }
}
