//! When results are better or worse than the rest: after a loss, late in the day, on Mondays. One correction over all.

use std::collections::BTreeMap;

use super::by_session::MeanBySession;
use super::group::hour_of;
use super::win_rate::{WinRate, win_rate};
use crate::domain::{Date, Market, Outcome, TradeDetail, weekday_name};
use crate::stats::{Clustered, Undefined, benjamini_hochberg};

/// Of the groups that have a word, at most this share is chance.
const BEHAVIOUR_SHARE: f64 = 0.05;

/// Trades that a group needs for a word, and sessions that it and the rest need.
const LEAST_TRADES: u64 = 30;
const LEAST_SESSIONS: u64 = 5;

/// Trades below which a group is not shown.
const LEAST_SHOWN: u64 = 10;

/// What groups have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Situation {
    /// How the trade before it ended, of the same session.
    After,
    /// Which entry of the day it was.
    TradeOfDay,
    /// The first and the last hour of the session.
    PartOfSession,
    /// Weekday of the exit.
    Weekday,
    /// Hour of the entry.
    Hour,
    /// Weekday and hour.
    WeekdayHour,
    /// Minutes that it was held, which is known afterwards only.
    Hold,
    /// The session before a holiday.
    Holiday,
}

impl Situation {
    /// Every situation, in the order of reports.
    pub const ALL: [Self; 8] = [
        Self::After,
        Self::TradeOfDay,
        Self::PartOfSession,
        Self::Weekday,
        Self::Hour,
        Self::WeekdayHour,
        Self::Hold,
        Self::Holiday,
    ];

    /// Its heading.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::After => "The trade before",
            Self::TradeOfDay => "Entry of the day",
            Self::PartOfSession => "Part of the session",
            Self::Weekday => "Weekday",
            Self::Hour => "Hour of the entry",
            Self::WeekdayHour => "Weekday and hour",
            Self::Hold => "Held",
            Self::Holiday => "Day before a holiday",
        }
    }

    /// Its key in payloads.
    pub const fn key(self) -> &'static str {
        match self {
            Self::After => "after",
            Self::TradeOfDay => "trade_of_day",
            Self::PartOfSession => "part_of_session",
            Self::Weekday => "weekday",
            Self::Hour => "hour",
            Self::WeekdayHour => "weekday_hour",
            Self::Hold => "hold",
            Self::Holiday => "day_before_holiday",
        }
    }
}

/// What is said of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BehaviourWord {
    /// Clearly better than the rest.
    Better,
    /// Clearly worse than the rest.
    Worse,
    /// Enough trades, and no clear difference.
    Unclear,
    /// Too few trades or sessions.
    TooFew,
}

impl BehaviourWord {
    /// The word.
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
    /// What it has in common.
    pub situation: Situation,
    /// Its name.
    pub name: String,
    /// Trades.
    pub n: u64,
    /// Share that won.
    pub win_rate: Result<WinRate, Undefined>,
    /// Mean net result, a fraction of the position.
    pub mean: MeanBySession,
    /// Net result in the account's currency.
    pub pnl: f64,
    /// Mean less that of all other trades, by session.
    pub difference: Result<Clustered, Undefined>,
    /// The probability of so large a difference by chance, for this group alone.
    pub p: f64,
    /// What is said.
    pub word: BehaviourWord,
}

/// Groups of the trades, each against the rest; those with fewer than 10 trades, and those that hold all, are left out.
/// A word is given to what passes Benjamini and Hochberg's procedure among all groups together.
pub fn behaviours(trades: &[TradeDetail], market: &Market) -> Vec<Behaviour> {
    let mut groups: BTreeMap<(usize, String), Vec<usize>> = BTreeMap::new();
    for (situation, names) in
        Situation::ALL.iter().enumerate().map(|(at, of)| (at, names(*of, trades, market)))
    {
        for (trade, name) in names.into_iter().enumerate() {
            if let Some(name) = name {
                groups.entry((situation, name)).or_default().push(trade);
            }
        }
    }
    let sessions = sessions_of(trades);
    let mut found: Vec<Behaviour> = groups
        .into_iter()
        .filter(|(_, inside)| inside.len() as u64 >= LEAST_SHOWN && inside.len() < trades.len())
        .map(|((situation, name), inside)| {
            judge((Situation::ALL[situation], name), &inside, trades, &sessions)
        })
        .collect();
    let p: Vec<f64> = found.iter().map(|group| group.p).collect();
    for at in benjamini_hochberg(&p, BEHAVIOUR_SHARE) {
        let group = &mut found[at];
        if let (BehaviourWord::Unclear, Ok(difference)) = (group.word, group.difference) {
            group.word = if difference.value > 0.0 { BehaviourWord::Better } else { BehaviourWord::Worse };
        }
    }
    found
}

