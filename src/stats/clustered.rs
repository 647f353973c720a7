//! Means and ratios with intervals that respect that the trades of one day are not independent.

use super::Undefined;
use super::false_discovery::benjamini_hochberg;
use super::student::student;
use super::student_tail::two_sided;

/// A ratio Σa / Σb over days, with the variance that the days show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clustered {
    /// Σa / Σb.
    pub value: f64,
    /// Variance of the value.
    pub variance: f64,
    /// Days that have a part in it.
    pub days: u64,
}

impl Clustered {
    /// Returns Σa / Σb over the pairs (a, b) of each day; days where both are 0 have no part. The variance is that
    /// of a ratio estimator over clusters, G/(G − 1) · Σ(a − R·b)² / (Σb)² (Cochran 1977, *Sampling
    /// Techniques*, 3rd edition, section 6.4); with b = 1 a trade it is the cluster-robust variance of a mean.
    ///
    /// # Errors
    /// [`Undefined::TooFewDays`] below 2 days, [`Undefined::NoVariation`] when Σb is 0.
    pub fn of(days: impl IntoIterator<Item = (f64, f64)>) -> Result<Self, Undefined> {
        let days: Vec<(f64, f64)> = days.into_iter().filter(|(a, b)| *a != 0.0 || *b != 0.0).collect();
        let have = days.len() as u64;
        if have < 2 {
            return Err(Undefined::TooFewDays { need: 2, have });
        }
        let (a, b) = days.iter().fold((0.0, 0.0), |sum, day| (sum.0 + day.0, sum.1 + day.1));
        if b == 0.0 {
            return Err(Undefined::NoVariation);
        }
        let value = a / b;
        let squares: f64 = days.iter().map(|(a, b)| (a - value * b).powi(2)).sum();
        let groups = have as f64;
        let variance = groups / (groups - 1.0) * squares / (b * b);
        if value.is_finite() && variance.is_finite() {
            Ok(Self { value, variance, days: have })
        } else {
            Err(Undefined::Overflow)
        }
    }

    /// Σa / Σb of one group less that of another over the same days, from (a, b) of the one and of the other: the
    /// linearised estimator of a difference of ratios, with the residuals of both added day by day, so that what moves
    /// a day's trades alike is counted once (Cochran 1977, section 6.4). `days` is the smaller number of days that
    /// either group has.
    ///
    /// # Errors
    /// [`Undefined::TooFewDays`] where a group has fewer than 2 days.
    pub fn contrast(days: &[[f64; 4]]) -> Result<Self, Undefined> {
        let count = |at: usize| days.iter().filter(|day| day[at] != 0.0).count() as u64;
        let have = count(1).min(count(3));
        if have < 2 {
            return Err(Undefined::TooFewDays { need: 2, have });
        }
        let sum = |at: usize| days.iter().map(|day| day[at]).sum::<f64>();
        let (b, d) = (sum(1), sum(3));
        let (one, other) = (sum(0) / b, sum(2) / d);
        let residual = |day: &[f64; 4]| (day[0] - one * day[1]) / b - (day[2] - other * day[3]) / d;
        let groups = days.len() as f64;
        let variance = groups / (groups - 1.0) * days.iter().map(|day| residual(day).powi(2)).sum::<f64>();
        let value = one - other;
        let found = Self { value, variance, days: have };
        (value.is_finite() && variance.is_finite()).then_some(found).ok_or(Undefined::Overflow)
    }

    /// The two-sided probability of a value so far from zero by chance; 1 where nothing varies.
    pub fn p(&self) -> f64 {
        let freedom = self.days as f64 - 1.0;
        if self.variance > 0.0 { two_sided(self.value / self.variance.sqrt(), freedom) } else { 1.0 }
    }

    /// The 95 % interval, with Student's t on one degree of freedom less than there are days.
    pub fn interval(&self) -> (f64, f64) {
        let half = student(self.days as f64 - 1.0) * self.variance.sqrt();
        (self.value - half, self.value + half)
    }

    /// The two-sided probability of so large a difference by chance, by the same test as [`Self::difference`]; 1 where
    /// neither side varies.
    pub fn difference_p(&self, other: &Self) -> f64 {
        let variance = self.variance + other.variance;
        let part = |of: &Self| of.variance * of.variance / (of.days as f64 - 1.0);
        let freedom = variance * variance / (part(self) + part(other));
        if variance > 0.0 { two_sided((self.value - other.value) / variance.sqrt(), freedom) } else { 1.0 }
    }

    /// The 95 % interval of this value less another, which rests on other days, with the degrees of freedom
    /// of Welch (1947, *Biometrika* 34(1/2), 28–35).
    pub fn difference(&self, other: &Self) -> (f64, f64) {
        let variance = self.variance + other.variance;
        let part = |of: &Self| of.variance * of.variance / (of.days as f64 - 1.0);
        let freedom = variance * variance / (part(self) + part(other));
        let half = if variance > 0.0 { student(freedom) * variance.sqrt() } else { 0.0 };
        let gap = self.value - other.value;
        (gap - half, gap + half)
    }
}

/// Which of many pairs (newer, older) differ, so that at most `share` of those named are chance: Welch's test by
/// session for each, all of them through Benjamini and Hochberg's procedure.
pub fn clear_differences(pairs: &[(Clustered, Clustered)], share: f64) -> Vec<usize> {
    let p: Vec<f64> = pairs.iter().map(|(newer, older)| newer.difference_p(older)).collect();
    benjamini_hochberg(&p, share)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_trade_a_day_is_the_ordinary_interval() {
        // 1, 2, 3, 4, 5: mean 3, s² = 2.5, standard error √0.5, t₄ = 2.776445.
        let days = Clustered::of((1..=5).map(|v| (f64::from(v), 1.0))).unwrap();
        let half = 2.776_445 * 0.5f64.sqrt();
        assert_eq!(days.value, 3.0);
        assert!((days.interval().0 - (3.0 - half)).abs() < 1e-9);
        assert!((days.variance - 0.5).abs() < 1e-12);
        assert_eq!(Clustered::of([(1.0, 1.0)]), Err(Undefined::TooFewDays { need: 2, have: 1 }));
        assert_eq!(
            Clustered::of([(0.0, 0.0), (2.0, 3.0)]).unwrap_err().to_string(),
            "needs 2 trading days, has 1"
        );
    }

    #[test]
    fn repeating_a_days_trades_teaches_nothing() {
        let once = Clustered::of([(1.0, 1.0), (3.0, 1.0), (2.0, 1.0)]).unwrap();
        let often = Clustered::of([(50.0, 50.0), (150.0, 50.0), (100.0, 50.0)]).unwrap();
        assert!((once.variance - often.variance).abs() < 1e-12);
        assert!((once.difference(&often).0 + once.difference(&often).1).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_value(days in proptest::collection::vec((-1e3f64..1e3, 1.0f64..50.0), 2..30)) {
            let found = Clustered::of(days).unwrap();
            let (low, high) = found.interval();
            prop_assert!(low <= found.value && found.value <= high);
        }
    }
}
