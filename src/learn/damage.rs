//! What can be wrong with a model that was read from outside.

/// The largest log-odds any part of a sound ensemble has, so that sums of them stay finite. A leaf's is at
/// most a million: a row's gradient is at most a million times its curvature.
const LOG_ODDS_MAX: f64 = 1e9;

/// What is wrong with an ensemble that was read from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damaged {
    /// A column that does not exist, or another number of columns than expected.
    #[error("a column of the model does not exist")]
    Column,
    /// Too many or too few parts, or parts that do not fit each other.
    #[error("the parts of the model do not fit each other")]
    Shape,
    /// A child that is not after its parent inside the tree.
    #[error("a tree of the model has a node out of place")]
    Child,
    /// A number that is not finite, or log-odds out of all range.
    #[error("the model has a number that is out of range")]
    Number,
}

/// Whether log-odds are a number of sound size.
pub(crate) fn bounded(log_odds: f64) -> bool {
    log_odds.abs() <= LOG_ODDS_MAX
}