/// The place of each trade's session.
fn sessions_of(trades: &[TradeDetail]) -> Vec<usize> {
    let dates: Vec<i32> = trades.iter().map(|trade| trade.session).collect();
    let mut known = dates.clone();
    known.sort_unstable();
    known.dedup();
    dates.iter().map(|date| known.partition_point(|known| known < date)).collect()
}

fn judge(
    (situation, name): (Situation, String),
    inside: &[usize],
    trades: &[TradeDetail],
    sessions: &[usize],
) -> Behaviour {
    let mut cells = vec![[0.0f64; 4]; sessions.iter().max().map_or(0, |last| last + 1)];
    for (trade, session) in trades.iter().zip(sessions) {
        let cell = &mut cells[*session];
        (cell[2], cell[3]) = (cell[2] + trade.pnl_frac, cell[3] + 1.0);
    }
    for at in inside {
        let (cell, result) = (&mut cells[sessions[*at]], trades[*at].pnl_frac);
        *cell = [cell[0] + result, cell[1] + 1.0, cell[2] - result, cell[3] - 1.0];
    }
    let difference = Clustered::contrast(&cells);
    let chosen = || inside.iter().map(|at| &trades[*at]);
    let n = inside.len() as u64;
    let rest = trades.len() as u64 - n;
    let enough = n >= LEAST_TRADES
        && rest >= LEAST_TRADES
        && difference.as_ref().is_ok_and(|found| found.days >= LEAST_SESSIONS);
    Behaviour {
        situation,
        name,
        n,
        win_rate: win_rate(chosen().filter(|trade| trade.outcome == Outcome::Win).count() as u64, n),
        mean: MeanBySession::new(chosen(), |trade| Some((trade.pnl_frac, 1.0))),
        pnl: chosen().map(|trade| trade.pnl).sum(),
        difference,
        p: if enough { difference.map_or(1.0, |found| found.p()) } else { 1.0 },
        word: if enough { BehaviourWord::Unclear } else { BehaviourWord::TooFew },
    }
}

/// The name of each trade's group; none where it belongs to none.
fn names(situation: Situation, trades: &[TradeDetail], market: &Market) -> Vec<Option<String>> {
    let calendar = |trade: &TradeDetail| market.of_symbol(&trade.symbol).clone();
    let date = |trade: &TradeDetail| Date::from_num_days_from_ce_opt(trade.session);
    let each = |name: &dyn Fn(&TradeDetail) -> Option<String>| trades.iter().map(name).collect();
    match situation {
        Situation::After => on_each_desk(trades, after),
        Situation::TradeOfDay => on_each_desk(trades, trade_of_day),
        Situation::PartOfSession => each(&|trade| {
            let entry = trade.entry_time?;
            let calendar = calendar(trade);
            let session = calendar.session(calendar.trading_date(entry))?;
            let (since, to) = (entry.minutes_since(session.open), session.close.minutes_since(entry));
            let part = match (since, to) {
                (since, to) if since < 0.0 || to <= 0.0 => "outside of the session",
                (since, _) if since < 60.0 => "first hour",
                (_, to) if to <= 60.0 => "last hour",
                _ => "between",
            };
            Some(part.to_owned())
        }),
        Situation::Weekday => each(&|trade| Some(weekday(date(trade)?))),
        Situation::Hour => {
            each(&|trade| trade.entry_time.map(|entry| hour_of(&calendar(trade), Some(entry))))
        }
        Situation::WeekdayHour => each(&|trade| {
            let hour = hour_of(&calendar(trade), Some(trade.entry_time?));
            Some(format!("{} {hour}", weekday(date(trade)?)))
        }),
        Situation::Hold => each(&|trade| {
            let minutes = trade.exit_time.minutes_since(trade.entry_time?);
            let bands = [
                (5.0, "1: up to 5 min"),
                (15.0, "2: 5 to 15 min"),
                (30.0, "3: 15 to 30 min"),
                (60.0, "4: 30 to 60 min"),
                (120.0, "5: 1 to 2 h"),
            ];
            let band = bands.iter().find(|(up_to, _)| minutes <= *up_to).map_or("6: over 2 h", |band| band.1);
            Some(band.to_owned())
        }),
        Situation::Holiday => each(&|trade| {
            let date = date(trade)?;
            market.calendar().is_before_holiday(date).then(|| "before a holiday".to_owned())
        }),
    }
}

