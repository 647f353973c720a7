//! What the pricing of missed signals did.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::domain::Timestamp;
use crate::wire::BadPrice;

/// What pricing did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pricing {
    /// Rows of the price files whose symbol was waited for.
    pub prices: u64,
    /// Rows that could not be read.
    pub bad_rows: u64,
    /// The first of them, with their file.
    pub bad: Vec<(PathBuf, BadPrice)>,
    /// Signals that were resolved now.
    pub resolved: u64,
    /// Signals that still wait.
    pub pending: u64,
    /// Signals that were given up now.
    pub given_up: u64,
    /// Sessions of symbols that the files had bars of, and that are kept.
    pub sessions: u64,
    /// Untraded picks that were resolved now, when all signals are priced.
    pub picks: u64,
    /// Signals that prices were given for which cannot be theirs, with the first of them.
    pub far_off: Vec<FarOff>,
    /// Symbols that found no prices, with those of the files that are spelt almost like them.
    pub likely: BTreeMap<String, BTreeSet<String>>,
    /// What else to know, one sentence each.
    pub warnings: Vec<String>,
}

/// A signal whose prices cannot be its own: a split, another unit, another zone.
#[derive(Clone, Debug, PartialEq)]
pub struct FarOff {
    /// What was to be traded.
    pub symbol: String,
    /// When.
    pub at: Timestamp,
    /// The price at the signal.
    pub signal_price: f64,
    /// The price of the file, within the hour.
    pub file_price: f64,
}
