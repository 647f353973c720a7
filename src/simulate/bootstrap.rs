//! How far the differences between variants stray when other sessions are drawn: the paired bootstrap by session.

use super::comparison::DayTotals;
use crate::learn::{BOOTSTRAP_SEED, RESAMPLES, Rng};
use crate::stats::student;

/// The share of resamples inside of an interval.
pub(super) const CONFIDENCE: f64 = 0.95;

/// Sums of a set of sessions.
#[derive(Clone, Copy, Default)]
pub(super) struct Sums {
    pub pnl: f64,
    pub exposure: f64,
    pub trades: f64,
}

impl Sums {
    pub(super) fn of<'a>(days: impl Iterator<Item = &'a DayTotals>) -> Self {
        days.fold(Self::default(), |sum, day| Self {
            pnl: sum.pnl + day.pnl,
            exposure: sum.exposure + day.exposure,
            trades: sum.trades + day.trades,
        })
    }

    /// Result per unit of exposure.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.exposure > 0.0).then(|| self.pnl / self.exposure)
    }
}

/// A difference with its standard error.
#[derive(Clone, Copy)]
pub(super) struct Estimate {
    pub value: f64,
    pub error: f64,
}

/// Sum of the daily differences in P&L, and its standard error.
fn pnl_of(base: &[DayTotals], other: &[DayTotals], drawn: &[u32]) -> Estimate {
    let n = drawn.len() as f64;
    let (mut sum, mut squares) = (0.0, 0.0);
    for at in drawn {
        let gap = other[*at as usize].pnl - base[*at as usize].pnl;
        sum += gap;
        squares += gap * gap;
    }
    let spread = (squares - sum * sum / n).max(0.0);
    Estimate { value: sum, error: (n / (n - 1.0) * spread).sqrt() }
}

/// Difference of two ratios Σ pnl / Σ exposure, with the error of the linearised estimator (Cochran 1977, *Sampling
/// Techniques*, 3rd edition, section 6.4).
fn expectancy_of(base: &[DayTotals], other: &[DayTotals], drawn: &[u32]) -> Option<Estimate> {
    let days = |of: &[DayTotals]| Sums::of(drawn.iter().map(|at| &of[*at as usize]));
    let (old, new) = (days(base), days(other));
    let (before, after) = (old.mean()?, new.mean()?);
    let n = drawn.len() as f64;
    let squares: f64 = drawn
        .iter()
        .map(|at| {
            let (a, b) = (&base[*at as usize], &other[*at as usize]);
            let residual =
                (b.pnl - after * b.exposure) / new.exposure - (a.pnl - before * a.exposure) / old.exposure;
            residual * residual
        })
        .sum();
    Some(Estimate { value: after - before, error: (n / (n - 1.0) * squares).sqrt() })
}

/// The largest fall from a peak, trade by trade, the sessions in the order in which they were drawn.
pub(super) fn drawdown_of(days: &[DayTotals], drawn: &[u32]) -> f64 {
    let (mut equity, mut peak, mut worst) = (0.0f64, 0.0f64, 0.0f64);
    for at in drawn {
        let day = &days[*at as usize];
        worst = worst.max(day.fall).max(peak - (equity + day.reach.1));
        peak = peak.max(equity + day.reach.0);
        equity += day.pnl;
    }
    worst
}

/// How many standard errors a resample's estimate lies from the sample's.
fn distance(resampled: Estimate, sample: Estimate) -> f64 {
    let gap = (resampled.value - sample.value).abs();
    // Rounding is no distance.
    if gap <= 1e-12 * sample.value.abs() {
        0.0
    } else if resampled.error > 0.0 {
        gap / resampled.error
    } else {
        f64::INFINITY
    }
}

/// The point below which this share of the values lies.
pub(super) fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (share * (values.len() + 1) as f64).ceil() as usize;
    values.get(place.clamp(1, values.len().max(1)) - 1).copied().unwrap_or(f64::INFINITY)
}

