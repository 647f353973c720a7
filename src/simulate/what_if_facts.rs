//! What `what-if` found, before anybody draws it.

use super::comparison::Comparison;
use super::decision::LeftOut;
use super::engine::Cycle;
use super::levels::Inconclusive;
use super::record::{DecisionLog, Disposition, DispositionKind, ReplayedEntry};
use crate::domain::{Gate, Knob, KnobName, PerKnob, Window};
use crate::metrics::{HoldCounts, Performance};

/// A variant beside what happened.
#[derive(Clone, Debug)]
pub struct VariantFacts {
    /// Its knobs; the others are as they were.
    pub settings: Vec<(KnobName, f64)>,
    /// Whether sizes are multiplied by context, by what was known before each session.
    pub multipliers: bool,
    /// The gate that is taken away.
    pub open: Option<Gate>,
    /// Compared with what happened.
    pub comparison: Comparison,
    /// What the run under it came to.
    pub run: RunFacts,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct RunFacts {
    /// Signals that were not traded and are.
    pub let_in: u64,
    /// Why records say nothing about the variant, and how many.
    pub inconclusive: Vec<(Inconclusive, u64)>,
    /// Its figures, where it was asked in detail.
    pub performance: Option<Performance>,
    /// What becomes of the records, of how many and with which net result; none where it was not asked in detail.
    pub dispositions: Vec<(DispositionKind, u64, f64)>,
    /// The records that do not stay what they were, by their places in the decision log; none where it was not asked in
    /// detail. Of a hundred variants they are few beside all records.
    pub changes: Vec<(u32, Disposition)>,
}

impl RunFacts {
    /// Takes in what becomes of the next record.
    pub fn note(&mut self, place: usize, disposition: &Disposition) {
        let kind = disposition.kind();
        let pnl = disposition.closed().map_or(0.0, |closed| closed.pnl);
        match self.dispositions.iter_mut().find(|(known, ..)| *known == kind) {
            Some((_, n, sum)) => (*n, *sum) = (*n + 1, *sum + pnl),
            None => self.dispositions.push((kind, 1, 0.0 + pnl)),
        }
        if !matches!(kind, DispositionKind::Kept | DispositionKind::Refused(_)) {
            self.changes.extend(u32::try_from(place).map(|place| (place, *disposition)));
        }
    }

    /// The records that do not stay what they were, with what becomes of them.
    pub fn changed<'a>(&'a self, log: &'a DecisionLog) -> impl Iterator<Item = ReplayedEntry<'a>> {
        let of = |(place, disposition): &(u32, Disposition)| {
            Some(ReplayedEntry { slot: log.slots().get(*place as usize)?, disposition: *disposition })
        };
        self.changes.iter().filter_map(of)
    }
}

/// Why records of a run say nothing about knobs that were `set`, and how many.
pub fn inconclusive_counts(set: &[(KnobName, f64)], run: &[ReplayedEntry<'_>]) -> Vec<(Inconclusive, u64)> {
    let asks = |name: KnobName| set.iter().any(|(known, _)| *known == name);
    let of_confidence = asks(KnobName::MinConfidence);
    let of_time = [KnobName::MaxPositions, KnobName::MinGap, KnobName::MaxOrders].into_iter().any(asks);
    let mut counts = Inconclusive::ALL.map(|why| (why, 0));
    let mut add = |why: Inconclusive| {
        counts.iter_mut().filter(|(known, _)| *known == why).for_each(|(_, n)| *n += 1);
    };
    for ReplayedEntry { slot, disposition } in run {
        disposition.closed().and_then(|closed| closed.inconclusive).into_iter().for_each(&mut add);
        if of_confidence && slot.record.confidence.is_none() {
            add(Inconclusive::NoConfidence);
        }
        if of_time && !slot.record.timed {
            add(Inconclusive::NoEntryTime);
        }
    }
    counts.into_iter().filter(|(_, n)| *n > 0).collect()
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
