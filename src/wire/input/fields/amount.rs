//! A number on which the result rests, with the currency that it is said in.

use crate::domain::{is_alike_currency, is_same_currency};

/// A currency, and how it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::wire::input) enum SaidCurrency {
    /// Beside the number, or by a name of its own.
    Stated(String),
    /// By a heading, or by the name of a pair.
    Implied(&'static str),
}

impl SaidCurrency {
    pub(in crate::wire::input) fn code(&self) -> &str {
        match self {
            Self::Stated(code) => code,
            Self::Implied(code) => code,
        }
    }

    /// Whether it is another currency's name; a dollar's coin is a dollar where it is only implied.
    pub(in crate::wire::input) fn is(&self, other: &str) -> bool {
        match self {
            Self::Stated(code) => is_same_currency(code, other),
            Self::Implied(code) => is_alike_currency(code, other),
        }
    }
}

impl Amount {
    /// The currency that stands beside it, else the one that its heading says.
    pub(in crate::wire::input) fn said_currency(&self) -> Option<SaidCurrency> {
        let stated = self.currency.clone().map(SaidCurrency::Stated);
        stated.or(self.heading.map(SaidCurrency::Implied))
    }
}

/// A number on which the result rests.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    /// Its value.
    pub value: f64,
    /// Half a unit of its last digit.
    pub half_unit: f64,
    /// The currency that stands beside it.
    pub currency: Option<String>,
    /// The one that its heading says.
    pub heading: Option<&'static str>,
    /// The name under which it came.
    pub name: &'static str,
}

/// Whether a name is that of a sum, of which another name may be a part.
pub(in crate::wire) fn says_sum(name: &str) -> bool {
    name.to_lowercase().contains("total")
}
