//! How many of one kind are told one by one.

/// The most findings, notes or changes of one kind that are listed; the rest is counted.
pub const MAX_LISTED: usize = 20;
