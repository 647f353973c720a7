//! What can keep a signal from being traded, by the engine's own reason, and the knob behind it.

use super::KnobName;

/// A check that the engine makes before it trades, in the order in which it asks.
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
    /// The position would be too large or risk too much.
    Size,
    /// The guard halts entries: `guard:RULE`.
    Guard,
    /// The open book has no room.
    Heat,
    /// A reason that no knob stands behind.
    Other,
}

/// A beginning of a reason, and the check that it names.
const REASONS: &[(&str, RiskCheck)] = &[
    ("conf", RiskCheck::Confidence),
    ("already_open", RiskCheck::AlreadyOpen),
    ("max_positions", RiskCheck::Positions),
    ("trade_gap", RiskCheck::Gap),
    ("order_rate", RiskCheck::Orders),
    ("risk", RiskCheck::Size),
    ("position_size", RiskCheck::Size),
    ("guard:", RiskCheck::Guard),
    ("heat", RiskCheck::Heat),
];

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
            Self::Size => "position size",
            Self::Guard => "guard",
            Self::Heat => "heat",
            Self::Other => "another reason",
        }
    }

    /// The check that a reason names, such as `conf<0.5`, `confidence_threshold` or `max_positions`.
    pub fn of_reason(reason: &str) -> Self {
        let reason = reason.trim();
        let is = |prefix: &str| reason.starts_with(prefix) || reason == prefix.trim_end_matches(':');
        let named = REASONS.iter().find(|(prefix, _)| is(prefix));
        named.map_or(Self::Other, |(_, check)| *check)
    }

    /// The knob behind it, and whether a larger value of that lets more signals pass.
    pub const fn knob(self) -> Option<(KnobName, bool)> {
        match self {
            Self::Confidence => Some((KnobName::MinConfidence, false)),
            Self::Positions => Some((KnobName::MaxPositions, true)),
            Self::Gap => Some((KnobName::MinGap, false)),
            Self::Orders => Some((KnobName::MaxOrders, true)),
            Self::Size => Some((KnobName::PositionSize, false)),
            Self::Model | Self::AlreadyOpen | Self::Guard | Self::Heat | Self::Other => None,
        }
    }
}

/// What refuses signals, as one thing that can be taken away: a check, or a reason of the engine's own that none stands
/// behind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    /// A check, whatever the value in its reason.
    Check(RiskCheck),
    /// The reason as the engine writes it.
    Reason(Box<str>),
}

impl Gate {
    /// The gate that a reason names; `None` of an empty one.
    pub fn of_reason(reason: &str) -> Option<Self> {
        match RiskCheck::of_reason(reason) {
            RiskCheck::Other => {
                let reason = reason.trim();
                (!reason.is_empty()).then(|| Self::Reason(reason.into()))
            }
            check => Some(Self::Check(check)),
        }
    }

    /// Its name: a reason that names it again.
    pub fn as_str(&self) -> &str {
        let of = |check| REASONS.iter().find(|(_, named)| named == check).map_or("", |(prefix, _)| *prefix);
        match self {
            Self::Check(check) => of(check).trim_end_matches(':'),
            Self::Reason(reason) => reason,
        }
    }
}

/// The value of the knob that a reason states, such as 0.5 in `conf<0.5` and 24 in `trade_gap<24m`.
pub fn threshold_in_reason(reason: &str) -> Option<f64> {
    let (_, rest) = reason.split_once('<')?;
    let number = rest.trim().trim_end_matches(|c: char| c.is_alphabetic());
    number.trim().parse::<f64>().ok().filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_name_their_check_and_its_knob() {
        for (reason, check, value) in [
            ("conf<0.5", RiskCheck::Confidence, Some(0.5)),
            ("confidence_threshold", RiskCheck::Confidence, None),
            ("trade_gap<24m", RiskCheck::Gap, Some(24.0)),
            ("risk_limit", RiskCheck::Size, None),
            ("guard:stop_losses", RiskCheck::Guard, None),
            ("heat", RiskCheck::Heat, None),
            ("no reason at all", RiskCheck::Other, None),
            ("", RiskCheck::Other, None),
        ] {
            assert_eq!(
                (RiskCheck::of_reason(reason), threshold_in_reason(reason)),
                (check, value),
                "{reason}"
            );
        }
        for (reason, gate) in [
            ("conf<0.5", "conf"),
            ("guard:stop_losses", "guard"),
            ("position_size", "risk"),
            (" news blackout ", "news blackout"),
        ] {
            let found = Gate::of_reason(reason).unwrap();
            assert_eq!((found.as_str(), Gate::of_reason(found.as_str())), (gate, Some(found.clone())));
        }
        assert_eq!(Gate::of_reason(" "), None);
        assert_eq!(RiskCheck::of_reason("max_positions").knob(), Some((KnobName::MaxPositions, true)));
    }
}
