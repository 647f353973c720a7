//! Small symmetric matrices: correlations, and the nearest matrix that can be one.

/// A symmetric matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Symmetric {
    size: usize,
    cells: Vec<f64>,
}

/// Sweeps after which a rotation changes nothing that matters.
const SWEEPS: usize = 60;

impl Symmetric {
    /// The matrix whose cells on and above the diagonal are `cell(row, column)`.
    pub fn from_fn(size: usize, mut cell: impl FnMut(usize, usize) -> f64) -> Self {
        let mut cells = vec![0.0; size * size];
        for row in 0..size {
            for column in row..size {
                let value = cell(row, column);
                cells[row * size + column] = value;
                cells[column * size + row] = value;
            }
        }
        Self { size, cells }
    }

    /// Rows, which are as many as columns.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The cell of a row and a column, each from 0 to below [`size`](Self::size).
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.cells[row * self.size + column]
    }

    /// The product with a vector of as many numbers as there are rows.
    pub fn times(&self, vector: &[f64]) -> Vec<f64> {
        let row = |row: usize| (0..self.size).map(|column| self.at(row, column) * vector[column]).sum();
        (0..self.size).map(row).collect()
    }

    /// `vᵀ C v`, for a vector of as many numbers as there are rows.
    pub fn quadratic(&self, vector: &[f64]) -> f64 {
        self.times(vector).iter().zip(vector).map(|(a, b)| a * b).sum()
    }

    /// Eigenvalues, with the eigenvectors as columns, by Jacobi's rotations (Golub and Van Loan 2013, *Matrix
    /// Computations*, 4th edition, section 8.5).
    fn eigen(&self) -> (Vec<f64>, Vec<f64>) {
        let n = self.size;
        let mut a = self.cells.clone();
        let mut vectors = Self::from_fn(n, |row, column| f64::from(u8::from(row == column))).cells;
        for _ in 0..SWEEPS {
            let off: f64 =
                (0..n).flat_map(|p| (p + 1..n).map(move |q| (p, q))).map(|(p, q)| a[p * n + q].powi(2)).sum();
            if off < 1e-24 {
                break;
            }
            for p in 0..n {
                for q in p + 1..n {
                    rotate(&mut a, &mut vectors, n, (p, q));
                }
            }
        }
        ((0..n).map(|at| a[at * n + at]).collect(), vectors)
    }

    /// The smallest eigenvalue; 0 of an empty matrix.
    #[cfg(test)]
    fn smallest_eigenvalue(&self) -> f64 {
        self.eigen().0.into_iter().min_by(f64::total_cmp).unwrap_or(0.0)
    }

    /// The correlation matrix nearby that no portfolio has a negative variance under: negative eigenvalues become 0, and the
    /// diagonal 1 again.
    pub fn as_correlation(&self) -> Self {
        let n = self.size;
        let (values, vectors) = self.eigen();
        if values.iter().all(|value| *value >= 0.0) {
            return self.clone();
        }
        let cell = |row: usize, column: usize| -> f64 {
            let part = |at: usize| values[at].max(0.0) * vectors[row * n + at] * vectors[column * n + at];
            (0..n).map(part).sum()
        };
        let clipped = Self::from_fn(n, cell);
        Self::from_fn(n, |row, column| {
            let scale = (clipped.at(row, row) * clipped.at(column, column)).sqrt();
            if row == column || scale <= 0.0 {
                f64::from(u8::from(row == column))
            } else {
                clipped.at(row, column) / scale
            }
        })
    }
}

/// One rotation, which makes the cell (p, q) zero.
fn rotate(a: &mut [f64], vectors: &mut [f64], n: usize, (p, q): (usize, usize)) {
    let apq = a[p * n + q];
    if apq == 0.0 {
        return;
    }
    let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
    let tangent = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let tangent = if theta == 0.0 { 1.0 } else { tangent };
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    for k in 0..n {
        let (kp, kq) = (a[k * n + p], a[k * n + q]);
        a[k * n + p] = cosine * kp - sine * kq;
        a[k * n + q] = sine * kp + cosine * kq;
    }
    for k in 0..n {
        let (pk, qk) = (a[p * n + k], a[q * n + k]);
        a[p * n + k] = cosine * pk - sine * qk;
        a[q * n + k] = sine * pk + cosine * qk;
    }
    for k in 0..n {
        let (kp, kq) = (vectors[k * n + p], vectors[k * n + q]);
        vectors[k * n + p] = cosine * kp - sine * kq;
        vectors[k * n + q] = sine * kp + cosine * kq;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn eigenvalues_are_those_of_the_hand_calculation() {
        // Equal correlation r of n: 1 + (n − 1)·r once, 1 − r otherwise.
        let equal = Symmetric::from_fn(4, |row, column| if row == column { 1.0 } else { 0.3 });
        let (mut values, _) = equal.eigen();
        values.sort_by(f64::total_cmp);
        for (found, wanted) in values.iter().zip([0.7, 0.7, 0.7, 1.9]) {
            assert!((found - wanted).abs() < 1e-12, "{values:?}");
        }
        assert_eq!(equal.as_correlation(), equal);
        // 2 on the diagonal and 1 beside it: 2 − √2, 2 and 2 + √2, with (1, −√2, 1)/2 for the first.
        let chain = Symmetric::from_fn(3, |row, column| [2.0, 1.0, 0.0][row.abs_diff(column)]);
        let (values, vectors) = chain.eigen();
        for at in 0..3 {
            let vector: Vec<f64> = (0..3).map(|row| vectors[row * 3 + at]).collect();
            let grown = chain.times(&vector);
            assert!(grown.iter().zip(&vector).all(|(a, b)| (a - values[at] * b).abs() < 1e-9), "{values:?}");
            assert!((chain.quadratic(&vector) - values[at]).abs() < 1e-9);
        }
        assert!((chain.smallest_eigenvalue() - (2.0 - 2f64.sqrt())).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn what_is_made_a_correlation_is_one(cells in proptest::collection::vec(-1.0f64..1.0, 15)) {
            let mut cells = cells.into_iter();
            let wild = Symmetric::from_fn(5, |row, column| if row == column { 1.0 } else { cells.next().unwrap_or(0.0) });
            let tame = wild.as_correlation();
            prop_assert!(tame.smallest_eigenvalue() > -1e-9);
            for row in 0..5 {
                prop_assert!((tame.at(row, row) - 1.0).abs() < 1e-12);
                for column in 0..5 {
                    prop_assert!(tame.at(row, column).abs() <= 1.0 + 1e-9);
                }
            }
        }
    }
}
