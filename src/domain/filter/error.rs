//! What is wrong with a filter, and where in it.

use std::fmt;

/// An expression of so many letters is shown whole.
const WHOLE: usize = 100;

/// Letters of a longer one that are shown before the place.
const BEFORE: usize = 50;

/// Letters that are shown after it.
const AFTER: usize = 24;

/// What is wrong with a filter, with the place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    text: Vec<char>,
    at: usize,
    width: usize,
    what: String,
}

impl FilterError {
    /// `what` is wrong with the `width` letters of `text` that begin at letter `at`.
    pub(super) fn new(text: &str, at: usize, width: usize, what: impl Into<String>) -> Self {
        Self { text: text.chars().collect(), at, width: width.max(1), what: what.into() }
    }
}

impl std::error::Error for FilterError {}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_short = self.text.len() <= WHOLE;
        let from = if is_short { 0 } else { self.at.saturating_sub(BEFORE) };
        let until = if is_short { usize::MAX } else { self.at + self.width + AFTER }.min(self.text.len());
        // A letter that could move what stands behind it would make the mark point elsewhere.
        let shown: String =
            self.text[from.min(until)..until].iter().map(|c| if c.is_control() { ' ' } else { *c }).collect();
        let dots = |cut: bool| if cut { "…" } else { "" };
        let (before, after) = (dots(from > 0), dots(until < self.text.len()));
        let indent = " ".repeat(self.at - from + before.chars().count());
        write!(f, "{}\n    {before}{shown}{after}\n    {indent}{}", self.what, "^".repeat(self.width.min(60)))
    }
}
