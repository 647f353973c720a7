//! Multipliers of the size by context, learned in shadow and published on evidence.

use std::collections::VecDeque;

use super::hedge::{FLAT_FRAC, Hedge, at_equal_exposure};
use crate::stats::evidence::{ENOUGH, SymmetricTest};
use crate::stats::{quantile, sorted};

/// The contexts: the third of the score, times whether the account is under its peak.
pub const CONTEXTS: usize = 6;

/// What a multiplier may be.
const BOUNDS: (f64, f64) = (0.5, 1.5);

/// How much of itself a multiplier changes by in a session.
const STEP: f64 = 0.20;

/// The account counts as under its peak where it is lower by this.
const DRAWDOWN_FRAC: f64 = 0.02;

/// Sessions that the borders of the thirds, the shares of the contexts and the deviation of a session are taken from; and
/// those over which a policy that is published is looked back at.
const LOOK_BACK: usize = 60;

/// Sessions and keys from which on there are contexts.
const NEEDED: (usize, usize) = (10, 60);

/// The first sessions of the shadow, of which only the scale of the test is taken.
const FOR_SCALE: usize = 21;

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
    /// The evidence.
    pub e: f64,
    /// The state after the session.
    pub state: PolicyState,
}

/// A policy that is fed with sessions in their order. What it says before a session rests on earlier ones alone.
#[derive(Clone, Debug, Default)]
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
    scale_from: Vec<f64>,
    test: Option<SymmetricTest>,
    scale: Option<f64>,
    sessions: u64,
    flat: f64,
    state: PolicyState,
    publications: u32,
}

impl ContextPolicy {
    /// The context of a key as things stand; none before there are contexts, and of a trade without a key.
    pub fn context_of(&self, key: Option<f64>) -> Option<usize> {
        let ((low, high), key) = (self.cuts?, key?);
        let third = usize::from(key > low) + usize::from(key > high);
        Some(third + if self.is_under { CONTEXTS / 2 } else { 0 })
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
        (self.recent.len() >= NEEDED.0 && sd > 0.0).then(|| 0.5 / sd)
    }

    /// Counts a session of the shadow, and changes the state where the evidence says so.
    fn judge(&mut self, beyond: f64) {
        self.sessions += 1;
        self.beyond.push_back(beyond);
        if self.beyond.len() > LOOK_BACK {
            self.beyond.pop_front();
        }
        match (&mut self.test, self.scale) {
            (Some(test), _) => test.push(beyond),
            (None, _) => {
                self.scale_from.push(beyond);
                if self.scale_from.len() == FOR_SCALE {
                    let squares: f64 = self.scale_from.iter().map(|d| d * d).sum();
                    self.scale = Some((squares / FOR_SCALE as f64).sqrt());
                    self.test = self.scale.and_then(SymmetricTest::new);
                    // Nothing was at stake in any of them: others are waited for.
                    self.scale_from.clear();
                }
            }
        }
        let pays = self.test.is_some_and(|test| test.mean().is_some_and(|mean| mean > 0.0));
        if self.state != PolicyState::Published && self.e() >= ENOUGH && pays {
            self.state = PolicyState::Published;
            self.publications += 1;
        } else if self.state == PolicyState::Published && self.has_ceased_to_pay() {
            self.state = PolicyState::Shadow;
            self.in_force = None;
            self.test = self.scale.and_then(SymmetricTest::new);
        }
    }

    /// Whether the interval of the last sessions lies below zero.
    fn has_ceased_to_pay(&self) -> bool {
        let Some(mut test) = self.scale.and_then(SymmetricTest::new) else { return false };
        self.beyond.iter().for_each(|d| test.push(*d));
        test.interval().is_some_and(|(_, high)| high < 0.0)
    }

    /// What holds in the next session.
    fn prepare(&mut self) {
        let keys = sorted(self.recent.iter().flat_map(|(.., keys)| keys.iter().copied()));
        let enough = self.recent.len() >= NEEDED.0 && keys.len() >= NEEDED.1;
        self.cuts = enough.then(|| quantile(&keys, 1.0 / 3.0).zip(quantile(&keys, 2.0 / 3.0))).flatten();
        if self.cuts.is_none() {
            return;
        }
        let mut shares = [0.0; CONTEXTS];
        for (counts, ..) in &self.recent {
            shares.iter_mut().zip(counts).for_each(|(share, count)| *share += f64::from(*count));
        }
        let wanted = self.hedges.map(|hedge| hedge.multiplier());
        let stepped = |from: [f64; CONTEXTS], wanted: &[f64]| -> [f64; CONTEXTS] {
            let bounds = from.map(|m| (BOUNDS.0.max(m * (1.0 - STEP)), BOUNDS.1.min(m * (1.0 + STEP))));
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
        self.test.map_or(1.0, |test| test.e())
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
    pub fn recent(&self) -> Option<(f64, Option<(f64, f64)>)> {
        let mut test = self.scale.and_then(SymmetricTest::new)?;
        self.beyond.iter().for_each(|d| test.push(*d));
        Some((test.mean()?, test.interval()))
    }
}
