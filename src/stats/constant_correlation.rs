//! Correlations from returns, drawn to their mean.

use super::Symmetric;

/// The correlations of columns, each as long as the others and an observation at a place, drawn to the mean of all of them as
/// far as chance made them differ from it (Ledoit and Wolf 2004, *Journal of Portfolio Management* 30(4), 110–119, appendix B:
/// π̂, ρ̂, γ̂), with the share by which they were drawn, 0 to 1. Columns are taken in deviations from their means first, so that
/// no unit counts for more. None without two observations, of columns of different lengths, or where one never varies.
pub fn drawn_correlations(columns: &[Vec<f64>]) -> Option<(Symmetric, f64)> {
    let (size, count) = (columns.len(), columns.first()?.len());
    if count < 2 || columns.iter().any(|column| column.len() != count) {
        return None;
    }
    let n = count as f64;
    let standard = |column: &Vec<f64>| {
        let mean = column.iter().sum::<f64>() / n;
        let deviation = (column.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
        let varies = deviation > 0.0 && deviation.is_finite();
        varies.then(|| column.iter().map(|value| (value - mean) / deviation).collect::<Vec<f64>>())
    };
    let standard: Vec<Vec<f64>> = columns.iter().map(standard).collect::<Option<_>>()?;
    let moment = |a: usize, b: usize, of: &dyn Fn(f64, f64) -> f64| {
        standard[a].iter().zip(&standard[b]).map(|(a, b)| of(*a, *b)).sum::<f64>() / n
    };
    let sample = Symmetric::from_fn(size, |a, b| if a == b { 1.0 } else { moment(a, b, &|a, b| a * b) });
    let pairs = || (0..size).flat_map(|a| (0..size).map(move |b| (a, b))).filter(|(a, b)| a != b);
    let common = pairs().map(|(a, b)| sample.at(a, b)).sum::<f64>() / (size * (size - 1)).max(1) as f64;
    // How much each cell varies by chance, less what its target varies with it, over how far they are apart.
    let (mut noise, mut apart) = (0.0, 0.0);
    for (a, b) in pairs() {
        let cell = sample.at(a, b);
        noise += moment(a, b, &|a, b| (a * b - cell) * (a * b - cell - common * (a * a - 1.0)));
        apart += (cell - common).powi(2);
    }
    let share = if apart > 0.0 { (noise / apart / n).clamp(0.0, 1.0) } else { 0.0 };
    let drawn = |a: usize, b: usize| {
        if a == b { 1.0 } else { share * common + (1.0 - share) * sample.at(a, b) }
    };
    Some((Symmetric::from_fn(size, drawn), share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_the_authors_program() {
        let rows = [
            [1.0, 2.0, 0.5],
            [-1.0, -1.0, 1.0],
            [2.0, 1.0, -1.0],
            [0.0, -2.0, -1.5],
            [-2.0, 0.5, 2.0],
            [1.0, -1.0, 0.0],
            [0.5, 1.5, -2.0],
            [-1.5, -1.0, 1.0],
        ]
        .map(|row| row.to_vec());
        let columns = |rows: &[Vec<f64>]| -> Vec<Vec<f64>> {
            (0..rows[0].len()).map(|at| rows.iter().map(|row| row[at]).collect()).collect()
        };
        // What covCor.m makes of them in deviations from their means, worked out in another language.
        let (drawn, share) = drawn_correlations(&columns(&rows)).unwrap();
        assert!((share - 0.447_125_002).abs() < 1e-9, "{share}");
        let wanted = [(0, 1, 0.153_373_039), (0, 2, -0.422_670_769), (1, 2, -0.093_603_718)];
        for (a, b, value) in wanted {
            assert!((drawn.at(a, b) - value).abs() < 1e-9, "{drawn:?}");
        }
        // Units and means say nothing of a correlation; of two columns there is nothing to draw to.
        let scaled: Vec<Vec<f64>> =
            rows.iter().map(|row| vec![100.0 * row[0] + 7.0, row[1], 0.01 * row[2]]).collect();
        let again = drawn_correlations(&columns(&scaled)).unwrap().0;
        assert!((again.at(0, 2) - drawn.at(0, 2)).abs() < 1e-9, "{again:?}");
        let pair: Vec<Vec<f64>> = rows.iter().map(|row| row[..2].to_vec()).collect();
        assert_eq!(drawn_correlations(&columns(&pair)).unwrap().1, 0.0);
        assert_eq!(drawn_correlations(&columns(&rows[..1])), None);
        assert_eq!(drawn_correlations(&columns(&vec![vec![1.0, 2.0]; 5])), None);
    }
}
