//! Which knob a gate that refused too many winners points at.

use super::gate_verdict::{GateVerdict, gate_verdict};
use crate::domain::RiskCheck;
use crate::metrics::{MissedDimension, MissedTotals, WinRate};

/// Evaluated signals that a reason needs before it suggests anything.
const NEEDED: u64 = 3;

/// Above this win rate a reason suggests that its gate is too strict.
const TOO_GOOD: f64 = 0.65;

/// Which way to turn a knob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To a larger value.
    Raise,
    /// To a smaller value.
    Lower,
}

impl Direction {
    /// The word in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raise => "raise",
            Self::Lower => "lower",
        }
    }
}

/// A knob that a reason points at.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// The reason for which signals were not traded.
    pub reason: String,
    /// The knob.
    pub knob: &'static str,
    /// Which way.
    pub direction: Direction,
    /// Evaluated signals of that reason.
    pub n: u64,
    /// How many of them would have won.
    pub win_rate: WinRate,
    /// Their mean result, a fraction; above 0.
    pub mean: f64,
    /// Whether it rests on evidence: the interval of the mean lies above zero.
    pub is_evidence: bool,
}

/// The suggestions of a set of missed signals: each reason with at least 3 evaluated signals of which more
/// than 65 % would have won and the mean result is above zero, and which a knob stands behind. Seven small winners
/// and three large losers suggest nothing. Over several desks there is none: each has knobs of its own; nor
/// of some of the signals, as a knob acts on all of them.
pub fn suggestions(totals: &MissedTotals) -> Vec<Suggestion> {
    if totals.is_of_desks() || totals.is_part {
        return Vec::new();
    }
    totals
        .groups(MissedDimension::Reason)
        .filter_map(|(reason, tally)| {
            let (knob, larger) = RiskCheck::of_reason(reason).knob()?;
            let direction = if larger { Direction::Raise } else { Direction::Lower };
            let win_rate = tally.win_rate().ok().filter(|rate| tally.n >= NEEDED && rate.point > TOO_GOOD)?;
            let mean = tally.mean().ok().filter(|mean| *mean > 0.0)?;
            let is_evidence = gate_verdict(tally) == GateVerdict::Cost;
            let reason = reason.clone();
            Some(Suggestion {
                reason,
                knob: knob.as_str(),
                direction,
                n: tally.n,
                win_rate,
                mean,
                is_evidence,
            })
        })
        .collect()
}
