//! Multipliers of the size by context, learned in shadow and published on evidence.

use std::collections::VecDeque;

use super::multiplier_weights::{FLAT_FRAC, Hedge, MULTIPLIER_RANGE, at_equal_exposure};
use super::shadow::ShadowTest;
use crate::stats::{quantile, sorted};

/// The contexts: the third of the score, times whether the account is under its peak.
pub const CONTEXTS: usize = 6;

/// How much of itself a multiplier changes by in a session.
const STEP: f64 = 0.20;

/// The account counts as under its peak where it is lower by this.
const DRAWDOWN_FRAC: f64 = 0.02;

/// Sessions that the borders of the thirds, the shares of the contexts and the deviation of a session are taken from; and
/// those over which a policy that is published is looked back at.
const LOOK_BACK: usize = 60;

/// Sessions, and trades with a key, from which on there are contexts.
pub const CONTEXTS_NEEDED: (usize, usize) = (10, 60);

/// A closed trade, as far as its size is learned from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SizedTrade {
    /// The net result as a fraction of the position.
    pub result: f64,
    /// The score or the probability it was entered with.
    pub key: Option<f64>,
}

/// Where a policy stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PolicyState {
    /// There are no contexts yet.
    #[default]
    Waiting,
    /// It is only looked at: everybody gets 1.00.
    Shadow,
    /// It is in force.
    Published,
}

impl PolicyState {
    /// Its name in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Shadow => "shadow",
            Self::Published => "published",
        }
    }

    /// The state of a name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Waiting, Self::Shadow, Self::Published].into_iter().find(|state| state.as_str() == name)
    }
}

/// The context of a key: its third by the borders, and whether the account is under its peak.
pub fn context_at((low, high): (f64, f64), key: f64, is_under: bool) -> usize {
    let third = usize::from(key > low) + usize::from(key > high);
    third + if is_under { CONTEXTS / 2 } else { 0 }
}

/// Multipliers by context, and what tells the contexts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContextSizes {
    cuts: Option<(f64, f64)>,
    is_under: bool,
    multipliers: [f64; CONTEXTS],
}

impl Default for ContextSizes {
    fn default() -> Self {
        Self { cuts: None, is_under: false, multipliers: [1.0; CONTEXTS] }
    }
}

impl ContextSizes {
    /// The multiplier of a key; 1 without one, and where there are no contexts.
    pub fn of(&self, key: Option<f64>) -> f64 {
        let known = self.cuts.zip(key.filter(|key| key.is_finite()));
        known.map_or(1.0, |(cuts, key)| self.multipliers[context_at(cuts, key, self.is_under)])
    }
}

/// What the shadow brought beyond one size in the last sessions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecentShadow {
    /// Sessions that it is taken over.
    pub sessions: u64,
    /// The mean of a session, a share of the account at [`FLAT_FRAC`] a trade.
    pub mean: f64,
    /// Its interval, where there is an end to it.
    pub interval: Option<(f64, f64)>,
}

/// What a session that is over left behind, for the chart.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PolicyPoint {
    /// Growth of the account at one size, ln of what it is over what it was, at [`FLAT_FRAC`] a trade, so far.
    pub flat: f64,
    /// What the shadow's sizes would have brought beyond it, a share of the account at [`FLAT_FRAC`] a trade.
    pub beyond: f64,
    /// How far the account was under its peak after the session, 0 or above.
    pub drawdown_frac: f64,
    /// The e-value so far that the shadow beats one size.
    pub e: f64,
    /// The state after the session.
    pub state: PolicyState,
}

