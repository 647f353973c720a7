//! Tables that the views of a model and of a retrain share.

use super::grid::{Cell, Column, Grid};
use super::text::{plural, setting};
use crate::learn::{Quality, Validation};

/// Importances as a grid.
pub(super) fn importances_grid(importances: &[(String, f64)], shown: usize) -> Grid {
    Grid {
        title: Some("Most important features".into()),
        columns: vec![Column::text("feature", "Feature", 0), Column::number("share", "Share of gain", 0)],
        rows: importances
            .iter()
            .filter(|(_, share)| *share > 0.0)
            .take(shown)
            .map(|(name, share)| vec![Cell::Text(name.clone()), Cell::Share(*share)])
            .collect(),
        empty: String::new(),
    }
}

/// How a model was judged, beside what it had to beat.
/// `names` are those of the model that was judged, and of the one in use then.
pub(super) fn judged_grid(validation: &Validation, names: [&'static str; 2]) -> Grid {
    let rows = judged_rows(validation, names).into_iter().map(|(name, quality)| {
        vec![
            Cell::Text(name.into()),
            Cell::Count(quality.n),
            quality.accuracy.map_or(Cell::Absent, Cell::Share),
            Cell::four_places(quality.auc),
            Cell::four_places(quality.log_loss),
            Cell::four_places(quality.brier),
            Cell::Count(quality.kept),
            quality.kept_expectancy.map_or(Cell::Absent, Cell::Change),
        ]
    });
    Grid {
        title: Some(format!("Held out, {}", plural(validation.sessions, "session"))),
        columns: vec![
            Column::fixed("model", "", 0),
            Column::number("n", "n", 0),
            Column::number("accuracy", "Accuracy", 0),
            Column::number("auc", "AUC", 0),
            Column::number("log_loss", "Log loss", 0),
            Column::number("brier", "Brier", 1),
            Column::number("kept", &format!("p ≥ {}", setting(validation.threshold)), 2),
            Column::number("kept_expectancy", "Mean net", 2),
        ],
        rows: rows.collect(),
        empty: String::new(),
    }
}

/// The judged ones as names with what they reached.
fn judged_rows(validation: &Validation, names: [&'static str; 2]) -> Vec<(&'static str, Quality)> {
    let mut rows = vec![(names[0], validation.held_out.clone())];
    if let Some(champion) = &validation.champion {
        rows.push((names[1], champion.clone()));
    }
    rows.push((
        "base rate",
        Quality {
            n: validation.held_out.n,
            accuracy: validation.majority_accuracy,
            log_loss: validation.base_log_loss,
            kept: validation.held_out.n,
            kept_expectancy: validation.expectancy,
            ..Quality::default()
        },
    ));
    rows
}
