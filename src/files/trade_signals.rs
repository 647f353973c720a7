//! What the signals behind trades say, by their ids.

use std::collections::{HashMap, HashSet};

use super::Context;
use crate::domain::{Timestamp, Window};
use crate::store::{Log, ScanOptions, StoreError, scan};
use crate::wire::{JsonObject, parse_object};

/// A signal is at most so many days older than the exit of its trade.
const DAYS_BEFORE: i64 = 7;

/// What `make` keeps of each signal that trades of a window may come from, by its id; of a signal recorded twice, the
/// first. None is looked for where none is wanted.
///
/// # Errors
/// [`StoreError`] when the log cannot be read at all.
pub(crate) fn signals_of<T: Send + 'static>(
    context: &Context<'_>,
    window: Window,
    wanted: Option<&HashSet<Box<str>>>,
    make: impl Fn(&JsonObject) -> T + Sync,
) -> Result<HashMap<String, T>, StoreError> {
    if wanted.is_some_and(HashSet::is_empty) {
        return Ok(HashMap::new());
    }
    let since = window.start(context.seen_from()).map(|start| start.plus_days(-DAYS_BEFORE));
    let options = ScanOptions { after_us: since.map(Timestamp::micros), ..ScanOptions::default() };
    let one = |line: &[u8]| -> Option<(String, T)> {
        let object = parse_object(line).ok()?;
        let id = object.get("signal_id")?.as_str()?;
        if wanted.is_some_and(|wanted| !wanted.contains(id)) {
            return None;
        }
        let time = |key: &str| Timestamp::parse(object.get(key)?.as_str()?).ok();
        let known = context.as_of.is_none_or(|as_of| time("_ts").is_none_or(|written| written <= as_of));
        known.then(|| (id.to_owned(), make(&object)))
    };
    let mut found = HashMap::new();
    scan(
        context.disk,
        &context.layout.log(Log::Signals),
        options,
        |chunk| chunk.lines().filter_map(one).collect::<Vec<_>>(),
        |_, signals| {
            for (id, signal) in signals {
                found.entry(id).or_insert(signal);
            }
        },
    )?;
    Ok(found)
}
