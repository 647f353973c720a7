//! What the signals behind trades say, by their ids.

use std::collections::{HashMap, HashSet};

use super::Context;
use super::trades_in_window::has_signals;
use crate::domain::{Timestamp, Window};
use crate::simulate::{DecisionRecord, Offered};
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

/// Gives the trades of a window what the signals say that they came from: the score, and by what the size was multiplied.
///
/// # Errors
/// [`StoreError`] when the log of signals cannot be read at all.
pub(crate) fn complete_from_signals<'a>(
    context: &Context<'_>,
    window: Window,
    records: impl IntoIterator<Item = &'a mut DecisionRecord>,
) -> Result<(), StoreError> {
    if !has_signals(context) {
        return Ok(());
    }
    let mut of_signals: Vec<&mut DecisionRecord> =
        records.into_iter().filter(|record| record.signal.is_some()).collect();
    let wanted: HashSet<Box<str>> =
        of_signals.iter().filter_map(|record| record.signal.as_deref().map(Into::into)).collect();
    let signals = said_by_signals(context, window, &wanted)?;
    of_signals.iter_mut().for_each(|record| complete(record, &signals));
    Ok(())
}

/// What signals say of the trades that came from them: the score, and by what the size was multiplied.
pub(crate) type SaidBySignals = HashMap<String, (Option<f64>, Option<f64>)>;

/// What the signals of these ids say.
///
/// # Errors
/// [`StoreError`] when the log of signals cannot be read at all.
pub(crate) fn said_by_signals(
    context: &Context<'_>,
    window: Window,
    wanted: &HashSet<Box<str>>,
) -> Result<SaidBySignals, StoreError> {
    let said = |object: &JsonObject| {
        let number = |key: &str| object.get(key)?.as_f64().filter(|value| value.is_finite());
        (number("score"), number("size_multiplier"))
    };
    signals_of(context, window, Some(wanted), said)
}

/// Gives a record what its signal says, where it names one.
pub(crate) fn complete(record: &mut DecisionRecord, signals: &SaidBySignals) {
    let of_signal = record.signal.as_deref().and_then(|id| signals.get(id));
    let Some((score, multiplier)) = of_signal.copied() else { return };
    record.score = score;
    if let Offered::Taken(trade) = &mut record.offered {
        trade.size_multiplier = trade.size_multiplier.or(multiplier.filter(|m| *m > 0.0));
    }
}
