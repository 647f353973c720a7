//! Many means at once: the largest is too large, the smallest too small, by as much as chance made them differ.

/// Halvings of the search for the spread of the true means.
const HALVINGS: usize = 100;

/// Draws each of the `(mean, variance of the mean)` to their common mean, by as much as the spread among them is
/// chance: with equal variances v the estimator of James and Stein (1961, *Fourth Berkeley Symposium* 1, 361–379)
/// about the grand mean, positive part, factor 1 − (k − 3)·v / Σ(m − m̄)²; with unequal ones that of Morris (1983,
/// *Journal of the American Statistical Association* 78(381), 47–55), the spread A of the true means from
/// Σ (m − m̄)²/(v + A) = k − 1. Fewer than four means are left as they are: there is nothing to learn the spread from.
/// A variance of 0 or below, or one that is not finite, leaves all as they are.
pub fn shrunken_means(means: &[(f64, f64)]) -> Vec<f64> {
    let as_they_are = || means.iter().map(|(mean, _)| *mean).collect();
    let k = means.len() as f64;
    let fits = |(mean, variance): &(f64, f64)| mean.is_finite() && variance.is_finite() && *variance > 0.0;
    if means.len() < 4 || !means.iter().all(fits) {
        return as_they_are();
    }
    let common = |spread: f64| {
        let weigh = |sum: (f64, f64), (mean, variance): &(f64, f64)| {
            let weight = 1.0 / (variance + spread);
            (sum.0 + weight * mean, sum.1 + weight)
        };
        let (sum, weights) = means.iter().fold((0.0, 0.0), weigh);
        sum / weights
    };
    let scatter = |spread: f64| {
        let centre = common(spread);
        means.iter().map(|(mean, variance)| (mean - centre).powi(2) / (variance + spread)).sum::<f64>()
    };
    let (mut low, mut high) = (0.0, 0.0);
    if scatter(0.0) > k - 1.0 {
        let centre = common(0.0);
        // All the scatter as spread: never too little.
        high = means.iter().map(|(mean, _)| (mean - centre).powi(2)).sum::<f64>();
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if scatter(middle) > k - 1.0 { low = middle } else { high = middle }
        }
    }
    let centre = common(high);
    let drawn = |(mean, variance): &(f64, f64)| {
        let chance = (k - 3.0) / (k - 1.0) * variance / (variance + high);
        // Without any spread of their own the means are one.
        centre + if high == 0.0 { 0.0 } else { (1.0 - chance) * (mean - centre) }
    };
    means.iter().map(drawn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_variances_are_james_and_stein() {
        // m̄ = 3, Σ(m − 3)² = 10, v = 1: factor 1 − (5 − 3)·1/10 = .8.
        let means: Vec<(f64, f64)> = (1..=5).map(|m| (f64::from(m), 1.0)).collect();
        let drawn = shrunken_means(&means);
        for (drawn, want) in drawn.iter().zip([1.4, 2.2, 3.0, 3.8, 4.6]) {
            assert!((drawn - want).abs() < 1e-9, "{drawn} {want}");
        }
        // Scatter 10·.1 = 1 below k − 1: all of it is chance.
        let close: Vec<(f64, f64)> = (1..=5).map(|m| (f64::from(m), 10.0)).collect();
        assert!(shrunken_means(&close).iter().all(|drawn| (drawn - 3.0).abs() < 1e-9));
        assert_eq!(shrunken_means(&[(1.0, 1.0), (2.0, 1.0)]), [1.0, 2.0]);
        assert_eq!(shrunken_means(&[(1.0, 0.0), (2.0, 1.0), (3.0, 1.0), (4.0, 1.0)]), [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn a_mean_of_which_little_is_certain_is_drawn_farther() {
        let drawn = shrunken_means(&[(0.0, 0.01), (1.0, 0.01), (2.0, 0.01), (9.0, 30.0), (1.0, 0.01)]);
        assert!(drawn[3] < 6.0 && drawn[3] > 1.0, "{drawn:?}");
        assert!((drawn[2] - 2.0).abs() < 0.1, "{drawn:?}");
    }
}
