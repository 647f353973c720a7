//! The linear part: a penalised logistic regression on the normal scores of the columns.

use rayon::prelude::*;

use crate::learn::additive::Additive;
use crate::learn::bins::{BINS_MAX, Binned, MISSING_BIN};
use crate::learn::scores::{logit, sigmoid};

/// The most steps towards the optimum.
const STEPS_MAX: usize = 60;

/// A step that moves no coefficient by more than this is the last; probabilities move by less than its quarter.
const STEP_MIN: f64 = 1e-5;

/// Sweeps over the coefficients within a step that has an absolute penalty.
const SWEEPS: usize = 8;

/// A column whose scores deviate by less than this does not vary.
const SPREAD_MIN: f64 = 1e-6;

/// Rows that are spread out at once to sum the products of columns.
const BLOCK: usize = 256;

/// The penalties of a linear fit: `ridge / 2` times the sum of squared coefficients and `lasso` times the sum of
/// absolute ones, columns scaled to variance 1 (Zou and Hastie 2005).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Penalty {
    pub(crate) ridge: f64,
    pub(crate) lasso: f64,
}

/// Fits the log-odds of the first `labels.len()` rows by a sum over columns; gives the log-odds of the start and
/// the part of each column. With neither penalty there is no such sum.
///
/// A column enters as the normal scores of its bins, or as their mean values where it holds log-odds already, scaled to
/// mean 0 and variance 1, a missing value as 0, so that outliers and units have no say. The optimum is approached with the fixed curvature bound X′WX/4
/// (Böhning and Lindsay 1988): one factorisation serves every step and no step can overshoot. With an absolute
/// penalty each step is a descent by coordinates on that bound (Friedman, Hastie and Tibshirani 2010).
pub(crate) fn fit_linear(
    binned: &Binned<'_>,
    columns: &[u32],
    labels: &[bool],
    weights: &[f64],
    penalty: Penalty,
) -> (f64, Vec<Additive>) {
    let total: f64 = weights.iter().sum();
    let positive: f64 = weights.iter().zip(labels).filter(|(_, label)| **label).map(|(w, _)| w).sum();
    // Half a row of either kind, so that labels of one kind do not give an infinite start.
    let start = logit((positive + 0.5) / (total + 1.0));
    if !(penalty.ridge > 0.0 || penalty.lasso > 0.0) {
        return (start, Vec::new());
    }
    let part = |&column: &u32| {
        let codes = &binned.codes[column as usize][..labels.len()];
        scores_of(codes, weights, binned.bins.means(column as usize)).map(|scores| Part {
            column,
            codes,
            scores,
        })
    };
    let parts: Vec<Part<'_>> = columns.par_iter().filter_map(part).collect();
    let gram = gram_of(&parts, weights);
    let rate = sigmoid(start);
    let climb = Climb { parts: &parts, gram: &gram, labels, weights, penalty };
    let Some((start, coefficients)) = climb.run(start) else { return (start, Vec::new()) };
    let additive = parts.iter().zip(coefficients).filter(|(_, coefficient)| *coefficient != 0.0);
    let additive = additive.map(|(part, coefficient)| Additive {
        column: part.column,
        cuts: binned.bins.cuts(part.column as usize).to_vec(),
        // The scores have variance 1, so this is half the curvature times the squared move, over all rows.
        gain: total * rate * (1.0 - rate) * coefficient * coefficient / 2.0,
        values: part
            .scores
            .iter()
            .take(binned.bins.count(part.column as usize))
            .map(|s| coefficient * s)
            .collect(),
    });
    (start, additive.collect())
}

/// A column of the regression.
struct Part<'a> {
    column: u32,
    codes: &'a [u8],
    /// What each bin counts as.
    scores: [f64; BINS_MAX],
}

impl Part<'_> {
    fn score(&self, row: usize) -> f64 {
        self.scores[usize::from(self.codes[row]) % BINS_MAX]
    }
}

