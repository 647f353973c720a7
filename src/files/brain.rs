//! The brain file, which the engine shares: reading what is in force, and replacing it without touching what
//! is not ours.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::Context;
use crate::decide::{Override, SYMBOL_KNOBS};
use crate::domain::{Knob, KnobName, PerKnob};
use crate::store::{Durability, StoreError, encode_plain_member, gunzip, read_state, replace_state};
use crate::wire::{Adjustment, RawObject, parse_object};

/// The largest brain file that is read, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// How long a file that cannot be read is given to become whole: an engine may be writing it in place.
pub(super) const WRITER_TIME: Duration = Duration::from_millis(200);

/// A knob as the brain file says it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct InForce {
    /// The value that moves smoothly.
    pub smoothed: f64,
    /// The value that the engine is given.
    pub effective: f64,
    /// Whether the file says it; else it is the default.
    pub said: bool,
    /// Whether the file says something outside of the range, which is taken as its nearer end.
    pub outside: bool,
}

/// The brain file.
#[derive(Clone, Debug)]
pub(crate) struct Brain {
    /// What it says.
    pub text: RawObject,
    /// The file as it was read; none when there was none.
    pub(super) bytes: Option<Vec<u8>>,
}

pub(super) fn unpacked(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let mut limited = std::io::Read::take(gunzip(bytes), MAX_BYTES + 1);
    std::io::Read::read_to_end(&mut limited, &mut text).map_err(|error| {
        if bytes.starts_with(&[0x1f, 0x8b]) { format!("damaged gzip: {error}") } else { "not gzip".into() }
    })?;
    if text.len() as u64 > MAX_BYTES { Err("larger than any brain file".into()) } else { Ok(text) }
}

/// Under which a symbol has the most that a position in it may be.
const SIZE_CAP: &str = "size_cap_usd";

impl Brain {
    /// Reads it; an empty one when there is none.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is damaged: it is the only copy, so nothing is put in its place.
    pub(crate) fn read(context: &Context<'_>) -> Result<Self, StoreError> {
        let mut waited = Duration::ZERO;
        loop {
            match Self::read_once(context) {
                Err(StoreError::Corrupt { .. }) if waited < WRITER_TIME => {
                    waited += context.disk.pause(Duration::from_millis(20));
                }
                read => return read,
            }
        }
    }

    pub(super) fn read_once(context: &Context<'_>) -> Result<Self, StoreError> {
        let path = context.layout.brain();
        let Some(bytes) = read_state(context.disk, &path)? else {
            return Ok(Self { text: RawObject::default(), bytes: None });
        };
        let damaged = |why: String| StoreError::Corrupt { path: path.clone(), why };
        let text = unpacked(&bytes).map_err(damaged)?;
        let text = RawObject::parse(&text).map_err(|why| damaged(why.to_string()))?;
        let brain = Self { text, bytes: Some(bytes) };
        // What cannot be written to later is no brain file now.
        for key in ["knobs", "knobs_smoothed", "_meta", "symbols"] {
            brain.object(context, key)?;
        }
        Ok(brain)
    }

    /// Whether there is such a file.
    pub(crate) fn is_there(&self) -> bool {
        self.bytes.is_some()
    }

    fn damaged(context: &Context<'_>, why: String) -> StoreError {
        StoreError::Corrupt { path: context.layout.brain(), why }
    }

    fn object(&self, context: &Context<'_>, key: &str) -> Result<RawObject, StoreError> {
        self.text.object(key).map_err(|why| Self::damaged(context, format!("{key}: {why}")))
    }

    /// The knobs in force, and a warning for each that lies outside its range.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a knob is no number.
    pub(crate) fn knobs(&self, context: &Context<'_>) -> Result<(PerKnob<InForce>, Vec<String>), StoreError> {
        let given = self.object(context, "knobs")?;
        let smooth = self.object(context, "knobs_smoothed")?;
        let mut warnings = Vec::new();
        let mut knobs =
            PerKnob::from_fn(|_| InForce { smoothed: 0.0, effective: 0.0, said: false, outside: false });
        for knob in &context.settings.rulebook.knobs {
            let name = knob.name.as_str();
            let number = |object: &RawObject, of: &str| number(context, object, of, name);
            let value = number(&given, "knobs")?;
            let smoothed = number(&smooth, "knobs_smoothed")?;
            let in_force = in_force(knob, value, smoothed);
            if let Some(value) = value.filter(|value| !knob.holds(*value)) {
                warnings.push(format!(
                    "{name} is {value} in the brain file, outside its range {} to {}: taken as {}",
                    knob.low, knob.high, in_force.effective
                ));
            }
            knobs[knob.name] = in_force;
        }
        Ok((knobs, warnings))
    }

    /// A word below `_meta`.
    pub(crate) fn meta(&self, key: &str) -> Option<Json> {
        let meta = self.text.object("_meta").ok()?;
        parse_object(format!("{{\"v\":{}}}", meta.get(key)?).as_bytes()).ok()?.remove("v")
    }

