//! Means and ratios with intervals that respect that the trades of one day are not independent.

use super::Undefined;
use super::false_discovery::benjamini_hochberg;
use super::student::student;
use super::student_tail::two_sided;

/// A ratio Σa / Σb over days, with the variance that the days show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clustered {
    /// Σa / Σb, in the unit of a over that of b.
    pub value: f64,
    /// Variance of that ratio, in its unit squared; 0 or above.
    pub variance: f64,
    /// Days that have a part in it.
    pub days: u64,
    /// Σb, and the variance of a unit of it: Σ((a − R·b)²/b) / (G − 1).
    unit: (f64, f64),
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
        let a_unit = |(a, b): &(f64, f64)| (a - value * b).powi(2) / b;
        let of_unit = days.iter().filter(|day| day.1 > 0.0).map(a_unit).sum::<f64>() / (groups - 1.0);
        if value.is_finite() && variance.is_finite() {
            Ok(Self { value, variance, days: have, unit: (b, of_unit) })
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
        let found = Self::known(one - other, variance.sqrt(), have);
        (found.value.is_finite() && variance.is_finite()).then_some(found).ok_or(Undefined::Overflow)
    }

    /// The two-sided probability of a value so far from zero by chance; 1 where nothing varies.
    pub fn p(&self) -> f64 {
        let freedom = self.days as f64 - 1.0;
        if self.variance > 0.0 { two_sided(self.value / self.variance.sqrt(), freedom) } else { 1.0 }
    }

    /// A value of which the error is known, from so many days.
    pub fn known(value: f64, error: f64, days: u64) -> Self {
        let variance = error * error;
        Self { value, variance, days, unit: (1.0, variance) }
    }

    /// The 95 % interval, with Student's t on one degree of freedom less than there are days.
    pub fn interval(&self) -> (f64, f64) {
        let half = student(self.days as f64 - 1.0) * self.variance.sqrt();
        (self.value - half, self.value + half)
    }

    /// The two-sided probability of so large a difference by chance; 1 where neither side varies. It is the larger of
    /// two, because either is too small far out where the other is not: Welch's, which trusts the variance of a
    /// handful of days, and one in which no side varies less than both together (a ratio's dispersion pooled over
    /// groups, McCullagh and Nelder 1989, *Generalized Linear Models*, 2nd edition, section 4.5).
    pub fn difference_p(&self, other: &Self) -> f64 {
        let gap = self.value - other.value;
        let own = self.variance + other.variance;
        let days = (self.days + other.days) as f64 - 2.0;
        let pooled =
            ((self.days as f64 - 1.0) * self.unit.1 + (other.days as f64 - 1.0) * other.unit.1) / days;
        let at_least = |of: &Self| of.variance.max(pooled / of.unit.0);
        let both = at_least(self) + at_least(other);
        if own <= 0.0 || both.is_nan() {
            return 1.0;
        }
        two_sided(gap / own.sqrt(), self.freedom(other)).max(two_sided(gap / both.sqrt(), days))
    }

    /// The degrees of freedom of a difference (Welch 1947, *Biometrika* 34(1/2), 28–35).
    fn freedom(&self, other: &Self) -> f64 {
        let variance = self.variance + other.variance;
        let part = |of: &Self| of.variance * of.variance / (of.days as f64 - 1.0);
        variance * variance / (part(self) + part(other))
    }

    /// The 95 % interval of this value less another, which rests on other days, by Welch.
    pub fn difference(&self, other: &Self) -> (f64, f64) {
        let variance = self.variance + other.variance;
        let half = if variance > 0.0 { student(self.freedom(other)) * variance.sqrt() } else { 0.0 };
        let gap = self.value - other.value;
        (gap - half, gap + half)
    }
}

