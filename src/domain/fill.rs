//! An execution: what was bought or sold, for whom, and what rides along for the trade that it opens or closes.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use smol_str::SmolStr;

use super::net_result::price;
use super::{ContractTerms, Instruments, Refusal, Side, StatedResult, Timestamp, positive};

/// An execution of an order, or of a part of it. Many are on their way at once when a history is netted: its names lie in it
/// where they are short, and what few fills have lies beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    /// The venue's id of the execution, unique within account and symbol.
    pub fill_id: SmolStr,
    /// The order that was filled.
    pub order_id: Option<SmolStr>,
    /// Where the venue keeps several positions of one symbol apart: which one.
    pub position_id: Option<SmolStr>,
    /// The account.
    pub account: Option<SmolStr>,
    /// The strategy.
    pub strategy: Option<SmolStr>,
    /// What was traded.
    pub symbol: SmolStr,
    /// The symbol under which it is netted, where that is another spelling.
    pub folded: Option<SmolStr>,
    /// Whether it was bought, else sold.
    pub is_buy: bool,
    /// Units, above 0.
    pub qty: f64,
    /// Price of one unit, in the currency of the record.
    pub price: f64,
    /// What it cost, in the currency of the record; below 0 was paid back.
    pub fees: Option<f64>,
    /// Funding or swap that came with it, what was paid below 0.
    pub funding: Option<f64>,
    /// What is known of the instrument.
    pub terms: ContractTerms,
    /// The currency of prices and fees, where it is not the account's.
    pub currency: Option<String>,
    /// Units of the account's currency for one of the record's.
    pub fx_rate: Option<f64>,
    /// When it was executed.
    pub time: Timestamp,
    /// The result of what it closes, as the account states it.
    pub stated: Option<StatedResult>,
    /// Whether the stated result is before costs.
    pub stated_is_gross: bool,
    /// Whether it opens or closes, where the venue says it.
    pub effect: Option<Effect>,
    /// The signal behind it.
    pub signal_id: Option<String>,
    /// The stop of the position from now on.
    pub stop_price: Option<f64>,
    /// The target of the position from now on.
    pub target_price: Option<f64>,
    /// Why the position was closed, of a fill that closes one.
    pub exit_reason: Option<String>,
    /// What the engine knew, of a fill that opens a position; none where it is nothing.
    pub at_entry: Option<Box<AtEntry>>,
}

/// What a fill does to a position, as the venue says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It opens one or adds to it.
    Open,
    /// It closes one or a part of it.
    Close,
}

/// What the engine knew when it opened a position.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the record format, documented in dtlearn-store(5)")]
pub struct AtEntry {
    pub label: Option<String>,
    pub confidence: Option<f64>,
    pub lgb_prob: Option<f64>,
    pub lstm_prob: Option<f64>,
    pub transformer_prob: Option<f64>,
    pub regime: Option<String>,
    pub vix: Option<f64>,
    pub sector: Option<String>,
    pub setup: Option<String>,
    /// The bars that the signal was made on, such as 5m.
    pub timeframe: Option<String>,
    pub variant: Option<String>,
    /// A JSON object, as text.
    pub features: Option<String>,
}

impl AtEntry {
    /// What was known, for a fill; none where it is nothing.
    pub fn boxed(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

/// Which fills are netted against each other: those of one account, strategy and symbol, and of one position where
/// the venue keeps several apart. An absent name is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BookKey {
    /// The account.
    pub account: String,
    /// The strategy.
    pub strategy: String,
    /// What was traded.
    pub symbol: String,
    /// The venue's position.
    pub position: String,
}

/// What has the names of a book: the key, and each of its fills. A book is found by a fill without making a key of it.
pub(super) trait OfBook {
    /// Account, strategy, symbol and position.
    fn names(&self) -> [&str; 4];
}

impl OfBook for BookKey {
    fn names(&self) -> [&str; 4] {
        [&self.account, &self.strategy, &self.symbol, &self.position]
    }
}

impl OfBook for Fill {
    fn names(&self) -> [&str; 4] {
        let [account, strategy, position] = [&self.account, &self.strategy, &self.position_id]
            .map(|name| name.as_deref().unwrap_or_default());
        [account, strategy, self.netted_symbol(), position]
    }
}

impl<'b> Borrow<dyn OfBook + 'b> for BookKey {
    fn borrow(&self) -> &(dyn OfBook + 'b) {
        self
    }
}

impl PartialEq for dyn OfBook + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.names() == other.names()
    }
}

