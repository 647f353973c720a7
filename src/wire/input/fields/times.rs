//! Moments among the fields of a record: one column or two, a date that entry and exit share.

use std::borrow::Cow;

use serde_json::Value;

use super::{Fields, Slot, missing_name};
use crate::domain::Refusal;
use crate::wire::input::json::WireError;
use crate::wire::input::raw::Raw;
use crate::wire::input::times::{Half, ReadTime, epoch, half_of_a_time, read_time};
use crate::wire::input::vocabulary::{Field, folded};

impl<'a> Fields<'a> {
    /// A time that must be there.
    ///
    /// # Errors
    /// Missing, or not a time.
    pub fn time(&mut self, field: Field) -> Result<ReadTime, WireError> {
        self.optional_time(field)?.ok_or_else(|| Refusal::Missing { field: missing_name(field) }.into())
    }

    /// The date that a clock without one belongs to, where a column of dates stands for entry and exit both.
    fn shared_date(&self, raw: &Raw<'_>) -> Option<Raw<'a>> {
        if raw.text().and_then(|text| half_of_a_time(&text)) != Some(Half::Clock) {
            return None;
        }
        let date_in = |slot: &Slot<'a>| {
            let text = slot.raw.as_ref().filter(|_| slot.meaning.field.is_time())?.text()?;
            (half_of_a_time(&text) == Some(Half::Date)).then(|| text.into_owned())
        };
        let beside = |(key, value): (&String, &Value)| {
            let text = value.as_str().filter(|_| DATES.contains(&folded(key).as_str()))?;
            (half_of_a_time(text) == Some(Half::Date)).then(|| text.to_owned())
        };
        let found = self.date.clone();
        let found = found.or_else(|| self.slots.iter().chain(&self.more).find_map(date_in));
        let found = found.or_else(|| self.extra.iter().find_map(beside));
        found.map(|date| Raw::Text(Cow::Owned(date)))
    }

    /// A time that may be absent, but not wrong.
    ///
    /// # Errors
    /// [`Refusal::BadTime`] or [`Refusal::WrongKind`].
    pub fn optional_time(&mut self, field: Field) -> Result<Option<ReadTime>, WireError> {
        let second =
            self.more.iter().position(|slot| slot.meaning.field == field).map(|at| self.more.remove(at));
        let Some((meaning, _, raw)) = self.take(field) else { return Ok(None) };
        let rules = &self.conventions.times;
        let read = |raw: &Raw<'_>| -> Result<Option<ReadTime>, WireError> {
            match raw {
                Raw::Text(_) | Raw::Json(Value::String(_) | Value::Number(_)) if !raw.is_marked() => {
                    let Some(text) = raw.text() else { return Ok(None) };
                    let of_number =
                        if matches!(raw, Raw::Json(Value::Number(_))) { epoch(&text) } else { None };
                    let at = match of_number {
                        Some(Some(at)) => Ok(ReadTime { at, repeated: None, is_exact: true }),
                        _ => read_time(&text, rules),
                    };
                    at.map(Some).map_err(|why| {
                        Refusal::BadTime { field: meaning.name, text: text.into_owned(), why }.into()
                    })
                }
                other => {
                    let wanted = "a string such as 2026-03-02T21:05:00Z";
                    Err(Refusal::WrongKind { field: meaning.name, found: other.kind(), wanted }.into())
                }
            }
        };
        let other = match second.and_then(|slot| slot.raw) {
            Some(other) => other,
            // A clock alone cannot be read by itself: its date may stand elsewhere.
            None => match read(&raw) {
                Err(why) => self.shared_date(&raw).ok_or(why)?,
                read => return read,
            },
        };
        if let (Some(first), Some(second)) = (raw.text(), other.text()) {
            match (half_of_a_time(&first), half_of_a_time(&second)) {
                (Some(Half::Date), Some(Half::Clock)) => {
                    self.date = Some(first.clone().into_owned());
                    return read(&Raw::Text(Cow::Owned(format!("{first} {second}"))));
                }
                (Some(Half::Clock), Some(Half::Date)) => {
                    self.date = Some(second.clone().into_owned());
                    return read(&Raw::Text(Cow::Owned(format!("{second} {first}"))));
                }
                _ => {}
            }
        }
        // Two whole times for one moment: the one that names it by itself counts.
        match (read(&raw), read(&other)) {
            (Ok(Some(first)), Ok(Some(second))) => {
                Ok(Some(if second.is_exact && !first.is_exact { second } else { first }))
            }
            (Ok(first), Ok(second)) => Ok(first.or(second)),
            (Ok(Some(one)), Err(_)) | (Err(_), Ok(Some(one))) => Ok(Some(one)),
            (first, _) => first,
        }
    }
}

/// Columns of dates beside which entry and exit are clocks, as [`folded`] spells them.
const DATES: [&str; 5] = ["date", "tradedate", "tradingdate", "sessiondate", "day"];

/// Whether one is a date without a clock and the other a clock without a date.
pub(super) fn are_halves(one: Option<&Raw<'_>>, other: Option<&Raw<'_>>) -> bool {
    let half = |raw: Option<&Raw<'_>>| raw?.text().and_then(|text| half_of_a_time(&text));
    matches!(
        (half(one), half(other)),
        (Some(Half::Date), Some(Half::Clock)) | (Some(Half::Clock), Some(Half::Date))
    )
}
