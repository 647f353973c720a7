//! Whether a record is new, is there already, is a further exit of a position that is there, or contradicts what is
//! there.

use std::collections::HashMap;
use std::sync::Arc;

use super::candidate::Candidate;
use crate::wire::{is_same_exit, read_stored_outcome};

/// What a record is beside those that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Its id is not there.
    New,
    /// It is there with the same content.
    AlreadyThere,
    /// Its id is there, of another exit: this is a further one of the position, counted from 1.
    Leg(u32),
    /// Its id is there, of the same exit, and something else differs.
    Conflict,
}

/// What a record is, given the contents that are there under its id. Signals have one content each.
pub(crate) fn standing(content: u64, there: impl Iterator<Item = u64>, may_have_legs: bool) -> Standing {
    let (mut count, mut is_same) = (0, false);
    for known in there {
        if known == content {
            return Standing::AlreadyThere;
        }
        is_same |= !may_have_legs || is_same_exit(known, content);
        count += 1;
    }
    match count {
        0 => Standing::New,
        _ if is_same => Standing::Conflict,
        legs => Standing::Leg(legs + 1),
    }
}

/// Equal records of one input that have no id of their own are several trades: each gets a number.
#[derive(Debug, Default)]
pub(crate) struct Numbering(HashMap<String, u32>);

impl Numbering {
    /// Gives a record the number that is due to it.
    pub(crate) fn number(&mut self, candidate: &mut Candidate) {
        if !candidate.is_unnamed {
            return;
        }
        let count = self.0.entry(candidate.id.clone()).or_default();
        *count += 1;
        if *count > 1 {
            *candidate = numbered(candidate, *count);
        }
    }
}

/// A record without an id of its own, under the id that it has as the first of its kind, the second, and so on.
pub(crate) fn numbered(candidate: &Candidate, number: u32) -> Candidate {
    let mut candidate = candidate.clone();
    if number != candidate.number {
        let own = format!("-{}", candidate.number);
        let first = candidate.id.strip_suffix(&own).filter(|_| candidate.number > 1).unwrap_or(&candidate.id);
        let id = if number > 1 { format!("{first}-{number}") } else { first.to_owned() };
        with_trade_id(&mut candidate, id);
        candidate.number = number;
    }
    candidate
}

/// The same record under another id, of a trade or of a fill.
fn with_trade_id(candidate: &mut Candidate, id: String) {
    // The id of a fill stands behind account and symbol, and is no part of its content.
    let own = |id: &str| id.rsplit('\u{1f}').next().unwrap_or(id).to_owned();
    let is_fill = candidate.id.contains('\u{1f}');
    let name = if is_fill { "fill_id" } else { "trade_id" };
    let key = format!("\"{name}\":\"{}\"", own(&candidate.id));
    if let Some(at) = memchr::memmem::find(&candidate.row.line, key.as_bytes()) {
        let renamed = format!("\"{name}\":\"{}\"", own(&id)).into_bytes();
        candidate.row.line.splice(at..at + key.len(), renamed);
        if !is_fill && let Ok(stored) = read_stored_outcome(&candidate.row.line) {
            candidate.content = stored.facts().content;
        }
        if let Some(fill) = &mut candidate.fill {
            Arc::make_mut(fill).fill_id = own(&id).into();
        }
        candidate.id = id;
    }
}

/// The same record as another exit of its position. Its content stays: the number is no part of it.
pub(crate) fn with_leg(candidate: &mut Candidate, leg: u32) {
    if let Some(at) = memchr::memmem::rfind(&candidate.row.line, b",\"schema\":") {
        candidate.row.line.splice(at..at, format!(",\"leg\":{leg}").into_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_decides_what_a_record_is() {
        let (one, conflict, leg) = (0x1_0000_0007, 0x2_0000_0007, 0x3_0000_0008);
        let of = |content, there: &[u64]| standing(content, there.iter().copied(), true);
        assert_eq!(of(one, &[]), Standing::New);
        assert_eq!(of(one, &[one]), Standing::AlreadyThere);
        assert_eq!(of(conflict, &[one]), Standing::Conflict);
        assert_eq!(of(leg, &[one]), Standing::Leg(2));
        assert_eq!(of(leg, &[one, leg]), Standing::AlreadyThere);
        assert_eq!(of(conflict, &[leg, one]), Standing::Conflict);
        assert_eq!(standing(leg, [one].into_iter(), false), Standing::Conflict, "a signal has no legs");
    }
}
