//! Where a trade on record is not what the engine would have made of it under the knobs in force.

use super::levels::near;
use super::record::{Hit, TakenTrade};
use crate::domain::{KnobName, PerKnob};

/// What a trade on record is at odds with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// It went past its stop, and was closed elsewhere.
    PastStop,
    /// It was closed at its stop without having been there.
    ShortOfStop,
    /// It went past its target, and was closed elsewhere.
    PastTarget,
    /// It was closed at its target without having been there.
    ShortOfTarget,
    /// It is larger or smaller than a position was to be.
    Size,
}

impl Contradiction {
    /// The words in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PastStop => "went past the stop in force and was not closed there",
            Self::ShortOfStop => "was closed at a stop without having reached the one in force",
            Self::PastTarget => "went past the target in force and was not closed there",
            Self::ShortOfTarget => "was closed at a target without having reached the one in force",
            Self::Size => "has another size than the one in force",
        }
    }
}

/// By how much a position may miss its size, as a share of it.
const SIZE_TOLERANCE: f64 = 0.05;

/// How a trade is at odds with the knobs in force. A recorded stop or target of its own is not the knob's, and not
/// held against it: it may have been moved while the trade was open.
pub(super) fn contradictions(trade: &TakenTrade, in_force: &PerKnob<f64>) -> Vec<Contradiction> {
    let mut found = Vec::new();
    let near = near(trade);
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
    let size = in_force[KnobName::PositionSize];
    if let (Some(notional), Some(price)) = (trade.notional, trade.entry_price) {
        // Shares are whole, so a share more or less is no other size; parts of a share have no such excuse.
        let shares = notional / price;
        let whole = (shares - shares.round()).abs() < 1e-6;
        let allowed = SIZE_TOLERANCE * size + if whole { price } else { 0.0 };
        found.extend(((notional - size).abs() > allowed).then_some(Contradiction::Size));
    }
    found
}
