//! `guard`: the state, why, and how far every rule is from its limit.

use serde_json::{Value as Json, json};

use super::grid::{Cell, Column, Grid, View};
use super::text::{gain, plural, round_amount};
use crate::decide::{
    GuardAction, GuardDay, GuardKind, GuardRules, GuardState, GuardWord, Lock, LockScope, Per,
};
use crate::domain::{Calendar, KnobName, PerKnob, Timestamp};

/// What there is to say of the guard.
#[derive(Clone, Debug)]
pub struct GuardData<'a> {
    /// Locks, and how far every rule is from its limit.
    pub state: &'a GuardState,
    /// The exits of the session.
    pub day: &'a GuardDay,
    /// The moment of the answer.
    pub now: Timestamp,
    /// Whether the session is over, or the day has none.
    pub is_over: bool,
    /// Result of the open positions, where it was handed over, in the account's currency.
    pub open_pnl: Option<f64>,
    /// The knobs without the guard.
    pub base: &'a PerKnob<f64>,
    /// The knobs with it.
    pub knobs: &'a PerKnob<f64>,
    /// What the engine would like to enter, and what refuses it.
    pub entry: Option<(&'a str, Option<&'a Lock>)>,
    /// The rules in force.
    pub rules: &'a GuardRules,
    /// By whose clock times are shown.
    pub calendar: &'a Calendar,
    /// The account's currency.
    pub currency: &'a str,
}

/// What a rule measures, in its unit.
fn measured(kind: &GuardKind, value: f64) -> String {
    match kind {
        GuardKind::DayLoss { .. } | GuardKind::Drawdown { .. } => format!("{:.2} %", 100.0 * value),
        GuardKind::SingleLoss { .. } | GuardKind::LowProfit { .. } => format!("{value:.2} R"),
        GuardKind::Silence { .. } => format!("{value:.0} min"),
        GuardKind::StopLosses { .. } | GuardKind::Cooldown => plural(value as u64, "stop"),
        GuardKind::LosingRun { .. } => {
            if value == 1.0 {
                "1 loss".into()
            } else {
                format!("{value:.0} losses")
            }
        }
        GuardKind::WinRate { .. } => format!("{value:.2}"),
        GuardKind::Detector { .. } => format!("{value:.0}"),
    }
}

/// What a lock holds for, in words; nothing for all.
fn scope_words(scope: &LockScope) -> String {
    match scope.per {
        Per::All => String::new(),
        Per::Side | Per::Symbol => format!(" of {}", scope.group),
        Per::Strategy => format!(" of strategy {}", scope.group),
    }
}

/// What a rule found, as a sentence says it.
fn found(kind: &GuardKind, value: f64, limit: f64) -> String {
    let (value, limit) = (measured(kind, value), measured(kind, limit));
    match kind {
        GuardKind::DayLoss { .. } => {
            format!("the day's loss is {value} of the equity at the open (limit {limit})")
        }
        GuardKind::SingleLoss { .. } => format!("one trade lost {value} (limit {limit})"),
        GuardKind::Silence { .. } => {
            format!("nothing was recorded for {value} while positions are open (limit {limit})")
        }
        GuardKind::StopLosses { within_min, .. } => {
            format!("{value} within {within_min} min (limit {limit})")
        }
        GuardKind::Drawdown { .. } => format!("the day is {value} below its best (limit {limit})"),
        GuardKind::LowProfit { .. } => format!("the day's loss is {value} (limit {limit})"),
        GuardKind::Cooldown => "a trade was closed at its stop".into(),
        GuardKind::LosingRun { .. } => format!("{value} in a row (limit {limit})"),
        GuardKind::WinRate { .. } => format!("the win rate looks lower than before (sum {value} of {limit})"),
        GuardKind::Detector { .. } => format!("results look worse than before (evidence {value} of {limit})"),
    }
}

fn why_of(lock: &Lock, rules: &GuardRules) -> String {
    let kind = rules.rules.iter().find(|rule| rule.name == lock.rule).map(|rule| rule.kind);
    kind.map_or_else(|| lock.rule.clone(), |kind| found(&kind, lock.value, lock.limit))
}

/// Why the state is what it is, in a sentence for files; none for ACTIVE.
pub fn guard_why(state: &GuardState, day: &GuardDay, now: Timestamp, currency: &str) -> Option<String> {
    let lock = state.holding(now).filter(|lock| lock.scope.per == Per::All).max_by_key(|lock| lock.action)?;
    let net = day.net(now);
    let share = 100.0 * net / day.equity_at_open();
    Some(format!(
        "{}: {} {currency} today, {share:+.2} % of {}",
        lock.rule,
        gain(net),
        round_amount(day.equity_at_open())
    ))
}

