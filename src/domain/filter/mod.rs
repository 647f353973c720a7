//! A filter that a user writes, such as `symbol in (AAPL, MSFT) and confidence >= .7`: the one language for every
//! command that takes a condition on records.
//!
//! What the fields are is said by a [`FieldTable`], so that the same language serves trades and training rows. Answers
//! are three-valued as in SQL: what a record does not say is neither true nor false, and neither is its negation, so
//! that a condition and its `not` never share a record and never claim one of which nothing is known.

mod canonical;
mod error;
mod parse;
mod tokens;

pub use error::FilterError;

use super::{Date, Timestamp};

/// What a field's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A number; `1%` is 0.01.
    Number,
    /// A text, compared without regard to case.
    Text,
    /// Any number of texts: equal to each of them.
    Texts,
    /// True or false.
    Flag,
    /// A moment.
    Time,
    /// A day.
    Date,
}

impl FieldKind {
    /// The kind in a sentence.
    const fn noun(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Texts => "a list of texts",
            Self::Flag => "true or false",
            Self::Time => "a moment, such as 2026-03-02T15:30:00Z",
            Self::Date => "a date, such as 2026-03-02",
        }
    }
}

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Texts.
    Texts(Vec<String>),
    /// True or false.
    Flag(bool),
    /// A moment.
    Time(Timestamp),
    /// A day.
    Date(Date),
}

/// The fields that a filter may name.
pub trait FieldTable {
    /// How a field is kept in the filter.
    type Field: Clone;

    /// The field of a name and what it holds.
    fn find(&self, name: &str) -> Option<(Self::Field, FieldKind)>;

    /// The names that may be meant by one that is none.
    fn names(&self) -> Vec<&str>;

    /// What is to say of a name that is none on purpose.
    fn why_not(&self, _name: &str) -> Option<String> {
        None
    }

    /// A word as records write it, where they know only some.
    ///
    /// # Errors
    /// A sentence that says which words there are.
    fn word(&self, _field: &Self::Field, word: &str) -> Result<String, String> {
        Ok(word.to_owned())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand<F> {
    Value(FieldValue),
    Field(F),
}

#[derive(Clone, Debug, PartialEq)]
enum Node<F> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Compare(F, Comparison, Operand<F>),
    In(F, Vec<FieldValue>),
    Between(F, FieldValue, FieldValue),
    Missing(F),
    Flag(F),
}

/// A filter that was read and whose fields and values fit each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter<F> {
    text: String,
    root: Node<F>,
}

/// An expression without what its writer may choose: blanks, quotes that are not needed, signs that stand for others. Two
/// expressions that come out the same ask the same.
pub fn plain_expression(text: &str) -> String {
    let Ok(tokens) = tokens::tokens(text) else { return text.trim().to_owned() };
    let plain = |placed: tokens::Placed| match placed.token {
        tokens::Token::Word(word) => word,
        tokens::Token::Quoted(inside) if tokens::is_word(&inside) => inside,
        tokens::Token::Quoted(inside) => format!("{inside:?}"),
        tokens::Token::Sign(sign) => sign.to_owned(),
    };
    tokens.into_iter().map(plain).collect::<Vec<_>>().join(" ")
}

