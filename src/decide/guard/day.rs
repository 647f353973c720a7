//! The exits of a session, and the sums of those before it.

use std::collections::BTreeMap;

use chrono::Datelike;
use smol_str::SmolStr;

use super::past::{PAST_DAYS, Past, SessionSum};
use super::rules::{GuardKind, GuardRules, LOW_PROFIT_TRADES, Per};
use crate::domain::{Date, Market, Outcome, Side, Timestamp};
use crate::stats::{DropDetector, clipped};

/// A session counts as at least so many minutes, however close together its exits are.
const SHORTEST_SPAN_MIN: f64 = 60.0;

/// What the guard needs of a closed trade.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardExitFacts {
    /// What was traded.
    pub symbol: SmolStr,
    /// Direction of the position.
    pub side: Side,
    /// Its strategy.
    pub strategy: SmolStr,
    /// Net result in the account's currency.
    pub pnl: f64,
    /// Net result as a fraction of the position.
    pub pnl_frac: f64,
    /// Distance of the stop from the entry price as a fraction of that, where a stop is recorded.
    pub stop_frac: Option<f64>,
    /// Whether it was closed at its stop.
    pub is_stopped: bool,
}

/// A closed trade.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardExit {
    /// When it was closed.
    pub at: Timestamp,
    /// Its id, and what tells it from another record of that id.
    pub id: (SmolStr, u64),
    /// What its rules look at.
    pub facts: GuardExitFacts,
}

impl GuardExitFacts {
    /// The part of it that a rule counts by.
    pub(super) fn group(&self, per: Per) -> &str {
        match per {
            Per::All => "",
            Per::Side => self.side.as_position(),
            Per::Symbol => &self.symbol,
            Per::Strategy => &self.strategy,
        }
    }

    /// The result in R, given how far the stop is where none is recorded.
    pub(super) fn r(&self, stop_frac: f64) -> f64 {
        self.pnl_frac / self.stop_frac.unwrap_or(stop_frac)
    }

    pub(super) fn outcome(&self) -> Outcome {
        Outcome::of(self.pnl)
    }
}

/// What sessions are gone through by. All of it is the same whenever they are.
pub struct GuardCourse<'a> {
    /// The rules in force.
    pub rules: &'a GuardRules,
    /// By whose calendar an exit belongs to a session.
    pub market: &'a Market,
    /// How far a stop was when the session of a date began, as a fraction of the price, where a trade records none.
    pub stop_of: &'a dyn Fn(Date) -> f64,
}

/// What a detector carries from session to session.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Carried {
    pub(super) drop: DropDetector,
    pub(super) cusum: f64,
}

/// A session as far as it got, with its past.
#[derive(Clone, Debug, PartialEq)]
pub struct GuardDay {
    /// The session's date.
    pub date: Date,
    /// Equity at its beginning, in the account's currency, as it was added up; see [`Self::equity_at_open`].
    pub equity: f64,
    /// Distance of a stop, as a fraction of the price, where a trade records none.
    pub stop_frac: f64,
    /// Its exits, in their order.
    pub exits: Vec<GuardExit>,
    /// The sessions with a trade before it, within [`PAST_DAYS`].
    pub before: Vec<SessionSum>,
    /// What each detector brings with it, by its rule's name.
    pub(super) carried: BTreeMap<String, Carried>,
}

impl GuardDay {
    /// The session of a date without a past.
    pub fn new(date: Date, equity: f64, stop_frac: f64) -> Self {
        Self { date, equity, stop_frac, exits: Vec::new(), before: Vec::new(), carried: BTreeMap::new() }
    }

    /// What the detectors bring with them, as caches keep it: the rule's name, the sums of the drop, the sum of the wins.
    pub fn carried(&self) -> impl Iterator<Item = (&str, DropDetector, f64)> {
        self.carried.iter().map(|(name, carried)| (name.as_str(), carried.drop, carried.cusum))
    }

    /// The reverse of [`Self::carried`].
    pub fn carry(&mut self, name: String, drop: DropDetector, cusum: f64) {
        self.carried.insert(name, Carried { drop, cusum });
    }

    /// Adds an exit of the session in its place: by time, those of one moment as they came. One that is there is not
    /// added again.
    pub fn add(&mut self, exit: GuardExit) {
        let at = self.exits.partition_point(|known| known.at <= exit.at);
        let mut same = self.exits[..at].iter().rev().take_while(|known| known.at == exit.at);
        if !same.any(|known| known.id == exit.id) {
            self.exits.insert(at, exit);
        }
    }

    /// The exits that have happened by a moment.
    pub fn until(&self, now: Timestamp) -> &[GuardExit] {
        &self.exits[..self.exits.partition_point(|exit| exit.at <= now)]
    }

    /// Equity at the beginning of the session, in the account's currency, to ten digits: however it was added up it is the
    /// same number. Where nothing is left of the account, the smallest amount that a loss can be a share of.
    pub fn equity_at_open(&self) -> f64 {
        let places = 10f64.powf(9.0 - self.equity.abs().max(1e-9).log10().floor());
        ((self.equity * places).round() / places).max(1e-9)
    }

    /// The past of the session.
    pub fn past(&self) -> Past {
        Past::of(&self.before)
    }

    /// The net result of the exits that have happened by a moment, in the account's currency.
    pub fn net(&self, now: Timestamp) -> f64 {
        // A sum of nothing is −0, which nobody wants to read.
        self.until(now).iter().map(|exit| exit.facts.pnl).sum::<f64>() + 0.0
    }