/// What each bin counts as, scaled to mean 0 and variance 1, 0 for missing values: its mean value where there is one, else
/// the normal score of the middle of the ranks it covers. `None` for a column that does not vary.
fn scores_of(codes: &[u8], weights: &[f64], means: Option<&[f64; BINS_MAX]>) -> Option<[f64; BINS_MAX]> {
    let mut mass = [0.0; BINS_MAX];
    for (&code, weight) in codes.iter().zip(weights) {
        mass[usize::from(code) % BINS_MAX] += weight;
    }
    let total: f64 = mass.iter().sum();
    let present = total - mass[usize::from(MISSING_BIN)];
    mass[usize::from(MISSING_BIN)] = 0.0;
    let mut below = 0.0;
    let mut scores: [f64; BINS_MAX] = std::array::from_fn(|bin| {
        let rank = (below + mass[bin] / 2.0) / present;
        below += mass[bin];
        means.map_or_else(|| normal_score(rank), |means| means[bin])
    });
    let mean = plain_dot(&scores, &mass) / present;
    scores.iter_mut().for_each(|score| *score -= mean);
    scores[usize::from(MISSING_BIN)] = 0.0;
    let squares = scores.map(|score| score * score);
    let deviation = (plain_dot(&squares, &mass) / total).sqrt();
    scores.iter_mut().for_each(|score| *score /= deviation);
    (deviation > SPREAD_MIN).then_some(scores)
}

/// Where in a normal distribution a rank from 0 to 1 lies, but for the scale: Tukey's lambda of shape 0.14 (Joiner and
/// Rosenblatt 1971, *Journal of the American Statistical Association* 66), within a hundredth of it.
fn normal_score(rank: f64) -> f64 {
    rank.powf(0.14) - (1.0 - rank).powf(0.14)
}

/// X′WX/4, in rows up to the diagonal.
fn gram_of(parts: &[Part<'_>], weights: &[f64]) -> Vec<Vec<f64>> {
    let blocks = weights.len().div_ceil(BLOCK);
    // Few and fixed shares of the blocks, so that sums do not depend on the threads.
    let shares = blocks.clamp(1, 8);
    let share = |share: usize| {
        let mut sums: Vec<Vec<f64>> = (1..=parts.len()).map(|width| vec![0.0; width]).collect();
        let mut plain = vec![0.0f32; parts.len() * BLOCK];
        let mut weighted = vec![0.0f32; BLOCK];
        for block in blocks * share / shares..blocks * (share + 1) / shares {
            let rows = block * BLOCK..((block + 1) * BLOCK).min(weights.len());
            let count = rows.len();
            for (part, spread) in parts.iter().zip(plain.chunks_exact_mut(BLOCK)) {
                rows.clone().zip(spread).for_each(|(row, place)| *place = part.score(row) as f32);
            }
            for (at, sums) in sums.iter_mut().enumerate() {
                let own = &plain[at * BLOCK..at * BLOCK + count];
                for ((place, own), row) in weighted.iter_mut().zip(own).zip(rows.clone()) {
                    *place = own * weights[row] as f32 / 4.0;
                }
                for (sum, other) in sums.iter_mut().zip(plain.chunks_exact(BLOCK)) {
                    *sum += f64::from(dot(&weighted[..count], &other[..count]));
                }
            }
        }
        sums
    };
    let all: Vec<Vec<Vec<f64>>> = (0..shares).into_par_iter().map(share).collect();
    let mut all = all.into_iter();
    let mut gram = all.next().unwrap_or_default();
    for part in all {
        for (row, more) in gram.iter_mut().zip(part) {
            row.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
    }
    gram
}

/// The way to the optimum.
struct Climb<'a> {
    parts: &'a [Part<'a>],
    gram: &'a [Vec<f64>],
    labels: &'a [bool],
    weights: &'a [f64],
    penalty: Penalty,
}

