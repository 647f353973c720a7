//! The decision log: trades that were taken and signals that were not, in the order in which the engine saw them, each
//! with the knobs that were in force.

use super::decision::{Contradiction, DecisionRecord, LoggedEntry, Offered};
use super::engine::{Cycle, Engine};
use super::knob_timeline::KnobTimeline;
use super::levels::{Closed, Closing, Inconclusive, Resolutions, Unresolved, closed, unresolved};
use super::log_walk::{LogWalk, put_in_order};
use super::risk_checks::RiskChecks;
use crate::domain::{Gate, KnobName, PerKnob, RiskCheck, TradeFacts, UNKNOWN};
use crate::stats::given_back;

/// A record for which the model under the knobs in force does not do what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch<'a> {
    /// Id of the trade or the signal.
    pub id: &'a str,
    /// Whether it was traded.
    pub taken: bool,
    /// The gates that should have refused it, or the one that the engine says refused it.
    pub gates: Vec<RiskCheck>,
    /// What else about it the knobs in force do not explain.
    pub contradictions: &'a [Contradiction],
}

/// What becomes of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Disposition {
    /// Taken, as it was.
    Kept(Closed),
    /// Taken as it was, and comes out otherwise.
    Changed(Closed),
    /// It was taken, and is not.
    Dropped(RiskCheck),
    /// It was not taken, and is; the gate that refused it.
    Admitted(RiskCheck, Closed),
    /// It was not taken, and is not.
    Refused(RiskCheck),
    /// It would be taken, and nobody knows what it would have made.
    WithoutOutcome,
}

impl Disposition {
    /// What it is, whatever the result.
    pub fn kind(&self) -> DispositionKind {
        match self {
            Self::Kept(_) => DispositionKind::Kept,
            Self::Changed(closed) => DispositionKind::Changed(closed.closing),
            Self::Dropped(check) => DispositionKind::Dropped(*check),
            Self::Admitted(check, _) => DispositionKind::Admitted(*check),
            Self::Refused(check) => DispositionKind::Refused(*check),
            Self::WithoutOutcome => DispositionKind::WithoutOutcome,
        }
    }

    /// The result, where there is a trade.
    pub fn closed(&self) -> Option<&Closed> {
        match self {
            Self::Kept(closed) | Self::Changed(closed) | Self::Admitted(_, closed) => Some(closed),
            Self::Dropped(_) | Self::Refused(_) | Self::WithoutOutcome => None,
        }
    }
}

/// What becomes of records, without their results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispositionKind {
    /// Taken, as it was.
    Kept,
    /// Taken as it was, and comes out otherwise: by what it is closed.
    Changed(Closing),
    /// It was taken, and is not: the check that refuses it.
    Dropped(RiskCheck),
    /// It was not taken, and is: the check that refused it.
    Admitted(RiskCheck),
    /// It was not taken, and is not: the check that refuses it.
    Refused(RiskCheck),
    /// It would be taken, and nobody knows what it would have made.
    WithoutOutcome,
}

/// A record with what becomes of it.
#[derive(Clone, Copy, Debug)]
pub struct ReplayedEntry<'a> {
    /// The record.
    pub slot: &'a LoggedEntry,
    /// What becomes of it.
    pub disposition: Disposition,
}

impl ReplayedEntry<'_> {
    /// The trade, where there is one, as metrics take it.
    pub fn facts(&self) -> Option<TradeFacts<'_>> {
        self.disposition.closed().map(|closed| self.slot.facts(closed))
    }
}

/// What is asked of an entry beside the engine's own checks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked<'a> {
    /// Whether a model says no.
    pub vetoed: bool,
    /// What becomes of the guard.
    pub guard: GuardAsked,
    /// By what its size is multiplied beside the knob; as it was where none is named.
    pub multiplier: Option<f64>,
    /// The gate that is taken away: what it refused is let in where the other checks and an outcome allow.
    pub open: Option<&'a Gate>,
    /// The engine's cycle.
    pub cycle: Cycle,
}

/// What an entry is offered under.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conditions<'a> {
    /// The knobs.
    pub knobs: PerKnob<f64>,
    /// By what its size is multiplied beside the knob; as it was where none is named.
    pub multiplier: Option<f64>,
    /// The gate that is taken away.
    pub open: Option<&'a Gate>,
}

impl From<PerKnob<f64>> for Conditions<'_> {
    fn from(knobs: PerKnob<f64>) -> Self {
        Self { knobs, multiplier: None, open: None }
    }
}

/// What becomes of the guard where decisions are replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardAsked {
    /// What it refused stays refused.
    AsItWas,
    /// Nobody asks it, and what it refused is let in where the engine's checks and an outcome allow.
    Off,
    /// It is asked anew.
    Says {
        /// Whether it refuses the entry.
        refuses: bool,
    },
}

