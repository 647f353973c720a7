//! The gates of the engine, and what it remembers between two picks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record::LoggedEntry;
use crate::domain::{KnobName, PerKnob, Timestamp};

/// What can keep a pick from being traded, in the order in which the engine asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RiskCheck {
    /// The model in use gives it less than the average chance. Asked in a replay with the filter alone.
    Model,
    /// Its confidence is below DT_EXEC_MIN_CONF.
    Confidence,
    /// A position in the symbol is open.
    AlreadyOpen,
    /// DT_MAX_POSITIONS are open.
    Positions,
    /// Less than DT_MIN_TRADE_GAP_MINUTES since the symbol was entered last.
    Gap,
    /// DT_MAX_ORDERS_PER_CYCLE were sent in this cycle.
    Orders,
    /// A reason that no knob of the model stands behind.
    Other,
}

impl RiskCheck {
    /// Those that are asked, in their order.
    pub const ASKED: [Self; 6] =
        [Self::Model, Self::Confidence, Self::AlreadyOpen, Self::Positions, Self::Gap, Self::Orders];

    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Confidence => "min confidence",
            Self::AlreadyOpen => "already open",
            Self::Positions => "max positions",
            Self::Gap => "min gap",
            Self::Orders => "max orders",
            Self::Other => "another reason",
        }
    }

    /// Its bit among [`RiskChecks`].
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of gates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RiskChecks(u8);

impl RiskChecks {
    pub(super) fn add(&mut self, gate: RiskCheck) {
        self.0 |= gate.bit();
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The one that is asked first.
    pub(super) fn first(self) -> Option<RiskCheck> {
        RiskCheck::ASKED.into_iter().find(|gate| self.0 & gate.bit() != 0)
    }

    pub(super) fn iter(self) -> impl Iterator<Item = RiskCheck> {
        RiskCheck::ASKED.into_iter().filter(move |gate| self.0 & gate.bit() != 0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

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
    /// The gates that refuse a pick at its moment. A position that closes at that moment is closed.
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