impl Eq for dyn OfBook + '_ {}

/// As the key hashes.
impl Hash for dyn OfBook + '_ {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.names().iter().for_each(|name| name.hash(hasher));
    }
}

impl PartialOrd for dyn OfBook + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for dyn OfBook + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        self.names().cmp(&other.names())
    }
}

impl Fill {
    /// The fill as it is netted under what is said of symbols: it may have been stored before that was said.
    pub fn netted_under(mut self, instruments: &Instruments) -> Self {
        self.net_under(instruments);
        self
    }

    /// The same, where it lies.
    pub fn net_under(&mut self, instruments: &Instruments) {
        let written = instruments.written(&*self.symbol);
        self.folded = (written != *self.symbol).then(|| SmolStr::from(written));
    }

    /// The symbol under which it is netted.
    pub fn netted_symbol(&self) -> &str {
        self.folded.as_deref().unwrap_or(&self.symbol)
    }

    /// The same fill, once it is known that it can be one.
    ///
    /// # Errors
    /// The first [`Refusal`] in the order symbol, quantity, price, costs, multiplier, rate.
    pub fn checked(self) -> Result<Self, Refusal> {
        if self.symbol.trim().is_empty() {
            return Err(Refusal::Missing { field: "symbol" });
        }
        positive("qty", self.qty)?;
        price("price", self.price, &self.terms)?;
        for (field, value) in [("fees", self.fees), ("funding", self.funding)] {
            if value.is_some_and(|value| !value.is_finite()) {
                return Err(Refusal::NotFinite { field });
            }
        }
        self.terms.multiplier.map_or(Ok(1.0), |units| positive("multiplier", units))?;
        self.fx_rate.map_or(Ok(1.0), |rate| positive("fx_rate", rate))?;
        Ok(self)
    }

    /// The fills against which it is netted.
    pub fn book(&self) -> BookKey {
        let [account, strategy, symbol, position] = self.names().map(str::to_owned);
        BookKey { account, strategy, symbol, position }
    }

    /// Its place among the fills of its book: by time, then by the number at the end of its id. Fills of one moment
    /// without such numbers stay as they came. A position of the venue is opened before it is closed.
    pub fn place(&self) -> (Timestamp, Option<u64>) {
        let number = match (self.venue_position(), self.effect) {
            (Some(_), Some(Effect::Open)) => Some(0),
            (Some(_), Some(Effect::Close)) => Some(1),
            _ => number_of(&self.fill_id),
        };
        (self.time, number)
    }

    /// The venue's position, where it has a name of its own. The two sides of an account that holds long and short at once have
    /// none: one is opened and closed again and again.
    pub fn venue_position(&self) -> Option<&str> {
        self.position_id.as_deref().filter(|name| !matches!(*name, "LONG" | "SHORT"))
    }

    /// The side of the position that it opens.
    pub fn side(&self) -> Side {
        if self.is_buy { Side::Long } else { Side::Short }
    }
}

/// The number of an id such as `1841`, `t-1841` or `exec1841`: digits at its end, with none before them.
fn number_of(id: &str) -> Option<u64> {
    let digits = id.len() - id.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (before, number) = id.split_at(id.len() - digits);
    if before.bytes().any(|byte| byte.is_ascii_digit()) { None } else { number.parse().ok() }
}

