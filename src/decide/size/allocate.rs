//! Sizes across strategies or symbols, from what each made session by session.

use super::kelly::{LossLimit, kelly, shrink};
use super::multiplier_weights::{FLAT_FRAC, MULTIPLIER_RANGE, at_equal_exposure};
use super::shadow::ShadowTest;
use crate::stats::{shrunken_covariance, shrunken_means};

/// The sessions that a set of sizes rests on at least, and at most.
const WINDOW: (usize, usize) = (60, 250);

/// The most groups that are told apart; the others trade at one size.
pub const ALLOCATION_GROUPS: usize = 12;

/// Steps of the search for the best sizes.
const STEPS: usize = 400;

/// What each group made in a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupSession {
    /// The sum of the results of each group's trades, as fractions of their positions.
    pub results: Vec<f64>,
    /// The trades of each group.
    pub trades: Vec<u32>,
}

/// A group and what it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// By what its size would be multiplied.
    pub multiplier: f64,
    /// Its trades in the window.
    pub trades: u64,
    /// The mean result of a session.
    pub mean: f64,
    /// The mean over its standard error.
    pub t: f64,
    /// The mean after it was drawn to the others and to nothing by what is not known of it.
    pub shrunken: f64,
}

/// Sizes across groups against one size for all.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// The size and the record of each group.
    pub shares: Vec<Share>,
    /// Whether anything is known of the means; else the groups only get equal risk.
    pub knows_means: bool,
    /// By how much the covariance was drawn to equal variances, 0 to 1.
    pub drawn: f64,
    /// The size under the limit of losses with these multipliers, and with one size, as shares of the account.
    pub constrained: (f64, f64),
    /// Sessions that were compared, walked forward.
    pub sessions: u64,
    /// What the sizes made beyond one size a session, as a share of the account at [`FLAT_FRAC`] a trade.
    pub beyond: Option<f64>,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// The evidence that they make a difference.
    pub e: f64,
    /// Whether the walk has shown that the sizes pay.
    pub pays: bool,
}

/// Works out the sizes, and walks forward through the sessions with what was known before each.
///
/// # Errors
/// The sessions that there are, below 60.
pub fn allocate(sessions: &[GroupSession]) -> Result<Allocation, usize> {
    if sessions.len() < WINDOW.0 {
        return Err(sessions.len());
    }
    let mut shadow = ShadowTest::default();
    for at in WINDOW.0..sessions.len() {
        let found = sizes(&sessions[at.saturating_sub(WINDOW.1)..at]);
        let beyond: f64 =
            found.multipliers.iter().zip(&sessions[at].results).map(|(m, r)| (m - 1.0) * r).sum();
        shadow.push(FLAT_FRAC * beyond);
    }
    let test = shadow.test();
    let window = &sessions[sessions.len().saturating_sub(WINDOW.1)..];
    let found = sizes(window);
    let portfolio = |multiplier: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let of = |session: &GroupSession| {
            session.results.iter().enumerate().map(|(group, r)| multiplier(group) * r).sum()
        };
        window.iter().map(of).collect()
    };
    let constrained = |results: &[f64]| kelly(results, LossLimit::OURS, 1e3).constrained;
    let with = constrained(&portfolio(&|group| found.multipliers[group]));
    let flat = constrained(&portfolio(&|_| 1.0));
    Ok(Allocation {
        shares: found.shares(window),
        knows_means: found.knows_means,
        drawn: found.drawn,
        constrained: (with, flat),
        sessions: test.map_or(0, |test| test.sessions()),
        beyond: test.and_then(|test| test.mean()),
        interval: test.and_then(|test| test.interval()),
        e: shadow.e(),
        pays: shadow.pays(),
    })
}

/// What a window says.
struct Sizes {
    multipliers: Vec<f64>,
    means: Vec<(f64, f64)>,
    shrunken: Vec<f64>,
    knows_means: bool,
    drawn: f64,
}

impl Sizes {
    fn shares(&self, window: &[GroupSession]) -> Vec<Share> {
        let trades = |group: usize| window.iter().map(|session| u64::from(session.trades[group])).sum();
        let share = |group: usize| {
            let (mean, variance) = self.means[group];
            Share {
                multiplier: self.multipliers[group],
                trades: trades(group),
                mean,
                t: if variance > 0.0 { mean / variance.sqrt() } else { 0.0 },
                shrunken: self.shrunken[group],
            }
        };
        (0..self.multipliers.len()).map(share).collect()
    }
}

