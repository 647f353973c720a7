//! `brain-adjust`: reads the week, decides, replaces the brain file, and writes down why.

use super::brain_plan::{AdjustError, Plan};
use super::brain_rollback::roll_back;
use super::brain_rules::{Asked, by_rules};
use super::{Context, Reading};
use crate::domain::{Knob, KnobKind, KnobName, PerKnob};
use crate::files::brain::{Brain, InForce};
use crate::files::brain_log::{AdjustmentLog, BY_SIZE, append_changes, read_log, value_before};
use crate::files::experiments::experiments;
use crate::report::{AdjustData, plural, reason};

/// How often a brain file that changes under us is read again.
const TRIES: usize = 3;

/// What to do to the knobs.
#[derive(Clone, Debug, PartialEq)]
pub enum AdjustRequest {
    /// Move them by the rules.
    Rules {
        /// The regime, where the user says it.
        regime: Option<String>,
        /// Knobs that may move; empty for all.
        only: Vec<KnobName>,
        /// Symbols get values of their own.
        per_symbol: bool,
        /// A second time on one date.
        force: bool,
        /// Every rule is to be shown.
        explain: bool,
    },
    /// Set them.
    Set(Vec<(KnobName, f64)>),
    /// Give the base size what the own record supports, once a session.
    Size {
        /// The size.
        value: f64,
        /// Trades that it rests on.
        trades: u64,
    },
    /// Back to their defaults; empty for all.
    Reset(Vec<KnobName>),
    /// Take the last updates back.
    Rollback(u32),
}

