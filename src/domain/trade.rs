//! A closed trade: what it consists of, what follows from it, and what is refused.

use super::{Refusal, Timestamp, positive, probability};

/// Stands for a value that the engine did not give, wherever trades are grouped by it.
pub const UNKNOWN: &str = "unknown";

/// The largest result of one trade that is believed, in the account's currency.
pub const MAX_ABS_PNL: f64 = 1e12;

/// The largest result of one trade that is believed, as a fraction of the position.
pub const MAX_ABS_PNL_FRAC: f64 = 1e6;

/// The direction of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Gains when the price rises.
    Long,
    /// Gains when the price falls.
    Short,
}

impl Side {
    /// Reads BUY, LONG, SELL or SHORT in any case.
    ///
    /// # Errors
    /// [`Refusal::UnknownSide`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        // As this program writes it, without a look at what else it could be.
        match text {
            "BUY" => return Ok(Self::Long),
            "SELL" => return Ok(Self::Short),
            _ => {}
        }
        let word = text.trim();
        if word.eq_ignore_ascii_case("buy") || word.eq_ignore_ascii_case("long") {
            Ok(Self::Long)
        } else if word.eq_ignore_ascii_case("sell") || word.eq_ignore_ascii_case("short") {
            Ok(Self::Short)
        } else {
            Err(Refusal::UnknownSide { text: text.to_owned() })
        }
    }

    /// The word that trades are recorded with.
    pub const fn as_order(self) -> &'static str {
        match self {
            Self::Long => "BUY",
            Self::Short => "SELL",
        }
    }

    /// The word that signals are recorded with.
    pub const fn as_position(self) -> &'static str {
        match self {
            Self::Long => "LONG",
            Self::Short => "SHORT",
        }
    }

    /// +1 for a long position, −1 for a short one.
    pub const fn sign(self) -> f64 {
        match self {
            Self::Long => 1.0,
            Self::Short => -1.0,
        }
    }
}

/// Whether a trade gained, lost or did neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// P&L above zero.
    Win,
    /// P&L below zero.
    Loss,
    /// P&L exactly zero.
    Scratch,
}

impl Outcome {
    /// The outcome of a net result.
    pub fn of(pnl: f64) -> Self {
        if pnl > 0.0 {
            Self::Win
        } else if pnl < 0.0 {
            Self::Loss
        } else {
            Self::Scratch
        }
    }

    /// The word written in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Win => "WIN",
            Self::Loss => "LOSS",
            Self::Scratch => "SCRATCH",
        }
    }
}

/// How good a trade was, by its net result as a fraction of the position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// 3 % or more.
    Great,
    /// 1 % or more.
    Good,
    /// −1 % or more.
    Mediocre,
    /// Below −1 %.
    Bad,
}

impl Quality {
    /// The quality of a net result.
    pub fn of(pnl_frac: f64) -> Self {
        if pnl_frac >= 0.03 {
            Self::Great
        } else if pnl_frac >= 0.01 {
            Self::Good
        } else if pnl_frac >= -0.01 {
            Self::Mediocre
        } else {
            Self::Bad
        }
    }

    /// The word written in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Great => "great",
            Self::Good => "good",
            Self::Mediocre => "mediocre",
            Self::Bad => "bad",
        }
    }
}

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
    pub strategy: Option<String>,
    pub variant: Option<String>,
}

/// A closed trade whose invariants hold: prices and quantity above zero, exit not before entry, results
/// finite and plausible, probabilities in `[0, 1]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Trade {
    closed: ClosedTrade,
    trade_id: String,
    qty: f64,
    pnl: f64,
    pnl_frac: f64,
}

