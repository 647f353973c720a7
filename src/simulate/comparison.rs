//! A variant beside what it is compared with: what each session made, the differences, the word.

use serde::{Deserialize, Serialize};

use super::levels::Closed;

/// What a session made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DayTotals {
    /// Net result in the account's currency.
    pub pnl: f64,
    /// Sum of the trades' positions at entry, in the account's currency.
    pub exposure: f64,
    /// Trades.
    pub trades: f64,
    /// The highest and the lowest that the day's result ever stood at, zero at its beginning.
    pub reach: (f64, f64),
    /// The largest fall from a peak within the day.
    pub fall: f64,
}

impl DayTotals {
    /// Adds a trade; they come in the order of their exits.
    pub fn add(&mut self, closed: &Closed) {
        self.pnl += closed.pnl;
        self.exposure += closed.exposure;
        self.trades += 1.0;
        self.reach = (self.reach.0.max(self.pnl), self.reach.1.min(self.pnl));
        self.fall = self.fall.max(self.reach.0 - self.pnl);
    }
}

/// A 95 % interval, or why there is none.
pub type Interval = Result<(f64, f64), String>;

/// A difference with its interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The variant less what it is compared with; none where either has no value.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Interval,
}

impl Difference {
    /// The two ends of its interval, where there is one.
    pub fn bounds(&self) -> Option<(f64, f64)> {
        self.interval.as_ref().ok().copied()
    }
}

/// What a comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A trade makes more: the whole interval of the difference in its mean result lies above zero.
    Better,
    /// A trade makes less.
    Worse,
    /// Neither, or too little to judge by.
    Unclear,
}

impl Verdict {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Unclear => "unclear",
        }
    }
}

/// A variant beside what it is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Net P&L over all sessions: the effect on the account, which fewer trades of a losing engine improve whichever
    /// they are. No verdict rests on it.
    pub pnl: Difference,
    /// What was traded, in the account's currency, as a multiple of what the base traded; none where that is nothing.
    pub exposure_ratio: Option<f64>,
    /// What trading so much more or less does to the net P&L by itself: that of a coin that drops as much.
    pub exposure_pnl: Option<f64>,
    /// Result per unit of exposure, a fraction: the mean result of a trade, weighted by its size. A coin that drops
    /// trades leaves it where it is on average, and so does another size. The verdict rests on it.
    pub expectancy: Difference,
    /// That mean of what it is compared with, and of the variant: their difference is that of `expectancy`.
    pub means: [Option<f64>; 2],
    /// Largest fall of the account from a peak, trade by trade: the percentile interval, without a verdict.
    pub drawdown: Difference,
    /// Sessions.
    pub sessions: usize,
    /// Sessions on which the results differ.
    pub different: usize,
    /// The word.
    pub verdict: Verdict,
}
