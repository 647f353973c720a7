//! The files that say when and how models were trained.

use serde_json::Value as Json;

use super::Context;
use super::metrics_json;
use crate::decide::{Baseline, ShownSkill};
use crate::domain::Timestamp;
use crate::learn::ModelFile;
use crate::metrics::Performance;
use crate::stats::evidence::{JointSkillTest, SessionSkill};
use crate::store::{Durability, StoreError, append_lines, read_state, replace_json};
use crate::wire::{Attempt, BaselineFile, LastRetrain, OverfitPoint, SkillLedger, read_attempts};

/// Attempts of which the gap between training and held-out accuracy is kept.
const GAPS: usize = 50;

/// Every attempt up to the moment that is asked for, oldest first, and how many lines cannot be read.
pub(crate) fn attempts(context: &Context<'_>) -> Result<(Vec<Attempt>, u64), StoreError> {
    let (mut found, bad) =
        read_attempts(&read_state(context.disk, &context.layout.retrain_log())?.unwrap_or_default());
    found.retain(|attempt| !context.is_later(&attempt.timestamp));
    Ok((found, bad))
}

/// Since when a version is in use: when it was last deployed or gone back to; when it was made, where nothing is on record.
///
/// # Errors
/// As [`attempts`].
pub(crate) fn in_use_since(context: &Context<'_>, file: &ModelFile) -> Result<Option<Timestamp>, StoreError> {
    let (attempts, _) = attempts(context)?;
    let put_into_use = attempts.iter().rev().find(|attempt| {
        matches!(attempt.status.as_str(), "deployed" | "rolled_back")
            && attempt.version.as_ref() == Some(&file.version)
    });
    let made = Timestamp::parse(&file.created_at).ok();
    let since = put_into_use.and_then(|attempt| Timestamp::parse(&attempt.timestamp).ok());
    Ok(since.max(made))
}

/// What `last_retrain.json` says; `None` when it is not there or cannot be read (doctor says why).
pub(crate) fn last_retrain(context: &Context<'_>) -> Option<LastRetrain> {
    serde_json::from_slice(&read_state(context.disk, &context.layout.last_retrain()).ok()??).ok()
}

/// The file of the baseline; `None` when nothing was ever deployed.
///
/// # Errors
/// [`StoreError::Corrupt`]: it is the only copy.
pub(crate) fn baseline_file(context: &Context<'_>) -> Result<Option<BaselineFile>, StoreError> {
    let path = context.layout.baseline();
    let Some(text) = read_state(context.disk, &path)? else { return Ok(None) };
    let read = serde_json::from_slice(&text);
    read.map(Some).map_err(|why| StoreError::Corrupt { path, why: why.to_string() })
}

/// The figures at the last deployed retrain.
pub(crate) fn baseline(context: &Context<'_>) -> Result<Baseline, StoreError> {
    let file = baseline_file(context)?.unwrap_or_default();
    let number = |name: &str| file.metrics.get(name).and_then(Json::as_f64);
    Ok(Baseline {
        win_rate: number("win_rate"),
        accuracy: number("accuracy"),
        profit_factor: number("profit_factor"),
    })
}

fn write<T: serde::Serialize>(
    context: &Context<'_>,
    path: &std::path::Path,
    value: &T,
) -> Result<(), StoreError> {
    replace_json(context.disk, path, value, Durability::Durable)
}

/// Notes a deployment. Call it under the lock.
pub(crate) fn note_deployed(
    context: &Context<'_>,
    file: &ModelFile,
    previous: Option<String>,
    week: &Performance,
) -> Result<(), StoreError> {
    let (timestamp, version) = (context.now.to_string(), file.version.clone());
    let baseline =
        BaselineFile { timestamp: timestamp.clone(), version: version.clone(), metrics: metrics_json(week) };
    write(context, &context.layout.baseline(), &baseline)?;
    write(context, &context.layout.last_retrain(), &LastRetrain { timestamp, version, previous })
}

/// Notes an attempt, and its accuracies in training and held out. Call it under the lock.
pub(crate) fn note_attempt(
    context: &Context<'_>,
    attempt: &Attempt,
    accuracies: Option<(f64, Option<f64>)>,
) -> Result<(), StoreError> {
    let path = context.layout.retrain_log();
    let line = serde_json::to_vec(attempt)
        .map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })?;
    append_lines(context.disk, &path, &[line])?;
    let Some((train, Some(held_out))) = accuracies else { return Ok(()) };
    let path = context.layout.overfit_history();
    let text = read_state(context.disk, &path)?.unwrap_or_default();
    // A history that cannot be read begins anew: the log of attempts has it all.
    let mut history: Vec<OverfitPoint> = serde_json::from_slice(&text).unwrap_or_default();
    history.push(OverfitPoint {
        timestamp: attempt.timestamp.clone(),
        train,
        held_out,
        gap: train - held_out,
    });
    history.drain(..history.len().saturating_sub(GAPS));
    write(context, &path, &history)
}

/// What each session said of skill, up to the moment that is asked for; empty where nothing was scored yet.
///
/// # Errors
/// [`StoreError::Corrupt`]: it is the only copy.
pub(crate) fn skill_ledger(context: &Context<'_>) -> Result<SkillLedger, StoreError> {
    let path = context.layout.model_skill();
    let Some(text) = read_state(context.disk, &path)? else { return Ok(SkillLedger::default()) };
    let read = serde_json::from_slice(&text);
    let mut ledger: SkillLedger = read.map_err(|why| StoreError::Corrupt { path, why: why.to_string() })?;
    ledger.sessions.retain(|session| !context.is_later(&session.scored_at));
    Ok(ledger)
}

/// Writes what the sessions said. Call it under the lock.
///
/// # Errors
/// [`StoreError::Write`].
pub(crate) fn write_skill_ledger(context: &Context<'_>, ledger: &SkillLedger) -> Result<(), StoreError> {
    write(context, &context.layout.model_skill(), ledger)
}

/// What the sessions so far show.
pub(crate) fn shown_skill<'a>(sessions: impl IntoIterator<Item = &'a SessionSkill>) -> ShownSkill {
    let mut test = JointSkillTest::default();
    let mut shown = ShownSkill { sessions: 0, e: 1.0, peak: 1.0 };
    for session in sessions {
        test.push(session);
        // Kept finite, so that it can be written down.
        let e = test.e().min(1e12);
        shown = ShownSkill { sessions: test.sessions(), e, peak: shown.peak.max(e) };
    }
    shown
}
