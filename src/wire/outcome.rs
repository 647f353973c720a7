//! A line of `trade_outcomes.jsonl.gz`: writing it whole, and reading of it what metrics need.

use serde::{Deserialize, Serialize};

use super::SCHEMA;
use super::json::{JsonObject, WireError, null_non_finite, parse_object};
use super::text::{Number, Text};
use crate::domain::{
    MAX_ABS_PNL, MAX_ABS_PNL_FRAC, Outcome, Quality, Refusal, Side, TimeOfDay, Timestamp, Trade, TradeFacts,
    UNKNOWN, derived_trade_id, positive,
};

/// A trade with what rides along in its record.
#[derive(Clone, Debug)]
pub struct OutcomeRecord {
    /// The trade.
    pub trade: Trade,
    /// What was known at entry, as it came.
    pub features: Option<JsonObject>,
    /// Keys of the input that this program does not know.
    pub extra: JsonObject,
}

#[derive(Serialize)]
struct Line<'a> {
    symbol: &'a str,
    entry_time: Option<String>,
    exit_time: String,
    side: &'static str,
    entry_price: f64,
    exit_price: f64,
    pnl: f64,
    pnl_pct: f64,
    hold_duration_minutes: Option<f64>,
    model_label: Option<&'a str>,
    model_confidence: Option<f64>,
    lgb_prob: Option<f64>,
    lstm_prob: Option<f64>,
    transformer_prob: Option<f64>,
    regime: Option<&'a str>,
    vix: Option<f64>,
    sector: Option<&'a str>,
    time_of_day: &'static str,
    success: bool,
    quality: &'static str,
    exit_reason: Option<&'a str>,
    trade_id: &'a str,
    signal_id: Option<&'a str>,
    qty: f64,
    fees: Option<f64>,
    stop_price: Option<f64>,
    target_price: Option<f64>,
    hit_target: Option<bool>,
    hit_stop: Option<bool>,
    outcome: &'static str,
    mfe_pct: Option<f64>,
    mae_pct: Option<f64>,
    setup: Option<&'a str>,
    strategy: Option<&'a str>,
    variant: Option<&'a str>,
    features: Option<&'a JsonObject>,
    extra: Option<&'a JsonObject>,
    schema: u32,
    _ts: String,
}

/// The keys of a stored outcome, in their order.
pub const OUTCOME_KEYS: &[&str] = &[
    "symbol",
    "entry_time",
    "exit_time",
    "side",
    "entry_price",
    "exit_price",
    "pnl",
    "pnl_pct",
    "hold_duration_minutes",
    "model_label",
    "model_confidence",
    "lgb_prob",
    "lstm_prob",
    "transformer_prob",
    "regime",
    "vix",
    "sector",
    "time_of_day",
    "success",
    "quality",
    "exit_reason",
    "trade_id",
    "signal_id",
    "qty",
    "fees",
    "stop_price",
    "target_price",
    "hit_target",
    "hit_stop",
    "outcome",
    "mfe_pct",
    "mae_pct",
    "setup",
    "strategy",
    "variant",
    "features",
    "extra",
    "schema",
    "_ts",
];

impl OutcomeRecord {
    /// The line of the record with its newline, as written at `now`.
    pub fn to_line(&self, now: Timestamp) -> Vec<u8> {
        let closed = self.trade.closed();
        let line = Line {
            symbol: &closed.symbol,
            entry_time: closed.entry_time.map(|t| t.to_string()),
            exit_time: closed.exit_time.to_string(),
            side: closed.side.as_order(),
            entry_price: closed.entry_price,
            exit_price: closed.exit_price,
            pnl: self.trade.pnl(),
            pnl_pct: self.trade.pnl_frac(),
            hold_duration_minutes: self.trade.hold_minutes(),
            model_label: closed.label.as_deref(),
            model_confidence: closed.confidence,
            lgb_prob: closed.lgb_prob,
            lstm_prob: closed.lstm_prob,
            transformer_prob: closed.transformer_prob,
            regime: closed.regime.as_deref(),
            vix: closed.vix,
            sector: closed.sector.as_deref(),
            time_of_day: TimeOfDay::of(closed.entry_time).as_str(),
            success: self.trade.pnl() > 0.0,
            quality: Quality::of(self.trade.pnl_frac()).as_str(),
            exit_reason: closed.exit_reason.as_deref(),
            trade_id: self.trade.trade_id(),
            signal_id: closed.signal_id.as_deref(),
            qty: self.trade.qty(),
            fees: closed.fees,
            stop_price: closed.stop_price,
            target_price: closed.target_price,
            hit_target: self.trade.hit_target(),
            hit_stop: self.trade.hit_stop(),
            outcome: Outcome::of(self.trade.pnl()).as_str(),
            mfe_pct: closed.mfe_frac,
            mae_pct: closed.mae_frac,
            setup: closed.setup.as_deref(),
            strategy: closed.strategy.as_deref(),
            variant: closed.variant.as_deref(),
            features: self.features.as_ref(),
            extra: Some(&self.extra).filter(|extra| !extra.is_empty()),
            schema: SCHEMA,
            _ts: now.to_string(),
        };
        super::signal::json_line(&line)
    }
}

