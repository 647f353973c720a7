//! Is the mean of paired differences zero, where no coin decided their sign?

use super::ENOUGH;
use crate::stats::Z80;

/// The largest stake, as a share of what could be lost. The bound is mostly far beyond what happens, so that a small
/// share would stake next to nothing.
const STAKE_MAX: f64 = 0.9;

/// The level for which stakes are sized.
const LEVEL: f64 = 0.05;

/// Mean and variance that count as one session seen before the first.
const FIRST: (f64, f64) = (0.5, 0.25);

/// Halvings of the search for an end of the interval.
const HALVINGS: usize = 60;

/// Differences within ±bound whose mean is asked for, whatever their shape.
///
/// X = (D + B)/2B lies in 0 to 1; K⁺ = Π(1 + λ(X − m)) grows where the mean is above m, K⁻ = Π(1 − λ(X − m)) where it
/// is below, and E(m) = max(½K⁺, ½K⁻). λ of session s = √(2 ln(2/α) / (s ln(1 + s) σ̂²)) with σ̂² from the sessions
/// before it, at most .9/m and .9/(1 − m) (Waudby-Smith and Ramdas 2024, *Journal of the Royal Statistical Society B*
/// 86(1), 1–27, section 4). Nothing is asked of the shape of the differences but the bound.
#[derive(Clone, Debug)]
pub struct PairedTest {
    bound: f64,
    /// X and λ of each session.
    staked: Vec<(f64, f64)>,
    sum: f64,
    scatter: f64,
    /// The logarithms of K⁺ and K⁻ against no difference.
    at_zero: (f64, f64),
}

/// What is staked on session `s`, from 1 on, where the variance of X is `variance`; not yet cut.
fn stake(s: f64, variance: f64) -> f64 {
    (2.0 * (2.0 / LEVEL).ln() / (s * s.ln_1p() * variance)).sqrt()
}

/// Sessions after which an `effect` is seen with about 80 %, with a look after each, where differences vary by `scale`
/// and lie within ±`bound`, all in one unit, and E has to reach [`ENOUGH`] times `shared`; `None` where it takes more
/// than `most`.
///
/// The logarithm of the wealth grows by λδ − λ²(σ² + δ²)/2 a session in the mean and varies by λσ, with λ as it is staked,
/// in units of the difference.
pub fn paired_sessions(effect: f64, scale: f64, bound: f64, shared: f64, most: u64) -> Option<u64> {
    let line = (2.0 * ENOUGH * shared).ln();
    let (mut grown, mut squares) = (0.0, 0.0);
    let fits = effect > 0.0 && scale > 0.0 && bound > 0.0;
    fits.then_some(())?;
    (1..=most).find(|s| {
        let variance = (scale / (2.0 * bound)).powi(2);
        let staked = stake(*s as f64, variance).min(2.0 * STAKE_MAX) / (2.0 * bound);
        grown += staked * effect - 0.5 * staked * staked * (scale * scale + effect * effect);
        squares += staked * staked;
        grown - Z80 * scale * squares.sqrt() >= line
    })
}

/// By what a session changes the logarithms of K⁺ and K⁻ against a mean of `m` between 0 and 1.
fn grown((x, stake): (f64, f64), m: f64) -> (f64, f64) {
    let up = (stake.min(STAKE_MAX / m) * (x - m)).ln_1p();
    (up, (-stake.min(STAKE_MAX / (1.0 - m)) * (x - m)).ln_1p())
}

impl PairedTest {
    /// A test of differences within ±`bound`, in their unit; `None` unless it is above 0 and finite.
    pub fn new(bound: f64) -> Option<Self> {
        let fits = bound > 0.0 && bound.is_finite();
        fits.then(|| Self { bound, staked: Vec::new(), sum: FIRST.0, scatter: FIRST.1, at_zero: (0.0, 0.0) })
    }

    /// Adds a session's difference; what lies beyond the bound is cut to it, what is not a number left out.
    pub fn push(&mut self, difference: f64) {
        if difference.is_nan() {
            return;
        }
        let s = self.staked.len() as f64 + 1.0;
        let variance = self.scatter / s;
        let stake = stake(s, variance);
        let x = self.scaled(difference.clamp(-self.bound, self.bound));
        self.staked.push((x, stake));
        let (up, down) = grown((x, stake), 0.5);
        self.at_zero = (self.at_zero.0 + up, self.at_zero.1 + down);
        self.sum += x;
        self.scatter += (x - self.sum / (s + 1.0)).powi(2);
    }

    /// Sessions so far.
    pub fn sessions(&self) -> u64 {
        self.staked.len() as u64
    }

    /// The mean difference a session, cut as it was counted; `None` without one.
    pub fn mean(&self) -> Option<f64> {
        let n = self.staked.len() as f64;
        (n > 0.0).then(|| ((self.sum - FIRST.0) / n * 2.0 - 1.0) * self.bound)
    }

    /// The e-value against no difference in the mean.
    pub fn e(&self) -> f64 {
        0.5 * self.at_zero.0.max(self.at_zero.1).exp()
    }

