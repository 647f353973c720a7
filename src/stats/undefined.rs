//! Why a metric has no value.

/// The reason for which a metric is undefined. Never NaN, 0 or the largest number instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undefined {
    /// Nothing to measure.
    #[error("no trades")]
    NoTrades,
    /// A ratio to wins without any.
    #[error("no wins")]
    NoWins,
    /// A ratio to losses without any.
    #[error("no losses")]
    NoLosses,
    /// A share of a result before costs that was not above zero.
    #[error("nothing was won before costs")]
    NoGross,
    /// A mean over losses without any: unknown, where a ratio to them is endless.
    #[error("no losses")]
    NoLosingTrades,
    /// A ratio to losing days without any.
    #[error("no losing days")]
    NoLosingDays,
    /// A ratio to a drawdown without any.
    #[error("no drawdown")]
    NoDrawdown,
    /// No trade says with which confidence it was entered.
    #[error("no trade has a confidence")]
    NoConfidence,
    /// Every trade was entered with a confidence of zero.
    #[error("the average confidence is 0")]
    ZeroConfidence,
    /// No trade says when it was entered.
    #[error("no trade has an entry time")]
    NoEntryTimes,
    /// Too few trades.
    #[error("needs {need} trades, has {have}")]
    TooFewTrades {
        /// How many it takes.
        need: u32,
        /// How many there are.
        have: u64,
    },
    /// Too few missed signals.
    #[error("needs {need} signals, has {have}")]
    TooFewSignals {
        /// How many it takes.
        need: u32,
        /// How many there are.
        have: u64,
    },
    /// Too few trades that carry a confidence.
    #[error("needs {need} trades with a confidence, has {have}")]
    TooFewConfidences {
        /// How many it takes.
        need: u32,
        /// How many there are.
        have: u64,
    },
    /// Too few days.
    #[error("needs {need} trading days, has {have}")]
    TooFewDays {
        /// How many it takes.
        need: u32,
        /// How many there are.
        have: u64,
    },
    /// What happened, once: there is nothing to be unsure of, and nothing to generalise from.
    #[error("happened as it says, no estimate")]
    NoEstimate,
    /// Every value is the same, so there is nothing to divide by.
    #[error("no variation")]
    NoVariation,
    /// Positions were held over so many sessions of so long a log that the exact figure needs all of it.
    #[error("positions held across sessions in a log of this size")]
    HeldTooLong,
    /// The capital was lost whole, so that a share of it means nothing.
    #[error("the capital was used up")]
    NoCapital,
    /// The sum is beyond any account.
    #[error("the sum is too large")]
    Overflow,
}

impl Undefined {
    /// Whether the figure is endless rather than unknown: printed as `∞` on a terminal.
    pub fn is_infinite(self) -> bool {
        matches!(self, Self::NoLosses | Self::NoLosingDays | Self::NoDrawdown)
    }
}

/// A metric's value, or why it has none.
pub type MetricResult = Result<f64, Undefined>;
