//! Where the account may go if the sessions to come are like those that were: a bootstrap of blocks of sessions.

use crate::learn::{BOOTSTRAP_SEED, Rng};

/// Sessions that a path is long.
pub const FAN_SESSIONS: usize = 60;

/// Paths.
pub const FAN_PATHS: usize = 5_000;

/// Mean sessions of a block: what lasts for a week is kept together.
const BLOCK: f64 = 5.0;

/// Sessions below which there is no fan.
pub const FAN_NEEDED: usize = 20;

/// The shares of paths whose course is drawn.
pub const FAN_POINTS: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// Falls from a peak whose chance is told, as fractions of it.
pub const FAN_FALLS: [f64; 4] = [0.05, 0.10, 0.20, 0.30];

/// Gains on today's equity whose chance is told, as fractions of it.
pub const FAN_GAINS: [f64; 3] = [0.05, 0.10, 0.20];

/// Ruin: this share of today's equity is lost.
pub const RUIN: f64 = 0.5;

/// What an account is to earn within the sessions to come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Goal {
    /// An amount of its currency.
    Amount(f64),
    /// A share of today's equity.
    Share(f64),
}

impl Goal {
    /// Reads `500` or `5%`; none of what is no amount above zero.
    pub fn parse(text: &str) -> Option<Self> {
        let (number, is_share) = match text.trim().strip_suffix('%') {
            Some(number) => (number, true),
            None => (text, false),
        };
        let value = number.trim().parse::<f64>().ok().filter(|value| value.is_finite() && *value > 0.0)?;
        Some(if is_share { Self::Share(value / 100.0) } else { Self::Amount(value) })
    }

    /// What that is of an account.
    pub fn amount(self, equity: f64) -> f64 {
        match self {
            Self::Amount(amount) => amount,
            Self::Share(share) => share * equity,
        }
    }
}

/// What the paths say.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionFan {
    /// Equity today.
    pub equity: f64,
    /// Sessions that were drawn from.
    pub drawn_from: u64,
    /// Equity after each session, at [`FAN_POINTS`].
    pub course: Vec<[f64; 5]>,
    /// The share of paths with a fall of at least [`FAN_FALLS`] from a peak at the close.
    pub falls: [f64; 4],
    /// The share of paths that stand at least [`FAN_GAINS`] above today's equity at some close.
    pub gains: [f64; 3],
    /// The share of paths that lose [`RUIN`] of today's equity.
    pub ruin: f64,
    /// The share of paths that end below today.
    pub below_today: f64,
    /// What the account is to earn, and the share of paths on which it has at some close; none where nothing was asked.
    pub goal: Option<(f64, f64)>,
}

/// Draws paths from the results of sessions in their order: blocks of random length, five sessions in the mean, that
/// begin anywhere and go around the end (the stationary bootstrap of Politis and Romano 1994, *Journal of the American
/// Statistical Association* 89(428), 1303–1313). Results are amounts, as of a constant size. None below 20 sessions or
/// without equity.
pub fn session_fan(results: &[f64], equity: f64) -> Option<SessionFan> {
    session_fan_to(results, equity, None)
}

