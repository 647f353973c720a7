//! The answer of a recording command: what became of the records, in a line and in counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::{Map, Value as Json, json};

use super::disputes::Disputes;
use super::grid::{Cell, Column, Grid, View};
use super::notice::Notice;
use super::text::plural;
use crate::wire::GuardFile;

/// A record that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The line of the input, from 1.
    pub line: u64,
    /// Why.
    pub why: String,
}

/// What became of an input.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Records that are now in the log.
    pub stored: u64,
    /// Records that were there already.
    pub already_there: u64,
    /// Of the stored ones, or of the trades that stored fills closed, further exits of positions of which another exit is
    /// there.
    pub legs: u64,
    /// Of the stored ones, those whose stated result differs from that of prices, quantity and costs.
    pub disputed: u64,
    /// What they differ by, for what explains it.
    pub disputes: Disputes,
    /// Of the stored ones, those whose quantity was taken as 1, because none was there.
    pub defaulted: u64,
    /// Records whose id is there with another content.
    pub conflicts: Vec<Refused>,
    /// Positions that are still open, passed over.
    pub open: u64,
    /// Events that are not closed trades, passed over, by their word.
    pub events: BTreeMap<String, u64>,
    /// Names that look like money and were not taken, in records that were stored.
    pub left_over: BTreeSet<String>,
    /// Files that hold records which could not be stored yet.
    pub spooled: Vec<PathBuf>,
    /// Why they could not.
    pub spooled_why: Option<String>,
    /// Missed signals whose confidence is too low to be kept.
    pub below: u64,
    /// The confidence from which on they are kept, 0 to 1.
    pub least_confidence: f64,
    /// Records that were refused.
    pub refused: Vec<Refused>,
    /// Where the refused ones are kept.
    pub rejected_in: Option<PathBuf>,
    /// Records that had waited in the spool and are now in the log.
    pub drained: u64,
    /// Whether fills were recorded, and what follows is said of them.
    pub is_of_fills: bool,
    /// Trades that the fills closed, now in their log.
    pub trades: u64,
    /// Stored trades that come out otherwise, because fills came late.
    pub trades_replaced: u64,
    /// Stored trades that no fill closes any more.
    pub trades_withdrawn: u64,
    /// Positions that the fills leave open.
    pub open_positions: u64,
    /// Of an input that is one item of news, its id.
    pub news_id: Option<String>,
    /// Whether the disk confirmed what was stored.
    pub unconfirmed: bool,
    /// What the guard says now, where the settings have it asked.
    pub guard: Option<GuardFile>,
    /// Locks of it that began with these records.
    pub notices: Vec<Notice>,
    /// What else to know, one sentence each.
    pub warnings: Vec<String>,
}

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
pub fn recorded_json(recorded: &Recorded) -> Map<String, Json> {
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

/// What became of the records, in a line.
pub(super) fn recorded_sentence(noun: &str, recorded: &Recorded) -> String {
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
    parts.join(", ")
}

/// Builds the view of a command that recorded so many of what the noun says.
pub fn recorded_view(command: &'static str, noun: &str, recorded: &Recorded) -> View {
    let mut view = told_view(command, recorded_sentence(noun, recorded), recorded);
    if command == "track-missed" {
        view.payload.insert("below_confidence".into(), recorded.below.into());
    }
    view
}

/// The same with the line that it begins with.
pub(super) fn told_view(command: &'static str, said: String, recorded: &Recorded) -> View {
    let mut view = View { name: command, lead: vec![said], ..View::default() };
    view.lead.extend(recorded.news_id.as_ref().map(|id| format!("news_id {id}")));
    if let Some(guard) = recorded.guard.as_ref().filter(|guard| !guard.locks.is_empty()) {
        let rules: BTreeSet<&str> = guard.locks.iter().map(|lock| lock.rule.as_str()).collect();
        let rules: Vec<&str> = rules.into_iter().collect();
        view.lead.push(format!("guard: {} ({})", guard.state, rules.join(", ")));
    }
    view.payload = recorded_json(recorded);
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
