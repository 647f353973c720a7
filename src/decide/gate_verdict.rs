//! Whether what a risk check refused would have paid.

use crate::metrics::MissedGroupTotals;

/// What a risk check did with the signals that it refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateVerdict {
    /// They would have made money: the interval of their mean result lies above zero.
    Cost,
    /// They would have lost money: it lies below zero.
    Saved,
    /// The interval includes zero.
    Unclear,
    /// Too few of them have a result for an interval.
    TooFew,
}

impl GateVerdict {
    /// The word in payloads and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Saved => "saved",
            Self::Unclear => "unclear",
            Self::TooFew => "too few",
        }
    }
}

/// Judges a risk check by the 95 % interval of the mean result of what it refused.
pub fn gate_verdict(refused: &MissedGroupTotals) -> GateVerdict {
    match refused.mean_interval() {
        Ok((low, ..)) if low > 0.0 => GateVerdict::Cost,
        Ok((.., high)) if high < 0.0 => GateVerdict::Saved,
        Ok(_) => GateVerdict::Unclear,
        Err(_) => GateVerdict::TooFew,
    }
}
