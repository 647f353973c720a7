//! Results by sentiment, below the patterns.

use super::grid::{Cell, Column, Grid};
use crate::learn::{Dataset, Example};
use crate::metrics::{WinRate, win_rate};

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
    /// Mean result after costs.
    pub mean: f64,
}

fn mean(rows: &[&Example]) -> Option<f64> {
    (!rows.is_empty()).then(|| rows.iter().map(|row| row.net_frac).sum::<f64>() / rows.len() as f64)
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
