//! Taking updates of the knobs back.

use super::Context;
use super::brain_plan::{AdjustError, Plan};
use crate::decide::Override;
use crate::domain::{Knob, KnobName, PerKnob};
use crate::files::brain::{Brain, InForce};
use crate::report::plural;
use crate::wire::Adjustment;

/// Takes back the last `count` updates that were not taken back yet and are no rollbacks themselves.
pub(super) fn roll_back(
    context: &Context<'_>,
    brain: &Brain,
    knobs: &PerKnob<InForce>,
    earlier: &[Adjustment],
    count: u32,
    plan: &mut Plan,
) -> Result<(), AdjustError> {
    let undone: Vec<u64> = earlier.iter().filter_map(|change| change.undoes).collect();
    let mut updates: Vec<u64> =
        earlier.iter().filter(|c| c.undoes.is_none()).map(|change| change.update).collect();
    updates.dedup();
    updates.retain(|update| !undone.contains(update));
    let taken: Vec<u64> = updates.into_iter().rev().take(count as usize).collect();
    if taken.is_empty() {
        return Err(AdjustError::NothingToUndo);
    }
    if taken.len() < count as usize {
        plan.warnings.push(format!("only {} to undo", plural(taken.len() as u64, "update")));
    }
    let rulebook = &context.settings.rulebook;
    let own = brain.symbols(context)?;
    let mut now = *knobs;
    for update in &taken {
        for change in earlier.iter().filter(|change| change.update == *update) {
            let Some(name) = KnobName::parse(&change.knob) else { continue };
            let mut record = plan.blank(context, name, "rollback");
            record.undoes = Some(*update);
            match &change.symbol {
                None => back_to(rulebook.knob(name), change, &mut now, (&mut record, plan)),
                Some(symbol) => {
                    let of = own.iter().find(|(known, _)| known == symbol).map_or(&[][..], |(_, own)| own);
                    symbol_back_to(rulebook.knob(name), change, (symbol, of), (&mut record, plan));
                }
            }
            plan.changes.push(record);
        }
    }
    Ok(())
}

/// A common value as it was before a change.
fn back_to(
    knob: &Knob,
    change: &Adjustment,
    now: &mut PerKnob<InForce>,
    (record, plan): (&mut Adjustment, &mut Plan),
) {
    let back = knob.tidy(change.old.unwrap_or(knob.default));
    let new = InForce { smoothed: back, effective: knob.effective(back), said: true, outside: false };
    let old = std::mem::replace(&mut now[knob.name], new);
    record.old = Some(old.smoothed);
    record.new = Some(new.smoothed);
    record.old_effective = Some(old.effective);
    record.new_effective = Some(new.effective);
    plan.common.push((*knob, back));
}

/// A symbol's own value as it was before a change, or none where it had none.
fn symbol_back_to(
    knob: &Knob,
    change: &Adjustment,
    (symbol, of): (&str, &[Override]),
    (record, plan): (&mut Adjustment, &mut Plan),
) {
    let back = change.old.zip(change.old_effective).map(|(smoothed, effective)| Override {
        knob: knob.name,
        smoothed: knob.tidy(smoothed),
        effective: knob.tidy(effective),
    });
    let now = of.iter().find(|known| known.knob == knob.name);
    record.symbol = Some(symbol.to_owned());
    record.old = now.map(|now| now.smoothed);
    record.new = back.map(|back| back.smoothed);
    record.old_effective = change.new_effective;
    record.new_effective = change.old_effective;
    plan.symbols.push((symbol.to_owned(), knob.name, back));
}
