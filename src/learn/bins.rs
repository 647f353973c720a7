//! Quantile bins: a column of numbers becomes a column of at most 32 codes.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::learn::table::Table;

/// The most bins of a column, the one for missing values included.
pub const BINS_MAX: usize = 32;

/// How many rows of the table there should be for each bin: on few rows, finer cuts only fit the noise.
const ROWS_PER_BIN: usize = 40;

/// The fewest bins for values, however few the rows.
const VALUE_BINS_MIN: usize = 8;

/// Quantiles are those of at least so many rows, evenly taken, and of fewer than twice as many.
const CUT_ROWS: usize = 20_000;

/// The bin of a missing value.
pub const MISSING_BIN: u8 = 0;

/// The cut points of every column; a value's bin is 1 + how many cuts lie below it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bins {
    cuts: Vec<Vec<f64>>,
    /// The mean value of each bin, of columns whose own scale counts.
    means: Vec<Option<[f64; BINS_MAX]>>,
}

/// A table in bins.
#[derive(Clone, Debug)]
pub(crate) struct Binned<'a> {
    /// The bins.
    pub(crate) bins: &'a Bins,
    /// The bin of every value, by column and row.
    pub(crate) codes: Vec<Vec<u8>>,
}

impl Bins {
    /// Cuts every column at its quantiles, so that bins hold about equally many rows: one bin per 40 rows
    /// of the table, from 8 to 31.
    pub fn of(table: &Table) -> Self {
        let bins = (table.rows / ROWS_PER_BIN).clamp(VALUE_BINS_MIN, BINS_MAX - 1);
        let cuts: Vec<Vec<f64>> = table.columns.par_iter().map(|column| cuts_of(column, bins)).collect();
        Self { means: vec![None; cuts.len()], cuts }
    }

    /// Cuts so many columns as [`Self::of`] does, and gives the bins of their values; one column is held at a time for each
    /// thread. Where a column's `own_scale` counts, the mean value of each bin is kept.
    pub(crate) fn of_columns<'a>(
        rows: usize,
        columns: usize,
        column: impl Fn(usize) -> Cow<'a, [f64]> + Sync,
        own_scale: impl Fn(usize) -> bool + Sync,
    ) -> (Self, Vec<Vec<u8>>) {
        let bins = (rows / ROWS_PER_BIN).clamp(VALUE_BINS_MIN, BINS_MAX - 1);
        let of = |at: usize| {
            let values = column(at);
            let cuts = if own_scale(at) { cuts_by_scale(&values, bins) } else { cuts_of(&values, bins) };
            let codes: Vec<u8> = values.iter().map(|&value| bin_among(&cuts, value)).collect();
            let means = own_scale(at).then(|| means_of(&cuts, &codes, &values));
            ((cuts, means), codes)
        };
        let (bins, codes): (Vec<_>, Vec<_>) = (0..columns).into_par_iter().map(of).unzip();
        let (cuts, means) = bins.into_iter().unzip();
        (Self { cuts, means }, codes)
    }

    /// These cuts; `None` where a column has more than bins can tell apart.
    pub(crate) fn with_cuts(cuts: Vec<Vec<f64>>) -> Option<Self> {
        let few = cuts.iter().all(|cuts| cuts.len() <= BINS_MAX - 2);
        few.then(|| Self { means: vec![None; cuts.len()], cuts })
    }

    /// The cut points of a column, ascending and finite; none for a column that does not vary.
    pub fn cuts(&self, column: usize) -> &[f64] {
        self.cuts.get(column).map_or(&[], Vec::as_slice)
    }

    /// The mean value of each bin of a column whose own scale counts; `None` where only the order of values does.
    pub(crate) fn means(&self, column: usize) -> Option<&[f64; BINS_MAX]> {
        self.means.get(column)?.as_ref()
    }

    /// How many bins a column has, the missing one included.
    pub fn count(&self, column: usize) -> usize {
        self.cuts(column).len() + 2
    }

    /// The bin of a value.
    pub fn bin(&self, column: usize, value: f64) -> u8 {
        bin_among(self.cuts(column), value)
    }

    /// A table in these bins, which may be those of another one.
    pub(crate) fn encode(&self, table: &Table) -> Binned<'_> {
        Binned { bins: self, codes: self.codes(table) }
    }

    /// The bins of every value of a table, by column.
    fn codes(&self, table: &Table) -> Vec<Vec<u8>> {
        let code = |(at, cuts): (usize, &Vec<f64>)| match table.columns.get(at) {
            Some(column) => column.iter().map(|&value| bin_among(cuts, value)).collect(),
            None => vec![MISSING_BIN; table.rows],
        };
        self.cuts.par_iter().enumerate().map(code).collect()
    }
}

/// Which bins a split sends left: those up to `last_left`, and that of missing values where the split says so.
pub(crate) fn left_bins(last_left: u8, missing_left: bool) -> [bool; BINS_MAX] {
    std::array::from_fn(|code| match code as u8 {
        MISSING_BIN => missing_left,
        code => code <= last_left,
    })
}

/// The bin of a value among ascending cuts: 0 for NaN, else 1 + the number of cuts below the value.
pub(crate) fn bin_among(cuts: &[f64], value: f64) -> u8 {
    if value.is_nan() {
        return MISSING_BIN;
    }
    cuts.partition_point(|&cut| cut < value).min(BINS_MAX - 2) as u8 + 1
}

