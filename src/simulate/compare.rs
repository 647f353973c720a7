//! Is a variant better than what it is compared with, or is the difference what days do by themselves?
//!
//! Better means that a trade makes more per unit of exposure. The number of trades, like their size, makes nothing
//! better: an engine that loses loses less with fewer trades, whichever they are, and a coin finds them.

use super::bootstrap::{CONFIDENCE, Estimate, Resampled, Sampled, Sums, drawdown_of, quantile, resample};
use super::comparison::{Comparison, DayTotals, Difference, Interval, Verdict};

/// Sessions that a verdict needs…
pub const NEEDED_SESSIONS: usize = 12;

/// …and sessions on which the two differ at all. With fewer, results such as three small gains to a loss of three
/// times that are called far too often: no loss may have come yet.
pub const NEEDED_DIFFERENT: usize = 12;

/// Sessions that it takes where none differs in the other direction. In so many, what happens once in 33 sessions
/// is seen with 95 % (the rule of three); in fewer, a rare and large loss may just not have come yet.
pub const NEEDED_ONE_WAY: usize = 100;

/// Sessions on which the results differ.
fn differing(base: &[DayTotals], other: &[DayTotals]) -> usize {
    base.iter()
        .zip(other)
        .filter(|(a, b)| a.pnl != b.pnl || a.exposure != b.exposure || a.trades != b.trades)
        .count()
}

/// Whether they are the same trades at another size throughout.
fn size_alone(base: &[DayTotals], other: &[DayTotals]) -> bool {
    let (old, new) = (Sums::of(base.iter()), Sums::of(other.iter()));
    let by = new.exposure / old.exposure;
    let near = |a: f64, b: f64| (b - by * a).abs() <= 1e-9 * b.abs().max(1e-12);
    old.exposure > 0.0
        && base
            .iter()
            .zip(other)
            .all(|(a, b)| a.trades == b.trades && near(a.pnl, b.pnl) && near(a.exposure, b.exposure))
}

/// By session, what a variant made beyond what a coin that trades as much of the base would have.
fn beyond_a_coin(base: &[DayTotals], other: &[DayTotals]) -> Vec<f64> {
    let (old, new) = (Sums::of(base.iter()), Sums::of(other.iter()));
    let rate = if old.exposure > 0.0 { new.exposure / old.exposure } else { 1.0 };
    base.iter().zip(other).map(|(a, b)| b.pnl - rate * a.pnl).collect()
}

/// Why no interval can be given, if so.
fn inconclusive(base: &[DayTotals], other: &[DayTotals]) -> Option<String> {
    let (sessions, different) = (base.len(), differing(base, other));
    if different == 0 {
        return Some("no record comes out differently".into());
    }
    let counted = |n: usize| format!("{n} {}", if n == 1 { "session" } else { "sessions" });
    if sessions < NEEDED_SESSIONS {
        return Some(format!("{}, {NEEDED_SESSIONS} needed", counted(sessions)));
    }
    if size_alone(base, other) {
        return Some("the same trades at another size, which makes none of them better".into());
    }
    if different < NEEDED_DIFFERENT {
        return Some(format!("results differ on {}, {NEEDED_DIFFERENT} needed", counted(different)));
    }
    let gaps = beyond_a_coin(base, other);
    let (least, most) = gaps
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), gap| (low.min(*gap), high.max(*gap)));
    if most - least <= 1e-9 * most.abs() {
        return Some("every session differs by the same amount, which no trading does".into());
    }
    let one_way = least >= 0.0 || most <= 0.0;
    (one_way && different < NEEDED_ONE_WAY).then(|| {
        format!(
            "all {different} sessions that differ do so in one direction; {NEEDED_ONE_WAY} of them are needed"
        )
    })
}

/// Compares variants with a base, session by session, in the same sessions; the intervals hold for all of them
/// together.
pub fn compare(base: &[DayTotals], variants: &[Vec<DayTotals>]) -> Vec<Comparison> {
    let reasons: Vec<Option<String>> = variants.iter().map(|other| inconclusive(base, other)).collect();
    // What is the same as the base, or cannot be judged, has no part in the correction.
    let judged: Vec<Sampled<'_>> = variants
        .iter()
        .zip(&reasons)
        .filter(|(_, why)| why.is_none())
        .map(|(other, _)| Sampled::new(base, other))
        .collect();
    let resampled = resample(base, &judged);
    let mut places = 0..judged.len();
    let of = |(other, why): (&Vec<DayTotals>, Option<String>)| {
        let found = without_intervals(base, other, why.clone().unwrap_or_default());
        let place = if why.is_none() { places.next() } else { None };
        place.map_or(found.clone(), |place| with_intervals(found, &judged[place], &resampled, place))
    };
    variants.iter().zip(reasons).map(of).collect()
}

/// The differences alone, and why they have no interval.
fn without_intervals(base: &[DayTotals], other: &[DayTotals], why: String) -> Comparison {
    let whole: Vec<u32> = (0..base.len() as u32).collect();
    let (old, new) = (Sums::of(base.iter()), Sums::of(other.iter()));
    let traded = old.trades > 0.0 && new.trades > 0.0;
    let ratio = (old.exposure > 0.0).then(|| new.exposure / old.exposure);
    let fall = drawdown_of(other, &whole) - drawdown_of(base, &whole);
    let alone = |value| Difference { value, interval: Err(why.clone()) };
    Comparison {
        pnl: alone(Some(new.pnl - old.pnl)),
        exposure_ratio: ratio,
        exposure_pnl: ratio.map(|ratio| old.pnl * (ratio - 1.0)),
        expectancy: alone(old.mean().zip(new.mean()).map(|(old, new)| new - old)),
        means: [old.mean(), new.mean()],
        drawdown: alone(traded.then_some(fall)),
        sessions: base.len(),
        different: differing(base, other),
        verdict: Verdict::Unclear,
    }
}

