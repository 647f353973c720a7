//! Experiments in words: an effect in its unit, the sentence of the verdict, and what to know about it.

use super::experiment_data::ExperimentData;
use super::text::{amount, plural};
use crate::decide::{ArmVerdict, Compared, Scored};
use crate::domain::{Experiment, ExperimentMetric, ExperimentUnit, KnobName};
use crate::stats::evidence::ENOUGH;

/// An effect in the unit of the experiment's metric, without a sign where it has none.
pub fn effect_text(experiment: &Experiment, value: f64, currency: &str) -> String {
    match experiment.metric {
        ExperimentMetric::NetPct => format!("{} %", trimmed(value * 100.0)),
        ExperimentMetric::NetUsd => format!("{} {currency}", amount(value)),
        ExperimentMetric::R => format!("{} R", trimmed(value)),
    }
}

/// The same with its sign.
pub(super) fn signed_effect(experiment: &Experiment, value: f64, currency: &str) -> String {
    let sign = if value < 0.0 { "-" } else { "+" };
    format!("{sign}{}", effect_text(experiment, value.abs(), currency))
}

/// Three digits that say something.
fn trimmed(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 0.1 || size == 0.0 => 2,
        size if size >= 0.01 => 3,
        _ => 4,
    };
    format!("{value:.decimals$}")
}

/// What an effect is by: "a signal", "a session".
pub(super) fn each(experiment: &Experiment) -> &'static str {
    if experiment.assignment.unit.is_by_signal() { "a signal" } else { "a session" }
}

/// E as it is shown: one decimal, and no more digits than anybody reads.
pub(super) fn e_text(e: f64) -> String {
    if e >= 1e6 { "over a million".into() } else { format!("{e:.1}") }
}

/// `B less A +0.06 % a signal, between −0.02 % and +0.14 %`.
fn difference(data: &ExperimentData, arm: &str, compared: &Compared) -> Option<String> {
    let experiment = &data.experiment;
    let shown = |value: f64| signed_effect(experiment, value, &data.currency);
    let (first, each) = (&experiment.arms()[0].name, each(experiment));
    let interval = match compared.interval {
        Some((low, high)) => format!("between {} and {}", shown(low), shown(high)),
        None => "no interval yet".into(),
    };
    Some(format!("{arm} less {first} {} {each}, {interval}", shown(compared.mean?)))
}

/// The sentences that begin an answer.
pub(super) fn lead(data: &ExperimentData) -> Vec<String> {
    let experiment = &data.experiment;
    let name = experiment.name();
    let mut lead = Vec::new();
    if let Some(stopped) = &data.stopped {
        lead.push(format!(
            "{name} was stopped on {}: {} kept. Reason: {}",
            stopped.at.get(..10).unwrap_or(&stopped.at),
            stopped.keep,
            stopped.why
        ));
    }
    for (arm, compared) in experiment.arms()[1..].iter().zip(&data.compared) {
        let of = if data.compared.len() > 1 { format!("{name}, {}", arm.name) } else { name.to_owned() };
        let mut said = format!(
            "{of}: {} after {}; E {} of {:.0}",
            compared.verdict.as_str(),
            plural(data.scored.sessions, "session"),
            e_text(compared.e),
            compared.needed_e
        );
        if let Some((peak, on)) = compared.peak.filter(|(peak, _)| *peak > compared.e) {
            said.push_str(&format!(", at most {} on {on}", e_text(peak)));
        }
        if let Some(difference) = difference(data, &arm.name, compared) {
            said.push_str(&format!(". {difference}"));
        }
        lead.push(said);
    }
    lead.extend(data.invalid.iter().map(|why| format!("Invalid: {why}.")));
    lead.extend(what_next(data));
    lead
}

/// What is still needed, or what to do.
fn what_next(data: &ExperimentData) -> Option<String> {
    let experiment = &data.experiment;
    if data.stopped.is_some() {
        return None;
    }
    let name = experiment.name();
    let stop = |keep: &str| format!("`dtlearn experiment stop {name} --keep {keep} --why …` ends it");
    if !data.invalid.is_empty() {
        return Some(format!("No verdict can come of it any more: {}.", stop(&experiment.arms()[0].name)));
    }
    if data.scored.sessions == 0 {
        return Some(format!("The first session that counts is {}.", experiment.assignment.starts));
    }
    let best = experiment.arms()[1..]
        .iter()
        .zip(&data.compared)
        .find(|(_, found)| found.verdict == ArmVerdict::Better);
    if let Some((arm, _)) = best {
        return Some(format!("{}.", stop(&arm.name)));
    }
    if data.compared.iter().all(|found| {
        matches!(found.verdict, ArmVerdict::Worse | ArmVerdict::Equivalent | ArmVerdict::Harmful)
    }) {
        return Some(format!("{}.", stop(&experiment.arms()[0].name)));
    }
    if data.scored.sessions >= experiment.max_sessions {
        return Some(format!(
            "Its {} sessions are over, and later ones do not count: {}.",
            experiment.max_sessions,
            stop(&experiment.arms()[0].name)
        ));
    }
    let planned = experiment.needed.0.min(experiment.max_sessions);
    let left = planned.saturating_sub(data.scored.sessions);
    Some(match left {
        0 => format!(
            "An effect of {} would probably have shown by now; it may be smaller. It ends after {} sessions.",
            effect_text(experiment, experiment.min_effect, &data.currency),
            experiment.max_sessions
        ),
        left => format!(
            "About {} more are planned for an effect of {}; looking costs nothing.",
            plural(left, "session"),
            effect_text(experiment, experiment.min_effect, &data.currency)
        ),
    })
}

