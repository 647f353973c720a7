//! A line of `trade_outcomes.jsonl.gz`: writing it whole, and reading of it what metrics need.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::canonical_json::read_in_order;
use super::content::content_of;
use super::text::{Number, Text};
use crate::domain::{
    MAX_ABS_PNL, MAX_ABS_PNL_FRAC, Market, Outcome, Quality, Refusal, Side, TimeOfDay, Timestamp, TradeFacts,
    UNKNOWN, derived_trade_id, positive,
};
use crate::wire::SCHEMA;
use crate::wire::input::{JsonObject, OutcomeRecord, WireError, null_non_finite, parse_object};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    multiplier: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inverse: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    funding: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rebate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fx_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pnl_computed: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pnl_disputed: Option<bool>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    left_over: &'a [String],
    features: Option<&'a JsonObject>,
    extra: Option<&'a JsonObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leg: Option<u32>,
    schema: u32,
    _ts: String,
}

/// The keys of a stored outcome, in their order. Those of [`OUTCOME_KEYS_AT_NEED`] are left out where they say
/// nothing.
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
    "multiplier",
    "inverse",
    "funding",
    "rebate",
    "currency",
    "fx_rate",
    "pnl_computed",
    "pnl_disputed",
    "left_over",
    "features",
    "extra",
    "leg",
    "schema",
    "_ts",
];

/// Keys that only some trades need: they are absent, not null, where they say nothing.
pub const OUTCOME_KEYS_AT_NEED: &[&str] = &[
    "multiplier",
    "inverse",
    "funding",
    "rebate",
    "currency",
    "fx_rate",
    "pnl_computed",
    "pnl_disputed",
    "left_over",
    "leg",
];

impl OutcomeRecord {
    /// The line of the record with its newline, as written at `now`. The time of day is told by the market's calendars
    /// for who reads the file; this program works it out anew from the entry.
    pub fn to_line(&self, now: Timestamp, market: &Market) -> Vec<u8> {
        let closed = self.trade.closed();
        let calendar = market.of_symbol(&closed.symbol);
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
            time_of_day: TimeOfDay::of(calendar, closed.entry_time).as_str(),
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
            multiplier: closed.terms.multiplier,
            inverse: closed.terms.inverse.then_some(true),
            funding: closed.funding,
            rebate: closed.rebate,
            currency: closed.currency.as_deref(),
            fx_rate: closed.fx_rate,
            pnl_computed: self.trade.pnl_computed(),
            pnl_disputed: self.trade.pnl_computed().map(|_| true),
            left_over: &self.left_over,
            features: self.features.as_ref(),
            extra: Some(&self.extra).filter(|extra| !extra.is_empty()),
            leg: closed.leg,
            schema: SCHEMA,
            _ts: now.to_string(),
        };
        super::json_line(&line)
    }
}

/// What metrics need of a stored line, borrowed from it where possible.
#[derive(Debug, Default, PartialEq, Deserialize)]
pub struct StoredOutcome<'a> {
    #[serde(borrow)]
    pub(super) symbol: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) entry_time: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) exit_time: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) side: Option<Text<'a>>,
    pub(super) entry_price: Option<Number>,
    pub(super) exit_price: Option<Number>,
    pub(super) pnl: Option<Number>,
    pub(super) pnl_pct: Option<Number>,
    pub(super) model_confidence: Option<Number>,
    #[serde(borrow)]
    pub(super) regime: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) sector: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) exit_reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) trade_id: Option<Text<'a>>,
    pub(super) qty: Option<Number>,
    pub(super) fees: Option<Number>,
    #[serde(borrow)]
    pub(super) setup: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) strategy: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) variant: Option<Text<'a>>,
    pub(super) multiplier: Option<Number>,
    pub(super) inverse: Option<bool>,
    pub(super) funding: Option<Number>,
    pub(super) rebate: Option<Number>,
    pub(super) fx_rate: Option<Number>,
    pub(super) pnl_disputed: Option<bool>,
    #[serde(deserialize_with = "is_there")]
    #[serde(default)]
    pub(super) left_over: bool,
    pub(super) leg: Option<u32>,
    pub(super) schema: Option<u32>,
    #[serde(borrow)]
    pub(super) _ts: Option<Text<'a>>,
    /// Whether any program that reads JSON reads the line as it is.
    #[serde(skip)]
    pub(super) is_common_json: bool,
    #[serde(skip)]
    pub(super) derived: Derived,
}

/// What [`StoredOutcome::read`] checked or worked out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Derived {
    pub(super) side: Option<Side>,
    pub(super) entry: Option<Timestamp>,
    pub(super) exit: Timestamp,
    pub(super) pnl: f64,
    pub(super) pnl_frac: f64,
    pub(super) trade_id: Option<String>,
    pub(super) content: u64,
}