/// The id of a fill to which nobody gave one: a hash of what makes it that fill and no other.
pub fn derived_fill_id(fill: &Fill) -> String {
    let book = fill.book();
    let mut text = [book.account.as_str(), &book.strategy, &book.symbol, &book.position].join("\u{1f}");
    let order = fill.order_id.as_deref().unwrap_or_default();
    text.push_str(&format!("\u{1f}{order}\u{1f}{}\u{1f}{}", fill.is_buy, fill.time));
    for number in [fill.price, fill.qty] {
        text.push_str(&format!("\u{1f}{number:?}"));
    }
    format!("h{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}

/// What the fills of a book leave open.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenPosition {
    /// Account, strategy and symbol.
    pub book: BookKey,
    /// Its direction.
    pub side: Side,
    /// Units, above 0.
    pub qty: f64,
    /// Average price of what is open, in the currency of the record.
    pub entry_price: f64,
    /// When the oldest part of it was opened.
    pub entry_time: Timestamp,
    /// Costs of the entry that no exit has borne yet, in the currency of the record.
    pub fees: f64,
    /// The stop, as the last fill of the position that has one says it.
    pub stop_price: Option<f64>,
    /// The target, likewise.
    pub target_price: Option<f64>,
    /// What is known of the instrument.
    pub terms: ContractTerms,
    /// The currency of its prices, where it is not the account's.
    pub currency: Option<String>,
    /// Units of the account's currency for one of the record's.
    pub fx_rate: Option<f64>,
    /// The signal behind it.
    pub signal_id: Option<String>,
    /// Its sector.
    pub sector: Option<String>,
    /// Its setup.
    pub setup: Option<String>,
}

impl OpenPosition {
    /// Units of the underlying: quantity times the contract's size.
    fn units(&self) -> f64 {
        self.qty * self.terms.multiplier.unwrap_or(1.0)
    }

    /// What the position is worth at its entry price, in the account's currency, above 0.
    pub fn size(&self) -> f64 {
        let value = if self.terms.inverse {
            self.units() / self.entry_price.abs()
        } else {
            self.units() * self.entry_price.abs()
        };
        value * self.fx_rate.unwrap_or(1.0)
    }

    /// What is lost from the entry price if the stop is hit at its price, in the account's currency; 0 where the
    /// stop is beyond the entry. `None` without a stop.
    pub fn at_risk(&self) -> Option<f64> {
        let stop = self.stop_price?;
        let lost = if self.terms.inverse {
            self.side.sign() * (1.0 / stop - 1.0 / self.entry_price)
        } else {
            self.side.sign() * (self.entry_price - stop)
        };
        let lost = (lost * self.units() * self.fx_rate.unwrap_or(1.0)).max(0.0);
        lost.is_finite().then_some(lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_at_the_end_of_an_id_is_told_from_the_digits_of_a_hash() {
        for (id, number) in [
            ("1841", Some(1841)),
            ("t-1841", Some(1841)),
            ("exec", None),
            ("0000e0d5.6423a1b2.01.01", None),
            ("3fa85f64-5717-4562-b3fc-2c963f66afa6", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(number_of(id), number, "{id}");
        }
    }

    #[test]
    fn what_is_at_risk_is_what_the_stop_would_cost() {
        let open = OpenPosition {
            book: BookKey::default(),
            side: Side::Short,
            qty: 2.0,
            entry_price: 6_000.0,
            entry_time: Timestamp::default(),
            fees: 0.0,
            stop_price: Some(6_010.0),
            target_price: None,
            terms: ContractTerms { multiplier: Some(50.0), ..ContractTerms::default() },
            currency: None,
            fx_rate: None,
            signal_id: None,
            sector: None,
            setup: None,
        };
        assert_eq!((open.at_risk(), open.size()), (Some(1_000.0), 600_000.0));
        assert_eq!(OpenPosition { stop_price: Some(5_990.0), ..open.clone() }.at_risk(), Some(0.0));
        assert_eq!(OpenPosition { stop_price: None, ..open }.at_risk(), None);
    }
}