/// What to know about the figures.
pub(super) fn notes(data: &ExperimentData) -> Vec<String> {
    let experiment = &data.experiment;
    let mut notes = vec![format!(
        "Plan {}: {} by {} {}, drawn by {}, from {} on, at most {} sessions; it matters from {} on.",
        experiment.hash,
        experiment.arms().iter().map(|arm| arm.name.as_str()).collect::<Vec<_>>().join(" against "),
        experiment.metric.as_str(),
        each(experiment),
        experiment.assignment.unit.as_str(),
        experiment.assignment.starts,
        experiment.max_sessions,
        effect_text(experiment, experiment.min_effect, &data.currency)
    )];
    notes.push(counted(data));
    notes.extend(ratio(data));
    notes.extend(clipped(data));
    notes.extend(left_out(&data.scored));
    notes.extend(interference(data));
    if data.running > 1 && data.stopped.is_none() {
        notes.push(format!(
            "{} experiments run at once and share the evidence: of those named at most one in {ENOUGH:.0} is chance.",
            data.running
        ));
    }
    if data.compared.iter().any(|found| found.verdict == ArmVerdict::Harmful) {
        notes.push("Harmful is said early, at one chance in five where there is nothing: enough to stop an arm, not to call it worse.".into());
    }
    if data.compared.iter().any(|found| matches!(found.verdict, ArmVerdict::Better | ArmVerdict::Worse)) {
        notes.push("Estimates at stopping are biased away from zero: rely on the interval.".into());
    }
    notes
}

/// Records that do not count, or not as they came: how many, and what is said of one and of many.
fn left_out(scored: &Scored) -> impl Iterator<Item = String> {
    let found = [
        (
            scored.without_arm,
            "signal",
            "without an arm in its record left out",
            "without an arm in their records left out",
        ),
        (
            scored.in_other_arm,
            "record",
            "names another arm than the one assigned, and counts where it was assigned",
            "name another arm than the one assigned, and count where they were assigned",
        ),
        (scored.without_risk, "trade", "has no stop and counts 0", "have no stop and count 0"),
        (
            scored.waiting,
            "session",
            "waits for prices of the hypothetical arm",
            "wait for prices of the hypothetical arm",
        ),
        (
            scored.unresolvable,
            "signal",
            "of the hypothetical arm found no prices and counts 0",
            "of the hypothetical arm found no prices and count 0",
        ),
    ];
    found.into_iter().filter(|(count, ..)| *count > 0).map(|(count, noun, one, many)| {
        format!("{} {}.", plural(count, noun), if count == 1 { one } else { many })
    })
}

fn counted(data: &ExperimentData) -> String {
    match data.experiment.assignment.unit {
        ExperimentUnit::Signal => {
            "Judged by what was assigned: a signal that its arm did not trade counts 0.".into()
        }
        ExperimentUnit::Session => format!(
            "Each block of {} sessions has every arm once; a block counts when it is whole.",
            data.experiment.arms().len()
        ),
        ExperimentUnit::SymbolSession if data.experiment.assignment.symbols.is_some() => {
            "Each session has every arm on its part of the symbols, and a coin swaps the parts; a symbol without a trade counts 0.".into()
        }
        ExperimentUnit::SymbolSession => "A symbol without a trade in a session counts 0 in it.".into(),
        ExperimentUnit::Shadow => format!(
            "{} is hypothetical: it was not traded but priced like a missed signal, without the slippage and the doubts of a real order.",
            data.experiment.arms()[1].name
        ),
    }
}

fn ratio(data: &ExperimentData) -> Option<String> {
    let e = data.ratio_e.filter(|_| data.invalid.is_empty())?;
    let units: Vec<u64> = data.scored.arms.iter().map(|arm| arm.units).collect();
    let all: u64 = units.iter().sum();
    let shown: Vec<String> = units.iter().map(u64::to_string).collect();
    (all > 0).then(|| {
        format!(
            "Arms {} of {all}: matches the planned split (E {} of 1000 against it).",
            shown.join(":"),
            e_text(e)
        )
    })
}

fn clipped(data: &ExperimentData) -> Option<String> {
    let experiment = &data.experiment;
    let clipped: u64 = data.compared.iter().map(|found| found.clipped).sum();
    let first = data.compared.first()?;
    let plain = first.plain_mean.filter(|_| clipped > 0)?;
    Some(format!(
        "{} beyond ±{} and cut to it, as planned; uncut the mean is {}.",
        if clipped == 1 { "1 session lay".into() } else { format!("{clipped} sessions lay") },
        effect_text(experiment, experiment.clip, &data.currency),
        signed_effect(experiment, plain, &data.currency)
    ))
}

/// Where arms share places, orders or capital, one can crowd out the other.
fn interference(data: &ExperimentData) -> Option<String> {
    let drawn_apart =
        matches!(data.experiment.assignment.unit, ExperimentUnit::Signal | ExperimentUnit::SymbolSession);
    let crowded = data.scored.crowded_out;
    (drawn_apart && crowded > 0).then(|| {
        format!(
            "{} refused for places, orders or capital that the arms share: the difference is not that of one arm for all. Plan the next one with --unit session.",
            if crowded == 1 { "1 signal was".into() } else { format!("{crowded} signals were") }
        )
    })
}

/// Knobs that are one limit for all arms where arms are drawn apart.
pub(super) fn shared_limits(experiment: &Experiment) -> Vec<&'static str> {
    let limits = [KnobName::MaxPositions, KnobName::MaxOrders, KnobName::MinGap];
    let drawn_apart =
        matches!(experiment.assignment.unit, ExperimentUnit::Signal | ExperimentUnit::SymbolSession);
    experiment.knobs().filter(|knob| drawn_apart && limits.contains(knob)).map(KnobName::as_str).collect()
}
