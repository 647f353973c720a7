//! Why an input record is not taken. Each reason has its own message, in the words of whoever sent it.

/// A reason for which a record is refused; the record is kept in `rejected/` beside it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// A field without which the record means nothing is absent or null.
    #[error("no {field}")]
    Missing {
        /// The field, as the sender spells it.
        field: &'static str,
    },
    /// A required number is NaN or infinite.
    #[error("{field} is not a finite number")]
    NotFinite {
        /// The field, as the sender spells it.
        field: &'static str,
    },
    /// A price or a quantity is zero or below.
    #[error("{field} is {value}, it must be above 0")]
    NotPositive {
        /// The field, as the sender spells it.
        field: &'static str,
        /// What was sent.
        value: f64,
    },
    /// A price below zero of an instrument that is not said to have such prices.
    #[error("{field} is {value}, a price is not below 0 unless [instruments] negative_prices says so")]
    NegativePrice {
        /// The field, as the sender spells it.
        field: &'static str,
        /// What was sent.
        value: f64,
    },
    /// A number of which the result depends, written in a way that can mean two numbers, or none.
    #[error("{field} {text:?} {why}")]
    BadNumber {
        /// The field, as the sender spells it.
        field: &'static str,
        /// What was sent.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// The result is in another currency than the store's, and no rate is given.
    #[error("the result is in {currency}, this store counts in {account}, and there is no fx_rate")]
    OtherCurrency {
        /// The currency of the record.
        currency: String,
        /// The store's.
        account: String,
    },
    /// A record of a store that counts in another currency than this one.
    #[error("the result was converted from {currency}, in which this store counts: it is of another account")]
    OtherAccount {
        /// The currency of the record, and the store's.
        currency: String,
    },
    /// Two names of the record stand for one field, with different values.
    #[error("{one} and {other} both stand for {field} and differ")]
    TwoValues {
        /// The field.
        field: &'static str,
        /// One name.
        one: String,
        /// The other.
        other: String,
    },
    /// The quantity says one direction and the side the other.
    #[error("qty is {qty} and side is {side}: a negative quantity is a short position")]
    SideAgainstQty {
        /// The signed quantity.
        qty: f64,
        /// The side, as it was sent.
        side: String,
    },
    /// A stated result that does not fit, where the user wants such records refused.
    #[error("pnl is {stated}, prices, quantity and costs give {computed}")]
    Disputed {
        /// What the record states.
        stated: f64,
        /// What was derived.
        computed: f64,
    },
    /// A probability is outside 0..1.
    #[error("{field} is {value}, a probability lies between 0 and 1{}", percent_hint(*value))]
    NotProbability {
        /// The field, as the sender spells it.
        field: &'static str,
        /// What was sent.
        value: f64,
    },
    /// A score is outside 0..10.
    #[error("score is {value}, it lies between 0 and 10")]
    NotScore {
        /// What was sent.
        value: f64,
    },
    /// A piece of news that is about nothing.
    #[error("no symbol and no sector: it must be about one of them")]
    NoSubject,
    /// A piece of news that names several symbols.
    #[error("it is about several symbols ({symbols}): send one item for each, with its `symbol`")]
    SeveralSymbols {
        /// What was sent.
        symbols: String,
    },
    /// A sentiment is outside −1..1.
    #[error("sentiment is {value}, it lies between -1 and 1{}", percent_hint(*value))]
    NotSentiment {
        /// What was sent.
        value: f64,
    },
    /// The record carries news that came after it.
    #[error(
        "features has news of {news}, later than the record ({at}): what came later cannot have been known"
    )]
    LaterNews {
        /// Time of the news, RFC 3339.
        news: String,
        /// Time of the record, RFC 3339.
        at: String,
    },
    /// The exit lies before the entry.
    #[error("the exit ({exit}) is before the entry ({entry})")]
    ExitBeforeEntry {
        /// Entry time, RFC 3339.
        entry: String,
        /// Exit time, RFC 3339.
        exit: String,
    },
    /// A time that cannot be read.
    #[error("{field} {text:?} is not a time: {why}")]
    BadTime {
        /// The field, as the sender spells it.
        field: &'static str,
        /// What was sent.
        text: String,
        /// What is wrong with it.
        why: super::TimeError,
    },
    /// A side that is not one of the four words.
    #[error(
        "side {text:?} is unknown: BUY, LONG, SELL or SHORT (the position's side, not the closing order's)"
    )]
    UnknownSide {
        /// What was sent.
        text: String,
    },
    /// A word for what an order did that is neither buying nor selling.
    #[error("side {text:?} is unknown: BUY or SELL, what the order did")]
    UnknownOrderSide {
        /// What was sent.
        text: String,
    },
    /// A mode that is not one of the two words.
    #[error("mode {text:?} is unknown: SAFE or AGGRESSIVE")]
    UnknownMode {
        /// What was sent.
        text: String,
    },
    /// An event that is not a closed trade.
    #[error("type {text:?} is not a closed trade: exit, fill_exit or close")]
    NotAnExit {
        /// What was sent.
        text: String,
    },
    /// A split, a spin-off, a merger: quantity and price of what is open change without an execution.
    #[error(
        "{text:?} is no execution: close the position with a fill at the old price, open it with one at the new"
    )]
    CorporateAction {
        /// What was sent.
        text: String,
    },
    /// What takes back an execution, where that is not beside it.
    #[error(
        "{text:?} takes back an execution that is not in this file: where it was recorded, take it out with dtlearn void"
    )]
    TakenBack {
        /// What was sent as the side.
        text: String,
    },
    /// A field holds another kind of value than it should.
    #[error("{field} is {found}; it must be {wanted}")]
    WrongKind {
        /// The field, as the sender spells it.
        field: &'static str,
        /// What was sent, as a kind of value.
        found: &'static str,
        /// What was needed.
        wanted: &'static str,
    },
    /// Prices and quantity give a result that no account could show.
    #[error(
        "the result is {pnl:.3e} ({frac:.3e} of the position), beyond what is plausible: check price and qty"
    )]
    Implausible {
        /// Profit or loss in the account's currency.
        pnl: f64,
        /// The same as a fraction of the position.
        frac: f64,
    },
}

fn percent_hint(value: f64) -> String {
    if value > 1.0 && value <= 100.0 { format!(" (did you mean {}?)", value / 100.0) } else { String::new() }
}
