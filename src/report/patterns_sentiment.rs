//! Results by sentiment: below the patterns, and as the groups of a history.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::domain::Window;
use crate::learn::SentimentDecile;

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
