//! The fields of one record on its way in, by what they are. Each is taken once; what is left over is `extra`.
//!
//! One rule for all: a field that is needed, or on which the result rests (prices, quantity, costs, times), is
//! read or the record is refused. Any other that cannot be right is put aside under `extra`, as it came, with a
//! warning, and the record is kept without it.

use std::borrow::Cow;

use serde_json::Value;

use super::json::{JsonObject, WireError, kind, null_non_finite};
use super::likeness::Likeness;
use super::names::{Found, Names};
use super::raw::{Conventions, Raw};
use super::vocabulary::{Field, Meaning, Rank};
use crate::domain::Refusal;

mod amount;
mod beside;
mod numbers;
mod rest;
mod slots;
mod times;
mod written;

pub(super) use amount::Amount;
pub(in crate::wire::input) use amount::SaidCurrency;
pub(in crate::wire) use amount::says_sum;
use beside::{is_amount, money_within, won};
use rest::non_finite;
use slots::{Slot, Slots};
use times::are_halves;
use written::Written;

/// Where no slot is.
const NOWHERE: u8 = u8::MAX;

/// The fields of one record that have not been taken yet.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    conventions: &'a Conventions,
    /// The slot of each field.
    index: [u8; Field::COUNT],
    slots: Slots<'a>,
    /// Further values of fields that add up, or that two columns make.
    more: Vec<Slot<'a>>,
    /// The date of a time that was read from two columns.
    date: Option<String>,
    extra: JsonObject,
    warnings: Vec<String>,
    left_over: Vec<String>,
    clash: Option<Refusal>,
    expects_an_exit: bool,
    /// The currency of the first price that says one.
    price_currency: Option<SaidCurrency>,
    /// Whether the record says of itself that it won.
    said_to_have_won: Option<(&'static str, bool)>,
    /// What it says of having been written by this program.
    written: Written,
}

impl<'a> Fields<'a> {
    /// No fields yet.
    pub fn new(conventions: &'a Conventions) -> Self {
        Self::with_room(conventions, 20)
    }

    /// No fields yet, with room for so many.
    pub fn with_room(conventions: &'a Conventions, room: usize) -> Self {
        Self {
            conventions,
            index: [NOWHERE; Field::COUNT],
            slots: Slots::with_room(room),
            more: Vec::new(),
            date: None,
            extra: JsonObject::new(),
            warnings: Vec::new(),
            left_over: Vec::new(),
            clash: None,
            expects_an_exit: false,
            price_currency: None,
            said_to_have_won: None,
            written: Written::default(),
        }
    }

    /// All fields of an object.
    pub fn of_object(map: JsonObject, names: &Names, conventions: &'a Conventions) -> Self {
        let mut fields = Self::new(conventions);
        let mut maybe = Vec::new();
        for (key, value) in map {
            match names.find(&key) {
                Found::Field(meaning) if value.is_null() => {
                    fields.expects_an_exit |= matches!(meaning.field, Field::ExitPrice | Field::ExitTime);
                }
                Found::Field(meaning) => fields.put(meaning, Cow::Owned(key), Raw::Json(value)),
                Found::Derived => {
                    fields.said_to_have_won = fields.said_to_have_won.or(won(&key, &value));
                    fields.note_derived(&key, value);
                }
                Found::Unknown(likeness) => {
                    fields.left_over.extend(money_within(&key, &value));
                    match likeness.filter(|_| is_amount(&value)) {
                        Some(Likeness::Money) => fields.left_over.push(key.clone()),
                        Some(Likeness::MaybeQuantity) => maybe.push(key.clone()),
                        None => {}
                    }
                    fields.extra.insert(key, value);
                }
                Found::Ignored => {
                    fields.extra.insert(key, value);
                }
            }
        }
        if !fields.has(Field::Qty) {
            fields.left_over.append(&mut maybe);
        }
        fields
    }

