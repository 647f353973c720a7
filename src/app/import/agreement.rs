//! Records that are there with another content, and say nothing else: the same trade in another form of file, which has
//! more or fewer columns.

use std::cell::LazyCell;
use std::collections::HashMap;

use serde_json::Value;

use crate::app::record::{Candidate, Taken, intake_rules, names_of, numbered, read_candidate};
use crate::files::{Context, checkpointed_log};
use crate::store::{Log, Row, ScanOptions, StoreError, scan};
use crate::wire::{
    Conventions, JsonObject, fill_content, fill_identity, parse_object, read_stored_fill, read_stored_outcome,
};

/// What is no statement about the trade, in whatever form.
const BESIDE: [&str; 6] = ["left_over", "leg", "trade_id", "fill_id", "schema", "_ts"];

/// What was kept as it came.
const EXTRA: &str = "extra";

/// A record that says nothing else than one that is there.
pub(super) struct Agreeing {
    /// Its place among those that were asked about.
    pub place: usize,
    /// The content of the one that is there.
    pub content: u64,
    /// The line that is there, with what it leaves open and the record says; none where that is nothing.
    pub filled: Option<(Vec<u8>, u64)>,
}

/// Of records that are in conflict with what is there, those that agree with it in everything that both say, as it is written
/// or as it would be read today, in their order; one that agrees with several comes several times.
///
/// # Errors
/// [`StoreError`] when the log cannot be read.
pub(super) fn agreeing(
    context: &Context<'_>,
    log: Log,
    records: &[Candidate],
) -> Result<Vec<Agreeing>, StoreError> {
    let mut agreeing = Vec::new();
    let Some(first_us) = records.iter().map(|record| record.row.event_us).min() else { return Ok(agreeing) };
    let mut by_id: HashMap<&str, Vec<(usize, JsonObject)>> = HashMap::new();
    for (place, record) in records.iter().enumerate() {
        if let Ok(said) = parse_object(&record.row.line) {
            by_id.entry(&record.id).or_default().push((place, said));
        }
    }
    let currency = &context.settings.currency;
    let (names, rules) = (names_of(context, log), intake_rules(context));
    let read_today = |line: &[u8]| -> Option<JsonObject> {
        match read_candidate(context, log, line, &names, &Conventions::default(), &rules).ok()? {
            Taken::Record(candidate) => parse_object(&candidate.row.line).ok(),
            _ => None,
        }
    };
    let compare = |line: &[u8]| -> Vec<Agreeing> {
        let Some((id, content)) = marks_of(context, log, line) else { return Vec::new() };
        let Some(same_id) = by_id.get(id.as_str()) else { return Vec::new() };
        let Ok(there) = parse_object(line) else { return Vec::new() };
        // An older version may have written a word in another form.
        let today = LazyCell::new(|| read_today(line));
        let agrees = |said: &JsonObject| {
            agree(said, &there, currency) || today.as_ref().is_some_and(|today| agree(said, today, currency))
        };
        let agreed = same_id.iter().filter(|(_, said)| agrees(said));
        agreed
            .map(|(place, said)| {
                let filled = filled_in(&there, said);
                let filled =
                    filled.and_then(|line| marks_of(context, log, &line).map(|(_, content)| (line, content)));
                Agreeing { place: *place, content, filled }
            })
            .collect()
    };
    let options = ScanOptions { after_us: Some(first_us.saturating_sub(1)), ..ScanOptions::default() };
    scan(
        context.disk,
        &context.layout.log(log),
        options,
        |chunk| chunk.lines().flat_map(&compare).collect::<Vec<_>>(),
        |_, found| agreeing.extend(found),
    )?;
    agreeing.sort_by_key(|one: &Agreeing| one.place);
    Ok(agreeing)
}

/// The id of a stored line, without the number of a leg, and its content as [`Known`](super::id_table::Known) has it.
pub(super) fn marks_of(context: &Context<'_>, log: Log, line: &[u8]) -> Option<(String, u64)> {
    if log == Log::Fills {
        let fill = read_stored_fill(line).ok()?.netted_under(&context.settings.instruments);
        return Some((fill_identity(&fill), fill_content(&fill)));
    }
    let stored = read_stored_outcome(line).ok()?;
    let facts = stored.facts();
    let id = checkpointed_log::position_id(facts.trade_id);
    Some((id.to_owned(), content_of_kind(id, facts.content, line)))
}

/// The content of a trade: of one whose id was made of it and ends in a number, as the first of its kind would have it.
pub(super) fn content_of_kind(id: &str, content: u64, line: &[u8]) -> u64 {
    const MADE: usize = 33;
    let number = id.strip_prefix('h').and_then(|_| id.get(MADE..)?.strip_prefix('-')?.parse::<u32>().ok());
    let Some(number) = number.filter(|number| *number > 1) else { return content };
    let row = Row { line: line.to_vec(), event_us: 0 };
    numbered(&Candidate { number, ..Candidate::of_line(id.to_owned(), content, row) }, 1).content
}

