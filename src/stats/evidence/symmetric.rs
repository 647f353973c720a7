//! The self-normalised mixture: are paired differences, or differences between arms drawn by a coin, not zero?

use super::ENOUGH;

/// The mixture's spread in units of 1/scale²: it is most sensitive to means of some 0.2 deviations a session.
pub const SPREAD: f64 = 1.0 / 20.0;

/// Halvings of the search for an end of the interval.
const HALVINGS: usize = 200;

/// One number a session, symmetric about 0 when there is no effect.
///
/// With S = ΣD, V = ΣD² and r = 1/(20·scale²): E = (1 + rV)^(−1/2) · exp(rS² / (2(1 + rV))), the mean of
/// exp(λS − λ²V/2) over λ ~ N(0, r). For symmetric D each factor is a supermartingale whatever the tails (de la
/// Peña 1999, *Annals of Probability* 27(1), 537–564), so its mixture is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SymmetricTest {
    spread: f64,
    sessions: u64,
    sum: f64,
    squares: f64,
}

impl SymmetricTest {
    /// A test for differences whose standard deviation is about `scale`, in the unit of the differences; it is
    /// fixed before the first of them, and only the test's power depends on it. `None` unless it is above 0 and finite.
    pub fn new(scale: f64) -> Option<Self> {
        let spread = SPREAD / (scale * scale);
        let fits = scale > 0.0 && spread > 0.0 && spread.is_finite();
        fits.then_some(Self { spread, sessions: 0, sum: 0.0, squares: 0.0 })
    }

    /// Adds a session's difference; one that is not finite is left out.
    pub fn push(&mut self, difference: f64) {
        if difference.is_finite() {
            self.sessions += 1;
            self.sum += difference;
            self.squares += difference * difference;
        }
    }

    /// Sessions so far.
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// The mean difference a session; `None` without one.
    pub fn mean(&self) -> Option<f64> {
        (self.sessions > 0).then(|| self.sum / self.sessions as f64)
    }

    /// The e-value against no difference, 0 or above; may be infinite.
    pub fn e(&self) -> f64 {
        let denominator = 1.0 + self.spread * self.squares;
        (self.spread * self.sum * self.sum / (2.0 * denominator) - 0.5 * denominator.ln()).exp()
    }

    /// The e-value against a difference of 0 or above: large where differences lie below 0. The same mixture over
    /// λ < 0 alone: 2·E·Φ(−S√(r/(1 + rV))), as λ given the sessions is normal about rS/(1 + rV).
    pub fn e_below(&self) -> f64 {
        let denominator = 1.0 + self.spread * self.squares;
        let at = self.sum * (self.spread / denominator).sqrt();
        self.e() * libm::erfc(at / std::f64::consts::SQRT_2)
    }

    /// Every difference around the mean against which E is below [`ENOUGH`]: an interval that holds the true one
    /// with 95 %, at all times at once. `None` where there is no end to it, as with few sessions.
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.interval_of(1.0)
    }

    /// The same where `shared` comparisons share the 95 %: every difference against which E is below [`ENOUGH`] times
    /// as much.
    ///
    /// With u the distance from the mean, S = nu and V = V₀ + nu², so the interval lies evenly around the mean. E
    /// rises up to w = rnu² = (n − 1)(1 + rV₀) and falls again beyond, where differences would lie far outside of
    /// everything that was seen; those are taken as excluded too.
    pub fn interval_of(&self, shared: f64) -> Option<(f64, f64)> {
        let line = (ENOUGH * shared).ln();
        let n = self.sessions as f64;
        let mean = self.mean()?;
        let within = 1.0 + self.spread * (self.squares - n * mean * mean).max(0.0);
        let log_e = |w: f64| n * w / (2.0 * (within + w)) - 0.5 * (within + w).ln();
        let (mut low, mut high) = (0.0, (n - 1.0) * within);
        if log_e(high) < line {
            return None;
        }
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if log_e(middle) < line { low = middle } else { high = middle }
        }
        let half = (high / (self.spread * n)).sqrt();
        Some((mean - half, mean + half))
    }
}
