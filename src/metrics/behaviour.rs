//! When results are better or worse than the rest: after a loss, late in the day, on Mondays. One correction over all.

mod situation;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::by_session::{MeanBySession, MeanSums};
use super::catalog::win_rate::{WinRate, win_rate};
use crate::domain::{Market, Outcome, Timestamp, TradeDetail};
use crate::stats::{Clustered, Undefined, benjamini_hochberg};
pub use situation::Situation;
use situation::name;

/// Of the groups that have a word, at most this share is chance.
const BEHAVIOUR_SHARE: f64 = 0.05;

/// Trades that a group needs for a word, and sessions that it and the rest need.
const LEAST_TRADES: u64 = 30;
const LEAST_SESSIONS: u64 = 5;

/// Trades below which a group is not shown.
const LEAST_SHOWN: u64 = 10;

/// What is said of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BehaviourVerdict {
    /// Clearly better than the rest.
    Better,
    /// Clearly worse than the rest.
    Worse,
    /// Enough trades, and no clear difference.
    Unclear,
    /// Too few trades or sessions.
    TooFew,
}

impl BehaviourVerdict {
    /// The word for it in tables and payloads.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Unclear => "unclear",
            Self::TooFew => "too few",
        }
    }
}

/// A group of trades against all others.
#[derive(Clone, Debug, PartialEq)]
pub struct Behaviour {
    /// What its trades have in common, such as the weekday.
    pub situation: Situation,
    /// Which group of that kind, such as `1 Mon`; a number in front keeps it in its place.
    pub name: String,
    /// Trades.
    pub n: u64,
    /// Share of its trades that won, in `[0, 1]`, with its interval.
    pub win_rate: Result<WinRate, Undefined>,
    /// Mean net result, a fraction of the position.
    pub mean: MeanBySession,
    /// Net result in the account's currency.
    pub pnl: f64,
    /// Mean less that of all other trades, by session.
    pub difference: Result<Clustered, Undefined>,
    /// The probability of so large a difference by chance, for this group alone.
    pub p: f64,
    /// What the difference comes to, all groups that were looked at counted against it.
    pub verdict: BehaviourVerdict,
}

/// A trade, as far as it is looked at.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Its desk, by its place.
    desk: u32,
    /// By what the exits of one position are known.
    position: u64,
    /// Whether it is looked at, or only stands around those that are.
    is_taken: bool,
    session: i32,
    exit_time: Timestamp,
    entry_time: Option<Timestamp>,
    pnl: f64,
    pnl_frac: f64,
    outcome: Outcome,
    /// Its group in each situation, by its place; [`NONE`] where it belongs to none.
    groups: [u16; Situation::ALL.len()],
}

/// No group. There are fewer names than this: hours of weekdays are the most.
const NONE: u16 = u16::MAX;

/// The trades of a group, added up in the order of their exits.
#[derive(Clone, Debug)]
struct GroupSums {
    n: u64,
    wins: u64,
    pnl: f64,
    mean: MeanSums,
    /// Of each session with one of its trades, by its place: results and trades of the group and of all others.
    cells: Vec<(u32, [f64; 4])>,
}

impl GroupSums {
    /// An empty sum is -0: whatever is added, it gives that.
    const NOTHING: f64 = -0.0;

    fn new() -> Self {
        Self { n: 0, wins: 0, pnl: Self::NOTHING, mean: MeanSums::default(), cells: Vec::new() }
    }

    /// Adds a trade of a session, of which `all` are the results and the number of all trades.
    fn add(&mut self, session: u32, all: (f64, f64), trade: &Seen) {
        let result = trade.pnl_frac;
        self.n += 1;
        self.wins += u64::from(trade.outcome == Outcome::Win);
        self.pnl += trade.pnl;
        self.mean.add_value(trade.session, Some(result));
        if self.cells.last().is_none_or(|(last, _)| *last != session) {
            self.cells.push((session, [0.0, 0.0, all.0, all.1]));
        }
        if let Some((_, cell)) = self.cells.last_mut() {
            *cell = [cell[0] + result, cell[1] + 1.0, cell[2] - result, cell[3] - 1.0];
        }
    }

    /// The group against the rest; none where it is too small to be shown, or holds all.
    fn judge(
        self,
        (situation, name): (Situation, String),
        (all, sessions): (u64, &[(f64, f64)]),
    ) -> Option<Behaviour> {
        let (n, rest) = (self.n, all - self.n);
        if n < LEAST_SHOWN || rest == 0 {
            return None;
        }
        let mut cells: Vec<[f64; 4]> = sessions.iter().map(|(sum, count)| [0.0, 0.0, *sum, *count]).collect();
        self.cells.iter().for_each(|(session, cell)| cells[*session as usize] = *cell);
        let difference = Clustered::contrast(&cells);
        let enough = n >= LEAST_TRADES
            && rest >= LEAST_TRADES
            && difference.as_ref().is_ok_and(|found| found.days >= LEAST_SESSIONS);
        Some(Behaviour {
            situation,
            name,
            n,
            win_rate: win_rate(self.wins, n),
            mean: self.mean.finish(),
            pnl: self.pnl,
            difference,
            p: if enough { difference.map_or(1.0, |found| found.p()) } else { 1.0 },
            verdict: if enough { BehaviourVerdict::Unclear } else { BehaviourVerdict::TooFew },
        })
    }
}

