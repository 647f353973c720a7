//! Closed trades, as far as the risk of a book is read from them.

use std::collections::HashMap;
use std::num::NonZeroU32;

use smol_str::SmolStr;

use crate::domain::{Side, Timestamp};

/// The name of a symbol, a sector or a strategy, as its number among the [`Names`] of the trades.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NameId(NonZeroU32);

impl NameId {
    /// Its place among the names.
    pub(super) const fn place(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// The names of trades, each once: a trade is held in half of the room, and told apart at once.
#[derive(Clone, Debug, Default)]
pub struct Names {
    list: Vec<SmolStr>,
    known: HashMap<SmolStr, NameId>,
}

impl Names {
    /// The number of a name, a new one where it was not named before.
    pub fn id(&mut self, name: &str) -> NameId {
        if let Some(id) = self.known.get(name) {
            return *id;
        }
        let id = NameId(NonZeroU32::MIN.saturating_add(self.list.len() as u32));
        let name = SmolStr::from(name);
        self.list.push(name.clone());
        self.known.insert(name, id);
        id
    }

    /// The name of a number.
    pub fn of(&self, id: NameId) -> &str {
        self.list.get(id.place()).map_or("", SmolStr::as_str)
    }

    /// All names, by their places.
    pub(super) fn all(&self) -> impl ExactSizeIterator<Item = &str> {
        self.list.iter().map(SmolStr::as_str)
    }
}

/// A closed trade, as far as pairs of them are looked at; as it is read its names have no numbers yet.
#[derive(Clone, Debug, PartialEq)]
pub struct PairTrade<N = NameId> {
    /// When it was entered.
    pub entry: Timestamp,
    /// When it was closed.
    pub exit: Timestamp,
    /// Its session, in days from the common era.
    pub day: i32,
    /// What was traded.
    pub symbol: N,
    /// Its sector; none where it is not recorded.
    pub sector: Option<N>,
    /// Direction of the position.
    pub side: Side,
    /// Net result in R.
    pub r: f64,
}

impl PairTrade<SmolStr> {
    /// The trade, with its names among those of the others.
    pub fn numbered(self, names: &mut Names) -> PairTrade {
        let Self { entry, exit, day, symbol, sector, side, r } = self;
        let sector = sector.map(|sector| names.id(&sector));
        PairTrade { entry, exit, day, symbol: names.id(&symbol), sector, side, r }
    }
}

#[cfg(test)]
impl PairTrade {
    /// A long of half an hour, from the midnight of a day since 1970 (UTC) on.
    pub(super) fn of_day(day: i32, symbol: NameId, r: f64) -> Self {
        let at = |minute: i64| Timestamp::from_micros((i64::from(day) * 1_440 + minute) * 60_000_000);
        Self { entry: at(0), exit: at(30), day, symbol, sector: None, side: Side::Long, r }
    }
}

/// A closed trade with what it risked; as it is read its names have no numbers yet.
#[derive(Clone, Debug, PartialEq)]
pub struct BookTrade<N = NameId> {
    /// The position that it closed, or a part of it: what [`BookTrade::position_of`] makes of its id.
    pub position: u64,
    /// When it was open, what it was in, its result in R.
    pub pair: PairTrade<N>,
    /// Its strategy.
    pub strategy: N,
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

impl BookTrade<SmolStr> {
    /// The trade, with its names among those of the others.
    pub fn numbered(self, names: &mut Names) -> BookTrade {
        let Self { position, pair, strategy, at_risk, pnl, pnl_frac } = self;
        let strategy = names.id(&strategy);
        BookTrade { position, pair: pair.numbered(names), strategy, at_risk, pnl, pnl_frac }
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