/// Which of many pairs (newer, older) differ, so that at most `share` of those named are chance: a test by session for
/// each ([`Clustered::difference_p`]), all of them through Benjamini and Hochberg's procedure.
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

    #[test]
    fn a_difference_is_as_rare_as_the_rarer_of_two_tests_says() {
        let few = Clustered::of([(1.0, 1.0), (1.1, 1.0), (0.9, 1.0)]).unwrap();
        let many = Clustered::of((0..16).map(|n| (f64::from(n % 4) - 1.5, 1.0))).unwrap();
        // Variances .02·3/2/9 and 20·16/15/256: the gap of 1 is 3.396 errors, on 16.03 degrees of freedom.
        let welch = two_sided(1.0 / (few.variance + many.variance).sqrt(), few.freedom(&many));
        assert!((welch - 0.003_676).abs() < 1e-6, "{welch}");
        // Three days that happen to be alike do not vary less than all nineteen: (.02 + 20)/17 a day.
        let unit: f64 = 20.02 / 17.0;
        let pooled = two_sided(1.0 / (unit / 3.0 + many.variance).sqrt(), 17.0);
        assert!((pooled - 0.165_366).abs() < 1e-6 && (few.difference_p(&many) - pooled).abs() < 1e-12);
        assert_eq!(few.difference_p(&many), many.difference_p(&few));
    }

    #[test]
    fn the_interval_of_a_difference_is_that_of_the_hand_calculation() {
        // 3 with a variance of ½ of five days, 1 with one of 1 of two: 1.5² / (.5²/4 + 1²/1) degrees of freedom.
        let five = Clustered::of((1..=5).map(|v| (f64::from(v), 1.0))).unwrap();
        let two = Clustered::of([(0.0, 1.0), (2.0, 1.0)]).unwrap();
        assert!((two.variance - 1.0).abs() < 1e-12 && (five.freedom(&two) - 2.25 / 1.0625).abs() < 1e-12);
        let half = student(2.25 / 1.0625) * 1.5f64.sqrt();
        let (low, high) = five.difference(&two);
        assert!((low - (2.0 - half)).abs() < 1e-9 && (high - (2.0 + half)).abs() < 1e-9, "{low} {high}");
        assert_eq!(Clustered::of([(f64::MAX, 1.0), (-f64::MAX, 1.0)]), Err(Undefined::Overflow));
    }

    #[test]
    fn a_contrast_counts_once_what_moves_both_groups() {
        // Two trades a day: 2 and 6 against 1 and 0, so 2 less ¼ a trade; residuals ∓½ and ±⅛, together ∓.625.
        let found = Clustered::contrast(&[[2.0, 2.0, 1.0, 2.0], [6.0, 2.0, 0.0, 2.0]]).unwrap();
        assert_eq!((found.value, found.days), (1.75, 2));
        assert!((found.variance - 2.0 * 2.0 * 0.625 * 0.625).abs() < 1e-12, "{found:?}");
        // 1.4 errors on one degree of freedom: 1 − 2/π · atan 1.4.
        let p = 1.0 - 2.0 / std::f64::consts::PI * 1.4f64.atan();
        assert!((found.p() - p).abs() < 1e-9, "{}", found.p());
        let few = Clustered::contrast(&[[2.0, 2.0, 1.0, 2.0], [6.0, 2.0, 0.0, 0.0]]);
        assert_eq!(few, Err(Undefined::TooFewDays { need: 2, have: 1 }));
    }

    #[test]
    fn a_unit_varies_by_what_its_days_do() {
        // 2 and 6 of two each: a mean of 2, residuals ∓2 on two units each, (4/2 + 4/2)/1; a day without a unit tells none.
        assert_eq!(Clustered::of([(2.0, 2.0), (6.0, 2.0)]).unwrap().unit, (4.0, 4.0));
        let (units, of_unit) = Clustered::of([(2.0, 2.0), (6.0, 2.0), (1.0, 0.0)]).unwrap().unit;
        // A mean of 9/4 then: (2.5² + 1.5²)/2 over two.
        assert!(units == 4.0 && (of_unit - 2.125).abs() < 1e-12, "{of_unit}");
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
