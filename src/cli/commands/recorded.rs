//! The answer of a recording command: what became of the records, in a line and in counts.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use crate::app::{Recorded, Refused};
use crate::report::{Cell, Column, Grid, View, plural};

/// How many records became what.
fn tallies(recorded: &Recorded) -> [(&'static str, u64); 9] {
    [
        ("stored", recorded.stored),
        ("already_there", recorded.already_there),
        ("legs", recorded.legs),
        ("conflicts", recorded.conflicts.len() as u64),
        ("disputed", recorded.disputed),
        ("refused", recorded.refused.len() as u64),
        ("defaulted", recorded.defaulted),
        ("open", recorded.open),
        ("spooled", recorded.spooled.len() as u64),
    ]
}

/// What became of the records, as programs read it.
pub(super) fn counts(recorded: &Recorded) -> Map<String, Json> {
    let mut out = Map::new();
    for (key, count) in tallies(recorded) {
        out.insert(key.into(), count.into());
    }
    for (key, count) in [
        ("trades", recorded.trades),
        ("trades_replaced", recorded.trades_replaced),
        ("trades_withdrawn", recorded.trades_withdrawn),
        ("open_positions", recorded.open_positions),
    ] {
        if recorded.is_of_fills {
            out.insert(key.into(), count.into());
        }
    }
    if let Some(id) = &recorded.news_id {
        out.insert("news_id".into(), id.as_str().into());
    }
    out.insert("durable".into(), (!recorded.unconfirmed).into());
    let listed = |list: &[Refused]| -> Vec<Json> {
        list.iter().map(|refused| json!({"line": refused.line, "reason": refused.why})).collect()
    };
    for (key, list) in [
        ("refusals", listed(&recorded.refused)),
        ("conflicting", listed(&recorded.conflicts)),
        ("warnings", recorded.warnings.iter().map(|warning| warning.as_str().into()).collect()),
        ("left_over", recorded.left_over.iter().map(|name| name.as_str().into()).collect()),
    ] {
        if key != "conflicting" && key != "left_over" || !list.is_empty() {
            out.insert(key.into(), list.into());
        }
    }
    if !recorded.events.is_empty() {
        out.insert("events".into(), json!(recorded.events));
    }
    if let Some(guard) = &recorded.guard {
        let locks: Vec<Json> = guard.locks.iter().map(|lock| json!(lock)).collect();
        let said = json!({"state": guard.state, "until": guard.until, "why": guard.why, "locks": locks});
        out.insert("guard".into(), said);
    }
    out
}

/// The answer of a recording command.
pub(super) fn recorded_view(command: &'static str, noun: &str, recorded: &Recorded) -> View {
    let mut parts = Vec::new();
    let events: u64 = recorded.events.values().sum();
    let other =
        recorded.already_there + recorded.below + recorded.spooled.len() as u64 + events + recorded.open;
    if recorded.stored > 0 || other == 0 {
        parts.push(format!("recorded {}", plural(recorded.stored, noun)));
    }
    let words: Vec<String> = recorded.events.iter().map(|(word, count)| format!("{count} {word}")).collect();
    for (count, text) in [
        (recorded.already_there, "already there"),
        (if recorded.is_of_fills { 0 } else { recorded.legs }, "a further exit of a position that is there"),
        (recorded.disputed, "disputed: the stated result is not that of prices and costs"),
        (recorded.defaulted, "taken as one unit"),
        (recorded.open, "skipped: still open"),
        (recorded.below, &format!("skipped: confidence below {:.2}", recorded.least_confidence)),
        (recorded.spooled.len() as u64, "spooled"),
        (recorded.conflicts.len() as u64, "in conflict with what is there"),
        (recorded.refused.len() as u64, "refused"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {text}"));
        }
    }
    for (count, text) in [
        (recorded.trades, "closed"),
        (recorded.trades_replaced, "replaced"),
        (recorded.trades_withdrawn, "taken out"),
    ] {
        if count > 0 {
            parts.push(format!("{} {text}", plural(count, "trade")));
        }
    }
    if recorded.is_of_fills && recorded.legs > 0 {
        parts.push(format!("{} of them a further exit of its position", recorded.legs));
    }
    if events > 0 {
        parts.push(format!("{} passed over ({})", plural(events, "other event"), words.join(", ")));
    }
    let mut view = View { name: command, lead: vec![parts.join(", ")], ..View::default() };
    view.lead.extend(recorded.news_id.as_ref().map(|id| format!("news_id {id}")));
    if let Some(guard) = recorded.guard.as_ref().filter(|guard| !guard.locks.is_empty()) {
        let rules: BTreeSet<&str> = guard.locks.iter().map(|lock| lock.rule.as_str()).collect();
        let rules: Vec<&str> = rules.into_iter().collect();
        view.lead.push(format!("guard: {} ({})", guard.state, rules.join(", ")));
    }
    view.payload = counts(recorded);
    if command == "track-missed" {
        view.payload.insert("below_confidence".into(), recorded.below.into());
    }
    // What is still open is no record.
    let rows = tallies(recorded).into_iter().filter(|(key, _)| *key != "open");
    let (keys, counts): (Vec<&str>, Vec<Cell>) = rows.map(|(key, count)| (key, Cell::Count(count))).unzip();
    view.records = Grid {
        columns: keys.into_iter().map(|key| Column::number(key, key, 0)).collect(),
        rows: vec![counts],
        ..Grid::default()
    };
    view
}
