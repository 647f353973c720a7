//! `report experiments`: how each experiment stands.

use super::{Context, Reading};
use crate::decide::{ArmVerdict, Scored, compare, required_e, score_sessions};
use crate::domain::{ExperimentMetric, ExperimentUnit};
use crate::files::experiment_records::{Wanted, observations};
use crate::files::experiments::{ExperimentOnRecord, experiments};
use crate::report::{ExperimentData, plural};
use crate::stats::evidence::{ENOUGH, sample_ratio_e};
use crate::store::StoreError;

/// E against the planned shares at which the verdict is shut: reached with a chance of 1/1000 while they are kept.
const RATIO_ALARM: f64 = 1_000.0;

/// The share of an experiment's records above which something that they lack, or say otherwise, makes it invalid.
const TOLERATED: f64 = 0.1;

/// How every experiment on record stands.
///
/// # Errors
/// [`StoreError`] when a file or a log cannot be read at all.
pub(super) fn standing(context: &Context<'_>) -> Result<(Vec<ExperimentData>, Reading), StoreError> {
    let known = experiments(context)?;
    let mut reading = Reading::default();
    let mut all = Vec::new();
    for found in known.all {
        let (data, read) = gathered(context, found)?;
        reading = read;
        all.push(data);
    }
    judge(&mut all);
    Ok((all, reading))
}

/// What the sessions of an experiment say, without words yet.
fn gathered(
    context: &Context<'_>,
    found: ExperimentOnRecord,
) -> Result<(ExperimentData, Reading), StoreError> {
    let calendar = context.market().calendar();
    let experiment = &found.experiment;
    let wanted = Wanted {
        from: experiment.assignment.starts,
        name: experiment.name(),
        unit: experiment.assignment.unit,
    };
    let (records, reading) = observations(context, &wanted)?;
    let now = context.session_date();
    let last = found.stopped_at().map_or(now, |at| calendar.session_date(at).min(now));
    let scored = score_sessions(experiment, &records, (last, false), calendar);
    let ratio_e = ratio(&found, &scored);
    let data = ExperimentData {
        invalid: invalid(&found, &scored, ratio_e),
        experiment: found.experiment,
        stopped: found.stopped,
        scored,
        ratio_e,
        compared: Vec::new(),
        running: 0,
        currency: context.settings.currency.clone(),
        last,
    };
    Ok((data, reading))
}

/// E of the counts of arms against their shares; none where arms take turns or nothing is drawn.
fn ratio(found: &ExperimentOnRecord, scored: &Scored) -> Option<f64> {
    let assignment = &found.experiment.assignment;
    let is_drawn = match assignment.unit {
        ExperimentUnit::Signal => true,
        ExperimentUnit::SymbolSession => assignment.symbols.is_none(),
        ExperimentUnit::Session | ExperimentUnit::Shadow => false,
    };
    let counts: Vec<u64> = scored.arms.iter().map(|arm| arm.units).collect();
    let shares: Vec<f64> = found.experiment.arms().iter().map(|arm| arm.share).collect();
    is_drawn.then(|| sample_ratio_e(&counts, &shares))
}

/// What is wrong with an experiment itself.
fn invalid(found: &ExperimentOnRecord, scored: &Scored, ratio_e: Option<f64>) -> Vec<String> {
    let mut why = Vec::new();
    if !found.is_as_frozen {
        why.push(format!("its plan is not as it was frozen: its hash is not {}", found.experiment.hash));
    }
    if ratio_e.is_some_and(|e| e >= RATIO_ALARM) {
        let units: Vec<String> = scored.arms.iter().map(|arm| arm.units.to_string()).collect();
        why.push(format!(
            "sample ratio mismatch: the arms have {} units, which the planned shares do not make; records of one arm are missing",
            units.join(":")
        ));
    }
    let units: u64 = scored.arms.iter().map(|arm| arm.units.max(arm.traded)).sum();
    if scored.in_other_arm as f64 > TOLERATED * units as f64 {
        why.push(format!(
            "{} of {} name another arm than the one that was assigned: the engine does not follow the arms",
            scored.in_other_arm,
            plural(units, "record")
        ));
    }
    let traded: u64 = scored.arms.iter().map(|arm| arm.traded).sum();
    if found.experiment.metric == ExperimentMetric::R
        && scored.without_risk as f64 > TOLERATED * traded as f64
    {
        why.push(format!(
            "{} of {} have no stop_price, and no result in units of risk",
            scored.without_risk,
            plural(traded, "trade")
        ));
    }
    why
}

/// Puts a word on every arm: running experiments share the evidence that it takes.
fn judge(all: &mut [ExperimentData]) {
    let alone = |data: &ExperimentData| ENOUGH * data.experiment.comparisons() as f64;
    let of_all = |data: &mut ExperimentData, needed: f64| {
        let invalid = !data.invalid.is_empty();
        let compared =
            data.scored.differences.iter().map(|scored| compare(&data.experiment, scored, needed, invalid));
        data.compared = compared.collect();
    };
    for data in all.iter_mut() {
        let needed = alone(data);
        of_all(data, needed);
        if let Some(stopped) = &data.stopped {
            // What was said when it was stopped stands.
            let said = data.experiment.arms()[1..].iter().map(|arm| stopped.words.get(&arm.name));
            for (compared, word) in data.compared.iter_mut().zip(said) {
                compared.verdict = word.and_then(|word| ArmVerdict::parse(word)).unwrap_or(compared.verdict);
            }
        }
    }
    let running: Vec<usize> = (0..all.len()).filter(|at| all[*at].stopped.is_none()).collect();
    let of_arms = |at: &usize| all[*at].compared.iter().map(|found| found.e).collect::<Vec<f64>>();
    let needed = required_e(&running.iter().map(of_arms).collect::<Vec<_>>());
    for (at, needed) in running.iter().zip(needed) {
        all[*at].running = running.len();
        of_all(&mut all[*at], needed);
    }
}
