//! Is a variant better than what it is held against, or is the difference what days do by themselves?

use serde::{Deserialize, Serialize};

use super::levels::Closed;
use crate::learn::Rng;
use crate::stats::student;

/// The seed of every bootstrap here.
pub const BOOTSTRAP_SEED: u64 = 20_190_211;

/// Resamples.
pub const RESAMPLES: usize = 2000;

/// Sessions that a verdict takes…
pub const NEEDED_SESSIONS: usize = 12;

/// …and sessions on which the two differ at all. With fewer, results such as three small gains to a loss of three
/// times that are called far too often: no loss may have come yet.
pub const NEEDED_DIFFERENT: usize = 12;

/// Sessions that it takes where none differs in the other direction. In so many, what happens once in 33 sessions
/// is seen with 95 % (the rule of three); in fewer, a rare and large loss may just not have come yet.
pub const NEEDED_ONE_WAY: usize = 100;

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
    /// The highest and the lowest that the day's result ever stood at, zero at its beginning.
    pub reach: (f64, f64),
    /// The largest fall from a peak within the day.
    pub fall: f64,
}

impl DayTotals {
    /// Adds a trade; they come in the order of their exits.
    pub fn add(&mut self, closed: &Closed) {
        self.pnl += closed.pnl;
        self.frac += closed.pnl_frac;
        self.trades += 1.0;
        self.reach = (self.reach.0.max(self.pnl), self.reach.1.min(self.pnl));
        self.fall = self.fall.max(self.reach.0 - self.pnl);
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

impl Difference {
    /// The two ends of its interval, where there is one.
    pub fn bounds(&self) -> Option<(f64, f64)> {
        self.interval.as_ref().ok().copied()
    }
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
    /// Largest fall of the account from a peak, trade by trade: the percentile interval, without a verdict.
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

/// The largest fall from a peak, trade by trade, the sessions in the order in which they were drawn.
fn drawdown_of(days: &[DayTotals], drawn: &[u32]) -> f64 {
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

/// The point below which 95 % of the values lie.
fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (share * (values.len() + 1) as f64).ceil() as usize;
    values.get(place.clamp(1, values.len().max(1)) - 1).copied().unwrap_or(f64::INFINITY)
}

/// Sessions on which the results differ.
fn differing(base: &[DayTotals], other: &[DayTotals]) -> usize {
    base.iter().zip(other).filter(|(a, b)| a.pnl != b.pnl || a.frac != b.frac || a.trades != b.trades).count()
}

/// By what the results of every session were multiplied, where they are the same trades at another size.
fn scale(base: &[DayTotals], other: &[DayTotals]) -> Option<f64> {
    let days = || base.iter().zip(other);
    let largest = days().max_by(|a, b| a.0.pnl.abs().total_cmp(&b.0.pnl.abs()))?;
    let by = (largest.0.pnl != 0.0).then(|| largest.1.pnl / largest.0.pnl)?;
    let rounding = 1e-9 * largest.1.pnl.abs();
    let same = |(a, b): (&DayTotals, &DayTotals)| {
        a.trades == b.trades && a.frac == b.frac && (b.pnl - by * a.pnl).abs() <= rounding
    };
    days().all(same).then_some(by)
}

/// Why no interval can be given, if so.
fn untold(base: &[DayTotals], other: &[DayTotals]) -> Option<String> {
    let (sessions, different) = (base.len(), differing(base, other));
    if different == 0 {
        return Some("nothing on the tape comes out otherwise".into());
    }
    if sessions < NEEDED_SESSIONS {
        let word = if sessions == 1 { "session" } else { "sessions" };
        return Some(format!("{sessions} {word}, it takes {NEEDED_SESSIONS}"));
    }
    if let Some(by) = scale(base, other) {
        return Some(format!("the same trades at {by:.4} times the size, which makes none of them better"));
    }
    if different < NEEDED_DIFFERENT {
        let word = if different == 1 { "session" } else { "sessions" };
        return Some(format!("results differ on {different} {word}, it takes {NEEDED_DIFFERENT}"));
    }
    let gaps: Vec<f64> = base.iter().zip(other).map(|(a, b)| b.pnl - a.pnl).collect();
    let (least, most) = gaps
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), gap| (low.min(*gap), high.max(*gap)));
    if most - least <= 1e-9 * most.abs() {
        return Some("every session differs by the same amount, which no trading does".into());
    }
    let one_way = least >= 0.0 || most <= 0.0;
    (one_way && different < NEEDED_ONE_WAY).then(|| {
        format!("all {different} sessions that differ do so in one direction, which takes {NEEDED_ONE_WAY} of them")
    })
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
    let reasons: Vec<Option<String>> = variants.iter().map(|other| untold(base, other)).collect();
    // What is the same as the base, or cannot be told, has no part in the correction.
    let asked: Vec<usize> = (0..variants.len()).filter(|at| reasons[*at].is_none()).collect();
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
        let different = differing(base, other);
        let gap =
            |of: fn(&Sums) -> Option<f64>| Some(of(&Sums::of(other.iter()))? - of(&Sums::of(base.iter()))?);
        let fall = drawdown_of(other, &whole) - drawdown_of(base, &whole);
        let traded = |days: &[DayTotals]| days.iter().any(|day| day.trades > 0.0);
        let Some(place) = asked.iter().position(|known| *known == at) else {
            let why = reasons[at].clone().unwrap_or_default();
            let untold = |value| Difference { value, interval: Err(why.clone()) };
            return Comparison {
                pnl: untold(gap(|sums| Some(sums.pnl))),
                expectancy: untold(gap(Sums::mean)),
                drawdown: untold((traded(base) && traded(other)).then_some(fall)),
                sessions,
                different,
                verdict: Verdict::Unclear,
            };
        };
        let (pnl, expectancy) = samples[place];
        let pnl = Difference { value: Some(pnl.value), interval: around(pnl, widths[0]) };
        let verdict = match pnl.interval {
            Ok((low, _)) if low > 0.0 => Verdict::Better,
            Ok((_, high)) if high < 0.0 => Verdict::Worse,
            _ => Verdict::Unclear,
        };
        let none = || Err("no trades".to_owned());
        let end = |share: f64| quantile(falls[place].clone(), share);
        let (low, high) = (end((1.0 - CONFIDENCE) / 2.0), end((1.0 + CONFIDENCE) / 2.0));
        Comparison {
            pnl,
            expectancy: Difference {
                value: expectancy.map(|found| found.value),
                interval: expectancy.map_or_else(none, |found| around(found, widths[1])),
            },
            drawdown: Difference {
                value: Some(fall),
                // A fall hangs on the order of the sessions, which the resamples do not keep.
                interval: if (low..=high).contains(&fall) {
                    Ok((low, high))
                } else {
                    Err("sessions in another order do not come near it".into())
                },
            },
            sessions,
            different,
            verdict,
        }
    };
    (0..variants.len()).map(compared).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(pnl: &[f64]) -> Vec<DayTotals> {
        pnl.iter()
            .map(|pnl| DayTotals { pnl: *pnl, frac: pnl / 1000.0, trades: 2.0, ..DayTotals::default() })
            .collect()
    }

