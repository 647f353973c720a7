//! `doctor --repair` of the brain file: the knobs as the record of their changes left them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::decide::Override;
use crate::domain::KnobName;
use crate::files::Context;
use crate::files::brain::Brain;
use crate::store::{Durability, StoreError, StoreLock, read_state, replace_state};
use crate::wire::{Adjustment, read_adjustments};

/// A brain file that was made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuiltBrain {
    /// Knobs with a common value that is not the default.
    pub knobs: u64,
    /// Symbols with values of their own.
    pub symbols: u64,
    /// The damaged file as it was; none where it was gone.
    pub original: Option<PathBuf>,
}

/// Whether the brain file is damaged, or gone, and the record of its changes says what stood in it.
pub(super) fn can_rebuild(context: &Context<'_>) -> bool {
    let read = Brain::read(context).and_then(|brain| {
        brain.knobs(context)?;
        brain.symbols(context)?;
        Ok(brain.is_there())
    });
    matches!(read, Ok(false) | Err(StoreError::Corrupt { .. })) && !changes(context).is_empty()
}

/// The changes on record, the oldest update first.
fn changes(context: &Context<'_>) -> Vec<Adjustment> {
    let text = read_state(context.disk, &context.layout.adjustments()).ok().flatten().unwrap_or_default();
    let (mut changes, _) = read_adjustments(&text);
    changes.sort_by_key(|change| change.update);
    changes
}

/// Makes the brain file anew where it is damaged or gone; a damaged one is kept in the quarantine. What an engine keeps in
/// it beside the knobs is in no other file.
///
/// # Errors
/// [`StoreError`]; the file is then as it was.
pub(super) fn repair_brain(
    context: &Context<'_>,
    _lock: &StoreLock,
) -> Result<Option<RebuiltBrain>, StoreError> {
    if !can_rebuild(context) {
        return Ok(None);
    }
    let path = context.layout.brain();
    let before = read_state(context.disk, &path)?;
    let original = before.as_deref().map(|bytes| kept(context, bytes)).transpose()?;
    let changes = changes(context);
    let mut brain = Brain::in_the_place_of(before);
    let rulebook = &context.settings.rulebook;
    let (common, own) = last_values(&changes);
    for knob in &rulebook.knobs {
        brain.set_knob(
            context,
            knob,
            common.get(&knob.name).map_or(knob.default, |value| knob.tidy(*value)),
        )?;
    }
    for ((symbol, name), (smoothed, effective)) in &own {
        let knob = rulebook.knob(*name);
        let (smoothed, effective) = (knob.tidy(*smoothed), knob.tidy(*effective));
        brain.set_override(context, symbol, *name, Some(Override { knob: *name, smoothed, effective }))?;
    }
    let update = changes.last().map_or(0, |change| change.update);
    let last: Vec<Adjustment> = changes.iter().filter(|change| change.update == update).cloned().collect();
    let by_rules = changes.iter().rfind(|change| change.source == "rule");
    brain.note(context, update, by_rules.map(|change| change.date.as_str()), &last)?;
    brain.replace(context)?;
    let symbols: BTreeSet<&String> = own.keys().map(|(symbol, _)| symbol).collect();
    Ok(Some(RebuiltBrain { knobs: common.len() as u64, symbols: symbols.len() as u64, original }))
}

/// Copies the damaged file into the quarantine.
fn kept(context: &Context<'_>, bytes: &[u8]) -> Result<PathBuf, StoreError> {
    let dir = context.layout.quarantine();
    context.disk.create_dir_all(&dir).map_err(|source| StoreError::writing(&dir, source))?;
    let path = dir.join(format!("dt_brain.json.gz.{}", context.now.micros()));
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
