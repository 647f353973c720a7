//! What of a damaged brain file can be kept.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Context;
use super::brain::{Brain, WRITER_TIME, number, unpacked};
use crate::decide::SYMBOL_KNOBS;
use crate::domain::KnobName;
use crate::store::{StoreError, read_state};
use crate::wire::RawObject;

/// What was taken out because it cannot be read.
#[derive(Debug, Default)]
pub(crate) struct Damaged {
    /// Knobs without a common value that can be read.
    pub knobs: BTreeSet<KnobName>,
    /// Symbols without values of their own that can be read.
    pub symbols: BTreeSet<String>,
    /// Whether nothing is left that says which symbols there were.
    pub all_symbols: bool,
}

impl Brain {
    /// Whether the file is gone for as long as one that cannot be read is given to become whole: an engine may take it away
    /// before it puts another in its place.
    ///
    /// # Errors
    /// [`StoreError`] when that cannot be seen.
    pub(crate) fn stays_away(context: &Context<'_>) -> Result<bool, StoreError> {
        let mut waited = Duration::ZERO;
        while read_state(context.disk, &context.layout.brain())?.is_none() {
            if waited >= WRITER_TIME {
                return Ok(true);
            }
            waited += context.disk.pause(Duration::from_millis(20));
        }
        Ok(false)
    }

    /// What can be read of a damaged file, and whether its text can: else it says nothing yet, and takes its place.
    pub(crate) fn salvaged(bytes: Option<Vec<u8>>) -> (Self, bool) {
        let text = bytes.as_deref().and_then(|bytes| RawObject::parse(&unpacked(bytes).ok()?).ok());
        let is_readable = text.is_some();
        (Self { text: text.unwrap_or_default(), bytes }, is_readable)
    }

    /// Takes out what cannot be read, and says what that was.
    pub(crate) fn take_out_damage(&mut self, context: &Context<'_>) -> Damaged {
        let mut damaged = Damaged::default();
        if self.text.object("_meta").is_err() {
            self.text.remove("_meta");
        }
        // Where only the smoothed value is damaged, the given one counts, as where somebody set it by hand.
        self.text = without_damage(context, &self.text, KnobName::ALL, &mut damaged.knobs);
        let Ok(mut symbols) = self.text.object("symbols") else {
            self.text.remove("symbols");
            damaged.all_symbols = true;
            return damaged;
        };
        let names: Vec<String> = symbols.keys().map(str::to_owned).collect();
        for symbol in names {
            let Ok(entry) = symbols.object(&symbol) else {
                symbols.remove(&symbol);
                damaged.symbols.insert(symbol);
                continue;
            };
            let mut lost = BTreeSet::new();
            let sound = without_damage(context, &entry, SYMBOL_KNOBS, &mut lost);
            if sound != entry {
                symbols.set_object(&symbol, &sound);
            }
            if !lost.is_empty() {
                damaged.symbols.insert(symbol);
            }
        }
        if self.text.get("symbols").is_some() {
            self.text.set_object("symbols", &symbols);
        }
        damaged
    }
}

/// An object without the values of knobs that are no numbers; knobs that lose the value that counts are named.
fn without_damage(
    context: &Context<'_>,
    object: &RawObject,
    names: impl IntoIterator<Item = KnobName>,
    lost: &mut BTreeSet<KnobName>,
) -> RawObject {
    let mut sound = object.clone();
    let names: Vec<KnobName> = names.into_iter().collect();
    for key in ["knobs", "knobs_smoothed"] {
        let is_given = key == "knobs";
        let Ok(mut values) = object.object(key) else {
            sound.remove(key);
            lost.extend(names.iter().filter(|_| is_given));
            continue;
        };
        let bad = |name: &&KnobName| number(context, &values, key, name.as_str()).is_err();
        let bad: Vec<KnobName> = names.iter().filter(bad).copied().collect();
        for name in &bad {
            values.remove(name.as_str());
        }
        lost.extend(bad.iter().filter(|_| is_given));
        if !bad.is_empty() {
            sound.set_object(key, &values);
        }
    }
    sound
}