fn around(estimate: Estimate, width: f64) -> Interval {
    if width.is_finite() {
        Ok((estimate.value - width * estimate.error, estimate.value + width * estimate.error))
    } else {
        Err("a few sessions make the whole difference".into())
    }
}

/// The same with its intervals and the word.
fn with_intervals(
    found: Comparison,
    sampled: &Sampled<'_>,
    resampled: &Resampled,
    place: usize,
) -> Comparison {
    let expectancy = match sampled.expectancy {
        Some(estimate) => around(estimate, resampled.expectancy_width),
        None => Err("no trades".into()),
    };
    let verdict = match expectancy {
        Ok((low, _)) if low > 0.0 => Verdict::Better,
        Ok((_, high)) if high < 0.0 => Verdict::Worse,
        _ => Verdict::Unclear,
    };
    let end = |share: f64| quantile(resampled.falls[place].clone(), share);
    let (low, high) = (end((1.0 - CONFIDENCE) / 2.0), end((1.0 + CONFIDENCE) / 2.0));
    // A fall hangs on the order of the sessions, which the resamples do not keep.
    let drawdown = if found.drawdown.value.is_some_and(|fall| (low..=high).contains(&fall)) {
        Ok((low, high))
    } else {
        Err("sessions in another order do not come near it".into())
    };
    Comparison {
        pnl: Difference { interval: around(sampled.pnl, resampled.pnl_width), ..found.pnl },
        expectancy: Difference { interval: expectancy, ..found.expectancy },
        drawdown: Difference { interval: drawdown, ..found.drawdown },
        verdict,
        ..found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(pnl: &[f64]) -> Vec<DayTotals> {
        pnl.iter()
            .map(|pnl| DayTotals { pnl: *pnl, exposure: 2000.0, trades: 2.0, ..DayTotals::default() })
            .collect()
    }

    #[test]
    fn the_differences_are_those_of_a_hand() {
        let before = [1.0, -2.0, 3.0, 0.5, 1.0, 2.0, -1.0, 0.0, 1.5, 2.5, 1.0, 1.0];
        let gap = |at: usize| 9.0 + at as f64 - if at == 0 { 10.0 } else { 0.0 };
        let after: Vec<f64> = before.iter().enumerate().map(|(at, pnl)| pnl + gap(at)).collect();
        let found = &compare(&days(&before), &[days(&after)])[0];
        // −1 + 10 + 11 + … + 20, in 24 trades of 1000.
        assert_eq!((found.pnl.value, found.verdict), (Some(164.0), Verdict::Better));
        assert_eq!((found.sessions, found.different, found.exposure_pnl), (12, 12, Some(0.0)));
        assert!((found.expectancy.value.unwrap() - 0.164 / 24.0).abs() < 1e-15);
        // 10.5 and 174.5 over 24 trades of 1000.
        let near = |mean: Option<f64>, by_hand: f64| (mean.unwrap() - by_hand / 24_000.0).abs() < 1e-15;
        assert!(near(found.means[0], 10.5) && near(found.means[1], 174.5), "{:?}", found.means);
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
        assert_eq!(why(&[1.0; 11], &[9.0; 11]), "11 sessions, 12 needed");
        assert_eq!(why(&[1.0], &[9.0]), "1 session, 12 needed");
        let mut few = [1.0; 20];
        few[..11].fill(100.0);
        assert_eq!(why(&[1.0; 20], &few), "results differ on 11 sessions, 12 needed");
        assert_eq!(why(&[1.0; 20], &[1.0; 20]), "no record comes out differently");
        assert_eq!(
            why(&[1.0; 200], &[9.0; 200]),
            "every session differs by the same amount, which no trading does"
        );
        let grown = |n: usize| (0..n).map(|at| 2.0 + at as f64 / 100.0).collect::<Vec<f64>>();
        assert_eq!(
            why(&[1.0; 40], &grown(40)),
            "all 40 sessions that differ do so in one direction; 100 of them are needed"
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
        let other = base
            .iter()
            .map(|day| DayTotals { pnl: 2.0 * day.pnl, exposure: 2.0 * day.exposure, ..*day })
            .collect();
        let found = compare(&base, &[other]).remove(0);
        assert_eq!(found.verdict, Verdict::Unclear);
        let why = found.pnl.interval.unwrap_err();
        assert_eq!(why, "the same trades at another size, which makes none of them better");
    }

    /// Half of the trades of an engine that loses 1 % a trade, without any choice: half of the loss is gone, and what
    /// is left is no better.
    #[test]
    fn fewer_trades_of_a_losing_engine_are_not_better() {
        let day = |trades: f64, off: f64| DayTotals {
            pnl: -10.0 * trades + off,
            exposure: 1000.0 * trades,
            trades,
            ..DayTotals::default()
        };
        let wobble = |at: usize| if at.is_multiple_of(2) { 3.0 } else { -3.0 };
        let base: Vec<DayTotals> = (0..60).map(|at| day(20.0, wobble(at))).collect();
        let half: Vec<DayTotals> = (0..60).map(|at| day(10.0, wobble(at + at / 2))).collect();
        let found = compare(&base, &[half]).remove(0);
        assert_eq!((found.verdict, found.exposure_pnl), (Verdict::Unclear, Some(6000.0)));
        assert!(found.pnl.bounds().unwrap().0 > 0.0, "the account is better off: {found:?}");
    }
}