    /// The e-value against a mean of 0 or above: large where the mean is below 0.
    pub fn e_below(&self) -> f64 {
        self.at_zero.1.exp()
    }

    /// Every mean against which E is below [`ENOUGH`] times `shared`: an interval that holds the true one with 95 %, at
    /// all times at once; its ends lie within ±bound. `None` without a session.
    pub fn interval(&self, shared: f64) -> Option<(f64, f64)> {
        if self.staked.is_empty() {
            return None;
        }
        let line = 2.0 * ENOUGH * shared;
        // K⁺ falls in m and K⁻ rises.
        let search = |excluded: &dyn Fn(f64) -> bool, from: f64, to: f64| {
            let (mut out, mut inside) = (from, to);
            for _ in 0..HALVINGS {
                let middle = 0.5 * (out + inside);
                if excluded(middle) { out = middle } else { inside = middle }
            }
            (2.0 * inside - 1.0) * self.bound
        };
        let low = search(&|m| self.wealth(m).0 >= line, 0.0, 1.0);
        let high = search(&|m| self.wealth(m).1 >= line, 1.0, 0.0);
        Some((low, high.max(low)))
    }

    fn scaled(&self, difference: f64) -> f64 {
        (difference + self.bound) / (2.0 * self.bound)
    }

    /// K⁺ and K⁻ against a mean of `m` between 0 and 1.
    fn wealth(&self, m: f64) -> (f64, f64) {
        let (mut up, mut down) = (0.0, 0.0);
        for staked in &self.staked {
            let (more, less) = grown(*staked, m);
            up += more;
            down += less;
        }
        (f64::exp(up), f64::exp(down))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let mut test = PairedTest::new(1.0).unwrap();
        assert_eq!((test.e(), test.mean(), test.interval(1.0)), (0.5, None, None));
        // λ₁ = √(2 ln 40 / (ln 2 · ¼)) is cut to 1.8: K⁺ = 1 + 1.8·(1 − ½).
        test.push(1.0);
        assert!((test.e() - 0.95).abs() < 1e-12 && test.mean() == Some(1.0));
        // Only a mean near the bottom is excluded, and no earlier than after some sessions.
        (0..40).for_each(|at| test.push(if at % 4 == 0 { -0.5 } else { 0.5 }));
        let (low, high) = test.interval(1.0).unwrap();
        assert!(low > 0.0 && low < 0.26 && high > 0.26 && test.e() > 20.0, "{low} {high} {}", test.e());
        assert!(test.e_below() < 0.01);
        let wider = test.interval(2.0).unwrap();
        assert!(wider.0 <= low && wider.1 >= high);
    }

    #[test]
    fn sessions_by_hand() {
        // With a bound of 8 the stake is .9/8 throughout: a session adds .0483 in the mean, and 96 of them, less .84 of
        // their deviation of 1.102, make ln 40.
        assert_eq!(paired_sessions(0.5, 1.0, 8.0, 1.0, 1_000), Some(96));
        assert_eq!(paired_sessions(0.5, 1.0, 8.0, 1.0, 95), None);
        assert_eq!(paired_sessions(0.0, 1.0, 8.0, 1.0, 95), None);
        assert!(paired_sessions(0.5, 1.0, 8.0, 2.0, 1_000) > Some(96));
        assert_eq!(
            (paired_sessions(0.5, 0.0, 8.0, 1.0, 99), paired_sessions(0.5, 1.0, 0.0, 1.0, 99)),
            (None, None)
        );
    }

    #[test]
    fn the_unit_of_the_differences_changes_nothing() {
        let (mut one, mut eight) = (PairedTest::new(1.0).unwrap(), PairedTest::new(8.0).unwrap());
        for d in [0.5, -0.25, 0.75, 0.125, -0.5] {
            one.push(d);
            eight.push(8.0 * d);
        }
        assert!((one.mean().unwrap() - 0.125).abs() < 1e-12 && (eight.mean().unwrap() - 1.0).abs() < 1e-12);
        assert!((one.e() - eight.e()).abs() < 1e-12);
    }

    #[test]
    fn what_lies_beyond_the_bound_is_cut() {
        let (mut cut, mut far) = (PairedTest::new(2.0).unwrap(), PairedTest::new(2.0).unwrap());
        for d in [2.0, -2.0, 2.0] {
            cut.push(d);
            far.push(d * 50.0);
        }
        assert_eq!((cut.e(), cut.mean()), (far.e(), far.mean()));
        assert!(PairedTest::new(0.0).is_none() && PairedTest::new(f64::INFINITY).is_none());
    }

    #[test]
    fn what_lies_below_zero_is_evidence_against_zero_or_above() {
        let of = |difference: f64| {
            let mut test = PairedTest::new(1.0).unwrap();
            test.push(difference);
            test.e_below()
        };
        // The first stake is cut to 1.8: K⁻ is 1 + 1.8·½ of what is wholly below, and 1 − 1.8·½ of what is wholly above.
        assert!((of(-1.0) - 1.9).abs() < 1e-12 && (of(1.0) - 0.1).abs() < 1e-12, "{} {}", of(-1.0), of(1.0));
        assert_eq!(of(0.0), 1.0);
    }
}
