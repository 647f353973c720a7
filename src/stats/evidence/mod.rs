//! Is a difference real? Tests that may be looked at after every session, for ever.
//!
//! Each multiplies what one session says into an e-value: a number whose mean is at most 1 when there is nothing,
//! whatever the session before said. By Ville's inequality the chance that it ever reaches 1/α is then at most α, so
//! that nothing is lost by looking every evening (Howard, Ramdas, McAuliffe and Sekhon 2021, *Annals of Statistics*
//! 49(2)). A word that compares, and a move that rests on a comparison, needs [`ENOUGH`].
//!
//! | test | null | rests on |
//! |---|---|---|
//! | [`SymmetricTest`] | each session's difference is as likely to be d as −d | a coin drew the arms, or the difference is paired |
//! | [`SkillTest`] | within a session outcomes do not depend on the scores | nothing else: levels and shocks of a day cancel |
//! | [`PairedTest`] | the mean difference is 0 | a bound that was fixed beforehand; what lies beyond it is cut |
//! | [`BoundedTest`] | each session's mean is at most 0 | a bound of ±1 that was known beforehand |
//! | [`e_of_mean`] | the mean of independent differences is 0 | they are about normal, of whatever scale |
//! | [`LabelTest`] | which of a session's values bear a label is chance | nothing else, unless whole sessions are compared |
//! | [`ForecastTest`] | one forecast is no worse than the other | see there |
//! | [`ShortfallTest`] | no more is lost in the worst part than was said | what was said was said before |
//! | [`sample_ratio_e`] | arms have the shares that were drawn | each unit is drawn by itself |

mod bounded;
mod forecast;
mod labels;
mod mean;
mod paired;
mod sample_ratio;
mod shortfall;
mod skill;
mod symmetric;
#[cfg(test)]
mod tests;

pub use bounded::BoundedTest;
pub use forecast::{Forecast, ForecastTest};
pub use labels::{LabelTest, SessionValues};
pub use mean::e_of_mean;
pub use paired::{PairedTest, paired_sessions};
pub use sample_ratio::sample_ratio_e;
pub use shortfall::ShortfallTest;
pub use skill::{JointSkillTest, SessionSkill, SkillSession, SkillTest};
pub use symmetric::{SPREAD, SymmetricTest};

/// The e-value at which a word is said: without an effect it is ever reached with a chance of at most 1/20.
pub const ENOUGH: f64 = 20.0;

/// The logarithm of the mean of numbers that are given by their logarithms; −∞ without any.
fn log_mean_exp(logs: &[f64]) -> f64 {
    let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !top.is_finite() {
        return top;
    }
    let sum: f64 = logs.iter().map(|log| (log - top).exp()).sum();
    top + (sum / logs.len() as f64).ln()
}
