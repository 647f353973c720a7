//! Results by sentiment: below the patterns, and as the groups of a history.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::domain::Window;
use crate::learn::{DECILES_TRADES, SentimentDecile, SentimentWindow};

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

fn window_name(window: Window) -> String {
    let days = |days: u16| format!("Last {}", plural(u64::from(days), "day"));
    window.days().map_or_else(|| "All".into(), days)
}

/// How many trades there are, and why nothing is shown of them where that is so.
fn window_sentence(of: &SentimentWindow) -> String {
    let known = format!("{} of {}", of.with_sentiment, plural(of.trades, "trade"));
    let few = if of.deciles.is_empty() {
        format!("; it takes {DECILES_TRADES} for deciles")
    } else {
        String::new()
    };
    format!("{}: a sentiment was known before {known}{few}", window_name(of.window))
}

/// `report history --by sentiment`: the deciles of each window, in the order in which they were asked for.
pub fn sentiment_view(windows: &[SentimentWindow]) -> View {
    let mut view = View { name: "report.history", ..View::default() };
    let shown = windows.iter().filter(|window| !window.deciles.is_empty());
    view.grids =
        shown.map(|of| Grid { title: Some(window_name(of.window)), ..sentiment_grid(&of.deciles) }).collect();
    view.lead.push(if view.grids.is_empty() {
        format!("No window has {DECILES_TRADES} trades with a sentiment before them: `dtlearn record-news` records it, or the engine sends it as a feature.")
    } else {
        "Results by decile of the sentiment that was known at entry, the worst news first.".into()
    });
    view.lead.extend(windows.iter().map(window_sentence));
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
