//! Fills netted against each other: what they open, what each closes, and what stays open.
//!
//! A fill in the direction of the position adds to it, one against it closes: with average cost all that is open has
//! one price, first in first out has a price for each opening fill and closes the oldest first. What closes more than
//! is open opens a position the other way round with the rest. Fees of the entry are borne by the exits in the
//! proportion of their quantities; those of a fill that closes and opens, by both in that proportion.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use smol_str::SmolStr;

use super::fill::{AtEntry, BookKey, Effect, Fill, OfBook, OpenPosition};
use super::{ClosedTrade, SizeTag, StatedResult, Timestamp};

/// How the price of what is open is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Netting {
    /// All that is open has one price, the average.
    #[default]
    Average,
    /// The oldest part is closed first, at its own price.
    Fifo,
}

/// What is open of a fill; with average cost, of all fills of the position, under the first of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Lot {
    /// The fill that opened it.
    pub fill: Arc<Fill>,
    /// Units that are open, above 0.
    pub qty: f64,
    /// Their price.
    pub price: f64,
    /// Their part of the costs of the entry.
    pub fees: f64,
}

/// Less than this part of a position is the rounding of floats.
const NOTHING_FRAC: f64 = 1e-9;

/// The fills of one book, folded up to the last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Book {
    /// What is open, the oldest first.
    pub lots: Vec<Lot>,
    /// How many trades the position has made so far.
    pub exits: u32,
    /// The fill that opened the position.
    pub opened_by: Option<Arc<Fill>>,
    /// The stop, as the last fill of the position that has one says it.
    pub stop_price: Option<f64>,
    /// The target, likewise.
    pub target_price: Option<f64>,
    /// Place of the last fill.
    pub last: Option<(Timestamp, Option<u64>)>,
    /// Ids of the fills at that place: of a file that has days alone, all of a day.
    pub last_ids: HashSet<SmolStr>,
}

/// A trade that a fill closed.
#[derive(Clone, Debug, PartialEq)]
pub struct Closing {
    /// The trade: its id is the position's, its leg counts the trades of the position.
    pub trade: ClosedTrade,
    /// The book.
    pub book: BookKey,
    /// The fill that closed it.
    pub fill_id: String,
    /// What was known at entry: a JSON object, as text.
    pub features: Option<String>,
}

/// What became of a fill.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// It is netted; what it closed.
    Netted(Vec<Closing>),
    /// It says that it closes, and more than is open: what it closed. The rest opens nothing.
    Unopened(Vec<Closing>),
    /// It was there already.
    Repeated,
    /// It belongs before one that is netted already: the book has to be netted anew.
    Late,
}

impl Book {
    /// Nets a fill against what is open.
    pub fn take(&mut self, fill: &Arc<Fill>, netting: Netting) -> Taken {
        let place = fill.place();
        match self.last.map_or(std::cmp::Ordering::Greater, |last| place.cmp(&last)) {
            std::cmp::Ordering::Less => return Taken::Late,
            std::cmp::Ordering::Equal if self.last_ids.contains(&fill.fill_id) => return Taken::Repeated,
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Greater => self.last_ids.clear(),
        }
        self.last = Some(place);
        self.last_ids.insert(fill.fill_id.clone());
        self.net(fill, netting)
    }

    fn net(&mut self, fill: &Arc<Fill>, netting: Netting) -> Taken {
        let mut closed = Vec::new();
        let mut rest = fill.qty;
        if self.lots.first().is_some_and(|lot| lot.fill.is_buy != fill.is_buy) {
            self.stop_price = fill.stop_price.or(self.stop_price);
            self.target_price = fill.target_price.or(self.target_price);
            while rest > NOTHING_FRAC * fill.qty && !self.lots.is_empty() {
                // Nearly always it is one, and large.
                closed.reserve_exact(1);
                closed.push(self.close(fill, &mut rest));
            }
        }
        share_stated(&mut closed, fill);
        if rest <= NOTHING_FRAC * fill.qty {
            return Taken::Netted(closed);
        }
        if fill.effect == Some(Effect::Close) {
            return Taken::Unopened(closed);
        }
        self.open(fill, rest, netting);
        Taken::Netted(closed)
    }

    /// Opens a position with `qty` units of a fill, or adds them to the one that is open.
    fn open(&mut self, fill: &Arc<Fill>, qty: f64, netting: Netting) {
        if self.lots.is_empty() {
            *self = Self {
                opened_by: Some(Arc::clone(fill)),
                last: self.last,
                last_ids: std::mem::take(&mut self.last_ids),
                ..Self::default()
            };
        }
        self.stop_price = fill.stop_price.or(self.stop_price);
        self.target_price = fill.target_price.or(self.target_price);
        let fees = (fill.fees.unwrap_or(0.0) - fill.funding.unwrap_or(0.0)) * (qty / fill.qty);
        let lot = Lot { fill: Arc::clone(fill), qty, price: fill.price, fees };
        match self.lots.last_mut() {
            Some(open) if netting == Netting::Average => open.add(&lot),
            _ => self.lots.push(lot),
        }
    }

