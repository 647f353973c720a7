//! The arm of an experiment, taken from a signal to the trade or the missed signal that names it.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;

use crate::domain::Window;
use crate::files::Context;
use crate::files::experiments::running;
use crate::files::trade_signals::signals_of;
use crate::store::Log;
use crate::wire::{Field, Fields, JsonObject, parse_object};

/// What is taken over.
const OF_AN_ARM: [Field; 3] = [Field::Experiment, Field::Variant, Field::VariantShare];

/// Days before today from which signals are looked at, beyond those by which a trade may be younger than its signal.
const DAYS: Window = Window::Days(1);

/// What the signal of a record says of its arm, in the order of [`OF_AN_ARM`].
type ArmWords = [Option<Json>; 3];

/// The arms of the signals that records of one input name.
#[derive(Default)]
pub(super) struct SignalArms(HashMap<String, Option<ArmWords>>);

impl SignalArms {
    /// Reads them for the records that name a signal and no arm, while an experiment runs; with why it could not, as a
    /// record is worth keeping without.
    pub(super) fn of<'a>(
        context: &Context<'_>,
        log: Log,
        records: impl Iterator<Item = Fields<'a>>,
    ) -> (Self, Option<String>) {
        if !matches!(log, Log::Outcomes | Log::Missed) {
            return Self::default().untroubled();
        }
        // What cannot be read of experiments is said where they are asked for.
        if running(context).map_or(true, |running| running.is_empty()) {
            return Self::default().untroubled();
        }
        let wanted: HashSet<Box<str>> = records.filter_map(|fields| signal_without_arm(&fields)).collect();
        if wanted.is_empty() {
            return Self::default().untroubled();
        }
        match signals_of(context, DAYS, Some(&wanted), arm_of) {
            Ok(arms) => Self(arms).untroubled(),
            Err(error) => {
                (Self::default(), Some(format!("the arm of its signal was not taken over: {error}")))
            }
        }
    }

    fn untroubled(self) -> (Self, Option<String>) {
        (self, None)
    }

    /// Gives a record that names no arm that of its signal.
    pub(super) fn give(&self, fields: &mut Fields<'_>) {
        if self.0.is_empty() {
            return;
        }
        let arm = signal_without_arm(fields).and_then(|id| self.0.get(&*id)?.as_ref());
        for (field, word) in OF_AN_ARM.into_iter().zip(arm.into_iter().flatten()) {
            if let Some(word) = word {
                fields.set(field, word.clone());
            }
        }
    }
}

/// The signal of a record that names no arm.
fn signal_without_arm(fields: &Fields<'_>) -> Option<Box<str>> {
    let names_an_arm =
        fields.has(Field::Experiment) || fields.has(Field::Variant) || fields.is_aside("variants");
    let id = fields.peek(Field::SignalId)?.text()?;
    (!names_an_arm).then(|| id.into())
}

/// What a signal says of its arm; none where it does not name both experiment and arm.
fn arm_of(signal: &JsonObject) -> Option<ArmWords> {
    let said = OF_AN_ARM.map(|field| signal.get(field.as_str()).filter(|value| !value.is_null()).cloned());
    let names_both = said[..2].iter().all(|word| word.as_ref().is_some_and(Json::is_string));
    names_both.then_some(said)
}

/// A line as it stands in the log, taken apart: what it says of its arm, and the rest without when it was written and which
/// exit of its position it is.
pub(super) fn beside_its_arm(line: &[u8]) -> Option<(ArmWords, JsonObject)> {
    let mut rest = parse_object(line).ok()?;
    let arm = OF_AN_ARM.map(|field| rest.remove(field.as_str()).filter(|value| !value.is_null()));
    for key in ["leg", "schema", "_ts"] {
        rest.remove(key);
    }
    Some((arm, rest))
}

/// Whether two records can be of one arm: they name the same one, or one of them names none. A record gets the arm of its
/// signal only while the experiment runs and the signal is there.
pub(super) fn may_be_one_arm(one: &ArmWords, other: &ArmWords) -> bool {
    let is_silent = |arm: &ArmWords| arm.iter().all(Option::is_none);
    is_silent(one) || is_silent(other) || one == other
}
