//! How bad the bad sessions are at most, as far as the own ones can say.

use crate::stats::evidence::ShortfallTest;
use crate::stats::sorted;

/// The share of sessions that counts as bad.
pub const TAIL: f64 = 0.10;

/// The chance with which the bound may be wrong.
pub(super) const DOUBT: f64 = 0.10;

/// The first sessions, of which only the beginning of the worst part is taken.
const FIRST: usize = 20;

/// The share of the largest stake that the walk bets.
const STAKE: f64 = 0.9;

/// Halvings of the search for the bound of the walk.
const HALVINGS: usize = 40;

/// Two upper bounds of the mean loss of the worst [`TAIL`] of sessions, each of which holds with a chance of at least 90 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TailBound {
    /// The one by the sessions in their order, by which sizes go, in the unit of the losses.
    pub walked: f64,
    /// The one that takes them without an order.
    pub value: f64,
    /// The worst that a session can do, in the same unit.
    pub worst: f64,
    /// Sessions that it rests on.
    pub sessions: usize,
    /// Sessions below which `value` can be no other than the worst loss.
    pub needed: usize,
}

impl TailBound {
    /// Whether `value` says no more than that nothing can be worse than the worst.
    pub fn is_vacuous(&self) -> bool {
        self.sessions < self.needed
    }
}

/// Sessions from which on a bound says more than the worst loss: √(ln(1/δ)/2n) below q.
pub(super) fn sessions_needed_for_tail(share: f64, doubt: f64) -> usize {
    ((1.0 / doubt).ln() / (2.0 * share * share)).floor() as usize + 1
}

/// The bounds for results of sessions, of which none can lose more than `worst`. Without an order it is
/// Z₍n+1₎ − (1/q) Σ (Z₍i+1₎ − Z₍i₎) [i/n − √(ln(1/δ)/2n) − (1 − q)]₊ for the sorted losses Z, Z₍n+1₎ the worst (Thomas and
/// Learned-Miller 2019, *Proceedings of Machine Learning Research* 97, theorem 3; it follows from the inequality of
/// Dvoretzky, Kiefer and Wolfowitz with the constant of Massart 1990, *Annals of Probability* 18(3)). In their order it is the
/// one of [`walked`].
pub(super) fn tail_bound(results: &[f64], worst: f64, (share, doubt): (f64, f64)) -> TailBound {
    let n = results.len();
    let mut losses = sorted(results.iter().map(|r| -r));
    // A worst case that was exceeded was none.
    let worst = losses.last().map_or(worst, |seen| worst.max(*seen));
    losses.push(worst);
    let room = ((1.0 / doubt).ln() / (2.0 * n as f64)).sqrt() + (1.0 - share);
    let part = |i: usize| (losses[i] - losses[i - 1]) * (i as f64 / n as f64 - room).max(0.0);
    let below: f64 = (1..=n).map(part).sum();
    TailBound {
        walked: walked(results, worst, (share, doubt)),
        value: worst - below / share,
        worst,
        sessions: n,
        needed: sessions_needed_for_tail(share, doubt),
    }
}

/// The smallest m at which betting against it has won 1/δ. Whatever c is, a loss L has a mean of Y = c + (L − c)₊/q that is not
/// below that of the worst part q (Rockafellar and Uryasev 2000, *Journal of Risk* 2(3), 21–41). With c where the worst part of
/// the sessions before began, Y is at most M = c + (worst − c)/q, so that as long as the mean is at least m the product of
/// 1 + .9(m − Y)/(M − m) has a mean of at most 1 (Waudby-Smith and Ramdas 2024, *JRSS B* 86(1)). What it is above the truth
/// falls with 1/n, as rare losses are ruled out; that of a bound without an order with 1/√n.
fn walked(results: &[f64], worst: f64, (share, doubt): (f64, f64)) -> f64 {
    let mut before: Vec<f64> = Vec::with_capacity(results.len());
    let mut bets = Vec::new();
    for loss in results.iter().map(|r| -r) {
        if before.len() >= FIRST {
            let begin = before[((1.0 - share) * before.len() as f64) as usize].min(worst);
            let of = |loss: f64| begin + (loss - begin).max(0.0) / share;
            bets.push((of(loss), of(worst)));
        }
        before.insert(before.partition_point(|other| *other < loss), loss);
    }
    let won = |m: f64| -> f64 {
        let bet = |(y, most): &(f64, f64)| if *most > m { 1.0 + STAKE * (m - y) / (most - m) } else { 1.0 };
        bets.iter().map(bet).product()
    };
    let (mut low, mut high) = (worst.min(0.0), worst);
    if won(high) * doubt < 1.0 {
        return worst;
    }
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if won(middle) * doubt < 1.0 { low = middle } else { high = middle }
    }
    high
}

