//! What the locks of a moment mean for the engine: whether it may enter, and with which knobs.

use super::firing::{Lock, RuleReading};
use super::rules::{GuardAction, Per, Reducing};
use crate::domain::{Knob, KnobName, PerKnob, Side, Timestamp};

/// The state of the guard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuardWord {
    /// As always.
    #[default]
    Active,
    /// Smaller and fewer positions.
    Reducing,
    /// No entries. Exits go on.
    Halted,
}

impl GuardWord {
    /// The word that engines read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Reducing => "REDUCING",
            Self::Halted => "HALTED",
        }
    }

    /// The state of a word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Active, Self::Reducing, Self::Halted].into_iter().find(|state| state.as_str() == word)
    }
}

/// The guard at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GuardState {
    /// What holds for every trade.
    pub word: GuardWord,
    /// Since when; none for ACTIVE.
    pub since: Option<Timestamp>,
    /// Until when at the latest; none for ACTIVE.
    pub until: Option<Timestamp>,
    /// Every lock of the session, in the order in which they began.
    pub locks: Vec<Lock>,
    /// How far each rule is from its limit.
    pub readings: Vec<RuleReading>,
}

/// What the engine would like to enter.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What is to be traded.
    pub symbol: String,
    /// In which direction; none where it is not said.
    pub side: Option<Side>,
    /// By which strategy; none where it is not said.
    pub strategy: Option<String>,
}

impl Entry {
    fn is_held_by(&self, lock: &Lock) -> bool {
        let group = lock.scope.group.as_str();
        match lock.scope.per {
            Per::All => true,
            Per::Side => self.side.is_some_and(|side| side.as_position() == group),
            Per::Symbol => self.symbol == group,
            Per::Strategy => self.strategy.as_deref() == Some(group),
        }
    }
}

impl GuardState {
    /// The locks that hold at a moment.
    pub fn holding(&self, now: Timestamp) -> impl Iterator<Item = &Lock> {
        self.locks.iter().filter(move |lock| lock.holds(now))
    }

    /// The lock that keeps an entry from being made; of several the one that ends last.
    pub fn refuses(&self, entry: &Entry, now: Timestamp) -> Option<&Lock> {
        let halts = self.holding(now).filter(|lock| lock.action == GuardAction::Halt);
        halts.filter(|lock| entry.is_held_by(lock)).max_by_key(|lock| lock.until)
    }
}

/// The state that locks make at a moment.
pub fn judge(locks: Vec<Lock>, readings: Vec<RuleReading>, now: Timestamp) -> GuardState {
    let of_all = |lock: &&Lock| lock.holds(now) && lock.scope.per == Per::All;
    let action = locks.iter().filter(of_all).map(|lock| lock.action).max();
    let making: Vec<&Lock> = locks.iter().filter(of_all).filter(|lock| Some(lock.action) == action).collect();
    let word = match action {
        None => GuardWord::Active,
        Some(GuardAction::Reduce) => GuardWord::Reducing,
        Some(GuardAction::Halt) => GuardWord::Halted,
    };
    let since = making.iter().map(|lock| lock.at).min();
    let until = making.iter().map(|lock| lock.until).max();
    GuardState { word, since, until, locks, readings }
}

/// Locks that exits made and locks that were handed over, one for each rule and stretch of time.
pub fn merged(mut locks: Vec<Lock>, others: impl IntoIterator<Item = Lock>) -> Vec<Lock> {
    for other in others {
        let overlaps = |known: &&mut Lock| {
            (&known.rule, &known.scope, known.released) == (&other.rule, &other.scope, other.released)
                && known.at <= other.until
                && other.at <= known.until
        };
        match locks.iter_mut().find(overlaps) {
            Some(known) => {
                known.until = known.until.max(other.until);
                if other.at < known.at {
                    *known = Lock { until: known.until, ..other };
                }
            }
            None => locks.push(other),
        }
    }
    locks.sort_by(|a, b| (a.at, &a.rule, &a.scope).cmp(&(b.at, &b.rule, &b.scope)));
    locks
}

/// The knobs under a state: none is ever riskier than its base, and none leaves its range that was in it.
pub fn reduced_knobs(
    knobs: &PerKnob<Knob>,
    base: &PerKnob<f64>,
    word: GuardWord,
    reducing: &Reducing,
) -> PerKnob<f64> {
    let mut reduced = *base;
    if word == GuardWord::Active {
        return reduced;
    }
    let less = |name: KnobName, wanted: f64| wanted.max(knobs[name].low).min(base[name]);
    let size = KnobName::PositionSize;
    reduced[size] = less(size, base[size] * reducing.size.clamp(0.0, 1.0));
    let positions = KnobName::MaxPositions;
    reduced[positions] = less(positions, base[positions] - f64::from(reducing.positions));
    reduced
}
