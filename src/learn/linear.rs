//! The linear part: a penalised logistic regression on the normal scores of the columns.

use rayon::prelude::*;

use crate::learn::additive::Additive;
use crate::learn::bin_scores::Masses;
use crate::learn::bins::{BINS_MAX, Binned};
use crate::learn::cholesky::{factorised, solve};
use crate::learn::scores::{logit, sigmoid};

/// The most steps towards the optimum.
const STEPS_MAX: usize = 60;

/// A step that moves no coefficient by more than this is the last; probabilities move by less than its quarter.
const STEP_MIN: f64 = 1e-4;

/// Sweeps over the coefficients within a step that has an absolute penalty.
const SWEEPS: usize = 8;

/// Products of columns are those of at least so many rows, evenly taken, and of fewer than twice as many.
const GRAM_ROWS: usize = 15_000;

/// Rows that are spread out at once to sum the products of columns.
const BLOCK: usize = 256;

/// The penalties of a linear fit: `ridge / 2` times the sum of squared coefficients and `lasso` times the sum of
/// absolute ones, columns scaled to variance 1 (Zou and Hastie 2005).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Penalty {
    pub(crate) ridge: f64,
    pub(crate) lasso: f64,
}

impl Penalty {
    /// Whether there is one at all.
    pub(crate) fn is_any(&self) -> bool {
        self.ridge > 0.0 || self.lasso > 0.0
    }
}

/// Rows as linear fits see them: what fits with other penalties, or on some of the columns, share.
pub(crate) struct LinearRows<'a> {
    binned: &'a Binned<'a>,
    weights: &'a [f64],
    parts: Vec<Part<'a>>,
    /// X′WX/4, in rows up to the diagonal.
    gram: Vec<Vec<f64>>,
}

/// A linear fit: the log-odds before any column is looked at, and the part of each column.
pub(crate) type LinearFit = (f64, Vec<Additive>);

impl<'a> LinearRows<'a> {
    /// The first `weights.len()` rows: these columns, and how far the values of some of them are from the middle.
    ///
    /// A column enters as the normal scores of its bins, or as their mean values where it holds log-odds already, scaled to
    /// mean 0 and variance 1, a missing value as 0, so that outliers and units have no say. Of log-odds there are no
    /// distances.
    pub(crate) fn new(
        binned: &'a Binned<'a>,
        columns: &[u32],
        distances: &[u32],
        weights: &'a [f64],
    ) -> Self {
        let part = |&column: &u32| {
            let codes = &binned.codes[column as usize][..weights.len()];
            let (masses, means) = (Masses::of(codes, weights), binned.bins.means(column as usize));
            let part = Part { column, is_distance: false, codes, scores: masses.scores(means)? };
            let is_wanted = means.is_none() && distances.contains(&column);
            let distance = if is_wanted { masses.distances(&part.scores) } else { None };
            Some((part, distance.map(|scores| Part { is_distance: true, scores, ..part })))
        };
        let (mut parts, distances): (Vec<Part<'_>>, Vec<Option<Part<'_>>>) =
            columns.par_iter().filter_map(part).unzip();
        parts.extend(distances.into_iter().flatten());
        let gram = gram_of(&parts, weights);
        Self { binned, weights, parts, gram }
    }

    /// Fits the log-odds by a sum over these columns, and the distances that there are of them if these are asked for; those
    /// that are not among the rows' are left out. With neither penalty there is no such sum.
    ///
    /// The optimum is approached with the fixed curvature bound X′WX/4 (Böhning and Lindsay 1988): one factorisation serves
    /// every step and no step can overshoot. With an absolute penalty each step is a descent by coordinates on that bound
    /// (Friedman, Hastie and Tibshirani 2010).
    pub(crate) fn fit(
        &self,
        columns: &[u32],
        has_distances: bool,
        labels: &[bool],
        penalty: Penalty,
    ) -> LinearFit {
        let weights = self.weights;
        let start = level_of(labels, weights);
        if !penalty.is_any() {
            return (start, Vec::new());
        }
        let is_wanted =
            |part: &Part<'_>| (has_distances || !part.is_distance) && columns.contains(&part.column);
        let wanted: Vec<usize> = (0..self.parts.len()).filter(|&at| is_wanted(&self.parts[at])).collect();
        let parts: Vec<&Part<'_>> = wanted.iter().map(|&at| &self.parts[at]).collect();
        let gram_row = |(row, at): (usize, &usize)| {
            wanted[..=row].iter().map(|&other| self.gram[*at][other]).collect::<Vec<f64>>()
        };
        let gram: Vec<Vec<f64>> = wanted.iter().enumerate().map(gram_row).collect();
        let climb = Climb { parts: &parts, gram: &gram, labels, weights, penalty };
        let rate = sigmoid(start);
        let Some((start, coefficients)) = climb.run(start) else { return (start, Vec::new()) };
        let total: f64 = weights.iter().sum();
        let bins = self.binned.bins;
        let additive = parts.iter().zip(coefficients).filter(|(_, coefficient)| *coefficient != 0.0);
        let additive = additive.map(|(part, coefficient)| Additive {
            column: part.column,
            cuts: bins.cuts(part.column as usize).to_vec(),
            // The scores have variance 1, so this is half the curvature times the squared move, over all rows.
            gain: total * rate * (1.0 - rate) * coefficient * coefficient / 2.0,
            values: (part.scores.iter().take(bins.count(part.column as usize)))
                .map(|score| coefficient * score)
                .collect(),
        });
        (start, by_column(additive))
    }
}

/// The log-odds of the share of good rows, with half a row of either kind, so that labels of one kind do not give an
/// infinite start.
pub(crate) fn level_of(labels: &[bool], weights: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    let positive: f64 = weights.iter().zip(labels).filter(|(_, label)| **label).map(|(w, _)| w).sum();
    logit((positive + 0.5) / (total + 1.0))
}

