//! `experiment`: freezes a plan, answers an arm, notes how an experiment ended.

use super::brain_adjust::check_value;
use super::brain_plan::AdjustError;
use super::experiment_report::standing;
use super::{Context, Reading};
use crate::decide::{Observation, frozen_scale, sessions_needed};
use crate::domain::{
    Arm, Assignment, Calendar, Date, Experiment, ExperimentMetric, ExperimentUnit, KnobName, MAX_ARMS,
    MIN_SHARE, nearest,
};
use crate::files::brain::knobs_or_defaults;
use crate::files::experiment_records::{Wanted, observations};
use crate::files::experiments::{ExperimentOnRecord, append_plan, append_stop, experiments};
use crate::report::{ArmData, PlanData, StopData};
use crate::store::StoreError;
use crate::wire::{EXPERIMENT_SCHEMA, PlanRecord, StopRecord};

/// Sessions before the plan from which the scale is taken.
const PAST_SESSIONS: usize = 60;

/// A plan that takes more sessions than this is refused, unless the user says how many it may take.
pub const MOST_SESSIONS: u64 = 250;

/// The share of trades that must name their signal where arms are drawn by signal, and have a stop where results count
/// in units of risk.
const COMPLETE: f64 = 0.9;

/// What is to be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanRequest {
    /// The experiment's name.
    pub name: String,
    /// The names of its arms, the first being what the others are compared with.
    pub arms: Vec<String>,
    /// What arms are drawn for.
    pub unit: ExperimentUnit,
    /// By what they are compared.
    pub metric: ExperimentMetric,
    /// The smallest difference that matters, in the unit of the metric.
    pub min_effect: f64,
    /// After how many sessions it ends, where the user says so.
    pub max_sessions: Option<u64>,
    /// The share of each arm but the first; all have the same where none is given.
    pub share: Option<f64>,
    /// Knobs of arms; those without an arm are the second one's.
    pub knobs: Vec<(Option<String>, KnobName, f64)>,
    /// Whether to say only what it would take.
    pub dry_run: bool,
}

/// What an arm is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ArmRequest {
    /// A signal.
    pub signal_id: Option<String>,
    /// A session.
    pub session: Option<Date>,
    /// A symbol.
    pub symbol: Option<String>,
}

/// Why there is no plan, no arm and no end.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// The store.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A knob cannot have the value.
    #[error("{0}")]
    Knob(#[from] AdjustError),
    /// The name is taken.
    #[error("there is an experiment {0} on record: a plan is frozen, and a name stands for one plan")]
    Taken(String),
    /// There is none of that name.
    #[error("there is no experiment {0}")]
    Unknown(String, Option<String>),
    /// The plan makes no sense.
    #[error("{0}")]
    Plan(String),
    /// There is too little before it to say how long it takes.
    #[error("how long it takes cannot be said: {0}")]
    History(String),
    /// It would take too long.
    #[error(
        "it would take about {needed} sessions to see an effect of {effect} (a session's difference varies by {scale}), more than {MOST_SESSIONS}"
    )]
    TooLong {
        /// Sessions, looked at after each.
        needed: u64,
        /// The effect, in words.
        effect: String,
        /// The deviation, in words.
        scale: String,
    },
    /// Another experiment sets the same knob.
    #[error("{} belongs to the running experiment {other}", knob.as_str())]
    KnobTaken {
        /// The knob.
        knob: KnobName,
        /// The experiment.
        other: String,
    },
    /// It was stopped already.
    #[error("{0} was stopped already")]
    Stopped(String),
}

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
    let mut experiment = Experiment {
        assignment: Assignment { name: request.name.clone(), arms, unit: request.unit, starts },
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
    let past = past(context, &experiment)?;
    (experiment.scale, experiment.clip) = past.scale;
    let blocks = if request.unit == ExperimentUnit::Session { experiment.arms().len() as u64 } else { 1 };
    let needed = sessions_needed(request.min_effect, experiment.scale, experiment.comparisons());
    let (looked_at, once) = needed.unwrap_or((u64::MAX >> 8, u64::MAX >> 8));
    experiment.needed = (looked_at * blocks, once * blocks);
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
    Ok(arms)
}

/// What the sessions before the plan were like.
struct Past {
    scale: (f64, f64),
    sessions: usize,
    reading: Reading,
}

