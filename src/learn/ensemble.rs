//! A fitted ensemble as plain data, and how it is read.

use std::ops::Range;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::learn::additive::Additive;
use crate::learn::bins::{BINS_MAX, Binned, Bins, left_bins};
use crate::learn::damage::{Damaged, bounded};
use crate::learn::params::{DEPTH_MAX, TREES_MAX};
use crate::learn::table::{COLUMNS_MAX, Table};

/// The most nodes a tree may have.
const NODES_MAX: usize = (2 << DEPTH_MAX) - 1;

/// Rows that walk down all trees before the next ones do: their bins stay at hand. Of more than two times as many another
/// core takes its share of one tree.
const ROWS_AT_ONCE: usize = 8_192;

/// A node of a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The column that decides, without meaning in a leaf.
    pub column: u32,
    /// Values up to and including this go left.
    pub cut: f64,
    /// Whether missing values go left.
    pub missing_left: bool,
    /// Where the left child stands in the tree; 0 in a leaf.
    pub left: u32,
    /// Where the right child stands in the tree; 0 in a leaf.
    pub right: u32,
    /// The log-odds of a leaf; in a split the mean of what is below it over the rows learned from.
    pub value: f64,
    /// By how much the split lowered the summed loss of the rows learned from, about; 0 in a leaf.
    pub gain: f64,
}

/// A tree: its nodes, the root first, every child after its parent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// The nodes.
    pub nodes: Vec<Node>,
}

/// Boosted trees on top of an additive start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ensemble {
    /// How many columns a row has.
    pub columns: u32,
    /// How many trees belong to each round.
    pub chains: u32,
    /// The log-odds before any column is looked at.
    pub start: f64,
    /// The linear start, by column.
    pub additive: Vec<Additive>,
    /// The trees by round and, within a round, by chain.
    pub trees: Vec<Tree>,
}

impl Ensemble {
    /// The log-odds of a row; values the row does not have count as missing.
    pub fn predict(&self, row: &[f64]) -> f64 {
        // Summed in the order of `predict_all`, so that both give the same bits.
        let mut log_odds = self.start;
        for part in &self.additive {
            log_odds += part.value(value_of(row, part.column));
        }
        for tree in &self.trees {
            log_odds += tree.value(|column| value_of(row, column));
        }
        log_odds
    }

    /// The log-odds of each row of a table.
    pub fn predict_all(&self, table: &Table) -> Vec<f64> {
        let mut log_odds = self.starts(table);
        let Some(bins) = self.bins() else {
            self.trees.iter().for_each(|tree| tree.add_to(&mut log_odds, table));
            return log_odds;
        };
        let binned = bins.encode(table);
        log_odds.par_chunks_mut(ROWS_AT_ONCE).enumerate().for_each(|(at, log_odds)| {
            let rows = at * ROWS_AT_ONCE..at * ROWS_AT_ONCE + log_odds.len();
            self.trees.iter().for_each(|tree| tree.add_to_binned(log_odds, &binned, rows.clone()));
        });
        log_odds
    }

    /// Bins that tell apart what the splits tell apart; `None` where these are not made of bins, or are damaged.
    fn bins(&self) -> Option<Bins> {
        self.check(self.columns as usize).ok()?;
        let mut cuts: Vec<Vec<f64>> = vec![Vec::new(); (self.columns as usize).min(COLUMNS_MAX)];
        for node in self.trees.iter().flat_map(|tree| &tree.nodes).filter(|node| node.left > 0) {
            let own = cuts.get_mut(node.column as usize)?;
            // Past the last cut stands every value that is not missing.
            if node.cut < f64::MAX
                && let Err(place) = own.binary_search_by(|cut| cut.total_cmp(&node.cut))
            {
                own.insert(place, node.cut);
            }
        }
        Bins::with_cuts(cuts)
    }

    /// The log-odds of each row before the first tree.
    pub(crate) fn starts(&self, table: &Table) -> Vec<f64> {
        let mut log_odds = vec![self.start; table.rows];
        for part in &self.additive {
            let column = table.columns.get(part.column as usize).map_or(&[][..], Vec::as_slice);
            for (row, log_odds) in log_odds.iter_mut().enumerate() {
                *log_odds += part.value(column.get(row).copied().unwrap_or(f64::NAN));
            }
        }
        log_odds
    }