/// As [`session_fan`], with the chance that a goal is reached.
pub fn session_fan_to(results: &[f64], equity: f64, goal: Option<Goal>) -> Option<SessionFan> {
    if results.len() < FAN_NEEDED || equity.is_nan() || equity <= 0.0 {
        return None;
    }
    let mut rng = Rng::new(BOOTSTRAP_SEED, 1);
    let mut columns = vec![Vec::new(); FAN_SESSIONS];
    let (mut falls, mut gains, mut ruin, mut below) = ([0u32; 4], [0u32; 3], 0u32, 0u32);
    let goal = goal.map(|goal| goal.amount(equity));
    let mut reached = 0u32;
    for _ in 0..FAN_PATHS {
        let (mut now, mut peak, mut worst, mut lowest) = (equity, equity, 0.0f64, equity);
        let mut at = rng.below(results.len());
        for column in &mut columns {
            now += results[at];
            peak = peak.max(now);
            worst = worst.max((peak - now) / peak);
            lowest = lowest.min(now);
            column.push(now);
            let ends = rng.below(BLOCK as usize) == 0;
            at = if ends { rng.below(results.len()) } else { (at + 1) % results.len() };
        }
        for (count, fall) in falls.iter_mut().zip(FAN_FALLS) {
            *count += u32::from(worst >= fall);
        }
        for (count, gain) in gains.iter_mut().zip(FAN_GAINS) {
            *count += u32::from(peak >= (1.0 + gain) * equity);
        }
        ruin += u32::from(lowest <= (1.0 - RUIN) * equity);
        below += u32::from(now < equity);
        reached += u32::from(goal.is_some_and(|goal| peak >= equity + goal));
    }
    let share = |count: u32| f64::from(count) / FAN_PATHS as f64;
    let points = |mut column: Vec<f64>| {
        column.sort_by(f64::total_cmp);
        FAN_POINTS.map(|point| column[((column.len() - 1) as f64 * point).round() as usize])
    };
    Some(SessionFan {
        equity,
        drawn_from: results.len() as u64,
        course: columns.into_iter().map(points).collect(),
        falls: falls.map(share),
        gains: gains.map(share),
        ruin: share(ruin),
        below_today: share(below),
        goal: goal.map(|goal| (goal, share(reached))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sessions of ±10 by a fair coin: after 60 the deviation is 10·√60 = 77.5, and half of the paths end below.
    #[test]
    fn a_fair_coin_spreads_as_it_must() {
        // As many of either, in no order.
        let mut order: Vec<usize> = (0..200).collect();
        let mut rng = Rng::new(7, 0);
        (1..200).rev().for_each(|at| order.swap(at, rng.below(at + 1)));
        let results: Vec<f64> = order.iter().map(|at| if at % 2 == 0 { 10.0 } else { -10.0 }).collect();
        let fan = session_fan(&results, 10_000.0).unwrap();
        let last = fan.course.last().unwrap();
        assert!((last[2] - 10_000.0).abs() <= 25.0, "{last:?}");
        assert!(last.is_sorted() && fan.falls.is_sorted_by(|a, b| a >= b));
        assert!((0.35..0.60).contains(&fan.below_today), "{}", fan.below_today);
        assert_eq!((fan.ruin, fan.falls[3]), (0.0, 0.0));
        // A walk of 60 steps is 5 up at some time with twice the chance that it ends 6 or more up (reflection): 0.52.
        let gains = session_fan(&results, 1_000.0).unwrap().gains;
        assert!((0.42..0.60).contains(&gains[0]) && gains.is_sorted_by(|a, b| a >= b), "{gains:?}");
        assert_eq!(fan, session_fan(&results, 10_000.0).unwrap());
        assert_eq!(session_fan(&results[..19], 10_000.0), None);
        assert_eq!(session_fan(&results, 0.0), None);
    }

    #[test]
    fn what_always_loses_ruins() {
        let fan = session_fan(&[-100.0; 30], 1_000.0).unwrap();
        assert_eq!((fan.ruin, fan.below_today, fan.falls), (1.0, 1.0, [1.0; 4]));
        let fan = session_fan(&[100.0; 30], 1_000.0).unwrap();
        assert_eq!((fan.ruin, fan.below_today, fan.falls), (0.0, 0.0, [0.0; 4]));
        assert_eq!((fan.gains, fan.course[59]), ([1.0; 3], [7_000.0; 5]));
        // 60 sessions of +100 earn 6,000 and no more; a tenth of 1,000 is there after the first.
        let chance = |goal: &str| session_fan_to(&[100.0; 30], 1_000.0, Goal::parse(goal)).unwrap().goal;
        assert_eq!((chance("6000"), chance("6001")), (Some((6_000.0, 1.0)), Some((6_001.0, 0.0))));
        assert_eq!((chance("10 %"), fan.goal), (Some((100.0, 1.0)), None));
        assert_eq!(["0", "-5", "5%%", "x", "inf"].map(Goal::parse), [None; 5]);
    }
}
