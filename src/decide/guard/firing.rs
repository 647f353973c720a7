//! Which rule fires at which exit, the daily stop (`day_loss`) among them, and what that locks until when.

use std::collections::{BTreeMap, VecDeque};

use super::day::{GuardDay, GuardExit};
use super::day_course::DayCourse;
use super::past::Past;
use super::rules::{GuardAction, GuardKind, GuardRule, LockLength, Per};
use crate::domain::{Outcome, Session, Timestamp};

/// Microseconds of a minute.
const MINUTE_US: f64 = 60e6;

/// What a lock holds for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LockScope {
    /// By what trades are told apart.
    pub per: Per,
    /// Their side, symbol or strategy; empty for all.
    pub group: String,
}

impl LockScope {
    /// Every trade.
    pub const fn all() -> Self {
        Self { per: Per::All, group: String::new() }
    }
}

/// What made a rule fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockSource {
    /// A closed trade: it fires again whenever the exits are gone through.
    Exits,
    /// What was handed over of open positions: it is on record, or nowhere.
    Open,
    /// Nothing was recorded; over with the next record.
    Silence,
}

impl LockSource {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Exits, Self::Open, Self::Silence];

    /// The word in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exits => "exits",
            Self::Open => "open",
            Self::Silence => "silence",
        }
    }
}

/// An action that holds for some trades from an exit on, to the close at most.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    /// The rule that fired.
    pub rule: String,
    /// What it does while it holds.
    pub action: GuardAction,
    /// The trades that it is for.
    pub scope: LockScope,
    /// The exit at which the rule fired.
    pub at: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// When it was released by hand, if that was before.
    pub released: Option<Timestamp>,
    /// What the rule measured.
    pub value: f64,
    /// The limit that it passed.
    pub limit: f64,
    /// What made the rule fire.
    pub source: LockSource,
}

impl Lock {
    /// Whether it holds at a moment.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.at <= now && now < self.until && self.released.is_none_or(|released| now < released)
    }
}

/// A release by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// The moment from which on the locks are gone.
    pub at: Timestamp,
    /// The rule whose locks end; none for all.
    pub rule: Option<String>,
}

impl Release {
    fn frees(&self, lock: &Lock) -> bool {
        lock.at <= self.at && self.rule.as_ref().is_none_or(|rule| *rule == lock.rule)
    }
}

/// What the engine hands over of its open positions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Observed {
    /// Their result so far, in the account's currency.
    pub open_pnl: Option<f64>,
    /// How many there are.
    pub open_positions: Option<u32>,
    /// When anything was recorded last.
    pub last_record: Option<Timestamp>,
}

/// How far a rule is from its limit.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleReading {
    /// The rule's name.
    pub rule: String,
    /// What it counts: of a rule that counts by symbol, side or strategy the one that is nearest to the limit.
    pub scope: LockScope,
    /// What it measures now; none where nothing is to be measured.
    pub value: Option<f64>,
    /// The limit, or why there is none.
    pub limit: Result<f64, String>,
}

/// What a rule counts of one group.
#[derive(Clone, Debug, Default)]
struct Running {
    trades: u32,
    course: DayCourse,
    r: f64,
    run: u32,
    stops: VecDeque<Timestamp>,
    value: f64,
    /// The lock that the rule made last for the group, by its place.
    locked: Option<usize>,
}

