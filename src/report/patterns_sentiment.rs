//! Results by sentiment: below the patterns, and as the groups of a history.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

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

    fn name(&self) -> String {
        let days = |days: u16| format!("Last {}", plural(u64::from(days), "day"));
        self.window.days().map_or_else(|| "All".into(), days)
    }

    /// How many trades there are, and why nothing is shown of them where that is so.
    fn sentence(&self) -> String {
        let of = format!("{} of {}", self.with_sentiment, plural(self.trades, "trade"));
        let few = if self.deciles.is_empty() {
            format!("; it takes {} for deciles", 10 * NEEDED)
        } else {
            String::new()
        };
        format!("{}: a sentiment was known before {of}{few}", self.name())
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

/// What a decile of a window says, with its keys. Each window has cuts of its own, so that its deciles are nobody else's.
fn decile_json(window: Window, decile: &SentimentDecile) -> Json {
    let name = decile.decile.map_or_else(|| "none".to_owned(), |at| at.to_string());
    json!({
        "key": format!("{} {name}", decile.feature),
        "window": window.key(),
        "trades": decile.n,
        "from": decile.range.map(|range| range.0),
        "to": decile.range.map(|range| range.1),
        "win_rate": decile.win_rate.map(|rate| rate.point),
        "win_rate_low": decile.win_rate.map(|rate| rate.low),
        "win_rate_high": decile.win_rate.map(|rate| rate.high),
        "mean_pnl_pct": decile.mean,
        "mean_low": decile.mean_interval.map(|interval| interval.0),
        "mean_high": decile.mean_interval.map(|interval| interval.1),
    })
}

/// `report history --by sentiment`: the deciles of each window, in the order in which they were asked for.
pub fn sentiment_view(windows: &[SentimentWindow]) -> View {
    let mut view = View { name: "report.history", ..View::default() };
    let shown = windows.iter().filter(|window| !window.deciles.is_empty());
    view.grids = shown.map(|of| Grid { title: Some(of.name()), ..sentiment_grid(&of.deciles) }).collect();
    view.lead.push(if view.grids.is_empty() {
        "No window has 100 trades with a sentiment before them: `dtlearn record-news` records it, or the engine sends it as a feature.".into()
    } else {
        "Results by decile of the sentiment that was known at entry, the worst news first.".into()
    });
    view.lead.extend(windows.iter().map(SentimentWindow::sentence));
    let mut records = sentiment_grid(&[]);
    records.columns.insert(0, Column::fixed("window", "Window", 0));
    for of in windows {
        let key = of.window.key();
        records.rows.extend(sentiment_grid(&of.deciles).rows.into_iter().map(|mut row| {
            row.insert(0, Cell::Text(key.clone()));
            row
        }));
    }
    view.records = records;
    view.payload.insert("by".into(), "sentiment".into());
    let groups = windows.iter().flat_map(|of| of.deciles.iter().map(|decile| decile_json(of.window, decile)));
    view.payload.insert("groups".into(), groups.collect::<Vec<_>>().into());
    let counts = windows.iter().map(
        |of| json!({"window": of.window.key(), "trades": of.trades, "with_sentiment": of.with_sentiment}),
    );
    view.payload.insert("counts".into(), counts.collect::<Vec<_>>().into());
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
                    d.decile.map_or(Cell::Absent, |decile| Cell::Count(decile as u64)),
                    d.range.map_or(Cell::Absent, |range| Cell::Ratio(range.0)),
                    d.range.map_or(Cell::Absent, |range| Cell::Ratio(range.1)),
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