impl AdjustRequest {
    /// By the rules, without any wish.
    pub fn by_rules() -> Self {
        Self::Rules { regime: None, only: Vec::new(), per_symbol: false, force: false, explain: false }
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Adjusted {
    /// What moved, and on what that rests.
    pub data: AdjustData,
    /// What was read.
    pub reading: Reading,
    /// What else to know.
    pub warnings: Vec<String>,
}

/// Adjusts. With `dry_run`, or with `--as-of`, only says what it would do.
///
/// # Errors
/// [`AdjustError`]; the brain file is then as it was.
pub fn adjust(
    context: &Context<'_>,
    request: &AdjustRequest,
    dry_run: bool,
) -> Result<Adjusted, AdjustError> {
    let read_only = dry_run || context.as_of.is_some();
    let _lock = if read_only { None } else { Some(context.lock()?) };
    for _ in 0..TRIES {
        let mut brain = Brain::read(context)?;
        let mut plan = plan(context, request, &brain)?;
        if !read_only && !plan.changes.is_empty() {
            // What an earlier run could not write down lies in the brain file alone, which is replaced now.
            append_changes(context, &plan.not_logged)?;
            plan.apply(context, &mut brain)?;
            if !brain.write(context)? {
                continue;
            }
            if let Err(error) = append_changes(context, &plan.changes) {
                plan.warnings
                    .push(format!("{error}; the brain file holds the changes, the next run adds them"));
            }
        }
        plan.data.dry_run = read_only;
        plan.data.changes = plan.changes;
        return Ok(Adjusted { data: plan.data, reading: plan.reading, warnings: plan.warnings });
    }
    Err(AdjustError::Contended(context.layout.brain().display().to_string()))
}

/// What the rules come to, with nothing written.
///
/// # Errors
/// [`AdjustError`] when brain file or log cannot be read.
pub(super) fn decided(context: &Context<'_>) -> Result<Plan, AdjustError> {
    plan(context, &AdjustRequest::by_rules(), &Brain::read(context)?)
}

fn plan(context: &Context<'_>, request: &AdjustRequest, brain: &Brain) -> Result<Plan, AdjustError> {
    let (mut knobs, mut warnings) = brain.knobs(context)?;
    let (known, rules_date, _) = brain.own();
    let mut log = read_log(context, brain)?;
    if log.unreadable > 0 {
        warnings.push(format!(
            "{}: {} skipped: not readable",
            context.layout.adjustments().display(),
            plural(log.unreadable, "line")
        ));
    }
    // Seen from an earlier moment, what came after it has not happened.
    let later = log.cut_off_at(context);
    for (name, now) in KnobName::ALL.into_iter().zip(knobs.iter_mut()) {
        (now.smoothed, now.effective) = value_before(&later, None, name, (now.smoothed, now.effective));
    }
    let last = log.changes.iter().map(|change| change.update).max().unwrap_or(0);
    let mut plan = Plan {
        update: known.max(last) + 1,
        rules_date,
        changes: Vec::new(),
        common: Vec::new(),
        symbols: Vec::new(),
        not_logged: log.not_logged.clone(),
        data: AdjustData::default(),
        reading: Reading::default(),
        warnings,
    };
    ask(context, request, (brain, &knobs, &log), &mut plan)?;
    if !plan.data.done_today {
        back_into_range(context, &knobs, &mut plan);
    }
    for change in &mut plan.changes {
        change.reason = reason(change);
    }
    warn_of_held(context, &mut plan)?;
    Ok(plan)
}

/// Adds to the plan what is asked for.
fn ask(
    context: &Context<'_>,
    request: &AdjustRequest,
    (brain, knobs, log): (&Brain, &PerKnob<InForce>, &AdjustmentLog),
    plan: &mut Plan,
) -> Result<(), AdjustError> {
    let rulebook = &context.settings.rulebook;
    match request {
        AdjustRequest::Rules { regime, only, per_symbol, force, explain } => {
            plan.data.explain = *explain;
            let asked = Asked { regime: regime.as_deref(), only, per_symbol: *per_symbol, force: *force };
            once_a_session(context, brain, knobs, log, &asked, plan)?;
        }
        AdjustRequest::Set(values) => {
            for (name, value) in values {
                let knob = rulebook.knob(*name);
                check_value(knob, *value)?;
                plan.put(context, knob, knobs, *value, "set");
            }
        }
        AdjustRequest::Size { value, trades } => {
            if log.by_size(context).is_none() {
                let knob = rulebook.knob(KnobName::PositionSize);
                check_value(knob, *value)?;
                plan.put(context, knob, knobs, *value, BY_SIZE);
                plan.changes.iter_mut().for_each(|change| change.trades = Some(*trades));
            }
        }
        AdjustRequest::Reset(names) => {
            for knob in &rulebook.knobs {
                if names.is_empty() || names.contains(&knob.name) {
                    plan.put(context, knob, knobs, knob.default, "reset");
                }
            }
        }
        AdjustRequest::Rollback(count) => roll_back(context, brain, knobs, &log.changes, *count, plan)?,
    }
    Ok(())
}

/// Who moves a knob of a running experiment by hand should know it.
fn warn_of_held(context: &Context<'_>, plan: &mut Plan) -> Result<(), AdjustError> {
    let known = experiments(context)?;
    let mut names: Vec<KnobName> =
        plan.changes.iter().filter_map(|change| KnobName::parse(&change.knob)).collect();
    names.sort_unstable();
    names.dedup();
    for knob in names {
        if let Some(experiment) = known.holding(knob) {
            plan.warnings.push(format!(
                "{} belongs to the running experiment {}: what its arms are compared under changes with it",
                knob.as_str(),
                experiment.name()
            ));
        }
    }
    Ok(())
}

/// Brings back what lies outside of its range, whatever update comes.
fn back_into_range(context: &Context<'_>, knobs: &PerKnob<InForce>, plan: &mut Plan) {
    for knob in &context.settings.rulebook.knobs {
        let now = knobs[knob.name];
        if now.outside && !plan.common.iter().any(|(other, _)| other.name == knob.name) {
            plan.put(context, knob, knobs, now.smoothed, "range");
        }
    }
}

/// Asks the rules, whose answer counts once a session.
fn once_a_session(
    context: &Context<'_>,
    brain: &Brain,
    knobs: &PerKnob<InForce>,
    log: &AdjustmentLog,
    asked: &Asked<'_>,
    plan: &mut Plan,
) -> Result<(), AdjustError> {
    let today = context.session_date().to_string();
    // The log knows it too, should another program have written the brain file anew; a clock that went back does not
    // make an update due again.
    let of_brain = plan.rules_date.clone().filter(|_| context.as_of.is_none());
    let of_log =
        log.changes.iter().filter(|change| change.source == "rule").map(|change| change.date.clone());
    let last = of_log.chain(of_brain).max();
    plan.data.done_today = last.as_ref().is_some_and(|last| *last >= today) && !asked.force;
    by_rules(context, brain, knobs, &log.changes, asked, plan)?;
    if plan.data.done_today {
        plan.changes.clear();
        plan.data.date = last;
    } else if !plan.changes.is_empty() {
        plan.rules_date = Some(today);
    }
    Ok(())
}

/// Whether a knob can have the value.
///
/// # Errors
/// [`AdjustError::Value`].
pub(super) fn check_value(knob: &Knob, value: f64) -> Result<(), AdjustError> {
    let refused = |why: String| Err(AdjustError::Value { knob: knob.name, value, why });
    if !knob.holds(value) {
        return refused(format!("its range is {} to {}", knob.low, knob.high));
    }
    if knob.kind == KnobKind::Integer && value.fract() != 0.0 {
        return refused("it is a whole number".into());
    }
    Ok(())
}
