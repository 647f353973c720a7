//! `report model --ensemble`: how much weight each of several models deserves.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::{e_value, plural};
use crate::learn::{BaseBlend, Blend, ENGINE_MODELS};
use crate::stats::evidence::ENOUGH;

/// Why there are no weights.
fn too_little(names: &[&str], rows: u64, sessions: u64) -> String {
    match names {
        [] => {
            return "Too little to weigh the models: no row of the last 30 days that this model was not trained on has a probability of theirs.".into();
        }
        [spoke] => {
            return format!("Only {spoke} gave probabilities in 30 days; an ensemble needs two models.");
        }
        _ => {}
    }
    format!(
        "Too little to weigh the models: {} from {} in 30 days on which {} all gave a probability and which this \
         model was not trained on; four sessions are needed.",
        plural(rows, "row"),
        plural(sessions, "session"),
        names.join(", ")
    )
}

/// The blend beside the best single model.
fn blend_verdict(found: &Blend, best: &str) -> String {
    let word = match found.against_best {
        Some(paired) if paired.low > 0.0 => "beats",
        Some(paired) if paired.high < 0.0 => "is worse than",
        _ => "is not clearly better than",
    };
    let interval = found.against_best.map(|paired| match (paired.low, paired.high) {
        (low, high) if low > 0.0 => format!(", by {:.4} log loss a row ({low:.4} to {high:.4})", paired.mean),
        (low, high) if high < 0.0 => {
            format!(", by {:.4} log loss a row ({:.4} to {:.4})", -paired.mean, -high, -low)
        }
        (low, high) => format!(", by {:+.4} log loss a row ({low:+.4} to {high:+.4})", paired.mean),
    });
    let best = if best == "this_model" { "dtlearn's model" } else { best };
    format!("The blend {word} {best}, the best single model{}, n {}", interval.unwrap_or_default(), found.n)
}

/// What several models together are worth.
#[derive(Clone, Debug, PartialEq)]
pub struct EnsembleData {
    /// The models that were weighed.
    pub names: Vec<&'static str>,
    /// Which were not, or should not be in what is used, and why, each a sentence.
    pub left_out: Vec<String>,
    /// What the blend of all of them came to.
    pub found: Option<Blend>,
    /// Rows on which all of them spoke.
    pub rows: u64,
    /// Sessions of these rows.
    pub sessions: u64,
    /// Which of the engine's models stand for its score, as of the last retrain.
    pub base: Option<BaseBlend>,
    /// That what the last retrain made is too old to be used, or why it cannot be read.
    pub too_old: Option<String>,
    /// Whether it cannot be read.
    pub is_damaged: bool,
}

/// Which of the engine's models stand for the score of a signal that brings none.
fn base_sentence(base: Option<&BaseBlend>, too_old: Option<&str>) -> String {
    let Some(base) = base else {
        let why = too_old.unwrap_or(
            "weights of the engine's models come with a retrain that knows them over four sessions",
        );
        return format!("A signal without a score gets the mean of its probabilities: {why}");
    };
    let best = base.members.get(base.best).map_or("–", |member| member.name.as_str());
    let of = format!("E {}, it takes {ENOUGH:.0}, n {}", e_value(base.evidence), base.rows);
    if base.is_blended() {
        let weights: Vec<String> =
            base.weights().map(|(member, weight)| format!("{} {weight:.3}", member.name)).collect();
        format!(
            "A signal without a score gets the blend of the engine's models, which is better than {best} alone ({of}): {}.",
            weights.join(", ")
        )
    } else if base.members.len() == 1 {
        format!(
            "A signal without a score gets that of {best}, the only one of the engine's models that gives probabilities (n {}).",
            base.rows
        )
    } else {
        format!(
            "A signal without a score gets that of {best}: the blend of the engine's models is not shown to be better ({of})."
        )
    }
}

/// `DT_W_LGB=0.983`, for a shell; empty where there are no weights.
fn weight_assignments(base: Option<&BaseBlend>) -> Vec<(String, String)> {
    let weight = |name: &str| {
        let found = base?.weights().find(|(member, _)| member.name == name);
        Some(format!("{:.3}", found.map_or(0.0, |(_, weight)| weight)))
    };
    let name = |name: &str| format!("DT_W_{}", name.trim_end_matches("_prob").to_ascii_uppercase());
    ENGINE_MODELS.into_iter().map(|model| (name(model), weight(model).unwrap_or_default())).collect()
}

/// Builds `report model --ensemble`.
pub fn ensemble_view(data: &EnsembleData) -> View {
    let EnsembleData { names, left_out, found, rows, sessions, base, too_old, is_damaged: _ } = data;
    let found = found.as_ref().filter(|_| names.len() > 1);
    let mut view = View { name: "report.model-ensemble", ..View::default() };
    view.payload.insert("rows".into(), (*rows).into());
    view.payload.insert("base".into(), json!(base));
    view.payload.insert("base_of".into(), base.as_ref().map_or("mean", BaseBlend::of).into());
    view.payload.insert("left_out".into(), json!(left_out));
    view.assignments = weight_assignments(base.as_ref());
    view.notes.push(base_sentence(base.as_ref(), too_old.as_deref()));
    view.notes.extend(left_out.iter().cloned());
    let model = |name: &str| vec![Cell::Text(name.into()), Cell::Absent, Cell::Absent];
    let columns = vec![
        Column::fixed("model", "Model", 0),
        Column::number("weight", "Weight", 0),
        Column::number("log_loss", "Log loss", 0),
    ];
    let Some(found) = found else {
        view.records =
            Grid { columns, rows: names.iter().map(|name| model(name)).collect(), ..Grid::default() };
        view.lead.push(too_little(names, *rows, *sessions));
        view.payload.insert("weights".into(), Json::Null);
        return view;
    };
    let best = names.get(found.best).copied().unwrap_or("–");
    view.lead.push(blend_verdict(found, best));
    let mut grid = Grid {
        title: None,
        columns,
        rows: names
            .iter()
            .enumerate()
            .map(|(at, name)| {
                vec![
                    Cell::Text((*name).into()),
                    Cell::Share(found.weights[at]),
                    Cell::four_places(Some(found.single[at])),
                ]
            })
            .collect(),
        empty: String::new(),
    };
    grid.rows.push(vec![Cell::Text("blend".into()), Cell::Absent, Cell::four_places(Some(found.blended))]);
    view.records = grid.clone();
    view.grids.push(grid);
    view.notes.push("Log losses are walk-forward by session; the weights are fitted on all rows.".into());
    let weights = names.iter().zip(&found.weights).map(|(name, w)| ((*name).to_owned(), json!(w)));
    view.payload.insert("weights".into(), Json::Object(weights.collect()));
    let single = names.iter().zip(&found.single).map(|(name, loss)| ((*name).to_owned(), json!(loss)));
    view.payload.insert("log_loss".into(), Json::Object(single.collect()));
    view.payload.insert("blend_log_loss".into(), found.blended.into());
    view.payload.insert("best_single".into(), best.into());
    view.payload.insert("against_best".into(), json!(found.against_best));
    view
}
