//! A closed trade: what it consists of, what follows from it, and what is refused.

use super::net_result::{NetResult, ResultParts, costs, price};
use super::{
    ContractTerms, Refusal, Side, SizeTag, StatedResult, Timestamp, is_at_stop, is_at_target, positive,
    probability,
};

/// Stands for a value that the engine did not give, wherever trades are grouped by it.
pub const UNKNOWN: &str = "unknown";

/// What the engine says of a closed trade, before anything is derived from it.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the record format, documented in dtlearn-store(5)")]
pub struct ClosedTrade {
    pub trade_id: Option<String>,
    pub signal_id: Option<String>,
    pub symbol: String,
    pub side: Side,
    pub entry_time: Option<Timestamp>,
    pub exit_time: Timestamp,
    pub entry_price: f64,
    pub exit_price: f64,
    pub qty: Option<f64>,
    pub fees: Option<f64>,
    pub funding: Option<f64>,
    pub rebate: Option<f64>,
    pub terms: ContractTerms,
    /// The currency of prices, fees and result, where it is not the account's.
    pub currency: Option<String>,
    /// Units of the account's currency for one of the record's.
    pub fx_rate: Option<f64>,
    pub stated: Option<StatedResult>,
    /// Which exit of its position this is; `None` is the first.
    pub leg: Option<u32>,
    pub label: Option<String>,
    pub confidence: Option<f64>,
    pub lgb_prob: Option<f64>,
    pub lstm_prob: Option<f64>,
    pub transformer_prob: Option<f64>,
    pub regime: Option<String>,
    pub vix: Option<f64>,
    pub sector: Option<String>,
    pub exit_reason: Option<String>,
    pub stop_price: Option<f64>,
    pub target_price: Option<f64>,
    pub hit_target: Option<bool>,
    pub hit_stop: Option<bool>,
    pub mfe_frac: Option<f64>,
    pub mae_frac: Option<f64>,
    pub setup: Option<String>,
    /// The bars that the signal was made on, such as 5m.
    pub timeframe: Option<String>,
    pub strategy: Option<String>,
    pub variant: Option<String>,
    /// The experiment whose arm the variant is.
    pub experiment: Option<String>,
    /// The arm's share of that experiment, 0 to 1.
    pub variant_share: Option<f64>,
    pub size: SizeTag,
}

/// A closed trade whose invariants hold: prices and quantity in bounds, exit not before entry, results
/// finite and plausible, probabilities in `[0, 1]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Trade {
    closed: ClosedTrade,
    trade_id: String,
    qty: f64,
    result: NetResult,
}

impl Trade {
    /// Checks a closed trade and derives its result: `sign · (exit − entry) · qty · multiplier − fees + rebate +
    /// funding`, with `sign` +1 for a long and −1 for a short position; of an inverse contract
    /// `sign · (1/entry − 1/exit) · qty · multiplier`, with the same costs. As a fraction it is that over
    /// `|entry| · qty · multiplier`. An absent quantity or multiplier is 1, absent costs are 0.
    ///
    /// A stated result that differs by more than a rounding takes the place of the derived one, which is kept
    /// beside it: see [`Trade::pnl_computed`].
    ///
    /// # Errors
    /// The first [`Refusal`] in the order symbol, prices, quantity, times, probabilities, result.
    pub fn new(closed: ClosedTrade) -> Result<Self, Refusal> {
        if closed.symbol.trim().is_empty() {
            return Err(Refusal::Missing { field: "symbol" });
        }
        let entry = price("entry_price", closed.entry_price, &closed.terms)?;
        if entry == 0.0 {
            return Err(Refusal::NotPositive { field: "entry_price", value: entry });
        }
        let exit = price("exit_price", closed.exit_price, &closed.terms)?;
        let qty = positive("qty", closed.qty.unwrap_or(1.0))?;
        for (field, value) in [("fees", closed.fees), ("funding", closed.funding), ("rebate", closed.rebate)]
        {
            if value.is_some_and(|value| !value.is_finite()) {
                return Err(Refusal::NotFinite { field });
            }
        }
        closed.terms.multiplier.map_or(Ok(1.0), |units| positive("multiplier", units))?;
        closed.fx_rate.map_or(Ok(1.0), |rate| positive("fx_rate", rate))?;
        if let Some(entered) = closed.entry_time
            && closed.exit_time < entered
        {
            return Err(Refusal::ExitBeforeEntry {
                entry: entered.to_string(),
                exit: closed.exit_time.to_string(),
            });
        }
        for (field, value) in [
            ("confidence", closed.confidence),
            ("lgb_prob", closed.lgb_prob),
            ("lstm_prob", closed.lstm_prob),
            ("transformer_prob", closed.transformer_prob),
        ] {
            value.map_or(Ok(0.0), |p| probability(field, p))?;
        }
        let costs = costs(closed.fees, closed.rebate, closed.funding);
        let result = NetResult::of(&ResultParts {
            side: closed.side,
            entry,
            exit,
            qty,
            costs,
            terms: &closed.terms,
            fx_rate: closed.fx_rate,
            stated: closed.stated,
        })?;
        let trade_id = match &closed.trade_id {
            Some(id) => id.clone(),
            None => derived_trade_id(
                &closed.symbol,
                closed.side,
                closed.entry_time,
                closed.exit_time,
                [entry, exit, qty],
            ),
        };
        Ok(Self { closed, trade_id, qty, result })
    }

