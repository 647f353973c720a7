//! How often each rule locks where nothing is wrong: sessions as they were, with results drawn from all own trades.

use super::day::{GuardDay, GuardExit};
use super::firing::session_locks;
use super::rules::GuardRules;
use crate::domain::Session;
use crate::learn::Rng;

/// The seed of the draws.
const SEED: u64 = 0x6A72;

/// How often a rule locks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRate {
    /// The rule, by its name.
    pub rule: String,
    /// Sessions in which it locked.
    pub sessions: u32,
    /// Locks in all of these sessions.
    pub locks: u32,
}

/// A session that was walked through: when it ran, and its exits.
#[derive(Clone, Debug, PartialEq)]
pub struct PastSession {
    /// Open and close.
    pub session: Session,
    /// Its exits, with the sessions before it.
    pub day: GuardDay,
}

/// The rates over `count` sessions drawn from those of the past. Times, symbols, sides and strategies of a drawn session
/// are those that it had; each result is that of another own trade, so that losses follow on one another as chance has it.
/// What the rules take from the past is what they take today; the detectors are carried from each drawn session to the next.
pub fn resampled_rates(
    rules: &GuardRules,
    today: &GuardDay,
    past: &[PastSession],
    count: u32,
) -> Vec<RuleRate> {
    let mut rates: Vec<RuleRate> =
        rules.rules.iter().map(|rule| RuleRate { rule: rule.name.clone(), sessions: 0, locks: 0 }).collect();
    let pool: Vec<&GuardExit> = past.iter().flat_map(|session| &session.day.exits).collect();
    if pool.is_empty() {
        return rates;
    }
    let mut rng = Rng::new(SEED, 0);
    let mut day = GuardDay { exits: Vec::new(), ..today.clone() };
    for _ in 0..count {
        let drawn = &past[rng.below(past.len())];
        day.equity = drawn.day.equity;
        day.stop_frac = drawn.day.stop_frac;
        day.exits =
            drawn.day.exits.iter().map(|exit| with_result_of(exit, pool[rng.below(pool.len())])).collect();
        let (locks, _) = session_locks(&rules.rules, &day, &drawn.session, &[], drawn.session.close);
        for rate in &mut rates {
            let of_rule = locks.iter().filter(|lock| lock.rule == rate.rule).count() as u32;
            rate.sessions += u32::from(of_rule > 0);
            rate.locks += of_rule;
        }
        let before = day.before.clone();
        day = GuardDay { before, ..day.next(day.date, rules, day.stop_frac) };
    }
    rates
}

/// An exit with the result of another one.
fn with_result_of(exit: &GuardExit, other: &GuardExit) -> GuardExit {
    let mut drawn = exit.clone();
    let from = &other.facts;
    (drawn.facts.pnl, drawn.facts.pnl_frac) = (from.pnl, from.pnl_frac);
    (drawn.facts.stop_frac, drawn.facts.is_stopped) = (from.stop_frac, from.is_stopped);
    drawn
}
