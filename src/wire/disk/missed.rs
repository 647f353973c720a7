//! The line of `missed_signals.jsonl.gz`: writing it, and reading it whole to price it.

use serde::Serialize;

use super::json_line;
use crate::domain::{MissedSignal, MissedState, Timestamp};
use crate::wire::SCHEMA;
use crate::wire::input::{
    Conventions, Fields, JsonObject, Kind, MissedRecord, Names, WireError, parse_object, read_missed,
};

#[derive(Serialize)]
struct Line<'a> {
    symbol: &'a str,
    timestamp: String,
    label: &'static str,
    confidence: f64,
    price_at_signal: f64,
    reason_not_traded: Option<&'a str>,
    lgb_prob: Option<f64>,
    lstm_prob: Option<f64>,
    transformer_prob: Option<f64>,
    regime: Option<&'a str>,
    vix: Option<f64>,
    price_15m: Option<f64>,
    price_30m: Option<f64>,
    price_1h: Option<f64>,
    price_eod: Option<f64>,
    would_have_won: Option<bool>,
    hypothetical_pnl_pct: Option<f64>,
    evaluated: bool,
    signal_id: &'a str,
    sector: Option<&'a str>,
    setup: Option<&'a str>,
    stop_price: Option<f64>,
    target_price: Option<f64>,
    pnl_15m: Option<f64>,
    pnl_30m: Option<f64>,
    pnl_1h: Option<f64>,
    pnl_eod: Option<f64>,
    exit_policy: Option<&'a str>,
    exit_reason: Option<&'a str>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeframe: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    experiment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant_share: Option<f64>,
    features: Option<&'a JsonObject>,
    extra: Option<&'a JsonObject>,
    schema: u32,
    _logged_at: String,
}

impl MissedRecord {
    /// The line of a signal that waits for prices, with its newline, as written at `now`.
    pub fn to_line(&self, now: Timestamp) -> Vec<u8> {
        let signal = &self.signal;
        json_line(&Line {
            symbol: &signal.symbol,
            timestamp: signal.timestamp.to_string(),
            label: signal.side.as_order(),
            confidence: signal.confidence,
            price_at_signal: signal.price_at_signal,
            reason_not_traded: signal.reason_not_traded.as_deref(),
            lgb_prob: signal.lgb_prob,
            lstm_prob: signal.lstm_prob,
            transformer_prob: signal.transformer_prob,
            regime: signal.regime.as_deref(),
            vix: signal.vix,
            price_15m: None,
            price_30m: None,
            price_1h: None,
            price_eod: None,
            would_have_won: None,
            hypothetical_pnl_pct: None,
            evaluated: false,
            signal_id: &signal.id(),
            sector: signal.sector.as_deref(),
            setup: signal.setup.as_deref(),
            stop_price: signal.stop_price,
            target_price: signal.target_price,
            pnl_15m: None,
            pnl_30m: None,
            pnl_1h: None,
            pnl_eod: None,
            exit_policy: self.exit_policy.as_deref(),
            exit_reason: None,
            state: MissedState::Pending.as_str(),
            timeframe: signal.timeframe.as_deref(),
            experiment: signal.arm.experiment.as_deref(),
            variant: signal.arm.variant.as_deref(),
            variant_share: signal.arm.variant_share,
            features: self.features.as_ref(),
            extra: Some(&self.extra).filter(|extra| !extra.is_empty()),
            schema: SCHEMA,
            _logged_at: now.to_string(),
        })
    }
}

/// A stored missed signal, or a stored pick, whole, with what is needed to price it.
#[derive(Clone, Debug)]
pub struct StoredMissed {
    /// The record as it stands, unknown keys and all.
    pub map: JsonObject,
    /// The id under which it is known.
    pub id: String,
    /// The signal.
    pub signal: MissedSignal,
    /// Whether it has been held against prices.
    pub state: MissedState,
    /// Its result under the frozen policy, a fraction, once it is resolved.
    pub result: Option<f64>,
    /// Its result with the position held to the close instead, unless stop or target closed it; none in older records,
    /// where that is what `result` is.
    pub held_to_close: Option<f64>,
    /// After how many minutes its policy leaves the position; none for at the close.
    pub hold_minutes: Option<f64>,
    /// A newer program wrote it.
    pub is_newer: bool,
}

impl StoredMissed {
    /// The spread at the signal in hundredths of a percent, where the record has it.
    pub fn spread_bps(&self) -> Option<f64> {
        self.map.get("features")?.get("spread_bps")?.as_f64()
    }

    /// After how many minutes the engine would have left the position, where it said so with the signal.
    pub fn said_hold_minutes(&self) -> Option<f64> {
        self.hold_minutes.or_else(|| self.map.get("extra")?.get("hold_minutes")?.as_f64())
    }

    /// The levels of its exit policy, without the minutes that an earlier pricing put behind them.
    pub fn exit_levels(&self) -> &str {
        let policy = self.map.get("exit_policy").and_then(serde_json::Value::as_str).unwrap_or("end_of_day");
        policy.split(", else after").next().unwrap_or(policy)
    }
}

/// Reads a stored line of the missed signals, or of the picks.
///
/// # Errors
/// What is wrong with the line.
pub fn read_stored_missed(line: &[u8]) -> Result<StoredMissed, WireError> {
    let map = parse_object(line)?;
    let text = |key: &str| map.get(key).and_then(serde_json::Value::as_str);
    let state = match text("state") {
        Some("resolved") => MissedState::Resolved,
        Some("unresolvable") => MissedState::Unresolvable,
        _ => MissedState::Pending,
    };
    let result = map.get("hypothetical_pnl_pct").and_then(serde_json::Value::as_f64);
    let number = |key: &str| map.get(key).and_then(serde_json::Value::as_f64);
    let (held_to_close, hold_minutes) = (number("pnl_held_to_close"), number("hold_minutes"));
    let is_newer =
        map.get("schema").and_then(serde_json::Value::as_u64).is_some_and(|v| v > u64::from(SCHEMA));
    let mut plain = map.clone();
    // A pick may come without a confidence; it is priced all the same.
    if plain.get("confidence").is_none_or(serde_json::Value::is_null) {
        plain.insert("confidence".into(), 0.0.into());
    }
    // Only what a signal says for itself: a stored signal's `entry_price` is its price.
    let (names, conventions) = (Names::of(Kind::Missed), Conventions::default());
    let signal = read_missed(Fields::of_object(plain, &names, &conventions))?.record.signal;
    Ok(StoredMissed { id: signal.id(), map, signal, state, result, held_to_close, hold_minutes, is_newer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_signal_becomes_a_pending_line() {
        let text = br#"{"symbol":"AMZN","timestamp":"2019-02-11T19:35:00Z","label":"BUY","confidence":0.7,
            "price":1589.98,"reason":"max_positions","lgb_prob":0.7,"signal_id":"s000000","stop_price":1587.06}"#;
        let (names, conventions) = (Names::of(Kind::Missed), Conventions::default());
        let record =
            read_missed(Fields::of_object(parse_object(text).unwrap(), &names, &conventions)).unwrap().record;
        let line = record.to_line(Timestamp::parse("2019-02-11T19:35:01Z").unwrap());
        let map = parse_object(&line).unwrap();
        assert_eq!(map["reason_not_traded"], "max_positions");
        assert_eq!(map["state"], "pending");
        assert_eq!(map["evaluated"], false);
        assert!(map["price_15m"].is_null() && map["would_have_won"].is_null());
    }
}