/// `size 1000 → 500, positions 3 → 2`; none where no knob is lowered.
fn moves(data: &GuardData<'_>) -> Option<String> {
    let word = |name: KnobName| match name {
        KnobName::PositionSize => "size",
        KnobName::MaxPositions => "positions",
        other => other.as_str(),
    };
    let changed = KnobName::ALL.into_iter().filter(|name| data.knobs[*name] != data.base[*name]);
    let moves: Vec<String> =
        changed.map(|name| format!("{} {} → {}", word(name), data.base[name], data.knobs[name])).collect();
    (!moves.is_empty()).then(|| moves.join(", "))
}

/// The first line.
fn headline(data: &GuardData<'_>) -> String {
    let clock = |moment: Option<Timestamp>| moment.map_or_else(String::new, |at| data.calendar.hhmm(at));
    let net = data.day.net(data.now);
    let exits = data.day.until(data.now).len() as u64;
    let open = data.open_pnl.map_or_else(String::new, |open| format!(" and {} open", gain(open)));
    let today = format!("{} {} in {} today{open}", gain(net), data.currency, plural(exits, "trade"));
    if data.is_over {
        return format!("ACTIVE: no session is running, so nothing is locked ({today})");
    }
    let Some(until) = data.state.until else { return format!("ACTIVE: {today}") };
    let share = 100.0 * (net + data.open_pnl.unwrap_or(0.0)) / data.day.equity_at_open();
    let effect = match data.state.word {
        GuardWord::Halted => Some("no entries, exits go on".into()),
        _ => moves(data),
    };
    let effect = effect.map_or_else(String::new, |effect| format!("; {effect}"));
    format!(
        "{} since {}: {today}, {share:+.2} % of {}{effect}, until {}",
        data.state.word.as_str(),
        clock(data.state.since),
        round_amount(data.day.equity_at_open()),
        clock(Some(until))
    )
}

fn rules_grid(data: &GuardData<'_>) -> Grid {
    let columns = vec![
        Column::text("rule", "Rule", 0),
        Column::text("group", "Of", 1),
        Column::number("value", "Now", 0),
        Column::number("limit", "Limit", 0),
        Column::fixed("until", "Locked until", 0),
        Column::text("note", "Note", 2),
    ];
    let rows = data.rules.rules.iter().map(|rule| {
        let reading = data.state.readings.iter().find(|reading| reading.rule == rule.name);
        let holding = data.state.holding(data.now).filter(|lock| lock.rule == rule.name);
        let until = holding.map(|lock| lock.until).max();
        let value = reading.and_then(|reading| reading.value).map(|value| measured(&rule.kind, value));
        let limit = reading.map(|reading| reading.limit.clone());
        let group = reading.map(|reading| reading.scope.group.clone()).filter(|group| !group.is_empty());
        vec![
            Cell::Text(rule.name.clone()),
            Cell::Text(group.unwrap_or_else(|| if rule.per == Per::All { "all" } else { "–" }.into())),
            value.map_or(Cell::Absent, Cell::Text),
            match &limit {
                Some(Ok(limit)) => Cell::Text(measured(&rule.kind, *limit)),
                _ => Cell::Absent,
            },
            until.map_or(Cell::Absent, |until| Cell::Text(data.calendar.hhmm(until))),
            limit.and_then(Result::err).map_or(Cell::Absent, Cell::Text),
        ]
    });
    let rows = if data.state.readings.is_empty() { Vec::new() } else { rows.collect() };
    Grid { title: None, columns, rows, empty: String::new() }
}

fn lock_json(lock: &Lock, rules: &GuardRules) -> Json {
    json!({
        "rule": lock.rule,
        "reason": format!("guard:{}", lock.rule),
        "action": lock.action.as_str(),
        "per": lock.scope.per.as_str(),
        "group": lock.scope.group,
        "at": lock.at.to_string(),
        "until": lock.until.to_string(),
        "released": lock.released.map(|at| at.to_string()),
        "value": lock.value,
        "limit": lock.limit,
        "why": why_of(lock, rules),
    })
}