/// What the sessions before said of the worst [`TAIL`], held against each session from the `from`th on: where it began among
/// them, z, and its mean, z + mean of (L − z)₊/q.
pub fn tail_backtest(results: &[f64], from: usize) -> ShortfallTest {
    let mut test = ShortfallTest::new(TAIL);
    let mut before: Vec<f64> = Vec::with_capacity(results.len());
    for (at, loss) in results.iter().map(|r| -r).enumerate() {
        if at >= from {
            let begin = before[((1.0 - TAIL) * at as f64) as usize];
            let above: f64 = before.iter().map(|loss| (loss - begin).max(0.0)).sum();
            test.push(loss, begin, begin + above / (TAIL * at as f64));
        }
        before.insert(before.partition_point(|other| *other < loss), loss);
    }
    test
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Losses 1, 2, 3, 4 of at most 10, q = δ = ½: √(ln 2/8) = .29435, and only i = 4 has more than nothing,
        // 6·(1 − .29435 − .5) = 1.23388: 10 − 2·1.23388.
        let bound = tail_bound(&[-4.0, -1.0, -3.0, -2.0], 10.0, (0.5, 0.5));
        assert!((bound.value - 7.532_24).abs() < 1e-4, "{bound:?}");
        assert_eq!((bound.sessions, bound.needed, bound.is_vacuous()), (4, 2, false));
    }

    #[test]
    fn the_walk_by_hand() {
        // Twenty losses of .01, then one of .02 with q = ½ and a worst of .05: Y = .01 + .01/.5 = .03 and M = .01 + .04/.5 =
        // .09. δ = .8 is won at 1 + .9(m − .03)/(.09 − m) = 1.25: m = (.9·.03 + .25·.09)/1.15.
        let results: Vec<f64> = (0..20).map(|_| -0.01).chain([-0.02]).collect();
        let found = walked(&results, 0.05, (0.5, 0.8));
        assert!((found - 0.0495 / 1.15).abs() < 1e-9, "{found}");
        // Nothing can be won on the first twenty.
        assert_eq!(walked(&results[..20], 0.05, (0.5, 0.8)), 0.05);
        // 230 of .01 with a worst of .6, M = 5.91: (1 + .9(m − .01)/(5.91 − m))^230 = 10 at m = .0753.
        let rate = 10f64.powf(1.0 / 230.0) - 1.0;
        let wanted = (0.9 * 0.01 + rate * 5.91) / (0.9 + rate);
        let calm = walked(&[-0.01; 250], 0.6, (TAIL, DOUBT));
        assert!((calm - wanted).abs() < 1e-9 && (calm - 0.0753).abs() < 5e-4, "{calm} {wanted}");
    }

    #[test]
    fn what_was_said_is_held_against_what_came() {
        // Losses from −.05 to .05, each once in 101 sessions: ten of them lie above .04, where the worst tenth begins.
        let calm: Vec<f64> = (0..202).map(|at| f64::from(at * 37 % 101 - 50) / 1_000.0).collect();
        let held = tail_backtest(&calm, 101);
        assert!(
            held.sessions() == 101 && held.exceeded().abs_diff(10) <= 1 && !held.is_too_low(),
            "{held:?}"
        );
        // Three times as much from then on.
        let wild: Vec<f64> = calm.iter().copied().chain(calm.iter().map(|r| 3.0 * r)).collect();
        assert!(tail_backtest(&wild, 101).is_too_low());
    }

    #[test]
    fn below_its_number_it_is_the_worst_case() {
        assert_eq!(sessions_needed_for_tail(0.05, 0.10), 461);
        assert_eq!(sessions_needed_for_tail(TAIL, DOUBT), 116);
        let at = |n: usize| tail_bound(&vec![-0.01; n], 0.5, (TAIL, DOUBT));
        assert_eq!((at(115).value, at(115).is_vacuous()), (0.5, true));
        assert!(at(116).value < 0.5 && !at(116).is_vacuous());
        // A worst case that was exceeded is the loss that exceeded it.
        assert_eq!(tail_bound(&[-0.7], 0.5, (TAIL, DOUBT)).value, 0.7);
        assert_eq!(tail_bound(&[], 0.5, (TAIL, DOUBT)).value, 0.5);
    }
}