    /// What this program keeps below `_meta.dtlearn`: number of the last update, date of the last one by
    /// rules, and its changes.
    pub(crate) fn own(&self) -> (u64, Option<String>, Vec<Adjustment>) {
        let own = self.meta("dtlearn").unwrap_or(Json::Null);
        let changes = own.get("changes").cloned().unwrap_or(Json::Null);
        (
            own.get("update").and_then(Json::as_u64).unwrap_or(0),
            own.get("rules_date").and_then(Json::as_str).map(str::to_owned),
            serde_json::from_value(changes).unwrap_or_default(),
        )
    }

    /// Symbols with values of their own, in the order of the file.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a value is no number.
    pub(crate) fn symbols(&self, context: &Context<'_>) -> Result<Vec<(String, Vec<Override>)>, StoreError> {
        let symbols = self.object(context, "symbols")?;
        let mut found = Vec::new();
        for symbol in symbols.keys() {
            let below = |part: &RawObject, key: &str| {
                part.object(key).map_err(|why| Self::damaged(context, format!("symbols.{symbol}: {why}")))
            };
            let entry = below(&symbols, symbol)?;
            let (given, smooth) = (below(&entry, "knobs")?, below(&entry, "knobs_smoothed")?);
            let mut own = Vec::new();
            for name in SYMBOL_KNOBS {
                let knob = context.settings.rulebook.knob(name);
                let Some(effective) = number(context, &given, symbol, name.as_str())? else { continue };
                let smoothed = number(context, &smooth, symbol, name.as_str())?.unwrap_or(effective);
                own.push(Override {
                    knob: name,
                    smoothed: knob.tidy(smoothed),
                    effective: knob.tidy(effective),
                });
            }
            if !own.is_empty() {
                found.push((symbol.to_owned(), own));
            }
        }
        Ok(found)
    }

    /// The most that a position in a symbol may be, in the account's currency, of symbols that have such a cap.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a value is no number.
    pub(crate) fn size_caps(&self, context: &Context<'_>) -> Result<BTreeMap<String, f64>, StoreError> {
        let symbols = self.object(context, "symbols")?;
        let mut found = BTreeMap::new();
        for symbol in symbols.keys() {
            let entry = symbols.object(symbol);
            let entry = entry.map_err(|why| Self::damaged(context, format!("symbols.{symbol}: {why}")))?;
            if let Some(cap) = number(context, &entry, symbol, SIZE_CAP)? {
                found.insert(symbol.to_owned(), cap);
            }
        }
        Ok(found)
    }

    /// Changes what the file says of a symbol; of one of which it says nothing any more, it says nothing.
    fn change_symbol(
        &mut self,
        context: &Context<'_>,
        symbol: &str,
        change: impl FnOnce(&mut RawObject) -> Result<(), crate::wire::WireError>,
    ) -> Result<(), StoreError> {
        let mut symbols = self.object(context, "symbols")?;
        let damaged =
            |why: crate::wire::WireError| Self::damaged(context, format!("symbols.{symbol}: {why}"));
        let mut entry = symbols.object(symbol).map_err(damaged)?;
        change(&mut entry).map_err(damaged)?;
        if entry.is_empty() {
            symbols.remove(symbol)
        } else {
            symbols.set_object(symbol, &entry)
        }
        self.text.set_object("symbols", &symbols);
        Ok(())
    }

    /// Puts a symbol's size cap in, or takes it out.
    pub(crate) fn set_size_cap(
        &mut self,
        context: &Context<'_>,
        symbol: &str,
        cap_usd: Option<f64>,
    ) -> Result<(), StoreError> {
        self.change_symbol(context, symbol, |entry| {
            match cap_usd {
                Some(cap) => entry.set(SIZE_CAP, &plain(cap)),
                None => entry.remove(SIZE_CAP),
            }
            Ok(())
        })
    }

    /// Puts a common value in.
    pub(crate) fn set_knob(
        &mut self,
        context: &Context<'_>,
        knob: &Knob,
        smoothed: f64,
    ) -> Result<(), StoreError> {
        for (key, value) in [("knobs", knob.effective(smoothed)), ("knobs_smoothed", smoothed)] {
            let mut object = self.object(context, key)?;
            object.set(knob.name.as_str(), &plain(value));
            self.text.set_object(key, &object);
        }
        Ok(())
    }

    /// Puts a symbol's own value in, or takes it out.
    pub(crate) fn set_override(
        &mut self,
        context: &Context<'_>,
        symbol: &str,
        knob: KnobName,
        value: Option<Override>,
    ) -> Result<(), StoreError> {
        self.change_symbol(context, symbol, |entry| {
            for (key, number) in
                [("knobs", value.map(|v| v.effective)), ("knobs_smoothed", value.map(|v| v.smoothed))]
            {
                let mut object = entry.object(key)?;
                match number {
                    Some(number) => object.set(knob.as_str(), &plain(number)),
                    None => object.remove(knob.as_str()),
                }
                if object.is_empty() { entry.remove(key) } else { entry.set_object(key, &object) }
            }
            Ok(())
        })
    }

