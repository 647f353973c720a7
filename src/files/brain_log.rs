//! `knob_adjustments.jsonl`: every change of a knob. The brain file holds the last update's changes as well,
//! so that none is lost when a write fails between the two files.

use super::Context;
use super::brain::Brain;
use crate::decide::{KnobPast, REVERT, Rulebook};
use crate::domain::{KnobName, Market, PerKnob, Timestamp};
use crate::store::{StoreError, append_lines, read_state};
use crate::wire::{Adjustment, read_adjustments};

/// The source of changes that follow what the own record supports.
pub(crate) const BY_SIZE: &str = "size";

/// The changes on record.
#[derive(Clone, Debug, Default)]
pub(crate) struct AdjustmentLog {
    /// Oldest first.
    pub changes: Vec<Adjustment>,
    /// The last of them, where only the brain file holds them.
    pub not_logged: Vec<Adjustment>,
    /// Lines of the file that cannot be read.
    pub unreadable: u64,
}

/// Reads the log, and adds what only the brain file knows.
///
/// # Errors
/// [`StoreError`] when the file is there and cannot be read.
pub(crate) fn read_log(context: &Context<'_>, brain: &Brain) -> Result<AdjustmentLog, StoreError> {
    let text = read_state(context.disk, &context.layout.adjustments())?.unwrap_or_default();
    let (mut changes, bad) = read_adjustments(&text);
    let (_, _, last) = brain.own();
    let is_logged = |change: &Adjustment| {
        changes.iter().any(|known| {
            (known.update, &known.knob, &known.symbol) == (change.update, &change.knob, &change.symbol)
        })
    };
    let not_logged: Vec<Adjustment> = last.into_iter().filter(|change| !is_logged(change)).collect();
    changes.extend(not_logged.iter().cloned());
    changes.sort_by_key(|change| change.update);
    Ok(AdjustmentLog { changes, not_logged, unreadable: bad.len() as u64 })
}

impl AdjustmentLog {
    /// This session's change of the size to what the own record supports.
    pub(crate) fn by_size(&self, context: &Context<'_>) -> Option<&Adjustment> {
        let today = context.session_date().to_string();
        self.changes.iter().rfind(|change| change.source == BY_SIZE && change.date >= today)
    }

    /// Takes out what came after the moment that is asked for, the newest first.
    pub(crate) fn cut_off_at(&mut self, context: &Context<'_>) -> Vec<Adjustment> {
        let Some(as_of) = context.as_of else { return Vec::new() };
        let after =
            |change: &Adjustment| Timestamp::parse(&change.timestamp).is_ok_and(|moment| moment > as_of);
        let (mut later, kept): (Vec<Adjustment>, Vec<Adjustment>) =
            std::mem::take(&mut self.changes).into_iter().partition(after);
        self.changes = kept;
        later.reverse();
        later
    }
}

/// The smoothed and the effective value of a knob before `later` changes (the newest first) came, which ended at
/// `now`.
pub(crate) fn value_before(
    later: &[Adjustment],
    symbol: Option<&str>,
    knob: KnobName,
    now: (f64, f64),
) -> (f64, f64) {
    let of_knob =
        later.iter().filter(|change| change.symbol.as_deref() == symbol && change.knob == knob.as_str());
    of_knob.fold(now, |now, change| (change.old.unwrap_or(now.0), change.old_effective.unwrap_or(now.1)))
}

/// The size before and after this session's change to what the own record supports; none where brain file or log cannot be
/// read, as every knob counts as its default then.
pub(crate) fn change_by_size(context: &Context<'_>) -> Option<(f64, f64)> {
    let mut log = read_log(context, &Brain::read(context).ok()?).ok()?;
    log.cut_off_at(context);
    log.by_size(context).and_then(|change| change.old_effective.zip(change.new_effective))
}

/// Adds changes to the file, and those of an earlier update that did not get there. Call it under the lock.
///
/// # Errors
/// [`StoreError`]; the file is then as it was.
pub(crate) fn append_changes(context: &Context<'_>, changes: &[Adjustment]) -> Result<(), StoreError> {
    let path = context.layout.adjustments();
    let lines: Result<Vec<Vec<u8>>, _> = changes.iter().map(serde_json::to_vec).collect();
    let lines = lines.map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })?;
    append_lines(context.disk, &path, &lines)
}

/// The newest exit on which an update by rules rested, whichever knob it moved.
pub(crate) fn rested_until(changes: &[Adjustment]) -> Option<Timestamp> {
    let by_rules = changes.iter().filter(|change| change.source == "rule" || change.source == REVERT);
    by_rules.filter_map(|change| Timestamp::parse(change.trades_until.as_deref()?).ok()).max()
}

/// What happened to each knob's common value, from the changes on record, the oldest first. A value of `now` that no
/// change on record left there was set by hand, outside of this program: nothing is returned to underneath it.
pub(crate) fn knob_pasts(
    changes: &[Adjustment],
    now: &PerKnob<f64>,
    rulebook: &Rulebook,
    market: &Market,
) -> PerKnob<KnobPast> {
    let mut pasts = PerKnob::from_fn(|_| KnobPast::default());
    let mut left_at: PerKnob<Option<f64>> = PerKnob::from_fn(|_| None);
    for change in changes.iter().filter(|change| change.symbol.is_none()) {
        let Some(name) = KnobName::parse(&change.knob) else { continue };
        left_at[name] = change.new;
        let past = &mut pasts[name];
        let moment = Timestamp::parse(&change.timestamp).ok();
        let (Some(rule), Some(moment), Some(old)) = (&change.rule, moment, change.old) else {
            past.note_hand();
            continue;
        };
        let of_regime = rulebook.rules.iter().any(|known| known.name == rule && known.is_of_regime());
        let until = change.trades_until.as_deref().and_then(|text| Timestamp::parse(text).ok());
        past.note_rule(rule, of_regime, market.calendar().session_date(moment), until, old);
    }
    for name in KnobName::ALL {
        if left_at[name].is_some_and(|left| (left - now[name]).abs() > 1e-9) {
            pasts[name].note_hand();
        }
    }
    pasts
}