impl Running {
    /// Counts an exit, of an account with so much equity at the open and so far to a stop that is not on record; the value
    /// that the rule compares with its limit, and whether this exit can fire it: a trade that won never does.
    fn count(&mut self, rule: &GuardRule, exit: &GuardExit, (equity, stop_frac): (f64, f64)) -> bool {
        let (facts, r) = (&exit.facts, exit.facts.r(stop_frac));
        self.trades += 1;
        self.course.add(facts.pnl);
        self.r += r;
        match facts.outcome() {
            Outcome::Loss => self.run += 1,
            Outcome::Win => self.run = 0,
            Outcome::Scratch => {}
        }
        let is_loss = facts.outcome() == Outcome::Loss;
        match rule.kind {
            GuardKind::DayLoss { .. } => {
                self.value = self.course.day_loss(0.0, equity);
                is_loss
            }
            GuardKind::SingleLoss { .. } => {
                self.value = self.value.max(-r);
                is_loss && self.value == -r
            }
            GuardKind::StopLosses { within_min, .. } => {
                let since = exit.at.micros() - (within_min * MINUTE_US) as i64;
                self.stops.extend(facts.is_stopped.then_some(exit.at));
                while self.stops.front().is_some_and(|stop| stop.micros() <= since) {
                    self.stops.pop_front();
                }
                self.value = self.stops.len() as f64;
                facts.is_stopped
            }
            GuardKind::Drawdown { min_trades, .. } => {
                self.value = self.course.drawdown(0.0, equity);
                is_loss && self.trades >= min_trades
            }
            GuardKind::LowProfit { min_trades, .. } => {
                self.value = -self.r;
                is_loss && self.trades >= min_trades
            }
            GuardKind::Cooldown => {
                self.value = f64::from(u8::from(facts.is_stopped));
                facts.is_stopped
            }
            GuardKind::LosingRun { .. } => {
                self.value = f64::from(self.run);
                is_loss
            }
            GuardKind::Silence { .. } | GuardKind::WinRate { .. } | GuardKind::Detector { .. } => false,
        }
    }
}

/// The moment at which a lock that begins now ends.
fn end_of(rule: &GuardRule, from: Timestamp, session: &Session) -> Timestamp {
    match rule.lock {
        LockLength::Session => session.close,
        LockLength::Minutes(minutes) => {
            Timestamp::from_micros(from.micros() + (minutes * MINUTE_US) as i64).min(session.close)
        }
    }
}

/// Makes the lock that holds last longer, or adds one; its place.
fn fire(
    locks: &mut Vec<Lock>,
    last: Option<usize>,
    (at, until): (Timestamp, Timestamp),
    releases: &[Release],
    anew: impl FnOnce() -> Lock,
) -> usize {
    if let Some(place) = last
        && let Some(known) = locks.get_mut(place).filter(|known| known.holds(at))
    {
        known.until = known.until.max(until);
        return place;
    }
    let lock = anew();
    let released = releases.iter().filter(|release| release.frees(&lock)).map(|release| release.at).min();
    locks.push(Lock { released: released.filter(|released| *released < lock.until), ..lock });
    locks.len() - 1
}

/// Walks through the exits of a session by one rule.
fn walk(
    rule: &GuardRule,
    day: &GuardDay,
    past: &Past,
    (session, releases, now): (&Session, &[Release], Timestamp),
    locks: &mut Vec<Lock>,
) -> RuleReading {
    let (limit, equity) = (rule.limit(past), day.equity_at_open());
    let mut groups: BTreeMap<&str, Running> = BTreeMap::new();
    // Most rules are of all trades, and look for no group.
    let mut all = Running::default();
    let mut carried = day.carried.get(&rule.name).copied().unwrap_or_default();
    for exit in day.until(now) {
        let group = exit.facts.group(rule.per);
        let running = if rule.per == Per::All { &mut all } else { groups.entry(group).or_default() };
        let (value, can_fire) =
            match carried.step(&rule.kind, past, &exit.facts, limit.as_ref().ok().copied()) {
                Some(value) => (value, true),
                None => {
                    let can_fire = running.count(rule, exit, (equity, day.stop_frac));
                    (running.value, can_fire)
                }
            };
        running.value = value;
        if let Some(limit) = limit.as_ref().ok().copied().filter(|limit| can_fire && value >= *limit) {
            let until = end_of(rule, exit.at, session);
            let lock = || Lock {
                rule: rule.name.clone(),
                action: rule.action,
                scope: LockScope { per: rule.per, group: group.to_owned() },
                at: exit.at,
                until,
                released: None,
                value,
                limit,
                source: LockSource::Exits,
            };
            running.locked = Some(fire(locks, running.locked, (exit.at, until), releases, lock));
        }
    }
    let before = match rule.kind {
        _ if limit.is_err() => None,
        GuardKind::WinRate { .. } => Some(carried.cusum),
        GuardKind::Detector { .. } => Some(carried.drop.value()),
        _ => None,
    };
    if rule.per == Per::All && !day.until(now).is_empty() {
        groups.insert("", all);
    }
    reading(rule, limit, before, groups)
}