/// What metrics need of a stored line, borrowed from it where possible.
#[derive(Debug, Deserialize)]
pub struct StoredOutcome<'a> {
    #[serde(borrow)]
    symbol: Option<Text<'a>>,
    #[serde(borrow)]
    entry_time: Option<Text<'a>>,
    #[serde(borrow)]
    exit_time: Option<Text<'a>>,
    #[serde(borrow)]
    side: Option<Text<'a>>,
    entry_price: Option<Number>,
    exit_price: Option<Number>,
    pnl: Option<Number>,
    pnl_pct: Option<Number>,
    model_confidence: Option<Number>,
    #[serde(borrow)]
    regime: Option<Text<'a>>,
    #[serde(borrow)]
    sector: Option<Text<'a>>,
    #[serde(borrow)]
    exit_reason: Option<Text<'a>>,
    #[serde(borrow)]
    trade_id: Option<Text<'a>>,
    qty: Option<Number>,
    fees: Option<Number>,
    #[serde(borrow)]
    setup: Option<Text<'a>>,
    #[serde(borrow)]
    strategy: Option<Text<'a>>,
    #[serde(borrow)]
    variant: Option<Text<'a>>,
    schema: Option<u32>,
    #[serde(borrow)]
    _ts: Option<Text<'a>>,
    #[serde(skip)]
    derived: Derived,
}

/// What [`read_stored_outcome`] checked or worked out.
#[derive(Clone, Debug, Default)]
struct Derived {
    side: Option<Side>,
    entry: Option<Timestamp>,
    exit: Timestamp,
    pnl: f64,
    pnl_frac: f64,
    trade_id: Option<String>,
}

