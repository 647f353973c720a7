//! The betting test: is the mean of numbers between −1 and 1 above 0?

use serde::{Deserialize, Serialize};

/// The largest stake.
const STAKE_MAX: f64 = 0.5;

/// The variance that counts as one session seen before the first.
const FIRST_VARIANCE: f64 = 0.25;

/// One number a session between −1 and 1 whose bound was known beforehand, at most 0 in the mean under the null.
///
/// E = Π (1 + λ·X), the wealth of who stakes the share λ of it on every session; λ = μ̂/(σ̂² + μ̂²) of the earlier
/// sessions, 0 to ½, where one session of mean 0 and variance ¼ is imagined before the first (Waudby-Smith and Ramdas
/// 2024, *Journal of the Royal Statistical Society B* 86(1), 1–27, approximate Kelly bets). Nothing is asked of how
/// the rows of a session depend on each other. As wealth grows at most by the half a session, 20 takes 8 at least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BoundedTest {
    log_e: f64,
    sessions: u64,
    sum: f64,
    squares: f64,
}

impl BoundedTest {
    /// Adds a session; numbers outside of −1 to 1 are cut, one that is not a number is left out.
    pub fn push(&mut self, x: f64) {
        if x.is_nan() {
            return;
        }
        let x = x.clamp(-1.0, 1.0);
        self.log_e += (self.stake() * x).ln_1p();
        self.sessions += 1;
        self.sum += x;
        self.squares += x * x;
    }

    /// What is staked on the next session, 0 to ½.
    fn stake(&self) -> f64 {
        let n = self.sessions as f64 + 1.0;
        // Σx²/n is σ̂² + μ̂², about 0.
        let second = (self.squares + FIRST_VARIANCE) / n;
        (self.sum / n / second).clamp(0.0, STAKE_MAX)
    }

    /// Sessions so far.
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// The logarithm of the e-value against a mean of 0 or below.
    pub fn log_e(&self) -> f64 {
        self.log_e
    }
}