impl<'a> StoredOutcome<'a> {
    /// Reads a stored line in the place of what was read before. Stored results are believed; where they are
    /// absent, as in lines that other programs append, they are worked out from prices, quantity and fees.
    ///
    /// # Errors
    /// What is wrong with the line; it then counts as unreadable, and what is here has no meaning.
    pub fn read(&mut self, line: &'a [u8]) -> Result<(), WireError> {
        if !read_in_order(line, self) {
            *self = read_in_any_order(line)?;
        }
        self.check()?;
        self.derived.content = content_of(line);
        Ok(())
    }
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
            content: self.derived.content,
            is_further_leg: self.is_further_leg(),
        }
    }

    /// Entry price, exit price and quantity, where the line has them.
    pub fn prices(&self) -> (Option<f64>, Option<f64>, Option<f64>) {
        (self.entry_price.map(|n| n.0), self.exit_price.map(|n| n.0), self.qty.map(|n| n.0))
    }

    /// Result and position by prices, quantity and costs, in the account's currency.
    pub(super) fn derived_result(&self, side: Side) -> Option<(f64, f64)> {
        let number = |number: Option<Number>, absent: f64| number.map_or(absent, |number| number.0);
        let (entry, exit) = (self.entry_price?.0, self.exit_price?.0);
        let units = number(self.qty, 1.0) * number(self.multiplier, 1.0);
        let rate = number(self.fx_rate, 1.0);
        let (position, gross) = if self.inverse == Some(true) {
            (units / entry.abs(), side.sign() * units * (1.0 / entry - 1.0 / exit))
        } else {
            (entry.abs() * units, side.sign() * (exit - entry) * units)
        };
        let costs = number(self.fees, 0.0) - number(self.rebate, 0.0) - number(self.funding, 0.0);
        Some(((gross - costs) * rate, position * rate))
            .filter(|(pnl, position)| pnl.is_finite() && position.is_finite())
    }

    /// Whether this is a further exit of a position of which another exit is recorded.
    pub fn is_further_leg(&self) -> bool {
        self.leg.is_some_and(|leg| leg > 1)
    }

    /// Whether the stated result differs from that of prices, quantity and costs.
    pub fn is_disputed(&self) -> bool {
        self.pnl_disputed == Some(true)
    }

    /// Whether names that smell of money were not taken.
    pub fn has_left_over(&self) -> bool {
        self.left_over
    }

    /// Whether other programs read the line too; they do not read NaN, and not everyone takes repeated keys.
    pub fn is_common_json(&self) -> bool {
        self.is_common_json
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
        let moment = |field, text: &Text<'_>| {
            Timestamp::parse(trimmed(&text.0)).map_err(|why| Refusal::BadTime {
                field,
                text: text.0.clone().into_owned(),
                why,
            })
        };
        if self.symbol.as_ref().is_none_or(|t| trimmed(&t.0).is_empty()) {
            return Err(Refusal::Missing { field: "symbol" });
        }
        let side = self.side.as_ref().map(|t| trimmed(&t.0)).filter(|t| !t.is_empty());
        let side = Side::parse(side.ok_or(Refusal::Missing { field: "side" })?)?;
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
            (pnl, frac, Some(_)) => {
                let (derived, position) =
                    self.derived_result(side).ok_or(Refusal::NotFinite { field: "pnl" })?;
                positive("entry_price * qty", position)?;
                let frac = frac.map_or(derived / position, |n| n.0);
                (pnl.map_or(frac * position, |n| n.0), frac)
            }
            (Some(_), None, None) => return Err(Refusal::Missing { field: "pnl_pct" }),
            (None, _, None) => return Err(Refusal::Missing { field: "pnl" }),
        };
        if !(pnl.abs() <= MAX_ABS_PNL && pnl_frac.abs() <= MAX_ABS_PNL_FRAC) {
            return Err(Refusal::Implausible { pnl, frac: pnl_frac });
        }
        let further_leg = self.leg.filter(|leg| *leg > 1);
        let trade_id = match (&self.trade_id, further_leg) {
            (Some(id), None) if !id.0.is_empty() => None,
            (Some(id), Some(leg)) if !id.0.is_empty() => Some(format!("{}#{leg}", id.0)),
            _ => {
                let (entry_price, exit_price) = prices.unwrap_or((pnl, pnl_frac));
                let symbol = self.symbol.as_ref().map_or("", |t| t.0.trim());
                Some(derived_trade_id(symbol, side, entry, exit, [entry_price, exit_price, qty]))
            }
        };
        self.derived = Derived { side: Some(side), entry, exit, pnl, pnl_frac, trade_id, content: 0 };
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
            multiplier: self.multiplier,
            inverse: self.inverse,
            funding: self.funding,
            rebate: self.rebate,
            fx_rate: self.fx_rate,
            pnl_disputed: self.pnl_disputed,
            left_over: self.left_over,
            leg: self.leg,
            schema: self.schema,
            _ts: own(self._ts),
            is_common_json: self.is_common_json,
            derived: self.derived,
        }
    }
}

/// A list that is not empty.
fn is_there<'de, D: serde::Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(Option::<Vec<IgnoredAny>>::deserialize(from)?.is_some_and(|list| !list.is_empty()))
}

/// The text without blanks around it. Nearly all begin and end with a letter or digit, which is seen at once.
fn trimmed(text: &str) -> &str {
    let ends = (text.as_bytes().first(), text.as_bytes().last());
    let is_bare = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    if is_bare(ends.0) && is_bare(ends.1) { text } else { text.trim() }
}

/// Reads one stored line, as [`StoredOutcome::read`] does.
///
/// # Errors
/// What is wrong with the line.
pub fn read_stored_outcome(line: &[u8]) -> Result<StoredOutcome<'_>, WireError> {
    let mut stored = StoredOutcome::default();
    stored.read(line)?;
    Ok(stored)
}

/// The plain way, for lines that other programs wrote.
fn read_in_any_order(line: &[u8]) -> Result<StoredOutcome<'_>, WireError> {
    match serde_json::from_slice::<StoredOutcome<'_>>(line) {
        Ok(stored) => Ok(StoredOutcome { is_common_json: true, ..stored }),
        // A line with repeated keys or with NaN is brought into common form first.
        Err(first) => {
            let mut value = serde_json::Value::Object(parse_object(line)?);
            null_non_finite(&mut value);
            let text = value.to_string();
            let again: StoredOutcome<'_> =
                serde_json::from_str(&text).map_err(|_| WireError::NotJson(first.to_string()))?;
            let is_common_json = serde_json::from_slice::<IgnoredAny>(line).is_ok();
            Ok(StoredOutcome { is_common_json, ..again }.into_owned())
        }
    }
}

#[cfg(test)]
mod tests;