impl<F: Clone> Filter<F> {
    /// Reads an expression. `and` binds closer than `or`, `not` closer than both.
    ///
    /// # Errors
    /// [`FilterError`] with the place of the first thing that is wrong.
    pub fn parse(text: &str, table: &dyn FieldTable<Field = F>) -> Result<Self, FilterError> {
        Ok(Self { text: text.trim().to_owned(), root: parse::parse(text, table)? })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// One form for all expressions that ask the same of these fields: without brackets that change nothing, in one order, a
    /// list of one word as that word.
    pub fn canonical(&self) -> String
    where
        F: std::fmt::Debug,
    {
        canonical::form(&self.root, false)
    }

    /// Whether it holds of a record, whose values `get` gives; `None` where the record does not say enough.
    pub fn holds(&self, get: &impl Fn(&F) -> Option<FieldValue>) -> Option<bool> {
        holds(&self.root, get)
    }

    /// The fields that it names, each once.
    pub fn fields(&self) -> Vec<&F>
    where
        F: PartialEq,
    {
        let mut found = Vec::new();
        name_fields(&self.root, &mut found);
        found
    }
}

fn name_fields<'f, F: PartialEq>(node: &'f Node<F>, found: &mut Vec<&'f F>) {
    let mut add = |field: &'f F| {
        if !found.contains(&field) {
            found.push(field);
        }
    };
    match node {
        Node::All(parts) | Node::Any(parts) => parts.iter().for_each(|part| name_fields(part, found)),
        Node::Not(inner) => name_fields(inner, found),
        Node::Compare(field, _, operand) => {
            add(field);
            if let Operand::Field(other) = operand {
                add(other);
            }
        }
        Node::In(field, _) | Node::Between(field, ..) | Node::Missing(field) | Node::Flag(field) => {
            add(field)
        }
    }
}

fn holds<F>(node: &Node<F>, get: &impl Fn(&F) -> Option<FieldValue>) -> Option<bool> {
    match node {
        Node::All(parts) => decide(parts, get, false),
        Node::Any(parts) => decide(parts, get, true),
        Node::Not(inner) => holds(inner, get).map(|found| !found),
        Node::Compare(field, how, operand) => {
            let left = get(field)?;
            match operand {
                Operand::Value(right) => compare(&left, *how, right),
                Operand::Field(other) => compare(&left, *how, &get(other)?),
            }
        }
        Node::In(field, values) => {
            let left = get(field)?;
            Some(values.iter().any(|value| compare(&left, Comparison::Equal, value) == Some(true)))
        }
        Node::Between(field, low, high) => {
            let left = get(field)?;
            Some(compare(&left, Comparison::AtLeast, low)? && compare(&left, Comparison::AtMost, high)?)
        }
        Node::Missing(field) => Some(get(field).is_none()),
        Node::Flag(field) => match get(field)? {
            FieldValue::Flag(flag) => Some(flag),
            _ => None,
        },
    }
}

/// One part that is `decisive` decides; without one, a part that says nothing leaves the whole open.
fn decide<F>(parts: &[Node<F>], get: &impl Fn(&F) -> Option<FieldValue>, decisive: bool) -> Option<bool> {
    let mut open = false;
    for part in parts {
        match holds(part, get) {
            Some(found) if found == decisive => return Some(decisive),
            Some(_) => {}
            None => open = true,
        }
    }
    (!open).then_some(!decisive)
}

fn compare(left: &FieldValue, how: Comparison, right: &FieldValue) -> Option<bool> {
    use std::cmp::Ordering;
    let order = match (left, right) {
        (FieldValue::Number(a), FieldValue::Number(b)) => a.partial_cmp(b)?,
        (FieldValue::Time(a), FieldValue::Time(b)) => a.cmp(b),
        (FieldValue::Date(a), FieldValue::Date(b)) => a.cmp(b),
        (FieldValue::Flag(a), FieldValue::Flag(b)) => a.cmp(b),
        (FieldValue::Texts(all), FieldValue::Text(one)) => {
            let has = all.iter().any(|text| text.eq_ignore_ascii_case(one));
            return match how {
                Comparison::Equal => Some(has),
                Comparison::NotEqual => Some(!has),
                _ => None,
            };
        }
        (FieldValue::Text(a), FieldValue::Text(b)) if a.eq_ignore_ascii_case(b) => Ordering::Equal,
        (FieldValue::Text(a), FieldValue::Text(b)) => a.cmp(b),
        _ => return None,
    };
    Some(match how {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::AtMost => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::AtLeast => order.is_ge(),
    })
}

#[cfg(test)]
mod tests;