/// What behaviour is told from. What stood before a trade is known once its session is over: until then its trades are held,
/// and after that no more than sums of groups.
#[derive(Clone, Debug, Default)]
pub struct BehaviourTrades {
    /// The trades of the session at hand.
    day: Vec<Seen>,
    /// Groups by situation and name, each with its place.
    groups: BTreeMap<(usize, String), u16>,
    /// What the trades of each group come to, by its place.
    sums: Vec<GroupSums>,
    /// Results and number of all trades, by session.
    sessions: Vec<(f64, f64)>,
    count: u64,
    desks: Vec<Arc<str>>,
}

impl BehaviourTrades {
    /// Adds a trade; they come in the order of their exits. One that is not taken has no part in any figure, and is still
    /// what stands before those that are.
    pub fn add(&mut self, trade: &TradeDetail, market: &Market, is_taken: bool) {
        if self.day.last().is_some_and(|last| last.session != trade.session) {
            self.end_session();
        }
        let seen = self.seen(trade, market, is_taken);
        self.day.push(seen);
        self.count += u64::from(is_taken);
    }

    fn seen(&mut self, trade: &TradeDetail, market: &Market, is_taken: bool) -> Seen {
        let desk = trade.desk.as_ref().map_or(0, |desk| self.place_of_desk(desk));
        let groups = Situation::ALL
            .map(|situation| name(situation, trade, market).map_or(NONE, |name| self.place(situation, name)));
        Seen {
            desk,
            position: xxhash_rust::xxh3::xxh3_64(trade.position_id.as_bytes()),
            is_taken,
            session: trade.session,
            exit_time: trade.exit_time,
            entry_time: trade.entry_time,
            pnl: trade.pnl,
            pnl_frac: trade.pnl_frac,
            outcome: trade.outcome,
            groups,
        }
    }

    /// How many trades are looked at.
    pub fn count(&self) -> u64 {
        self.count
    }

    fn place_of_desk(&mut self, desk: &Arc<str>) -> u32 {
        let place = self.desks.iter().position(|known| known == desk).unwrap_or_else(|| {
            self.desks.push(Arc::clone(desk));
            self.desks.len() - 1
        });
        place as u32 + 1
    }

    fn place(&mut self, situation: Situation, name: String) -> u16 {
        let next = self.groups.len() as u16;
        let place = *self.groups.entry((situation as usize, name)).or_insert(next);
        if usize::from(place) >= self.sums.len() {
            self.sums.push(GroupSums::new());
        }
        place
    }

    /// Adds the trades of a session that is over to the sums of their groups.
    fn end_session(&mut self) {
        for (situation, names) in [
            (Situation::After, self.on_each_desk(after)),
            (Situation::TradeOfDay, self.on_each_desk(trade_of_day)),
        ] {
            for (at, name) in names.into_iter().enumerate() {
                if let Some(name) = name {
                    self.day[at].groups[situation as usize] = self.place(situation, name.to_owned());
                }
            }
        }
        let mut day = std::mem::take(&mut self.day);
        // What stood before a trade is known by now.
        day.retain(|trade| trade.is_taken);
        if !day.is_empty() {
            let all = day.iter().fold((0.0, 0.0), |all, trade| (all.0 + trade.pnl_frac, all.1 + 1.0));
            let session = self.sessions.len() as u32;
            self.sessions.push(all);
            for trade in &day {
                for place in trade.groups.iter().filter(|place| **place != NONE) {
                    self.sums[usize::from(*place)].add(session, all, trade);
                }
            }
        }
        day.clear();
        self.day = day;
    }

    /// Groups of the trades, each against the rest; those with fewer than 10 trades, and those that hold all, are left out.
    /// A verdict is given to what passes Benjamini and Hochberg's procedure among all groups together.
    pub fn finish(mut self) -> Vec<Behaviour> {
        self.end_session();
        let of_all = (self.count, self.sessions.as_slice());
        let judged = |((situation, name), place): ((usize, String), u16)| {
            let sums = std::mem::replace(&mut self.sums[usize::from(place)], GroupSums::new());
            sums.judge((Situation::ALL[situation], name), of_all)
        };
        let mut found: Vec<Behaviour> = self.groups.into_iter().filter_map(judged).collect();
        let p: Vec<f64> = found.iter().map(|group| group.p).collect();
        for at in benjamini_hochberg(&p, BEHAVIOUR_SHARE) {
            let group = &mut found[at];
            if let (BehaviourVerdict::Unclear, Ok(difference)) = (group.verdict, group.difference) {
                group.verdict =
                    if difference.value > 0.0 { BehaviourVerdict::Better } else { BehaviourVerdict::Worse };
            }
        }
        found
    }