    /// Puts a value in its place. Of two for one field the one counts that means it more surely.
    pub fn put(&mut self, meaning: Meaning, key: Cow<'a, str>, raw: Raw<'a>) {
        let slot = Slot { meaning, key, raw: Some(raw) };
        let at = self.index[meaning.field as usize];
        if at == NOWHERE {
            self.index[meaning.field as usize] = self.slots.len() as u8;
            self.slots.push(slot);
            return;
        }
        let there = &mut self.slots[usize::from(at)];
        // A date and a clock, under whatever names, are one time.
        if meaning.field.is_time() && are_halves(there.raw.as_ref(), slot.raw.as_ref()) {
            self.more.push(slot);
            return;
        }
        let aside = match meaning.rank.cmp(&there.meaning.rank) {
            std::cmp::Ordering::Greater => std::mem::replace(there, slot),
            std::cmp::Ordering::Equal
                if meaning.rank > Rank::Loose
                    && meaning.field.adds_up()
                    && !says_sum(&slot.key)
                    && !says_sum(&there.key) =>
            {
                self.more.push(slot);
                return;
            }
            std::cmp::Ordering::Equal if meaning.rank > Rank::Loose && meaning.field.is_time() => {
                self.more.push(slot);
                return;
            }
            std::cmp::Ordering::Equal if meaning.rank > Rank::Loose && meaning.field.is_decisive() => {
                if slot.raw.as_ref().and_then(Raw::text) != there.raw.as_ref().and_then(Raw::text) {
                    self.clash.get_or_insert(Refusal::TwoValues {
                        field: meaning.field.as_str(),
                        one: there.key.clone().into_owned(),
                        other: slot.key.clone().into_owned(),
                    });
                }
                slot
            }
            _ => slot,
        };
        if let Some(raw) = aside.raw {
            self.extra.insert(aside.key.into_owned(), raw.into_json());
        }
    }

    /// Sets a field that is not there, as if the record had it under its own name.
    pub fn set(&mut self, field: Field, value: Value) {
        let name = field.as_str();
        self.put(Meaning { field, rank: Rank::Certain, name }, Cow::Borrowed(name), Raw::Json(value));
    }

    /// Whether something is among what no field is, under this name.
    pub fn is_aside(&self, key: &str) -> bool {
        self.extra.contains_key(key)
    }

    /// What is among what no field is, under this name.
    pub fn aside(&self, key: &str) -> Option<&Value> {
        self.extra.get(key)
    }

    /// Puts something aside under a name of its own.
    pub fn put_aside(&mut self, key: &str, value: Value) {
        self.extra.insert(key.to_owned(), value);
    }

    /// Notes something that the sender should know.
    pub fn warn(&mut self, sentence: String) {
        self.warnings.push(sentence);
    }

    /// Whether a field is there.
    pub fn has(&self, field: Field) -> bool {
        self.peek(field).is_some()
    }

