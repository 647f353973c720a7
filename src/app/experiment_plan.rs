//! `experiment plan`: checks what is to be compared, says what it takes, and freezes it.

use std::collections::BTreeMap;

use super::brain_adjust::check_value;
use super::experiment::{ExperimentError, MOST_SESSIONS, PlanRequest, knobs_of_arm};
use super::{Context, Reading};
use crate::decide::{Observation, frozen_scale, reach, sessions_needed, shadow_sessions_needed};
use crate::domain::{
    Arm, Assignment, Calendar, Date, Experiment, ExperimentMetric, ExperimentUnit, MAX_ARMS, MIN_SHARE,
};
use crate::files::brain::knobs_or_defaults;
use crate::files::experiment_records::{Wanted, observations};
use crate::files::experiments::{append_plan, experiments};
use crate::report::PlanData;
use crate::wire::PlanRecord;

/// Sessions before the plan from which the scale is taken.
const PAST_SESSIONS: usize = 60;

/// The share of trades that must name their signal where arms are drawn by signal, and have a stop where results count
/// in units of risk.
const COMPLETE: f64 = 0.9;

/// Plans an experiment, and freezes it unless only asked what it would take.
///
/// # Errors
/// [`ExperimentError`]; nothing is then written.
pub fn plan_experiment(context: &Context<'_>, request: &PlanRequest) -> Result<PlanData, ExperimentError> {
    let read_only = request.dry_run || context.as_of.is_some();
    let _lock = if read_only { None } else { Some(context.lock()?) };
    let known = experiments(context)?;
    if known.named(&request.name).is_some() {
        return Err(ExperimentError::Taken(request.name.clone()));
    }
    let arms = arms(context, request)?;
    for (_, knob, _) in &request.knobs {
        if let Some(other) = known.holding(*knob) {
            return Err(ExperimentError::KnobTaken { knob: *knob, other: other.name().into() });
        }
    }
    let starts = first_session(context)
        .ok_or_else(|| ExperimentError::Plan("the calendar has no session after now".into()))?;
    let assignment =
        Assignment { name: request.name.clone(), arms, unit: request.unit, starts, symbols: None };
    let mut experiment = Experiment {
        assignment,
        metric: request.metric,
        min_effect: request.min_effect,
        scale: 0.0,
        clip: 0.0,
        capital: context.settings.capital,
        needed: (0, 0),
        max_sessions: request.max_sessions.unwrap_or(MOST_SESSIONS),
        planned_at: context.now,
        hash: String::new(),
    };
    let past = past(context, request, &mut experiment)?;
    experiment.needed = needed(&experiment);
    let currency = &context.settings.currency;
    if experiment.needed.0 > MOST_SESSIONS && request.max_sessions.is_none() {
        return Err(ExperimentError::TooLong {
            needed: experiment.needed.0,
            effect: crate::report::effect_text(&experiment, experiment.min_effect, currency),
            scale: crate::report::effect_text(&experiment, experiment.scale, currency),
        });
    }
    let record = PlanRecord::new(&experiment);
    experiment.hash = record.hash.clone();
    if !read_only {
        append_plan(context, &record)?;
    }
    Ok(PlanData {
        past_sessions: past.sessions,
        is_frozen: !read_only,
        others: known.running().count(),
        experiment,
        currency: currency.clone(),
        reading: past.reading,
    })
}

/// The sessions that it takes to see the effect that matters, where one looks after each and where one looks once.
fn needed(experiment: &Experiment) -> (u64, u64) {
    let unit = experiment.assignment.unit;
    let blocks = if unit == ExperimentUnit::Session { experiment.arms().len() as u64 } else { 1 };
    let found = match unit {
        ExperimentUnit::Shadow => {
            shadow_sessions_needed(experiment.min_effect, experiment.scale, experiment.clip)
        }
        _ => sessions_needed(experiment.min_effect, experiment.scale, experiment.comparisons()),
    };
    let (looked_at, once) = found.unwrap_or((u64::MAX >> 8, u64::MAX >> 8));
    (looked_at * blocks, once * blocks)
}

/// The first session that opens after now.
fn first_session(context: &Context<'_>) -> Option<Date> {
    let calendar = context.market().calendar();
    let date = calendar.trading_date(context.now);
    let today = calendar.session(date).filter(|session| session.open > context.now);
    today.map(|session| session.date).or_else(|| calendar.next_session(date))
}

