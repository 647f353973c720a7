//! Covariances of few observations, drawn to what they have in common.

use super::Symmetric;

/// The covariance matrix of `rows`, observations of as many variables each, drawn to one in which every two variables
/// correlate alike, and by how much it was drawn, 0 to 1 (Ledoit and Wolf 2004, *Journal of Portfolio Management* 30(4),
/// 110–119, appendix A and B): δ = max(0, min(1, (φ̂ − ρ̂)/(γ̂·t))), with φ̂ the sum of the variances of the covariances, ρ̂
/// that of their covariances with the target, γ̂ the squared distance of the target.
///
/// None for fewer than two observations or variables, rows of different lengths, or a variable that does not vary.
pub fn shrunken_covariance(rows: &[Vec<f64>]) -> Option<(Symmetric, f64)> {
    let (t, n) = (rows.len(), rows.first()?.len());
    if t < 2 || n < 2 || rows.iter().any(|row| row.len() != n) {
        return None;
    }
    let count = t as f64;
    let means: Vec<f64> = (0..n).map(|i| rows.iter().map(|row| row[i]).sum::<f64>() / count).collect();
    let centred: Vec<Vec<f64>> =
        rows.iter().map(|row| row.iter().zip(&means).map(|(x, mean)| x - mean).collect()).collect();
    let mean_of = |of: &dyn Fn(&[f64]) -> f64| centred.iter().map(|row| of(row)).sum::<f64>() / count;
    let sample = Symmetric::from_fn(n, |i, j| mean_of(&|row| row[i] * row[j]));
    let deviations: Vec<f64> = (0..n).map(|i| sample.at(i, i).sqrt()).collect();
    if deviations.iter().any(|deviation| !(*deviation > 0.0 && deviation.is_finite())) {
        return None;
    }
    let pairs = || (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
    let alike = pairs().map(|(i, j)| sample.at(i, j) / (deviations[i] * deviations[j])).sum::<f64>();
    let alike = alike / pairs().count() as f64;
    let target =
        Symmetric::from_fn(
            n,
            |i, j| {
                if i == j { sample.at(i, i) } else { alike * deviations[i] * deviations[j] }
            },
        );
    let (mut phi, mut rho, mut gamma) = (0.0, 0.0, 0.0);
    for i in 0..n {
        for j in 0..n {
            let off = |row: &[f64]| row[i] * row[j] - sample.at(i, j);
            let varies = mean_of(&|row| off(row).powi(2));
            phi += varies;
            gamma += (target.at(i, j) - sample.at(i, j)).powi(2);
            rho += if i == j {
                varies
            } else {
                let with = |k: usize| mean_of(&|row| (row[k] * row[k] - sample.at(k, k)) * off(row));
                let ratio = deviations[j] / deviations[i];
                0.5 * alike * (ratio * with(i) + with(j) / ratio)
            };
        }
    }
    let drawn = if gamma > 0.0 { ((phi - rho) / gamma / count).clamp(0.0, 1.0) } else { 1.0 };
    let cell = |i: usize, j: usize| drawn * target.at(i, j) + (1.0 - drawn) * sample.at(i, j);
    Some((Symmetric::from_fn(n, cell), drawn))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// About normal: twelve numbers of a congruential generator (Knuth 1997, volume 2, section 3.3.4), added up.
    fn draws(mut seed: u64) -> impl FnMut() -> f64 {
        move || {
            let uniform = || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (seed >> 11) as f64 / (1u64 << 53) as f64
            };
            std::iter::repeat_with(uniform).take(12).sum::<f64>() - 6.0
        }
    }

    #[test]
    fn what_nothing_can_be_said_of() {
        assert!(shrunken_covariance(&[]).is_none());
        assert!(shrunken_covariance(&[vec![1.0, 2.0]]).is_none());
        assert!(shrunken_covariance(&[vec![1.0, 2.0], vec![1.0]]).is_none());
        assert!(shrunken_covariance(&[vec![1.0, 2.0], vec![1.0, 3.0]]).is_none(), "the first does not vary");
    }

    #[test]
    fn two_variables_have_one_correlation_and_nothing_to_be_drawn_to() {
        let rows = [vec![1.0, 2.0], vec![-1.0, 0.0], vec![2.0, 1.0], vec![-2.0, -3.0]];
        let (found, drawn) = shrunken_covariance(&rows).unwrap();
        // Sums of squares 10 and 14, of products 10, over 4.
        assert!((found.at(0, 0) - 2.5).abs() < 1e-12 && (found.at(1, 1) - 3.5).abs() < 1e-12);
        assert!((found.at(0, 1) - 2.5).abs() < 1e-12 && drawn == 1.0, "{found:?} {drawn}");
    }

    #[test]
    fn blocks_are_recovered_and_noise_is_drawn_together() {
        let world = |inside: f64, seed: u64| {
            let mut draw = draws(seed);
            let mut row = || -> Vec<f64> {
                let factors = [draw(), draw()];
                (0..6).map(|at| inside.sqrt() * factors[at / 3] + (1.0 - inside).sqrt() * draw()).collect()
            };
            (0..120).map(|_| row()).collect::<Vec<_>>()
        };
        let correlation =
            |of: &Symmetric, i: usize, j: usize| of.at(i, j) / (of.at(i, i) * of.at(j, j)).sqrt();
        let (blocks, drawn) = shrunken_covariance(&world(0.8, 7)).unwrap();
        assert!(drawn < 0.2, "{drawn}");
        assert!((correlation(&blocks, 0, 1) - 0.8).abs() < 0.1 && correlation(&blocks, 0, 4).abs() < 0.2);
        let (_, drawn) = shrunken_covariance(&world(0.0, 8)).unwrap();
        assert!(drawn > 0.6, "{drawn}");
    }
}
