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

fn comparison<F: Debug>(field: &F, how: Comparison, value: &FieldValue, is_not: bool) -> String {
    let how = if is_not { how.negated() } else { how };
    match value {
        // Not true is false.
        FieldValue::Flag(flag) => format!("{field:?} Equal {}", *flag == (how == Comparison::Equal)),
        // Texts are compared without regard to case.
        FieldValue::Text(text) => format!("{field:?} {how:?} {:?}", text.to_ascii_lowercase()),
        FieldValue::Number(number) => format!("{field:?} {how:?} {}", number + 0.0),
        other => format!("{field:?} {how:?} {other:?}"),
    }
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

fn equals<F: Debug>(field: &F, values: &[FieldValue], is_not: bool) -> Vec<String> {
    values.iter().map(|value| comparison(field, Comparison::Equal, value, is_not)).collect()
}

fn ends<F: Debug>(field: &F, low: &FieldValue, high: &FieldValue, is_not: bool) -> Vec<String> {
    let ends = [(Comparison::AtLeast, low), (Comparison::AtMost, high)];
    ends.map(|(how, value)| comparison(field, how, value, is_not)).to_vec()
}

/// The parts of parts of the same kind, where `all` and `is_not` together say which kind it is.
fn flat<F: Debug>(node: &Node<F>, all: bool, is_not: bool) -> Vec<String> {
    match node {
        Node::All(parts) if all != is_not => parts.iter().flat_map(|part| flat(part, all, is_not)).collect(),
        Node::Any(parts) if all == is_not => parts.iter().flat_map(|part| flat(part, all, is_not)).collect(),
        Node::In(field, values) if all == is_not => equals(field, values, is_not),
        Node::Between(field, low, high) if all != is_not => ends(field, low, high, is_not),
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
        Node::Compare(field, how, Operand::Value(value)) => comparison(field, *how, value, is_not),
        Node::Compare(field, how, Operand::Field(other)) => {
            let (one, two) = (format!("{field:?}"), format!("{other:?}"));
            let how = if is_not { how.negated() } else { *how };
            let (one, how, two) = if one <= two { (one, how, two) } else { (two, how.turned(), one) };
            format!("{one} {how:?} field {two}")
        }
        Node::In(field, values) => joined(equals(field, values, is_not).into_iter(), is_not),
        Node::Between(field, low, high) => joined(ends(field, low, high, is_not).into_iter(), !is_not),
        Node::Missing(field) => format!("{field:?} is {}missing", if is_not { "not " } else { "" }),
        Node::Flag(field) => comparison(field, Comparison::Equal, &FieldValue::Flag(true), is_not),
    }
}
