//! Do signals still look like the rows that a model learned from? Asked of the columns alone, before any outcome is known.

use serde::{Deserialize, Serialize};

use super::table::Table;

/// Bins of a profile, the one of missing values not counted.
const BINS: usize = 10;

/// A value further outside the range learned from than this share of its width is out of the model's domain: of normal
/// values of 50 columns about one signal in 200 is by chance.
const RANGE_SLACK: f64 = 0.1;

/// A population stability index above this is a shift by the usual rule of thumb (Siddiqi 2006, *Credit Risk
/// Scorecards*, chapter 10)…
const SHIFTED_ABOVE: f64 = 0.25;

/// …beyond this many times what chance alone gives.
const CHANCE_TIMES: f64 = 3.0;

/// What a column looked like in the rows learned from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Least finite value; none when there was none.
    pub low: Option<f64>,
    /// Greatest finite value.
    pub high: Option<f64>,
    /// Ascending cuts between at most ten bins.
    pub cuts: Vec<f64>,
    /// Rows in each bin, those without a value first.
    pub rows: Vec<u32>,
}

impl Profile {
    /// The profile of a column.
    pub fn of(values: &[f64]) -> Self {
        let mut finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
        finite.sort_unstable_by(f64::total_cmp);
        let mut cuts: Vec<f64> =
            (1..BINS).filter_map(|at| finite.get(finite.len() * at / BINS).copied()).collect();
        cuts.dedup();
        // A cut at the greatest value would leave a bin empty for ever.
        cuts.retain(|cut| Some(cut) != finite.last());
        let rows = rows_by_bin(&cuts, values);
        Self { low: finite.first().copied(), high: finite.last().copied(), cuts, rows }
    }

    /// Whether a value lies outside the range learned from by more than a tenth of its width. A missing value does not.
    pub fn is_outside(&self, value: f64) -> bool {
        let (Some(low), Some(high)) = (self.low, self.high) else { return false };
        let slack = (high - low) * RANGE_SLACK;
        value < low - slack || value > high + slack
    }

    /// Whether what was read from outside is usable.
    pub(super) fn is_sound(&self) -> bool {
        let finite = self.cuts.iter().chain(&self.low).chain(&self.high).all(|value| value.is_finite());
        finite && self.cuts.len() < BINS && self.rows.len() == self.cuts.len() + 2
    }
}

fn rows_by_bin(cuts: &[f64], values: &[f64]) -> Vec<u32> {
    let mut rows = vec![0; cuts.len() + 2];
    for value in values {
        let bin = if value.is_nan() { 0 } else { 1 + cuts.partition_point(|cut| cut < value) };
        rows[bin] += 1;
    }
    rows
}

/// How far a column has moved since training.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// The column, by its place in the manifest.
    pub column: usize,
    /// Share of the rows with a value outside the range learned from.
    pub outside_frac: f64,
    /// Population stability index: the sum over bins of (a − e) · ln(a / e), of the shares now and in training, half a row
    /// added to each bin.
    pub stability: f64,
    /// What it comes to on average when nothing has changed: (bins − 1) · (1 / rows now + 1 / rows in training).
    pub by_chance: f64,
}

impl Drift {
    /// Whether the column has moved: above 0.25, and three times what chance gives.
    pub fn is_shifted(&self) -> bool {
        self.stability > SHIFTED_ABOVE && self.stability > CHANCE_TIMES * self.by_chance
    }
}