fn arms(context: &Context<'_>, request: &PlanRequest) -> Result<Vec<Arm>, ExperimentError> {
    let refused = |why: String| Err(ExperimentError::Plan(why));
    let count = request.arms.len();
    let is_name = |name: &str| {
        (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    if let Some(bad) = std::iter::once(&request.name).chain(&request.arms).find(|name| !is_name(name)) {
        return refused(format!(
            "{bad:?}: a name has letters, digits, dots, dashes and underscores, at most 64"
        ));
    }
    if !(2..=MAX_ARMS).contains(&count) || (1..count).any(|at| request.arms[..at].contains(&request.arms[at]))
    {
        return refused(format!("--arms takes 2 to {MAX_ARMS} different names"));
    }
    if !(request.min_effect > 0.0 && request.min_effect.is_finite()) {
        return refused("--min-effect is above 0: it is the smallest difference that matters".into());
    }
    let is_drawn = matches!(request.unit, ExperimentUnit::Signal | ExperimentUnit::SymbolSession);
    if request.share.is_some() && !is_drawn {
        return refused(format!(
            "--share goes with --unit signal and symbol-session, not with {}",
            request.unit.as_str()
        ));
    }
    if request.unit == ExperimentUnit::Shadow && (count != 2 || request.metric != ExperimentMetric::NetPct) {
        return refused(
            "--unit shadow takes two arms and --metric net_pct: what is not traded has no size".into(),
        );
    }
    let share = request.share.unwrap_or(1.0 / count as f64);
    let first = 1.0 - share * (count - 1) as f64;
    if !(share >= MIN_SHARE && first >= MIN_SHARE - 1e-9) {
        return refused(format!(
            "--share leaves an arm less than {MIN_SHARE}: of its units there would be too few"
        ));
    }
    let mut arms: Vec<Arm> = request
        .arms
        .iter()
        .enumerate()
        .map(|(at, name)| Arm {
            name: name.clone(),
            share: if at == 0 { first } else { share },
            knobs: Vec::new(),
        })
        .collect();
    set_knobs(context, request, &mut arms)?;
    Ok(arms)
}

/// Gives the arms the knobs that the request names.
fn set_knobs(context: &Context<'_>, request: &PlanRequest, arms: &mut [Arm]) -> Result<(), ExperimentError> {
    let refused = |why: String| Err(ExperimentError::Plan(why));
    for (arm, knob, value) in &request.knobs {
        check_value(context.settings.rulebook.knob(*knob), *value)?;
        let place = arm.as_ref().map_or(Some(1), |name| request.arms.iter().position(|known| known == name));
        let Some(place) = place else {
            return refused(format!(
                "--knob names arm {}, and the arms are {}",
                arm.as_deref().unwrap_or_default(),
                request.arms.join(", ")
            ));
        };
        if arms[place].knobs.iter().any(|(known, _)| known == knob) {
            return refused(format!("{} is given twice for arm {}", knob.as_str(), arms[place].name));
        }
        arms[place].knobs.push((*knob, *value));
    }
    Ok(())
}

/// What the sessions before the plan were like.
struct Past {
    sessions: usize,
    reading: Reading,
}

/// Freezes what follows from them: the parts of the symbols, scale and clip.
fn past(
    context: &Context<'_>,
    request: &PlanRequest,
    experiment: &mut Experiment,
) -> Result<Past, ExperimentError> {
    let calendar = context.market().calendar();
    let last = context.session_date();
    let from = sessions_back(calendar, last, PAST_SESSIONS);
    let wanted = Wanted { from, name: experiment.name(), unit: experiment.assignment.unit };
    let (found, reading) = observations(context, &wanted)?;
    complete(experiment, &found)?;
    if request.unit == ExperimentUnit::SymbolSession && request.share.is_none() {
        let mut trades: BTreeMap<&str, u64> = BTreeMap::new();
        found.iter().for_each(|seen| *trades.entry(&seen.symbol).or_default() += 1);
        experiment.assignment.symbols = Some(experiment.assignment.in_parts(&trades));
    }
    let mut before = experiment.clone();
    before.assignment.starts = from;
    let base = knobs_or_defaults(context).map(|knob| knob.effective);
    let reach = reach(&knobs_of_arm(&base, experiment, 0), &knobs_of_arm(&base, experiment, 1));
    (experiment.scale, experiment.clip) =
        frozen_scale(&before, &found, (last, reach), calendar).map_err(ExperimentError::History)?;
    Ok(Past { sessions: calendar.sessions(from, last).count(), reading })
}

fn sessions_back(calendar: &Calendar, last: Date, count: usize) -> Date {
    let step = |date: Date, _| calendar.previous_session(date).unwrap_or(date);
    (1..count).fold(last, step)
}

/// Whether records carry what the experiment rests on.
fn complete(experiment: &Experiment, found: &[Observation]) -> Result<(), ExperimentError> {
    let trades: Vec<&Observation> = found.iter().filter(|seen| seen.trade.is_some()).collect();
    let enough = |with: usize| with as f64 >= COMPLETE * trades.len() as f64;
    let signals = trades.iter().filter(|seen| seen.is_signal).count();
    if experiment.assignment.unit == ExperimentUnit::Signal && !enough(signals) {
        let why = format!(
            "{signals} of {} trades name their signal: --unit signal needs signal_id in every record, --unit session does not",
            trades.len()
        );
        return Err(ExperimentError::Plan(why));
    }
    let with_risk = trades.iter().filter(|seen| seen.trade.is_some_and(|trade| trade.r.is_some())).count();
    if experiment.metric == ExperimentMetric::R && !enough(with_risk) {
        let why = format!(
            "{with_risk} of {} trades have a stop_price: without it there is no result in units of risk",
            trades.len()
        );
        return Err(ExperimentError::Plan(why));
    }
    Ok(())
}
