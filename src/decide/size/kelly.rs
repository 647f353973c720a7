//! The size at which the own sessions grow fastest, at a bounded chance of losing too much.

/// Halvings of a search: more than enough for a double.
const HALVINGS: usize = 200;

/// A loss that is not to be reached, and the chance with which it may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossLimit {
    /// The share of the equity that is left at the loss, 0 to 1.
    pub left_frac: f64,
    /// The chance of ever being there, 0 to 1.
    pub chance: f64,
}

impl LossLimit {
    /// A fifth lost with a chance of one in twenty.
    pub const OURS: Self = Self { left_frac: 0.80, chance: 0.05 };

    /// λ = ln β / ln α: where the mean of (1 + b·r)^(−λ) is at most 1, equity is ever below the share α of what it began
    /// with, with a chance below β (Busseti, Ryu and Boyd 2016, *Journal of Investing* 25(3), 118–134).
    pub fn exponent(self) -> f64 {
        self.chance.ln() / self.left_frac.ln()
    }
}

/// What sessions say of size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kelly {
    /// The size at which the equity grows fastest, in shares of it.
    pub free: f64,
    /// The same where the loss may be reached as seldom as the limit says: at most `free`.
    pub constrained: f64,
}

/// The sizes for results of sessions, as multiples of what each trade takes: the largest mean of ln(1 + b·r), and the
/// largest under the limit. Both are 0 where the mean is not above 0, and at most `most`.
pub fn kelly(results: &[f64], limit: LossLimit, most: f64) -> Kelly {
    let n = results.len() as f64;
    let mean = results.iter().sum::<f64>() / n;
    if results.is_empty() || mean.is_nan() || mean <= 0.0 {
        return Kelly { free: 0.0, constrained: 0.0 };
    }
    let worst = results.iter().copied().fold(0.0, f64::min);
    // Beyond this the worst session takes everything.
    let end = if worst < 0.0 { most.min((1.0 - 1e-9) / -worst) } else { most };
    let slope = |b: f64| results.iter().map(|r| r / (1.0 + b * r)).sum::<f64>() > 0.0;
    let lambda = limit.exponent();
    let holds = |b: f64| results.iter().map(|r| (-lambda * (b * r).ln_1p()).exp()).sum::<f64>() <= n;
    let free = largest(end, slope);
    Kelly { free, constrained: free.min(largest(end, holds)) }
}

/// The largest size up to `end` for which something holds that holds for small ones.
fn largest(end: f64, holds: impl Fn(f64) -> bool) -> f64 {
    if holds(end) {
        return end;
    }
    let (mut low, mut high) = (0.0, end);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) { low = middle } else { high = middle }
    }
    low
}

/// How much of a size is left for what is not known of it: k = (t² − 1)₊ / t², t the mean over its standard error.
///
/// Growth at the share k of the estimated size is about k·μ̂·μ − k²·μ̂²/2 in units of the variance; its expectation is
/// largest at k = μ²/(μ² + se²), and μ̂² − se² is an unbiased estimate of μ². Not above 0 for a mean that is not.
pub(super) fn shrink(t: f64) -> f64 {
    if t > 1.0 { 1.0 - 1.0 / (t * t) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_outcomes_by_hand() {
        // +2 % or −1 %, one as often as the other: .02/(1 + .02b) = .01/(1 − .01b) at b = 25.
        let coin = [0.02, -0.01];
        let found = kelly(&coin, LossLimit::OURS, 1e6);
        assert!((found.free - 25.0).abs() < 1e-9, "{found:?}");
        // λ = 1: ½/(1 + .02b) + ½/(1 − .01b) = 1 at the same 25.
        let even = LossLimit { left_frac: 0.5, chance: 0.5 };
        assert!((even.exponent() - 1.0).abs() < 1e-12);
        assert!((kelly(&coin, even, 1e6).constrained - 25.0).abs() < 1e-9);
        // λ = 2: ½(1 + .02b)⁻² + ½(1 − .01b)⁻² = 1. With x = .01b: (1 − x)² + (1 + 2x)² = 2(1 + 2x)²(1 − x)², which is
        // 2 + 2x + 5x² = 2(1 + x − 2x²)² = 2 + 4x − 6x² − 8x³ + 8x⁴: 2 − 11x − 8x² + 8x³ = 0 at x = .16524.
        let two = LossLimit { left_frac: 0.5, chance: 0.25 };
        let found = kelly(&coin, two, 1e6).constrained;
        let x = 0.01 * found;
        assert!((2.0 - 11.0 * x - 8.0 * x * x + 8.0 * x * x * x).abs() < 1e-9, "{found}");
    }

    #[test]
    fn the_limit_leaves_a_known_share() {
        // For small results the constrained size is 2/(λ + 1) of the free one: .14, .18, .07.
        for (left_frac, chance, lambda, share) in
            [(0.80, 0.05, 13.425, 0.1386), (0.80, 0.10, 10.319, 0.1767), (0.90, 0.05, 28.433, 0.0680)]
        {
            let limit = LossLimit { left_frac, chance };
            assert!((limit.exponent() - lambda).abs() < 1e-3, "{}", limit.exponent());
            let found = kelly(&[0.0101, -0.0099], limit, 1e6);
            assert!((found.constrained / found.free - share).abs() < 2e-3, "{found:?}");
        }
    }

    #[test]
    fn without_an_edge_nothing_and_never_more_than_most() {
        assert_eq!(kelly(&[], LossLimit::OURS, 9.0).free, 0.0);
        assert_eq!(kelly(&[0.01, -0.01], LossLimit::OURS, 9.0), Kelly { free: 0.0, constrained: 0.0 });
        assert_eq!(kelly(&[0.01, 0.02], LossLimit::OURS, 9.0), Kelly { free: 9.0, constrained: 9.0 });
        assert_eq!(kelly(&[f64::NAN, 0.02], LossLimit::OURS, 9.0).free, 0.0);
    }

    #[test]
    fn what_is_left_for_ignorance() {
        for (t, k) in [(-3.0, 0.0), (1.0, 0.0), (1.5, 0.5556), (2.0, 0.75), (3.0, 0.8889)] {
            assert!((shrink(t) - k).abs() < 1e-4, "{t}");
        }
    }
}
