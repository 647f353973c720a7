//! `score`: what a signal is worth before this program's model looks at it, and where that comes from.

use super::followed_file::FollowedFile;
use crate::files::base_blend::BaseWeights;
use crate::learn::{BaseFound, ENGINE_MODELS, mean_score};
use crate::wire::EntryFeatures;

/// That members are missing, and what becomes of the base.
fn missing_warning(found: &BaseFound, mean: Option<f64>) -> Option<String> {
    let names = found.missing.join(" and ");
    let is = if found.missing.len() == 1 { "is" } else { "are" };
    let then = match &found.probability {
        _ if found.missing.is_empty() => return None,
        Some(probability) if probability.of == "blend" => "taken out of the ensemble".to_owned(),
        Some(probability) => format!("taken out of the ensemble: {} stands alone", probability.of),
        None if mean.is_some() => {
            "taken out of the ensemble: the mean of what it carries stands in".to_owned()
        }
        None => "taken out of the ensemble, and nothing is left: the base is 5".to_owned(),
    };
    Some(format!("{names} {is} missing and {then}"))
}

/// The signal's `own` score, else that of the engine's models, else the mean of the probabilities that it carries, and
/// where it comes from.
pub(super) fn base_of(
    models: &FollowedFile<BaseWeights>,
    own: Option<f64>,
    known: &EntryFeatures,
    warnings: &mut Vec<String>,
) -> (Option<f64>, String) {
    if own.is_some() {
        return (own, "signal".to_owned());
    }
    for name in ENGINE_MODELS.into_iter().chain(["confidence"]) {
        let odd = known.number(name).filter(|p| !(0.0..=1.0).contains(p));
        warnings.extend(odd.map(|p| format!("{name} {p} is not a number from 0 to 1; treated as missing")));
    }
    warnings.extend(models.trouble.as_ref().map(|why| format!("no weights of the engine's models: {why}")));
    warnings.extend(models.found.too_old.clone());
    let mean = mean_score(known);
    let found = models.found.blend.as_ref().map(|models| models.probability(known)).unwrap_or_default();
    warnings.extend(missing_warning(&found, mean));
    match found.probability {
        Some(found) => (Some(10.0 * found.value), found.of),
        None => (mean, if mean.is_some() { "mean" } else { "none" }.to_owned()),
    }
}