/// A policy that is fed with sessions in their order. What it says before a session rests on earlier ones alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContextPolicy {
    hedges: [Hedge; CONTEXTS],
    /// What the shadow gives, and what is given.
    shadow: Option<[f64; CONTEXTS]>,
    in_force: Option<[f64; CONTEXTS]>,
    /// The trades by context, the growth at one size and the keys of the last sessions.
    recent: VecDeque<([u32; CONTEXTS], f64, Vec<f64>)>,
    cuts: Option<(f64, f64)>,
    is_under: bool,
    peak: f64,
    beyond: VecDeque<f64>,
    test: ShadowTest,
    sessions: u64,
    flat: f64,
    state: PolicyState,
    publications: u32,
}

impl ContextPolicy {
    /// The policy of an account that begins with `capital`, its first peak.
    pub fn of_account(capital: f64) -> Self {
        Self { peak: capital, ..Self::default() }
    }

    /// The context of a key as things stand; none before there are contexts, and of a trade without a key.
    pub fn context_of(&self, key: Option<f64>) -> Option<usize> {
        Some(context_at(self.cuts?, key?, self.is_under))
    }

    /// Lets a session pass, after which the account is `equity`.
    pub fn push(&mut self, trades: &[SizedTrade], equity: f64) -> PolicyPoint {
        let growth: f64 = trades.iter().map(|trade| (FLAT_FRAC * trade.result).max(-0.99).ln_1p()).sum();
        let mut counts = [0u32; CONTEXTS];
        let rate = self.rate();
        let mut beyond = 0.0;
        for trade in trades {
            let Some(at) = self.context_of(trade.key) else { continue };
            counts[at] += 1;
            beyond += (self.shadow.map_or(1.0, |shadow| shadow[at]) - 1.0) * FLAT_FRAC * trade.result;
            if let Some(rate) = rate {
                self.hedges[at].learn(trade.result, rate);
            }
        }
        self.flat += growth;
        let is_judged = self.shadow.is_some() && counts.iter().any(|count| *count > 0);
        if is_judged {
            self.judge(beyond);
        }
        let keys = trades.iter().filter_map(|trade| trade.key).collect();
        self.recent.push_back((counts, growth, keys));
        if self.recent.len() > LOOK_BACK {
            self.recent.pop_front();
        }
        self.peak = self.peak.max(equity);
        let drawdown_frac = 1.0 - equity / self.peak;
        self.is_under = drawdown_frac > DRAWDOWN_FRAC;
        self.prepare();
        PolicyPoint { flat: self.flat, beyond, drawdown_frac, e: self.e(), state: self.state }
    }

    /// Half the reciprocal of the deviation of a session's growth at one size; none before there is one.
    fn rate(&self) -> Option<f64> {
        let n = self.recent.len() as f64;
        let mean = self.recent.iter().map(|(_, growth, _)| growth).sum::<f64>() / n;
        let squares: f64 = self.recent.iter().map(|(_, growth, _)| (growth - mean).powi(2)).sum();
        let sd = (squares / (n - 1.0)).sqrt();
        (self.recent.len() >= CONTEXTS_NEEDED.0 && sd > 0.0).then(|| 0.5 / sd)
    }

    /// Counts a session of the shadow, and changes the state where the evidence says so.
    fn judge(&mut self, beyond: f64) {
        self.sessions += 1;
        self.beyond.push_back(beyond);
        if self.beyond.len() > LOOK_BACK {
            self.beyond.pop_front();
        }
        self.test.push(beyond);
        if self.state != PolicyState::Published {
            if self.test.pays() {
                self.state = PolicyState::Published;
                self.publications += 1;
            }
            return;
        }
        // The interval of the last sessions lies below zero.
        let has_ceased = self.recent().and_then(|recent| recent.interval).is_some_and(|(_, high)| high < 0.0);
        if has_ceased {
            self.state = PolicyState::Shadow;
            self.in_force = None;
            self.test.begin_again();
        }
    }

