//! Grows one tree on binned columns.

use rayon::prelude::*;

use crate::learn::bins::{BINS_MAX, Binned, left_bins};
use crate::learn::ensemble::{Node, Tree};
use crate::learn::error::FitError;
use crate::learn::params::Params;
use crate::learn::trees::{Cell, Split, best_split, gain_bound};

/// So many values are added up sooner on two cores than on one: a fit of one chain grows its trees one after the other.
const TWO_CORES: usize = 200_000;

/// What a tree is grown on.
pub(crate) struct Ground<'a> {
    /// The bins of every value.
    pub(crate) binned: &'a Binned<'a>,
    /// Gradient of each row.
    pub(crate) gradients: &'a [f64],
    /// Curvature of each row.
    pub(crate) curvatures: &'a [f64],
}

/// Sums over the rows of one bin of one column: gradients, curvatures, rows, and nothing, so that all of them are read,
/// added to and written at once. Half the size of a [`Cell`]; of at most some 15,000 rows `f32` keeps five digits, and the
/// count of rows is exact.
type Sums = [f32; 4];

/// A leaf that may still be split.
struct Open {
    node: usize,
    depth: usize,
    rows: Vec<u32>,
    /// [`BINS_MAX`] of them for each chosen column, in the order of the columns; within a column the bin of missing
    /// values first, then those of the values in ascending order.
    sums: Vec<Sums>,
    /// The place of the column among the chosen ones, and its split.
    best: (usize, Split),
}

