//! What `what-if` found, before anybody draws it.

use super::comparison::Comparison;
use super::decision::LeftOut;
use super::engine::Cycle;
use super::record::{DecisionLog, Disposition, ReplayedEntry};
use crate::domain::{Gate, Knob, KnobName, PerKnob, Window};
use crate::metrics::{HoldCounts, Performance};

/// A variant with what became of every record.
#[derive(Clone, Debug)]
pub struct VariantFacts {
    /// Its knobs; the others are as they were.
    pub settings: Vec<(KnobName, f64)>,
    /// Whether sizes are multiplied by context, by what was known before each session.
    pub multipliers: bool,
    /// The gate that is taken away.
    pub open: Option<Gate>,
    /// Its figures.
    pub performance: Performance,
    /// Compared with what happened.
    pub comparison: Comparison,
    /// What becomes of each record of the decision log, in its order.
    pub dispositions: Vec<Disposition>,
}

impl VariantFacts {
    /// The records with what becomes of them.
    pub fn replayed<'a>(&'a self, log: &'a DecisionLog) -> impl Iterator<Item = ReplayedEntry<'a>> {
        let of = |(slot, disposition): (_, &Disposition)| ReplayedEntry { slot, disposition: *disposition };
        log.slots().iter().zip(&self.dispositions).map(of)
    }
}

/// The recorded decisions under other knobs, beside what happened.
#[derive(Clone, Debug)]
pub struct WhatIfFacts {
    /// The days.
    pub window: Window,
    /// The account's currency.
    pub currency: String,
    /// The account's capital, in that currency.
    pub capital: f64,
    /// The engine's cycle.
    pub cycle: Cycle,
    /// What was offered to the engine.
    pub decision_log: DecisionLog,
    /// The knob of a sweep.
    pub sweep: Option<Knob>,
    /// The knobs that are in force now.
    pub now: PerKnob<f64>,
    /// What happened.
    pub actual: Performance,
    /// 95 % interval of its mean result of a trade by session, fractions of the position.
    pub actual_expectancy: Option<(f64, f64)>,
    /// The variants.
    pub variants: Vec<VariantFacts>,
    /// Sessions of the decision log.
    pub sessions: usize,
    /// Signals without an outcome.
    pub without_outcome: u64,
    /// Signals whose outcome carries no costs.
    pub without_costs: u64,
    /// How the hypothetical positions of signals with an outcome are left.
    pub holds: HoldCounts,
    /// Records that are left out, by experiment.
    pub left_out: Vec<LeftOut>,
    /// Below this confidence no signal is kept.
    pub min_missed_confidence: f64,
}