/// The mean value of each bin, 0 for missing values; of one without rows the middle between its cuts.
fn means_of(cuts: &[f64], codes: &[u8], values: &[f64]) -> [f64; BINS_MAX] {
    let mut sums = [(0.0, 0.0); BINS_MAX];
    let present = codes.iter().zip(values).filter(|(code, _)| **code != MISSING_BIN);
    for (&code, value) in present {
        let own = &mut sums[usize::from(code) % BINS_MAX];
        *own = (own.0 + value, own.1 + 1.0);
    }
    std::array::from_fn(|bin| match sums[bin] {
        (sum, rows) if rows > 0.0 => sum / rows,
        _ => match cuts.get(bin.saturating_sub(2)..bin).unwrap_or_default() {
            [low, high] => low / 2.0 + high / 2.0,
            _ => 0.0,
        },
    })
}

/// The cuts of a column into at most `bins` bins.
fn cuts_of(column: &[f64], bins: usize) -> Vec<f64> {
    // An infinite value is as far out as the last finite one, here as in the walk down a tree.
    let finite = |value: &f64| value.clamp(f64::MIN, f64::MAX);
    // Quantiles of a few ten thousand rows are those of all.
    let stride = (column.len() / CUT_ROWS).max(1);
    let seen = column.iter().step_by(stride);
    let mut values: Vec<f64> = seen.filter(|value| !value.is_nan()).map(finite).collect();
    values.sort_unstable_by(f64::total_cmp);
    let mut cuts: Vec<f64> = Vec::with_capacity(bins - 1);
    let distinct = 1 + values.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let mut since = 0usize;
    for (at, pair) in values.windows(2).enumerate() {
        since += 1;
        // Few distinct values are cut between each two of them; many, when the bin has its share of what
        // is left. A value that fills several bins alone so leaves the others to the rest.
        let share = (values.len() - at - 1 + since).div_ceil(bins - cuts.len());
        if pair[0] < pair[1] && (distinct <= bins || since >= share) && cuts.len() + 1 < bins {
            cuts.push(cut_between(pair[0], pair[1]));
            since = 0;
        }
    }
    cuts
}

/// The cuts of a column whose own scale counts: half of them at quantiles, half as far from each other as any other two, so
/// that the few values far out are not put together with those before them.
fn cuts_by_scale(column: &[f64], bins: usize) -> Vec<f64> {
    let mut cuts = cuts_of(column, bins.div_ceil(2));
    let (low, high) = column
        .iter()
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)));
    let steps = bins - cuts.len();
    if low < high {
        cuts.extend((1..steps).map(|step| low + (high - low) * step as f64 / steps as f64));
        cuts.sort_unstable_by(f64::total_cmp);
        cuts.dedup();
    }
    cuts
}

/// A number from `low` up to, not including, `high`: their midpoint where floats allow one.
fn cut_between(low: f64, high: f64) -> f64 {
    let middle = low / 2.0 + high / 2.0;
    if middle >= low && middle < high { middle } else { low }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bins_keep_the_order(values in prop::collection::vec(prop::num::f64::ANY, 0..400)) {
            let table = Table { rows: values.len(), columns: vec![values.clone()] };
            let bins = Bins::of(&table);
            let cuts = bins.cuts(0);
            prop_assert!(cuts.len() + 2 <= BINS_MAX);
            prop_assert!(cuts.iter().all(|cut| cut.is_finite()));
            prop_assert!(cuts.windows(2).all(|pair| pair[0] < pair[1]));
            for a in &values {
                prop_assert_eq!(bins.bin(0, *a) == MISSING_BIN, a.is_nan());
                for b in values.iter().filter(|b| *b >= a) {
                    prop_assert!(bins.bin(0, *a) <= bins.bin(0, *b));
                }
            }
        }
    }

    #[test]
    fn few_values_get_a_bin_each_however_close() {
        let values = vec![1e-9, 2e-9, 3e-9, f64::NAN, 1e-9];
        let bins = Bins::of(&Table { rows: 5, columns: vec![values] });
        let codes: Vec<u8> = [1e-9, 2e-9, 3e-9, f64::NAN].map(|value| bins.bin(0, value)).to_vec();
        assert_eq!(codes, [1, 2, 3, 0]);
    }

    #[test]
    fn values_far_out_have_bins_of_their_own_where_the_scale_counts() {
        // All but two in a hundred lie close together.
        let values: Vec<f64> =
            (0..2000).map(|row| if row % 100 < 2 { 1.6 } else { row as f64 / 1e5 }).collect();
        let of = |own_scale: bool| {
            let (bins, codes) = Bins::of_columns(2000, 1, |_| Cow::Borrowed(&values[..]), |_| own_scale);
            let last = values.iter().zip(&codes[0]).filter(|(_, code)| **code == codes[0][0]);
            (bins.means(0).copied(), last.map(|(value, _)| *value).collect::<Vec<f64>>(), codes[0][0])
        };
        let (means, beside, far) = of(true);
        assert!(beside.len() == 40 && beside.iter().all(|value| *value == 1.6), "{beside:?}");
        let (means, far) = (means.unwrap(), usize::from(far));
        assert!(means[0] == 0.0 && (means[far] - 1.6).abs() < 1e-9, "{means:?}");
        // A bin between them that no row lies in counts as what it stands for.
        assert!(means[1..=far].windows(2).all(|pair| pair[0] < pair[1]), "{means:?}");
        let (means, beside, _) = of(false);
        assert!(means.is_none() && beside.len() > 40, "{beside:?}");
    }

    #[test]
    fn many_values_fill_the_bins_evenly() {
        let values: Vec<f64> = (0..31_000).map(f64::from).collect();
        let table = Table { rows: values.len(), columns: vec![values] };
        let codes = Bins::of(&table).codes(&table);
        for bin in 1..32 {
            let rows = codes[0].iter().filter(|code| **code == bin).count();
            assert!((900..1100).contains(&rows), "{bin} {rows}");
        }
    }
}