impl Ground<'_> {
    /// A tree on these rows that splits on these columns only. The leaf whose split gains most is split next (Shi 2007,
    /// *Best-first decision tree learning*), until there are as many leaves as there may be.
    pub(crate) fn grow(&self, rows: Vec<u32>, columns: &[u32], params: &Params) -> Result<Tree, FitError> {
        let value = |cell: &Cell| params.rate * cell.gradient / (cell.curvature + params.lambda);
        let whole = self.sum(&rows);
        let mut sums = vec![whole];
        let mut nodes = vec![Node { value: value(&whole), ..Node::default() }];
        let cells = self.histograms(&rows, columns);
        let mut open: Vec<Open> = Vec::new();
        open.extend(opened(0, 0, rows, cells, columns, params)?);
        let leaves_max = if params.leaves == 0 { usize::MAX } else { params.leaves };
        let mut leaves = 1;
        while leaves < leaves_max
            && let Some(next) =
                (0..open.len()).reduce(|a, b| if open[b].best.1.gain > open[a].best.1.gain { b } else { a })
        {
            let part = open.swap_remove(next);
            let (at, split) = part.best;
            let column = columns[at];
            let (left, right) = self.part(&part.rows, column as usize, &split);
            let place = nodes.len();
            let cut = self.binned.bins.cuts(column as usize).get(usize::from(split.last_left) - 1);
            nodes[part.node] = Node {
                column,
                // Past the last cut stands every value that is not missing.
                cut: cut.copied().unwrap_or(f64::MAX),
                missing_left: split.missing_left,
                left: place as u32,
                right: place as u32 + 1,
                value: nodes[part.node].value,
                gain: split.gain,
            };
            for side in [&left, &right] {
                let sum = self.sum(side);
                nodes.push(Node { value: value(&sum), ..Node::default() });
                sums.push(sum);
            }
            leaves += 1;
            let depth = part.depth + 1;
            // With fewer rows there is no split that leaves enough on both sides.
            let may_split = |rows: &[u32]| rows.len() >= 2 * params.min_leaf_rows;
            if depth < params.depth && leaves < leaves_max && (may_split(&left) || may_split(&right)) {
                let (left_cells, right_cells) = self.children(&left, &right, part.sums, columns);
                for (node, rows, cells) in [(place, left, left_cells), (place + 1, right, right_cells)] {
                    if may_split(&rows) {
                        open.extend(opened(node, depth, rows, cells, columns, params)?);
                    }
                }
            }
        }
        average_splits(&mut nodes, &sums);
        Ok(Tree { nodes })
    }

    fn sum(&self, rows: &[u32]) -> Cell {
        let mut sum = Cell { rows: rows.len() as u32, ..Cell::default() };
        for &row in rows {
            sum.gradient += self.gradients[row as usize];
            sum.curvature += self.curvatures[row as usize];
        }
        sum
    }

    /// The sums of every bin of the chosen columns.
    fn histograms(&self, rows: &[u32], columns: &[u32]) -> Vec<Sums> {
        let mut sums = vec![Sums::default(); columns.len() * BINS_MAX];
        let of =
            |&row: &u32| (row, self.gradients[row as usize] as f32, self.curvatures[row as usize] as f32);
        let rows: Vec<(u32, f32, f32)> = rows.iter().map(of).collect();
        let (histograms, _) = sums.as_chunks_mut::<BINS_MAX>();
        // Four columns at a time: while one waits for the sum of the row before, the others go on.
        let (fours, rest) = columns.as_chunks::<4>();
        let (four_histograms, rest_histograms) = histograms.as_chunks_mut::<4>();
        let add = |(columns, histograms): (&[u32; 4], _)| self.add_rows(&rows, *columns, histograms);
        if rows.len() * columns.len() >= TWO_CORES {
            fours.par_iter().zip(four_histograms).for_each(add);
        } else {
            fours.iter().zip(four_histograms).for_each(add);
        }
        for (column, histogram) in rest.iter().zip(rest_histograms) {
            self.add_rows(&rows, [*column], std::array::from_mut(histogram));
        }
        sums
    }

    /// Adds rows, with the gradient and curvature of each, to the sums of `N` columns.
    fn add_rows<const N: usize>(
        &self,
        rows: &[(u32, f32, f32)],
        columns: [u32; N],
        histograms: &mut [[Sums; BINS_MAX]; N],
    ) {
        let codes = columns.map(|column| self.binned.codes[column as usize].as_slice());
        for &(row, gradient, curvature) in rows {
            let own: Sums = [gradient, curvature, 1.0, 0.0];
            for (codes, histogram) in codes.iter().zip(histograms.iter_mut()) {
                let sums = &mut histogram[usize::from(codes[row as usize]) % BINS_MAX];
                for (sum, own) in sums.iter_mut().zip(own) {
                    *sum += own;
                }
            }
        }
    }

    /// The sums of both children: the smaller one's are added up, the other's are what the parent has left.
    fn children(
        &self,
        left: &[u32],
        right: &[u32],
        mut parent: Vec<Sums>,
        columns: &[u32],
    ) -> (Vec<Sums>, Vec<Sums>) {
        let small = self.histograms(if left.len() <= right.len() { left } else { right }, columns);
        for (left, taken) in parent.iter_mut().zip(&small) {
            left.iter_mut().zip(taken).for_each(|(left, taken)| *left -= taken);
            if left[2] < 0.5 {
                // A bin left without rows is exactly empty.
                *left = Sums::default();
            }
        }
        if left.len() <= right.len() { (small, parent) } else { (parent, small) }
    }

    fn part(&self, rows: &[u32], column: usize, split: &Split) -> (Vec<u32>, Vec<u32>) {
        let codes = &self.binned.codes[column];
        let goes_left = left_bins(split.last_left, split.missing_left);
        let mut sides = [vec![0; rows.len()], vec![0; rows.len()]];
        let mut counts = [0; 2];
        // Written to both sides and kept by the counts: where a row goes cannot be foreseen.
        for &row in rows {
            let is_left = goes_left[usize::from(codes[row as usize]) % BINS_MAX];
            sides[0][counts[0]] = row;
            sides[1][counts[1]] = row;
            counts[0] += usize::from(is_left);
            counts[1] += usize::from(!is_left);
        }
        for (side, count) in sides.iter_mut().zip(counts) {
            side.truncate(count);
        }
        sides.into()
    }
}

/// A leaf with its best split; none where there is none.
fn opened(
    node: usize,
    depth: usize,
    rows: Vec<u32>,
    sums: Vec<Sums>,
    columns: &[u32],
    params: &Params,
) -> Result<Option<Open>, FitError> {
    let cell = |&[gradient, curvature, rows, _]: &Sums| Cell {
        gradient: f64::from(gradient),
        curvature: f64::from(curvature.max(0.0)),
        rows: rows as u32,
    };
    let cells: Vec<Cell> = sums.iter().map(cell).collect();
    Ok(best_of(&cells, columns, params)?.map(|best| Open { node, depth, rows, sums, best }))
}

