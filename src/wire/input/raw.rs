//! A value as it came, and how the values of an input are written.

use std::borrow::Cow;

use serde_json::Value;

use super::json::{is_non_finite, kind};
use super::numbers::{BadNumber, Commas, ReadNumber, half_unit, read_number};
use super::time_parts::TimeRules;
use super::vocabulary::Field;
use crate::domain::Zone;

/// How the values of an input are written, as its own rows or the user say.
#[derive(Clone, Debug, PartialEq)]
pub struct Conventions {
    /// How times are read.
    pub times: TimeRules,
    /// The account's zone, in which times among features are that name none; other times need one of their own.
    pub account_zone: Option<Zone>,
    /// What a comma is, by field.
    pub commas: [Commas; Field::COUNT],
    /// Whether costs are written below zero, and what is above zero was paid back.
    pub costs_are_negative: bool,
    /// Whether the side is that of the order that closed the position.
    pub side_is_closing: bool,
    /// Whether results are stated before costs.
    pub pnl_is_gross: bool,
    /// Whether a quantity below zero is a short position, and one above zero a long one.
    pub qty_is_signed: bool,
}

impl Default for Conventions {
    fn default() -> Self {
        Self {
            times: TimeRules::default(),
            account_zone: None,
            commas: [Commas::Unknown; Field::COUNT],
            costs_are_negative: false,
            side_is_closing: false,
            pnl_is_gross: false,
            qty_is_signed: false,
        }
    }
}

impl Conventions {
    /// Those of an input whose times are read so.
    pub fn with_times(times: TimeRules) -> Self {
        Self { times, ..Self::default() }
    }
}

/// A value as it came.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw<'a> {
    /// A cell.
    Text(Cow<'a, str>),
    /// A value of a JSON object.
    Json(Value),
}

impl Raw<'_> {
    /// The text of the value, where it is one that is not empty.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text.trim())).filter(|text| !text.is_empty()),
            Self::Json(Value::String(text)) => {
                Some(Cow::Borrowed(text.trim())).filter(|text| !text.is_empty())
            }
            Self::Json(Value::Number(number)) => Some(Cow::Owned(number.to_string())),
            Self::Json(Value::Bool(flag)) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
            Self::Json(_) => None,
        }
    }

    pub(super) fn into_json(self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.into_owned()),
            Self::Json(value) => value,
        }
    }

    /// Whether it is a number that JSON has no word for.
    pub(super) fn is_marked(&self) -> bool {
        matches!(self, Self::Json(value) if is_non_finite(value))
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Json(value) => kind(value),
        }
    }

    /// The number that it stands for; `None` where there is nothing.
    pub fn number(&self, commas: Commas) -> Result<Option<ReadNumber<'_>>, BadNumber> {
        let plain = |value: f64, text: &str| {
            let decimals = text.split(['e', 'E']).next().and_then(|text| text.split_once('.'));
            let decimals = decimals.map_or(0, |(_, behind)| if behind == "0" { 0 } else { behind.len() });
            ReadNumber { value, half_unit: half_unit(decimals), currency: None, percent: false }
        };
        match self {
            Self::Text(text) => read_number(text, commas),
            Self::Json(value) if is_non_finite(value) => Err(BadNumber::NotFinite),
            Self::Json(Value::String(text)) => read_number(text, commas),
            Self::Json(Value::Number(number)) => match number.as_f64() {
                Some(value) => Ok(Some(plain(value, &number.to_string()))),
                None => Err(BadNumber::Form),
            },
            Self::Json(_) => Err(BadNumber::Form),
        }
    }
}
