//! Closed trades, as far as the risk of a book is read from them.

use smol_str::SmolStr;

use crate::domain::{Side, Timestamp};

/// A closed trade, as far as pairs of them are looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct PairTrade {
    /// When it was entered.
    pub entry: Timestamp,
    /// When it was closed.
    pub exit: Timestamp,
    /// Its session, in days from the common era.
    pub day: i32,
    /// What was traded.
    pub symbol: SmolStr,
    /// Its sector; none where it is not recorded.
    pub sector: Option<SmolStr>,
    /// Direction of the position.
    pub side: Side,
    /// Net result in R.
    pub r: f64,
}

#[cfg(test)]
impl PairTrade {
    /// A long of half an hour, from the midnight of a day since 1970 (UTC) on.
    pub(super) fn of_day(day: i32, symbol: &str, r: f64) -> Self {
        let at = |minute: i64| Timestamp::from_micros((i64::from(day) * 1_440 + minute) * 60_000_000);
        Self { entry: at(0), exit: at(30), day, symbol: symbol.into(), sector: None, side: Side::Long, r }
    }
}

/// A closed trade with what it risked.
#[derive(Clone, Debug, PartialEq)]
pub struct BookTrade {
    /// The position that it closed, or a part of it: what [`BookTrade::position_of`] makes of its id.
    pub position: u64,
    /// When it was open, what it was in, its result in R.
    pub pair: PairTrade,
    /// Its strategy.
    pub strategy: SmolStr,
    /// What was lost at its stop, in the account's currency, a gap included; 0 or above.
    pub at_risk: f64,
    /// Net result in the account's currency.
    pub pnl: f64,
    /// Net result as a fraction of the position.
    pub pnl_frac: f64,
}

impl BookTrade {
    /// By what the exits of a position are known as those of one: a hash of its id.
    pub fn position_of(id: &str) -> u64 {
        xxhash_rust::xxh3::xxh3_64(id.as_bytes())
    }
}

impl AsRef<PairTrade> for PairTrade {
    fn as_ref(&self) -> &PairTrade {
        self
    }
}

impl AsRef<PairTrade> for BookTrade {
    fn as_ref(&self) -> &PairTrade {
        &self.pair
    }
}