    /// The same trade under another id, and as another exit of its position.
    pub fn renamed(mut self, trade_id: String, leg: Option<u32>) -> Self {
        self.trade_id = trade_id;
        self.closed.leg = leg;
        self
    }

    /// What the engine said.
    pub fn closed(&self) -> &ClosedTrade {
        &self.closed
    }

    /// The engine's id, else the derived one.
    pub fn trade_id(&self) -> &str {
        &self.trade_id
    }

    /// Units traded.
    pub fn qty(&self) -> f64 {
        self.qty
    }

    /// Net result in the account's currency.
    pub fn pnl(&self) -> f64 {
        self.result.pnl
    }

    /// Net result as a fraction of the position (0.01 is one percent).
    pub fn pnl_frac(&self) -> f64 {
        self.result.frac
    }

    /// What prices, quantity and costs give, in the account's currency, where the stated result says otherwise.
    pub fn pnl_computed(&self) -> Option<f64> {
        self.result.computed
    }

    /// Minutes between entry and exit, where the entry time is known.
    pub fn hold_minutes(&self) -> Option<f64> {
        self.closed.entry_time.map(|entry| self.closed.exit_time.minutes_since(entry))
    }

    /// Whether the exit price was at or beyond the target, where a target is known; the engine's own word
    /// wins.
    pub fn hit_target(&self) -> Option<bool> {
        let (side, exit) = (self.closed.side, self.closed.exit_price);
        let at = |target: f64| is_at_target(side, target, exit);
        self.closed.hit_target.or(self.closed.target_price.map(at))
    }

    /// Whether the exit price was at or beyond the stop, where a stop is known; the engine's own word wins.
    pub fn hit_stop(&self) -> Option<bool> {
        let (side, exit) = (self.closed.side, self.closed.exit_price);
        let at = |stop: f64| is_at_stop(side, stop, exit);
        self.closed.hit_stop.or(self.closed.stop_price.map(at))
    }

    /// The part of a trade that metrics look at.
    pub fn facts(&self) -> TradeFacts<'_> {
        fn group(text: &Option<String>) -> &str {
            text.as_deref().filter(|t| !t.is_empty()).unwrap_or(UNKNOWN)
        }
        TradeFacts {
            trade_id: &self.trade_id,
            symbol: &self.closed.symbol,
            side: self.closed.side,
            entry_time: self.closed.entry_time,
            exit_time: self.closed.exit_time,
            pnl: self.result.pnl,
            pnl_frac: self.result.frac,
            confidence: self.closed.confidence,
            regime: group(&self.closed.regime),
            sector: group(&self.closed.sector),
            setup: group(&self.closed.setup),
            timeframe: group(&self.closed.timeframe),
            exit_reason: group(&self.closed.exit_reason),
            strategy: group(&self.closed.strategy),
            variant: group(&self.closed.variant),
            content: 0,
            is_further_leg: self.closed.leg.is_some_and(|leg| leg > 1),
        }
    }
}

/// The id of a trade to which the engine gave none: a hash of what makes it that trade and no other.
pub fn derived_trade_id(
    symbol: &str,
    side: Side,
    entry: Option<Timestamp>,
    exit: Timestamp,
    prices_and_qty: [f64; 3],
) -> String {
    let mut text = format!("{symbol}\u{1f}{}\u{1f}", side.as_order());
    if let Some(entry) = entry {
        text.push_str(&entry.to_string());
    }
    text.push_str(&format!("\u{1f}{exit}"));
    for number in prices_and_qty {
        text.push_str(&format!("\u{1f}{number:?}"));
    }
    format!("h{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
}

/// What a metric may look at; borrowed, so that a million trades can be counted without copying them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TradeFacts<'a> {
    /// Identifies the trade and breaks ties between equal exit times.
    pub trade_id: &'a str,
    /// What was traded.
    pub symbol: &'a str,
    /// Direction of the position.
    pub side: Side,
    /// When it was entered, if known.
    pub entry_time: Option<Timestamp>,
    /// When it was closed.
    pub exit_time: Timestamp,
    /// Net result in the account's currency.
    pub pnl: f64,
    /// Net result as a fraction of the position.
    pub pnl_frac: f64,
    /// The model's probability at entry, if known.
    pub confidence: Option<f64>,
    /// Market regime, or [`UNKNOWN`].
    pub regime: &'a str,
    /// Sector, or [`UNKNOWN`].
    pub sector: &'a str,
    /// Setup, or [`UNKNOWN`].
    pub setup: &'a str,
    /// The bars that the signal was made on, or [`UNKNOWN`].
    pub timeframe: &'a str,
    /// Why it was closed, or [`UNKNOWN`].
    pub exit_reason: &'a str,
    /// Strategy, or [`UNKNOWN`].
    pub strategy: &'a str,
    /// Variant of the strategy, or [`UNKNOWN`].
    pub variant: &'a str,
    /// Tells a record that came twice from another one of the same id: the upper half is a hash of all that it
    /// says, the lower one of time, price and quantity of its exit. Zero where nobody asks.
    pub content: u64,
    /// Whether another exit of the same position came before it.
    pub is_further_leg: bool,
}

impl TradeFacts<'_> {
    /// A hash of time, price and quantity of its exit, the same however a program spells them. Two records of one
    /// id with the same one are one exit, recorded twice.
    pub fn exit_hash(&self) -> u32 {
        self.content as u32
    }
}

#[cfg(test)]
pub(super) mod tests;
