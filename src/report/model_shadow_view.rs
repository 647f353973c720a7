//! The challenger: a model in shadow of the one in use, and how it does beside it.

use serde_json::{Value as Json, json};

use super::text::{e_value, plural};
use crate::decide::ShadowRecord;
use crate::learn::ModelFile;
use crate::stats::evidence::ENOUGH;

/// The model in use and the challenger, on the same rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ShadowData {
    /// Evidence that the one in use is worse.
    pub record: ShadowRecord,
    /// The mean squared error of the one in use.
    pub champion_brier: f64,
    /// That of the challenger.
    pub challenger_brier: f64,
}

/// How the challenger does, in a sentence.
pub(super) fn shadow_sentence(challenger: &ModelFile, shadow: Option<&ShadowData>) -> String {
    let of = format!("Challenger {} in shadow since {}", challenger.version, challenger.created_at);
    let Some(ShadowData { record, champion_brier, challenger_brier }) = shadow else {
        return format!(
            "{of}: nothing that closed since is scored yet; the next `dtlearn retrain` holds it against the model in use"
        );
    };
    format!(
        "{of}: Brier score {challenger_brier:.4}, of the model in use {champion_brier:.4}, on {} of {}; E {}, and {} with those in shadow before it: it is put into use when both reach {ENOUGH:.0}",
        plural(record.own.rows(), "row"),
        plural(record.own.sessions(), "session"),
        e_value(record.own.e()),
        e_value(record.all.e()),
    )
}

/// The challenger as programs read it.
pub(super) fn shadow_json(challenger: &ModelFile, shadow: Option<&ShadowData>) -> Json {
    let on = shadow.map(|ShadowData { record, champion_brier, challenger_brier }| {
        json!({
            "rows": record.own.rows(),
            "sessions": record.own.sessions(),
            "champion_brier": champion_brier,
            "challenger_brier": challenger_brier,
            "e": record.own.e().min(1e12),
            "e_of_all": record.all.e().min(1e12),
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
