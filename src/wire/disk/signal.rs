//! The line of `signals.jsonl.gz`.

use serde::Serialize;

use super::json_line;
use crate::domain::{Mode, Timestamp};
use crate::wire::SCHEMA;
use crate::wire::input::{JsonObject, SignalRecord};

#[derive(Serialize)]
struct Line<'a> {
    signal_id: &'a str,
    symbol: &'a str,
    timestamp: String,
    side: &'static str,
    mode: Option<&'static str>,
    setup: Option<&'a str>,
    score: Option<f64>,
    confidence: Option<f64>,
    entry_price: f64,
    stop_price: Option<f64>,
    target_price: Option<f64>,
    regime: Option<&'a str>,
    sector: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeframe: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    experiment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'a str>,
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
    features: Option<&'a JsonObject>,
    extra: Option<&'a JsonObject>,
    schema: u32,
    _ts: String,
}

impl SignalRecord {
    /// The line of the record with its newline, as written at `now`.
    pub fn to_line(&self, now: Timestamp) -> Vec<u8> {
        let signal = &self.signal;
        json_line(&Line {
            signal_id: &signal.id(),
            symbol: &signal.symbol,
            timestamp: signal.timestamp.to_string(),
            side: signal.side.as_position(),
            mode: signal.mode.map(Mode::as_str),
            setup: signal.setup.as_deref(),
            score: signal.score,
            confidence: signal.confidence,
            entry_price: signal.entry_price,
            stop_price: signal.stop_price,
            target_price: signal.target_price,
            regime: signal.regime.as_deref(),
            sector: signal.sector.as_deref(),
            timeframe: signal.timeframe.as_deref(),
            experiment: signal.arm.experiment.as_deref(),
            variant: signal.arm.variant.as_deref(),
            variant_share: signal.arm.variant_share,
            size_multiplier: signal.size.multiplier,
            size_propensity: signal.size.propensity,
            equity_usd: signal.size.equity,
            qty_intended: signal.size.qty_intended,
            features: self.features.as_ref(),
            extra: Some(&self.extra).filter(|extra| !extra.is_empty()),
            schema: SCHEMA,
            _ts: now.to_string(),
        })
    }
}
