//! What is known of the book looked back at.

use crate::decide::Portfolio;
use crate::domain::Date;

/// What there is to show.
#[derive(Clone, Debug)]
pub struct PortfolioData {
    /// The book of the span.
    pub book: Portfolio,
    /// The days.
    pub days: u16,
    /// The gross heat that is allowed, as a fraction of the equity.
    pub line_frac: f64,
    /// The size of a position as the knob has it, in the account's currency.
    pub size_usd: f64,
    /// The account's currency.
    pub currency: String,
    /// The trading date of each point of the book.
    pub dates: Vec<Date>,
    /// What else to know, one sentence each.
    pub warnings: Vec<String>,
    /// How many size caps were put into the brain file; none where nobody asked for it.
    pub applied: Option<usize>,
}

impl PortfolioData {
    /// The symbols whose positions should be smaller than the size in force, each with the most that one may be, in whole
    /// units of the account's currency.
    pub fn caps(&self) -> impl Iterator<Item = (&str, f64)> {
        let capped = self.book.symbols.iter().filter(|part| part.cap < 1.0);
        capped.map(|part| (part.name.as_str(), (part.cap * self.size_usd).floor()))
    }
}
