//! The best split of one column, found by the tree of `linfa-trees`.
//!
//! This is the only module that knows the library. It gives it, instead of rows, one weighted table per
//! column: for each bin the weights `(H + G/c) / 2` of class `true` and `(H − G/c) / 2` of class `false`,
//! where `G` and `H` are the bin's sums of gradients and curvatures. The weighted Gini impurity of a set
//! is then `W/2 − G²/(2c²W)` with `W = H`, so the split of least impurity is the one of largest
//! `G²/H` over both sides: the Newton gain of gradient boosting (Chen and Guestrin 2016, formula 7). Two
//! more bins of curvature λ and gradient 0, one before the first and one after the last, turn the gain
//! into `G²/(H + λ)`. So the library's classification split is the boosting split, not a likeness of it.
//!
//! The cells of a column stand in the order of its bins: first that of missing values, which a split may send to either
//! side, then those of the values, ascending; λ stands before and behind whatever order a split is sought in.
//!
//! Only the threshold is taken from the library: the class it gives a tied leaf comes from a hash map and
//! may differ between runs. Its impurities do not, although they are summed in the order of that map: with
//! two classes there are two terms, and a sum of two does not depend on their order. Among equal splits it
//! keeps the first, which is the leftmost.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_trees::{DecisionTree, SplitQuality};
use ndarray::{Array1, Array2};

use crate::learn::bins::{BINS_MAX, MISSING_BIN};
use crate::learn::error::FitError;

/// Sums over the rows of one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cell {
    /// Sum of gradients: weight times (label − probability).
    pub(crate) gradient: f64,
    /// Sum of curvatures: weight times probability times (1 − probability).
    pub(crate) curvature: f64,
    /// How many rows.
    pub(crate) rows: u32,
}

impl Cell {
    /// Adds another cell.
    pub(crate) fn add(&mut self, other: &Self) {
        self.gradient += other.gradient;
        self.curvature += other.curvature;
        self.rows += other.rows;
    }

    /// Half of it is the fall of the loss when all rows move by the best common step.
    pub(crate) fn score(&self, lambda: f64) -> f64 {
        self.gradient * self.gradient / (self.curvature + lambda)
    }
}

/// A split of one column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Split {
    /// The last bin of the left side.
    pub(crate) last_left: u8,
    /// Whether missing values go left.
    pub(crate) missing_left: bool,
    /// The fall of the loss, above 0.
    pub(crate) gain: f64,
}

/// The smallest share of a node's curvature that a side may have: the library adds up in `f32`, where
/// less would drown in rounding.
const SIDE_SHARE_MIN: f64 = 1e-4;

/// What no split of the column can gain more than, however the library chooses: the best of all boundaries between
/// bins, and a hair for rounding. A hundredth of the work of asking the library.
pub(crate) fn gain_bound(cells: &[Cell], lambda: f64) -> f64 {
    let Some((missing, present)) = cells.split_first() else { return 0.0 };
    // What lies left of each boundary, missing values aside.
    let (mut sum, mut gradients, mut curvatures) = (Cell::default(), [0.0; BINS_MAX], [0.0; BINS_MAX]);
    for ((gradient, curvature), cell) in gradients.iter_mut().zip(&mut curvatures).zip(present) {
        sum.add(cell);
        (*gradient, *curvature) = (sum.gradient, sum.curvature);
    }
    sum.add(missing);
    let all = sum.score(lambda);
    let mut bound = 0.0f64;
    let mut look = |more_gradient: f64, more_curvature: f64| {
        // No boundary depends on another, so that several are worked out at once.
        let gains: [f64; BINS_MAX] = std::array::from_fn(|at| {
            let (gradient, curvature) = (gradients[at] + more_gradient, curvatures[at] + more_curvature);
            let (a, b) = (curvature + lambda, sum.curvature - curvature + lambda);
            let rest = sum.gradient - gradient;
            // Both scores with one division.
            let halves = (gradient * gradient * b + rest * rest * a) / (a * b);
            (halves - all) / 2.0 + 1e-12 * (halves + all)
        });
        for gain in gains {
            // What is no number must not be skipped.
            let gain = if gain.is_nan() { f64::INFINITY } else { gain };
            bound = if gain > bound { gain } else { bound };
        }
    };
    look(0.0, 0.0);
    // Missing values that there are none of go anywhere.
    if missing.rows > 0 {
        look(missing.gradient, missing.curvature);
    }
    bound
}

