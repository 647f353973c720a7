//! Whether recent signals look like the rows that a model learned from, as a part of `report model`.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid};
use super::text::plural;
use crate::learn::Drift;

/// What recent signals look like beside the rows that a model learned from.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelDrift {
    /// The days that are looked at.
    pub days: u16,
    /// Signals in them.
    pub signals: u64,
    /// The mean of the probabilities that the model gives them: what it expects, before any outcome is known.
    pub expected_win_rate: f64,
    /// Share of the signals with a value far outside the range learned from.
    pub outside_frac: f64,
    /// Each column by title, with how far it has moved.
    pub columns: Vec<(String, Drift)>,
    /// Words that the model does not know, and how often they came.
    pub unfamiliar: Vec<(String, u64)>,
}

/// Columns that are shown with their drift: the most shifted.
const DRIFTS_SHOWN: usize = 8;

pub(super) fn drift_grid(drift: &ModelDrift) -> Grid {
    let mut columns: Vec<&(String, Drift)> = drift.columns.iter().collect();
    columns.sort_by(|a, b| b.1.stability.total_cmp(&a.1.stability).then(a.0.cmp(&b.0)));
    let rows = columns.into_iter().take(DRIFTS_SHOWN).map(|(title, drift)| {
        vec![
            Cell::Text(title.clone()),
            Cell::four_places(Some(drift.stability)),
            Cell::four_places(Some(drift.by_chance)),
            Cell::Share(drift.outside_frac),
            Cell::Text(if drift.is_shifted() { "shifted" } else { "" }.into()),
        ]
    });
    Grid {
        title: Some(format!("Features of the last {}, most shifted first", plural(drift.signals, "signal"))),
        columns: vec![
            Column::text("feature", "Feature", 0),
            Column::number("stability", "Stability index", 0),
            Column::number("by_chance", "by chance", 1),
            Column::number("outside", "Out of range", 1),
            Column::text("verdict", "", 0),
        ],
        rows: rows.collect(),
        empty: String::new(),
    }
}

pub(super) fn drift_sentences(drift: &ModelDrift) -> Vec<String> {
    let shifted = drift.columns.iter().filter(|(_, drift)| drift.is_shifted()).count() as u64;
    let mut sentences = vec![format!(
        "In the last {} the model expects {:.1} % of {} to turn out well; {:.1} % have a feature far out of its \
         training range, {} {} shifted",
        plural(u64::from(drift.days), "day"),
        drift.expected_win_rate * 100.0,
        plural(drift.signals, "signal"),
        drift.outside_frac * 100.0,
        plural(shifted, "feature"),
        if shifted == 1 { "has" } else { "have" },
    )];
    if !drift.unfamiliar.is_empty() {
        let words = drift.unfamiliar.iter().take(5).map(|(word, count)| format!("{word} ({count})"));
        sentences.push(format!("Words that it has not learned: {}", words.collect::<Vec<_>>().join(", ")));
    }
    sentences
}

pub(super) fn drift_json(drift: &ModelDrift) -> Json {
    let columns = drift.columns.iter().map(|(title, drift)| {
        json!({
            "feature": title,
            "stability": drift.stability,
            "by_chance": drift.by_chance,
            "out_of_range": drift.outside_frac,
            "shifted": drift.is_shifted(),
        })
    });
    let unfamiliar = drift.unfamiliar.iter().map(|(word, count)| (word.clone(), json!(count)));
    json!({
        "days": drift.days,
        "signals": drift.signals,
        "expected_win_rate": drift.expected_win_rate,
        "out_of_range": drift.outside_frac,
        "features": columns.collect::<Vec<_>>(),
        "unfamiliar_words": Json::Object(unfamiliar.collect()),
    })
}