impl Trade {
    /// Checks a closed trade and derives its result.
    ///
    /// With `sign` +1 for BUY and −1 for SELL, the net result as a fraction of the position is
    /// `sign · (exit − entry) / entry − fees / (entry · qty)`, in the account's currency that times
    /// `entry · qty`. An absent quantity is 1, absent fees are 0.
    ///
    /// # Errors
    /// The first [`Refusal`] in the order symbol, prices, quantity, times, probabilities, result.
    pub fn new(closed: ClosedTrade) -> Result<Self, Refusal> {
        if closed.symbol.trim().is_empty() {
            return Err(Refusal::Missing { field: "symbol" });
        }
        let entry = positive("entry_price", closed.entry_price)?;
        let exit = positive("exit_price", closed.exit_price)?;
        let qty = positive("qty", closed.qty.unwrap_or(1.0))?;
        let fees = closed.fees.unwrap_or(0.0);
        if !fees.is_finite() {
            return Err(Refusal::NotFinite { field: "fees" });
        }
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
        let position = entry * qty;
        let pnl_frac = closed.side.sign() * (exit - entry) / entry - fees / position;
        let pnl = pnl_frac * position;
        // Written so that NaN is refused as well.
        if !(pnl.abs() <= MAX_ABS_PNL && pnl_frac.abs() <= MAX_ABS_PNL_FRAC) {
            return Err(Refusal::Implausible { pnl, frac: pnl_frac });
        }
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
        Ok(Self { closed, trade_id, qty, pnl, pnl_frac })
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
        self.pnl
    }

    /// Net result as a fraction of the position (0.01 is one percent).
    pub fn pnl_frac(&self) -> f64 {
        self.pnl_frac
    }

    /// Minutes between entry and exit, where the entry time is known.
    pub fn hold_minutes(&self) -> Option<f64> {
        self.closed.entry_time.map(|entry| self.closed.exit_time.minutes_since(entry))
    }

    /// Whether the exit price was at or beyond the target, where a target is known; the engine's own word
    /// wins.
    pub fn hit_target(&self) -> Option<bool> {
        let gain = |level: f64| self.closed.side.sign() * (self.closed.exit_price - level) >= 0.0;
        self.closed.hit_target.or(self.closed.target_price.map(gain))
    }