    /// The names of groups that depend on the trades before: those of the same desk.
    fn on_each_desk(
        &self,
        names_of: impl Fn(&[&Seen]) -> Vec<Option<&'static str>>,
    ) -> Vec<Option<&'static str>> {
        if self.desks.is_empty() {
            return names_of(&self.day.iter().collect::<Vec<_>>());
        }
        let mut of_desks: Vec<Vec<u32>> = vec![Vec::new(); self.desks.len() + 1];
        for (trade, at) in self.day.iter().zip(0..) {
            of_desks[trade.desk as usize].push(at);
        }
        let mut names = vec![None; self.day.len()];
        for places in of_desks {
            let own: Vec<&Seen> = places.iter().map(|at| &self.day[*at as usize]).collect();
            for (at, name) in places.iter().zip(names_of(&own)) {
                names[*at as usize] = name;
            }
        }
        names
    }
}

/// Groups of the trades, each against the rest: see [`BehaviourTrades::finish`].
#[cfg(test)]
pub(crate) fn behaviours(trades: &[TradeDetail], market: &Market) -> Vec<Behaviour> {
    let mut trades: Vec<&TradeDetail> = trades.iter().collect();
    trades.sort_by_key(|trade| trade.exit_time);
    let mut sums = BehaviourTrades::default();
    trades.iter().for_each(|trade| sums.add(trade, market, true));
    sums.finish()
}

/// How the last trade of the session that was closed before the entry had ended.
fn after(trades: &[&Seen]) -> Vec<Option<&'static str>> {
    let standings = standings(trades);
    let name = |trade: &Seen, at: usize| {
        let entry = trade.entry_time?;
        let session = trade.session;
        // In order of exits: those closed by the entry stand before this one.
        let before = trades[..at].partition_point(|other| other.exit_time <= entry);
        let mut closed = (0..before).rev().take_while(|other| trades[*other].session == session).peekable();
        let is_any = closed.peek().is_some();
        // What came back to its entry was neither won nor lost: the last that was decides.
        let mut positions: Vec<u64> = Vec::new();
        let mut decided = closed.filter_map(|other| {
            let is_new = !positions.contains(&trades[other].position);
            positions.extend(is_new.then_some(trades[other].position));
            Some(standings[other]).filter(|standing| is_new && *standing != Outcome::Scratch)
        });
        Some(match [decided.next(), decided.next()] {
            [None, _] if is_any => return None,
            [None, _] => "1: none closed yet",
            [Some(Outcome::Loss), Some(Outcome::Loss)] => "4: after two losses",
            [Some(Outcome::Loss), _] => "3: after a loss",
            _ => "2: after a win",
        })
    };
    trades.iter().enumerate().map(|(at, trade)| name(trade, at)).collect()
}

/// How the position of each exit stood with that exit: of one that was closed in parts the exits of the session together say
/// it.
fn standings(trades: &[&Seen]) -> Vec<Outcome> {
    let (mut of, mut positions) = (None, HashMap::new());
    let standing = |trade: &&Seen| {
        if of.replace(trade.session) != Some(trade.session) {
            positions.clear();
        }
        let sum = positions.entry(trade.position).and_modify(|sum: &mut (f64, bool)| {
            *sum = (sum.0 + trade.pnl, true);
        });
        let (pnl, is_in_parts) = *sum.or_insert((trade.pnl, false));
        if is_in_parts { Outcome::of(pnl) } else { trade.outcome }
    };
    trades.iter().map(standing).collect()
}

/// Which entry of its session a trade was. Exits of one position are of one entry.
fn trade_of_day(trades: &[&Seen]) -> Vec<Option<&'static str>> {
    let mut order: Vec<usize> = (0..trades.len()).filter(|at| trades[*at].entry_time.is_some()).collect();
    order.sort_by_key(|at| (trades[*at].session, trades[*at].entry_time, *at));
    let mut names = vec![None; trades.len()];
    let (mut of, mut entries) = (None, HashMap::new());
    for at in order {
        if of.replace(trades[at].session) != Some(trades[at].session) {
            entries.clear();
        }
        let next = entries.len() + 1;
        let count = *entries.entry(trades[at].position).or_insert(next);
        let name = match count {
            1 => "1: first",
            2 => "2: second",
            3 => "3: third",
            4..=6 => "4: 4th to 6th",
            7..=10 => "5: 7th to 10th",
            _ => "6: later",
        };
        names[at] = Some(name);
    }
    names
}

/// The name of each trade's group.
#[cfg(test)]
fn names(situation: Situation, trades: &[TradeDetail], market: &Market) -> Vec<Option<String>> {
    let mut all = BehaviourTrades::default();
    all.day = trades.iter().map(|trade| all.seen(trade, market, true)).collect();
    let owned = |names: Vec<Option<&str>>| names.into_iter().map(|name| name.map(str::to_owned)).collect();
    match situation {
        Situation::After => owned(all.on_each_desk(after)),
        Situation::TradeOfDay => owned(all.on_each_desk(trade_of_day)),
        _ => trades.iter().map(|trade| name(situation, trade, market)).collect(),
    }
}

#[cfg(test)]
mod tests;