/// How far a rule is from its limit: by what it carries over sessions, else by the group that is nearest to it.
fn reading(
    rule: &GuardRule,
    limit: Result<f64, String>,
    before: Option<f64>,
    groups: BTreeMap<&str, Running>,
) -> RuleReading {
    let nearest = groups.into_iter().max_by(|(_, a), (_, b)| a.value.total_cmp(&b.value));
    let (group, value) = match (before, nearest) {
        _ if rule.kind.is_of_all() => ("", before),
        (Some(value), _) => ("", Some(value)),
        (None, Some((group, running))) => (group, Some(running.value)),
        (None, None) => ("", None),
    };
    RuleReading {
        rule: rule.name.clone(),
        scope: LockScope { per: rule.per, group: group.to_owned() },
        value,
        limit,
    }
}

/// The locks that the exits of a session make by a moment, and how far each rule is from its limit.
pub fn session_locks(
    rules: &[GuardRule],
    day: &GuardDay,
    session: &Session,
    releases: &[Release],
    now: Timestamp,
) -> (Vec<Lock>, Vec<RuleReading>) {
    let past = day.past();
    let mut locks = Vec::new();
    let readings =
        rules.iter().map(|rule| walk(rule, day, &past, (session, releases, now), &mut locks)).collect();
    locks.sort_by(|a, b| (a.at, &a.rule, &a.scope).cmp(&(b.at, &b.rule, &b.scope)));
    (locks, readings)
}

/// What a rule measures with what is open, and its limit; none where it does not look at that.
fn with_open(rule: &GuardRule, day: &GuardDay, observed: &Observed, now: Timestamp) -> Option<(f64, f64)> {
    let course = || {
        let mut course = DayCourse::default();
        day.until(now).iter().for_each(|exit| course.add(exit.facts.pnl));
        course
    };
    match rule.kind {
        GuardKind::DayLoss { limit_frac } if rule.per == Per::All => {
            Some((course().day_loss(observed.open_pnl?, day.equity_at_open()), limit_frac))
        }
        GuardKind::Drawdown { limit_frac, .. } if rule.per == Per::All => {
            Some((course().drawdown(observed.open_pnl?, day.equity_at_open()), limit_frac))
        }
        GuardKind::Silence { after_min } => {
            observed.open_positions.filter(|open| *open > 0)?;
            Some((now.minutes_since(observed.last_record?), after_min))
        }
        _ => None,
    }
}

/// Puts what is open into how far the rules are from their limits.
pub fn readings_with_open(
    readings: &mut [RuleReading],
    rules: &[GuardRule],
    day: &GuardDay,
    observed: &Observed,
    now: Timestamp,
) {
    for reading in readings {
        let rule = rules.iter().find(|rule| rule.name == reading.rule);
        if let Some((value, _)) = rule.and_then(|rule| with_open(rule, day, observed, now)) {
            reading.value = Some(value);
        }
    }
}

/// The locks that what is open makes at a moment, beyond those that the exits made.
pub fn handed_over_locks(
    rules: &[GuardRule],
    day: &GuardDay,
    session: &Session,
    observed: &Observed,
    now: Timestamp,
) -> Vec<Lock> {
    let lock = |rule: &GuardRule| {
        let (value, limit) = with_open(rule, day, observed, now).filter(|(value, limit)| value >= limit)?;
        if let GuardKind::Drawdown { min_trades, .. } = rule.kind
            && day.until(now).len() < min_trades as usize
        {
            return None;
        }
        let (source, at) = match (rule.kind, observed.last_record) {
            // However often it is asked, it is one lock.
            (GuardKind::Silence { after_min }, Some(last)) => {
                (LockSource::Silence, Timestamp::from_micros(last.micros() + (after_min * MINUTE_US) as i64))
            }
            _ => (LockSource::Open, now),
        };
        Some(Lock {
            rule: rule.name.clone(),
            action: rule.action,
            scope: LockScope::all(),
            at,
            until: end_of(rule, now, session),
            released: None,
            value,
            limit,
            source,
        })
    };
    rules.iter().filter_map(lock).collect()
}
