//! How often a knob decided anything: a knob that never does cannot have helped or hurt, whatever it was moved to.

use super::decision::{Hit, LoggedEntry, Offered};
use crate::domain::{KnobName, PerKnob};

/// How many of these records each knob decided: signals that its check refused, trades that its level closed, and
/// trades that have its size.
///
/// A trade with a stop or target of its own, or with another size than the knob's, is not the knob's doing.
pub fn bound_counts<'a>(records: impl IntoIterator<Item = &'a LoggedEntry>) -> PerKnob<u64> {
    let mut bound = PerKnob::from_fn(|_| 0);
    for entry in records {
        let knobs: Vec<KnobName> = match &entry.record.offered {
            Offered::Refused(signal) => signal.check().knob().map(|(knob, _)| knob).into_iter().collect(),
            Offered::Taken(trade) => {
                let tolerance = trade.tolerance();
                let own = |level: Option<f64>, knob: KnobName| {
                    level.is_some_and(|level| (level - entry.in_force[knob]).abs() > tolerance)
                };
                let stop = trade.hit == Hit::Stop && !own(trade.stop_frac, KnobName::StopLoss);
                let target = trade.hit == Hit::Target && !own(trade.target_frac, KnobName::TakeProfit);
                let size = !entry.contradictions.contains(&super::decision::Contradiction::Size);
                [(stop, KnobName::StopLoss), (target, KnobName::TakeProfit), (size, KnobName::PositionSize)]
                    .into_iter()
                    .filter_map(|(bound, knob)| bound.then_some(knob))
                    .collect()
            }
        };
        knobs.into_iter().for_each(|knob| bound[knob] += 1);
    }
    bound
}