    /// What holds in the next session.
    fn prepare(&mut self) {
        let keys = sorted(self.recent.iter().flat_map(|(.., keys)| keys.iter().copied()));
        let enough = self.recent.len() >= CONTEXTS_NEEDED.0 && keys.len() >= CONTEXTS_NEEDED.1;
        self.cuts = enough.then(|| quantile(&keys, 1.0 / 3.0).zip(quantile(&keys, 2.0 / 3.0))).flatten();
        if self.cuts.is_none() {
            // Without borders no trade has a context: whatever was in force is not any more.
            self.state = PolicyState::Waiting;
            self.in_force = None;
            return;
        }
        let mut shares = [0.0; CONTEXTS];
        for (counts, ..) in &self.recent {
            shares.iter_mut().zip(counts).for_each(|(share, count)| *share += f64::from(*count));
        }
        let wanted = self.hedges.map(|hedge| hedge.multiplier());
        let (low, high) = MULTIPLIER_RANGE;
        let stepped = |from: [f64; CONTEXTS], wanted: &[f64]| -> [f64; CONTEXTS] {
            let bounds = from.map(|m| (low.max(m * (1.0 - STEP)), high.min(m * (1.0 + STEP))));
            let found = at_equal_exposure(wanted, &shares, &bounds);
            std::array::from_fn(|at| found[at])
        };
        let shadow = stepped(self.shadow.unwrap_or([1.0; CONTEXTS]), &wanted);
        self.shadow = Some(shadow);
        if self.state == PolicyState::Published {
            self.in_force = Some(stepped(self.in_force.unwrap_or([1.0; CONTEXTS]), &shadow));
        } else {
            self.state = PolicyState::Shadow;
        }
    }

    /// The evidence that the shadow's sizes make a difference; 1 before any.
    pub fn e(&self) -> f64 {
        self.test.e()
    }

    /// Sessions of the shadow.
    pub fn sessions(&self) -> u64 {
        self.sessions
    }

    /// How often it was published.
    pub fn publications(&self) -> u32 {
        self.publications
    }

    /// The state.
    pub fn state(&self) -> PolicyState {
        self.state
    }

    /// The multipliers of the shadow; 1 before there are any.
    pub fn shadow(&self) -> [f64; CONTEXTS] {
        self.shadow.unwrap_or([1.0; CONTEXTS])
    }

    /// The multipliers that engines are given.
    pub fn in_force(&self) -> [f64; CONTEXTS] {
        self.in_force.unwrap_or([1.0; CONTEXTS])
    }

    /// What the shadow gives next.
    pub fn shadow_sizes(&self) -> ContextSizes {
        ContextSizes { cuts: self.cuts, is_under: self.is_under, multipliers: self.shadow() }
    }

    /// What engines are given next.
    pub fn sizes_in_force(&self) -> ContextSizes {
        ContextSizes { multipliers: self.in_force(), ..self.shadow_sizes() }
    }

    /// The borders between the thirds of the key.
    pub fn cuts(&self) -> Option<(f64, f64)> {
        self.cuts
    }

    /// Whether the account is under its peak.
    pub fn is_under(&self) -> bool {
        self.is_under
    }

    /// The trades of each context in the last sessions.
    pub fn counts(&self) -> [u32; CONTEXTS] {
        let mut counts = [0; CONTEXTS];
        for (of_session, ..) in &self.recent {
            counts.iter_mut().zip(of_session).for_each(|(count, n)| *count += n);
        }
        counts
    }

