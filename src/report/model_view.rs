//! `report model` and `report retrains`: which model is in use, how it was judged, what it looks at, and every
//! attempt to replace it.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::model_drift_view::{ModelDrift, drift_grid, drift_json, drift_sentences};
use super::model_grids::{importances_grid, judged_grid};
use super::model_shadow_view::{ShadowData, shadow_json, shadow_sentence};
use super::text::plural;
use crate::learn::{ModelFile, Quality};
use crate::wire::Attempt;

/// What there is to tell of the models.
#[derive(Clone, Debug, Default)]
pub struct ModelData {
    /// The one in use.
    pub live: Option<ModelFile>,
    /// Why the one in use cannot be read.
    pub trouble: Option<String>,
    /// Whether that is because a newer dtlearn wrote it.
    pub is_newer: bool,
    /// Every version: name, when it was made, held-out rows, accuracy, log loss; or why it cannot be read.
    pub versions: Vec<(String, Result<ModelFile, String>)>,
    /// The version to which a rollback goes.
    pub previous: Option<String>,
    /// The version in shadow.
    pub challenger: Option<ModelFile>,
    /// Why that cannot be read.
    pub challenger_trouble: Option<String>,
    /// How it does beside the one in use, on the rows that closed since.
    pub shadow: Option<ShadowData>,
    /// Whether signals still look like the rows that it learned from; none without recent signals.
    pub drift: Option<ModelDrift>,
    /// Whether the one in use is older than it may be.
    pub expired: bool,
}

fn bands_grid(quality: &Quality) -> Grid {
    let rows = quality.bands.iter().enumerate().filter(|(_, band)| band.rows > 0).map(|(at, band)| {
        vec![
            Cell::Text(format!("{}–{} %", at * 10, at * 10 + 10)),
            Cell::Count(band.rows),
            Cell::Share(band.predicted),
            Cell::Share(band.observed),
        ]
    });
    Grid {
        title: Some("Calibration, held out".into()),
        columns: vec![
            Column::fixed("band", "Probability", 0),
            Column::number("n", "n", 0),
            Column::number("predicted", "Predicted", 0),
            Column::number("observed", "Observed", 0),
        ],
        rows: rows.collect(),
        empty: String::new(),
    }
}

fn versions_grid(data: &ModelData) -> Grid {
    let live = data.live.as_ref().map(|file| file.version.as_str());
    let rows = data.versions.iter().rev().map(|(name, file)| {
        let state = match name {
            name if Some(name.as_str()) == live => "in use",
            name if Some(name) == data.previous.as_ref() => "previous",
            name if data.challenger.as_ref().is_some_and(|file| file.version == *name) => "in shadow",
            _ => "",
        };
        let quality = file.as_ref().ok().map(|file| &file.validation.held_out);
        vec![
            Cell::Text(name.clone()),
            Cell::Text(file.as_ref().map_or_else(|why| format!("unusable: {why}"), |_| state.into())),
            quality.map_or(Cell::Absent, |quality| Cell::Count(quality.n)),
            quality.and_then(|quality| quality.accuracy).map_or(Cell::Absent, Cell::Share),
            Cell::four_places(quality.and_then(|quality| quality.auc)),
            Cell::four_places(quality.and_then(|quality| quality.log_loss)),
        ]
    });
    Grid {
        title: Some("Versions".into()),
        columns: vec![
            Column::fixed("version", "Version", 0),
            Column::text("state", "", 0),
            Column::number("held_out", "n", 1),
            Column::number("accuracy", "Accuracy", 1),
            Column::number("auc", "AUC", 2),
            Column::number("log_loss", "Log loss", 2),
        ],
        rows: rows.collect(),
        empty: String::new(),
    }
}

/// That the model in use cannot be read, and what to do.
fn unreadable_sentence(data: &ModelData, why: &str) -> String {
    let remedy = match &data.previous {
        _ if data.is_newer => "Upgrade dtlearn; nothing was changed.",
        Some(_) => {
            "`dtlearn retrain --rollback` goes back to the previous one, `dtlearn retrain --force` makes a new one."
        }
        None => "`dtlearn retrain --force` makes a new one.",
    };
    format!("The model in use cannot be read: {why}. {remedy}")
}