/// A variant with its estimates over the sessions as they came.
pub(super) struct Sampled<'a> {
    days: &'a [DayTotals],
    pub pnl: Estimate,
    pub expectancy: Option<Estimate>,
}

impl<'a> Sampled<'a> {
    pub(super) fn new(base: &[DayTotals], days: &'a [DayTotals]) -> Self {
        let whole: Vec<u32> = (0..base.len() as u32).collect();
        Self { days, pnl: pnl_of(base, days, &whole), expectancy: expectancy_of(base, days, &whole) }
    }
}

/// What the resamples say.
pub(super) struct Resampled {
    /// Half-width of every interval of the net P&L, in standard errors; infinite where there is none.
    pub pnl_width: f64,
    /// Of the result per unit of exposure.
    pub expectancy_width: f64,
    /// For each variant, the difference of its largest fall to the base's in every resample.
    pub falls: Vec<Vec<f64>>,
}

/// Draws the sessions of all variants again and again.
///
/// Whole sessions are drawn with replacement, the same ones for every variant, and distances are studentised (Efron
/// and Tibshirani 1993, *An Introduction to the Bootstrap*, chapter 12): with few or uneven days the percentiles
/// alone are too narrow. The half-width is the 95 % point of the largest distance over all variants, in standard
/// errors, so that the best of many is held to a higher standard than one alone (Romano and Wolf 2005,
/// *Econometrica* 73(4), 1237–1282, the single step), and never below Student's t.
pub(super) fn resample(base: &[DayTotals], variants: &[Sampled<'_>]) -> Resampled {
    let sessions = base.len();
    let (mut of_pnl, mut of_expectancy) = (Vec::new(), Vec::new());
    let mut falls: Vec<Vec<f64>> = vec![Vec::new(); variants.len()];
    let mut rng = Rng::new(BOOTSTRAP_SEED, 0);
    for _ in 0..if variants.is_empty() { 0 } else { RESAMPLES } {
        let drawn: Vec<u32> = (0..sessions).map(|_| rng.below(sessions) as u32).collect();
        let fall = drawdown_of(base, &drawn);
        let (mut pnl, mut expectancy) = (0.0f64, 0.0f64);
        for (variant, falls) in variants.iter().zip(&mut falls) {
            pnl = pnl.max(distance(pnl_of(base, variant.days, &drawn), variant.pnl));
            if let Some(sample) = variant.expectancy {
                let found = expectancy_of(base, variant.days, &drawn);
                expectancy = expectancy.max(found.map_or(f64::INFINITY, |found| distance(found, sample)));
            }
            falls.push(drawdown_of(variant.days, &drawn) - fall);
        }
        of_pnl.push(pnl);
        of_expectancy.push(expectancy);
    }
    let least = student(sessions as f64 - 1.0);
    let [pnl_width, expectancy_width] = [of_pnl, of_expectancy].map(|of| quantile(of, CONFIDENCE).max(least));
    Resampled { pnl_width, expectancy_width, falls }
}

#[cfg(test)]
mod tests {
    use super::super::levels::{Closed, Closing};
    use super::*;

    /// A fall is one from trade to trade, whatever the day sums up to.
    #[test]
    fn falls_are_trade_by_trade() {
        let day = |results: &[f64]| {
            let mut day = DayTotals::default();
            for pnl in results {
                let exit = crate::domain::Timestamp::from_micros(0);
                let closing = Closing::AsItWas;
                day.add(&Closed {
                    pnl: *pnl,
                    pnl_frac: 0.0,
                    exposure: 0.0,
                    exit,
                    closing,
                    inconclusive: None,
                });
            }
            day
        };
        let days = [day(&[-5.0, 9.0]), day(&[4.0, -19.0, 15.0]), day(&[-1.0])];
        // From 8 down to −11; the other way around from −1 + 4 to −16.
        assert_eq!(drawdown_of(&days, &[0, 1, 2]), 19.0);
        assert_eq!(drawdown_of(&days, &[2, 0]), 6.0);
        assert_eq!(drawdown_of(&days, &[0, 2, 2]), 5.0);
    }
}