/// The drift of each column of a table of recent rows; none without rows. The profiles stand in the order of the columns.
pub fn drift(profiles: &[Profile], recent: &Table) -> Vec<Drift> {
    let of = |(column, (profile, values)): (usize, (&Profile, &Vec<f64>))| {
        let now = rows_by_bin(&profile.cuts, values);
        let bins = now.len() as f64;
        let total = |rows: &[u32]| rows.iter().map(|rows| f64::from(*rows)).sum::<f64>();
        let (all_now, all_then) = (total(&now), total(&profile.rows));
        let share = |rows: u32, all: f64| (f64::from(rows) + 0.5) / (all + bins / 2.0);
        let pairs =
            now.iter().zip(&profile.rows).map(|(now, then)| (share(*now, all_now), share(*then, all_then)));
        Drift {
            column,
            outside_frac: values.iter().filter(|value| profile.is_outside(**value)).count() as f64 / all_now,
            stability: pairs.map(|(now, then)| (now - then) * (now / then).ln()).sum(),
            by_chance: (bins - 1.0) * (1.0 / all_now + 1.0 / all_then.max(1.0)),
        }
    };
    let sound = profiles.iter().zip(&recent.columns).enumerate();
    sound.filter(|(_, (profile, _))| recent.rows > 0 && profile.is_sound()).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::Rng;

    fn normal(rng: &mut Rng, mean: f64) -> f64 {
        mean + (0..12).map(|_| rng.below(1_000_000) as f64 / 1e6).sum::<f64>() - 6.0
    }

    fn column(rng: &mut Rng, rows: usize, mean: f64) -> Vec<f64> {
        (0..rows).map(|_| normal(rng, mean)).collect()
    }

    #[test]
    fn the_index_of_two_bins_by_hand() {
        let profile = Profile { low: Some(0.0), high: Some(1.0), cuts: vec![0.5], rows: vec![0, 50, 50] };
        let found = drift(&[profile], &Table::new(vec![vec![0.0, 0.1, 0.2, 0.9]]).unwrap());
        let share = |rows: f64, all: f64| (rows + 0.5) / (all + 1.5);
        let term = |now: f64, then: f64| (now - then) * (now / then).ln();
        let want = term(share(0.0, 4.0), share(0.0, 100.0))
            + term(share(3.0, 4.0), share(50.0, 100.0))
            + term(share(1.0, 4.0), share(50.0, 100.0));
        assert!((found[0].stability - want).abs() < 1e-12 && found[0].outside_frac == 0.0);
        assert!((found[0].by_chance - 2.0 * (0.25 + 0.01)).abs() < 1e-12 && !found[0].is_shifted());
    }

    #[test]
    fn what_has_not_changed_is_hardly_ever_said_to_have_and_a_shift_is_seen() {
        let (mut false_alarms, mut seen, mut outside) = (0, 0, 0);
        for seed in 0..400 {
            let mut rng = Rng::new(seed, 0);
            let profile = [Profile::of(&column(&mut rng, 800, 0.0))];
            let mut drift_of = |rows, mean| {
                let table = Table::new(vec![column(&mut rng, rows, mean)]).unwrap();
                drift(&profile, &table).remove(0)
            };
            let same = drift_of(40, 0.0);
            false_alarms += usize::from(same.is_shifted());
            outside += usize::from(same.outside_frac > 0.0);
            seen += usize::from(drift_of(200, 0.8).is_shifted());
        }
        assert!(false_alarms <= 20 && outside <= 20, "{false_alarms} {outside}");
        assert!(seen >= 380, "{seen}");
    }

    #[test]
    fn missing_values_that_come_up_are_a_shift_and_no_rows_say_nothing() {
        let mut rng = Rng::new(1, 0);
        let values = column(&mut rng, 500, 0.0);
        let profile = [Profile::of(&values)];
        let gone = Table::new(vec![vec![f64::NAN; 100]]).unwrap();
        let found = drift(&profile, &gone);
        assert!(found[0].is_shifted() && found[0].outside_frac == 0.0);
        assert!(drift(&profile, &Table::default()).is_empty());
        assert!(Profile::of(&[]).is_sound() && Profile::of(&[3.0; 9]).is_sound());
        assert!(!Profile::of(&values).is_outside(f64::NAN) && Profile::of(&values).is_outside(50.0));
    }
}
