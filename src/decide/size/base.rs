//! The base size that the own sessions support, and what of it binds.

use super::kelly::{Kelly, LossLimit, kelly, shrink};
use super::tail::{DOUBT, TAIL, TailBound, tail_backtest, tail_bound};
use crate::stats::evidence::{ENOUGH, ShortfallTest, SymmetricTest};

/// The last sessions that a size rests on, at most.
pub(super) const BASE_WINDOW: usize = 250;

/// Below so many sessions and trades there is no opinion.
pub const BASE_NEEDED: (usize, u64) = (60, 200);

/// The mean over its standard error from which on there is an edge: chance reaches it in one of 44 looks.
pub const EDGE_T: f64 = 2.0;

/// How much a size may go up in a session.
pub(super) const STEP_UP: f64 = 0.10;

/// The first sessions of a window, of which only the scale of the test is taken.
const FOR_SCALE: usize = 20;

/// The stops of all trades of a session, passed by so much, are the worst that is thought of.
pub(super) const GAP_FACTOR: f64 = 3.0;

/// How much worse than the worst session one more may be: the loss limit counts with one such session, as heavy losses are rare
/// in a record that is short.
const UNSEEN: f64 = 1.5;

/// What a base size is worked out from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BaseFacts<'a> {
    /// Of each session with a trade the sum of its results as fractions of their positions, the oldest first.
    pub results: &'a [f64],
    /// Trades in them.
    pub trades: u64,
    /// The worst that a session can do, in the same unit, above 0.
    pub worst: f64,
    /// The account's equity, in its currency.
    pub equity: f64,
    /// The size in force.
    pub in_force: f64,
    /// The range of the knob.
    pub range: (f64, f64),
}

/// What determines the suggested size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// No edge is shown: the floor.
    NoEdge,
    /// The chance of the loss that is not to be reached, less what is not known of the mean.
    Loss,
    /// The worst sessions.
    Tail,
    /// The knob goes no lower.
    Floor,
    /// The knob goes no higher.
    Ceiling,
    /// No more than a step a session.
    Step,
    /// There is not the evidence to go up.
    Evidence,
}

impl Binding {
    /// Its name in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoEdge => "no_edge",
            Self::Loss => "loss_limit",
            Self::Tail => "tail",
            Self::Floor => "floor",
            Self::Ceiling => "ceiling",
            Self::Step => "step",
            Self::Evidence => "evidence",
        }
    }
}

/// What the own sessions support; sizes as shares of the account unless an amount is named.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BaseSize {
    /// Sessions that it rests on.
    pub sessions: usize,
    /// Trades in them.
    pub trades: u64,
    /// The mean result of a session at one position a trade.
    pub mean: f64,
    /// The mean over its standard error.
    pub t: f64,
    /// Evidence that the mean is above 0.
    pub e: f64,
    /// The size of fastest growth, and the one under the limit of losses.
    pub kelly: Kelly,
    /// What is left of it for what is not known of the mean.
    pub shrink: f64,
    /// The bounds of the worst sessions.
    pub tail: TailBound,
    /// The one by which sizes go held against each session; where it was too low the worst session is the bound.
    pub backtest: ShortfallTest,
    /// The size at which the worst sessions lose by themselves what is not to be lost.
    pub tail_size: f64,
    /// The smallest of them, before the knob's range, as a share of the account; 0 without an edge.
    pub supported: f64,
    /// What the record supports, an amount within the knob's range.
    pub target: f64,
    /// What is suggested for the next session, an amount.
    pub suggested: f64,
    /// Which limit holds it where it is.
    pub binding: Binding,
}

/// What is there of what an opinion needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFew {
    /// Sessions that are there.
    pub sessions: usize,
    /// Trades that are there.
    pub trades: u64,
}

/// The evidence that sessions make more than nothing: one number a session, the first ones for the scale alone.
fn edge(results: &[f64]) -> f64 {
    let (first, rest) = results.split_at(results.len().min(FOR_SCALE));
    let Some(mut test) = SymmetricTest::new(deviation(first)) else { return 1.0 };
    // The test asks whether numbers lie below 0.
    rest.iter().for_each(|result| test.push(-result));
    test.e_below()
}

/// Standard deviation, with n − 1; NaN below two numbers.
fn deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt()
}