    /// Closes what one signal opened, the oldest first, with as much of a fill as it takes.
    fn close(&mut self, fill: &Arc<Fill>, rest: &mut f64) -> Closing {
        let mut part: Option<Lot> = None;
        while let Some(lot) = self.lots.first_mut()
            && *rest > NOTHING_FRAC * fill.qty
            && part.as_ref().is_none_or(|part| part.fill.signal_id == lot.fill.signal_id)
        {
            let is_whole = *rest >= lot.qty * (1.0 - NOTHING_FRAC);
            let mut taken = if is_whole { self.lots.remove(0) } else { lot.split_off(*rest) };
            if (taken.qty - *rest).abs() <= NOTHING_FRAC * fill.qty {
                taken.qty = *rest;
            }
            *rest -= taken.qty;
            match &mut part {
                Some(part) => part.add(&taken),
                None => part = Some(taken),
            }
        }
        // There was a lot, and some of the fill is left: both were asked before.
        let part =
            part.unwrap_or_else(|| Lot { fill: Arc::clone(fill), qty: *rest, price: fill.price, fees: 0.0 });
        self.exits += 1;
        self.closing(fill, &part)
    }

    fn closing(&self, fill: &Fill, part: &Lot) -> Closing {
        let book = fill.book();
        let opened = &part.fill;
        let exit_share = part.qty / fill.qty;
        let nothing = AtEntry::default();
        let known = opened.at_entry.as_deref().unwrap_or(&nothing);
        let fees = part.fees + fill.fees.unwrap_or(0.0) * exit_share;
        let has_fees = fill.fees.is_some() || opened.fees.is_some() || part.fees != 0.0;
        let first = self.opened_by.as_ref().unwrap_or(opened);
        // A position keeps its name when spellings of its symbol become one.
        let names = [&*book.account, &book.strategy, &first.symbol, &book.position];
        Closing {
            trade: ClosedTrade {
                trade_id: Some(position_id(names, &first.fill_id)),
                signal_id: opened.signal_id.clone(),
                symbol: fill.symbol.to_string(),
                side: opened.side(),
                entry_time: Some(opened.time),
                exit_time: fill.time,
                entry_price: part.price,
                exit_price: fill.price,
                qty: Some(part.qty),
                fees: has_fees.then_some(fees),
                funding: fill.funding.map(|funding| funding * exit_share),
                rebate: None,
                terms: fill.terms.clone(),
                currency: fill.currency.clone().or_else(|| opened.currency.clone()),
                fx_rate: fill.fx_rate.or(opened.fx_rate),
                stated: None,
                leg: Some(self.exits).filter(|leg| *leg > 1),
                label: known.label.clone(),
                confidence: known.confidence,
                lgb_prob: known.lgb_prob,
                lstm_prob: known.lstm_prob,
                transformer_prob: known.transformer_prob,
                regime: known.regime.clone(),
                vix: known.vix,
                sector: known.sector.clone(),
                exit_reason: fill.exit_reason.clone(),
                stop_price: opened.stop_price.or(self.stop_price),
                target_price: opened.target_price.or(self.target_price),
                hit_target: None,
                hit_stop: None,
                mfe_frac: None,
                mae_frac: None,
                setup: known.setup.clone(),
                timeframe: known.timeframe.clone(),
                strategy: fill.strategy.as_ref().map(SmolStr::to_string),
                variant: known.variant.clone(),
                // The arm stands with the signal, by whose id it is found.
                experiment: None,
                variant_share: None,
                size: SizeTag::default(),
            },
            book,
            fill_id: fill.fill_id.to_string(),
            features: known.features.clone(),
        }
    }

    /// What is open.
    pub fn open_position(&self) -> Option<OpenPosition> {
        let mut all = self.lots.first()?.clone();
        self.lots[1..].iter().for_each(|lot| all.add(lot));
        let opened = &all.fill;
        let known = opened.at_entry.as_deref();
        Some(OpenPosition {
            book: opened.book(),
            side: opened.side(),
            qty: all.qty,
            entry_price: all.price,
            entry_time: opened.time,
            fees: all.fees,
            stop_price: self.stop_price,
            target_price: self.target_price,
            terms: opened.terms.clone(),
            currency: opened.currency.clone(),
            fx_rate: opened.fx_rate,
            signal_id: opened.signal_id.clone(),
            sector: known.and_then(|known| known.sector.clone()),
            setup: known.and_then(|known| known.setup.clone()),
        })
    }
}

