//! `doctor --repair` of the brain file: the knobs as the record of their changes left them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::decide::Override;
use crate::domain::KnobName;
use crate::files::Context;
use crate::files::brain::Brain;
use crate::report::RebuiltBrain;
use crate::store::{Durability, StoreError, StoreLock, free_path, read_state, replace_state};
use crate::wire::{Adjustment, read_adjustments};

/// What is on record of changes.
struct Changes {
    /// The oldest update first.
    all: Vec<Adjustment>,
    /// What could not be used, a sentence each.
    warnings: Vec<String>,
}

/// Whether the brain file is damaged, or gone for good, and the record of its changes says what stood in it.
pub(super) fn can_rebuild(context: &Context<'_>) -> bool {
    changes_to_use(context).is_ok_and(|changes| changes.is_some())
}

/// The changes on record where the brain file needs them and there are some.
///
/// # Errors
/// [`StoreError`] when the file or the record cannot be read: what stood in it is then not known, and is not the defaults.
fn changes_to_use(context: &Context<'_>) -> Result<Option<Changes>, StoreError> {
    let read = Brain::read(context).and_then(|brain| {
        brain.knobs(context)?;
        brain.symbols(context)?;
        Ok(brain.is_there())
    });
    match read {
        Ok(true) => return Ok(None),
        Ok(false) | Err(StoreError::Corrupt { .. }) => {}
        Err(error) => return Err(error),
    }
    let changes = changes(context)?;
    let is_needed = !changes.all.is_empty() && (read.is_err() || Brain::stays_away(context)?);
    Ok(is_needed.then_some(changes))
}

/// The changes on record.
fn changes(context: &Context<'_>) -> Result<Changes, StoreError> {
    let path = context.layout.adjustments();
    let text = read_state(context.disk, &path)?.unwrap_or_default();
    let (mut all, mut bad) = read_adjustments(&text);
    // A last line that is cut was not yet in force when its writer died, or is in the file as well.
    let last = text.split(|byte| *byte == b'\n').count() as u64;
    bad.retain(|line| *line != last);
    let mut warnings: Vec<String> = bad
        .iter()
        .map(|line| {
            format!("{}: line {line} is not a knob change, and what it set is not known", path.display())
        })
        .collect();
    let unknown: BTreeSet<&str> = all
        .iter()
        .map(|change| change.knob.as_str())
        .filter(|knob| KnobName::parse(knob).is_none())
        .collect();
    warnings.extend(
        unknown.iter().map(|knob| format!("{}: {knob} is no knob, its changes are left out", path.display())),
    );
    all.sort_by_key(|change| change.update);
    Ok(Changes { all, warnings })
}

/// Makes anew what is damaged of the brain file, or all of it where it is gone; a damaged one is kept in the quarantine.
/// What an engine keeps in it beside the knobs stays where the file can be read at all.
///
/// # Errors
/// [`StoreError`]; the file is then as it was.
pub(super) fn repair_brain(
    context: &Context<'_>,
    _lock: &StoreLock,
) -> Result<Option<RebuiltBrain>, StoreError> {
    let Some(Changes { all, warnings }) = changes_to_use(context)? else { return Ok(None) };
    let path = context.layout.brain();
    let before = read_state(context.disk, &path)?;
    let original = before.as_deref().map(|bytes| kept(context, bytes)).transpose()?;
    let values = last_values(&all);
    let (mut brain, is_kept) = Brain::salvaged(before);
    let (knobs, symbols) =
        if is_kept { mend(context, &mut brain, &values)? } else { fill(context, &mut brain, &values)? };
    if !is_kept || brain.own().0 == 0 {
        let update = all.last().map_or(0, |change| change.update);
        let last: Vec<Adjustment> = all.iter().filter(|change| change.update == update).cloned().collect();
        let by_rules = all.iter().rfind(|change| change.source == "rule");
        brain.note(context, update, by_rules.map(|change| change.date.as_str()), &last)?;
    }
    brain.replace(context)?;
    Ok(Some(RebuiltBrain { knobs, symbols, is_kept, original, warnings }))
}

/// Puts all that is on record into a file that says nothing. Returns how many knobs and symbols have values.
fn fill(context: &Context<'_>, brain: &mut Brain, (common, own): &Values) -> Result<(u64, u64), StoreError> {
    let rulebook = &context.settings.rulebook;
    for knob in &rulebook.knobs {
        let value = common.get(&knob.name).map_or(knob.default, |value| knob.tidy(*value));
        brain.set_knob(context, knob, value)?;
    }
    for ((symbol, name), (smoothed, effective)) in own {
        let knob = rulebook.knob(*name);
        let (smoothed, effective) = (knob.tidy(*smoothed), knob.tidy(*effective));
        brain.set_override(context, symbol, *name, Some(Override { knob: *name, smoothed, effective }))?;
    }
    let symbols: BTreeSet<&String> = own.keys().map(|(symbol, _)| symbol).collect();
    Ok((common.len() as u64, symbols.len() as u64))
}

/// Puts what is on record in the place of what is damaged, and nothing else. Returns how many knobs and symbols that were.
fn mend(context: &Context<'_>, brain: &mut Brain, (common, own): &Values) -> Result<(u64, u64), StoreError> {
    let rulebook = &context.settings.rulebook;
    let damaged = brain.take_out_damage(context);
    let mut knobs = 0;
    for name in damaged.knobs {
        if let Some(value) = common.get(&name) {
            let knob = rulebook.knob(name);
            brain.set_knob(context, knob, knob.tidy(*value))?;
            knobs += 1;
        }
    }
    let is_damaged = |symbol: &str| damaged.all_symbols || damaged.symbols.contains(symbol);
    let mut symbols = BTreeSet::new();
    for ((symbol, name), (smoothed, effective)) in own.iter().filter(|((symbol, _), _)| is_damaged(symbol)) {
        let knob = rulebook.knob(*name);
        let (smoothed, effective) = (knob.tidy(*smoothed), knob.tidy(*effective));
        brain.set_override(context, symbol, *name, Some(Override { knob: *name, smoothed, effective }))?;
        symbols.insert(symbol);
    }
    Ok((knobs, symbols.len() as u64))
}

/// Copies the damaged file into the quarantine.
fn kept(context: &Context<'_>, bytes: &[u8]) -> Result<PathBuf, StoreError> {
    let dir = context.layout.quarantine();
    context.disk.create_dir_all(&dir).map_err(|source| StoreError::writing(&dir, source))?;
    let path = free_path(context.disk, &dir.join(format!("dt_brain.json.gz.{}", context.now.micros())))?;
    replace_state(context.disk, &path, bytes, Durability::Durable)?;
    Ok(path)
}

/// Common values by knob, and symbols' own values, smoothed and as the engine is given them.
type Values = (BTreeMap<KnobName, f64>, BTreeMap<(String, KnobName), (f64, f64)>);

/// What the changes left.
fn last_values(changes: &[Adjustment]) -> Values {
    let (mut common, mut own) = Values::default();
    for change in changes {
        let Some(name) = KnobName::parse(&change.knob) else { continue };
        match (&change.symbol, change.new) {
            (None, Some(value)) => drop(common.insert(name, value)),
            (None, None) => drop(common.remove(&name)),
            (Some(symbol), Some(value)) => {
                let effective = change.new_effective.unwrap_or(value);
                own.insert((symbol.clone(), name), (value, effective));
            }
            (Some(symbol), None) => drop(own.remove(&(symbol.clone(), name))),
        }
    }
    (common, own)
}