    fn noise(rng: &mut Rng) -> f64 {
        (0..12).map(|_| rng.below(1_000_000) as f64 / 1e6).sum::<f64>() - 6.0
    }

    #[test]
    fn the_differences_are_those_of_a_hand() {
        let base = days(&[1.0, -2.0, 3.0, 0.5, 1.0, 2.0, -1.0, 0.0, 1.5, 2.5, 1.0, 1.0]);
        let other: Vec<DayTotals> = base
            .iter()
            .enumerate()
            .map(|(at, day)| DayTotals {
                pnl: day.pnl + 9.0 + at as f64 - if at == 0 { 10.0 } else { 0.0 },
                ..*day
            })
            .collect();
        let found = &compare(&base, &[other])[0];
        // −1 + 10 + 11 + … + 20.
        assert_eq!((found.pnl.value, found.verdict), (Some(164.0), Verdict::Better));
        assert_eq!((found.sessions, found.different, found.expectancy.value), (12, 12, Some(0.0)));
        let (low, high) = found.pnl.interval.clone().unwrap();
        assert!(low > 0.0 && low < 164.0 && (high + low - 328.0).abs() < 1e-9, "{low} {high}");
        // Sums of twelve values whose squares add up to 2586: at least Student's t with eleven degrees of freedom.
        let spread = 2586.0 - 164.0f64 * 164.0 / 12.0;
        let least = 2.200_985 * (12.0 / 11.0 * spread).sqrt();
        assert!(high - 164.0 >= least * 0.999, "{high} {least}");
    }

