//! Whether the moves of a knob rule made a difference, or what followed them follows anyway.

use crate::domain::Date;
use crate::stats::evidence::{ENOUGH, e_of_mean};

/// What followed where a rule fired: each with the session's date and the mean result of the 7 days after less that of
/// the 7 days up to it.
#[derive(Clone, Debug, Default)]
pub struct RuleEffect {
    /// The rule.
    pub rule: &'static str,
    /// Where its knob moved.
    pub moved: Vec<(Date, f64)>,
    /// Where it stayed.
    pub stayed: Vec<(Date, f64)>,
}

/// Days between two sessions whose fortnights do not overlap.
const APART_DAYS: i64 = 14;

/// Sessions of either kind below which nothing can be told.
const SESSIONS_NEEDED: usize = 6;

impl RuleEffect {
    /// What followed each move less what followed a session on which nothing moved, in the order of time, of sessions
    /// whose fortnights do not overlap.
    fn differences(&self) -> Vec<f64> {
        let apart = |of: &[(Date, f64)]| {
            let mut kept: Vec<(Date, f64)> = Vec::new();
            for (date, change) in of {
                if kept.last().is_none_or(|(last, _)| (*date - *last).num_days() >= APART_DAYS) {
                    kept.push((*date, *change));
                }
            }
            kept
        };
        let pairs = apart(&self.moved).into_iter().zip(apart(&self.stayed));
        pairs.map(|((_, moved), (_, stayed))| moved - stayed).collect()
    }

    /// `better` or `worse` at [`ENOUGH`] evidence, `unclear` below it, `cannot tell` with too few sessions.
    pub fn verdict(&self) -> &'static str {
        let differences = self.differences();
        if differences.len() < SESSIONS_NEEDED {
            "cannot tell"
        } else if e_of_mean(&differences) < ENOUGH {
            "unclear"
        } else if differences.iter().sum::<f64>() > 0.0 {
            "better"
        } else {
            "worse"
        }
    }
}
