//! Reads a filter by recursive descent: or, and, not, comparison.

use super::error::FilterError;
use super::tokens::{Placed, Token, tokens};
use super::{Comparison, FieldKind, FieldTable, FieldValue, Node, Operand};
use crate::domain::nearest::nearest;
use crate::domain::{Date, Timestamp};

/// Parentheses and `not` within each other, at most.
const DEPTH_MAX: usize = 100;

/// Words that belong to the language and are fields or values only in quotes.
const RESERVED: [&str; 9] = ["and", "or", "not", "in", "between", "is", "missing", "null", "none"];

/// Reads a whole expression.
pub(super) fn parse<F: Clone>(text: &str, table: &dyn FieldTable<Field = F>) -> Result<Node<F>, FilterError> {
    let mut parser = Parser { text, table, tokens: tokens(text)?, next: 0, depth: 0 };
    if parser.tokens.is_empty() {
        return Err(parser.wrong_here("the filter is empty; write one such as `symbol = AAPL`"));
    }
    let root = parser.any()?;
    match parser.tokens.get(parser.next) {
        None => Ok(root),
        Some(rest) if rest.token == Token::Sign(")") => Err(parser.wrong_here("this ) closes nothing")),
        Some(_) => Err(parser.wrong_here("`and` or `or` is missing here")),
    }
}

struct Parser<'t, F> {
    text: &'t str,
    table: &'t dyn FieldTable<Field = F>,
    tokens: Vec<Placed>,
    next: usize,
    depth: usize,
}

/// A field with its kind and the name by which it was called.
struct Named<F> {
    field: F,
    kind: FieldKind,
    name: String,
}

fn no_order<F>(named: &Named<F>) -> String {
    format!("{} is {} and has no order: use = or !=", named.name, named.kind.noun())
}

