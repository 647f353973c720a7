//! What sessions say of skill when each is scored by a fit that had not seen it.

use std::collections::BTreeMap;

use super::dataset::Dataset;
use super::error::FitError;
use super::manifest::Manifest;
use super::model::{Model, Rows, train};
use super::params::Params;
use super::validate::EMBARGO;
use crate::stats::evidence::SkillSession;

/// The share of the sessions that the first fit learns from, where none was scored before.
const FIRST_SHARE: f64 = 0.5;

/// The log-odds of rows before calibration: a calibration that saw no skill yet makes them all alike.
fn scores(model: &Model, manifest: &Manifest, dataset: &Dataset, rows: &[usize]) -> Vec<f64> {
    model.ensemble.predict_all(&model.crosses.widen(&manifest.table(dataset, rows)))
}

/// What the sessions of these rows say of a model that was trained before all of them.
pub fn scored_sessions(
    model: &Model,
    manifest: &Manifest,
    dataset: &Dataset,
    rows: &[usize],
) -> Vec<(i64, SkillSession)> {
    let mut sessions: BTreeMap<i64, (Vec<f64>, Vec<bool>)> = BTreeMap::new();
    for (row, score) in rows.iter().zip(scores(model, manifest, dataset, rows)) {
        let example = &dataset.examples[*row];
        let session = sessions.entry(example.session).or_default();
        session.0.push(score);
        session.1.push(example.label);
    }
    sessions.into_iter().map(|(session, (scores, won))| (session, SkillSession::new(&scores, &won))).collect()
}

/// Scores the sessions after `after` (where none was scored before: the later half) and before `before`, by one fit on
/// what came before all of them, with an embargo between.
///
/// # Errors
/// [`FitError`] when the rows cannot be learned from.
pub fn prospective_sessions(
    dataset: &Dataset,
    (after, before): (Option<i64>, i64),
    seed: u64,
) -> Result<Vec<(i64, SkillSession)>, FitError> {
    let sessions = dataset.sessions();
    let half = (sessions.len() as f64 * FIRST_SHARE) as usize;
    let first = match after {
        Some(after) => sessions.partition_point(|session| *session <= after),
        None => half,
    };
    let learned = first.saturating_sub(EMBARGO);
    if learned == 0 || sessions.get(first).is_none_or(|session| *session >= before) {
        return Ok(Vec::new());
    }
    let (last_learned, first_scored) = (sessions[learned - 1], sessions[first]);
    let rows = |inside: &dyn Fn(i64) -> bool| -> Vec<usize> {
        (0..dataset.examples.len()).filter(|row| inside(dataset.examples[*row].session)).collect()
    };
    let learned = rows(&|session| session <= last_learned);
    let scored = rows(&|session| session >= first_scored && session < before);
    let labels: Vec<bool> = learned.iter().map(|row| dataset.examples[*row].label).collect();
    let sessions: Vec<i64> = learned.iter().map(|row| dataset.examples[*row].session).collect();
    let manifest = Manifest::of(dataset, &learned);
    let table = manifest.table(dataset, &learned);
    let rows = Rows { table: &table, labels: &labels, weights: None, sessions: &sessions, side: manifest.side() };
    let model = train(&rows, &Params::candidates(learned.len()), seed)?;
    Ok(scored_sessions(&model, &manifest, dataset, &scored))
}