/// Whether two records say the same of everything of which both say something.
fn agree(one: &JsonObject, other: &JsonObject, currency: &str) -> bool {
    let terms = [
        ("multiplier", Value::from(1)),
        ("fx_rate", Value::from(1)),
        ("inverse", Value::from(false)),
        ("currency", Value::from(currency)),
    ];
    // Whoever leaves these out says what goes without saying.
    let is_of_same_terms = terms.iter().all(|(key, usual)| {
        let term = |record: &'_ JsonObject| {
            record.get(*key).filter(|value| !value.is_null()).unwrap_or(usual).clone()
        };
        is_same(&term(one), &term(other))
    });
    is_of_same_terms
        && one.iter().filter(|(key, _)| !BESIDE.contains(&key.as_str())).all(|(key, value)| {
            match (value, other.get(key).unwrap_or(&Value::Null)) {
                (Value::Null, _) | (_, Value::Null) => true,
                _ if terms.iter().any(|(term, _)| term == key) => true,
                (Value::Object(one), Value::Object(other)) if key == EXTRA => one
                    .iter()
                    .all(|(key, value)| other.get(key).is_none_or(|there| is_same_beside(there, value))),
                (one, other) => is_same(one, other),
            }
        })
}

/// Whether two values are one, where a computed number may be off by its rounding.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap_or(0.0), other.as_f64().unwrap_or(0.0));
            (one - other).abs() <= 1e-12 * one.abs().max(other.abs())
        }
        (one, other) => one == other,
    }
}

/// Whether two values that were kept as they came are one. Of lists and objects, each says what the other does not contradict.
fn is_same_beside(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Null, _) | (_, Value::Null) => true,
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same_beside(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.iter().all(|(key, value)| other.get(key).is_none_or(|there| is_same_beside(there, value)))
        }
        // A list that a table has as a text.
        (Value::Array(_), Value::String(_)) | (Value::String(_), Value::Array(_)) => true,
        _ => is_same_text(&text(one), &text(other)),
    }
}

/// A value as a file may have written it: one form has numbers where another has texts.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned())
}

/// Whether two texts are one. Times are not held against each other: forms of file spell the same one in their own ways.
fn is_same_text(one: &str, other: &str) -> bool {
    // One form of freqtrade's trades has eight digits behind the point, another all of them; and words in capitals.
    let near = |one: f64, other: f64| (one - other).abs() <= 1e-9 * one.abs().max(5.0);
    one.eq_ignore_ascii_case(other)
        || (is_time(one) && (is_time(other) || is_epoch(other)))
        || (is_epoch(one) && is_time(other))
        || matches!((one.parse(), other.parse()), (Ok(one), Ok(other)) if near(one, other))
}

