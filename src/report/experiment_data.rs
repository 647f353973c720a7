//! What there is to say of an experiment: the plan, an arm, how it stands and how it ended.

use crate::decide::{Compared, Scored};
use crate::domain::{Date, Experiment, KnobName, PerKnob};
use crate::files::Reading;
use crate::wire::StopRecord;

/// How an experiment stands.
#[derive(Clone, Debug)]
pub struct ExperimentData {
    /// The plan.
    pub experiment: Experiment,
    /// How it ended.
    pub stopped: Option<StopRecord>,
    /// What its sessions say.
    pub scored: Scored,
    /// The word on each arm beside the first.
    pub compared: Vec<Compared>,
    /// E of the counts of arms against their shares, where arms are drawn.
    pub ratio_e: Option<f64>,
    /// What makes it invalid, one part of a sentence each.
    pub invalid: Vec<String>,
    /// How many experiments run, this one among them; 0 where it was stopped.
    pub running: usize,
    /// The account's currency.
    pub currency: String,
    /// The last session that may count.
    pub last: Date,
}

/// A plan that was frozen, or could be.
#[derive(Clone, Debug)]
pub struct PlanData {
    /// The plan.
    pub experiment: Experiment,
    /// Sessions before it that were looked at.
    pub past_sessions: usize,
    /// Whether it was written down.
    pub is_frozen: bool,
    /// Other experiments that run.
    pub others: usize,
    /// The account's currency.
    pub currency: String,
    /// How the records read.
    pub reading: Reading,
}

/// An arm that was asked for.
#[derive(Clone, Debug)]
pub struct ArmData {
    /// The experiment.
    pub experiment: Experiment,
    /// Of what, in words.
    pub of: String,
    /// Its place among the arms.
    pub arm: usize,
    /// All knobs with the arm's own in their places.
    pub knobs: PerKnob<f64>,
    /// Whether the experiment was stopped, and the arm is the one that was kept.
    pub is_over: bool,
    /// Whether it has not begun.
    pub is_before: bool,
}

/// How an experiment ended.
#[derive(Clone, Debug)]
pub struct StopData {
    /// The plan.
    pub experiment: Experiment,
    /// What was written down.
    pub record: StopRecord,
    /// The knobs of the arm that is kept.
    pub knobs: Vec<(KnobName, f64)>,
    /// How the records read.
    pub reading: Reading,
}
