//! Systems of linear equations whose matrix is symmetric and positive.

/// The Cholesky factor of a matrix + ridge, its rows one after another without what is above the diagonal.
pub(crate) fn factorised(gram: &[Vec<f64>], ridge: f64) -> Option<Vec<Vec<f64>>> {
    let mut factor = gram.to_vec();
    for row in 0..factor.len() {
        let (before, rest) = factor.split_at_mut(row);
        let own = rest.first_mut()?;
        for column in 0..row {
            let sum = own[column] - plain_dot(&own[..column], &before[column][..column]);
            own[column] = sum / before[column][column];
        }
        let square = own[row] + ridge - plain_dot(&own[..row], &own[..row]);
        if !(square > 0.0 && square.is_finite()) {
            return None;
        }
        own[row] = square.sqrt();
    }
    Some(factor)
}

/// Solves L L′ x = b.
pub(crate) fn solve(factor: &[Vec<f64>], mut values: Vec<f64>) -> Vec<f64> {
    for row in 0..values.len() {
        let sum = values[row] - plain_dot(&factor[row][..row], &values[..row]);
        values[row] = sum / factor[row][row];
    }
    for row in (0..values.len()).rev() {
        values[row] /= factor[row][row];
        let own = values[row];
        for (value, entry) in values.iter_mut().zip(&factor[row]).take(row) {
            *value -= own * entry;
        }
    }
    values
}

fn plain_dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}
