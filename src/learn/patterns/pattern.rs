//! A pattern with what is known of it, and the verdict on it.

use super::conditions::Condition;
use super::contrast::Contrast;
use super::rows::{Bits, Rows, common, count};
use crate::metrics::{Clustered, win_rate};

/// Rows that a pattern needs to be tried at all.
pub(super) const LEAST_ROWS: u64 = 30;

/// Sessions that it needs.
pub(super) const LEAST_SESSIONS: u64 = 5;

/// The share of runs on noise that may name anything, shared among singles, pairs and triples.
pub const FALSE_SHARE: f64 = 0.05;

/// What is said of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternVerdict {
    /// Enough data, and it clearly wins more often than the rest.
    Edge,
    /// Enough data, and it clearly wins less often than the rest.
    Drag,
    /// Enough data, and no clear direction.
    Unclear,
    /// Too few rows or sessions.
    TooFew,
}

impl PatternVerdict {
    /// The word for it in tables and payloads.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Drag => "drag",
            Self::Unclear => "unclear",
            Self::TooFew => "too few",
        }
    }
}

/// A pattern with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// All of these hold.
    pub conditions: Vec<Condition>,
    /// Rows.
    pub n: u64,
    /// Sessions with such rows and others.
    pub sessions: u64,
    /// Share of them that won.
    pub win_rate: f64,
    /// Its 95 % interval (Wilson).
    pub win_interval: (f64, f64),
    /// Win rate less that of the rest of the same sessions.
    pub lift: f64,
    /// Its 95 % interval, by session.
    pub lift_interval: (f64, f64),
    /// The lift drawn to zero as far as all lifts together say.
    pub shrunk_lift: f64,
    /// Mean result after costs, a fraction of the position.
    pub mean: f64,
    /// Its 95 % interval by session; none below two sessions.
    pub mean_interval: Option<(f64, f64)>,
    /// The probability of so much by chance, for this pattern alone.
    pub p: f64,
    /// What is said of it.
    pub verdict: PatternVerdict,
    /// It holds of whole sessions, which are compared with the others; else with the rest of the same sessions.
    pub between_sessions: bool,
}

impl Pattern {
    /// Whether it is an edge or a drag.
    pub fn is_clear(&self) -> bool {
        matches!(self.verdict, PatternVerdict::Edge | PatternVerdict::Drag)
    }
}

pub(super) fn pattern_of(
    (contrast, p): (Contrast, f64),
    verdict: PatternVerdict,
    bits: &Bits,
    rows: &Rows,
    spread: f64,
    conditions: Vec<Condition>,
) -> Pattern {
    let n = count(bits);
    let rate = win_rate(common(bits, &rows.won), n);
    let results: Vec<(f64, f64)> = rows.results(bits).collect();
    let sum = results.iter().fold((0.0, 0.0), |sum, day| (sum.0 + day.0, sum.1 + day.1));
    let Contrast { lift, error, sessions } = contrast;
    let as_mean = Clustered::known(lift, error, sessions.max(2));
    Pattern {
        conditions,
        n,
        sessions,
        win_rate: rate.map_or(0.0, |rate| rate.point),
        win_interval: rate.map_or((0.0, 1.0), |rate| (rate.low, rate.high)),
        lift,
        lift_interval: as_mean.interval(),
        shrunk_lift: if spread > 0.0 { lift * spread / (spread + error * error) } else { 0.0 },
        mean: if sum.1 > 0.0 { sum.0 / sum.1 } else { 0.0 },
        mean_interval: Clustered::of(results).ok().map(|found| found.interval()),
        p,
        verdict,
        between_sessions: false,
    }
}
