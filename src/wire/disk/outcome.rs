//! A line of `trade_outcomes.jsonl.gz`: writing it whole, and reading of it what metrics need.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::IgnoredAny;

use super::canonical_json::read_in_order;
use super::content::content_of;
use super::stored::StoredOutcome;
use super::{AsText, json_line};
use crate::domain::{Market, Outcome, Quality, TimeOfDay, Timestamp};
use crate::wire::SCHEMA;
use crate::wire::input::{JsonObject, OutcomeRecord, WireError, null_non_finite, parse_object};

#[derive(Serialize)]
struct Line<'a> {
    symbol: &'a str,
    entry_time: Option<AsText>,
    exit_time: AsText,
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
    timeframe: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    experiment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant_share: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_multiplier: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_propensity: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    equity_usd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qty_intended: Option<f64>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fill_id: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    left_over: &'a [String],
    features: Option<&'a JsonObject>,
    extra: Option<&'a JsonObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leg: Option<u32>,
    schema: u32,
    _ts: AsText,
}

/// The keys of a stored outcome, in their order. From `timeframe` on, many are left out where they say nothing.
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
    "timeframe",
    "experiment",
    "variant_share",
    "size_multiplier",
    "size_propensity",
    "equity_usd",
    "qty_intended",
    "multiplier",
    "inverse",
    "funding",
    "rebate",
    "currency",
    "fx_rate",
    "pnl_computed",
    "pnl_disputed",
    "account",
    "fill_id",
    "left_over",
    "features",
    "extra",
    "leg",
    "schema",
    "_ts",
];

impl OutcomeRecord {
    /// The line of the record with its newline, as written at `now`. The time of day is told by the market's calendars
    /// for who reads the file; this program works it out anew from the entry.
    pub fn to_line(&self, now: Timestamp, market: &Market) -> Vec<u8> {
        let closed = self.trade.closed();
        let calendar = market.of_symbol(&closed.symbol);
        let line = Line {
            symbol: &closed.symbol,
            entry_time: closed.entry_time.map(AsText),
            exit_time: AsText(closed.exit_time),
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
            timeframe: closed.timeframe.as_deref(),
            experiment: closed.experiment.as_deref(),
            variant_share: closed.variant_share,
            size_multiplier: closed.size.multiplier,
            size_propensity: closed.size.propensity,
            equity_usd: closed.size.equity,
            qty_intended: closed.size.qty_intended,
            multiplier: closed.terms.multiplier,
            inverse: closed.terms.inverse.then_some(true),
            funding: closed.funding,
            rebate: closed.rebate,
            currency: closed.currency.as_deref(),
            fx_rate: closed.fx_rate,
            pnl_computed: self.trade.pnl_computed(),
            pnl_disputed: self.trade.pnl_computed().map(|_| true),
            account: self
                .made_of
                .as_ref()
                .map(|made| made.book.account.as_str())
                .filter(|name| !name.is_empty()),
            fill_id: self.made_of.as_ref().map(|made| made.fill_id.as_str()),
            left_over: &self.left_over,
            features: self.features.as_ref(),
            extra: Some(&self.extra).filter(|extra| !extra.is_empty()),
            leg: closed.leg,
            schema: SCHEMA,
            _ts: AsText(now),
        };
        json_line(&line)
    }
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
        let (_, exit_price, qty) = self.prices();
        self.derived.content = content_of(line, self.derived.exit, exit_price, qty.unwrap_or(1.0));
        Ok(())
    }
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

/// A stored line that says in which currency it counts. In its store a line without says it by lying there; outside it would
/// count in whatever currency the reader does.
pub fn with_currency<'l>(line: &'l [u8], currency: &str) -> Cow<'l, [u8]> {
    const KEY: &[u8] = b"\"currency\":";
    let says_it = || parse_object(line).is_ok_and(|map| map.contains_key("currency"));
    if memchr::memmem::find(line, KEY).is_some() && says_it() {
        return Cow::Borrowed(line);
    }
    // Before what may hold objects of its own, as in a line that has one.
    let before_features = memchr::memmem::find(line, b",\"features\":");
    let Some(at) = before_features.or_else(|| line.iter().rposition(|byte| *byte == b'}')) else {
        return Cow::Borrowed(line);
    };
    let said = [b",", KEY, serde_json::Value::from(currency).to_string().as_bytes()].concat();
    Cow::Owned([&line[..at], &said, &line[at..]].concat())
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
                serde_json::from_slice(text.as_bytes()).map_err(|_| WireError::NotJson(first.to_string()))?;
            let is_common_json = serde_json::from_slice::<IgnoredAny>(line).is_ok();
            Ok(StoredOutcome { is_common_json, ..again }.into_owned())
        }
    }
}

#[cfg(test)]
mod tests;
