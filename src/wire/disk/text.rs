//! Text and numbers of stored lines, borrowed where they can be.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};

/// A text that borrows from its line unless it holds escapes. (serde's own `Option<Cow<str>>` never
/// borrows.)
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    pub(super) fn into_owned(self) -> Text<'static> {
        Text(Cow::Owned(self.0.into_owned()))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyText;
        impl<'de> Visitor<'de> for AnyText {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }
        }
        deserializer.deserialize_any(AnyText)
    }
}

/// A finite number, also where it travels as text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number(pub f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyNumber;
        impl Visitor<'_> for AnyNumber {
            type Value = Number;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
                Ok(Number(number))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
                Ok(Number(number as f64))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
                Ok(Number(number as f64))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                let number = text.trim().parse::<f64>().ok().filter(|n| n.is_finite());
                number.map(Number).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_any(AnyNumber)
    }
}

/// A value of which nothing hangs: one of another kind is none, and no reason to pass over the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lenient<T>(pub Option<T>);

impl<T> Default for Lenient<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// A value of some kind.
enum Kind<'a> {
    Flag(bool),
    Number(f64),
    Text(Cow<'a, str>),
    Other,
}

impl<'line: 'a, 'a> From<Kind<'line>> for Lenient<Text<'a>> {
    fn from(kind: Kind<'line>) -> Self {
        Self(if let Kind::Text(text) = kind { Some(Text(text)) } else { None })
    }
}

impl From<Kind<'_>> for Lenient<Number> {
    fn from(kind: Kind<'_>) -> Self {
        let number = match kind {
            Kind::Number(number) => Some(number),
            Kind::Text(text) => text.trim().parse().ok(),
            Kind::Flag(_) | Kind::Other => None,
        };
        Self(number.filter(|number| number.is_finite()).map(Number))
    }
}

impl From<Kind<'_>> for Lenient<bool> {
    fn from(kind: Kind<'_>) -> Self {
        Self(if let Kind::Flag(flag) = kind { Some(flag) } else { None })
    }
}

impl<'de, T> Deserialize<'de> for Lenient<T>
where
    Self: From<Kind<'de>>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyKind).map(Self::from)
    }
}

struct AnyKind;

impl<'de> Visitor<'de> for AnyKind {
    type Value = Kind<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Kind<'de>, E> {
        Ok(Kind::Flag(flag))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Kind<'de>, E> {
        Ok(Kind::Number(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Kind<'de>, E> {
        Ok(Kind::Number(number as f64))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Kind<'de>, E> {
        Ok(Kind::Number(number as f64))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Kind<'de>, E> {
        Ok(Kind::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Kind<'de>, E> {
        Ok(Kind::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Kind<'de>, E> {
        Ok(Kind::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kind<'de>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Kind::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Kind::Other)
    }
}