/// The best split of a column from its bins, the missing bin first; `None` when none improves the loss or
/// leaves `min_rows` on both sides. Of two equal ones it is the one that sends missing values left.
pub(crate) fn best_split(cells: &[Cell], lambda: f64, min_rows: usize) -> Result<Option<Split>, FitError> {
    let left = one_way(cells, true, lambda, min_rows)?;
    if cells.first().is_none_or(|missing| missing.rows == 0) {
        return Ok(left);
    }
    let right = one_way(cells, false, lambda, min_rows)?;
    Ok(match (left, right) {
        (Some(left), Some(right)) if right.gain > left.gain => Some(right),
        (None, right) => right,
        (left, _) => left,
    })
}

fn one_way(
    cells: &[Cell],
    missing_left: bool,
    lambda: f64,
    min_rows: usize,
) -> Result<Option<Split>, FitError> {
    let groups = grouped(cells, missing_left, min_rows.max(1) as u64);
    if groups.len() < 2 {
        return Ok(None);
    }
    let Some(at) = threshold(&groups, lambda)? else {
        return Ok(None);
    };
    // The gain is worked out anew, exactly, so that columns compare by it and not by `f32` rounding.
    let mut sides = [Cell::default(); 2];
    for (group, (_, cell)) in groups.iter().enumerate() {
        sides[usize::from(group >= at)].add(cell);
    }
    let mut whole = sides[0];
    whole.add(&sides[1]);
    let gain = (sides[0].score(lambda) + sides[1].score(lambda) - whole.score(lambda)) / 2.0;
    let last_left = groups[at - 1].0;
    // Missing values alone on the left are the same as: all others left, they right.
    let split = match last_left {
        MISSING_BIN => Split { last_left: BINS_MAX as u8 - 1, missing_left: false, gain },
        _ => Split { last_left, missing_left, gain },
    };
    Ok((gain > 0.0).then_some(split))
}

/// The occupied bins in the order of the split, those at either end joined until they have `min_rows`, so
/// that no split leaves fewer; each with the number of its last bin.
fn grouped(cells: &[Cell], missing_left: bool, min_rows: u64) -> Vec<(u8, Cell)> {
    let mut groups: Vec<(u8, Cell)> = Vec::with_capacity(BINS_MAX);
    let present = cells.iter().enumerate().skip(1);
    let missing = || cells.iter().enumerate().take(1);
    let order = missing().filter(|_| missing_left).chain(present).chain(missing().filter(|_| !missing_left));
    for (bin, cell) in order.filter(|(_, cell)| cell.rows > 0) {
        match groups.first_mut() {
            Some((last, first)) if u64::from(first.rows) < min_rows => {
                first.add(cell);
                *last = bin as u8;
            }
            _ => groups.push((bin as u8, *cell)),
        }
    }
    while let [.., (before, into), (last, from)] = groups.as_mut_slice() {
        if u64::from(from.rows) >= min_rows {
            break;
        }
        into.add(from);
        *before = *last;
        groups.pop();
    }
    groups
}

