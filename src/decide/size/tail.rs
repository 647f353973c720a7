//! How bad the bad sessions are at most, as far as the own ones can say.

/// The share of sessions that counts as bad.
pub(super) const TAIL: f64 = 0.10;

/// The chance with which the bound may be wrong.
pub(super) const DOUBT: f64 = 0.10;

/// An upper bound of the mean loss of the worst [`TAIL`] of sessions, which holds with a chance of 1 − [`DOUBT`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TailBound {
    /// The bound, in the unit of the losses.
    pub value: f64,
    /// The worst that a session can do, in the same unit.
    pub worst: f64,
    /// Sessions that it rests on.
    pub sessions: usize,
    /// Sessions below which no bound but the worst loss can be had.
    pub needed: usize,
}

impl TailBound {
    /// Whether it says no more than that nothing can be worse than the worst.
    pub fn is_vacuous(&self) -> bool {
        self.sessions < self.needed
    }
}

/// Sessions from which on a bound says more than the worst loss: √(ln(1/δ)/2n) below q.
pub(super) fn sessions_needed_for_tail(share: f64, doubt: f64) -> usize {
    ((1.0 / doubt).ln() / (2.0 * share * share)).floor() as usize + 1
}

/// The bound for results of sessions, of which none can lose more than `worst`:
/// Z₍n+1₎ − (1/q) Σ (Z₍i+1₎ − Z₍i₎) [i/n − √(ln(1/δ)/2n) − (1 − q)]₊ for the sorted losses Z, Z₍n+1₎ the worst (Thomas and
/// Learned-Miller 2019, *Proceedings of Machine Learning Research* 97, theorem 3; it follows from the inequality of
/// Dvoretzky, Kiefer and Wolfowitz with the constant of Massart 1990, *Annals of Probability* 18(3)).
pub(super) fn tail_bound(results: &[f64], worst: f64, (share, doubt): (f64, f64)) -> TailBound {
    let n = results.len();
    let mut losses: Vec<f64> = results.iter().map(|r| -r).collect();
    losses.sort_by(f64::total_cmp);
    // A worst case that was exceeded was none.
    let worst = losses.last().map_or(worst, |seen| worst.max(*seen));
    losses.push(worst);
    let room = ((1.0 / doubt).ln() / (2.0 * n as f64)).sqrt() + (1.0 - share);
    let part = |i: usize| (losses[i] - losses[i - 1]) * (i as f64 / n as f64 - room).max(0.0);
    let below: f64 = (1..=n).map(part).sum();
    TailBound {
        value: worst - below / share,
        worst,
        sessions: n,
        needed: sessions_needed_for_tail(share, doubt),
    }
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