impl Lot {
    /// Adds another lot under the fill of this one. The price of inverse contracts is averaged in the coin.
    fn add(&mut self, other: &Self) {
        let qty = self.qty + other.qty;
        self.price = if self.price == other.price {
            self.price
        } else if self.fill.terms.inverse {
            qty / (self.qty / self.price + other.qty / other.price)
        } else {
            (self.qty * self.price + other.qty * other.price) / qty
        };
        self.qty = qty;
        self.fees += other.fees;
    }

    /// Takes `qty` units out, with their part of the costs.
    fn split_off(&mut self, qty: f64) -> Self {
        let fees = self.fees * (qty / self.qty);
        self.fees -= fees;
        self.qty -= qty;
        Self { fill: Arc::clone(&self.fill), qty, price: self.price, fees }
    }
}

/// A stated result of a fill is that of all trades that it closes: it is known of one alone.
fn share_stated(closed: &mut [Closing], fill: &Fill) {
    if let ([only], Some(stated)) = (closed, fill.stated) {
        let trade = &mut only.trade;
        let costs = trade.fees.unwrap_or(0.0) - trade.funding.unwrap_or(0.0);
        let pnl = if fill.stated_is_gross { stated.pnl - costs } else { stated.pnl };
        trade.stated = Some(StatedResult { pnl, half_unit: stated.half_unit, kept_frac: None });
    }
}

/// The id of the position that a fill opened, by the names of its book.
fn position_id([account, strategy, symbol, position]: [&str; 4], opening_fill: &str) -> String {
    let text = [account, strategy, symbol, position, opening_fill].join("\u{1f}");
    format!("p{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}

/// All books, folded up to the last fill.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Books {
    /// How they are netted.
    pub netting: Netting,
    /// Each book. Every fill looks for its own: in a tree the names of several would be compared with its own.
    pub books: HashMap<BookKey, Book>,
    /// Books in which a fill came late: they have to be netted anew, and take nothing until then.
    pub late: BTreeSet<BookKey>,
    /// Fills since the books were read that say they close, and close more than is open.
    pub unopened: u64,
}

impl Books {
    /// No fill yet.
    pub fn new(netting: Netting) -> Self {
        Self { netting, ..Self::default() }
    }

    /// Nets a fill; returns the trades that it closed. One that comes late closes nothing: its book is noted.
    pub fn take(&mut self, fill: &Arc<Fill>) -> Vec<Closing> {
        let of: &dyn OfBook = &**fill;
        if self.late.contains(of) {
            return Vec::new();
        }
        let book = match self.books.get_mut(of) {
            Some(book) => book,
            None => self.books.entry(fill.book()).or_default(),
        };
        match book.take(fill, self.netting) {
            Taken::Netted(closed) => closed,
            Taken::Unopened(closed) => {
                self.unopened += 1;
                closed
            }
            Taken::Repeated => Vec::new(),
            Taken::Late => {
                self.late.insert(fill.book());
                Vec::new()
            }
        }
    }

    /// Nets the fills of some books anew, in whatever order they came; hands out the trades that they close.
    pub fn net_anew(&mut self, fills: Vec<Arc<Fill>>, each: impl FnMut(Closing)) {
        let of: BTreeSet<BookKey> = fills.iter().map(|fill| fill.book()).collect();
        self.begin_anew(|key| of.contains(key));
        self.take_in_order(fills, each);
    }

    /// Forgets the fills of some books: they are to be netted anew.
    pub fn begin_anew(&mut self, is_of: impl Fn(&BookKey) -> bool) {
        self.books.retain(|key, _| !is_of(key));
        self.late.retain(|key| !is_of(key));
    }

    /// Nets fills of which none belongs before one that is netted already, in whatever order they came.
    pub fn take_in_order(&mut self, mut fills: Vec<Arc<Fill>>, mut each: impl FnMut(Closing)) {
        // Stable: those of one place stay as they came.
        fills.sort_by_cached_key(|fill| fill.place());
        let mut seen = HashSet::new();
        for fill in &fills {
            if seen.insert((fill.book(), &fill.fill_id)) {
                self.take(fill).into_iter().for_each(&mut each);
            }
        }
    }

    /// What is open, by account, strategy and symbol.
    pub fn open_positions(&self) -> Vec<OpenPosition> {
        self.in_order().into_iter().filter_map(|(_, book)| book.open_position()).collect()
    }

    /// The books in the order of their keys.
    pub fn in_order(&self) -> Vec<(&BookKey, &Book)> {
        let mut books: Vec<_> = self.books.iter().collect();
        books.sort_unstable_by_key(|(key, _)| *key);
        books
    }
}

#[cfg(test)]
mod tests;
