//! The arm of an experiment, copied from a signal to the trade or the missed signal that names it.

use std::collections::HashSet;

use serde_json::Value as Json;

use crate::domain::Window;
use crate::files::Context;
use crate::files::experiments::running;
use crate::files::trade_signals::signals_of;
use crate::store::Log;
use crate::wire::{JsonObject, Piece, parse_object};

/// What is copied.
const COPIED: [&str; 3] = ["experiment", "variant", "variant_share"];

/// Days before today from which signals are looked at, beyond those by which a trade may be younger than its signal.
const DAYS: Window = Window::Days(1);

/// Puts the arm of its signal into each record that names a signal and no arm, while an experiment runs; says why it could
/// not, as the record is worth keeping without.
pub(super) fn copy_arms(context: &Context<'_>, log: Log, pieces: &mut [Piece]) -> Option<String> {
    if !matches!(log, Log::Outcomes | Log::Missed) {
        return None;
    }
    // What cannot be read of experiments is said where they are asked for.
    if running(context).map_or(true, |running| running.is_empty()) {
        return None;
    }
    let named: Vec<Option<Box<str>>> = pieces.iter().map(signal_without_arm).collect();
    let wanted: HashSet<Box<str>> = named.iter().flatten().cloned().collect();
    if wanted.is_empty() {
        return None;
    }
    match signals_of(context, DAYS, Some(&wanted), arm_of) {
        Ok(arms) => {
            for (piece, signal) in pieces.iter_mut().zip(named) {
                if let Some(Some(arm)) = signal.as_deref().and_then(|id| arms.get(id)) {
                    put_in(&mut piece.text, arm);
                }
            }
            None
        }
        Err(error) => Some(format!("the arm of its signal was not copied: {error}")),
    }
}

/// The signal of a record that names no arm.
fn signal_without_arm(piece: &Piece) -> Option<Box<str>> {
    let map = parse_object(piece.text.as_bytes()).ok()?;
    let names_an_arm = ["experiment", "variant", "variants"].iter().any(|key| map.contains_key(*key));
    let id = map.get("signal_id")?.as_str()?;
    (!names_an_arm && !id.is_empty()).then(|| id.into())
}

/// What a signal says of its arm, as it goes into an object; none where it names none.
fn arm_of(signal: &JsonObject) -> Option<String> {
    let said = |key: &&str| signal.get(*key).filter(|value| !value.is_null());
    let names_both = COPIED[..2].iter().all(|key| said(key).is_some_and(Json::is_string));
    let pairs = COPIED.iter().filter_map(|key| Some(format!("\"{key}\":{}", said(key)?)));
    names_both.then(|| pairs.collect::<Vec<_>>().join(","))
}

/// Puts pairs at the end of an object that has some.
fn put_in(object: &mut String, pairs: &str) {
    if let Some(at) = object.rfind('}') {
        object.insert_str(at, &format!(",{pairs}"));
    }
}
