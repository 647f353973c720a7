//! Is a variant better than what it is held against, or is the difference what days do by themselves?

use serde::{Deserialize, Serialize};

use super::levels::Closed;
use crate::learn::Rng;
use crate::metrics::student;

/// The seed of every bootstrap here.
pub const BOOTSTRAP_SEED: u64 = 20_190_211;

/// Resamples.
pub const RESAMPLES: usize = 2000;

/// Sessions that a verdict takes…
pub const NEEDED_SESSIONS: usize = 10;

/// …and sessions on which the two differ at all.
pub const NEEDED_DIFFERENT: usize = 5;

/// The share of resamples inside of an interval.
const CONFIDENCE: f64 = 0.95;

/// What a session brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DayTotals {
    /// Net result in the account's currency.
    pub pnl: f64,
    /// Sum of the trades' results as fractions of their positions.
    pub frac: f64,
    /// Trades.
    pub trades: f64,
}

impl DayTotals {
    /// Adds a trade.
    pub fn add(&mut self, closed: &Closed) {
        self.pnl += closed.pnl;
        self.frac += closed.pnl_frac;
        self.trades += 1.0;
    }
}

/// A 95 % interval, or why there is none.
pub type Interval = Result<(f64, f64), String>;

/// A difference with its interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The variant less what it is held against; none where either has no value.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Interval,
}

/// What a comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The whole interval lies above zero.
    Better,
    /// Below zero.
    Worse,
    /// Neither, or too little to tell.
    Unclear,
}

impl Verdict {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Unclear => "unclear",
        }
    }
}

/// A variant beside what it is held against.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Net P&L over all sessions; this is what the verdict rests on.
    pub pnl: Difference,
    /// Mean result of a trade, as a fraction of the position.
    pub expectancy: Difference,
    /// Largest fall of the account from a peak, by sessions: the percentile interval, without a verdict.
    pub drawdown: Difference,
    /// Sessions.
    pub sessions: usize,
    /// Sessions on which the results differ.
    pub different: usize,
    /// The word.
    pub verdict: Verdict,
}

/// Sums of a set of sessions.
#[derive(Clone, Copy, Default)]
struct Sums {
    pnl: f64,
    frac: f64,
    trades: f64,
}

impl Sums {
    fn of<'a>(days: impl Iterator<Item = &'a DayTotals>) -> Self {
        days.fold(Self::default(), |sum, day| Self {
            pnl: sum.pnl + day.pnl,
            frac: sum.frac + day.frac,
            trades: sum.trades + day.trades,
        })
    }

    fn mean(&self) -> Option<f64> {
        (self.trades > 0.0).then(|| self.frac / self.trades)
    }
}

/// A difference of means with its standard error.
#[derive(Clone, Copy)]
struct Estimate {
    value: f64,
    error: f64,
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

/// Difference of two ratios Σ frac / Σ trades, with the error of the linearised estimator (Cochran 1977, *Sampling
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
                (b.frac - after * b.trades) / new.trades - (a.frac - before * a.trades) / old.trades;
            residual * residual
        })
        .sum();
    Some(Estimate { value: after - before, error: (n / (n - 1.0) * squares).sqrt() })
}