/// How many groups go left, by the library's best split; `None` if it finds none.
fn threshold(groups: &[(u8, Cell)], lambda: f64) -> Result<Option<usize>, FitError> {
    let curvature: f64 = groups.iter().map(|(_, cell)| cell.curvature).sum();
    // The smallest `c` that leaves no negative weight; the smaller it is, the wider impurities lie apart.
    // A bin without curvature has no gradient either, up to rounding.
    let curved = groups.iter().filter(|(_, cell)| cell.curvature > curvature * 1e-9);
    let steepest = curved.map(|(_, cell)| cell.gradient.abs() / cell.curvature).fold(0.0, f64::max);
    let total = curvature + 2.0 * lambda;
    if !(steepest > 0.0 && steepest.is_finite() && total.is_finite()) {
        return Ok(None);
    }
    let mut positions = Vec::with_capacity(2 * groups.len() + 4);
    let mut classes = Vec::with_capacity(positions.capacity());
    let mut weights = Vec::with_capacity(positions.capacity());
    let mut put = |position: usize, gradient: f64, curvature: f64| {
        for (class, sign) in [(true, 1.0), (false, -1.0)] {
            positions.push(position as f32);
            classes.push(class);
            weights.push(((curvature + sign * gradient / steepest) / 2.0 / total).max(0.0) as f32);
        }
    };
    put(0, 0.0, lambda);
    for (at, (_, cell)) in groups.iter().enumerate() {
        put(at + 1, cell.gradient, cell.curvature);
    }
    put(groups.len() + 1, 0.0, lambda);
    // No side may be a λ bin alone.
    let ends = [groups.first(), groups.last()];
    let lightest = ends.into_iter().flatten().map(|(_, cell)| cell.curvature).fold(curvature, f64::min);
    let side_min = (lambda + lightest / 2.0).max(total * SIDE_SHARE_MIN) / total;

    let failed = |error: &dyn std::fmt::Display| FitError::Split(error.to_string());
    let records = Array2::from_shape_vec((positions.len(), 1), positions).map_err(|e| failed(&e))?;
    let table = DatasetBase::new(records, Array1::from(classes)).with_weights(Array1::from(weights));
    let tree = DecisionTree::params()
        .split_quality(SplitQuality::Gini)
        .max_depth(Some(1))
        .min_weight_split(0.0)
        .min_weight_leaf(side_min as f32)
        .min_impurity_decrease(f32::EPSILON)
        .fit(&table)
        .map_err(|error: linfa::Error| failed(&error))?;
    // The library turns a root whose leaves agree on a class back into a leaf, but keeps its split.
    let (_, position, decrease) = tree.root_node().split();
    let at = position as usize;
    Ok((decrease > 0.0 && at >= 1 && at < groups.len()).then_some(at))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The best split by trying all of them.
    fn by_hand(cells: &[Cell], lambda: f64, min_rows: u32) -> f64 {
        let total = |cells: &mut dyn Iterator<Item = &Cell>| {
            cells.fold(Cell::default(), |mut sum, cell| {
                sum.add(cell);
                sum
            })
        };
        let whole = total(&mut cells.iter());
        let mut best = 0.0f64;
        for missing_left in [true, false] {
            for last in 0..cells.len() {
                let is_left = |bin: usize| if bin == 0 { missing_left } else { bin <= last };
                let left =
                    total(&mut cells.iter().enumerate().filter(|(bin, _)| is_left(*bin)).map(|(_, c)| c));
                let right =
                    total(&mut cells.iter().enumerate().filter(|(bin, _)| !is_left(*bin)).map(|(_, c)| c));
                if left.rows >= min_rows && right.rows >= min_rows {
                    let gain = left.score(lambda) + right.score(lambda) - whole.score(lambda);
                    best = best.max(gain / 2.0);
                }
            }
        }
        best
    }

    fn cells() -> impl Strategy<Value = Vec<Cell>> {
        let cell = (0u32..60, -1.0f64..1.0, 0.05f64..0.25).prop_map(|(rows, slope, bend)| Cell {
            gradient: f64::from(rows) * bend * slope,
            curvature: f64::from(rows) * bend,
            rows,
        });
        prop::collection::vec(cell, 2..=32)
    }

    proptest! {
        #[test]
        fn the_library_finds_the_newton_split(cells in cells(), lambda in 0.1f64..20.0, min_rows in 1u32..40) {
            let best = by_hand(&cells, lambda, min_rows);
            let found = best_split(&cells, lambda, min_rows as usize).unwrap().map_or(0.0, |split| split.gain);
            // What the library's `f32` cannot tell apart may be swapped, nothing more.
            let whole: f64 = cells.iter().map(|cell| cell.curvature).sum();
            prop_assert!(found <= best + 1e-9, "{found} {best}");
            prop_assert!(found >= best - 1e-4 * best - 2e-6 * whole, "{found} {best}");
        }
    }

    #[test]
    fn equal_splits_give_the_leftmost() {
        let cell = |gradient| Cell { gradient, curvature: 1.0, rows: 10 };
        let cells = [Cell::default(), cell(1.0), cell(0.0), cell(-1.0)];
        let split = best_split(&cells, 1.0, 1).unwrap().unwrap();
        assert_eq!((split.last_left, split.missing_left), (1, true));
    }

    #[test]
    fn missing_values_can_stand_alone_on_the_right() {
        let cell = |gradient| Cell { gradient, curvature: 2.0, rows: 10 };
        let cells = [cell(2.0), cell(-1.0), cell(-1.0)];
        let split = best_split(&cells, 1.0, 5).unwrap().unwrap();
        assert!(!split.missing_left && split.last_left >= 2, "{split:?}");
    }

    #[test]
    fn nothing_to_split_gives_nothing() {
        let cell = Cell { gradient: 1.0, curvature: 2.0, rows: 10 };
        assert_eq!(best_split(&[], 1.0, 1).unwrap(), None);
        assert_eq!(best_split(&[Cell::default(), cell], 1.0, 1).unwrap(), None);
        assert_eq!(best_split(&[Cell::default(), cell, cell], 1.0, 11).unwrap(), None);
        let flat = Cell { gradient: 0.0, ..cell };
        assert_eq!(best_split(&[flat, flat, flat], 1.0, 1).unwrap(), None);
        let broken = Cell { gradient: f64::NAN, ..cell };
        assert_eq!(best_split(&[broken, cell, cell], 1.0, 1).unwrap(), None);
    }
}
