//! Is more lost than an expected shortfall promised? A test that may be looked at after every session.

use super::ENOUGH;

/// The largest stake.
const STAKE_MAX: f64 = 0.5;

/// The square that counts as one session seen before the first, so that nothing is staked on next to nothing.
const FIRST_SQUARE: f64 = 20.0;

/// The e-backtest of an expected shortfall (Wang, Wang and Ziegel 2022, arXiv 2209.00991): of a loss x, a forecast r of the
/// mean of the worst `tail` of losses and z of where that begins, e = (x − z)⁺ / (tail·(r − z)) has a mean of at most 1 as
/// long as r is not too low and z is right. E = Π (1 + λ(e − 1)), with λ = Σ(e − 1)/Σ(e − 1)² of the sessions before, 0 to ½.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShortfallTest {
    tail: f64,
    log_e: f64,
    sum: f64,
    squares: f64,
    sessions: u64,
    exceeded: u64,
}

impl ShortfallTest {
    /// A test of the worst `tail`, above 0 and below 1, of sessions.
    pub const fn new(tail: f64) -> Self {
        Self { tail, log_e: 0.0, sum: 0.0, squares: FIRST_SQUARE, sessions: 0, exceeded: 0 }
    }

    /// Adds a session: its loss, where the worst part was said to begin, and what its mean was said to be. A forecast that
    /// leaves no room between the two says nothing that could be tested.
    pub fn push(&mut self, loss: f64, at_risk: f64, expected: f64) {
        let room = expected - at_risk;
        if !(room > 0.0 && loss.is_finite() && at_risk.is_finite()) {
            return;
        }
        let e = (loss - at_risk).max(0.0) / (self.tail * room);
        let stake = (self.sum / self.squares).clamp(0.0, STAKE_MAX);
        self.log_e += (stake * (e - 1.0)).ln_1p();
        self.sum += e - 1.0;
        self.squares += (e - 1.0).powi(2);
        self.sessions += 1;
        self.exceeded += u64::from(loss > at_risk);
    }

    /// Sessions so far.
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// Those of them that lost more than where the worst part was said to begin.
    pub fn exceeded(&self) -> u64 {
        self.exceeded
    }

    /// The e-value against a shortfall that is large enough.
    pub fn e(&self) -> f64 {
        self.log_e.exp()
    }

    /// Whether the shortfall is shown to be too low.
    pub fn is_too_low(&self) -> bool {
        self.e() >= ENOUGH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let mut test = ShortfallTest::new(0.05);
        // Nothing is staked on the first session: e = (3 − 1)/(.05·1) = 40.
        test.push(3.0, 1.0, 2.0);
        assert_eq!((test.e(), test.sessions(), test.exceeded()), (1.0, 1, 1));
        // λ = 39/(20 + 39²); nothing lost: e = 0.
        test.push(-1.0, 1.0, 2.0);
        assert!((test.e() - (1.0 - 39.0 / 1_541.0)).abs() < 1e-12);
        // A forecast without room between its two numbers counts nothing.
        test.push(9.0, 1.0, 1.0);
        assert_eq!(test.sessions(), 2);
        for _ in 0..20 {
            test.push(3.0, 1.0, 2.0);
        }
        assert!(test.is_too_low() && test.exceeded() == 21);
    }
}
