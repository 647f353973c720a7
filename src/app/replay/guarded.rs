//! The guard through the sessions of a replay: what it would have locked, given the trades that were taken under it.

use super::entries::Session;
use super::history::History;
use super::past::Taken;
use crate::decide::{
    Entry, GuardCourse, GuardDay, GuardExit, GuardExitFacts, GuardRules, GuardWord, judge, session_locks,
};
use crate::domain::{KnobName, PerKnob, UNKNOWN};
use crate::simulate::{Closing, Hit, LoggedEntry, Offered};

/// The guard as far as it got. Everything in it follows from the trades that were taken.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GuardWalk {
    day: GuardDay,
    /// Exits of later dates.
    later: Vec<GuardExit>,
}

/// What the guard says of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GuardSays {
    pub refuses: bool,
    pub word: GuardWord,
}

impl GuardWalk {
    /// The guard at the beginning of a session, after all sessions before it.
    pub(super) fn at(
        before: Option<Self>,
        (history, session): (&History, &Session),
        knobs: &PerKnob<f64>,
        (rules, capital): (&GuardRules, f64),
    ) -> Self {
        // The knobs of a life under the guard do not move.
        let stop = knobs[KnobName::StopLoss];
        let Self { day, later } = before
            .unwrap_or_else(|| Self { day: GuardDay::new(session.date, capital, stop), later: Vec::new() });
        let course = GuardCourse { rules, market: &history.market, stop_of: &|_| stop };
        let (day, later) = day.through(later, session.date, &course);
        Self { day, later }
    }

    /// Takes in the next trade.
    pub(super) fn add(&mut self, history: &History, trade: &Taken) {
        let exit = exit_of(history, trade);
        if history.market.trading_date(exit.at) <= self.day.date {
            self.day.add(exit)
        } else {
            self.later.push(exit)
        }
    }

    /// What it says of an entry, by the exits until then.
    pub(super) fn says(&self, history: &History, rules: &GuardRules, slot: &LoggedEntry) -> GuardSays {
        let record = &slot.record;
        let session = history.market.calendar().session(self.day.date);
        let Some(session) = session.filter(|session| record.timed && record.at < session.close) else {
            return GuardSays { refuses: false, word: GuardWord::Active };
        };
        let (locks, readings) = session_locks(&rules.rules, &self.day, &session, &[], record.at);
        let state = judge(locks, readings, record.at);
        let entry = Entry { symbol: (*record.symbol).into(), side: Some(record.side), strategy: None };
        GuardSays { refuses: state.refuses(&entry, record.at).is_some(), word: state.word }
    }
}

fn exit_of(history: &History, trade: &Taken) -> GuardExit {
    let slot = history.entries.get(trade.slot);
    let record = &slot.record;
    let (stop_frac, was_stopped) = match &record.offered {
        Offered::Taken(taken) => (taken.stop_frac.filter(|frac| *frac > 0.0), taken.hit == Hit::Stop),
        Offered::Refused(_) => (None, false),
    };
    let is_stopped = match trade.closing {
        Closing::AsItWas => was_stopped,
        Closing::Stop | Closing::StopOfBoth => true,
        Closing::Target | Closing::Prices => false,
    };
    GuardExit {
        at: trade.closed().exit,
        id: (record.id.as_str().into(), 0),
        facts: GuardExitFacts {
            symbol: (*record.symbol).into(),
            side: record.side,
            strategy: UNKNOWN.into(),
            pnl: trade.pnl,
            pnl_frac: trade.pnl_frac,
            stop_frac,
            is_stopped,
        },
    }
}
