//! `experiment`: what can be asked of one, and what is refused; answers an arm, notes how an experiment ended.

use super::Context;
use super::brain_plan::AdjustError;
use super::experiment_report::standing;
use crate::domain::{Date, Experiment, ExperimentMetric, ExperimentUnit, KnobName, PerKnob, nearest};
use crate::files::brain::knobs_or_defaults;
use crate::files::experiments::{ExperimentOnRecord, append_stop, experiments};
use crate::report::{ArmData, StopData};
use crate::store::StoreError;
use crate::wire::{EXPERIMENT_SCHEMA, StopRecord};

/// A plan that takes more sessions than this is refused, unless the user says how many it may take.
pub const MOST_SESSIONS: u64 = 250;

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
    let base = knobs_or_defaults(context).map(|knob| knob.effective);
    Ok(ArmData {
        of,
        arm,
        knobs: knobs_of_arm(&base, &found.experiment, arm),
        is_over: found.stopped.is_some(),
        is_before: drawn.is_none() && kept.is_none(),
        experiment: found.experiment,
    })
}

/// What the engine runs on with an arm's knobs in their places.
pub(super) fn knobs_of_arm(base: &PerKnob<f64>, experiment: &Experiment, arm: usize) -> PerKnob<f64> {
    let mut knobs = *base;
    for (knob, value) in &experiment.arms()[arm].knobs {
        knobs[*knob] = *value;
    }
    knobs
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
        words: of_arms().map(|(arm, found)| (arm, found.verdict.as_str().to_owned())).collect(),
        e: of_arms().filter(|(_, found)| found.e.is_finite()).map(|(arm, found)| (arm, found.e)).collect(),
        sessions: data.as_ref().map_or(0, |data| data.scored.sessions),
        hash: found.experiment.hash.clone(),
        schema: EXPERIMENT_SCHEMA,
    };
    append_stop(context, &record)?;
    let knobs = arms[kept].knobs.clone();
    Ok(StopData { experiment: found.experiment, record, knobs, reading })
}