    /// As [`Self::starts`], of the first rows of a table in the bins that the additive parts were made with.
    pub(crate) fn binned_starts(&self, binned: &Binned<'_>, rows: usize) -> Vec<f64> {
        let mut log_odds = vec![self.start; rows];
        for part in &self.additive {
            let codes = binned.codes.get(part.column as usize).map_or(&[][..], Vec::as_slice);
            for (log_odds, &code) in log_odds.iter_mut().zip(codes) {
                *log_odds += part.values.get(usize::from(code)).copied().unwrap_or(0.0);
            }
        }
        log_odds
    }

    /// The log-odds expected before a row is seen; [`Self::contributions`] add up to the rest.
    pub fn base(&self) -> f64 {
        let roots: f64 = self.trees.iter().filter_map(|tree| tree.nodes.first()).map(|root| root.value).sum();
        self.start + roots
    }

    /// By how much each column moved the log-odds of a row away from [`Self::base`]: along each tree's
    /// path, the change of the node's mean goes to the column that was asked (Saabas 2014).
    pub fn contributions(&self, row: &[f64]) -> Vec<f64> {
        self.explain(row).1
    }

    /// The log-odds of a row, to the bit those of [`Self::predict`], and [`Self::contributions`], in one walk.
    pub fn explain(&self, row: &[f64]) -> (f64, Vec<f64>) {
        let mut moved = vec![0.0; (self.columns as usize).min(COLUMNS_MAX)];
        let mut log_odds = self.start;
        let mut give = |column: u32, change: f64| {
            if let Some(sum) = moved.get_mut(column as usize) {
                *sum += change;
            }
        };
        for part in &self.additive {
            let value = part.value(value_of(row, part.column));
            log_odds += value;
            give(part.column, value);
        }
        for tree in &self.trees {
            let mut at = 0;
            while let Some((node, next)) = tree.step(at, |column| value_of(row, column)) {
                give(node.column, tree.nodes[next].value - node.value);
                at = next;
            }
            log_odds += tree.nodes.get(at).map_or(0.0, |node| node.value);
        }
        (log_odds, moved)
    }

    /// The share of each column in all the gain of the linear start and all splits; all 0 without any.
    pub fn importances(&self) -> Vec<f64> {
        let mut gains = vec![0.0; (self.columns as usize).min(COLUMNS_MAX)];
        let splits = self.trees.iter().flat_map(|tree| &tree.nodes).map(|node| (node.column, node.gain));
        for (column, gain) in self.additive.iter().map(|part| (part.column, part.gain)).chain(splits) {
            if let Some(sum) = gains.get_mut(column as usize) {
                *sum += gain;
            }
        }
        let all: f64 = gains.iter().sum();
        if all > 0.0 {
            gains.iter_mut().for_each(|gain| *gain /= all);
        }
        gains
    }

    /// How many rounds of trees there are.
    pub fn rounds(&self) -> usize {
        self.trees.len() / (self.chains as usize).max(1)
    }

    /// Keeps the trees of the first rounds only.
    pub fn keep_rounds(&mut self, rounds: usize) {
        self.trees.truncate(rounds.saturating_mul(self.chains as usize));
    }

    /// Whether an ensemble from outside is whole: it is made for this many columns, every index is valid,
    /// every walk ends, every number is finite and of sound size.
    pub fn check(&self, columns: usize) -> Result<(), Damaged> {
        if self.columns as usize != columns || columns > COLUMNS_MAX {
            return Err(Damaged::Column);
        }
        let whole_rounds = self.chains >= 1 && self.trees.len().is_multiple_of(self.chains as usize);
        if !whole_rounds || self.trees.len() > TREES_MAX || self.additive.len() > columns {
            return Err(Damaged::Shape);
        }
        if !bounded(self.start) {
            return Err(Damaged::Number);
        }
        self.additive.iter().try_for_each(|part| part.check(columns))?;
        self.trees.iter().try_for_each(|tree| tree.check(columns))
    }
}

/// A place in a tree, made ready for a walk of many rows by their bins: from a leaf no row moves on.
struct Step<'a> {
    codes: &'a [u8],
    /// Where a row goes, by its bin.
    next: [u16; BINS_MAX],
}

impl Tree {
    /// Adds the tree's log-odds to those of every row of a table.
    pub(crate) fn add_to(&self, log_odds: &mut [f64], table: &Table) {
        // The columns are looked up once for a node, not once for every row.
        let column = |node: &Node| table.columns.get(node.column as usize).map_or(&[][..], Vec::as_slice);
        let columns: Vec<&[f64]> = self.nodes.iter().map(column).collect();
        for (row, log_odds) in log_odds.iter_mut().enumerate() {
            let mut at = 0;
            while let Some((_, next)) = self.step(at, |_| columns[at].get(row).copied().unwrap_or(f64::NAN)) {
                at = next;
            }
            *log_odds += self.nodes.get(at).map_or(0.0, |node| node.value);
        }
    }