    /// The mean that the shadow brought beyond one size a session of the last ones, and its interval where there is one.
    pub fn recent(&self) -> Option<RecentShadow> {
        let mut test = self.test.of_scale()?;
        self.beyond.iter().for_each(|d| test.push(*d));
        Some(RecentShadow { sessions: test.sessions(), mean: test.mean()?, interval: test.interval() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session of thirty trades, of which those with a key above ⅔ make 1 % and the others lose .5 %.
    fn session(has_keys: bool) -> Vec<SizedTrade> {
        let trade = |at: usize| SizedTrade {
            result: if at >= 20 { 0.01 } else { -0.004 } + if at.is_multiple_of(2) { 0.001 } else { -0.001 },
            key: has_keys.then_some(at as f64 / 30.0),
        };
        (0..30).map(trade).collect()
    }

    #[test]
    fn the_first_peak_is_the_capital() {
        let mut policy = ContextPolicy::of_account(10_000.0);
        let point = policy.push(&session(true), 9_700.0);
        assert!((point.drawdown_frac - 0.03).abs() < 1e-12 && policy.is_under(), "{point:?}");
    }

    #[test]
    fn nothing_is_in_force_once_trades_have_no_key_any_more() {
        let mut policy = ContextPolicy::of_account(10_000.0);
        for n in 0..60 {
            policy.push(&session(true), 10_000.0 + f64::from(n));
        }
        assert_eq!(policy.state(), PolicyState::Published);
        assert!(policy.in_force()[2] > 1.2, "{:?}", policy.in_force());
        let mut last = PolicyPoint::default();
        for n in 0..60 {
            last = policy.push(&session(false), 11_000.0 + f64::from(n));
        }
        assert_eq!(
            (policy.cuts(), policy.state(), last.state),
            (None, PolicyState::Waiting, PolicyState::Waiting)
        );
        assert_eq!((policy.in_force(), policy.context_of(Some(0.9))), ([1.0; CONTEXTS], None));
    }

    #[test]
    fn a_context_is_the_third_and_the_account() {
        let at = |key, is_under| context_at((1.0, 2.0), key, is_under);
        assert_eq!([at(0.0, false), at(1.0, false), at(1.5, false), at(2.1, false)], [0, 0, 1, 2]);
        assert_eq!((at(0.0, true), at(9.0, true)), (3, 5));
        for state in [PolicyState::Waiting, PolicyState::Shadow, PolicyState::Published] {
            assert_eq!(PolicyState::parse(state.as_str()), Some(state));
        }
        assert_eq!(PolicyState::parse("other"), None);
    }

    #[test]
    fn what_the_shadow_gives_and_why_is_told_of_the_last_sixty_sessions() {
        let mut policy = ContextPolicy::of_account(10_000.0);
        assert_eq!((policy.shadow(), policy.cuts(), policy.e()), ([1.0; CONTEXTS], None, 1.0));
        let points: Vec<PolicyPoint> =
            (0..100).map(|n| policy.push(&session(true), 10_000.0 + f64::from(n))).collect();
        // Trades above ⅔ get more in the shadow, the others less; no session was under a peak.
        let shadow = policy.shadow();
        assert!(shadow[2] > 1.2 && shadow[0] < 1.0 && !policy.is_under(), "{shadow:?}");
        assert_eq!((policy.shadow_sizes().of(Some(0.9)), policy.shadow_sizes().of(None)), (shadow[2], 1.0));
        let (low, high) = policy.cuts().unwrap();
        assert!((low - 1.0 / 3.0).abs() < 0.05 && (high - 2.0 / 3.0).abs() < 0.05, "{low} {high}");
        // Ten trades of each third a session.
        assert_eq!(policy.counts(), [600, 600, 600, 0, 0, 0]);
        let recent = policy.recent().unwrap();
        assert!(recent.sessions == 60 && recent.mean > 0.0 && policy.e() > 20.0, "{recent:?}");
        // At one size a session makes 10 · 1 % − 20 · .4 % = 2 % of a tenth, and ln(1 + x) is hardly less than x.
        let grown = points[99].flat / 100.0;
        assert!(grown < 0.002 && grown > 0.0018, "{grown}");
        // The last multipliers, times what each third made: .1 · (.1 · m₂ − .04 · (m₀ + m₁) − .02) in a session.
        let before = points[99].beyond;
        let wanted = 0.1 * (0.1 * (shadow[2] - 1.0) - 0.04 * (shadow[0] - 1.0 + shadow[1] - 1.0));
        assert!((before - wanted).abs() < 2e-4, "{before} {wanted}");
    }
}
