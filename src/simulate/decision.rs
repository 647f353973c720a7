//! A decision of the engine on record: what was offered to it, what it did, and the knobs that were in force.

use std::sync::Arc;

use smol_str::SmolStr;

use super::risk_checks::RiskChecks;
use crate::domain::{Gate, PerKnob, RiskCheck, Side, Timestamp};

/// A recorded level this near to the knob's, as a fraction of the price, is the knob's: levels are rounded to
/// ticks.
pub(super) const NEAR: f64 = 2e-4;

/// A cent, the tick of prices.
const TICK: f64 = 0.01;

/// Records that are left out, because the engine made them on knobs of an experiment's arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The experiment.
    pub experiment: String,
    /// How many of its records.
    pub records: u64,
}

/// What closed a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// Its stop.
    Stop,
    /// Its target.
    Target,
    /// Something else, that no level changes.
    Other,
}

/// A trade that was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenTrade {
    /// Net result in the account's currency.
    pub pnl: f64,
    /// Net result as a fraction of the position.
    pub pnl_frac: f64,
    /// Size of the position, where prices and quantity are on record.
    pub notional: Option<f64>,
    /// By what its size was multiplied beside the knob, where that is on record.
    pub size_multiplier: Option<f64>,
    /// Price at entry, where it is on record.
    pub entry_price: Option<f64>,
    /// The move from entry to exit before costs, signed by side.
    pub moved: Option<f64>,
    /// Distance of its stop, where that is on record.
    pub stop_frac: Option<f64>,
    /// Distance of its target.
    pub target_frac: Option<f64>,
    /// Worst and best excursion, MAE ≤ 0 ≤ MFE.
    pub excursions: Option<(f64, f64)>,
    /// What closed it.
    pub hit: Hit,
}

impl TakenTrade {
    /// How far from a level it may be and still count as at it, as a fraction of the price.
    pub(super) fn tolerance(&self) -> f64 {
        self.entry_price.map_or(NEAR, |price| NEAR.max(TICK / price))
    }

    /// Size of the position: as recorded, else by its result, which is both a sum and a fraction.
    pub(super) fn exposure(&self) -> Option<f64> {
        let by_result = || (self.pnl_frac != 0.0).then(|| self.pnl / self.pnl_frac);
        self.notional.or_else(by_result).filter(|size| size.is_finite() && *size > 0.0)
    }
}

/// A signal that was not traded.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedSignal {
    /// What refused it, where the engine says so.
    pub refused_by: Option<Gate>,
    /// The value of the knob in the engine's own reason, such as 0.5 in `conf<0.5`.
    pub line: Option<f64>,
    /// What it would have made after costs, once prices say so; a fraction of the position.
    pub result: Option<f64>,
}

impl RefusedSignal {
    /// The check that refused it; [`RiskCheck::Other`] where none stands behind the engine's reason.
    pub fn check(&self) -> RiskCheck {
        match self.refused_by {
            Some(Gate::Check(check)) => check,
            Some(Gate::Reason(_)) | None => RiskCheck::Other,
        }
    }
}

/// What was offered to the engine, and what it did.
#[derive(Clone, Debug, PartialEq)]
pub enum Offered {
    /// It traded.
    Taken(TakenTrade),
    /// It did not.
    Refused(RefusedSignal),
}

/// A record of the decision log.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRecord {
    /// Id of the trade or the signal.
    pub id: String,
    /// What was traded.
    pub symbol: SmolStr,
    /// Direction.
    pub side: Side,
    /// When it was entered, or signalled; the exit where a trade has no entry time.
    pub at: Timestamp,
    /// Whether that is when it was entered.
    pub timed: bool,
    /// When it was, or would have been, closed.
    pub exit: Timestamp,
    /// Confidence, where it is on record.
    pub confidence: Option<f64>,
    /// The signal that a trade came from, where it names one.
    pub signal: Option<SmolStr>,
    /// The engine's score of the signal, where it is on record.
    pub score: Option<f64>,
    /// Market regime.
    pub regime: SmolStr,
    /// What became of it.
    pub offered: Offered,
}

/// How a trade contradicts the recorded knobs.
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
            Self::PastStop => "went past the recorded stop without being closed there",
            Self::ShortOfStop => "was closed at a stop without reaching the recorded one",
            Self::PastTarget => "went past the recorded target without being closed there",
            Self::ShortOfTarget => "was closed at a target without reaching the recorded one",
            Self::Size => "has a different size from the recorded one",
        }
    }
}

/// A record with what the model makes of it.
#[derive(Clone, Debug)]
pub struct LoggedEntry {
    /// The record.
    pub record: DecisionRecord,
    /// The knobs that were in force for it, held once for all records that had the same.
    pub in_force: Arc<PerKnob<f64>>,
    /// A number for its symbol.
    pub(super) symbol: u32,
    /// By then the engine had held two positions of one symbol at once.
    pub(super) pyramids: bool,
    /// Gates that should have refused it and did not: they never refuse it.
    pub(super) exempt: RiskChecks,
    /// No gate of the model refuses it, and yet it was not traded: it never is.
    pub(super) unexplained: bool,
    /// How the trade contradicts the recorded knobs.
    pub(super) contradictions: Vec<Contradiction>,
    /// How much worse than a stop and a target such a trade is filled: by its own record where it was closed there,
    /// else by the mean of those that were closed by then.
    pub(super) fills: [f64; 2],
}

impl LoggedEntry {
    /// Whether it was traded.
    pub fn was_taken(&self) -> bool {
        matches!(self.record.offered, Offered::Taken(_))
    }

    /// What another multiplier of its size makes of what it brought; 1 where none is asked for.
    pub(super) fn resized(&self, multiplier: Option<f64>) -> f64 {
        let recorded = match &self.record.offered {
            Offered::Taken(trade) => trade.size_multiplier.filter(|m| *m > 0.0).unwrap_or(1.0),
            Offered::Refused(_) => 1.0,
        };
        multiplier.map_or(1.0, |multiplier| multiplier / recorded)
    }

    /// How much worse than its level it is filled, as a fraction of the entry price.
    pub fn slippage(&self, at_target: bool) -> f64 {
        self.fills[usize::from(at_target)]
    }
}