/// The parts of each column as one.
fn by_column(parts: impl Iterator<Item = Additive>) -> Vec<Additive> {
    let mut joined: Vec<Additive> = Vec::new();
    for part in parts {
        match joined.iter_mut().find(|known| known.column == part.column) {
            Some(known) => known.add(1.0, &part),
            None => joined.push(part),
        }
    }
    joined
}

/// A term of the regression: a column, or the distances of its values from the middle.
#[derive(Clone, Copy)]
struct Part<'a> {
    column: u32,
    is_distance: bool,
    codes: &'a [u8],
    /// What each bin counts as.
    scores: [f64; BINS_MAX],
}

impl Part<'_> {
    fn score(&self, row: usize) -> f64 {
        self.scores[usize::from(self.codes[row]) % BINS_MAX]
    }
}

/// X′WX/4, in rows up to the diagonal; of many rows from every so many of them. It says how far a step goes, and where the
/// steps end is where the slopes of all rows are 0.
fn gram_of(parts: &[Part<'_>], weights: &[f64]) -> Vec<Vec<f64>> {
    let stride = (weights.len() / GRAM_ROWS).max(1);
    let taken = weights.len().div_ceil(stride);
    let scale = (weights.len() as f64 / taken as f64 / 4.0) as f32;
    let blocks = taken.div_ceil(BLOCK);
    // Few and fixed shares of the blocks, so that sums do not depend on the threads.
    let shares = blocks.clamp(1, 8);
    let share = |share: usize| {
        let mut sums: Vec<Vec<f64>> = (1..=parts.len()).map(|width| vec![0.0; width]).collect();
        let mut plain = vec![0.0f32; parts.len() * BLOCK];
        let mut weighted = vec![0.0f32; BLOCK];
        for block in blocks * share / shares..blocks * (share + 1) / shares {
            let rows = block * BLOCK..((block + 1) * BLOCK).min(taken);
            let count = rows.len();
            for (part, spread) in parts.iter().zip(plain.chunks_exact_mut(BLOCK)) {
                rows.clone().zip(spread).for_each(|(row, place)| *place = part.score(row * stride) as f32);
            }
            for (at, sums) in sums.iter_mut().enumerate() {
                let own = &plain[at * BLOCK..at * BLOCK + count];
                for ((place, own), row) in weighted.iter_mut().zip(own).zip(rows.clone()) {
                    *place = own * weights[row * stride] as f32 * scale;
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
    parts: &'a [&'a Part<'a>],
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
            let moved: Vec<(&Part<'_>, f64)> = self
                .parts
                .iter()
                .copied()
                .zip(step.iter().copied())
                .filter(|(_, change)| *change != 0.0)
                .collect();
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
        // Of 31,000 rows every other one says how far the steps go.
        for (rows, ridge, lasso) in
            [(800, 50.0, 0.0), (800, 20.0, 9.0), (800, 0.0, 9.0), (31_000, 150.0, 0.0), (31_000, 20.0, 90.0)]
        {
            let (table, labels, weights) = made(rows);
            let bins = Bins::of(&table);
            let binned = bins.encode(&table);
            let penalty = Penalty { ridge, lasso };
            let seen = LinearRows::new(&binned, &[0, 1, 2, 3], &[], &weights);
            let (start, additive) = seen.fit(&[0, 1, 2, 3], false, &labels, penalty);
            let margin = |row: usize| {
                let of = |part: &Additive| part.value(table.columns[part.column as usize][row]);
                start + additive.iter().map(of).sum::<f64>()
            };
            let residuals: Vec<f64> = (0..table.rows)
                .map(|row| weights[row] * (f64::from(u8::from(labels[row])) - sigmoid(margin(row))))
                .collect();
            for (column, codes) in binned.codes.iter().enumerate() {
                // At the optimum the loss falls along a column exactly as fast as the penalties rise.
                let scores = Masses::of(codes, &weights).scores(None).unwrap();
                let slope: f64 =
                    codes.iter().zip(&residuals).map(|(&code, r)| scores[usize::from(code)] * r).sum();
                match additive.iter().find(|part| part.column == column as u32) {
                    Some(part) => {
                        let coefficient = part.values[1] / scores[1];
                        let pull = ridge * coefficient + lasso * coefficient.signum();
                        assert!((slope - pull).abs() < 0.05 * rows as f64 / 800.0, "{slope} {pull}");
                    }
                    None => assert!(slope.abs() <= lasso + 0.05 * rows as f64 / 800.0, "{slope}"),
                }
            }
            let largest = additive.iter().max_by(|a, b| a.gain.total_cmp(&b.gain)).unwrap();
            assert_eq!(largest.column, 1);
        }
    }

    #[test]
    fn both_ends_of_a_column_may_be_good() {
        let (table, _, weights) = made(800);
        let labels: Vec<bool> = table.columns[1].iter().map(|x| (x - 0.5).abs() > 0.27).collect();
        let (bins, all) = (Bins::of(&table), [0, 1, 2, 3]);
        let binned = bins.encode(&table);
        let seen = LinearRows::new(&binned, &all, &all, &weights);
        let of = |has_distances: bool| {
            let (_, parts) = seen.fit(&all, has_distances, &labels, Penalty { ridge: 20.0, lasso: 20.0 });
            parts.into_iter().find(|part| part.column == 1)
        };
        let (bent, straight) = (of(true).unwrap(), of(false));
        assert!(bent.value(0.05) > 0.5 && bent.value(0.95) > 0.5 && bent.value(0.5) < -0.5, "{bent:?}");
        assert!(straight.is_none_or(|part| part.value(0.05) * part.value(0.95) <= 0.0));
    }
}