/// With its number in the week, so that the days stand in their order.
fn weekday(date: Date) -> String {
    use chrono::Datelike;
    format!("{} {}", date.weekday().number_from_monday(), weekday_name(date))
}

/// The names of groups that depend on the trades before: those of the same desk.
fn on_each_desk(
    trades: &[TradeDetail],
    names_of: impl Fn(&[&TradeDetail]) -> Vec<Option<String>>,
) -> Vec<Option<String>> {
    let mut desks: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
    for (at, trade) in trades.iter().enumerate() {
        desks.entry(trade.desk.as_deref()).or_default().push(at);
    }
    let mut names = vec![None; trades.len()];
    for places in desks.values() {
        let own: Vec<&TradeDetail> = places.iter().map(|at| &trades[*at]).collect();
        for (at, name) in places.iter().zip(names_of(&own)) {
            names[*at] = name;
        }
    }
    names
}

/// How the last trade of the session that was closed before the entry had ended.
fn after(trades: &[&TradeDetail]) -> Vec<Option<String>> {
    let name = |trade: &TradeDetail, at: usize| {
        let entry = trade.entry_time?;
        let session = trade.session;
        let is_loss = |trade: &TradeDetail| trade.outcome == Outcome::Loss;
        // In order of exits: those closed by the entry stand before this one.
        let before = trades[..at].partition_point(|other| other.exit_time <= entry);
        let closed = trades[..before].iter().rev().copied().take_while(|other| other.session == session);
        let is_any = closed.clone().next().is_some();
        // What came back to its entry was neither won nor lost: the last that was decides.
        let decided: Vec<&TradeDetail> =
            closed.filter(|other| other.outcome != Outcome::Scratch).take(2).collect();
        Some(
            match decided.as_slice() {
                [] if is_any => return None,
                [] => "1: none closed yet",
                [last, other] if is_loss(last) && is_loss(other) => "4: after two losses",
                [last, ..] if is_loss(last) => "3: after a loss",
                _ => "2: after a win",
            }
            .to_owned(),
        )
    };
    trades.iter().enumerate().map(|(at, trade)| name(trade, at)).collect()
}

/// Which entry of its session a trade was.
fn trade_of_day(trades: &[&TradeDetail]) -> Vec<Option<String>> {
    let mut order: Vec<usize> = (0..trades.len()).filter(|at| trades[*at].entry_time.is_some()).collect();
    order.sort_by_key(|at| (trades[*at].session, trades[*at].entry_time, *at));
    let mut names = vec![None; trades.len()];
    let mut before: (Option<i32>, usize) = (None, 0);
    for at in order {
        let session = trades[at].session;
        let count = if before.0 == Some(session) { before.1 + 1 } else { 1 };
        before = (Some(session), count);
        let name = match count {
            1 => "1: first",
            2 => "2: second",
            3 => "3: third",
            4..=6 => "4: 4th to 6th",
            7..=10 => "5: 7th to 10th",
            _ => "6: later",
        };
        names[at] = Some(name.to_owned());
    }
    names
}

#[cfg(test)]
mod tests;
