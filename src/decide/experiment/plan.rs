//! How many sessions an experiment will take, from what the sessions before it were like.

use super::scored::{Observation, score_sessions};
use crate::domain::{Calendar, Date, Experiment, ExperimentUnit, KnobName, PerKnob};
use crate::stats::evidence::{ENOUGH, SPREAD, paired_sessions};
use crate::stats::{Z80, Z95};

/// Draws of arms over the sessions before the plan, from which the scale is taken.
const DRAWS: usize = 16;

/// The clip is so many times the 99 % point of the differences before the plan, and of their deviation at least.
const CLIP: (f64, f64) = (1.5, 4.0);

/// Differences before the plan below which nothing is planned.
const HISTORY: usize = 10;

/// More differences than this are not counted.
const MOST: u64 = 1 << 40;

/// The same in the shadow, where they are counted one by one.
const MOST_PAIRED: u64 = 1 << 16;

/// Differences that it takes to see an `effect` with 80 %, each with a standard deviation of `scale` in its unit, when it
/// is looked at after every session and when it is looked at once at the end; `arms` is the count of arms beside the
/// first. `None` where there is no end to it.
///
/// With looks: the first n at which the mean lies so far beyond the line of the test that 80 % have crossed it, with
/// V = n(scale² + effect²). Looks before it only add. Without: n = (1.96 + .84)²/(effect/scale)².
pub fn sessions_needed(effect: f64, scale: f64, arms: usize) -> Option<(u64, u64)> {
    let d = effect.abs() / scale;
    if !(d > 0.0 && d.is_finite()) {
        return None;
    }
    let line = (ENOUGH * arms.max(1) as f64).ln();
    let crosses = |n: u64| {
        let n = n as f64;
        let within = 1.0 + SPREAD * n * (1.0 + d * d);
        let beyond = (2.0 * within / SPREAD * (line + 0.5 * within.ln())).sqrt();
        n * d - Z80 * (n).sqrt() >= beyond
    };
    let mut high = (0..).map(|power| 1u64 << power).take_while(|n| *n <= MOST).find(|n| crosses(*n))?;
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if crosses(middle) { high = middle } else { low = middle }
    }
    let looked_at = high;
    let once = ((Z95 + Z80) / d).powi(2).ceil() as u64;
    Some((looked_at, once.max(1)))
}

/// The same as [`sessions_needed`] for an experiment in the shadow, whose differences are cut to ±`clip`.
pub fn shadow_sessions_needed(effect: f64, scale: f64, clip: f64) -> Option<(u64, u64)> {
    let looked_at = paired_sessions(effect.abs(), scale, clip, 1.0, MOST_PAIRED)?;
    let once = ((Z95 + Z80) * scale / effect.abs()).powi(2).ceil() as u64;
    Some((looked_at, once.max(1)))
}

/// By how much the result of a signal can differ between two arms, each within its own stop and target, as a fraction of
/// the position.
pub fn reach(first: &PerKnob<f64>, second: &PerKnob<f64>) -> f64 {
    let apart =
        |one: &PerKnob<f64>, other: &PerKnob<f64>| one[KnobName::StopLoss] + other[KnobName::TakeProfit];
    apart(first, second).max(apart(second, first))
}

/// Scale and clip of an experiment, from observations of the sessions from its `starts` up to `last`, which lie before
/// the plan: from the differences that arms without an effect would have had in them. The error says what is missing.
///
/// The clip is at least the `reach` of a signal where nothing but the bound makes the test safe: a loss that is rare and
/// large may be missing in the sessions before, and a clip taken from those alone would cut it away.
///
/// # Errors
/// How many differences there are and how many are needed; or that nothing in them differs.
pub fn frozen_scale(
    experiment: &Experiment,
    observations: &[Observation],
    (last, reach): (Date, f64),
    calendar: &Calendar,
) -> Result<(f64, f64), String> {
    let mut differences = Vec::new();
    let mut drawn = experiment.clone();
    drawn.max_sessions = u64::MAX;
    let is_shadow = experiment.assignment.unit == ExperimentUnit::Shadow;
    for draw in 0..DRAWS {
        drawn.assignment.name = format!("{}\u{1f}{draw}", experiment.name());
        let scored = score_sessions(&drawn, observations, (last, true), calendar);
        let found = scored.differences.into_iter().flatten().map(|scored| scored.difference);
        differences.extend(found);
    }
    let of_each = differences.len() / DRAWS / experiment.comparisons().max(1);
    if of_each < HISTORY {
        let what = if experiment.assignment.unit == ExperimentUnit::Session {
            "blocks of sessions"
        } else {
            "sessions"
        };
        return Err(format!(
            "{HISTORY} {what} with records are needed before the plan, and there are {of_each}"
        ));
    }
    let mut sizes: Vec<f64> = differences.iter().map(|difference| difference.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let squares: f64 = sizes.iter().map(|size| size * size).sum();
    // The second arm of a shadow has no past: it is taken to vary as the first does, and by itself.
    let both = if is_shadow { std::f64::consts::SQRT_2 } else { 1.0 };
    let scale = both * (squares / sizes.len() as f64).sqrt();
    if !(scale > 0.0 && scale.is_finite()) {
        return Err("no result before the plan differs from 0".into());
    }
    let at = ((sizes.len() as f64 * 0.99).ceil() as usize).clamp(1, sizes.len()) - 1;
    let clip = (CLIP.0 * both * sizes[at]).max(CLIP.1 * scale);
    Ok((scale, if is_shadow { clip.max(reach) } else { clip }))
}
