//! `experiments.jsonl`: what was planned, and what was stopped.

use super::Context;
use crate::domain::{Calendar, Date, Experiment, ExperimentUnit, KnobName, Timestamp};
use crate::store::{StoreError, append_lines, read_state};
use crate::wire::{ExperimentLine, PlanRecord, StopRecord, read_experiments};

/// An experiment on record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExperimentOnRecord {
    pub experiment: Experiment,
    /// Whether the plan is as it was frozen.
    pub is_as_frozen: bool,
    pub stopped: Option<StopRecord>,
}

impl ExperimentOnRecord {
    pub(crate) fn is_running(&self) -> bool {
        self.stopped.is_none()
    }

    /// Whether a signal of a session was the engine's under knobs of an arm, in place of those that the brain file had in
    /// force. What names no signal is taken for one under these.
    fn had_other_knobs(
        &self,
        session: Date,
        calendar: &Calendar,
        (signal, symbol): (Option<&str>, &str),
    ) -> bool {
        let assignment = &self.experiment.assignment;
        let is_over = self.stopped_at().is_some_and(|at| calendar.session_date(at) < session);
        let has_knobs = |arm: usize| !assignment.arms[arm].knobs.is_empty();
        if session < assignment.starts || is_over {
            return false;
        }
        match assignment.unit {
            ExperimentUnit::Shadow => false,
            ExperimentUnit::Session => assignment.of_session(session, calendar).is_some_and(has_knobs),
            ExperimentUnit::Signal => signal.is_some_and(|id| has_knobs(assignment.of_signal(id))),
            ExperimentUnit::SymbolSession => has_knobs(assignment.of_symbol(symbol, session)),
        }
    }

    /// When it was stopped.
    pub(crate) fn stopped_at(&self) -> Option<Timestamp> {
        Timestamp::parse(&self.stopped.as_ref()?.at).ok()
    }
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Experiments {
    /// In the order in which they were planned.
    pub all: Vec<ExperimentOnRecord>,
    /// Lines of the file that cannot be read.
    pub unreadable: u64,
}

impl Experiments {
    pub(crate) fn named(&self, name: &str) -> Option<&ExperimentOnRecord> {
        self.all.iter().find(|found| found.experiment.name() == name)
    }

    pub(crate) fn running(&self) -> impl Iterator<Item = &ExperimentOnRecord> {
        self.all.iter().filter(|found| found.is_running())
    }

    /// The experiment for which a signal of a session was the engine's under other knobs than those that the brain file had
    /// in force, so that it does not show what these do.
    pub(crate) fn in_place_of_knobs(
        &self,
        session: Date,
        calendar: &Calendar,
        of: (Option<&str>, &str),
    ) -> Option<&str> {
        let found = self.all.iter().find(|found| found.had_other_knobs(session, calendar, of));
        found.map(|found| found.experiment.name())
    }

    /// The running experiment that sets a knob.
    pub(crate) fn holding(&self, knob: KnobName) -> Option<&Experiment> {
        self.running().map(|found| &found.experiment).find(|found| found.knobs().any(|held| held == knob))
    }

    /// The knobs that arms of running experiments set, with the experiment's name.
    pub(crate) fn held(&self) -> Vec<(KnobName, String)> {
        let holding = |knob: KnobName| Some((knob, self.holding(knob)?.name().to_owned()));
        KnobName::ALL.into_iter().filter_map(holding).collect()
    }
}

/// Reads the file as it was at the moment that is asked for. Of two plans of one name the first counts: a plan is frozen.
///
/// # Errors
/// [`StoreError`] when it is there and cannot be read.
pub(crate) fn experiments(context: &Context<'_>) -> Result<Experiments, StoreError> {
    let text = read_state(context.disk, &context.layout.experiments())?.unwrap_or_default();
    let (lines, bad) = read_experiments(&text);
    let mut found = Experiments { all: Vec::new(), unreadable: bad.len() as u64 };
    let later = |moment: &str| context.is_later(moment);
    for line in lines {
        match line {
            ExperimentLine::Plan(plan) if !later(&plan.planned_at) && found.named(&plan.name).is_none() => {
                match plan.experiment() {
                    Some(experiment) => found.all.push(ExperimentOnRecord {
                        experiment,
                        is_as_frozen: plan.is_as_frozen(),
                        stopped: None,
                    }),
                    None => found.unreadable += 1,
                }
            }
            ExperimentLine::Stop(stop) if !later(&stop.at) => {
                let of_name = found.all.iter_mut().find(|found| found.experiment.name() == stop.name);
                if let Some(known) = of_name.filter(|known| known.stopped.is_none()) {
                    known.stopped = Some(stop);
                }
            }
            ExperimentLine::Plan(_) | ExperimentLine::Stop(_) => {}
        }
    }
    Ok(found)
}

/// The experiments that run.
///
/// # Errors
/// [`StoreError`] when the file is there and cannot be read.
pub(crate) fn running(context: &Context<'_>) -> Result<Vec<Experiment>, StoreError> {
    Ok(experiments(context)?.running().map(|found| found.experiment.clone()).collect())
}

/// Freezes a plan. Call it under the lock.
pub(crate) fn append_plan(context: &Context<'_>, plan: &PlanRecord) -> Result<(), StoreError> {
    append(context, &ExperimentLine::Plan(plan.clone()))
}

/// Notes how an experiment ended. Call it under the lock.
pub(crate) fn append_stop(context: &Context<'_>, stop: &StopRecord) -> Result<(), StoreError> {
    append(context, &ExperimentLine::Stop(stop.clone()))
}

fn append(context: &Context<'_>, line: &ExperimentLine) -> Result<(), StoreError> {
    let path = context.layout.experiments();
    let line = serde_json::to_vec(line)
        .map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })?;
    append_lines(context.disk, &path, &[line])
}
