//! A covariance matrix from few observations.

use super::Symmetric;

/// The covariance of the columns of `rows`, each row an observation, drawn to equal variances without covariances as far as
/// chance made it differ from them (Ledoit and Wolf 2004, *Journal of Multivariate Analysis* 88(2), 365–411, estimator of
/// section 3.3), with the share by which it was drawn, 0 to 1. Means are taken out first. None without two rows, or of rows of
/// different lengths.
pub fn shrunken_covariance(rows: &[Vec<f64>]) -> Option<(Symmetric, f64)> {
    let size = rows.first()?.len();
    if rows.len() < 2 || size == 0 || rows.iter().any(|row| row.len() != size) {
        return None;
    }
    let n = rows.len() as f64;
    let mean = |column: usize| rows.iter().map(|row| row[column]).sum::<f64>() / n;
    let means: Vec<f64> = (0..size).map(mean).collect();
    let centred: Vec<Vec<f64>> =
        rows.iter().map(|row| row.iter().zip(&means).map(|(value, mean)| value - mean).collect()).collect();
    let sample = Symmetric::from_fn(size, |a, b| centred.iter().map(|row| row[a] * row[b]).sum::<f64>() / n);
    let p = size as f64;
    let level = (0..size).map(|at| sample.at(at, at)).sum::<f64>() / p;
    let target = |a: usize, b: usize| if a == b { level } else { 0.0 };
    let cells = || (0..size).flat_map(|a| (0..size).map(move |b| (a, b)));
    let spread = cells().map(|(a, b)| (sample.at(a, b) - target(a, b)).powi(2)).sum::<f64>() / p;
    let noise_of =
        |row: &Vec<f64>| cells().map(|(a, b)| (row[a] * row[b] - sample.at(a, b)).powi(2)).sum::<f64>() / p;
    let noise = centred.iter().map(noise_of).sum::<f64>() / (n * n);
    let share = if spread > 0.0 { (noise / spread).min(1.0) } else { 1.0 };
    let drawn = Symmetric::from_fn(size, |a, b| share * target(a, b) + (1.0 - share) * sample.at(a, b));
    Some((drawn, share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // S = diag(2, ½), m = 1.25, d² = .5625; every x x' is √4.25 away from S, b² = 4·4.25/(2·16) = .53125: .94444.
        let rows = [[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]].map(|row| row.to_vec());
        let (drawn, share) = shrunken_covariance(&rows).unwrap();
        assert!((share - 0.944_444).abs() < 1e-6, "{share}");
        assert!((drawn.at(0, 0) - 1.291_667).abs() < 1e-6 && (drawn.at(1, 1) - 1.208_333).abs() < 1e-6);
        assert_eq!(drawn.at(0, 1), 0.0);
        // A mean says nothing of a covariance.
        let moved: Vec<Vec<f64>> = rows.iter().map(|row| vec![row[0] + 7.0, row[1] - 3.0]).collect();
        assert!((shrunken_covariance(&moved).unwrap().1 - share).abs() < 1e-12);
        assert_eq!(shrunken_covariance(&rows[..1]), None);
        assert_eq!(shrunken_covariance(&[vec![1.0], vec![1.0, 2.0]]), None);
    }
}
