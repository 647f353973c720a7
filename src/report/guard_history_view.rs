//! `report guard`: the locks of each session, and how often each rule locks by chance.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::decide::{GuardKind, GuardRule, GuardRules, Lock, Past, RuleRate};
use crate::domain::{Calendar, Date};

/// A session under the rules in force.
#[derive(Clone, Debug)]
pub struct GuardedSession {
    /// Its date.
    pub date: Date,
    /// Trades closed in it.
    pub trades: u64,
    /// Their net result, in the account's currency.
    pub net: f64,
    /// The locks that its exits make under the rules in force.
    pub locks: Vec<Lock>,
    /// Rules that open positions or silence made fire, as recorded.
    pub handed_over: Vec<String>,
    /// Releases by hand.
    pub released: u64,
}

impl GuardedSession {
    fn had_a_lock(&self) -> bool {
        !self.locks.is_empty() || !self.handed_over.is_empty()
    }
}

/// What there is to say of the guard's past.
#[derive(Clone, Debug)]
pub struct GuardHistory {
    /// The sessions with a trade, the oldest first.
    pub sessions: Vec<GuardedSession>,
    /// How often each rule locks in sessions drawn from those.
    pub rates: Vec<RuleRate>,
    /// What the sessions before today say.
    pub past: Past,
    /// How many were drawn.
    pub drawn: u32,
    /// The rules in force.
    pub rules: GuardRules,
    /// By whose clock times are shown.
    pub calendar: Calendar,
    /// The account's currency.
    pub currency: String,
}

/// How rare a rule says that its locks are by chance, a fraction of sessions; most rules are limits and say nothing, and
/// none does while too little is known of the past.
fn stated(rule: &GuardRule, past: &Past) -> Option<f64> {
    if let GuardKind::LowProfit { limit_r: None, sessions, .. } = rule.kind {
        return rule.limit(past).ok().map(|_| past.low_profit_rate(sessions));
    }
    let sessions = match rule.kind {
        GuardKind::StopLosses { stops: None, within_min, sessions } => {
            past.clustered_stops(within_min, sessions).ok().map(|_| sessions)
        }
        GuardKind::LosingRun { losses: None, sessions } | GuardKind::Detector { sessions } => {
            rule.limit(past).ok().map(|_| sessions)
        }
        _ => None,
    };
    sessions.map(|sessions| 1.0 / sessions)
}

fn rates_grid(data: &GuardHistory) -> Grid {
    let columns = vec![
        Column::text("rule", "Rule", 0),
        Column::number("sessions", "Sessions locked", 0),
        Column::number("share", "Share", 0),
        Column::number("by_chance", "By chance", 0),
        Column::number("stated", "Stated", 1),
    ];
    let rows = data.rules.rules.iter().map(|rule| {
        let of_rule = |session: &&GuardedSession| {
            session.locks.iter().any(|lock| lock.rule == rule.name)
                || session.handed_over.contains(&rule.name)
        };
        let locked = data.sessions.iter().filter(of_rule).count();
        let drawn = data.rates.iter().find(|rate| rate.rule == rule.name);
        let share = drawn.map(|rate| f64::from(rate.sessions) / f64::from(data.drawn.max(1)));
        // Silence does not come from results.
        let share = share.filter(|_| !matches!(rule.kind, GuardKind::Silence { .. }));
        vec![
            Cell::Text(rule.name.clone()),
            Cell::Count(locked as u64),
            Cell::Share(locked as f64 / data.sessions.len().max(1) as f64),
            share.map_or(Cell::Absent, Cell::Share),
            stated(rule, &data.past).map_or(Cell::Absent, Cell::Share),
        ]
    });
    let rows = if data.sessions.is_empty() { Vec::new() } else { rows.collect() };
    Grid { title: None, columns, rows, empty: String::new() }
}

/// The locks of a session, each with its times.
fn locks_text(session: &GuardedSession, calendar: &Calendar) -> String {
    let of_exits = session.locks.iter().map(|lock| {
        let group =
            if lock.scope.group.is_empty() { String::new() } else { format!(" {}", lock.scope.group) };
        format!("{}{group} {}–{}", lock.rule, calendar.hhmm(lock.at), calendar.hhmm(lock.until))
    });
    let all: Vec<String> =
        of_exits.chain(session.handed_over.iter().map(|rule| format!("{rule} (open)"))).collect();
    all.join(", ")
}

