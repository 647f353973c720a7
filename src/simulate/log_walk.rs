//! Holds the model against what happened, record by record, with the positions that were really open, so that one deviation
//! does not beget others.

use std::collections::HashMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::contradiction::contradictions;
use super::decision::{Contradiction, DecisionRecord, LoggedEntry, Offered};
use super::engine::{Cycle, Engine};
use super::knob_timeline::KnobTimeline;
use super::levels::slippage;
use super::risk_checks::RiskChecks;
use crate::domain::{KnobName, PerKnob, RiskCheck, Timestamp};
use crate::stats::sort_in_place;

/// How much worse than their levels trades were filled that were closed there, as the log goes on.
#[derive(Default)]
struct Fills {
    /// Trades that may not be closed yet.
    open: Vec<(Timestamp, [Option<f64>; 2])>,
    sums: [f64; 2],
    counts: [f64; 2],
}

impl Fills {
    /// What to expect of a record, which is one of those from then on. What is closed later is not known yet.
    fn of(
        &mut self,
        record: &DecisionRecord,
        in_force: &PerKnob<f64>,
        contradictions: &[Contradiction],
    ) -> [f64; 2] {
        let Offered::Taken(trade) = &record.offered else { return [0.0; 2] };
        self.open.retain(|(exit, slipped)| {
            if *exit <= record.at {
                for (level, slipped) in slipped.iter().enumerate() {
                    self.sums[level] += slipped.unwrap_or(0.0);
                    self.counts[level] += f64::from(u8::from(slipped.is_some()));
                }
            }
            *exit > record.at
        });
        let own = slippage(trade, in_force);
        if contradictions.is_empty() && own.iter().any(Option::is_some) {
            self.open.push((record.exit, own));
        }
        let mean = |level: usize| self.sums[level] / self.counts[level].max(1.0);
        [own[0].unwrap_or_else(|| mean(0)), own[1].unwrap_or_else(|| mean(1))]
    }
}

/// Puts records in the order in which the engine is taken to have been offered them: of one moment the trades first, the surest
/// first.
pub fn put_in_order(records: &mut [DecisionRecord]) {
    let taken = |record: &DecisionRecord| matches!(record.offered, Offered::Taken(_));
    sort_in_place(records, |a, b| {
        let sure = |record: &DecisionRecord| record.confidence.unwrap_or(f64::INFINITY);
        (a.at, !taken(a))
            .cmp(&(b.at, !taken(b)))
            .then(sure(b).total_cmp(&sure(a)))
            .then_with(|| a.id.cmp(&b.id))
    });
}

/// The engine through the records as they happened.
pub struct LogWalk {
    cycle: Cycle,
    numbers: HashMap<SmolStr, u32>,
    engine: Engine,
    /// Whether it has held two positions of one symbol at once.
    pyramids: bool,
    fills: Fills,
    /// The knobs that were in force last.
    last: Arc<PerKnob<f64>>,
}

impl LogWalk {
    /// Before the first record.
    pub fn new(cycle: Cycle) -> Self {
        Self {
            cycle,
            numbers: HashMap::new(),
            engine: Engine::default(),
            pyramids: false,
            fills: Fills::default(),
            last: Arc::default(),
        }
    }

    /// The cycle of the engine.
    pub fn cycle(&self) -> Cycle {
        self.cycle
    }

    /// Takes in the next record.
    pub fn next(&mut self, record: DecisionRecord, timeline: &KnobTimeline) -> LoggedEntry {
        let next = self.numbers.len() as u32;
        let symbol = *self.numbers.entry(record.symbol.clone()).or_insert(next);
        let mut in_force = timeline.at(record.at, &record.symbol);
        if let Offered::Refused(signal) = &record.offered
            && let Some(line) = signal.line
        {
            // The engine's own word goes before the brain file's.
            match signal.check() {
                RiskCheck::Confidence => in_force[KnobName::MinConfidence] = line,
                RiskCheck::Gap => in_force[KnobName::MinGap] = line,
                _ => {}
            }
        }
        if *self.last != in_force {
            self.last = Arc::new(in_force);
        }
        let in_force = Arc::clone(&self.last);
        let contradictions = match &record.offered {
            Offered::Taken(trade) => contradictions(trade, &in_force),
            Offered::Refused(_) => Vec::new(),
        };
        let fills = self.fills.of(&record, &in_force, &contradictions);
        let mut slot = LoggedEntry {
            record,
            in_force,
            symbol,
            pyramids: self.pyramids,
            exempt: RiskChecks::default(),
            unexplained: false,
            contradictions,
            fills,
        };
        let gates = self.engine.refusals(&slot, &slot.in_force, self.cycle);
        if slot.was_taken() {
            slot.exempt = gates;
            self.pyramids |= slot.record.timed && self.engine.holds(&slot);
            self.engine.enter(&slot, slot.record.exit, self.cycle);
        } else {
            slot.unexplained = gates.is_empty();
        }
        slot
    }
}