fn past(context: &Context<'_>, experiment: &Experiment) -> Result<Past, ExperimentError> {
    let calendar = context.market().calendar();
    let last = context.session_date();
    let from = sessions_back(calendar, last, PAST_SESSIONS);
    let wanted = Wanted { from, name: experiment.name(), unit: experiment.assignment.unit };
    let (found, reading) = observations(context, &wanted)?;
    complete(experiment, &found)?;
    let mut before = experiment.clone();
    before.assignment.starts = from;
    let scale = frozen_scale(&before, &found, last, calendar).map_err(ExperimentError::History)?;
    Ok(Past { scale, sessions: calendar.sessions(from, last).count(), reading })
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

/// The experiment of a name.
///
/// # Errors
/// [`ExperimentError::Unknown`], with the name that is most like it.
pub(super) fn experiment_named(
    context: &Context<'_>,
    name: &str,
) -> Result<ExperimentOnRecord, ExperimentError> {
    let known = experiments(context)?;
    let names = known.all.iter().map(|found| found.experiment.name());
    known
        .named(name)
        .cloned()
        .ok_or_else(|| ExperimentError::Unknown(name.to_owned(), nearest(name, names).map(str::to_owned)))
}

/// The arm of a signal, a session, or a symbol in a session.
///
/// # Errors
/// [`ExperimentError`]; [`ExperimentError::Plan`] where the experiment's unit is another one.
pub fn experiment_arm(
    context: &Context<'_>,
    name: &str,
    asked: &ArmRequest,
) -> Result<ArmData, ExperimentError> {
    let found = experiment_named(context, name)?;
    let assignment = &found.experiment.assignment;
    let calendar = context.market().calendar();
    let session = asked.session.or_else(|| first_session_from(context));
    let wants = |what: &str| {
        ExperimentError::Plan(format!("{name} draws arms by {}: say {what}", assignment.unit.as_str()))
    };
    let (of, drawn) = match assignment.unit {
        ExperimentUnit::Signal | ExperimentUnit::Shadow => {
            let id = asked.signal_id.as_ref().ok_or_else(|| wants("--signal-id"))?;
            (format!("signal {id}"), Some(assignment.of_signal(id)))
        }
        ExperimentUnit::Session => {
            let date = session.filter(|_| asked.signal_id.is_none() && asked.symbol.is_none());
            let date = date.ok_or_else(|| wants("--session"))?;
            (format!("session {date}"), assignment.of_session(date, calendar))
        }
        ExperimentUnit::SymbolSession => {
            let symbol =
                asked.symbol.as_ref().ok_or_else(|| wants("--symbol, and --session for another day"))?;
            let date = session.ok_or_else(|| wants("--session"))?;
            (format!("{symbol} in session {date}"), Some(assignment.of_symbol(symbol, date)))
        }
    };
    let kept = found.stopped.as_ref().and_then(|stopped| assignment.place(&stopped.keep));
    let arm = kept.or(drawn).unwrap_or(0);
    let mut knobs = knobs_or_defaults(context).map(|knob| knob.effective);
    for (knob, value) in &assignment.arms[arm].knobs {
        knobs[*knob] = *value;
    }
    Ok(ArmData {
        of,
        arm,
        knobs,
        is_over: found.stopped.is_some(),
        is_before: drawn.is_none() && kept.is_none(),
        experiment: found.experiment,
    })
}

/// The session that runs, or the next one.
fn first_session_from(context: &Context<'_>) -> Option<Date> {
    let calendar = context.market().calendar();
    let now = context.seen_from();
    let date = calendar.trading_date(now);
    let today = calendar.session(date).filter(|session| session.close > now);
    today.map(|session| session.date).or_else(|| calendar.next_session(date))
}

/// Notes how an experiment ended, with the words and E of that moment.
///
/// # Errors
/// [`ExperimentError`]; nothing is then written.
pub fn stop_experiment(
    context: &Context<'_>,
    name: &str,
    keep: &str,
    why: &str,
) -> Result<StopData, ExperimentError> {
    let _lock = context.lock()?;
    let found = experiment_named(context, name)?;
    if found.stopped.is_some() {
        return Err(ExperimentError::Stopped(name.to_owned()));
    }
    let arms = found.experiment.arms();
    let Some(kept) = found.experiment.assignment.place(keep) else {
        let names: Vec<&str> = arms.iter().map(|arm| arm.name.as_str()).collect();
        return Err(ExperimentError::Plan(format!("--keep {keep}: the arms are {}", names.join(", "))));
    };
    let (all, reading) = standing(context)?;
    let data = all.into_iter().find(|data| data.experiment.name() == name);
    let compared = data.as_ref().map_or(&[][..], |data| &data.compared);
    let of_arms = || arms[1..].iter().map(|arm| arm.name.clone()).zip(compared);
    let record = StopRecord {
        name: name.to_owned(),
        at: context.now.to_string(),
        keep: keep.to_owned(),
        why: why.to_owned(),
        words: of_arms().map(|(arm, found)| (arm, found.word.as_str().to_owned())).collect(),
        e: of_arms().filter(|(_, found)| found.e.is_finite()).map(|(arm, found)| (arm, found.e)).collect(),
        sessions: data.as_ref().map_or(0, |data| data.scored.sessions),
        hash: found.experiment.hash.clone(),
        schema: EXPERIMENT_SCHEMA,
    };
    append_stop(context, &record)?;
    let knobs = arms[kept].knobs.clone();
    Ok(StopData { experiment: found.experiment, record, knobs, reading })
}