    /// Whether the exit price was at or beyond the stop, where a stop is known; the engine's own word wins.
    pub fn hit_stop(&self) -> Option<bool> {
        let loss = |level: f64| self.closed.side.sign() * (self.closed.exit_price - level) <= 0.0;
        self.closed.hit_stop.or(self.closed.stop_price.map(loss))
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
            pnl: self.pnl,
            pnl_frac: self.pnl_frac,
            confidence: self.closed.confidence,
            regime: group(&self.closed.regime),
            sector: group(&self.closed.sector),
            setup: group(&self.closed.setup),
            exit_reason: group(&self.closed.exit_reason),
            strategy: group(&self.closed.strategy),
            variant: group(&self.closed.variant),
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
    /// Why it was closed, or [`UNKNOWN`].
    pub exit_reason: &'a str,
    /// Strategy, or [`UNKNOWN`].
    pub strategy: &'a str,
    /// Variant of the strategy, or [`UNKNOWN`].
    pub variant: &'a str,
}

impl TradeFacts<'_> {
    /// Win, loss or scratch.
    pub fn outcome(&self) -> Outcome {
        Outcome::of(self.pnl)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn closed(side: Side, entry_price: f64, exit_price: f64, qty: f64, fees: f64) -> ClosedTrade {
        ClosedTrade {
            trade_id: None,
            signal_id: None,
            symbol: "MSFT".into(),
            side,
            entry_time: Timestamp::parse("2019-02-11T19:35:00Z").ok(),
            exit_time: Timestamp::parse("2019-02-11T19:50:00Z").unwrap(),
            entry_price,
            exit_price,
            qty: Some(qty),
            fees: Some(fees),
            label: None,
            confidence: None,
            lgb_prob: None,
            lstm_prob: None,
            transformer_prob: None,
            regime: None,
            vix: None,
            sector: None,
            exit_reason: None,
            stop_price: Some(99.0),
            target_price: Some(102.0),
            hit_target: None,
            hit_stop: None,
            mfe_frac: None,
            mae_frac: None,
            setup: None,
            strategy: None,
            variant: None,
        }
    }

    #[test]
    fn the_result_is_net_of_fees_and_signed_by_side() {
        let long = Trade::new(closed(Side::Long, 100.0, 102.0, 10.0, 5.0)).unwrap();
        assert!((long.pnl_frac() - 0.015).abs() < 1e-15 && (long.pnl() - 15.0).abs() < 1e-12);
        let short = Trade::new(closed(Side::Short, 100.0, 102.0, 10.0, 5.0)).unwrap();
        assert!((short.pnl_frac() + 0.025).abs() < 1e-15 && (short.pnl() + 25.0).abs() < 1e-12);
        assert_eq!(long.hold_minutes(), Some(15.0));
        assert_eq!((long.hit_target(), long.hit_stop()), (Some(true), Some(false)));
        let mut stopped = closed(Side::Short, 100.0, 102.0, 10.0, 5.0);
        (stopped.stop_price, stopped.target_price) = (Some(102.0), None);
        let stopped = Trade::new(stopped).unwrap();
        assert_eq!((stopped.hit_target(), stopped.hit_stop()), (None, Some(true)));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let good = closed(Side::Long, 100.0, 102.0, 10.0, 0.0);
        let refusal = |change: &dyn Fn(&mut ClosedTrade)| {
            let mut bad = good.clone();
            change(&mut bad);
            Trade::new(bad).unwrap_err().to_string()
        };
        for (change, message) in [
            (&(|t: &mut ClosedTrade| t.symbol = " ".into()) as &dyn Fn(&mut ClosedTrade), "no symbol"),
            (&|t| t.entry_price = f64::NAN, "entry_price is not a finite number"),
            (&|t| t.exit_price = 0.0, "exit_price is 0, it must be above 0"),
            (&|t| t.qty = Some(-3.0), "qty is -3, it must be above 0"),
            (
                &|t| t.confidence = Some(65.0),
                "confidence is 65, a probability lies between 0 and 1 (did you mean 0.65?)",
            ),
            (
                &|t| t.entry_time = Timestamp::parse("2019-02-12T19:35:00Z").ok(),
                "the exit (2019-02-11T19:50:00Z) is before the entry (2019-02-12T19:35:00Z)",
            ),
            (
                &|t| t.entry_price = 1e-300,
                "the result is 1.020e3 (1.020e302 of the position), beyond what is plausible: check price and qty",
            ),
        ] {
            assert_eq!(refusal(change), message);
        }
    }

    #[test]
    fn quality_begins_where_it_should() {
        for (result, word) in
            [(0.03, "great"), (0.0299, "good"), (0.01, "good"), (-0.01, "mediocre"), (-0.0101, "bad")]
        {
            assert_eq!(Quality::of(result).as_str(), word);
        }
    }

    #[test]
    fn the_derived_id_tells_trades_apart() {
        let a = Trade::new(closed(Side::Long, 100.0, 102.0, 10.0, 0.0)).unwrap();
        let b = Trade::new(closed(Side::Long, 100.0, 102.0, 11.0, 0.0)).unwrap();
        let again = Trade::new(closed(Side::Long, 100.0, 102.0, 10.0, 3.0)).unwrap();
        assert_ne!(a.trade_id(), b.trade_id());
        assert_eq!(a.trade_id(), again.trade_id(), "fees do not make another trade");
    }

    proptest! {
        #[test]
        fn whatever_is_taken_has_a_finite_result(
            entry in proptest::num::f64::ANY, exit in proptest::num::f64::ANY,
            qty in proptest::num::f64::ANY, fees in proptest::num::f64::ANY, short: bool,
        ) {
            let side = if short { Side::Short } else { Side::Long };
            if let Ok(trade) = Trade::new(closed(side, entry, exit, qty, fees)) {
                prop_assert!(trade.pnl().is_finite() && trade.pnl_frac().is_finite());
                prop_assert!(trade.closed().entry_price > 0.0 && trade.qty() > 0.0);
            }
        }
    }
}