impl Climb<'_> {
    fn run(&self, mut start: f64) -> Option<(f64, Vec<f64>)> {
        let total: f64 = self.weights.iter().sum();
        let factor =
            if self.penalty.lasso > 0.0 { None } else { Some(factorised(self.gram, self.penalty.ridge)?) };
        let mut coefficients = vec![0.0; self.parts.len()];
        let mut margins = vec![0.0; self.labels.len()];
        for _ in 0..STEPS_MAX {
            let residual = |((&margin, &label), &weight): ((&f64, &bool), &f64)| {
                weight * (f64::from(u8::from(label)) - sigmoid(start + margin))
            };
            let residuals: Vec<f64> = margins
                .par_iter()
                .zip(self.labels)
                .zip(self.weights)
                .with_min_len(4096)
                .map(residual)
                .collect();
            let slopes: Vec<f64> = self.parts.par_iter().map(|part| slope(part, &residuals)).collect();
            let step = match &factor {
                Some(factor) => {
                    let pulled = slopes.iter().zip(&coefficients).map(|(s, c)| s - self.penalty.ridge * c);
                    solve(factor, pulled.collect())
                }
                None => self.descend(&slopes, &coefficients),
            };
            // One row's worth of curvature at log-odds 0 holds the start back where labels are of one kind.
            let lift = (residuals.iter().sum::<f64>() - start.tanh() / 4.0) / (total / 4.0 + 0.25);
            start += lift;
            coefficients.iter_mut().zip(&step).for_each(|(coefficient, change)| *coefficient += change);
            let moved: Vec<(&Part<'_>, f64)> =
                self.parts.iter().zip(step.iter().copied()).filter(|(_, change)| *change != 0.0).collect();
            margins.par_chunks_mut(4096).enumerate().for_each(|(chunk, margins)| {
                for (part, change) in &moved {
                    let scaled = part.scores.map(|score| score * change);
                    let codes = &part.codes[chunk * 4096..];
                    for (margin, &code) in margins.iter_mut().zip(codes) {
                        *margin += scaled[usize::from(code) % BINS_MAX];
                    }
                }
            });
            if step.iter().chain([&lift]).all(|change| change.abs() < STEP_MIN) {
                break;
            }
        }
        Some((start, coefficients))
    }

    /// The step that lowers the bounded loss and both penalties most, coefficient by coefficient.
    fn descend(&self, slopes: &[f64], at: &[f64]) -> Vec<f64> {
        let Penalty { ridge, lasso } = self.penalty;
        let mut step = vec![0.0; at.len()];
        let mut left = slopes.to_vec();
        for _ in 0..SWEEPS {
            for own in 0..at.len() {
                let curvature = self.gram[own][own];
                let free = left[own] + curvature * (step[own] + at[own]);
                let wanted = free.signum() * (free.abs() - lasso).max(0.0) / (curvature + ridge).max(1e-12);
                let change = wanted - at[own] - step[own];
                if change != 0.0 {
                    step[own] += change;
                    for (other, left) in left.iter_mut().enumerate() {
                        let (high, low) = if other > own { (other, own) } else { (own, other) };
                        *left -= self.gram[high][low] * change;
                    }
                }
            }
        }
        step
    }
}

/// How fast the log likelihood rises along a column.
fn slope(part: &Part<'_>, residuals: &[f64]) -> f64 {
    // Two sums a bin: one need not wait for the other.
    let mut sums = [[0.0; BINS_MAX]; 2];
    let (pairs, rest) = part.codes.as_chunks::<2>();
    let (values, last) = residuals.as_chunks::<2>();
    for (codes, values) in pairs.iter().zip(values) {
        for lane in 0..2 {
            sums[lane][usize::from(codes[lane]) % BINS_MAX] += values[lane];
        }
    }
    for (&code, value) in rest.iter().zip(last) {
        sums[0][usize::from(code) % BINS_MAX] += value;
    }
    (0..BINS_MAX).map(|bin| part.scores[bin] * (sums[0][bin] + sums[1][bin])).sum()
}