/// The groups of locks that halt symbols, sides or strategies, separated by blanks.
fn halted_groups(data: &GuardData<'_>, per: Per) -> String {
    let halts = data.state.holding(data.now).filter(|lock| lock.action == GuardAction::Halt);
    let mut groups: Vec<&str> =
        halts.filter(|lock| lock.scope.per == per).map(|lock| lock.scope.group.as_str()).collect();
    groups.sort_unstable();
    groups.dedup();
    groups.join(" ")
}

/// What a shell or an engine reads.
pub(super) fn guard_assignments(
    state: &GuardState,
    knobs: &PerKnob<f64>,
    groups: impl Fn(Per) -> String,
) -> Vec<(String, String)> {
    let moment = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
    let mut out: Vec<(String, String)> =
        vec![("DT_GUARD".into(), state.word.as_str().into()), ("DT_GUARD_UNTIL".into(), moment(state.until))];
    for (name, per) in [("SIDES", Per::Side), ("SYMBOLS", Per::Symbol), ("STRATEGIES", Per::Strategy)] {
        out.push((format!("DT_GUARD_{name}"), groups(per)));
    }
    out.extend(KnobName::ALL.into_iter().map(|name| (name.as_str().to_owned(), knobs[name].to_string())));
    out
}

/// Builds the view.
pub fn guard_view(data: &GuardData<'_>) -> View {
    let mut view = View { name: "guard", ..View::default() };
    if let Some((symbol, refused)) = &data.entry {
        view.lead.push(match refused {
            None => format!("{symbol} may be entered."),
            Some(lock) => format!(
                "{symbol} is not to be entered until {}: {}. Record it with `track-missed --reason guard:{}`.",
                data.calendar.hhmm(lock.until),
                why_of(lock, data.rules),
                lock.rule
            ),
        });
    }
    view.lead.push(headline(data));
    for lock in data.state.holding(data.now) {
        view.notes.push(format!(
            "{}{} since {} until {}: {}.",
            lock.rule,
            scope_words(&lock.scope),
            data.calendar.hhmm(lock.at),
            data.calendar.hhmm(lock.until),
            why_of(lock, data.rules)
        ));
    }
    if data.state.word != GuardWord::Active {
        view.notes.push("It ends by itself; `dtlearn guard release --why '…'` ends it now.".into());
    }
    if !data.is_over {
        view.grids.push(rules_grid(data));
    }
    view.records = rules_grid(data);
    view.assignments = guard_assignments(data.state, data.knobs, |per| halted_groups(data, per));
    if let Some((_, refused)) = &data.entry {
        let reason = refused.map_or_else(String::new, |lock| format!("guard:{}", lock.rule));
        view.assignments.push(("DT_GUARD_REASON".into(), reason));
    }
    fill(&mut view, data);
    view
}

/// What JSON gives.
fn fill(view: &mut View, data: &GuardData<'_>) {
    let moment = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let knobs = KnobName::ALL.into_iter().map(|name| (name.as_str().to_owned(), json!(data.knobs[name])));
    let readings = data.state.readings.iter().map(|reading| {
        json!({
            "rule": reading.rule,
            "group": reading.scope.group,
            "value": reading.value,
            "limit": reading.limit.as_ref().ok(),
            "no_limit": reading.limit.as_ref().err(),
        })
    });
    let holding = data.state.holding(data.now).map(|lock| lock_json(lock, data.rules));
    let net = data.day.net(data.now);
    let entries = [
        ("state", json!(data.state.word.as_str())),
        ("since", json!(moment(data.state.since))),
        ("until", json!(moment(data.state.until))),
        ("why", json!(guard_why(data.state, data.day, data.now, data.currency))),
        ("session", json!(data.day.date.to_string())),
        ("as_of", json!(data.now.to_string())),
        ("trades", json!(data.day.until(data.now).len())),
        ("realised_usd", json!(net)),
        ("open_usd", json!(data.open_pnl)),
        ("equity_at_open_usd", json!(data.day.equity_at_open())),
        ("knobs", Json::Object(knobs.collect())),
        ("locks", holding.collect()),
        ("rules", readings.collect()),
    ];
    view.payload.extend(entries.map(|(key, value)| (key.to_owned(), value)));
    if let Some((symbol, refused)) = &data.entry {
        let refused = refused.map(|lock| lock_json(lock, data.rules));
        let answer = json!({"symbol": symbol, "allowed": refused.is_none(), "refused_by": refused});
        view.payload.insert("entry".into(), answer);
    }
}
