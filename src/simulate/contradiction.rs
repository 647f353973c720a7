//! Where a trade on record is not what the engine would have made of it under the knobs in force.

use super::decision::{Contradiction, Hit, TakenTrade};
use crate::domain::{KnobName, PerKnob};

/// By how much a position may miss its size, as a share of it.
const SIZE_TOLERANCE: f64 = 0.05;

/// How a trade contradicts the knobs in force. A recorded stop or target of its own is not the knob's, and no
/// contradiction: it may have been moved while the trade was open.
pub(super) fn contradictions(trade: &TakenTrade, in_force: &PerKnob<f64>) -> Vec<Contradiction> {
    let mut found = Vec::new();
    let near = trade.tolerance();
    let held = |own: Option<f64>, name: KnobName| {
        let knob = in_force[name];
        own.is_none_or(|own| (own - knob).abs() <= near).then_some(knob)
    };
    if let (Some((mae, mfe)), Some(moved)) = (trade.excursions, trade.moved) {
        let (worst, best) = (mae.min(moved), mfe.max(moved));
        // What closes at a level without a word about it is taken to be closed by it.
        if let Some(stop) = held(trade.stop_frac, KnobName::StopLoss) {
            let stopped = trade.hit == Hit::Stop || (moved + stop).abs() <= near;
            found.extend((stopped && worst > near - stop).then_some(Contradiction::ShortOfStop));
            found.extend((!stopped && worst < -stop - near).then_some(Contradiction::PastStop));
        }
        if let Some(target) = held(trade.target_frac, KnobName::TakeProfit) {
            let reached = trade.hit == Hit::Target || (moved - target).abs() <= near;
            found.extend((reached && best < target - near).then_some(Contradiction::ShortOfTarget));
            found.extend((!reached && best > target + near).then_some(Contradiction::PastTarget));
        }
    }
    let size = in_force[KnobName::PositionSize] * trade.size_multiplier.unwrap_or(1.0);
    if let (Some(notional), Some(price)) = (trade.notional, trade.entry_price) {
        // Shares are whole, so a share more or less is no other size; parts of a share have no such excuse.
        let shares = notional / price;
        let whole = (shares - shares.round()).abs() < 1e-6;
        let allowed = SIZE_TOLERANCE * size + if whole { price } else { 0.0 };
        found.extend(((notional - size).abs() > allowed).then_some(Contradiction::Size));
    }
    found
}