/// Builds `report model`.
pub fn model_view(data: &ModelData) -> View {
    let mut view = View { name: "report.model", ..View::default() };
    match (&data.live, &data.trouble) {
        (Some(file), _) => {
            view.lead.push(format!(
                "Model {} in use, trained on {} of {} to {}",
                file.version,
                plural(file.training.rows, "row"),
                file.training.from,
                file.training.until
            ));
            if data.expired {
                view.lead
                    .push("It has expired: `dtlearn retrain --force` trains it on recent sessions".into());
            }
            view.lead.extend(data.drift.iter().flat_map(drift_sentences));
            let importances = file.ranked_importances();
            view.grids.push(judged_grid(&file.validation, ["this model", "the one before"]));
            view.grids.push(bands_grid(&file.validation.held_out));
            view.grids.push(importances_grid(&importances, 20));
            view.grids.extend(data.drift.iter().filter(|drift| !drift.columns.is_empty()).map(drift_grid));
            view.payload.insert("model".into(), live_json(file, &importances));
        }
        (None, Some(why)) => view.lead.push(unreadable_sentence(data, why)),
        (None, None) => view.lead.push(
            "No model yet: `dtlearn retrain` trains one when there are 50 labelled rows with features."
                .into(),
        ),
    }
    if let Some(challenger) = &data.challenger {
        view.lead.push(shadow_sentence(challenger, data.shadow.as_ref()));
    }
    view.lead.extend(data.challenger_trouble.iter().map(|why| {
        format!("The challenger cannot be read: {why}. Nothing rests on it, and its file may be deleted.")
    }));
    if !data.versions.is_empty() {
        view.grids.push(versions_grid(data));
    }
    view.records = Grid { title: None, ..versions_grid(data) };
    let versions = data.versions.iter().map(|(name, file)| {
        json!({
            "version": name,
            "created_at": file.as_ref().ok().map(|file| file.created_at.as_str()),
            "error": file.as_ref().err(),
        })
    });
    view.payload.insert("versions".into(), versions.collect::<Vec<_>>().into());
    view.payload.insert("previous".into(), data.previous.as_deref().into());
    let challenger = data.challenger.as_ref().map(|file| shadow_json(file, data.shadow.as_ref()));
    view.payload.insert("challenger".into(), challenger.into());
    view.payload.insert("expired".into(), data.expired.into());
    view.payload.insert("drift".into(), data.drift.as_ref().map_or(Json::Null, drift_json));
    view.payload.insert("model_error".into(), data.trouble.as_deref().into());
    view
}

fn live_json(file: &ModelFile, importances: &[(String, f64)]) -> Json {
    let importances = importances.iter().map(|(name, share)| (name.clone(), json!(share)));
    json!({
        "version": file.version,
        "created_at": file.created_at,
        "training": file.training,
        "validation": file.validation,
        "features": file.manifest.columns.iter().map(crate::learn::Column::title).collect::<Vec<_>>(),
        "importances": Json::Object(importances.collect()),
    })
}

/// What there is to tell of retrains.
#[derive(Clone, Debug, Default)]
pub struct RetrainsData {
    /// Every attempt, the oldest first.
    pub attempts: Vec<Attempt>,
    /// The file of which some lines cannot be read, and how many.
    pub unreadable: Option<(PathBuf, u64)>,
}

/// Builds `report retrains`, the newest first.
pub fn retrains_view(data: &RetrainsData) -> View {
    let attempts = &data.attempts;
    let mut view = View { name: "report.retrains", ..View::default() };
    let share = |value: Option<f64>| value.map_or(Cell::Absent, Cell::Share);
    let rows = attempts.iter().rev().map(|attempt| {
        vec![
            Cell::Text(attempt.date.clone()),
            Cell::Text(attempt.status.clone()),
            Cell::Count(attempt.rows),
            Cell::Count(attempt.held_out),
            share(attempt.accuracy_new),
            share(attempt.accuracy_old),
            Cell::four_places(attempt.auc),
            Cell::four_places(attempt.log_loss),
            Cell::four_places(attempt.base_log_loss),
            Cell::Text(attempt.reason.clone()),
        ]
    });
    let grid = Grid {
        title: None,
        columns: vec![
            Column::fixed("date", "Date", 0),
            Column::fixed("status", "Status", 0),
            Column::number("rows", "Rows", 3),
            Column::number("held_out", "Held out", 1),
            Column::number("accuracy_new", "Accuracy", 0),
            Column::number("accuracy_old", "before", 1),
            Column::number("auc", "AUC", 2),
            Column::number("log_loss", "Log loss", 2),
            Column::number("base_log_loss", "base rate", 3),
            Column::text("reason", "Why", 0),
        ],
        rows: rows.collect(),
        empty: String::new(),
    };
    view.lead.push(match attempts.last() {
        None => "No retrain yet: `dtlearn retrain --check` says whether one is due.".into(),
        Some(last) => format!("Last attempt {}: {}, {}", last.date, last.status, last.reason),
    });
    view.records = grid.clone();
    if !attempts.is_empty() {
        view.grids.push(grid);
    }
    view.payload.insert("retrains".into(), json!(attempts.iter().rev().collect::<Vec<_>>()));
    view.payload.insert("count".into(), attempts.len().into());
    if let Some((path, bad)) = &data.unreadable {
        view.notes.push(format!("{}: {} cannot be read.", path.display(), plural(*bad, "line")));
    }
    view
}