    /// As [`Self::add_to`], for these rows of a table in the bins that the tree was grown on: as many steps for every row and none that
    /// depends on a jump, for where a row goes cannot be foreseen. It takes a sixth of the time.
    pub(crate) fn add_to_binned(&self, log_odds: &mut [f64], binned: &Binned<'_>, rows: Range<usize>) {
        let steps: Vec<Step<'_>> =
            (0..self.nodes.len()).map(|at| self.binned_step(at, binned, rows.clone())).collect();
        let values: Vec<f64> = self.nodes.iter().map(|node| node.value).collect();
        let depth = self.depth();
        let walk = |first: usize, log_odds: &mut [f64]| {
            for (row, log_odds) in (first..).zip(log_odds) {
                let mut at = 0;
                for _ in 0..depth {
                    let step = &steps[at];
                    at = usize::from(step.next[usize::from(step.codes[row]) % BINS_MAX]);
                }
                *log_odds += values[at];
            }
        };
        if log_odds.len() <= 2 * ROWS_AT_ONCE {
            return walk(0, log_odds);
        }
        let parts = log_odds.par_chunks_mut(ROWS_AT_ONCE).enumerate();
        parts.for_each(|(part, log_odds)| walk(part * ROWS_AT_ONCE, log_odds));
    }

    /// The most splits between the root and a leaf.
    fn depth(&self) -> usize {
        let mut depths = vec![0; self.nodes.len()];
        for (at, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.left > 0) {
            for next in [node.left, node.right] {
                depths[next as usize] = depths[at] + 1;
            }
        }
        depths.into_iter().max().unwrap_or(0)
    }

    fn binned_step<'a>(&self, at: usize, binned: &'a Binned<'_>, rows: Range<usize>) -> Step<'a> {
        let node = &self.nodes[at];
        let (left, right) =
            if node.left > 0 { (node.left as u16, node.right as u16) } else { (at as u16, at as u16) };
        let last_left = binned.bins.bin(node.column as usize, node.cut);
        let next = left_bins(last_left, node.missing_left).map(|is_left| if is_left { left } else { right });
        // A table without columns gives trees that are a leaf.
        let codes = binned.codes.get(node.column as usize).map_or(&[][..], |codes| &codes[rows]);
        Step { codes, next }
    }

    /// The log-odds of the row whose values `of` gives by column.
    fn value(&self, of: impl Fn(u32) -> f64) -> f64 {
        let mut at = 0;
        while let Some((_, next)) = self.step(at, &of) {
            at = next;
        }
        self.nodes.get(at).map_or(0.0, |node| node.value)
    }

    /// The split at a place and where the row goes from there; `None` at a leaf, and at a child that is not
    /// after its parent, so that even a damaged tree is walked to an end.
    fn step(&self, at: usize, of: impl Fn(u32) -> f64) -> Option<(&Node, usize)> {
        let node = self.nodes.get(at)?;
        let value = of(node.column);
        // An infinite value is as far out as the last finite one.
        let left = if value.is_nan() { node.missing_left } else { value.min(f64::MAX) <= node.cut };
        let next = if left { node.left } else { node.right } as usize;
        (next > at && next < self.nodes.len()).then_some((node, next))
    }

    fn check(&self, columns: usize) -> Result<(), Damaged> {
        if self.nodes.is_empty() || self.nodes.len() > NODES_MAX {
            return Err(Damaged::Shape);
        }
        for (at, node) in self.nodes.iter().enumerate() {
            let split = node.left != 0 || node.right != 0;
            let inside = |child: u32| child as usize > at && (child as usize) < self.nodes.len();
            if split && !(inside(node.left) && inside(node.right)) {
                return Err(Damaged::Child);
            }
            if node.column as usize >= columns.max(1) {
                return Err(Damaged::Column);
            }
            if !(node.cut.is_finite() && (0.0..=f64::MAX).contains(&node.gain) && bounded(node.value)) {
                return Err(Damaged::Number);
            }
        }
        Ok(())
    }
}

fn value_of(row: &[f64], column: u32) -> f64 {
    row.get(column as usize).copied().unwrap_or(f64::NAN)
}
