//! The gates of the engine, and what it remembers between two signals.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::decision::LoggedEntry;
use super::risk_checks::RiskChecks;
use crate::domain::{KnobName, PerKnob, RiskCheck, Timestamp};

/// How long a cycle of the engine is, in microseconds; cycles begin at midnight UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cycle(pub i64);

impl Default for Cycle {
    fn default() -> Self {
        Self(60_000_000)
    }
}

/// What an engine remembers: open positions, when each symbol was entered last, orders of the cycle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Engine {
    open: Vec<(i64, u32)>,
    entered: BTreeMap<u32, i64>,
    cycle: i64,
    orders: u32,
}

impl Engine {
    /// The gates that refuse a signal at its moment. A position that closes at that moment is closed.
    pub(super) fn refusals(&mut self, slot: &LoggedEntry, knobs: &PerKnob<f64>, cycle: Cycle) -> RiskChecks {
        let mut gates = RiskChecks::default();
        let record = &slot.record;
        let knob = |name: KnobName| knobs[name];
        // Without a confidence there is nothing to hold against the minimum: counted, and let through.
        if record.confidence.is_some_and(|confidence| confidence < knob(KnobName::MinConfidence)) {
            gates.add(RiskCheck::Confidence);
        }
        if !record.timed {
            return gates;
        }
        let at = record.at.micros();
        self.open.retain(|(exit, _)| *exit > at);
        if !slot.pyramids && self.open.iter().any(|(_, symbol)| *symbol == slot.symbol) {
            gates.add(RiskCheck::AlreadyOpen);
        }
        if self.open.len() as f64 >= knob(KnobName::MaxPositions) {
            gates.add(RiskCheck::Positions);
        }
        let gap_us = knob(KnobName::MinGap) * 60e6;
        if self.entered.get(&slot.symbol).is_some_and(|last| ((at - last) as f64) < gap_us) {
            gates.add(RiskCheck::Gap);
        }
        let now = at.div_euclid(cycle.0.max(1));
        if self.cycle == now && f64::from(self.orders) >= knob(KnobName::MaxOrders) {
            gates.add(RiskCheck::Orders);
        }
        gates
    }

    /// Whether a position in the symbol is open at the record's moment.
    pub(super) fn holds(&self, slot: &LoggedEntry) -> bool {
        let at = slot.record.at.micros();
        self.open.iter().any(|(exit, symbol)| *symbol == slot.symbol && *exit > at)
    }

    /// Enters a position.
    pub(super) fn enter(&mut self, slot: &LoggedEntry, exit: Timestamp, cycle: Cycle) {
        if !slot.record.timed {
            return;
        }
        let at = slot.record.at.micros();
        self.open.push((exit.micros(), slot.symbol));
        self.entered.insert(slot.symbol, at);
        let now = at.div_euclid(cycle.0.max(1));
        self.orders = if self.cycle == now { self.orders + 1 } else { 1 };
        self.cycle = now;
    }
}