impl<F: Clone> Parser<'_, F> {
    fn wrong_here(&self, what: impl Into<String>) -> FilterError {
        self.wrong_at(self.next, what)
    }

    fn wrong_at(&self, token: usize, what: impl Into<String>) -> FilterError {
        let end = self.text.trim_end().chars().count();
        let (at, width) = self.tokens.get(token).map_or((end, 1), |placed| (placed.at, placed.width));
        FilterError::new(self.text, at, width, what)
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|placed| &placed.token)
    }

    /// Takes a word of the language, whatever its case.
    fn take_word(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word));
        self.next += usize::from(is);
        is
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.next += usize::from(is);
        is
    }

    fn any(&mut self) -> Result<Node<F>, FilterError> {
        let mut parts = vec![self.all()?];
        while self.take_word("or") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Node::Any(parts) })
    }

    fn all(&mut self) -> Result<Node<F>, FilterError> {
        let mut parts = vec![self.single()?];
        while self.take_word("and") {
            parts.push(self.single()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Node::All(parts) })
    }

    fn single(&mut self) -> Result<Node<F>, FilterError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.wrong_here("too many parentheses within each other"));
        }
        let opened = self.next;
        let node = if self.take_word("not") {
            Node::Not(Box::new(self.single()?))
        } else if self.take_sign("(") {
            let inner = self.any()?;
            if !self.take_sign(")") {
                let what = if self.peek().is_some() {
                    "`and`, `or` or ) is missing here"
                } else {
                    return Err(self.wrong_at(opened, "this ( is never closed"));
                };
                return Err(self.wrong_here(what));
            }
            inner
        } else {
            self.condition()?
        };
        self.depth -= 1;
        Ok(node)
    }

    /// A field and what is said of it.
    fn condition(&mut self) -> Result<Node<F>, FilterError> {
        let named = self.field()?;
        let place = self.next;
        if self.take_word("is") {
            let is_not = self.take_word("not");
            if !["missing", "null", "none"].iter().any(|word| self.take_word(word)) {
                return Err(self.wrong_here("`is` goes with `missing` or `not missing`"));
            }
            let missing = Node::Missing(named.field);
            return Ok(if is_not { Node::Not(Box::new(missing)) } else { missing });
        }
        let is_not = self.take_word("not");
        if self.take_word("in") {
            return Ok(negated(is_not, self.list(&named)?));
        }
        if self.take_word("between") {
            if matches!(named.kind, FieldKind::Texts | FieldKind::Flag) {
                return Err(self.wrong_at(place, no_order(&named)));
            }
            let low = self.value(&named)?;
            if !self.take_word("and") {
                return Err(self.wrong_here("`between` goes with two values: between .6 and .8"));
            }
            let high = self.value(&named)?;
            return Ok(negated(is_not, Node::Between(named.field, low, high)));
        }
        if is_not {
            return Err(self.wrong_here("`not` behind a field goes with `in` or `between`"));
        }
        match self.comparison() {
            Some(how) => {
                let is_order = !matches!(how, Comparison::Equal | Comparison::NotEqual);
                if is_order && matches!(named.kind, FieldKind::Text | FieldKind::Texts | FieldKind::Flag) {
                    return Err(self.wrong_at(place, no_order(&named)));
                }
                let operand = self.operand(&named)?;
                Ok(Node::Compare(named.field, how, operand))
            }
            None if named.kind == FieldKind::Flag => Ok(Node::Flag(named.field)),
            None => {
                let what =
                    format!("what of {}? one of = != < <= > >= in between is missing here", named.name);
                Err(self.wrong_here(what))
            }
        }
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let how = match self.peek()? {
            Token::Sign("=") => Comparison::Equal,
            Token::Sign("!=") => Comparison::NotEqual,
            Token::Sign("<") => Comparison::Less,
            Token::Sign("<=") => Comparison::AtMost,
            Token::Sign(">") => Comparison::Greater,
            Token::Sign(">=") => Comparison::AtLeast,
            _ => return None,
        };
        self.next += 1;
        Some(how)
    }

    fn field(&mut self) -> Result<Named<F>, FilterError> {
        let name = match self.peek() {
            Some(Token::Word(word)) if !is_reserved(word) => word.clone(),
            Some(Token::Quoted(word)) => word.clone(),
            _ => return Err(self.wrong_here("the name of a field is missing here")),
        };
        let Some((field, kind)) = self.table.find(&name) else {
            if let Some(why) = self.table.why_not(&name) {
                return Err(self.wrong_here(why));
            }
            let near = nearest(&name.to_lowercase(), self.table.names());
            let near = near.map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
            let what = if name.parse::<f64>().is_ok() {
                format!("a field stands before the sign, {name} is a number")
            } else {
                format!("there is no field `{name}`{near}")
            };
            return Err(self.wrong_here(what));
        };
        self.next += 1;
        Ok(Named { field, kind, name })
    }

    fn list(&mut self, named: &Named<F>) -> Result<Node<F>, FilterError> {
        if !self.take_sign("(") {
            return Err(self.wrong_here("`in` goes with a list in parentheses: in (AAPL, MSFT)"));
        }
        let mut values = vec![self.value(named)?];
        while self.take_sign(",") {
            values.push(self.value(named)?);
        }
        if !self.take_sign(")") {
            return Err(self.wrong_here("a comma or ) is missing here"));
        }
        Ok(Node::In(named.field.clone(), values))
    }

    /// A value, or another field of the same kind.
    fn operand(&mut self, named: &Named<F>) -> Result<Operand<F>, FilterError> {
        let other = match self.peek() {
            Some(Token::Word(word)) if !matches!(named.kind, FieldKind::Text | FieldKind::Texts) => {
                self.table.find(word)
            }
            _ => None,
        };
        if let Some((field, kind)) = other
            && kind == named.kind
        {
            self.next += 1;
            return Ok(Operand::Field(field));
        }
        self.value(named).map(Operand::Value)
    }

    fn value(&mut self, named: &Named<F>) -> Result<FieldValue, FilterError> {
        let (text, in_quotes) = match self.peek() {
            Some(Token::Quoted(text)) => (text.clone(), true),
            Some(Token::Word(word)) if !is_reserved(word) => (word.clone(), false),
            _ => {
                let what = format!("a value is missing here: {} is {}", named.name, named.kind.noun());
                return Err(self.wrong_here(what));
            }
        };
        let found = match named.kind {
            FieldKind::Text | FieldKind::Texts => {
                let word = self.table.word(&named.field, &text).map_err(|what| self.wrong_here(what))?;
                Some(FieldValue::Text(word))
            }
            FieldKind::Number => number(&text).filter(|_| !in_quotes).map(FieldValue::Number),
            FieldKind::Flag => flag(&text).map(FieldValue::Flag),
            FieldKind::Time => Timestamp::parse(&text).ok().map(FieldValue::Time),
            FieldKind::Date => Date::parse_from_str(&text, "%Y-%m-%d").ok().map(FieldValue::Date),
        };
        let Some(value) = found else {
            let what = format!("{} is {}, `{text}` is none", named.name, named.kind.noun());
            return Err(self.wrong_here(what));
        };
        self.next += 1;
        Ok(value)
    }
}

fn negated<F>(is_not: bool, node: Node<F>) -> Node<F> {
    if is_not { Node::Not(Box::new(node)) } else { node }
}

fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| word.eq_ignore_ascii_case(reserved))
}

/// A finite number; `5%` is 0.05.
fn number(text: &str) -> Option<f64> {
    let (digits, factor) = text.strip_suffix('%').map_or((text, 1.0), |digits| (digits, 0.01));
    // `inf` and `nan` are numbers to the standard library.
    let begins = digits.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = digits.parse().ok().filter(|_| begins)?;
    let number = if factor == 1.0 { number } else { number / 100.0 };
    number.is_finite().then_some(number)
}

fn flag(text: &str) -> Option<bool> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "yes", "1"]) { Some(true) } else { is(["false", "no", "0"]).then_some(false) }
}
