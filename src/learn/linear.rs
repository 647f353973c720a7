//! The linear start: a ridge-penalised logistic regression on the ranks of the columns.

use rayon::prelude::*;

use crate::learn::additive::Additive;
use crate::learn::bins::{BINS_MAX, Binned, MISSING_BIN};
use crate::learn::scores::{logit, sigmoid};

/// The most steps towards the optimum.
const STEPS_MAX: usize = 60;

/// A step that moves no coefficient by more than this is the last.
const STEP_MIN: f64 = 1e-7;

/// Fits the log-odds of the labels by a sum over columns, with `ridge / 2` times the sum of the squared
/// coefficients as penalty; gives the log-odds of the start and the part of each column.
///
/// A column enters as the mean rank of its bins, scaled to mean 0 and variance 1, a missing value as 0, so
/// outliers and units have no say. The optimum is approached with the fixed curvature bound X′WX/4
/// (Böhning and Lindsay 1988): one factorisation serves every step and no step can overshoot.
pub(crate) fn fit_linear(
    Binned { bins, codes }: &Binned<'_>,
    columns: &[u32],
    labels: &[bool],
    weights: &[f64],
    ridge: f64,
) -> (f64, Vec<Additive>) {
    let total: f64 = weights.iter().sum();
    let positive: f64 = weights.iter().zip(labels).filter(|(_, label)| **label).map(|(w, _)| w).sum();
    // Half a row of either kind, so that labels of one kind do not give an infinite start.
    let start = logit((positive + 0.5) / (total + 1.0));
    let scored = |&column: &u32| {
        let scores = scores_of(&codes[column as usize], weights)?;
        let values = codes[column as usize].iter().map(|&code| scores[usize::from(code)]).collect();
        Some((column, scores, values))
    };
    let parts: Vec<(u32, [f64; BINS_MAX], Vec<f64>)> = columns.iter().filter_map(scored).collect();
    let Some(factor) = factorised(&parts, weights, ridge).filter(|_| ridge > 0.0) else {
        return (start, Vec::new());
    };
    let rate = sigmoid(start);
    let (start, coefficients) = climb(&parts, &factor, labels, weights, ridge, start);
    let additive = parts.iter().zip(coefficients).map(|((column, scores, _), coefficient)| Additive {
        column: *column,
        cuts: bins.cuts(*column as usize).to_vec(),
        // The scores have variance 1, so this is half the curvature times the squared move, over all rows.
        gain: total * rate * (1.0 - rate) * coefficient * coefficient / 2.0,
        values: scores.iter().take(bins.count(*column as usize)).map(|score| coefficient * score).collect(),
    });
    (start, additive.collect())
}

/// The scaled mean rank of each bin, 0 for missing values; `None` for a column that does not vary.
fn scores_of(codes: &[u8], weights: &[f64]) -> Option<[f64; BINS_MAX]> {
    let mut mass = [0.0; BINS_MAX];
    for (&code, weight) in codes.iter().zip(weights) {
        mass[usize::from(code) % BINS_MAX] += weight;
    }
    let present: f64 = mass.iter().skip(1).sum();
    let total = present + mass[usize::from(MISSING_BIN)];
    let mut scores = [0.0; BINS_MAX];
    let (mut below, mut square) = (0.0, 0.0);
    for (score, mass) in scores.iter_mut().zip(mass).skip(1) {
        // The middle of the ranks the bin covers, so that their mean is 0.
        *score = below + mass / 2.0 - present / 2.0;
        below += mass;
        square += mass * *score * *score;
    }
    let deviation = (square / total).sqrt();
    scores.iter_mut().for_each(|score| *score /= deviation);
    (deviation > total * 1e-6).then_some(scores)
}

