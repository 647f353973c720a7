//! Records that are there with another content, and say nothing else: the same trade in another form of file, which has
//! more or fewer columns.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::app::record::Candidate;
use crate::files::{Context, checkpointed_log};
use crate::store::{Log, ScanOptions, StoreError, scan};
use crate::wire::{JsonObject, parse_object, read_stored_outcome};

/// What is no statement about the trade, or is kept as it came, in whatever form.
const BESIDE: [&str; 6] = ["extra", "left_over", "leg", "trade_id", "schema", "_ts"];

/// Of trades that are in conflict with what is there, the places of those that agree with it in everything that both say.
///
/// # Errors
/// [`StoreError`] when the log cannot be read.
pub(super) fn agreeing(context: &Context<'_>, trades: &[Candidate]) -> Result<HashSet<usize>, StoreError> {
    let mut agreeing = HashSet::new();
    let Some(first_us) = trades.iter().map(|trade| trade.row.event_us).min() else { return Ok(agreeing) };
    let mut by_id: HashMap<&str, Vec<(usize, JsonObject)>> = HashMap::new();
    for (at, trade) in trades.iter().enumerate() {
        if let Ok(said) = parse_object(&trade.row.line) {
            by_id.entry(&trade.id).or_default().push((at, said));
        }
    }
    let compare = |line: &[u8]| -> Vec<usize> {
        let Ok(stored) = read_stored_outcome(line) else { return Vec::new() };
        let id = checkpointed_log::position_id(stored.facts().trade_id);
        let Some(same_id) = by_id.get(id) else { return Vec::new() };
        let Ok(there) = parse_object(line) else { return Vec::new() };
        same_id.iter().filter(|(_, said)| agree(said, &there)).map(|(at, _)| *at).collect()
    };
    let options = ScanOptions { after_us: Some(first_us.saturating_sub(1)), ..ScanOptions::default() };
    scan(
        context.disk,
        &context.layout.log(Log::Outcomes),
        options,
        |chunk| chunk.lines().flat_map(&compare).collect::<Vec<_>>(),
        |_, found| agreeing.extend(found),
    )?;
    Ok(agreeing)
}

/// Whether two records say the same of everything of which both say something.
fn agree(one: &JsonObject, other: &JsonObject) -> bool {
    one.iter().filter(|(key, _)| !BESIDE.contains(&key.as_str())).all(|(key, value)| {
        match (value, other.get(key).unwrap_or(&Value::Null)) {
            (Value::Null, _) | (_, Value::Null) => true,
            (Value::Number(one), Value::Number(other)) => {
                let (one, other) = (one.as_f64().unwrap_or(0.0), other.as_f64().unwrap_or(0.0));
                (one - other).abs() <= 1e-12 * one.abs().max(other.abs())
            }
            (one, other) => one == other,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_say_decides() {
        let of = |text: &str| parse_object(text.as_bytes()).unwrap();
        let one = of(r#"{"pnl":1.5,"strategy":"orb","fees":null,"extra":{"n":1},"_ts":"a"}"#);
        assert!(agree(&one, &of(r#"{"pnl":1.5,"strategy":null,"fees":0.2,"extra":{"n":"1"},"_ts":"b"}"#)));
        assert!(agree(&of(r#"{"pnl":0.3}"#), &of(r#"{"pnl":0.30000000000000004}"#)));
        assert!(!agree(&one, &of(r#"{"pnl":1.4,"strategy":"orb"}"#)));
        assert!(!agree(&one, &of(r#"{"pnl":1.5,"strategy":"fade"}"#)));
    }
}