/// Multipliers w with the largest w'μ − w'Σw/2 in proportion, w ≥ 0: μ the means, drawn to their common mean (James and Stein)
/// and to nothing by (t² − 1)/t², Σ the shrunken covariance. Where every μ is 0, equal risk: w in proportion to 1/σ. All are
/// scaled to the gross exposure of one size.
fn sizes(window: &[GroupSession]) -> Sizes {
    let groups = window.first().map_or(0, |session| session.results.len());
    let rows: Vec<Vec<f64>> = window.iter().map(|session| session.results.clone()).collect();
    let n = window.len() as f64;
    let means: Vec<(f64, f64)> = (0..groups)
        .map(|group| {
            let mean = rows.iter().map(|row| row[group]).sum::<f64>() / n;
            let squares: f64 = rows.iter().map(|row| (row[group] - mean).powi(2)).sum();
            (mean, squares / (n - 1.0) / n)
        })
        .collect();
    let shrunken: Vec<f64> = shrunken_means(&means)
        .iter()
        .zip(&means)
        .map(|(mean, (_, variance))| {
            let t = if *variance > 0.0 { mean / variance.sqrt() } else { 0.0 };
            mean * shrink(t)
        })
        .collect();
    let exposure: Vec<f64> = (0..groups)
        .map(|group| window.iter().map(|session| f64::from(session.trades[group])).sum())
        .collect();
    let knows_means = shrunken.iter().any(|mean| *mean > 0.0);
    let (wanted, drawn) = match shrunken_covariance(&rows) {
        Some((covariance, drawn)) if knows_means => (best(&covariance, &shrunken), drawn),
        Some((covariance, drawn)) => {
            let risk = |group: usize| 1.0 / covariance.at(group, group).sqrt().max(1e-12);
            ((0..groups).map(risk).collect(), drawn)
        }
        None => (vec![1.0; groups], 1.0),
    };
    // In proportion alone: about 1, so that the search for the scale finds it.
    let total: f64 = exposure.iter().sum();
    let mean = wanted.iter().zip(&exposure).map(|(w, e)| w * e).sum::<f64>() / total.max(1.0);
    let wanted: Vec<f64> = wanted.iter().map(|w| if mean > 0.0 { w / mean } else { 1.0 }).collect();
    let multipliers = at_equal_exposure(&wanted, &exposure, &vec![MULTIPLIER_RANGE; groups]);
    Sizes { multipliers, means, shrunken, knows_means, drawn }
}

/// The w ≥ 0 with the largest w'μ − w'Σw/2, by coordinates.
fn best(covariance: &crate::stats::Symmetric, means: &[f64]) -> Vec<f64> {
    let groups = means.len();
    let mut weights = vec![0.0; groups];
    for _ in 0..STEPS {
        let mut moved = 0.0f64;
        for group in 0..groups {
            let own = covariance.at(group, group);
            let others: f64 = (0..groups)
                .filter(|other| *other != group)
                .map(|other| covariance.at(group, other) * weights[other])
                .sum();
            let best = if own > 0.0 { ((means[group] - others) / own).max(0.0) } else { 0.0 };
            moved = moved.max((best - weights[group]).abs());
            weights[group] = best;
        }
        if moved < 1e-12 {
            break;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::Rng;
    use crate::stats::Symmetric;

    #[test]
    fn the_best_sizes_of_two_by_hand() {
        // Σ = [[4, 1], [1, 1]], μ = (2, 1): Σ⁻¹μ = (1, 2)/3; with μ = (1, 1) the first wants 0.
        let covariance = Symmetric::from_fn(2, |a, b| if a == b { [4.0, 1.0][a] } else { 1.0 });
        let found = best(&covariance, &[2.0, 1.0]);
        assert!((found[0] - 1.0 / 3.0).abs() < 1e-9 && (found[1] - 2.0 / 3.0).abs() < 1e-9, "{found:?}");
        let found = best(&covariance, &[1.0, 1.0]);
        assert!(found[0].abs() < 1e-9 && (found[1] - 1.0).abs() < 1e-9, "{found:?}");
    }

    fn world(seed: u64, sessions: usize, edges: &[f64], sds: &[f64]) -> Vec<GroupSession> {
        let mut rng = Rng::new(seed, 3);
        // Twelve even numbers make about a normal one.
        let mut normal = || (0..12).map(|_| rng.below(1_000_001) as f64 / 1e6).sum::<f64>() - 6.0;
        (0..sessions)
            .map(|_| GroupSession {
                results: edges.iter().zip(sds).map(|(edge, sd)| edge + sd * normal()).collect(),
                trades: vec![5; edges.len()],
            })
            .collect()
    }

    #[test]
    fn equal_risk_where_nothing_is_known_and_more_for_what_pays() {
        assert_eq!(allocate(&world(1, 59, &[0.0], &[0.01])), Err(59));
        // Losing groups of other risk: the calm one gets more, at the same gross exposure.
        let found = allocate(&world(1, 120, &[-0.002, -0.003], &[0.01, 0.02])).unwrap();
        let m: Vec<f64> = found.shares.iter().map(|share| share.multiplier).collect();
        assert!(!found.knows_means && m[0] > 1.2 && m[1] < 0.8, "{found:?}");
        assert!((m[0] + m[1] - 2.0).abs() < 1e-9, "{m:?}");
        // One of three pays, the others lose: it gets the most, and the walk shows it.
        let found = allocate(&world(2, 250, &[0.012, -0.006, -0.006], &[0.02; 3])).unwrap();
        assert!(found.knows_means && found.shares[0].multiplier == 1.5 && found.pays, "{found:?}");
        assert!(found.constrained.0 > found.constrained.1);
        // The others are left with what makes up the exposure of one size.
        let sum: f64 = found.shares.iter().map(|share| share.multiplier).sum();
        assert!((sum - 3.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn what_is_known_of_one_group_is_that_of_the_hand_calculation() {
        // 1 % and 3 %: a mean of 2 % with an error of √(.0002/1/2) = 1 %, so t = 2, and (4 − 1)/4 of it are left.
        let window = [0.01, 0.03].map(|result| GroupSession { results: vec![result], trades: vec![3] });
        let share = sizes(&window).shares(&window).remove(0);
        assert!((share.mean - 0.02).abs() < 1e-12 && (share.t - 2.0).abs() < 1e-9, "{share:?}");
        assert!((share.shrunken - 0.015).abs() < 1e-9 && share.trades == 6, "{share:?}");
        // Results that never vary have an error of nothing, and say nothing.
        let flat = [0.01, 0.01].map(|result| GroupSession { results: vec![result], trades: vec![3] });
        assert_eq!(sizes(&flat).shares(&flat)[0].t, 0.0);
    }
}