/// The Cholesky factor of X′WX/4 + ridge, its rows one after another without what is above the diagonal.
fn factorised(
    parts: &[(u32, [f64; BINS_MAX], Vec<f64>)],
    weights: &[f64],
    ridge: f64,
) -> Option<Vec<Vec<f64>>> {
    let gram = |(at, (_, _, own)): (usize, &(u32, [f64; BINS_MAX], Vec<f64>))| {
        let weighted: Vec<f64> = own.iter().zip(weights).map(|(value, weight)| value * weight).collect();
        parts.iter().take(at + 1).map(|(_, _, other)| dot(&weighted, other) / 4.0).collect::<Vec<f64>>()
    };
    let mut factor: Vec<Vec<f64>> = parts.par_iter().enumerate().map(gram).collect();
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

fn climb(
    parts: &[(u32, [f64; BINS_MAX], Vec<f64>)],
    factor: &[Vec<f64>],
    labels: &[bool],
    weights: &[f64],
    ridge: f64,
    mut start: f64,
) -> (f64, Vec<f64>) {
    let total: f64 = weights.iter().sum();
    let mut coefficients = vec![0.0; parts.len()];
    let mut margins = vec![0.0; labels.len()];
    for _ in 0..STEPS_MAX {
        let residual = |((&margin, &label), &weight): ((&f64, &bool), &f64)| {
            weight * (f64::from(u8::from(label)) - sigmoid(start + margin))
        };
        let residuals: Vec<f64> = margins.iter().zip(labels).zip(weights).map(residual).collect();
        let slope = |((_, _, values), coefficient): (&(u32, [f64; BINS_MAX], Vec<f64>), &f64)| {
            dot(values, &residuals) - ridge * coefficient
        };
        let step = solve(factor, parts.iter().zip(&coefficients).map(slope).collect());
        // One row's worth of curvature at log-odds 0 holds the start back where labels are of one kind.
        let lift = (residuals.iter().sum::<f64>() - start.tanh() / 4.0) / (total / 4.0 + 0.25);
        start += lift;
        for ((coefficient, change), (_, _, values)) in coefficients.iter_mut().zip(&step).zip(parts) {
            *coefficient += change;
            margins.iter_mut().zip(values).for_each(|(margin, value)| *margin += change * value);
        }
        if step.iter().chain([&lift]).all(|change| change.abs() < STEP_MIN) {
            break;
        }
    }
    (start, coefficients)
}

/// Solves L L′ x = b.
fn solve(factor: &[Vec<f64>], mut values: Vec<f64>) -> Vec<f64> {
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

/// A dot product in four running sums: their order is fixed, and the processor need not wait for each.
fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (fours, rest) = left.as_chunks::<4>();
    let (others, other_rest) = right.as_chunks::<4>();
    for (a, b) in fours.iter().zip(others) {
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + plain_dot(rest, other_rest)
}

fn plain_dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::bins::Bins;
    use crate::learn::rng::Rng;
    use crate::learn::table::Table;

    fn made(rows: usize) -> (Table, Vec<bool>, Vec<f64>) {
        let mut rng = Rng::new(9, 0);
        let mut unit = || (rng.bits() >> 11) as f64 / (1u64 << 53) as f64;
        let columns: Vec<Vec<f64>> = (0..4).map(|_| (0..rows).map(|_| unit()).collect()).collect();
        let labels = (0..rows).map(|row| unit() < 0.2 + 0.5 * columns[1][row]).collect();
        let weights = (0..rows).map(|row| 0.5 + (row % 3) as f64 / 2.0).collect();
        (Table { columns, rows }, labels, weights)
    }

    #[test]
    fn no_other_coefficients_are_better() {
        let (table, labels, weights) = made(800);
        let bins = Bins::of(&table);
        let binned = bins.tell(&table);
        let (start, additive) = fit_linear(&binned, &[0, 1, 2, 3], &labels, &weights, 50.0);
        assert_eq!(additive.len(), 4);
        let margin = |row: usize| {
            start
                + additive
                    .iter()
                    .map(|part| part.value(table.columns[part.column as usize][row]))
                    .sum::<f64>()
        };
        let residuals: Vec<f64> = (0..table.rows)
            .map(|row| weights[row] * (f64::from(u8::from(labels[row])) - sigmoid(margin(row))))
            .collect();
        for (part, codes) in additive.iter().zip(&binned.codes) {
            // At the optimum the loss falls along a column exactly as fast as the penalty rises.
            let scores = scores_of(codes, &weights).unwrap();
            let slope: f64 =
                codes.iter().zip(&residuals).map(|(&code, r)| scores[usize::from(code)] * r).sum();
            let coefficient = part.values[1] / scores[1];
            assert!((slope - 50.0 * coefficient).abs() < 1e-3, "{slope} {coefficient}");
        }
        let largest = additive.iter().max_by(|a, b| a.gain.total_cmp(&b.gain)).unwrap();
        assert_eq!(largest.column, 1);
    }

    #[test]
    fn scores_have_mean_0_and_variance_1() {
        let scores = scores_of(&[1, 1, 2, 3, 0], &[1.0; 5]).unwrap();
        let values = [scores[1], scores[1], scores[2], scores[3], scores[0]];
        assert!(values.iter().sum::<f64>().abs() < 1e-12 && scores[0] == 0.0);
        assert!((values.iter().map(|v| v * v).sum::<f64>() / 5.0 - 1.0).abs() < 1e-12);
        assert_eq!(scores_of(&[2, 2, 2], &[1.0; 3]), None);
        assert_eq!(scores_of(&[0, 0], &[1.0; 2]), None);
    }
}