impl StoredOutcome<'_> {
    /// The part of the trade that metrics look at.
    pub fn facts(&self) -> TradeFacts<'_> {
        fn group<'t>(text: &'t Option<Text<'_>>) -> &'t str {
            text.as_ref().map_or(UNKNOWN, |t| if t.0.is_empty() { UNKNOWN } else { &t.0 })
        }
        TradeFacts {
            trade_id: self.derived.trade_id.as_deref().unwrap_or_else(|| group(&self.trade_id)),
            symbol: group(&self.symbol),
            side: self.derived.side.unwrap_or(Side::Long),
            entry_time: self.derived.entry,
            exit_time: self.derived.exit,
            pnl: self.derived.pnl,
            pnl_frac: self.derived.pnl_frac,
            confidence: self.model_confidence.map(|n| n.0).filter(|p| (0.0..=1.0).contains(p)),
            regime: group(&self.regime),
            sector: group(&self.sector),
            setup: group(&self.setup),
            exit_reason: group(&self.exit_reason),
            strategy: group(&self.strategy),
            variant: group(&self.variant),
        }
    }

    /// Entry price, exit price and quantity, where the line has them.
    pub fn prices(&self) -> (Option<f64>, Option<f64>, Option<f64>) {
        (self.entry_price.map(|n| n.0), self.exit_price.map(|n| n.0), self.qty.map(|n| n.0))
    }

    /// Whether the line was written by a newer program than this one.
    pub fn is_newer(&self) -> bool {
        self.schema.is_some_and(|schema| schema > SCHEMA)
    }

    /// Whether the line says that it was written after `moment`.
    pub fn was_written_after(&self, moment: Timestamp) -> bool {
        self._ts
            .as_ref()
            .and_then(|text| Timestamp::parse(&text.0).ok())
            .is_some_and(|written| written > moment)
    }

    fn check(&mut self) -> Result<(), Refusal> {
        let need = |field, text: &Option<Text<'_>>| -> Result<String, Refusal> {
            text.as_ref()
                .map(|t| t.0.trim().to_owned())
                .filter(|t| !t.is_empty())
                .ok_or(Refusal::Missing { field })
        };
        let moment = |field, text: &Text<'_>| {
            Timestamp::parse(text.0.trim()).map_err(|why| Refusal::BadTime {
                field,
                text: text.0.clone().into_owned(),
                why,
            })
        };
        if self.symbol.as_ref().is_none_or(|t| t.0.trim().is_empty()) {
            return Err(Refusal::Missing { field: "symbol" });
        }
        let side = Side::parse(&need("side", &self.side)?)?;
        let exit =
            moment("exit_time", self.exit_time.as_ref().ok_or(Refusal::Missing { field: "exit_time" })?)?;
        let entry = self.entry_time.as_ref().map(|text| moment("entry_time", text)).transpose()?;
        if let Some(entered) = entry
            && exit < entered
        {
            return Err(Refusal::ExitBeforeEntry { entry: entered.to_string(), exit: exit.to_string() });
        }
        let qty = self.qty.map_or(1.0, |n| n.0);
        let prices = self.entry_price.zip(self.exit_price).map(|(entry, exit)| (entry.0, exit.0));
        let (pnl, pnl_frac) = match (self.pnl, self.pnl_pct, prices) {
            (Some(pnl), Some(frac), _) => (pnl.0, frac.0),
            (pnl, frac, Some((entry_price, exit_price))) => {
                let position = positive("entry_price", entry_price)? * positive("qty", qty)?;
                positive("exit_price", exit_price)?;
                let fees = self.fees.map_or(0.0, |n| n.0);
                let derived = side.sign() * (exit_price - entry_price) / entry_price - fees / position;
                let frac = frac.map_or(derived, |n| n.0);
                (pnl.map_or(frac * position, |n| n.0), frac)
            }
            (Some(_), None, None) => return Err(Refusal::Missing { field: "pnl_pct" }),
            (None, _, None) => return Err(Refusal::Missing { field: "pnl" }),
        };
        if !(pnl.abs() <= MAX_ABS_PNL && pnl_frac.abs() <= MAX_ABS_PNL_FRAC) {
            return Err(Refusal::Implausible { pnl, frac: pnl_frac });
        }
        let trade_id = match &self.trade_id {
            Some(id) if !id.0.is_empty() => None,
            _ => {
                let (entry_price, exit_price) = prices.unwrap_or((pnl, pnl_frac));
                let symbol = self.symbol.as_ref().map_or("", |t| t.0.trim());
                Some(derived_trade_id(symbol, side, entry, exit, [entry_price, exit_price, qty]))
            }
        };
        self.derived = Derived { side: Some(side), entry, exit, pnl, pnl_frac, trade_id };
        Ok(())
    }

    fn into_owned(self) -> StoredOutcome<'static> {
        let own = |text: Option<Text<'_>>| text.map(Text::into_owned);
        StoredOutcome {
            symbol: own(self.symbol),
            entry_time: own(self.entry_time),
            exit_time: own(self.exit_time),
            side: own(self.side),
            regime: own(self.regime),
            sector: own(self.sector),
            exit_reason: own(self.exit_reason),
            trade_id: own(self.trade_id),
            setup: own(self.setup),
            strategy: own(self.strategy),
            variant: own(self.variant),
            entry_price: self.entry_price,
            exit_price: self.exit_price,
            pnl: self.pnl,
            pnl_pct: self.pnl_pct,
            model_confidence: self.model_confidence,
            qty: self.qty,
            fees: self.fees,
            schema: self.schema,
            _ts: own(self._ts),
            derived: self.derived,
        }
    }
}

/// Reads a stored line. Stored results are believed; where they are absent, as in lines that other
/// programs append, they are worked out from prices, quantity and fees.
///
/// # Errors
/// What is wrong with the line; it then counts as unreadable.
pub fn read_stored_outcome(line: &[u8]) -> Result<StoredOutcome<'_>, WireError> {
    // The common line first; one with repeated keys or with NaN is brought into common form.
    let mut stored = match serde_json::from_slice::<StoredOutcome<'_>>(line) {
        Ok(stored) => stored,
        Err(first) => {
            let mut value = serde_json::Value::Object(parse_object(line)?);
            null_non_finite(&mut value);
            let text = value.to_string();
            let again: StoredOutcome<'_> =
                serde_json::from_str(&text).map_err(|_| WireError::NotJson(first.to_string()))?;
            again.into_owned()
        }
    };
    stored.check()?;
    Ok(stored)
}
