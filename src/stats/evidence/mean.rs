//! Is the mean of differences zero, where nobody knows beforehand how far they scatter?

/// The e-value against a mean of zero of independent differences that are about normal, whatever their scale: the
/// likelihood of their t-statistic with the mean drawn from N(0, 1) in standard deviations, over that with a mean of zero,
/// (1 + n)^(−½) · ((1 + n)/(1 + n(1 − R²)))^(n/2) with R² = (Σd)² / (n Σd²) (Jeffreys 1961, *Theory of Probability*, 3rd
/// edition, section 5.2; that it may be looked at after each: Pérez-Ortiz, Lardy, de Heide and Grünwald 2024, *Annals of
/// Statistics* 52(4)). 1 below two differences, or where none differs from zero; may be infinite.
pub fn e_of_mean(differences: &[f64]) -> f64 {
    let n = differences.len() as f64;
    let (sum, squares) = differences.iter().fold((0.0, 0.0), |of, d| (of.0 + d, of.1 + d * d));
    if n < 2.0 || squares <= 0.0 {
        return 1.0;
    }
    let left = (1.0 - sum * sum / (n * squares)).max(0.0);
    (0.5 * n * ((1.0 + n) / (1.0 + n * left)).ln() - 0.5 * (1.0 + n).ln()).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // 1, 2, 3: R² = 36/42, 4^(−½) · (4/(1 + 3/7))^1.5 = ½ · 2.8^1.5.
        assert!((e_of_mean(&[1.0, 2.0, 3.0]) - 2.342_648).abs() < 1e-6);
        // Six of one size: 7^(5/2).
        assert!((e_of_mean(&[-0.2; 6]) - 7f64.powf(2.5)).abs() < 1e-9);
        assert_eq!((e_of_mean(&[]), e_of_mean(&[3.0]), e_of_mean(&[0.0; 9])), (1.0, 1.0, 1.0));
    }

    #[test]
    fn no_scale_matters() {
        let of = |scale: f64| e_of_mean(&[0.3, 0.1, -0.05, 0.25, 0.2].map(|d| scale * d));
        assert!((of(1e-6) - of(1e6)).abs() < 1e-9 && (of(-1.0) - of(1.0)).abs() < 1e-12);
    }
}
