//! What the rules are asked at the end of a session: which trades each knob's rules may look at, what a regime holds
//! over, and what returns to its default when nothing fires any more.

use super::adjust::{Beside, Decision, Facts, Question, REGIME_OVER, Step, Verdict, decide};
use super::rulebook::Rulebook;
use crate::domain::{Calendar, Date, KnobName, Market, PerKnob, Timestamp, TradeFacts, Window, next_day};
use crate::metrics::{MetricResult, Sample};

/// The rule by which a knob that no rule moves any more returns to its default.
pub const REVERT: &str = "revert";

/// Moves of the shipped rules in 60 sessions of an engine that flips coins where points decide, the mean that
/// `tests/learning` prints; a limit that was passed does not count.
pub const POINT_MOVES_ON_NOISE: f64 = 22.0;

/// Sessions without a rule that fired after which a knob begins to return.
const QUIET_SESSIONS: u64 = 5;

/// How much of the way it returns at a time.
const REVERTED_SHARE: f64 = 0.05;

/// What happened to a knob before.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KnobPast {
    /// The newest trade on which an earlier move of a rule rested.
    pub used_until: Option<Timestamp>,
    /// When a rule last moved it by results; none where its value is not a rule's.
    pub moved_on: Option<Date>,
    /// The value underneath, where a regime holds it now.
    pub base: Option<f64>,
}

impl KnobPast {
    /// Notes a move by a rule from the smoothed value `old`, on a date, that rested on trades until a moment.
    pub fn note_rule(&mut self, rule: &str, of_regime: bool, on: Date, until: Option<Timestamp>, old: f64) {
        match rule {
            REVERT => {}
            REGIME_OVER => self.base = None,
            _ if of_regime => self.base = Some(self.base.unwrap_or(old)),
            _ => {
                self.base = None;
                self.used_until = self.used_until.max(until);
                self.moved_on = Some(on);
            }
        }
    }

    /// Notes that somebody set it.
    pub fn note_hand(&mut self) {
        self.base = None;
        self.moved_on = None;
    }
}

/// Sessions after a date, up to and with another; those beyond 30 do not count.
pub(crate) fn sessions_since(calendar: &Calendar, from: Date, to: Date) -> u64 {
    calendar.sessions(next_day(from), to).take(30).count() as u64
}

/// Hands over trades one by one, the same each time: they can be many, and whoever has them holds less of each.
pub type EachTrade<'a> = &'a dyn Fn(&mut dyn FnMut(&TradeFacts<'_>));

/// The end of a session.
#[derive(Clone)]
pub struct Review<'a> {
    /// The session's date.
    pub date: Date,
    /// The moment from which windows are seen.
    pub at: Timestamp,
    /// The trades of the 30 days up to then, in the order of their exits.
    pub trades: EachTrade<'a>,
    /// By which calendar they are dated.
    pub market: &'a Market,
    /// How far the account lies below its running peak, a fraction.
    pub drawdown_now: MetricResult,
    /// The account's capital at the start.
    pub capital: f64,
    /// Smoothed values now, in the order of [`KnobName::ALL`].
    pub knobs: PerKnob<f64>,
    /// What happened to each before.
    pub past: PerKnob<KnobPast>,
    /// The market's regime.
    pub regime: &'a str,
    /// Knobs that may move.
    pub only: &'a [KnobName],
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Reviewed {
    /// What is decided.
    pub decision: Decision,
    /// Trades of the last 7 days.
    pub week_trades: u64,
}

/// Asks the rules. Where points decide they look at the last 7 days. Where intervals decide they look at the last 30,
/// and of them at the trades that no earlier move of the same knob used; what no rule has moved for 5 sessions returns
/// a twentieth of the way to its default.
pub fn review(rulebook: &Rulebook, review: &Review<'_>) -> Reviewed {
    let empty = || Sample::new(review.capital, review.market);
    let (mut week, mut month) = (empty(), empty());
    let mut unused =
        review.past.map(|past| past.used_until.filter(|_| rulebook.strict).map(|used| (used, empty())));
    (review.trades)(&mut |trade| {
        month.push(trade);
        if Window::Days(7).contains(trade.exit_time, review.at) {
            week.push(trade);
        }
        for (_, sample) in unused.iter_mut().flatten().filter(|(used, _)| trade.exit_time > *used) {
            sample.push(trade);
        }
    });
    let figures = month.performance();
    let beside = Beside { week: &week, month: &figures, drawdown_now: review.drawdown_now };
    let whole = Facts::new(if rulebook.strict { &month } else { &week }, &beside, rulebook);
    let fresh = unused.map(|unused| Some(Facts::new(&unused?.1, &beside, rulebook)));
    let question = Question {
        knobs: review.knobs,
        facts: PerKnob::from_fn(|name| fresh[name].as_ref().unwrap_or(&whole)),
        regime: review.regime,
        only: review.only,
        min_trades: rulebook.min_trades,
        bases: review.past.map(|past| past.base),
    };
    let mut decision = decide(rulebook, &question);
    if rulebook.strict && week.trades() >= rulebook.min_trades {
        let reverted = reverted(rulebook, review, &decision, (week.trades(), week.last_exit()));
        decision.steps.extend(reverted);
        decision.steps.sort_by_key(|step| step.knob);
    }
    Reviewed { decision, week_trades: week.trades() }
}

/// The knobs that go back a little.
fn reverted(
    rulebook: &Rulebook,
    review: &Review<'_>,
    decision: &Decision,
    trades: (u64, Option<Timestamp>),
) -> Vec<Step> {
    let fires = |name: KnobName| {
        decision.rules.iter().any(|judged| {
            judged.rule.knob == name
                && matches!(judged.verdict, Verdict::Moves | Verdict::AtTarget | Verdict::Overruled(_))
        })
    };
    let back = |name: &KnobName| {
        let (knob, past) = (rulebook.knob(*name), review.past[*name]);
        let old = review.knobs[*name];
        let is_quiet = past
            .moved_on
            .is_some_and(|on| sessions_since(review.market.calendar(), on, review.date) >= QUIET_SESSIONS);
        let moves = decision.steps.iter().any(|step| step.knob == *name);
        if !is_quiet || past.base.is_some() || moves || fires(*name) {
            return None;
        }
        // The last bit at once, else it would never get there.
        let left = knob.default - old;
        let is_near = left.abs() <= rulebook.min_step * knob.width();
        let new = if is_near { knob.default } else { knob.tidy(old + REVERTED_SHARE * left) };
        let step = Step {
            knob: *name,
            rule: REVERT,
            because: Vec::new(),
            old,
            target: knob.default,
            new,
            clamped: false,
            trades,
        };
        (new != old).then_some(step)
    };
    review.only.iter().filter_map(back).collect()
}