    /// A value that stays where it is.
    pub fn peek(&self, field: Field) -> Option<&Raw<'a>> {
        let at = self.index[field as usize];
        if at == NOWHERE { None } else { self.slots[usize::from(at)].raw.as_ref() }
    }

    /// Whether a field is there under a name that means it alone.
    pub fn is_certain(&self, field: Field) -> bool {
        let at = self.index[field as usize];
        at != NOWHERE && self.has(field) && self.slots[usize::from(at)].meaning.rank > Rank::Loose
    }

    /// Notes that the input has a place for an exit, whether or not this record fills it.
    pub fn expect_an_exit(&mut self) {
        self.expects_an_exit = true;
    }

    /// Whether the input has a place for an exit.
    pub fn names_an_exit(&self) -> bool {
        self.expects_an_exit
    }

    /// A number that stays where it is, where it can be read.
    pub fn peek_number(&self, field: Field) -> Option<f64> {
        self.peek(field)?.number(self.conventions.commas[field as usize]).ok()?.map(|number| number.value)
    }

    /// The currency of the first price that was taken and says one.
    pub(super) fn price_currency(&self) -> Option<SaidCurrency> {
        self.price_currency.clone()
    }

    /// Whether the record says of itself that it won.
    pub(super) fn said_to_have_won(&self) -> Option<(&'static str, bool)> {
        self.said_to_have_won
    }

    /// Whether two names stand for one field and differ.
    ///
    /// # Errors
    /// [`Refusal::TwoValues`].
    pub fn no_clash(&mut self) -> Result<(), Refusal> {
        self.clash.take().map_or(Ok(()), Err)
    }

    /// The conventions of the input.
    pub fn conventions(&self) -> &'a Conventions {
        self.conventions
    }

    fn take(&mut self, field: Field) -> Option<(Meaning, Cow<'a, str>, Raw<'a>)> {
        let at = self.index[field as usize];
        if at == NOWHERE {
            return None;
        }
        let slot = &mut self.slots[usize::from(at)];
        let raw = slot.raw.take()?;
        Some((slot.meaning, std::mem::take(&mut slot.key), raw))
    }

    /// Puts a value that cannot be right where everything else is.
    fn keep_aside(&mut self, (meaning, key, raw): (Meaning, Cow<'a, str>, Raw<'a>), why: &str) {
        self.warnings.push(format!("{} {why}: kept under extra, the record goes without it", meaning.name));
        self.extra.insert(key.into_owned(), raw.into_json());
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// Missing, empty, or not a text.
    pub fn text(&mut self, field: Field) -> Result<String, WireError> {
        match self.take(field) {
            None => Err(Refusal::Missing { field: missing_name(field) }.into()),
            Some((meaning, _, raw)) => match raw.text() {
                Some(text) if !matches!(raw, Raw::Json(Value::Bool(_))) && !raw.is_marked() => {
                    Ok(text.into_owned())
                }
                None if matches!(&raw, Raw::Text(_) | Raw::Json(Value::String(_))) => {
                    Err(Refusal::Missing { field: missing_name(field) }.into())
                }
                _ => {
                    Err(Refusal::WrongKind { field: meaning.name, found: raw.kind(), wanted: "text" }.into())
                }
            },
        }
    }

    /// A text that may be absent.
    pub fn optional_text(&mut self, field: Field) -> Option<String> {
        self.optional_words(field).map(Cow::into_owned)
    }

    /// The same, borrowed from the record where it can be.
    pub fn optional_words(&mut self, field: Field) -> Option<Cow<'a, str>> {
        let taken = self.take(field)?;
        if taken.2.is_marked() {
            self.warnings.push(format!("{} is not a finite number; treated as missing", taken.0.name));
            return None;
        }
        if matches!(&taken.2, Raw::Json(Value::Array(_) | Value::Object(_) | Value::Bool(_))) {
            let why = format!("is {}, not text", taken.2.kind());
            self.keep_aside(taken, &why);
            return None;
        }
        match taken.2 {
            Raw::Text(Cow::Borrowed(text)) => {
                Some(text.trim()).filter(|text| !text.is_empty()).map(Cow::Borrowed)
            }
            raw => raw.text().map(|text| Cow::Owned(text.into_owned())),
        }
    }

    /// A price that may be absent; platforms write 0 for none.
    pub fn optional_price(&mut self, field: Field) -> Option<f64> {
        self.optional_number(field, |price| price >= 0.0, "above 0").filter(|price| *price > 0.0)
    }

    /// True or false, that may be absent; Python's 0 and 1 count too.
    pub fn optional_flag(&mut self, field: Field) -> Option<bool> {
        let taken = self.take(field)?;
        let word = taken.2.text().map(|text| text.to_ascii_lowercase()).unwrap_or_default();
        match word.as_str() {
            "true" | "1" | "1.0" | "yes" | "y" => Some(true),
            "false" | "0" | "0.0" | "no" | "n" => Some(false),
            "" if matches!(&taken.2, Raw::Text(_) | Raw::Json(Value::String(_))) => None,
            _ => {
                let why = format!("is {}, not true or false", taken.2.kind());
                self.keep_aside(taken, &why);
                None
            }
        }
    }

    /// An object that may be absent, its non-finite numbers turned into null.
    pub fn optional_object(&mut self, field: Field) -> Option<JsonObject> {
        let (meaning, key, raw) = self.take(field)?;
        if raw.is_marked() {
            return None;
        }
        let value = match raw {
            // A cell of this program's own export.
            Raw::Text(text) => {
                serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()))
            }
            Raw::Json(value) => value,
        };
        match value {
            Value::Object(map) => {
                let mut value = Value::Object(map);
                let nulled = null_non_finite(&mut value);
                if nulled > 0 {
                    self.warn(format!("{}: {} stored as null", meaning.name, non_finite(nulled)));
                }
                match value {
                    Value::Object(map) => Some(map),
                    _ => None,
                }
            }
            Value::String(text) if text.trim().is_empty() => None,
            other => {
                let why = format!("is {}, not an object", kind(&other));
                self.keep_aside((meaning, key, Raw::Json(other)), &why);
                None
            }
        }
    }
}

fn missing_name(field: Field) -> &'static str {
    field.as_str()
}
