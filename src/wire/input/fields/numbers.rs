//! Numbers among the fields of a record: those that its result rests on, and those that it can do without.

use serde_json::Value;

use super::{Amount, Fields, Slot, missing_name};
use crate::domain::{Refusal, timeframe};
use crate::wire::input::json::WireError;
use crate::wire::input::numbers::BadNumber;
use crate::wire::input::raw::Raw;
use crate::wire::input::vocabulary::{Field, currency_behind};

impl<'a> Fields<'a> {
    /// A number that may be absent, but not wrong, because the result rests on it. With the text and the currency
    /// beside it.
    ///
    /// # Errors
    /// Not finite, or not a number.
    pub fn amount(&mut self, field: Field) -> Result<Option<Amount>, WireError> {
        let Some((meaning, key, raw)) = self.take(field) else { return Ok(None) };
        let commas = self.conventions.commas[field as usize];
        let number = match raw.number(commas) {
            Ok(None) => return Ok(None),
            Ok(Some(number)) if number.percent => Err(BadNumber::Form),
            Ok(Some(number)) => Ok(Amount {
                value: number.value,
                half_unit: number.half_unit,
                currency: number.currency.map(str::to_owned),
                heading: currency_behind(&key),
                name: meaning.name,
            }),
            Err(why) => Err(why),
        };
        if let Ok(amount) = &number
            && field.is_price()
            && self.price_currency.is_none()
        {
            self.price_currency = amount.said_currency();
        }
        number.map(Some).map_err(|why| {
            match (&raw, &why) {
                (_, BadNumber::NotFinite) => Refusal::NotFinite { field: meaning.name },
                (Raw::Text(_) | Raw::Json(Value::String(_)), _) => {
                    let text = raw.text().unwrap_or_default().into_owned();
                    Refusal::BadNumber { field: meaning.name, text, why: why.why().to_owned() }
                }
                _ => Refusal::WrongKind { field: meaning.name, found: raw.kind(), wanted: "a number" },
            }
            .into()
        })
    }

    /// The values of a field whose names add up.
    ///
    /// # Errors
    /// As [`Fields::amount`].
    pub fn amounts(&mut self, field: Field) -> Result<Vec<Amount>, WireError> {
        let mut found: Vec<Amount> = self.amount(field)?.into_iter().collect();
        let more: Vec<Slot<'a>> = self.more.extract_if(.., |slot| slot.meaning.field == field).collect();
        for slot in more {
            let at = self.index[field as usize];
            self.slots[usize::from(at)] = slot;
            found.extend(self.amount(field)?);
        }
        Ok(found)
    }

    /// What the names of a field that adds up come to together, as far as they can be read; they stay where they are.
    pub fn peek_sum(&self, field: Field) -> Option<f64> {
        let commas = self.conventions.commas[field as usize];
        let more = self.more.iter().filter(|slot| slot.meaning.field == field);
        let all = self.peek(field).into_iter().chain(more.filter_map(|slot| slot.raw.as_ref()));
        all.filter_map(|raw| Some(raw.number(commas).ok()??.value)).reduce(|sum, more| sum + more)
    }

    /// A number that must be there and finite.
    ///
    /// # Errors
    /// Missing, not finite, or not a number.
    pub fn number(&mut self, field: Field) -> Result<Amount, WireError> {
        self.amount(field)?.ok_or_else(|| Refusal::Missing { field: missing_name(field) }.into())
    }

    /// A number that may be absent; one that cannot be right is put aside.
    pub fn optional_number(&mut self, field: Field, fits: fn(f64) -> bool, range: &str) -> Option<f64> {
        let taken = self.take(field)?;
        let commas = self.conventions.commas[field as usize];
        let read = taken.2.number(commas).map(|number| number.map(|n| (n.value, n.percent)));
        match read {
            Ok(None) => None,
            Ok(Some((value, false))) if fits(value) => Some(value),
            Ok(Some((value, true))) if fits(value / 100.0) => Some(value / 100.0),
            Ok(Some((value, _))) => {
                self.keep_aside(taken, &format!("is {value}, it must be {range}"));
                None
            }
            Err(BadNumber::NotFinite) => {
                self.warnings.push(format!("{} is not a finite number; treated as missing", taken.0.name));
                None
            }
            Err(why) => {
                let text =
                    taken.2.text().map_or_else(|| taken.2.kind().to_owned(), |text| format!("{text:?}"));
                self.keep_aside(taken, &format!("{text} {}", why.why()));
                None
            }
        }
    }

    /// The length of the bars, in its one spelling, or absent.
    pub fn optional_timeframe(&mut self) -> Option<String> {
        self.optional_text(Field::Timeframe).map(|text| timeframe(&text))
    }

    /// The volatility index, which is above 0, or absent.
    pub fn optional_vix(&mut self) -> Option<f64> {
        self.optional_number(Field::Vix, |vix| vix > 0.0, "above 0")
    }

    /// A probability that may be absent.
    pub fn optional_probability(&mut self, field: Field) -> Option<f64> {
        self.optional_number(field, |p| (0.0..=1.0).contains(&p), "a probability from 0 to 1")
    }
}
