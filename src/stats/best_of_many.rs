//! How far the best of many lies above the rest when all of them are alike.

/// Halvings of the search for a quantile.
const HALVINGS: usize = 80;

/// The largest of `count` draws from the standard normal distribution in the mean: with γ Euler's constant,
/// (1 − γ)·Φ⁻¹(1 − 1/N) + γ·Φ⁻¹(1 − 1/(N·e)) (Bailey and López de Prado 2014, *Journal of Portfolio Management* 40(5),
/// 94–107, the expected maximum), within 3 % from 5 on; 0 for one or none.
pub fn expected_best(count: usize) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    if count < 2 {
        return 0.0;
    }
    let n = count as f64;
    (1.0 - EULER) * upper(1.0 / n) + EULER * upper(1.0 / (n * std::f64::consts::E))
}

/// The point of the standard normal distribution above which a share of it lies, at most a half.
fn upper(share: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        let above = 0.5 * libm::erfc(middle / std::f64::consts::SQRT_2);
        if above > share { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert!((upper(0.025) - crate::stats::Z95).abs() < 1e-9);
        // Harter 1961, Biometrika 48, 151-165: expected largest of 10, 50 and 100.
        for (count, table) in [(10, 1.538_75), (50, 2.249_07), (100, 2.507_59)] {
            let best = expected_best(count);
            assert!((best / table - 1.0).abs() < 0.03, "{count}: {best}");
        }
        assert_eq!((expected_best(0), expected_best(1)), (0.0, 0.0));
    }
}
