//! A sum of one step function per column: what the linear start is kept as.

use serde::{Deserialize, Serialize};

use crate::learn::bins::{BINS_MAX, bin_among};
use crate::learn::damage::{Damaged, bounded};

/// One column's share of the log-odds by bin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Additive {
    /// The column.
    pub column: u32,
    /// Ascending cut points; a value's bin is 1 + how many of them lie below it, 0 if it is missing.
    pub cuts: Vec<f64>,
    /// The log-odds of each bin; their mean over the rows learned from is 0.
    pub values: Vec<f64>,
    /// By how much the column lowered the summed loss of the rows learned from, were it alone.
    pub gain: f64,
}

impl Additive {
    /// The log-odds a value adds.
    pub fn value(&self, value: f64) -> f64 {
        self.values.get(usize::from(bin_among(&self.cuts, value))).copied().unwrap_or(0.0)
    }

    /// Adds another part of the same column and bins, so many times.
    pub(crate) fn add(&mut self, times: f64, other: &Self) {
        self.values.iter_mut().zip(&other.values).for_each(|(sum, value)| *sum += times * value);
        self.gain += times * other.gain;
    }

    /// Whether every value has a finite share.
    pub(crate) fn check(&self, columns: usize) -> Result<(), Damaged> {
        let shaped = self.cuts.len() + 2 == self.values.len() && self.values.len() <= BINS_MAX;
        let ascending = self.cuts.windows(2).all(|pair| pair[0] < pair[1]);
        let sound = self.gain.is_finite() && self.gain >= 0.0;
        if self.column as usize >= columns {
            Err(Damaged::Column)
        } else if !shaped || !ascending {
            Err(Damaged::Shape)
        } else if sound
            && self.cuts.iter().all(|cut| cut.is_finite())
            && self.values.iter().all(|value| bounded(*value))
        {
            Ok(())
        } else {
            Err(Damaged::Number)
        }
    }
}
