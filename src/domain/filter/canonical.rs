//! One form for all expressions that ask the same.

use std::fmt::Debug;

use super::{Comparison, FieldValue, Node, Operand};

impl Comparison {
    /// What holds where this does not.
    const fn negated(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::AtLeast,
            Self::AtLeast => Self::Less,
            Self::AtMost => Self::Greater,
            Self::Greater => Self::AtMost,
        }
    }

    /// The same with both sides exchanged.
    const fn turned(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::Greater => Self::Less,
            Self::AtMost => Self::AtLeast,
            Self::AtLeast => Self::AtMost,
            same => same,
        }
    }
}

fn value_text(value: &FieldValue) -> String {
    match value {
        // Texts are compared without regard to case.
        FieldValue::Text(text) => format!("{:?}", text.to_ascii_lowercase()),
        FieldValue::Number(number) => format!("{}", number + 0.0),
        other => format!("{other:?}"),
    }
}

fn comparison<F: Debug>(field: &F, how: Comparison, value: &str, is_not: bool) -> String {
    let how = if is_not { how.negated() } else { how };
    format!("{field:?} {how:?} {value}")
}

/// Parts that must all hold, or of which one must: in one order, each once, without a pair of brackets around one.
fn joined(parts: impl Iterator<Item = String>, all: bool) -> String {
    let mut parts: Vec<String> = parts.collect();
    parts.sort_unstable();
    parts.dedup();
    match parts.as_slice() {
        [one] => one.clone(),
        _ => format!("{}({})", if all { "all" } else { "any" }, parts.join(", ")),
    }
}

/// The parts of parts of the same kind, where `all` and `is_not` together say which kind it is.
fn flat<F: Debug>(node: &Node<F>, all: bool, is_not: bool) -> Vec<String> {
    match node {
        Node::All(parts) if all != is_not => parts.iter().flat_map(|part| flat(part, all, is_not)).collect(),
        Node::Any(parts) if all == is_not => parts.iter().flat_map(|part| flat(part, all, is_not)).collect(),
        Node::Not(inner) => flat(inner, all, !is_not),
        _ => vec![form(node, is_not)],
    }
}

/// The form of an expression, or of its negation: what a record does not say is open in both, so that `not` goes down to the
/// comparisons (De Morgan's laws hold of three values).
pub(super) fn form<F: Debug>(node: &Node<F>, is_not: bool) -> String {
    match node {
        Node::All(_) => joined(flat(node, !is_not, is_not).into_iter(), !is_not),
        Node::Any(_) => joined(flat(node, is_not, is_not).into_iter(), is_not),
        Node::Not(inner) => form(inner, !is_not),
        Node::Compare(field, how, Operand::Value(value)) => {
            comparison(field, *how, &value_text(value), is_not)
        }
        Node::Compare(field, how, Operand::Field(other)) => {
            let (one, two) = (format!("{field:?}"), format!("{other:?}"));
            let how = if is_not { how.negated() } else { *how };
            let (one, how, two) = if one <= two { (one, how, two) } else { (two, how.turned(), one) };
            format!("{one} {how:?} field {two}")
        }
        Node::In(field, values) => {
            let one = |value| comparison(field, Comparison::Equal, &value_text(value), is_not);
            joined(values.iter().map(one), is_not)
        }
        Node::Between(field, low, high) => {
            let ends = [(Comparison::AtLeast, low), (Comparison::AtMost, high)];
            let end = |(how, value)| comparison(field, how, &value_text(value), is_not);
            joined(ends.into_iter().map(end), !is_not)
        }
        Node::Missing(field) => format!("{field:?} is {}missing", if is_not { "not " } else { "" }),
        Node::Flag(field) => {
            comparison(field, Comparison::Equal, &value_text(&FieldValue::Flag(true)), is_not)
        }
    }
}