    #[test]
    fn what_tells_nothing_says_why() {
        let why = |base: &[f64], other: &[f64]| {
            let found = compare(&days(base), &[days(other)]).remove(0);
            assert_eq!(found.verdict, Verdict::Unclear);
            found.pnl.interval.unwrap_err()
        };
        assert_eq!(why(&[1.0; 11], &[9.0; 11]), "11 sessions, it takes 12");
        assert_eq!(why(&[1.0], &[9.0]), "1 session, it takes 12");
        let mut few = [1.0; 20];
        few[..11].fill(100.0);
        assert_eq!(why(&[1.0; 20], &few), "results differ on 11 sessions, it takes 12");
        assert_eq!(why(&[1.0; 20], &[1.0; 20]), "nothing on the tape comes out otherwise");
        assert_eq!(
            why(&[1.0; 200], &[9.0; 200]),
            "every session differs by the same amount, which no trading does"
        );
        let grown = |n: usize| (0..n).map(|at| 2.0 + at as f64 / 100.0).collect::<Vec<f64>>();
        assert_eq!(
            why(&[1.0; 40], &grown(40)),
            "all 40 sessions that differ do so in one direction, which takes 100 of them"
        );
        assert_eq!(compare(&days(&[1.0; 100]), &[days(&grown(100))])[0].verdict, Verdict::Better);
        assert_eq!(compare(&[], &[Vec::new()])[0].sessions, 0);
    }

    /// However much was won: at another size the same trades are no better.
    #[test]
    fn a_size_alone_is_neither_better_nor_worse() {
        let pnl: Vec<f64> =
            (0..120).map(|at| if at == 7 { -3.0 } else { 10.0 + f64::from(at) / 10.0 }).collect();
        let base = days(&pnl);
        let other = base.iter().map(|day| DayTotals { pnl: 2.0 * day.pnl, ..*day }).collect();
        let found = compare(&base, &[other]).remove(0);
        assert_eq!(found.verdict, Verdict::Unclear);
        let why = found.pnl.interval.unwrap_err();
        assert_eq!(why, "the same trades at 2.0000 times the size, which makes none of them better");
    }

    /// A fall is one from trade to trade, whatever the day sums up to.
    #[test]
    fn falls_are_trade_by_trade() {
        let day = |results: &[f64]| {
            let mut day = DayTotals::default();
            for pnl in results {
                let exit = crate::domain::Timestamp::from_micros(0);
                let closing = super::super::Closing::AsItWas;
                day.add(&Closed { pnl: *pnl, pnl_frac: 0.0, exit, closing, inconclusive: None });
            }
            day
        };
        let decision_log = [day(&[-5.0, 9.0]), day(&[4.0, -19.0, 15.0]), day(&[-1.0])];
        // From 8 down to −11; the other way around from −1 + 4 to −16.
        assert_eq!(drawdown_of(&decision_log, &[0, 1, 2]), 19.0);
        assert_eq!(drawdown_of(&decision_log, &[2, 0]), 6.0);
        assert_eq!(drawdown_of(&decision_log, &[0, 2, 2]), 5.0);
    }

    /// Results of which the mean is zero and that are mostly small gains, or mostly small losses. 42 of 400 or more
    /// has a chance of 1 in 100 at seven in a hundred.
    #[test]
    fn skewed_results_without_a_mean_are_rarely_called() {
        for (gain, loss, chance, different) in
            [(1.0, -3.0, 0.75, 5), (1.0, -3.0, 0.75, 14), (2.0, -1.0, 1.0 / 3.0, 16), (1.0, -49.0, 0.98, 40)]
        {
            let mut called = 0;
            for seed in 0..400 {
                let mut rng = Rng::new(seed, 31);
                let base: Vec<f64> = (0..40).map(|_| 20.0 * noise(&mut rng)).collect();
                let mut other = base.clone();
                for at in rng.sample(40, different) {
                    let wins = (rng.below(1_000_000) as f64) < chance * 1e6;
                    other[at as usize] += if wins { gain } else { loss } * (1.0 + 0.05 * noise(&mut rng));
                }
                let found = compare(&days(&base), &[days(&other)]).remove(0);
                called += usize::from(found.verdict != Verdict::Unclear);
            }
            assert!(called <= 41, "{gain} or {loss} on {different} of 40: {called} of 400 called");
        }
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