/// The Cholesky factor of a matrix + ridge, its rows one after another without what is above the diagonal.
fn factorised(gram: &[Vec<f64>], ridge: f64) -> Option<Vec<Vec<f64>>> {
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

/// A dot product in eight running sums: their order is fixed, and the processor need not wait for each.
fn dot(left: &[f32], right: &[f32]) -> f32 {
    let mut sums = [0.0; 8];
    let (eights, rest) = left.as_chunks::<8>();
    let (others, other_rest) = right.as_chunks::<8>();
    for (a, b) in eights.iter().zip(others) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + rest.iter().zip(other_rest).map(|(a, b)| a * b).sum::<f32>()
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
        let binned = bins.encode(&table);
        for (ridge, lasso) in [(50.0, 0.0), (20.0, 9.0), (0.0, 9.0)] {
            let penalty = Penalty { ridge, lasso };
            let (start, additive) = fit_linear(&binned, &[0, 1, 2, 3], &labels, &weights, penalty);
            let margin = |row: usize| {
                let of = |part: &Additive| part.value(table.columns[part.column as usize][row]);
                start + additive.iter().map(of).sum::<f64>()
            };
            let residuals: Vec<f64> = (0..table.rows)
                .map(|row| weights[row] * (f64::from(u8::from(labels[row])) - sigmoid(margin(row))))
                .collect();
            for (column, codes) in binned.codes.iter().enumerate() {
                // At the optimum the loss falls along a column exactly as fast as the penalties rise.
                let scores = scores_of(codes, &weights, None).unwrap();
                let slope: f64 =
                    codes.iter().zip(&residuals).map(|(&code, r)| scores[usize::from(code)] * r).sum();
                match additive.iter().find(|part| part.column == column as u32) {
                    Some(part) => {
                        let coefficient = part.values[1] / scores[1];
                        let pull = ridge * coefficient + lasso * coefficient.signum();
                        assert!((slope - pull).abs() < 0.05, "{slope} {pull}");
                    }
                    None => assert!(slope.abs() <= lasso + 0.05, "{slope}"),
                }
            }
            let largest = additive.iter().max_by(|a, b| a.gain.total_cmp(&b.gain)).unwrap();
            assert_eq!(largest.column, 1);
        }
    }

    #[test]
    fn scores_have_mean_0_and_variance_1() {
        let codes = [1, 1, 2, 3, 0];
        let means = std::array::from_fn(|bin| [9.0, -2.0, 0.5, 0.75][bin.min(3)]);
        for means in [None, Some(&means)] {
            let scores = scores_of(&codes, &[1.0; 5], means).unwrap();
            let values = codes.map(|code| scores[usize::from(code)]);
            assert!(values.iter().sum::<f64>().abs() < 1e-12 && scores[0] == 0.0);
            assert!((values.iter().map(|v| v * v).sum::<f64>() / 5.0 - 1.0).abs() < 1e-12);
            // A bin's own scale keeps its distances: ten times as far from 1 to 2 as from 2 to 3.
            let far = (scores[2] - scores[1]) / (scores[3] - scores[2]);
            assert!(if means.is_some() { (far - 10.0).abs() < 1e-9 } else { far < 2.0 }, "{far}");
        }
        assert_eq!(scores_of(&[2, 2, 2], &[1.0; 3], None), None);
        assert_eq!(scores_of(&[0, 0], &[1.0; 2], None), None);
    }

    #[test]
    fn a_normal_column_keeps_its_distances() {
        // The normal quantiles of the middles of ten equal bins.
        let quantiles = [-1.644_85, -1.036_43, -0.674_49, -0.385_32, -0.125_66];
        let codes: Vec<u8> = (1..=10).collect();
        let scores = scores_of(&codes, &[1.0; 10], None).unwrap();
        let scale = scores[1] / quantiles[0];
        for (score, quantile) in scores[1..].iter().zip(quantiles) {
            assert!((score / scale - quantile).abs() < 0.02, "{score} {quantile}");
        }
    }
}
