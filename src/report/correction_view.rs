//! `void` and `import --undo`: what was taken out, and where it is kept.

use serde_json::Value as Json;

use super::grid::{Cell, Column, Grid, View};
use super::text::plural;
use crate::wire::Correction;

/// Builds the view of a command that took these out; none where it looked into no log.
pub fn correction_view(name: &'static str, corrections: &[Correction]) -> Option<View> {
    let done: Vec<&Correction> = corrections.iter().filter(|done| done.records > 0).collect();
    let counts = done.iter().map(|done| {
        let noun = match done.log.as_deref() {
            Some("news") => "news item",
            Some(_) => "fill",
            None => "trade",
        };
        plural(done.records, noun)
    });
    let files = done.iter().map(|done| format!(".dtlearn/voided/{}.jsonl", done.correction));
    let and = |list: Vec<String>| list.join(" and ");
    let lead = if done.is_empty() {
        "nothing of it is in the log: nothing was taken out".to_owned()
    } else {
        let back: u64 = done.iter().map(|done| done.restored).sum();
        let back =
            if back > 0 { format!(", {back} of them put back as they were before") } else { String::new() };
        format!("{} taken out{back}; kept in {}", and(counts.collect()), and(files.collect()))
    };
    let first = done.first().copied().or(corrections.first())?;
    let of = |log: Option<&str>| -> u64 {
        done.iter().filter(|done| done.log.as_deref() == log).map(|done| done.records).sum()
    };
    let voided: u64 = done.iter().map(|done| done.records).sum();
    let ids: Vec<&str> = done.iter().flat_map(|done| done.trade_ids.iter().map(String::as_str)).collect();
    let mut view = View { name, lead: vec![lead], ..View::default() };
    for (key, value) in [
        ("voided", Json::from(voided)),
        ("trades", of(None).into()),
        ("fills", of(Some("fills")).into()),
        ("news", of(Some("news")).into()),
        ("correction", first.correction.clone().into()),
        ("corrections", done.iter().map(|done| done.correction.as_str()).collect::<Vec<_>>().into()),
        ("batch", first.batch.clone().into()),
        ("why", first.why.clone().into()),
        ("trade_ids", ids.into()),
    ] {
        view.payload.insert(key.into(), value);
    }
    view.records = Grid {
        columns: vec![Column::number("voided", "voided", 0)],
        rows: vec![vec![Cell::Count(voided)]],
        ..Grid::default()
    };
    Some(view)
}