impl LoggedEntry {
    /// The record as a trade with this result.
    pub fn facts(&self, closed: &Closed) -> TradeFacts<'_> {
        let record = &self.record;
        TradeFacts {
            trade_id: &record.id,
            symbol: &record.symbol,
            side: record.side,
            entry_time: record.timed.then_some(record.at),
            exit_time: closed.exit,
            pnl: closed.pnl,
            pnl_frac: closed.pnl_frac,
            confidence: record.confidence,
            regime: &record.regime,
            sector: UNKNOWN,
            setup: UNKNOWN,
            exit_reason: UNKNOWN,
            strategy: UNKNOWN,
            variant: UNKNOWN,
            timeframe: UNKNOWN,
            content: 0,
            is_further_leg: false,
        }
    }

    /// Where the model under the knobs in force does not do what happened.
    pub fn mismatch(&self) -> Option<Mismatch<'_>> {
        let gates: Vec<RiskCheck> = match &self.record.offered {
            Offered::Taken(_) => self.exempt.iter().collect(),
            Offered::Refused(signal)
                if self.unexplained
                    && !matches!(
                        signal.check(),
                        RiskCheck::Size | RiskCheck::Guard | RiskCheck::Heat | RiskCheck::Other
                    ) =>
            {
                vec![signal.check()]
            }
            Offered::Refused(_) => Vec::new(),
        };
        let (id, taken, contradictions) =
            (self.record.id.as_str(), self.was_taken(), self.contradictions.as_slice());
        let as_it_happened = gates.is_empty() && contradictions.is_empty();
        (!as_it_happened).then_some(Mismatch { id, taken, gates, contradictions })
    }

    /// Where levels under other knobs are not resolved by the record itself.
    pub fn unresolved(&self, knobs: &PerKnob<f64>) -> Option<Unresolved> {
        match &self.record.offered {
            Offered::Taken(trade) => unresolved(self, trade, knobs),
            Offered::Refused(_) => None,
        }
    }

    /// A signal that was not traded, as the trade that it would have been.
    fn let_in(&self, knobs: &PerKnob<f64>, result: f64, size: f64) -> Closed {
        let levels = [KnobName::StopLoss, KnobName::TakeProfit];
        let moved = levels.iter().any(|at| knobs[*at] != self.in_force[*at]);
        Closed {
            pnl: result * size,
            pnl_frac: result,
            exposure: size,
            exit: self.record.exit,
            closing: Closing::AsItWas,
            inconclusive: moved.then_some(Inconclusive::FrozenPolicy),
        }
    }

    /// Offers the record to an engine under these knobs.
    pub fn offer(
        &self,
        engine: &mut Engine,
        place: usize,
        knobs: &PerKnob<f64>,
        asked: Asked<'_>,
        resolved: &Resolutions,
    ) -> Disposition {
        let mut gates = engine.refusals(self, knobs, asked.cycle);
        if asked.vetoed {
            gates.add(RiskCheck::Model);
        }
        let open = match asked.open {
            Some(Gate::Check(open)) => RiskChecks::only(*open),
            _ => RiskChecks::default(),
        };
        let refused = gates.without(self.exempt).without(open).first();
        let locked = (asked.guard == GuardAsked::Says { refuses: true }).then_some(RiskCheck::Guard);
        let refused = refused.or(locked);
        match &self.record.offered {
            Offered::Taken(trade) => {
                if let Some(gate) = refused {
                    return Disposition::Dropped(gate);
                }
                let by = self.resized(asked.multiplier);
                let closed = closed(self, trade, place, (knobs, by), resolved);
                engine.enter(self, closed.exit, asked.cycle);
                let same = closed.closing == Closing::AsItWas && closed.pnl == trade.pnl;
                if same { Disposition::Kept(closed) } else { Disposition::Changed(closed) }
            }
            Offered::Refused(signal) => {
                let stands = match signal.check() {
                    RiskCheck::Size | RiskCheck::Heat | RiskCheck::Other => true,
                    RiskCheck::Guard => asked.guard == GuardAsked::AsItWas,
                    _ => self.unexplained,
                };
                let is_open = asked.open.is_some_and(|open| signal.refused_by.as_ref() == Some(open));
                if stands && !is_open {
                    return Disposition::Refused(signal.check());
                }
                if let Some(gate) = refused {
                    return Disposition::Refused(gate);
                }
                let Some(result) = signal.result else { return Disposition::WithoutOutcome };
                engine.enter(self, self.record.exit, asked.cycle);
                let size = knobs[KnobName::PositionSize] * self.resized(asked.multiplier);
                Disposition::Admitted(signal.check(), self.let_in(knobs, result, size))
            }
        }
    }
}

/// Everything that was offered to the engine, in order, and where the model is not the engine.
#[derive(Clone, Debug, Default)]
pub struct DecisionLog {
    slots: Vec<LoggedEntry>,
    cycle: Cycle,
}

impl DecisionLog {
    /// Puts records in order and holds the model against what happened: record by record, with the positions
    /// that were really open, so that one deviation does not beget others.
    ///
    /// Of what was offered at one moment, the engine is taken to have asked the trades first, the surest first.
    pub fn new(mut records: Vec<DecisionRecord>, timeline: &KnobTimeline, cycle: Cycle) -> Self {
        put_in_order(&mut records);
        let mut walk = LogWalk::new(cycle);
        let slots = given_back(records).map(|record| walk.next(record, timeline)).collect();
        Self { slots, cycle }
    }

    /// The records in order.
    pub fn slots(&self) -> &[LoggedEntry] {
        &self.slots
    }

    /// The cycle of the engine.
    pub fn cycle(&self) -> Cycle {
        self.cycle
    }

    /// Where the model under the knobs in force does not do what happened. Such a record counts as it happened
    /// whatever the knobs.
    pub fn mismatches(&self) -> impl Iterator<Item = Mismatch<'_>> {
        self.slots.iter().filter_map(LoggedEntry::mismatch)
    }

    /// What becomes of every record under what `under` gives for it.
    pub fn run<'g, C: Into<Conditions<'g>>>(
        &self,
        under: impl Fn(&LoggedEntry) -> C,
        resolved: &Resolutions,
    ) -> Vec<ReplayedEntry<'_>> {
        let mut engine = Engine::default();
        let offer = |(place, slot)| {
            let Conditions { knobs, multiplier, open } = under(slot).into();
            let guard = GuardAsked::AsItWas;
            let asked = Asked { vetoed: false, guard, multiplier, open, cycle: self.cycle };
            let disposition = slot.offer(&mut engine, place, &knobs, asked, resolved);
            ReplayedEntry { slot, disposition }
        };
        self.slots.iter().enumerate().map(offer).collect()
    }
}