/// Works out the base size.
///
/// # Errors
/// [`TooFew`] below [`BASE_NEEDED`].
pub fn base_size(facts: &BaseFacts<'_>) -> Result<BaseSize, TooFew> {
    let sessions = facts.results.len();
    if sessions < BASE_NEEDED.0 || facts.trades < BASE_NEEDED.1 {
        return Err(TooFew { sessions, trades: facts.trades });
    }
    let n = sessions as f64;
    let mean = facts.results.iter().sum::<f64>() / n;
    let sd = deviation(facts.results);
    let t = if sd > 0.0 { mean / sd * n.sqrt() } else { 0.0 };
    let limit = LossLimit::OURS;
    // A size beyond the range of the knob many times over is of no use to anybody.
    let most = 1e3 * facts.range.1 / facts.equity;
    let kelly = limited(facts.results, limit, most);
    let tail = tail_bound(facts.results, facts.worst, (TAIL, DOUBT));
    let backtest = tail_backtest(facts.results, BASE_NEEDED.0);
    let bound = if backtest.is_too_low() { tail.worst } else { tail.walked };
    let tail_size = if bound > 0.0 { (1.0 - limit.left_frac) / bound } else { most };
    let shrink = shrink(t);
    let has_edge = t >= EDGE_T;
    let of_loss = shrink * kelly.constrained;
    let supported = if has_edge { of_loss.min(tail_size) } else { 0.0 };
    let e = edge(facts.results);
    let (low, high) = facts.range;
    let wanted = supported * facts.equity;
    let target = whole(wanted).clamp(low, high);
    let cause = if !has_edge {
        Binding::NoEdge
    } else if wanted <= low {
        Binding::Floor
    } else if wanted >= high {
        Binding::Ceiling
    } else if tail_size < of_loss {
        Binding::Tail
    } else {
        Binding::Loss
    };
    let (suggested, binding) = stepped(facts.in_force, target, (e, cause));
    let trades = facts.trades;
    Ok(BaseSize {
        sessions,
        trades,
        mean,
        t,
        e,
        kelly,
        shrink,
        tail,
        backtest,
        tail_size,
        supported,
        target,
        suggested,
        binding,
    })
}

/// The sizes of [`kelly`], the limit of losses with one session more, worse than any on record.
fn limited(results: &[f64], limit: LossLimit, most: f64) -> Kelly {
    let free = kelly(results, limit, most).free;
    let unseen = UNSEEN * results.iter().copied().fold(0.0, f64::min);
    let with_unseen: Vec<f64> = results.iter().copied().chain([unseen]).collect();
    Kelly { free, constrained: free.min(kelly(&with_unseen, limit, most).constrained) }
}

/// A size of hundreds is given in whole units.
fn whole(size: f64) -> f64 {
    // A tenth more of 1,000 is 1,100, not a hair less of it.
    if size >= 100.0 { (size + 1e-6).floor() } else { size }
}

