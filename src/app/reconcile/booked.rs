//! A trade of a book, and when two of them are one.

use crate::domain::{Side, Timestamp};

/// A closed trade, as far as two books can be compared.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Booked {
    /// Its id in its book.
    pub id: String,
    /// What was traded.
    pub symbol: String,
    /// The position's side.
    pub side: Side,
    /// When it was entered, if known.
    pub entry_time: Option<Timestamp>,
    /// When it was closed.
    pub exit_time: Timestamp,
    /// Average price of the entry, where it is recorded.
    pub entry_price: Option<f64>,
    /// Average price of the exit, where it is recorded.
    pub exit_price: Option<f64>,
    /// Units, above 0.
    pub qty: f64,
    /// Costs, in the account's currency; 0 where none are recorded.
    pub fees: f64,
    /// Net result in the account's currency.
    pub pnl: f64,
}

/// How far apart two records of one trade may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Between the times of the exit, in seconds.
    pub within_s: f64,
    /// Between prices, as a fraction of the price.
    pub price_frac: f64,
    /// Between fees and between results, in the account's currency.
    pub amount: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { within_s: 60.0, price_frac: 1e-4, amount: 0.01 }
    }
}

/// Quantities that differ by less than this fraction are one.
pub(super) const SAME_QTY: f64 = 1e-9;

pub(super) fn apart_s(ours: &Booked, theirs: &Booked) -> f64 {
    (ours.exit_time.micros() - theirs.exit_time.micros()) as f64 / 1e6
}

pub(super) fn is_near(ours: &Booked, theirs: &Booked, tolerance: &Tolerance) -> bool {
    apart_s(ours, theirs).abs() <= tolerance.within_s
}

pub(super) fn same_qty(ours: &Booked, theirs: &Booked) -> bool {
    (ours.qty - theirs.qty).abs() <= SAME_QTY * ours.qty.abs().max(theirs.qty.abs())
}

pub(super) fn is_price(one: Option<f64>, other: Option<f64>, tolerance: &Tolerance) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= tolerance.price_frac * one.abs().max(other.abs()),
        (one, other) => one == other,
    }
}