    /// Goes through exits up to the session of a date; exits of later dates are given back.
    pub fn through(
        mut self,
        mut exits: Vec<GuardExit>,
        date: Date,
        course: &GuardCourse<'_>,
    ) -> (Self, Vec<GuardExit>) {
        // Stable: those of one moment stay as they came.
        exits.sort_by_key(|exit| exit.at);
        let later = exits.into_iter().filter_map(|exit| self.take(exit, date, course, drop)).collect();
        if self.date < date {
            self.turn(date, course);
        }
        (self, later)
    }

    /// Takes an exit, which came after all others, up to the session of a date, and tells the session that is over with it; an
    /// exit of a later date is given back.
    pub fn take(
        &mut self,
        exit: GuardExit,
        date: Date,
        course: &GuardCourse<'_>,
        over: impl FnOnce(Self),
    ) -> Option<GuardExit> {
        let of = course.market.trading_date(exit.at);
        if of > date {
            return Some(exit);
        }
        if of > self.date {
            over(self.turn(of, course));
        }
        self.add(exit);
        None
    }

    /// Goes on to the session of a later date, and gives back the one that is over.
    pub fn turn(&mut self, date: Date, course: &GuardCourse<'_>) -> Self {
        let next = self.next(date, course.rules, (course.stop_of)(date));
        std::mem::replace(self, next)
    }

    /// The session of a later date: this one is over and becomes part of the past. What detectors carry begins anew
    /// with each quarter, so that whatever was recorded before it need not be read again.
    pub fn next(&self, date: Date, rules: &GuardRules, stop_frac: f64) -> Self {
        let past = self.past();
        let mut day = Self::new(
            date,
            self.equity + self.exits.iter().map(|exit| exit.facts.pnl).sum::<f64>(),
            stop_frac,
        );
        day.before.clone_from(&self.before);
        day.before.extend(self.sum(&past));
        let first = date.num_days_from_ce() - PAST_DAYS;
        day.before.retain(|session| session.day >= first);
        let quarter = |date: Date| (date.year(), date.month0() / 3);
        if quarter(date) == quarter(self.date) {
            day.carried = self.carried.clone();
            for rule in &rules.rules {
                let mut carried = day.carried.get(&rule.name).copied().unwrap_or_default();
                let limit = rule.limit(&past).ok();
                self.exits.iter().for_each(|exit| {
                    carried.step(&rule.kind, &past, &exit.facts, limit);
                });
                if carried != Carried::default() {
                    day.carried.insert(rule.name.clone(), carried);
                }
            }
        }
        day
    }

    /// The session as part of the past; none when nothing was closed in it.
    fn sum(&self, past: &Past) -> Option<SessionSum> {
        let mut sum = SessionSum { day: self.date.num_days_from_ce(), ..SessionSum::default() };
        if let (Some(first), Some(last)) = (self.exits.first(), self.exits.last()) {
            sum.span_min = last.at.minutes_since(first.at).max(SHORTEST_SPAN_MIN);
        }
        for exit in &self.exits {
            sum.trades += 1;
            sum.stops += u32::from(exit.facts.is_stopped);
            sum.wins += u32::from(exit.facts.outcome() == Outcome::Win);
            sum.losses += u32::from(exit.facts.outcome() == Outcome::Loss);
            sum.sum += exit.facts.pnl_frac;
            sum.squares += exit.facts.pnl_frac * exit.facts.pnl_frac;
            if let Some(deviation) = past.deviation {
                let result = clipped(exit.facts.pnl_frac, deviation);
                sum.standardised += 1;
                sum.clipped += result;
                sum.clipped_squares += result * result;
            }
        }
        sum.low_r = self.low_r();
        (sum.trades > 0).then_some(sum)
    }
}

impl GuardDay {
    /// The lowest that the result of a symbol came to in R, as a loss: what `low_profit` looks at.
    fn low_r(&self) -> f64 {
        let mut symbols: BTreeMap<&str, (u32, f64)> = BTreeMap::new();
        let mut low = 0.0f64;
        for exit in &self.exits {
            let (trades, r) = symbols.entry(&exit.facts.symbol).or_default();
            *trades += 1;
            *r += exit.facts.r(self.stop_frac);
            if *trades >= LOW_PROFIT_TRADES && exit.facts.outcome() == Outcome::Loss {
                low = low.max(-*r);
            }
        }
        low
    }
}

impl Carried {
    /// The next result: the value of the rule's sum, before it begins anew where it fires.
    pub(super) fn step(
        &mut self,
        kind: &GuardKind,
        past: &Past,
        exit: &GuardExitFacts,
        limit: Option<f64>,
    ) -> Option<f64> {
        let value = match kind {
            GuardKind::WinRate { drop_frac, .. } => {
                let cusum = past.cusum(*drop_frac).ok()?;
                if exit.outcome() != Outcome::Scratch {
                    self.cusum = cusum.step(self.cusum, exit.outcome() == Outcome::Win);
                }
                self.cusum
            }
            GuardKind::Detector { .. } => {
                let (expected, deviation) = (past.expected.as_ref().ok()?, past.deviation?);
                self.drop.push(clipped(exit.pnl_frac, deviation), *expected);
                self.drop.value()
            }
            _ => return None,
        };
        if limit.is_some_and(|limit| value >= limit) {
            *self = Self::default();
        }
        Some(value)
    }
}