/// Whether a text is a moment in milliseconds since 1970.
fn is_epoch(text: &str) -> bool {
    matches!(text.len(), 12 | 13) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text begins with a date or with hours, minutes and seconds.
fn is_time(text: &str) -> bool {
    let first = text.split(['T', ' ']).next().unwrap_or_default();
    let lengths = |separator: char| -> Vec<usize> {
        let parts = first.split(separator).map(|part| part.split('.').next().unwrap_or_default());
        parts
            .map(|part| if part.bytes().all(|byte| byte.is_ascii_digit()) { part.len() } else { 0 })
            .collect()
    };
    let is_date = |lengths: &[usize]| matches!(lengths, [4, 1..=2, 1..=2] | [1..=2, 1..=2, 2 | 4]);
    is_date(&lengths('-')) || is_date(&lengths('/')) || matches!(lengths(':')[..], [1..=9, 2, 2])
}

/// A record without what it keeps as it came and another one says in a place of its own, as of a trade that fills closed.
fn without_known(said: &JsonObject, there: &JsonObject) -> JsonObject {
    let mut said = said.clone();
    if let Some(Value::Object(extra)) = said.get_mut(EXTRA) {
        extra.retain(|key, value| there.get(key).is_none_or(|known| known != value));
        if extra.is_empty() {
            said.remove(EXTRA);
        }
    }
    said
}

/// A stored line with what it leaves open and another record says; none where that is nothing.
fn filled_in(there: &JsonObject, said: &JsonObject) -> Option<Vec<u8>> {
    let said = &without_known(said, there);
    let mut filled = JsonObject::new();
    let mut is_more = false;
    for (key, value) in there {
        let new = said.get(key).filter(|new| !BESIDE.contains(&key.as_str()) && !new.is_null());
        let value = match (value, new) {
            (Value::Null, Some(new)) => {
                is_more = true;
                new.clone()
            }
            (Value::Object(extra), Some(Value::Object(more))) if key == EXTRA => {
                let mut extra = extra.clone();
                for (key, value) in more.iter().filter(|(_, value)| !value.is_null()) {
                    if !extra.contains_key(key) {
                        is_more = true;
                        extra.insert(key.clone(), value.clone());
                    }
                }
                Value::Object(extra)
            }
            (value, _) => value.clone(),
        };
        if key == "schema" {
            // What tells of the writing of a line stands at its end.
            for (key, new) in said.iter().filter(|(key, new)| {
                !new.is_null() && !there.contains_key(*key) && !BESIDE.contains(&key.as_str())
            }) {
                is_more = true;
                filled.insert(key.clone(), new.clone());
            }
        }
        filled.insert(key.clone(), value);
    }
    is_more.then(|| Value::Object(filled).to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> JsonObject {
        parse_object(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_both_say_decides() {
        let is_agreed = |one: &str, other: &str| {
            let both = (agree(&of(one), &of(other), "USD"), agree(&of(other), &of(one), "USD"));
            assert_eq!(both.0, both.1, "{one} {other}");
            both.0
        };
        let one = r#"{"pnl":1.5,"strategy":"orb","fees":null,"extra":{"n":1},"_ts":"a"}"#;
        assert!(is_agreed(
            one,
            r#"{"pnl":1.5,"strategy":null,"fees":0.2,"extra":{"n":"1","m":2},"_ts":"b"}"#
        ));
        assert!(is_agreed(r#"{"pnl":0.3}"#, r#"{"pnl":0.30000000000000004}"#));
        assert!(!is_agreed(one, r#"{"pnl":1.4,"strategy":"orb"}"#));
        assert!(!is_agreed(one, r#"{"pnl":1.5,"strategy":"fade"}"#));
        assert!(!is_agreed(one, r#"{"pnl":1.5,"extra":{"n":2}}"#), "another execution");
        let day = r#"{"pnl":1.5,"extra":{"day":"03/02/2026 00:00:00 -06:00","took":"00:00:35.001"}}"#;
        assert!(is_agreed(day, r#"{"pnl":1.5,"extra":{"day":"2026-03-02","took":"0:00:35"}}"#), "spellings");
        assert!(!is_agreed(day, r#"{"pnl":1.5,"extra":{"day":"2026-03-02","took":"0e0d5.6-1-01"}}"#));
        let list = r#"{"pnl":1.5,"extra":{"mode":"SPOT","orders":[{"filled":2,"at":"2026-03-02 14:30:01","x":null}]}}"#;
        let more = r#"{"pnl":1.5,"extra":{"mode":"spot","orders":[{"filled":2.0,"at":1772461801000,"id":7,"x":1}]}}"#;
        assert!(is_agreed(list, more), "one form says more of each");
        assert!(is_agreed(list, r#"{"pnl":1.5,"extra":{"orders":"[{'filled': 2}]"}}"#), "a list as a text");
        assert!(
            !is_agreed(list, &more.replace("2.0", "2.1")) && !is_agreed(list, &more.replace("}]", "},{}]"))
        );
        // Without a word, a contract is one unit of the account's currency.
        for term in [r#""multiplier":50"#, r#""fx_rate":1.1"#, r#""inverse":true"#, r#""currency":"EUR""#] {
            assert!(!is_agreed(r#"{"pnl":1.5}"#, &format!(r#"{{"pnl":1.5,{term}}}"#)), "{term}");
        }
        assert!(is_agreed(r#"{"pnl":1.5}"#, r#"{"pnl":1.5,"multiplier":1.0,"currency":"USD"}"#));
    }

    #[test]
    fn what_is_open_is_filled_in_and_the_rest_stays() {
        let there = r#"{"trade_id":"a","fees":null,"stop":99.0,"extra":{"n":"1"},"schema":1,"_ts":"x"}"#;
        let said = r#"{"trade_id":"b","fees":0.2,"stop":null,"extra":{"n":1,"m":2},"note":"y","schema":1,"_ts":"z"}"#;
        let filled = String::from_utf8(filled_in(&of(there), &of(said)).unwrap()).unwrap();
        assert_eq!(
            filled,
            r#"{"trade_id":"a","fees":0.2,"stop":99.0,"extra":{"n":"1","m":2},"note":"y","schema":1,"_ts":"x"}"#
        );
        assert_eq!(filled_in(&of(&filled), &of(said)), None);
        let of_fills = r#"{"trade_id":"a","account":"U1","extra":null,"schema":1,"_ts":"x"}"#;
        let exported = r#"{"trade_id":"a","extra":{"account":"U1"},"schema":1,"_ts":"z"}"#;
        assert_eq!(filled_in(&of(of_fills), &of(exported)), None);
    }
}