/// The column with the largest gain, the first of equals, and its split.
fn best_of(cells: &[Cell], columns: &[u32], params: &Params) -> Result<Option<(usize, Split)>, FitError> {
    let cells: Vec<&[Cell]> = cells.chunks_exact(BINS_MAX).take(columns.len()).collect();
    // The most promising columns first: most of the others need not be searched at all.
    let mut bounds: Vec<(f64, usize)> =
        cells.iter().enumerate().map(|(at, cells)| (gain_bound(cells, params.lambda), at)).collect();
    bounds.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut best: Option<(usize, Split)> = None;
    for (bound, at) in bounds {
        if best.is_some_and(|(_, best)| bound < best.gain) {
            break;
        }
        let wins = |split: &Split| {
            best.is_none_or(|(first, best)| split.gain > best.gain || (split.gain == best.gain && at < first))
        };
        if let Some(split) = best_split(cells[at], params.lambda, params.min_leaf_rows)?
            && split.gain >= params.min_gain
            && wins(&split)
        {
            best = Some((at, split));
        }
    }
    Ok(best)
}

/// Gives every split the mean of its leaves by rows, from the last node to the root.
fn average_splits(nodes: &mut [Node], sums: &[Cell]) {
    for at in (0..nodes.len()).rev() {
        let (left, right) = (nodes[at].left as usize, nodes[at].right as usize);
        if left > 0 {
            let rows = |node: usize| f64::from(sums[node].rows);
            let sum = rows(left) * nodes[left].value + rows(right) * nodes[right].value;
            nodes[at].value = sum / (rows(left) + rows(right)).max(1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::learn::bins::Bins;
    use crate::learn::rng::Rng;
    use crate::learn::table::Table;

    proptest! {
        /// Skipping columns changes nothing: the answer is that of searching them all.
        #[test]
        fn no_column_is_skipped_that_would_have_won(
            cells in prop::collection::vec(
                prop::collection::vec((0u32..40, -1.0f64..1.0, 0.05f64..0.25), BINS_MAX), 1..8),
            same in any::<bool>(), lambda in 0.1f64..20.0, min_rows in 1usize..40,
        ) {
            let column = |column: &Vec<(u32, f64, f64)>| -> Vec<Cell> {
                let cell = |(rows, slope, bend): &(u32, f64, f64)| Cell {
                    gradient: f64::from(*rows) * bend * slope,
                    curvature: f64::from(*rows) * bend,
                    rows: *rows,
                };
                column.iter().map(cell).collect()
            };
            let mut parts: Vec<Vec<Cell>> = cells.iter().map(column).collect();
            if same {
                // Equal columns: the first wins.
                parts.push(parts[0].clone());
            }
            let columns: Vec<u32> = (0..parts.len() as u32).collect();
            let params = Params { lambda, min_leaf_rows: min_rows, ..Params::default() };
            let mut want: Option<(usize, Split)> = None;
            for (at, cells) in parts.iter().enumerate() {
                if let Some(split) = best_split(cells, lambda, min_rows).unwrap()
                    && want.is_none_or(|(_, best)| split.gain > best.gain)
                {
                    want = Some((at, split));
                }
            }
            prop_assert_eq!(best_of(&parts.concat(), &columns, &params).unwrap(), want);
        }
    }

    #[test]
    fn leaves_have_rows_enough_and_splits_the_mean_of_their_leaves() {
        let mut rng = Rng::new(1, 1);
        let columns: Vec<Vec<f64>> =
            (0..3).map(|_| (0..500).map(|_| rng.below(40) as f64).collect()).collect();
        let table = Table { columns, rows: 500 };
        let bins = Bins::of(&table);
        let binned = bins.encode(&table);
        let gradients: Vec<f64> = (0..500).map(|_| rng.below(3) as f64 - 1.0).collect();
        let curvatures = vec![0.25; 500];
        let ground = Ground { binned: &binned, gradients: &gradients, curvatures: &curvatures };
        let params = Params { depth: 4, min_leaf_rows: 30, lambda: 1.0, rate: 1.0, ..Params::default() };
        let tree = ground.grow((0..500).collect(), &[0, 2], &params).unwrap();
        assert!(tree.nodes.len() > 5);
        let mut rows = vec![0; tree.nodes.len()];
        let mut sum = 0.0;
        for row in 0..500 {
            let (mut at, mut depth) = (0, 0);
            while tree.nodes[at].left > 0 {
                let node = &tree.nodes[at];
                assert_ne!(node.column, 1);
                let left = table.columns[node.column as usize][row] <= node.cut;
                at = if left { node.left } else { node.right } as usize;
                depth += 1;
            }
            assert!(depth <= 4);
            rows[at] += 1;
            sum += tree.nodes[at].value;
        }
        assert!(tree.nodes.iter().zip(&rows).all(|(node, rows)| node.left > 0 || *rows >= 30), "{rows:?}");
        assert!((tree.nodes[0].value - sum / 500.0).abs() < 1e-9);
    }
}