/// The largest fall from a peak, the sessions in the order in which they were drawn.
fn drawdown_of(days: &[DayTotals], drawn: &[u32]) -> f64 {
    let (mut equity, mut peak, mut worst) = (0.0f64, 0.0f64, 0.0f64);
    for at in drawn {
        equity += days[*at as usize].pnl;
        peak = peak.max(equity);
        worst = worst.max(peak - equity);
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

/// The point below which 95 % of the values lie.
fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (share * (values.len() + 1) as f64).ceil() as usize;
    values.get(place.clamp(1, values.len().max(1)) - 1).copied().unwrap_or(f64::INFINITY)
}

/// Compares variants with what they are held against, session by session, in the same sessions.
///
/// The bootstrap draws whole sessions with replacement, the same ones for every variant, and studentises (Efron and
/// Tibshirani 1993, *An Introduction to the Bootstrap*, chapter 12): with few or uneven days the percentiles
/// alone are too narrow. The half-width of all intervals is the 95 % point of the largest distance over all
/// variants, in standard errors, so that the best of many is held to a higher standard than one alone (Romano and
/// Wolf 2005, *Econometrica* 73(4), 1237–1282, the single step), and never below Student's t.
pub fn compare(base: &[DayTotals], variants: &[Vec<DayTotals>]) -> Vec<Comparison> {
    let sessions = base.len();
    let whole: Vec<u32> = (0..sessions as u32).collect();
    let differs = |other: &[DayTotals]| -> usize {
        base.iter()
            .zip(other)
            .filter(|(a, b)| a.pnl != b.pnl || a.frac != b.frac || a.trades != b.trades)
            .count()
    };
    // What is the same as the base, or cannot be told, has no part in the correction.
    let told = |other: &[DayTotals]| sessions >= NEEDED_SESSIONS && differs(other) >= NEEDED_DIFFERENT;
    let asked: Vec<usize> =
        (0..variants.len()).filter(|at| variants[*at].len() == sessions && told(&variants[*at])).collect();
    let samples: Vec<(Estimate, Option<Estimate>)> = asked
        .iter()
        .map(|at| (pnl_of(base, &variants[*at], &whole), expectancy_of(base, &variants[*at], &whole)))
        .collect();
    let (mut of_pnl, mut of_expectancy) = (Vec::new(), Vec::new());
    let mut falls: Vec<Vec<f64>> = vec![Vec::new(); asked.len()];
    let mut rng = Rng::new(BOOTSTRAP_SEED, 0);
    for _ in 0..if asked.is_empty() { 0 } else { RESAMPLES } {
        let drawn: Vec<u32> = (0..sessions).map(|_| rng.below(sessions) as u32).collect();
        let fall = drawdown_of(base, &drawn);
        let (mut pnl, mut expectancy) = (0.0f64, 0.0f64);
        for (place, at) in asked.iter().enumerate() {
            let other = &variants[*at];
            pnl = pnl.max(distance(pnl_of(base, other, &drawn), samples[place].0));
            if let Some(sample) = samples[place].1 {
                let found = expectancy_of(base, other, &drawn);
                expectancy = expectancy.max(found.map_or(f64::INFINITY, |found| distance(found, sample)));
            }
            falls[place].push(drawdown_of(other, &drawn) - fall);
        }
        of_pnl.push(pnl);
        of_expectancy.push(expectancy);
    }
    let least = student(sessions as f64 - 1.0);
    let widths = [of_pnl, of_expectancy].map(|of| quantile(of, CONFIDENCE).max(least));
    let around = |estimate: Estimate, width: f64| -> Interval {
        if width.is_finite() {
            Ok((estimate.value - width * estimate.error, estimate.value + width * estimate.error))
        } else {
            Err("a few sessions make all of the difference".into())
        }
    };
    let compared = |at: usize| {
        let other = &variants[at];
        let different = differs(other);
        let gap =
            |of: fn(&Sums) -> Option<f64>| Some(of(&Sums::of(other.iter()))? - of(&Sums::of(base.iter()))?);
        let fall =
            drawdown_of(other, &(0..other.len() as u32).collect::<Vec<_>>()) - drawdown_of(base, &whole);
        let why = match (asked.iter().position(|known| *known == at), different) {
            (Some(place), _) => {
                let (pnl, expectancy) = samples[place];
                let pnl = Difference { value: Some(pnl.value), interval: around(pnl, widths[0]) };
                let verdict = match pnl.interval {
                    Ok((low, _)) if low > 0.0 => Verdict::Better,
                    Ok((_, high)) if high < 0.0 => Verdict::Worse,
                    _ => Verdict::Unclear,
                };
                let none = || Err("no trades".to_owned());
                let falls = &falls[place];
                let end = |share: f64| quantile(falls.clone(), share);
                return Comparison {
                    pnl,
                    expectancy: Difference {
                        value: expectancy.map(|found| found.value),
                        interval: expectancy.map_or_else(none, |found| around(found, widths[1])),
                    },
                    drawdown: Difference {
                        value: Some(fall),
                        interval: Ok((end((1.0 - CONFIDENCE) / 2.0), end((1.0 + CONFIDENCE) / 2.0))),
                    },
                    sessions,
                    different,
                    verdict,
                };
            }
            (None, 0) => "nothing on the tape comes out otherwise".to_owned(),
            (None, _) if sessions < NEEDED_SESSIONS => {
                format!("{sessions} sessions, it takes {NEEDED_SESSIONS}")
            }
            (None, _) => format!("results differ on {different} sessions, it takes {NEEDED_DIFFERENT}"),
        };
        let untold = |value| Difference { value, interval: Err(why.clone()) };
        Comparison {
            pnl: untold(gap(|sums| Some(sums.pnl))),
            expectancy: untold(gap(Sums::mean)),
            drawdown: untold(Some(fall)),
            sessions,
            different,
            verdict: Verdict::Unclear,
        }
    };
    (0..variants.len()).map(compared).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(pnl: &[f64]) -> Vec<DayTotals> {
        pnl.iter().map(|pnl| DayTotals { pnl: *pnl, frac: pnl / 1000.0, trades: 2.0 }).collect()
    }

    fn noise(rng: &mut Rng) -> f64 {
        (0..12).map(|_| rng.below(1_000_000) as f64 / 1e6).sum::<f64>() - 6.0
    }

    #[test]
    fn the_differences_are_those_of_a_hand() {
        let base = days(&[1.0, -2.0, 3.0, 0.5, 1.0, 2.0, -1.0, 0.0, 1.5, 2.5]);
        let other: Vec<DayTotals> = base
            .iter()
            .enumerate()
            .map(|(at, day)| DayTotals { pnl: day.pnl + 5.0 + at as f64, ..*day })
            .collect();
        let found = &compare(&base, &[other])[0];
        // 5 + 6 + … + 14.
        assert_eq!((found.pnl.value, found.verdict), (Some(95.0), Verdict::Better));
        assert_eq!((found.sessions, found.different, found.expectancy.value), (10, 10, Some(0.0)));
        let (low, high) = found.pnl.interval.clone().unwrap();
        assert!(low > 0.0 && low < 95.0 && (high + low - 190.0).abs() < 1e-9, "{low} {high}");
        // Sums of ten values with s² = 82.5 / 9: at least Student's t with nine degrees of freedom.
        let least = 2.262_157 * (10.0f64 * 82.5 / 9.0).sqrt();
        assert!(high - 95.0 >= least * 0.999, "{high} {least}");
    }

    #[test]
    fn few_sessions_tell_nothing_and_say_so() {
        let why = |base: &[f64], other: &[f64]| {
            let found = compare(&days(base), &[days(other)]).remove(0);
            assert_eq!(found.verdict, Verdict::Unclear);
            found.pnl.interval.unwrap_err()
        };
        assert_eq!(why(&[1.0; 9], &[9.0; 9]), "9 sessions, it takes 10");
        let mut few = [1.0; 20];
        few[..4].fill(100.0);
        assert_eq!(why(&[1.0; 20], &few), "results differ on 4 sessions, it takes 5");
        assert_eq!(why(&[1.0; 20], &[1.0; 20]), "nothing on the tape comes out otherwise");
        assert_eq!(compare(&[], &[Vec::new()])[0].sessions, 0);
    }

    /// One variant of pure noise: wrongly called about once in twenty. 18 of 200 or more has a chance of 1 in
    /// 80 at exactly one in twenty.
    #[test]
    fn noise_is_called_one_time_in_twenty_at_most() {
        for (sessions, sparse) in [(12, false), (60, false), (60, true)] {
            let mut called = 0;
            for seed in 0..200 {
                let mut rng = Rng::new(seed, 7);
                let base: Vec<f64> = (0..sessions).map(|_| 20.0 * noise(&mut rng)).collect();
                let skewed = |rng: &mut Rng| {
                    let draw = noise(rng);
                    // Many small and few large differences, with mean zero.
                    if sparse { if rng.below(4) == 0 { draw * draw.abs() } else { 0.0 } } else { draw }
                };
                let other: Vec<f64> = base.iter().map(|day| day + 5.0 * skewed(&mut rng)).collect();
                let found = compare(&days(&base), &[days(&other)]).remove(0);
                called += usize::from(found.verdict != Verdict::Unclear);
            }
            assert!(called <= 18, "{sessions} sessions, sparse {sparse}: {called} of 200 called");
        }
    }

    /// The best of eleven variants of noise is called no more often than one alone.
    #[test]
    fn the_best_of_many_is_held_to_a_higher_standard() {
        let mut called = 0;
        for seed in 0..200 {
            let mut rng = Rng::new(seed, 9);
            let base: Vec<f64> = (0..30).map(|_| 20.0 * noise(&mut rng)).collect();
            let variants: Vec<Vec<DayTotals>> = (0..11)
                .map(|_| days(&base.iter().map(|day| day + 5.0 * noise(&mut rng)).collect::<Vec<_>>()))
                .collect();
            let found = compare(&days(&base), &variants);
            called += usize::from(found.iter().any(|found| found.verdict != Verdict::Unclear));
        }
        assert!(called <= 18, "{called} of 200 called");
    }
}