    /// Notes an update below `_meta`.
    pub(crate) fn note(
        &mut self,
        context: &Context<'_>,
        update: u64,
        rules_date: Option<&str>,
        changes: &[Adjustment],
    ) -> Result<(), StoreError> {
        let mut meta = self.object(context, "_meta")?;
        meta.set("updated_at", &json!(context.now.to_string()));
        meta.set("dtlearn", &json!({"update": update, "rules_date": rules_date, "changes": changes}));
        self.text.set_object("_meta", &meta);
        Ok(())
    }

    /// As [`Self::write`], where that another program changed it meanwhile is an error.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn replace(&self, context: &Context<'_>) -> Result<(), StoreError> {
        if self.write(context)? {
            return Ok(());
        }
        let source = std::io::Error::other("another program changed it at the same moment");
        Err(StoreError::Write { path: context.layout.brain(), source })
    }

    /// Replaces the file, unless another program changed it since it was read. Call it under the lock.
    ///
    /// # Errors
    /// [`StoreError::Write`]; `Ok(false)` when somebody else changed it, and nothing was written.
    pub(crate) fn write(&self, context: &Context<'_>) -> Result<bool, StoreError> {
        let path = context.layout.brain();
        if read_state(context.disk, &path)? != self.bytes {
            return Ok(false);
        }
        if let Some(dir) = path.parent() {
            let failed = |source| StoreError::Write { path: path.clone(), source };
            context.disk.create_dir_all(dir).map_err(failed)?;
        }
        let bytes = encode_plain_member(format!("{}\n", self.text.text()).as_bytes());
        replace_state(context.disk, &path, &bytes, Durability::Durable)?;
        Ok(true)
    }
}

/// Whole numbers without a point, as people write them.
fn plain(value: f64) -> Json {
    if value.fract() == 0.0 && value.abs() < 1e15 { Json::from(value as i64) } else { Json::from(value) }
}

pub(super) fn number(
    context: &Context<'_>,
    object: &RawObject,
    of: &str,
    name: &str,
) -> Result<Option<f64>, StoreError> {
    match object.get(name) {
        None | Some("null") => Ok(None),
        Some(text) => match text.parse::<f64>() {
            // Rust's own words for numbers that are none are longer than JSON's.
            Ok(value) if value.is_finite() => Ok(Some(value)),
            _ => Err(Brain::damaged(context, format!("{of}: {name} is not a number"))),
        },
    }
}

/// The smoothed value counts as long as it is the one behind the given value; else somebody set the given
/// value by hand, and that counts.
fn in_force(knob: &Knob, given: Option<f64>, smoothed: Option<f64>) -> InForce {
    let of = |value: f64, said| {
        let smoothed = knob.tidy(value);
        let outside = given.is_some_and(|given| !knob.holds(given));
        InForce { smoothed, effective: knob.effective(smoothed), said, outside }
    };
    match (given, smoothed) {
        // An engine that finds no value runs on its default, whatever was smoothed before.
        (None, _) => of(knob.default, false),
        (Some(given), Some(smoothed)) if (knob.effective(smoothed) - given).abs() < 1e-9 => {
            of(smoothed, true)
        }
        (Some(given), _) => of(given, true),
    }
}

/// The values in force for whoever must not fail: of a file that cannot be read, the defaults.
pub(crate) fn knobs_or_defaults(context: &Context<'_>) -> PerKnob<InForce> {
    let read = Brain::read(context).and_then(|brain| brain.knobs(context));
    let of =
        |knob: Knob| InForce { smoothed: knob.default, effective: knob.default, said: false, outside: false };
    read.map_or_else(|_| context.settings.rulebook.knobs.map(of), |(knobs, _)| knobs)
}

/// What to know where the values in force decide something and the brain file does not say them: it cannot be read,
/// or it is gone although this program wrote it.
pub fn brain_warning(context: &Context<'_>) -> Option<String> {
    let path = context.layout.brain();
    match Brain::read(context).and_then(|brain| brain.knobs(context).map(|_| brain.is_there())) {
        Err(error) => Some(format!("{error}: every knob counts as its default")),
        Ok(false) if context.disk.stat(&context.layout.adjustments()).is_ok_and(|stat| stat.is_some()) => {
            Some(format!("{}: is gone, every knob counts as its default", path.display()))
        }
        Ok(_) => None,
    }
}

/// Stop and target in force, as fractions of the price; `None` when no brain file says so.
pub(crate) fn levels(context: &Context<'_>) -> Option<(f64, f64)> {
    let knobs = knobs_or_defaults(context);
    let said = |name: KnobName| Some(knobs[name]).filter(|knob| knob.said).map(|knob| knob.effective);
    Some((said(KnobName::StopLoss)?, said(KnobName::TakeProfit)?))
}

/// The position size in force.
pub(crate) fn position_size(context: &Context<'_>) -> f64 {
    knobs_or_defaults(context)[KnobName::PositionSize].effective
}
