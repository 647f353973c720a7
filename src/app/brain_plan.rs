//! What is to be done to the knobs, before anything is written.

use super::{Context, Reading};
use crate::decide::Override;
use crate::domain::{Knob, KnobName, PerKnob};
use crate::files::brain::{Brain, InForce};
use crate::report::AdjustData;
use crate::store::StoreError;
use crate::wire::{ADJUSTMENT_SCHEMA, Adjustment};

/// Why knobs were not adjusted.
#[derive(Debug, thiserror::Error)]
pub enum AdjustError {
    /// The store or the brain file.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A value that a knob cannot have.
    #[error("{} cannot be {value}: {why}", knob.as_str())]
    Value {
        /// The knob.
        knob: KnobName,
        /// The value.
        value: f64,
        /// Why not.
        why: String,
    },
    /// Nothing to take back.
    #[error("there is no update to undo")]
    NothingToUndo,
    /// Another program writes the brain file all the time.
    #[error("{0}: another program keeps changing it")]
    Contended(String),
}

/// Everything that is to be done.
pub(super) struct Plan {
    pub(super) update: u64,
    pub(super) rules_date: Option<String>,
    pub(super) changes: Vec<Adjustment>,
    pub(super) common: Vec<(Knob, f64)>,
    pub(super) symbols: Vec<(String, KnobName, Option<Override>)>,
    /// Changes of the last update that only the brain file holds.
    pub(super) not_logged: Vec<Adjustment>,
    pub(super) data: AdjustData,
    pub(super) reading: Reading,
    pub(super) warnings: Vec<String>,
}

impl Plan {
    pub(super) fn apply(&self, context: &Context<'_>, brain: &mut Brain) -> Result<(), StoreError> {
        // An engine that finds a new file finds every knob in it.
        let (now, _) = brain.knobs(context)?;
        let missing =
            if brain.is_there() { &[][..] } else { &context.settings.rulebook.knobs.as_array()[..] };
        for knob in missing {
            brain.set_knob(context, knob, now[knob.name].smoothed)?;
        }
        for (knob, smoothed) in &self.common {
            brain.set_knob(context, knob, *smoothed)?;
        }
        for (symbol, knob, value) in &self.symbols {
            brain.set_override(context, symbol, *knob, *value)?;
        }
        brain.note(context, self.update, self.rules_date.as_deref(), &self.changes)
    }
}

impl Plan {
    /// A change of a knob at this moment, without values.
    pub(super) fn blank(&self, context: &Context<'_>, knob: KnobName, source: &str) -> Adjustment {
        Adjustment {
            update: self.update,
            timestamp: context.seen_from().to_string(),
            date: context.session_date().to_string(),
            knob: knob.as_str().into(),
            source: source.into(),
            schema: ADJUSTMENT_SCHEMA,
            ..Adjustment::default()
        }
    }

    /// Sets a common value, where that changes anything.
    pub(super) fn put(
        &mut self,
        context: &Context<'_>,
        knob: &Knob,
        knobs: &PerKnob<InForce>,
        value: f64,
        source: &str,
    ) {
        let now = knobs[knob.name];
        if now.smoothed == value && now.said && !now.outside {
            return;
        }
        self.common.push((*knob, value));
        let mut change = self.blank(context, knob.name, source);
        change.old = Some(now.smoothed);
        change.new = Some(value);
        change.old_effective = Some(now.effective);
        change.new_effective = Some(knob.effective(value));
        self.changes.push(change);
    }
}