/// Down at once; up by a step, and only with evidence.
fn stepped(in_force: f64, target: f64, (e, cause): (f64, Binding)) -> (f64, Binding) {
    let step = whole(in_force * (1.0 + STEP_UP));
    if target <= in_force {
        (target, cause)
    } else if e < ENOUGH {
        (in_force, Binding::Evidence)
    } else if target > step {
        (step, Binding::Step)
    } else {
        (target, cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sessions of one mean, in turn a deviation above and below it.
    fn sessions(n: usize, mean: f64, sd: f64) -> Vec<f64> {
        (0..n).map(|at| mean + if at % 2 == 0 { sd } else { -sd }).collect()
    }

    fn facts(results: &[f64]) -> BaseFacts<'_> {
        BaseFacts {
            results,
            trades: 1_000,
            worst: 0.3,
            equity: 10_000.0,
            in_force: 1_000.0,
            range: (500.0, 2_000.0),
        }
    }

    #[test]
    fn too_little_is_no_opinion() {
        let few = sessions(59, 0.01, 0.01);
        assert_eq!(base_size(&facts(&few)), Err(TooFew { sessions: 59, trades: 1_000 }));
        let enough = sessions(60, 0.01, 0.01);
        assert!(base_size(&BaseFacts { trades: 199, ..facts(&enough) }).is_err());
        assert!(base_size(&facts(&enough)).is_ok());
    }

    #[test]
    fn down_at_once_up_by_a_step_and_only_with_evidence() {
        // t = .2·√120/… far above 2, and E with it: up by a tenth at most.
        let good = sessions(120, 0.012, 0.03);
        let found = base_size(&facts(&good)).unwrap();
        assert!(found.t > 4.0 && found.e > ENOUGH, "{found:?}");
        assert_eq!((found.suggested, found.binding), (1_100.0, Binding::Step));
        // The same from above: at once.
        let found = base_size(&BaseFacts { in_force: 2_000.0, ..facts(&good) }).unwrap();
        assert_eq!(found.suggested, found.target);
        // Without an edge the floor, at once.
        let none = sessions(120, 0.002, 0.03);
        let found = base_size(&facts(&none)).unwrap();
        assert_eq!((found.suggested, found.binding, found.supported), (500.0, Binding::NoEdge, 0.0));
        // An edge, but not the evidence to risk more for it: what is there stays.
        let some = sessions(120, 0.0061, 0.03);
        let found = base_size(&facts(&some)).unwrap();
        assert!(found.t > EDGE_T && found.e < ENOUGH, "{found:?}");
        assert_eq!((found.suggested, found.binding), (1_000.0, Binding::Evidence));
    }

    #[test]
    fn the_limit_counts_with_a_session_that_is_worse_than_any() {
        // +2 % or −1 % in turn, and one of −1.5 %: the size at which (1 + b·r)^(−13.4) is 1 in the mean of all 61.
        let coin = sessions(60, 0.005, 0.015);
        let limit = LossLimit::OURS;
        let found = limited(&coin, limit, 1e6);
        assert!((found.free - 25.0).abs() < 1e-9, "{found:?}");
        let mean = coin
            .iter()
            .chain([&-0.015])
            .map(|r| (1.0 + found.constrained * r).powf(-limit.exponent()))
            .sum::<f64>();
        assert!(
            (mean - 61.0).abs() < 1e-6 && found.constrained < kelly(&coin, limit, 1e6).constrained,
            "{mean}"
        );
    }

    #[test]
    fn the_tail_binds_where_a_session_can_lose_it_all() {
        let good = sessions(120, 0.02, 0.03);
        let bad_day = BaseFacts { worst: 6.0, in_force: 2_000.0, ..facts(&good) };
        let found = base_size(&bad_day).unwrap();
        assert_eq!(found.binding, Binding::Tail);
        assert_eq!(found.target, (10_000.0 * found.tail_size).floor());
        assert!((found.tail_size * found.tail.walked - 0.2).abs() < 1e-12);
        // A bound that was found too low is not gone by: after quiet sessions every loss is worse than the one before.
        let wild = (0..60).flat_map(|at| [-0.1 - 0.02 * f64::from(at), 0.3 + 0.02 * f64::from(at)]);
        let turned: Vec<f64> = sessions(60, 0.02, 0.01).into_iter().chain(wild).collect();
        let found = base_size(&BaseFacts { results: &turned, ..bad_day }).unwrap();
        assert!(found.backtest.is_too_low() && found.tail.walked < 6.0, "{found:?}");
        assert!((found.tail_size * 6.0 - 0.2).abs() < 1e-12 && found.suggested == 500.0, "{found:?}");
    }

    #[test]
    fn what_is_as_large_as_it_may_be_is_no_step_and_needs_no_more_evidence() {
        let to = |target: f64, e: f64| stepped(1_000.0, target, (e, Binding::Loss));
        assert_eq!(to(1_000.0, 1.0), (1_000.0, Binding::Loss));
        assert_eq!(
            (to(1_001.0, 19.9), to(1_001.0, 20.0)),
            ((1_000.0, Binding::Evidence), (1_001.0, Binding::Loss))
        );
        assert_eq!(
            (to(1_100.0, 20.0), to(1_101.0, 20.0)),
            ((1_100.0, Binding::Loss), (1_100.0, Binding::Step))
        );
        let enough = sessions(60, 0.01, 0.01);
        assert!(base_size(&BaseFacts { trades: 200, ..facts(&enough) }).is_ok());
    }
}
