//! The challenger: what was trained last and did not pass the gate, and how it does beside the model in use.

use serde_json::{Value as Json, json};

use super::text::{e_value, plural};
use crate::learn::ModelFile;
use crate::stats::evidence::{ENOUGH, ForecastTest};

/// The model in use and what was in shadow beside it, on the same rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ShadowData {
    /// Whether the one in use is worse.
    pub test: ForecastTest,
    /// The mean squared error of the one in use.
    pub champion_brier: f64,
    /// That of what was in shadow.
    pub challenger_brier: f64,
    /// Versions that followed one another in shadow.
    pub challengers: u64,
}

/// How the challenger does, in a sentence.
pub(super) fn shadow_sentence(challenger: &ModelFile, shadow: Option<&ShadowData>) -> String {
    let of = format!("Challenger {} in shadow since {}", challenger.version, challenger.created_at);
    let Some(shadow) = shadow else {
        return format!(
            "{of}: nothing closed since that both scored; `dtlearn retrain` holds it against the model in use"
        );
    };
    let followed = match shadow.challengers {
        0 | 1 => String::new(),
        many => format!(", {many} in turn"),
    };
    format!(
        "{of}: Brier score {:.4} against {:.4} of the model in use, {} of {}{followed} (E {}; at {ENOUGH:.0} it is put into use)",
        shadow.challenger_brier,
        shadow.champion_brier,
        plural(shadow.test.rows(), "row"),
        plural(shadow.test.sessions(), "session"),
        e_value(shadow.test.e()),
    )
}

/// The challenger as programs read it.
pub(super) fn shadow_json(challenger: &ModelFile, shadow: Option<&ShadowData>) -> Json {
    let on = shadow.map(|shadow| {
        json!({
            "rows": shadow.test.rows(),
            "sessions": shadow.test.sessions(),
            "challengers": shadow.challengers,
            "champion_brier": shadow.champion_brier,
            "challenger_brier": shadow.challenger_brier,
            "e": shadow.test.e().min(1e12),
            "needed": ENOUGH,
        })
    });
    json!({
        "version": challenger.version,
        "created_at": challenger.created_at,
        "training": challenger.training,
        "validation": challenger.validation,
        "shadow": on,
    })
}
