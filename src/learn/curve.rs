//! How the loss on a table falls, round by round.

use crate::learn::bins::Binned;
use crate::learn::ensemble::Tree;
use crate::learn::scores::log_odds_loss;

/// The mean log loss of a table's rows after 0, 1, … rounds of trees.
pub(crate) struct LossCurve<'a> {
    binned: &'a Binned<'a>,
    labels: &'a [bool],
    weights: Option<&'a [f64]>,
    log_odds: Vec<f64>,
    /// The losses so far, that of the start first; 0 without rows.
    pub(crate) losses: Vec<f64>,
}

impl<'a> LossCurve<'a> {
    /// Begins with the log-odds of each row before the first tree; the rows are told in the bins of those that the
    /// trees are grown on. Rows count by weight, equally without weights.
    pub(crate) fn new(
        starts: Vec<f64>,
        binned: &'a Binned<'a>,
        labels: &'a [bool],
        weights: Option<&'a [f64]>,
    ) -> Self {
        let mut curve = Self { binned, labels, weights, log_odds: starts, losses: Vec::new() };
        curve.losses.push(curve.loss());
        curve
    }

    /// Adds the trees of a round.
    pub(crate) fn add_round<'t>(&mut self, trees: impl IntoIterator<Item = &'t Tree>) {
        trees.into_iter().for_each(|tree| tree.add_to_binned(&mut self.log_odds, self.binned));
        self.losses.push(self.loss());
    }

    fn loss(&self) -> f64 {
        let weight =
            |row: usize| self.weights.map_or(1.0, |weights| weights.get(row).copied().unwrap_or(0.0));
        let (mut sum, mut total) = (0.0, 0.0);
        for (row, (&log_odds, &label)) in self.log_odds.iter().zip(self.labels).enumerate() {
            sum += weight(row) * log_odds_loss(log_odds, label);
            total += weight(row);
        }
        if total > 0.0 { sum / total } else { 0.0 }
    }
}