/// A session and its locks in a line; nothing where it had none.
pub(super) fn locks_words(session: &GuardedSession, calendar: &Calendar) -> Option<String> {
    session.had_a_lock().then(|| format!("{}: {}", session.date, locks_text(session, calendar)))
}

fn sessions_grid(data: &GuardHistory) -> Grid {
    let columns = vec![
        Column::fixed("date", "Session", 0),
        Column::number("trades", "Trades", 1),
        Column::number("net_usd", "Net P&L", 0),
        Column::text("locks", "Locks", 0),
        Column::number("released", "Released", 2),
    ];
    let locked = data.sessions.iter().rev().filter(|session| session.had_a_lock());
    let rows = locked.map(|session| {
        vec![
            Cell::Text(session.date.to_string()),
            Cell::Count(session.trades),
            Cell::Money(session.net),
            Cell::Text(locks_text(session, &data.calendar)),
            Cell::Count(session.released),
        ]
    });
    let title = Some("Sessions with a lock, newest first".into());
    Grid { title, columns, rows: rows.collect(), empty: String::new() }
}

/// What the rates mean, and where the rest stands.
fn notes(data: &GuardHistory) -> Vec<String> {
    let mut notes = Vec::new();
    if data.sessions.is_empty() {
        return notes;
    }
    notes.push(format!(
        "By chance: the share of {} drawn sessions that lock, with the times and symbols of own sessions and the results of own trades in any order.",
        data.drawn
    ));
    let is_shown = |rule: &GuardRule| {
        matches!(rule.kind, GuardKind::LowProfit { limit_r: None, .. }) && stated(rule, &data.past).is_some()
    };
    if data.rules.rules.iter().any(is_shown) {
        notes.push(
            "Stated of low_profit: no more than this, with 95 % certainty. So few sessions cannot say more closely how rare their worst one is."
                .into(),
        );
    }
    notes.push("What each rule cost or saved is in `dtlearn report missed`, under guard:RULE.".into());
    notes
}

/// Sessions with a lock.
fn locked(data: &GuardHistory) -> usize {
    data.sessions.iter().filter(|session| session.had_a_lock()).count()
}

/// How many sessions had a lock.
pub(super) fn guard_history_sentence(data: &GuardHistory) -> String {
    match data.sessions.len() {
        0 => "No trade was closed in the last 90 days: there is nothing to guard.".into(),
        all => {
            let all = plural(all as u64, "session");
            format!("{} of {all} had a lock under the rules in force.", locked(data))
        }
    }
}

/// Builds the view.
pub fn guard_history_view(data: &GuardHistory) -> View {
    let mut view = View { name: "report.guard", ..View::default() };
    let locked = locked(data);
    view.lead.push(guard_history_sentence(data));
    view.records = rates_grid(data);
    view.grids.push(view.records.clone());
    if locked > 0 {
        view.grids.push(sessions_grid(data));
    }
    view.notes = notes(data);
    let lock = |lock: &Lock| {
        json!({
            "rule": lock.rule,
            "group": lock.scope.group,
            "action": lock.action.as_str(),
            "at": lock.at.to_string(),
            "until": lock.until.to_string(),
            "released": lock.released.map(|at| at.to_string()),
            "value": lock.value,
            "limit": lock.limit,
        })
    };
    let sessions = data.sessions.iter().map(|session| {
        json!({
            "date": session.date.to_string(),
            "trades": session.trades,
            "net_usd": session.net,
            "locks": session.locks.iter().map(lock).collect::<Vec<Json>>(),
            "handed_over": session.handed_over,
            "released": session.released,
        })
    });
    let rates = data
        .rates
        .iter()
        .map(|rate| json!({"rule": rate.rule, "sessions": rate.sessions, "locks": rate.locks}));
    view.payload.insert("sessions".into(), sessions.collect());
    view.payload.insert("by_chance".into(), rates.collect());
    view.payload.insert("drawn".into(), data.drawn.into());
    view
}
