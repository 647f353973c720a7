//! Why a fit was refused.

/// What is wrong with the rows or the parameters given to a fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FitError {
    /// There is nothing to learn from.
    #[error("no rows to learn from")]
    NoRows,
    /// Two inputs that describe the same rows differ in length.
    #[error("{what}: {got} values for {rows} rows")]
    Length {
        /// The input that does not fit.
        what: &'static str,
        /// How many values it has.
        got: usize,
        /// How many rows the table has.
        rows: usize,
    },
    /// A row weight is negative or no number, or none is above zero.
    #[error("row weights must be finite, not negative, and at least one above zero")]
    Weights,
    /// A row stands after one of a later session.
    #[error("rows must stand in the order of their sessions")]
    Order,
    /// A parameter is outside its range.
    #[error("parameter {name} must be {range}")]
    Parameter {
        /// The name of the field in [`crate::learn::Params`].
        name: &'static str,
        /// The allowed range in words.
        range: &'static str,
    },
    /// More columns than a model may have.
    #[error("{got} columns, at most {max} are allowed")]
    Columns {
        /// How many there are.
        got: usize,
        /// How many are allowed.
        max: usize,
    },
    /// The split search failed inside the tree library.
    #[error("split search: {0}")]
    Split(String),
}
